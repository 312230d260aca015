"""Each account has a plain link of its own, made when it is connected."""

from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    """Make those of the accounts that are connected already.

    :param Cursor cr: of the database that is updated
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    accounts = env["viber.account"].with_context(active_test=False)
    accounts.search([("state", "!=", "draft")])._ensure_link()
