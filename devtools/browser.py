"""Debian's Chromium, which the browser tests drive."""

import os
import shutil

from .shell import SetupError, run, say

NAMES = "chromium", "chromium-browser", "google-chrome"


def executable():
    """:return: path of the browser (str), or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def prepare():
    """Have a browser, installed by apt when this is root's run.

    :raise SetupError: with the command, for all others
    """
    if executable():
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise SetupError("Chromium is missing: sudo apt-get install chromium")
    say("Chromium")
    run("apt-get", "update")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
    run(*install, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
