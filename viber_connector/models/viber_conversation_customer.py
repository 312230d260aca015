"""Whose conversation it is, told at one look; and what else they have written."""

from odoo import api, fields, models


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_partner_id = fields.Many2one(
        "res.partner",
        "Viber Contact",
        related="viber_subscriber_id.partner_id",
        groups="base.group_user",
        help="The contact behind the Viber customer.",
    )
    viber_customer_state = fields.Selection(
        related="viber_subscriber_id.customer_state",
        string="State in Viber",
        groups="base.group_user",
    )
    viber_language = fields.Char(
        "Language", compute="_compute_viber_customer", groups="base.group_user"
    )
    viber_country = fields.Char(
        "Country", compute="_compute_viber_customer", groups="base.group_user"
    )
    viber_history_count = fields.Integer(
        "Conversations",
        compute="_compute_viber_history_count",
        groups="base.group_user",
        help="All conversations of this customer that you may see.",
    )

    @api.depends("viber_subscriber_id.country_code", "viber_subscriber_id.language")
    @api.depends_context("lang")
    def _compute_viber_customer(self):
        for record in self:
            # sudo: whoever may read the conversation may know whose it is
            subscriber = record.viber_subscriber_id.sudo()
            is_known = bool(subscriber)
            record.viber_language = is_known and subscriber._language_name()
            record.viber_country = is_known and subscriber._country_name()

    @api.depends("viber_subscriber_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_viber_history_count(self):
        for record in self:
            people = record._viber_identities()
            record.viber_history_count = bool(people) and sum(
                len(found) for found in people._visible_conversations()
            )

    def _viber_identities(self):
        """:return: the customer at this account, and at all others where they are known
            as the same contact
        :rtype: viber.subscriber
        """
        # sudo: only what the user may see of their conversations is shown
        subscriber = self.viber_subscriber_id.sudo()
        people = subscriber | subscriber.partner_id.viber_subscriber_ids
        return people.with_env(self.env)

    def action_viber_conversations(self):
        """Show all conversations of the customer that the user may see.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the record
        """
        self.ensure_one()
        self.check_access("read")
        return self._viber_identities()._conversations_action()
