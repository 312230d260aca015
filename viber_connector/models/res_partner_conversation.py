"""A contact as a customer in Viber: their conversations, and a way to write to them."""

from odoo import api, fields, models
from odoo.exceptions import UserError

_AGENTS = "viber_connector.group_viber_agent,viber_connector.group_viber_manager"


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_conversation_count = fields.Integer(
        "Viber Conversations",
        compute="_compute_viber_conversation_count",
        groups=_AGENTS,
        help="Conversations of this contact in Viber that you may see.",
    )
    viber_write_refusal = fields.Char(
        compute="_compute_viber_write_refusal",
        groups=_AGENTS,
        help="Why you can't write to this contact in Viber. Empty: you can.",
    )

    @api.depends("viber_subscriber_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_viber_conversation_count(self):
        for partner in self:
            people = partner.viber_subscriber_ids
            partner.viber_conversation_count = bool(people) and sum(
                len(found) for found in people._visible_conversations()
            )

    @api.depends("viber_subscriber_ids.customer_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_viber_write_refusal(self):
        for partner in self:
            partner.viber_write_refusal = partner._viber_explain_refusal()

    def _viber_explain_refusal(self):
        """:return: why nobody can write to this contact in Viber, or ``""``
        :rtype: str
        """
        states = self.viber_subscriber_ids.mapped("customer_state")
        if "subscribed" in states:
            return ""
        if "blocked" in states:
            return self.env._(
                "This customer is blocked in Viber. Unblock them in one of their "
                "conversations first."
            )
        if "left" in states:
            return self.env._(
                "This customer has left the Viber bot. They have to write first; until "
                "then reach them another way."
            )
        return self.env._(
            "You see no customer in Viber behind this contact: they have to write "
            "first, or somebody who works on their conversation has to."
        )

    def action_viber_conversations(self):
        """Show all conversations of the contact that the user may see.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the contact or its identities
        """
        self.ensure_one()
        self.check_access("read")
        return self.viber_subscriber_ids._conversations_action()

    def action_viber_write(self):
        """Open the contact's conversation to write in it, or begin one.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not make conversations with the customer
        :raise UserError: when nothing can be written to the contact in Viber
        """
        self.ensure_one()
        self.check_access("read")
        refusal = self._viber_explain_refusal()
        if refusal:
            raise UserError(refusal)
        record = self.viber_subscriber_ids._conversation_to_write_in()
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
            # The form opens with its composer.
            "context": {"viber_answer": True},
        }

    def action_viber_share(self):
        """Show what to hand out so that the contact finds a bot: that of the accounts
        where they are known, else of all that the user may see.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the contact or links
        :raise UserError: when there is no account
        """
        self.ensure_one()
        self.check_access("read")
        accounts = self.env["viber.account"].with_context(active_test=True)
        accounts = accounts.search([("state", "!=", "draft")])
        if self.company_id:
            accounts = accounts.filtered(lambda a: a.company_id == self.company_id)
        known = self.viber_subscriber_ids.account_id & accounts
        return (known or accounts).action_share()

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals or "employee" in vals:
            self._viber_tell_conversations()
        return result

    def _viber_tell_conversations(self):
        """Have the forms read again that tell of these contacts: who is archived, or
        was hired, gets nothing in Viber."""
        # sudo: whoever changes contacts need not know who is a customer in Viber
        self.sudo().viber_subscriber_ids._reload_conversations()
