"""The API keys move from their accounts' rows to a table of their own."""

from odoo import SUPERUSER_ID, api
from odoo.tools.sql import column_exists


def migrate(cr, _version):
    """Move each key; no account has to connect again.

    :param Cursor cr: of the database that is updated
    """
    if not column_exists(cr, "viber_account", "auth_token"):
        return
    cr.execute("SELECT id, auth_token FROM viber_account WHERE auth_token IS NOT NULL")
    accounts = api.Environment(cr, SUPERUSER_ID, {})["viber.account"]
    for account_id, auth_token in cr.fetchall():
        accounts.browse(account_id)._keep_auth_token(auth_token)
    # With the column goes its index.
    cr.execute("ALTER TABLE viber_account DROP COLUMN auth_token")
