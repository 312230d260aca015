"""The code of Odoo 19: a private copy from Debian's package, or one that is there."""

from pathlib import Path
from tempfile import TemporaryDirectory

from . import apt
from .paths import DEV, ODOO, ODOO_PATH
from .shell import SetupError, built_folder, say

# `odoo-19` is in Debian's rolling suite only; installing it would pull half of that
# suite in, unpacking does not. The others are what its relative links lead to. The
# fonts are the stable ones: version 7 of Font Awesome lacks the files Odoo names.
PACKAGES = {
    "sid": ["odoo-19", "libjs-jquery", "libjs-jquery-form", "libjs-underscore"],
    "bookworm": ["fonts-font-awesome", "fonts-roboto-unhinted"],
}
PYTHON_FOLDER = Path("usr/lib/python3/dist-packages")

# Debian leaves this file out (not free enough) while Odoo's assets still name it, and
# each page of the web client would log an error.
LEFT_OUT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def python_path():
    """:return: the folder that holds the package ``odoo`` (Path)."""
    return Path(ODOO_PATH).resolve() if ODOO_PATH else ODOO / PYTHON_FOLDER


def addons_path():
    """Tell where Odoo's own addons are.

    :return: Path; Debian puts them into the package, a checkout beside it. What Debian
        puts beside it is a copy without views and data.
    :raise SetupError: there are none
    """
    for folder in ("odoo/addons", "addons"):
        if (python_path() / folder / "web/__manifest__.py").exists():
            return python_path() / folder
    raise SetupError(f"no Odoo with its addons in {python_path()}")


def prepare():
    """Bring the private Odoo here unless it is here or another one is named."""
    if not ODOO_PATH and not ODOO.exists():
        say("Odoo 19 from Debian's archive (120 MB)")
        with built_folder(ODOO) as tree, TemporaryDirectory(dir=DEV) as state:
            apt.unpack(PACKAGES, tree, Path(state))
            left_out = tree / PYTHON_FOLDER / LEFT_OUT
            left_out.parent.mkdir(parents=True, exist_ok=True)
            left_out.touch()
    addons_path()
