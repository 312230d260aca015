"""Who uses this checkout, so that nobody takes away what another one needs."""

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from .paths import DEV, ROOT, VENV
from .shell import SetupError, say

STILL_RUNNING = """\
something of this checkout still runs: the demo, the tests, or another command.
End it first, by Ctrl-C where it was started, and then again: make clean"""
LEFT_BEHIND = """\
a run that was killed has left programs behind (Odoo, the stand-in for Viber).
End them first, and then again: kill {} && make clean"""


@contextmanager
def in_use():
    """Keep the checkout from being cleaned, also over an ``exec`` of this process."""
    folder = _open_root()
    try:
        fcntl.flock(folder, fcntl.LOCK_SH)
        os.set_inheritable(folder, True)
        yield
    finally:
        os.close(folder)


@contextmanager
def unused():
    """Have the checkout to oneself.

    :raise SetupError: it is in use; with what to do
    """
    # The folder itself is locked: any file of ours could be removed meanwhile.
    folder = _open_root()
    try:
        if not _is_free(folder):
            raise SetupError(STILL_RUNNING)
        if processes := _left_behind():
            raise SetupError(LEFT_BEHIND.format(" ".join(map(str, processes))))
        yield
    finally:
        os.close(folder)


@contextmanager
def preparing():
    """Be the only one who fetches and builds what is missing; wait for one's turn."""
    DEV.mkdir(exist_ok=True)
    with (DEV / "setup.lock").open("w") as lock:
        if not _is_free(lock):
            say("Waiting for another command that prepares this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_root():
    """:return: file descriptor (int), not inherited."""
    return os.open(ROOT, os.O_RDONLY)


def _is_free(lock):
    """Take a lock for oneself.

    :return: False when others hold it (bool)
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _left_behind():
    """:return: ids of processes that run the checkout's own Python (list of int)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            program = path.read_bytes().partition(b"\0")[0]
        except OSError:  # it has ended meanwhile
            continue
        if program.startswith(os.fsencode(f"{VENV}/bin/")):
            found.append(int(path.parent.name))
    return [process for process in sorted(found) if process != os.getpid()]
