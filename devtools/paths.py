"""Where everything lies."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "viber_connector"
BRIDGES = (ROOT / "viber_connector_helpdesk_mgmt",)
ADDONS = ADDON, *BRIDGES
ODOO_BIN = ROOT / "devtools" / "bin" / "odoo-bin"

# All that is made here lies in this folder, which git ignores.
DEV = ROOT / ".dev"
ODOO = DEV / "odoo"
VENV = DEV / "venv"
NODE = DEV / "node"
POSTGRES = DEV / "pg"
DATA = DEV / "data"
LOGS = DEV / "logs"
ODOO_CONF = DEV / "odoo.conf"

# An Odoo 19 that is here already: a checkout, or the folder with the package `odoo`.
ODOO_PATH = os.environ.get("ODOO_PATH")
