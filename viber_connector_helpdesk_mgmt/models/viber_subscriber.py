from odoo import fields, models


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    ticket_ids = fields.One2many(
        "helpdesk.ticket", "viber_subscriber_id", "Tickets", readonly=True
    )
