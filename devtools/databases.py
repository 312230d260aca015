"""Databases of the private cluster: built once, then copied.

Installing Odoo takes half a minute, copying a database a second. What is built is kept
under a name that tells all it was built from, and dropped when that has changed.
"""

import fcntl
import hashlib
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

from . import odoo, odoo_tree, python_env
from .paths import ADDON, ADDONS, DATA, DEV, LOGS
from .shell import run, say

BASE = "base"
CONNECTOR = "connector"
BRIDGED = "bridged"
INSTALLED = {
    BASE: "project,contacts",
    CONNECTOR: ADDON.name,
    # The bridge comes by itself.
    BRIDGED: "helpdesk_mgmt",
}
SOURCES = {CONNECTOR: BASE, BRIDGED: CONNECTOR}


@contextmanager
def temporary(variables, purpose, template=CONNECTOR):
    """Have a copy of a template as long as it is needed.

    :param dict variables: of :func:`devtools.odoo.environment`
    :param str purpose: begins the name, which is of this process alone
    :param str template: ``BASE`` (Odoo with Project), ``CONNECTOR`` (and the addon), or
        ``BRIDGED`` (and what our bridges lead to)
    :return: context manager, gives the database's name
    """
    _drop_abandoned(variables, purpose)
    name = f"{purpose}-{os.getpid()}"
    with _exclusive():
        _copy(variables, _template(variables, template), name)
    try:
        yield name
    finally:
        drop(variables, name)


@contextmanager
def copied(variables, source, purpose):
    """Have a copy of a database, with its files, as long as it is needed.

    :param str source: name of a database that nobody uses
    :param str purpose: begins the name, as in :func:`temporary`
    :return: context manager, gives the database's name
    """
    _drop_abandoned(variables, purpose)
    name = f"{purpose}-{os.getpid()}"
    _copy(variables, source, name)
    try:
        yield name
    finally:
        drop(variables, name)


def neutralize(variables, name):
    """Have a database speak to nobody, as Odoo's own command does.

    :param str name: of a database that nobody uses
    """
    run(*odoo.command("neutralize", "-d", name), env=variables)


def _drop_abandoned(variables, purpose):
    """Remove databases of runs that were killed, and logs of runs that have ended."""

    def is_abandoned(name):
        owner = re.fullmatch(rf"{purpose}-(\d+)", name)
        return owner and not Path("/proc", owner[1]).exists()

    for name in filter(is_abandoned, names(variables)):
        drop(variables, name)
    for log in LOGS.glob("*.log"):
        if is_abandoned(log.stem):
            log.unlink()


def drop(variables, name):
    """Remove a database, whoever uses it, and its files."""
    run("dropdb", "--if-exists", "--force", name, env=variables)
    shutil.rmtree(_filestore(name), ignore_errors=True)


def names(variables):
    """:return: all databases of the cluster (list of str)."""
    query = "SELECT datname FROM pg_database WHERE NOT datistemplate"
    return run("psql", "-Atc", query, "postgres", env=variables).split()


def install(variables, name, *options, source=None):
    """Create a database under its name only when all is installed.

    :param str name: of a database that does not exist
    :param options: of Odoo's command line, such as ``-i project``
    :param str source: name of a database to begin with a copy of
    """
    unfinished = f"unfinished-{name}"
    drop(variables, unfinished)
    if source:
        _copy(variables, source, unfinished)
    upgrade(variables, unfinished, *options)
    rename = f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"'
    run("psql", "-c", rename, "postgres", env=variables)
    shutil.rmtree(_filestore(name), ignore_errors=True)
    if _filestore(unfinished).exists():
        _filestore(unfinished).rename(_filestore(name))


def upgrade(variables, name, *options):
    """Run Odoo on a database just for what its options say, e.g. ``-u project``.

    :return: Odoo's log (str)
    """
    command = odoo.command("-d", name, *options, "--no-http", "--stop-after-init")
    return run(*command, env=variables)


def fingerprint(kind):
    """:return: what a template is built from, in 12 characters (str)."""
    release = odoo_tree.python_path() / "odoo" / "release.py"
    addons = {BASE: (), CONNECTOR: (ADDON,), BRIDGED: ADDONS}[kind]
    sources = [release, *_addon_sources(addons)]
    if kind == BRIDGED:
        sources.append(python_env.lock("oca"))
    digest = hashlib.sha256(str(odoo_tree.python_path()).encode())
    for source in sources:
        digest.update(str(source).encode() + source.read_bytes())
    return digest.hexdigest()[:12]


def _addon_sources(addons):
    """:return: what matters for the addons' installation (list of Path)."""
    files = (path for addon in addons for path in addon.rglob("*") if path.is_file())
    ignored = {"__pycache__", "tests"}
    return sorted(path for path in files if not ignored.intersection(path.parts))


def _template(variables, kind):
    """:return: name of the template database (str), built if need be."""
    name = f"template-{kind}-{fingerprint(kind)}"
    existing = names(variables)
    if name in existing:
        return name
    for outdated in existing:
        if re.fullmatch(rf"template-{kind}-\w+", outdated):
            drop(variables, outdated)
    source = _template(variables, SOURCES[kind]) if kind in SOURCES else None
    say(f"Database with {INSTALLED[kind]}")
    install(variables, name, "-i", INSTALLED[kind], source=source)
    return name


def _copy(variables, template, name):
    run("createdb", "-T", template, name, env=variables)
    if _filestore(template).exists():
        shutil.copytree(_filestore(template), _filestore(name), dirs_exist_ok=True)


def _filestore(name):
    return DATA / "filestore" / name


@contextmanager
def _exclusive():
    """Keep other runs from dropping a template that is being copied."""
    with (DEV / "templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
