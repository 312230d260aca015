"""``make lint`` and ``make test``: every part runs, whatever happened to the others."""

import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from . import databases, odoo
from .paths import ADDON, ADDONS, BRIDGES, ROOT, VENV
from .python_env import PYTHON
from .shell import say

BIN = VENV / "bin"
LINTERS = {
    "ruff check": (BIN / "ruff", "check"),
    "gendered words": (PYTHON, "-m", "devtools.words"),
    "ruff format": (BIN / "ruff", "format", "--check"),
    # Some models are cut into several files on purpose, along the way of a message.
    "pylint-odoo": (
        BIN / "pylint",
        "--disable=consider-merging-classes-inherited",
        *ADDONS,
    ),
    "OCA's checks of XML, CSV and manifest": (BIN / "oca-checks-odoo-module", *ADDONS),
    "OCA's checks of translations": (
        BIN / "oca-checks-po",
        *(catalog for addon in ADDONS for catalog in addon.glob("i18n/*.po*")),
    ),
}
ADDON_TESTS = f"{ADDON.name}/tests"
BRIDGE_TESTS = [f"{bridge.name}/tests" for bridge in BRIDGES]
SYSTEM_TESTS = "tests"
# The markers of system tests. The long ones that run beside the addon's tests; those
# that measure time, and so run alone; all others run several at a time.
PATIENT, ALONE = "patient", "alone"
# Each file on one core, as its tests share a server. Browsers and servers need memory.
SEVERAL = ("-n", "auto", "--maxprocesses", "2", "--dist", "loadfile")


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
    if not selected:
        return _test_all(more)
    bridges = [path for path in selected if path.startswith(f"{ADDON.name}_")]
    addon = [path for path in selected if path.startswith(f"{ADDON.name}/")]
    system = [path for path in selected if not path.startswith(ADDON.name)]
    with odoo.environment() as variables:
        passed = [
            not addon or _addon_tests(variables, *addon, *more),
            not bridges or _bridge_tests(variables, *bridges, *more),
            not system or _passes("system tests", _pytest(*system, *more), variables),
        ]
    return all(passed)


def _test_all(more):
    """:return: whether all is well (bool)."""
    failed = lint()
    patient = _pytest(SYSTEM_TESTS, "-m", PATIENT, *more)
    others = _pytest(SYSTEM_TESTS, "-m", f"not {PATIENT} and not {ALONE}", *SEVERAL)
    alone = _pytest(SYSTEM_TESTS, "-m", ALONE, *more)
    with odoo.environment() as variables, ThreadPoolExecutor() as second_core:
        # Two at the same time, and for a while three; what this one says comes later.
        beside = second_core.submit(_run, patient, variables, stdout=subprocess.PIPE)
        if not _addon_tests(variables, ADDON_TESTS, *more):
            failed.append("tests of the addon")
        if not _bridge_tests(variables, *BRIDGE_TESTS, *more):
            failed.append("tests of the bridges")
        if not _passes("system tests", [*others, *more], variables):
            failed.append("system tests")
        say("system tests that took place meanwhile")
        print(beside.result().stdout, flush=True)
        if beside.result().returncode:
            failed.append("patient system tests")
        # These come last, and so does their summary: it names what failed before.
        earlier = variables | {"FAILED_EARLIER": ", ".join(failed)}
        if not _passes("system tests that measure time", alone, earlier):
            failed.append("system tests that measure time")
    return not failed


def _addon_tests(variables, *arguments):
    """Run tests inside Odoo, on a database of their own; they roll back."""
    template = databases.CONNECTOR
    return _inside_odoo("tests of the addon", template, variables, *arguments)


def _bridge_tests(variables, *arguments):
    """Like :func:`_addon_tests`, where there is what the bridges lead to."""
    template = databases.BRIDGED
    return _inside_odoo("tests of the bridges", template, variables, *arguments)


def _inside_odoo(name, template, variables, *arguments):
    with databases.temporary(variables, "addon-tests", template) as database:
        inside_odoo = ("-p", "pytest_odoo", "--odoo-http", "--odoo-database", database)
        return _passes(name, _pytest(*arguments, *inside_odoo), variables)


def _pytest(*arguments):
    return [PYTHON, "-m", "pytest", *arguments]


def _passes(name, command, variables=None):
    """:return: whether the command ended with status 0 (bool)."""
    say(name)
    return not _run(command, variables).returncode


def _run(command, variables, stdout=None):
    """:return: the command when it has ended (subprocess.CompletedProcess)."""
    command = [str(part) for part in command]
    options = {"cwd": ROOT, "env": variables, "stdout": stdout, "text": True}
    return subprocess.run(command, **options)
