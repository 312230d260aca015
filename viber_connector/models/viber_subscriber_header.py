"""What is told of a customer at one look, in words that people read."""

from odoo import api, fields, models

from ..tools import locale

CUSTOMER_STATES = [
    ("subscribed", "Subscribed"),
    ("left", "Has Left"),
    ("blocked", "Blocked"),
]


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    customer_state = fields.Selection(
        CUSTOMER_STATES,
        "State",
        compute="_compute_customer_state",
        help="Whether the customer can be written to in Viber, and whether what they "
        "write comes into conversations.",
    )

    @api.depends("is_blocked", "is_subscribed")
    def _compute_customer_state(self):
        for subscriber in self:
            subscriber.customer_state = subscriber._find_state()

    def _find_state(self):
        # Whoever is blocked and has left: that they are blocked is ours to change.
        if self.is_blocked:
            return "blocked"
        return "subscribed" if self.is_subscribed else "left"

    def _language_name(self):
        """:return: the customer's language, in that of who looks
        :rtype: str
        """
        if not self.language:
            return ""
        return locale.language_name(self.language, self.env.lang or "en_US")

    def _country_name(self):
        """:return: the customer's country, in the language of who looks
        :rtype: str
        """
        code = self.country_code or ""
        country = self.env["res.country"].search([("code", "=", code.upper())], limit=1)
        return country.name or code
