"""Who may change or remove what is said in Viber, and what comes of it."""

from odoo import models
from odoo.exceptions import AccessError, UserError

# What a person may not change once it was said in Viber.
_CONTENT = {"attachment_ids", "body"}
# What makes a message internal.
_PUBLICITY = {"is_internal", "message_type", "subtype_id"}
# What makes a message say what it says, as whom and to whom.
_OWN = _CONTENT | _PUBLICITY | {"author_id"}
# States in which nothing of a message can have reached the customer.
_CHANGEABLE = ("outgoing", "failed", "canceled")


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        is_edit = not self.env.su and not _CONTENT.isdisjoint(vals)
        if is_edit:
            self._viber_check_changeable()
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
            # sudo: waits are nobody's to write; what is deleted has answered nobody
            self.env["viber.wait"].sudo()._follow_deleted(self.sudo())
        return super().unlink()

    def _viber_check_changeable(self):
        """Refuse to change what was said in Viber, by whom ever.

        :raise UserError: when a customer wrote one of these messages in Viber, or may
            have got a part of it there
        """
        # sudo: the two queues are for managers
        messages = self.sudo()
        if messages._viber_carried()._viber_is_said_by_customer():
            raise UserError(
                self.env._(
                    "The customer wrote this in Viber, so it can't be changed. Write a "
                    "log note if your colleagues should know more."
                )
            )
        if messages._viber_rows().filtered(lambda row: row.state not in _CHANGEABLE):
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
        # The inbox forgets old messages: then it has to do that the author is no
        # employee.
        told = self.filtered(lambda m: m._viber_conversation().viber_account_id)
        authors = told.author_id.filtered("partner_share")
        if authors and self.env["viber.subscriber"]._known(authors.ids):
            return True
        domain = [("mail_message_id", "in", self.ids)]
        return bool(self.env["viber.event"].search_count(domain, limit=1))
