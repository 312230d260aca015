"""What everything else stands on: ``devtools``, its lock files, the rules of a run."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from devtools import browser, node_env, odoo_tree, python_env
from devtools.paths import ROOT
from devtools.postgres import Cluster, embedded_binaries, installed_binaries
from devtools.shell import SetupError, built_folder, run

LOCKS = sorted((ROOT / "devtools").glob("requirements-*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^; ]+)(; .+)?$")

# Each linter's repository in .pre-commit-config.yaml, and its package here.
PRE_COMMIT = {
    "astral-sh/ruff-pre-commit": "ruff",
    "OCA/pylint-odoo": "pylint-odoo",
    "OCA/odoo-pre-commit-hooks": "oca-odoo-pre-commit-hooks",
}


def pins():
    """:return: all pins of the lock files (list of (name, version))."""
    lines = [line for lock in LOCKS for line in lock.read_text().splitlines()]
    found = [PIN.match(line) for line in lines if not line.startswith("#")]
    assert all(found), "a line of a lock file is no pin"
    return [(pin["name"], pin["version"]) for pin in found]


def test_every_package_has_one_pinned_version():
    assert len(set(pins())) == len(dict(pins()))


def test_pre_commit_uses_the_same_versions():
    configuration = (ROOT / ".pre-commit-config.yaml").read_text()
    found = re.findall(r"github\.com/(\S+)\n +rev: v(\S+)", configuration)
    locked = dict(pins())
    expected = {repo: locked[package] for repo, package in PRE_COMMIT.items()}
    assert dict(found) == expected


def test_packages_of_node_are_pinned_and_come_from_no_named_registry():
    wanted = json.loads((node_env.PACKAGES / "package.json").read_text())
    lock = json.loads((node_env.PACKAGES / node_env.LOCK).read_text())["packages"]
    assert lock.pop("")["dependencies"] == wanted["dependencies"]
    for name, version in wanted["dependencies"].items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for package in lock.values():
        assert package["integrity"] and "resolved" not in package
        assert "hasInstallScript" not in package


def test_packages_of_node_are_installed_anew_when_the_lock_changes(
    monkeypatch, tmp_path
):
    calls = []
    monkeypatch.setattr(node_env, "NODE", tmp_path / "node")
    monkeypatch.setattr(node_env, "run", lambda *call, cwd: calls.append(call))
    node_env.install()
    node_env.install()
    assert len(calls) == 1
    (tmp_path / "node" / node_env.LOCK).write_text("{}")
    node_env.install()
    assert len(calls) == 2


def test_an_unfinished_folder_never_gets_its_name(tmp_path):
    target = tmp_path / "odoo"
    with pytest.raises(KeyboardInterrupt), built_folder(target) as folder:
        (folder / "half").touch()
        raise KeyboardInterrupt
    assert not target.exists()
    with built_folder(target) as folder:
        (folder / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_an_ordinary_user_is_told_how_to_install_what_needs_root(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(SetupError, match="sudo apt-get install chromium"):
        browser.prepare()
    monkeypatch.setattr(python_env, "VENV", tmp_path / "venv")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SetupError, match="sudo apt-get install python3-venv"):
        python_env.check()


@pytest.mark.parametrize("binaries", [installed_binaries, embedded_binaries])
def test_cluster_runs_as_long_as_it_is_needed(tmp_path, binaries):
    if binaries() is None:
        binaries = embedded_binaries
    # The checkout may lie deeper than a socket's path may be long.
    cluster = Cluster(tmp_path / ("deep" * 30) / "pg", binaries())
    with cluster.running() as variables:
        with cluster.running():
            pass
        assert cluster.is_up()
        psql = (cluster.bin / "psql", "-Atc", "SELECT lower('ЇЖАК')", "postgres")
        assert run(*psql, env=os.environ | variables).strip() == "їжак"
        wrong = os.environ | variables | {"PGPASSWORD": "wrong"}
        with pytest.raises(SetupError, match="password authentication failed"):
            run(*psql, env=wrong)
    assert not cluster.is_up()


def test_an_odoo_that_is_here_already_can_be_named():
    done = _devtools("odoo", "--version", ODOO_PATH=odoo_tree.python_path())
    assert done.stdout.startswith("Odoo Server 19.0")


def test_a_folder_without_odoo_is_named_as_such(tmp_path):
    done = _devtools("odoo", "--version", ODOO_PATH=tmp_path)
    assert done.returncode
    assert f"no Odoo with its addons in {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "skip",
    [
        "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test(): pass\n",
        "import pytest\n\ndef test():\n    pytest.skip('later')\n",
        "import pytest\n\npytest.importorskip('not_installed')\n",
        "import unittest\n\nclass T(unittest.TestCase):\n"
        "    @unittest.skip('later')\n    def test(self): pass\n",
    ],
)
def test_a_skipped_test_fails_the_run(tmp_path, skip):
    (tmp_path / "test_skipped.py").write_text(skip)
    done = subprocess.run(
        # The rules of this repository's runs stand in its top conftest.
        [sys.executable, "-m", "pytest", "-p", "no:odoo", "-p", "conftest", tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 or "error" in done.stdout, done.stdout
    assert "unexpected skip" in done.stdout


def _devtools(*arguments, **variables):
    named = {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "devtools", *arguments],
        env=os.environ | named,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
