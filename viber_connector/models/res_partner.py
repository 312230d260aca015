from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_subscriber_ids = fields.One2many(
        "viber.subscriber",
        "partner_id",
        "Viber",
        help="Who this contact is at which Viber account.",
    )
