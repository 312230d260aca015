"""Odoo's own tests, run in a database with or without the addon."""

import subprocess
from xml.etree import ElementTree

from devtools import databases, odoo_tree
from devtools.paths import ROOT
from devtools.python_env import PYTHON

# Models that only tests need, for the suite of `mail` that stands apart.
TEST_MODULE = "test_mail"


def run(variables, folder, template, tests):
    """Run some of Odoo's own tests.

    Not by Odoo's own runner: most tests of `project` are "at install", and that means
    before the modules that depend on it are there. pytest-odoo runs all of them when
    all modules are loaded, as they are for users.

    :param dict variables: of :func:`devtools.odoo.environment`
    :param Path folder: for the report
    :param str template: ``databases.BASE`` or ``databases.CONNECTOR``
    :param tests: files below the addons' folder, or tests in them as pytest names them
    :return: names of all tests that ran, and of those that failed (two sets of str)
    """
    addons = odoo_tree.addons_path()
    report = folder / f"{template}.xml"
    with databases.temporary(variables, f"core-{template}", template) as database:
        databases.upgrade(variables, database, "-i", TEST_MODULE)
        done = subprocess.run(
            [
                *(PYTHON, "-m", "pytest", "-q", "--tb=short"),
                # Neither our settings nor our conftest, and no folder of Odoo's before
                # Python's own: some of its modules are called as Odoo's addons are.
                *("-c", "/dev/null", "--rootdir", addons, "--import-mode=append"),
                *("-p", "no:cacheprovider", "-o", "junit_family=xunit1"),
                *("--odoo-http", "--odoo-database", database, f"--junitxml={report}"),
                *(addons / test for test in tests),
            ],
            env=variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    # Shown by pytest where the test that calls this fails.
    print(done.stdout)
    return _read(report)


def _read(report):
    ran, failed = set(), set()
    for case in ElementTree.parse(report).iter("testcase"):
        cls = case.get("classname").rpartition(".")[2]
        name = f"{case.get('file')}::{cls}::{case.get('name')}"
        ran.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
    return ran, failed
