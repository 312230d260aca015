"""Debian's Chromium, which the browser tests drive."""

import os
import shutil

from .shell import SetupError, run, say

NAMES = "chromium", "chromium-browser", "google-chrome"

# Without a font for text, Odoo's pages take digits and spaces from the one for emoji.
PACKAGES = "chromium", "fonts-liberation"


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
        install = f"sudo apt-get install {' '.join(PACKAGES)}"
        raise SetupError(f"Chromium is missing: {install}")
    say("Chromium")
    run("apt-get", "update")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)
    run(*install, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
