"""What happens when somebody opens the chat by a link."""

from odoo import fields, models


class ViberLinkOpening(models.Model):
    """One opening of a link.

    A row for each, no number in the link: two workers that serve two customers of one
    link would be in each other's way.
    """

    _name = "viber.link.opening"
    _description = "Opening of a Viber Link"
    _log_access = False

    link_id = fields.Many2one(
        "viber.link", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Datetime(required=True, readonly=True)
