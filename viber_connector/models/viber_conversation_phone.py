"""Asking a customer for the phone number, by a button that shares it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import keyboard


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_can_ask_phone = fields.Boolean(compute="_compute_viber_can_ask_phone")

    @api.depends(
        lambda self: [
            "viber_account_id.active",
            "viber_account_id.state",
            "viber_is_detached",
            "viber_subscriber_id.is_blocked",
            "viber_subscriber_id.is_subscribed",
            f"{self._viber_customer_field}.active",
            f"{self._viber_customer_field}.phone",
        ]
    )
    def _compute_viber_can_ask_phone(self):
        for record in self:
            # sudo: agents need not see the account
            record.viber_can_ask_phone = (
                not record.viber_customer_id.phone
                and not record.sudo()._viber_explain_no_question()
            )

    def action_viber_ask_phone(self):
        """Ask the customer for the phone number: they get a button that shares it.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change the record
        :raise UserError: when the record is no conversation in Viber, or nothing
            reaches the customer there
        """
        self.ensure_one()
        self._viber_check_agent()
        # sudo: agents need not see the account
        refusal = self.sudo()._viber_explain_no_question()
        if refusal:
            raise UserError(refusal)
        # sudo: agents may write to customers whom they may not see
        contact = self.viber_subscriber_id.sudo().partner_id
        words = self.with_context(lang=contact.lang or self.env.lang).env
        self.message_post(
            body=words._("Please share your phone number with us."),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=contact.ids,
            viber_keyboard=keyboard.share_phone(words._("Share my phone number")),
        )
        return True

    def _viber_explain_no_question(self):
        """:return: why the customer can't be asked for the number now, or ``""``
        :rtype: str
        """
        subscriber, account = self.viber_subscriber_id, self.viber_account_id
        if not subscriber.partner_id:
            return self.env._(
                "This has no customer in Viber: choose its Viber Customer first, then "
                "ask for the number."
            )
        if self.viber_is_detached:
            return self.env._(
                "This customer is not the contact of the Viber customer: link them "
                "first, then ask for the number."
            )
        if subscriber.is_blocked:
            return self.env._(
                "This customer is blocked, so their answer would reach nobody: unblock "
                "them first, then ask for the number."
            )
        if not account.active or account.state != "connected":
            return self.env._(
                "The Viber account %s sends nothing now: a Viber manager has to "
                "connect or activate it first, then ask for the number.",
                account.name,
            )
        return self._viber_explain_lost_contact()
