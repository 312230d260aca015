"""``make lint`` and ``make test``: every part runs, whatever happened to the others."""

import shlex
import subprocess

from . import databases, odoo
from .paths import ADDON, ROOT, VENV
from .python_env import PYTHON
from .shell import say

BIN = VENV / "bin"
LINTERS = {
    "ruff check": (BIN / "ruff", "check"),
    "ruff format": (BIN / "ruff", "format", "--check"),
    # Some models are cut into several files on purpose, along the way of a message.
    "pylint-odoo": (
        BIN / "pylint",
        "--disable=consider-merging-classes-inherited",
        ADDON,
    ),
    "OCA's checks of XML, CSV and manifest": (BIN / "oca-checks-odoo-module", ADDON),
    "OCA's checks of translations": (BIN / "oca-checks-po", *ADDON.glob("i18n/*.po*")),
}
ADDON_TESTS = f"{ADDON.name}/tests"
SYSTEM_TESTS = "tests"


def lint():
    """Run all linters.

    :return: names of those that found something (list of str)
    """
    return [name for name, command in LINTERS.items() if not _passes(name, command)]


def test(selection="", arguments=""):
    """Run everything, or the tests that are asked for.

    :param str selection: paths of tests, separated by blanks; empty means linters too
    :param str arguments: more arguments for pytest
    :return: whether all is well (bool)
    """
    selected = shlex.split(selection)
    more = shlex.split(arguments)
    addon = [path for path in selected if path.startswith(ADDON.name)]
    system = [path for path in selected if not path.startswith(ADDON.name)]
    failed = [] if selected else lint()
    with odoo.environment() as variables:
        if addon or not selected:
            command = _pytest(*(addon or [ADDON_TESTS]), *more)
            if not _addon_tests(variables, command):
                failed.append("tests of the addon")
        if system or not selected:
            # These come last, and so does their summary: it names what failed before.
            command = _pytest(*(system or [SYSTEM_TESTS]), *more)
            earlier = variables | {"FAILED_EARLIER": ", ".join(failed)}
            if not _passes("system tests", command, env=earlier):
                failed.append("system tests")
    return not failed


def _addon_tests(variables, command):
    """Run tests inside Odoo, on a database of their own; they roll back."""
    with databases.temporary(variables, "addon-tests") as database:
        inside_odoo = ("-p", "pytest_odoo", "--odoo-http", "--odoo-database", database)
        return _passes("tests of the addon", [*command, *inside_odoo], env=variables)


def _pytest(*arguments):
    return [PYTHON, "-m", "pytest", *arguments]


def _passes(name, command, **options):
    """:return: whether the command ended with status 0 (bool)."""
    say(name)
    return not subprocess.run([*map(str, command)], cwd=ROOT, **options).returncode
