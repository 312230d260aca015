"""What the list of files shows of a row: who sent what."""

from odoo import api, fields, models

from ..tools import content as content_tools


class ViberMedia(models.Model):
    _inherit = "viber.media"

    sender = fields.Char(related="event_id.sender", string="From")
    partner_id = fields.Many2one(
        "res.partner", "Contact", related="event_id.partner_id"
    )
    kind = fields.Char(compute="_compute_kind", help="What the customer sent it as.")
    words = fields.Char(
        compute="_compute_kind", help="What the customer wrote beside it."
    )

    @api.depends("event_id")
    def _compute_kind(self):
        for row in self:
            content = content_tools.read(row.event_id._callback().message)
            row.kind = row.event_id._kind_words(content)
            row.words = content.text
