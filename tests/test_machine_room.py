"""What everything else stands on: ``devtools``, its lock files, the rules of a run."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from devtools import (
    browser,
    checkout,
    databases,
    node_env,
    odoo,
    odoo_tree,
    python_env,
)
from devtools.__main__ import setup
from devtools.paths import DEV, ROOT
from devtools.postgres import Cluster, embedded_binaries, installed_binaries
from devtools.shell import SetupError, built_folder, run
from viber_simulator.testing import LIMIT, wait_until

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


def test_only_databases_of_bridges_are_built_anew_when_what_they_bridge_changes(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(python_env, "LOCKS", tmp_path)
    lock = tmp_path / "requirements-oca.txt"
    lock.write_text("odoo-addon-helpdesk-mgmt==19.0.1.3.2")
    before = {kind: databases.fingerprint(kind) for kind in databases.INSTALLED}
    lock.write_text("odoo-addon-helpdesk-mgmt==19.0.1.4.0")
    after = {kind: databases.fingerprint(kind) for kind in databases.INSTALLED}
    changed = {kind for kind in before if before[kind] != after[kind]}
    assert changed == {databases.BRIDGED}


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


# -- make clean ------------------------------------------------------------------


class Copy:
    """This checkout's machine room elsewhere, with what it has fetched already."""

    def __init__(self, root):
        self.root = root
        self.dev = root / ".dev"
        self.dev.mkdir(parents=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "devtools", root / "devtools", ignore=ignored)
        shutil.copy(ROOT / "Makefile", root)
        for fetched in "odoo", "venv", "node":
            (self.dev / fetched).symlink_to(DEV / fetched)

    @contextmanager
    def running(self, *arguments):
        """Have a command of devtools run, once it has said that it is up."""
        process = subprocess.Popen(
            [sys.executable, "-m", "devtools", *arguments],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "up\n" in iter(process.stdout.readline, ""), "it has ended by itself"
        with process:
            yield process

    def clean(self):
        """:return: the ended ``make clean``"""
        return subprocess.run(
            ["make", "clean", f"PYTHON={sys.executable}"],
            cwd=self.root,
            capture_output=True,
            text=True,
        )

    def refuses(self, words):
        """:return: whether ``make clean`` says so and removes nothing (bool)"""
        before = sorted(self.dev.iterdir())
        done = self.clean()
        assert "Traceback" not in done.stderr
        kept = sorted(self.dev.iterdir()) == before
        return done.returncode != 0 and words in done.stderr and kept

    def server(self):
        """:return: id of the PostgreSQL that runs (int)"""
        return int((self.dev / "pg/data/postmaster.pid").read_text().split()[0])


def wait_until_ended(process):
    """It removes its file a moment before it is gone."""
    path = Path("/proc", str(process))
    wait_until(lambda: not path.exists(), what=f"the end of {process}")


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path / "checkout")


# Something that uses the private PostgreSQL until nobody listens any more.
WAITING = ("run", "sh", "-c", "echo up; exec cat")


def test_nothing_is_cleaned_away_under_what_runs(copy):
    with copy.running(*WAITING) as first:
        server = copy.server()
        assert copy.refuses("by Ctrl-C where it was started")
        with copy.running(*WAITING) as second:
            first.stdin.close()
            assert first.wait(LIMIT) == 0
            assert copy.refuses("by Ctrl-C where it was started")
            assert Path("/proc", str(server)).exists()
            second.stdin.close()
    assert copy.clean().returncode == 0
    assert not copy.dev.exists()
    wait_until_ended(server)
    assert copy.clean().returncode == 0, "there is nothing to remove, which is fine"
    # What was only linked to is still here.
    assert python_env.PYTHON.exists()


def test_the_demo_is_known_to_run_though_it_takes_over_its_process(copy):
    demo = copy.root / "devtools" / "demo.py"
    demo.write_text("print('up', flush=True)\nopen(0).read()\n")
    with copy.running("demo") as process:
        assert copy.refuses("by Ctrl-C where it was started")
        process.stdin.close()
    assert copy.clean().returncode == 0


def test_a_killed_run_leaves_nothing_that_clean_forgets(copy):
    own_python = copy.dev / "venv" / "bin" / "python"
    orphan = f"exec {own_python} -c 'print(\"up\", flush=True); open(0).read()'"
    with copy.running("run", "sh", "-c", orphan) as process:
        server = copy.server()
        process.kill()
        process.wait(LIMIT)
        # Odoo and the stand-in would go on like this program, with their database.
        assert copy.refuses("then again: kill ")
        assert Path("/proc", str(server)).exists()
        process.stdin.close()
        assert process.stdout.read() == "", "it has ended"
    wait_until(lambda: copy.clean().returncode == 0, what="its end")
    assert not copy.dev.exists()
    wait_until_ended(server)


def test_who_comes_second_waits_until_the_first_has_prepared_all(monkeypatch):
    """Both would build the same folders under the same names."""
    order, waits = [], threading.Event()
    monkeypatch.setattr(checkout, "say", lambda _text: waits.set())

    def enter(*_groups):
        order.append(threading.current_thread().name)

    def enter_and_wait():
        enter()
        assert waits.wait(LIMIT)

    monkeypatch.setattr(odoo_tree, "prepare", enter_and_wait)
    monkeypatch.setattr(python_env, "install", enter)
    monkeypatch.setattr(node_env, "install", enter)
    monkeypatch.setattr(odoo, "prepare", enter)
    first = threading.Thread(target=setup, name="first")
    first.start()
    wait_until(lambda: order, what="the first one's turn")
    second = threading.Thread(target=setup, name="second")
    second.start()
    for thread in first, second:
        thread.join(LIMIT)
    assert order == ["first"] * 4 + ["second"] * 4


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
