"""The Python environment, filled from the lock files beside this module."""

import hashlib
import importlib.util
import sys

from .paths import ROOT, VENV
from .shell import SetupError, run, say

LOCKS = ROOT / "devtools"
PYTHON = VENV / "bin" / "python"
SUPPORTED = (3, 10), (3, 13)
# Their packages require "odoo", which comes from elsewhere.
WITHOUT_REQUIREMENTS = {"oca"}


def check():
    """Tell what the machine lacks before anything is built.

    :raise SetupError: this Python is not Odoo 19's, or cannot make environments
    """
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        raise SetupError("Odoo 19 needs Python 3.10 to 3.13, say: PYTHON=python3.12")
    if not VENV.exists() and not importlib.util.find_spec("ensurepip"):
        raise SetupError("Python's venv is missing: sudo apt-get install python3-venv")


def install(*groups):
    """Have the pinned packages of some groups installed.

    :param str groups: which ``devtools/requirements-<group>.txt``
    :raise SetupError: with pip's words
    """
    if not PYTHON.exists():
        say("Python environment")
        run(sys.executable, "-m", "venv", VENV)
    missing = [group for group in groups if not _stamp(group).exists()]
    if not missing:
        return
    say(f"Python packages ({', '.join(missing)})")
    whole = [group for group in missing if group not in WITHOUT_REQUIREMENTS]
    alone = [group for group in missing if group in WITHOUT_REQUIREMENTS]
    _install(whole)
    _install(alone, "--no-deps")
    for group in missing:
        _stamp(group).touch()


def _install(groups, *options):
    locks = [argument for group in groups for argument in ("-r", lock(group))]
    if locks:
        run(PYTHON, "-m", "pip", "install", "--quiet", *options, *locks)


def lock(group):
    """:return: the file with a group's pins (Path)."""
    return LOCKS / f"requirements-{group}.txt"


def _stamp(group):
    """:return: the file that tells that this very lock file is installed (Path)."""
    digest = hashlib.sha256(lock(group).read_bytes()).hexdigest()[:16]
    return VENV / f"{group}-{digest}.installed"
