"""Conversations know who waits, and what was said last; till now nobody kept that."""

from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    """Find it out from the chatters of the tasks.

    :param Cursor cr: of the database that is updated
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["viber.wait"]._look_back("project.task")
