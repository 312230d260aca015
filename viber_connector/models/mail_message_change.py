"""Who may change or remove what is said in Viber, and what comes of it."""

from odoo import SUPERUSER_ID, models
from odoo.exceptions import AccessError, MissingError, UserError

from odoo.addons.mail.tools.discuss import Store

from .. import const

# What a person may not change once it was said in Viber.
_CONTENT = {"attachment_ids", "body"}
# What makes a message internal.
_PUBLICITY = {"is_internal", "message_type", "subtype_id"}
# What makes a message say what it says, as whom and to whom.
_OWN = _CONTENT | _PUBLICITY | {"author_id"}
# What a customer has said in Viber stays theirs, of that day.
_SAID = _OWN | {"date", "email_from", "subject"}


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        is_edit = not self.env.su and not _CONTENT.isdisjoint(vals)
        if not (self.env.su or _SAID.isdisjoint(vals)):
            self._viber_check_said()
        if is_edit:
            self._viber_check_sent()
        if not (self.env.su or _OWN.isdisjoint(vals)):
            self._viber_check_own()
        result = super().write(vals)
        if is_edit:
            self._viber_rows()._rebuild()
        if not _PUBLICITY.isdisjoint(vals):
            self._viber_withdraw()
        return result

    def _viber_withdraw(self):
        """Give up what has not left of messages that are not for customers any more."""
        # sudo: the outbox is for managers; who may hide a message may hold it back
        messages = self.sudo()
        messages._viber_rows().filtered(
            lambda row: (
                not row.mail_message_id._viber_may_leave(
                    row.subscriber_id.partner_id.id, automatic=True
                )
            )
        )._cancel()
        hidden = messages._viber_carried().filtered(
            lambda message: not message._viber_may_leave(False, automatic=False)
        )
        hidden._viber_bare()._viber_sum_up()

    def unlink(self):
        if not self.env.su:
            self._viber_check_changeable()
            self._viber_check_own()
        rows = self._viber_rows()
        rows._set_state("canceled", next_attempt_date=False)
        # By the superuser messages without rows go with their record.
        if rows or not self.env.su:
            # sudo: waits are nobody's to write; they follow from what is deleted
            self.env["viber.wait"].sudo()._follow_deleted(self.sudo())
        return super().unlink()

    def _viber_check_changeable(self):
        """Refuse to change what was said in Viber, by whom ever.

        :raise UserError: when a customer wrote one of these messages in Viber, or may
            have got a part of it there
        """
        self._viber_check_said()
        self._viber_check_sent()

    def _viber_check_said(self):
        """:raise UserError: when a customer wrote one of these messages in Viber"""
        # sudo: the inbox is for managers
        if self.sudo()._viber_carried()._viber_is_said_by_customer():
            raise UserError(
                self.env._(
                    "The customer wrote this in Viber, so it can't be changed. Write a "
                    "log note if your colleagues should know more."
                )
            )

    def _viber_check_sent(self):
        """:raise UserError: when a customer may have got a part of one of these"""
        # sudo: the outbox is for managers
        rows = self.sudo()._viber_rows()
        if not const.CHANGEABLE_STATES.issuperset(rows.mapped("state")):
            raise UserError(
                self.env._(
                    "This message is in Viber already, where nothing can be taken "
                    "back. Send another one that puts it right."
                )
            )

    def _viber_check_own(self):
        """Refuse that somebody else changes what an employee or a customer says, or
        holds it back: Odoo lets portal users write any message of a document that they
        may read, and whoever was notified of a message that message.

        :raise AccessError: when the user is no employee who may change the record of
            somebody else's message that is in a conversation, or can still go to Viber
        """
        # sudo: the outbox is for managers; only whose the messages are is looked at
        carried = self.sudo()._viber_carried()
        others = carried.filtered(lambda m: m.create_uid != self.env.user)
        records = [found.exists() for found in others._viber_conversations()]
        if not (
            any(found.viber_account_id for found in records)
            or others._viber_rows()
            or others._viber_bare()
        ):
            return
        if self.env.user.share:
            raise AccessError(self.env._("You can only change your own messages."))
        for found in records:
            found.with_env(self.env).check_access("write")

    def _viber_is_said_by_customer(self):
        if not self:
            return False
        # The inbox forgets old messages: then it has to do that the worker has posted
        # them in the name of a customer.
        if self._viber_by_customers():
            return True
        domain = [("mail_message_id", "in", self.ids)]
        return bool(self.env["viber.event"].search_count(domain, limit=1))

    def _viber_by_customers(self):
        """:return: those in conversations that the worker has posted in the name of a
            customer known in Viber; an author alone is what somebody claims
        :rtype: mail.message
        """
        outside = self.filtered(
            lambda m: (
                m.message_type == "comment"
                and m.create_uid.id == SUPERUSER_ID
                and m.author_id.partner_share
            )
        )
        told = self.browse()
        for records in outside._viber_conversations():
            try:
                # Odoo reads the records' names next: they are fetched together.
                found = records.filtered("viber_account_id")
            except MissingError:
                found = records.exists().filtered("viber_account_id")
            told |= outside.filtered(
                lambda m, found=found: m.model == found._name and m.res_id in found.ids
            )
        if not told:
            return told
        known = self.env["viber.subscriber"]._known(told.author_id.ids)
        return told.filtered(lambda m: m.author_id.id in known)

    def _to_store_defaults(self, target):
        fields = super()._to_store_defaults(target)
        if not target.is_internal(self.env):
            return fields
        # sudo: who reads a message may know that it came by Viber
        said = set(self.sudo()._viber_by_customers().ids)
        by_customer = Store.Attr(
            "viber_by_customer", value=True, predicate=lambda m: m.id in said
        )
        return fields + [by_customer]
