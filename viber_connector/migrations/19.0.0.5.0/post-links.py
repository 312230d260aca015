"""Links that customers have already go on working for files that do not change."""

from odoo import SUPERUSER_ID, api, fields

from odoo.addons.viber_connector import const


def migrate(cr, _version):
    """Remember until when links were made that do not say of which bytes they are.

    :param Cursor cr: of the database that is updated
    """
    parameters = api.Environment(cr, SUPERUSER_ID, {})["ir.config_parameter"]
    now = fields.Datetime.to_string(fields.Datetime.now())
    parameters.set_param(const.OLD_LINKS_PARAMETER, now)
