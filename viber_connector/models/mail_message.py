"""What of a chatter message may leave for Viber, and as what."""

from odoo import models
from odoo.exceptions import UserError

from ..tools import html_text, payload

# What a person may not change once it was said in Viber.
_CONTENT = {"attachment_ids", "body"}
# States in which nothing of a message can have reached the customer.
_CHANGEABLE = ("outgoing", "failed", "canceled")


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _viber_may_leave(self, recipient_id, automatic):
        """Tell whether this message is one for a customer.

        Odoo's own meaning of public: a comment, not a note. ``is_internal`` alone would
        not do, it is not set on log notes.

        :param int recipient_id: id of the contact who is notified
        :param bool automatic: whether messages that Odoo writes by itself may leave
        :rtype: bool
        """
        self.ensure_one()
        if self.message_type in ("auto_comment", "out_of_office"):
            return automatic
        # A request for a rating.
        if self.message_type == "notification":
            return automatic and recipient_id in self.partner_ids.ids
        return (
            self.message_type in ("comment", "email")
            and not self.is_internal
            and bool(self.subtype_id)
            and not self.subtype_id.internal
        )

    def _viber_payloads(self, subscriber, tracking_data, keyboard=None):
        """Make the payloads that bring this message to a customer.

        :param viber.subscriber subscriber: to whom
        :param str tracking_data: reference to the conversation
        :param dict | None keyboard: buttons below the message
        :return: bodies for ``send_message`` in the order they are to be sent; none when
            there is nothing to say
        :rtype: list[dict]
        """
        self.ensure_one()
        account = subscriber.account_id
        return payload.build(
            html_text.to_viber(
                self.body, account._get_base_url(), self._viber_is_email()
            ),
            [
                attachment._viber_outgoing_file(account)
                for attachment in self._viber_attachments(account)
            ],
            receiver=subscriber.viber_user_id,
            sender=self._viber_sender(account),
            tracking_data=tracking_data,
            keyboard=keyboard,
        )

    def _viber_is_email(self):
        """:return: whether the text may have the history of an e-mail below it"""
        return self.message_type == "email"

    def _viber_attachments(self, account):
        """:return: the files of this message: those below it, then the rest of those
            in its text
        :rtype: ir.attachment
        """
        ids = html_text.attachment_ids(
            self.body, account._get_base_url(), self._viber_is_email()
        )
        below = self.attachment_ids.sorted("id")
        found = self.env["ir.attachment"].search(
            [
                ("id", "in", ids),
                ("res_field", "=", False),
                "|",
                "&",
                ("res_model", "=", self.model),
                ("res_id", "=", self.res_id),
                # From the full composer, which is no record yet: his own ones only.
                "&",
                ("res_model", "=", "mail.compose.message"),
                ("create_uid", "=", self.create_uid.id),
            ]
        )
        return below | found.sorted(lambda attachment: ids.index(attachment.id))

    def _viber_sender(self, account):
        """:return: under whose name the customer sees this message
        :rtype: payload.Sender
        """
        if account.send_as_employee and self.author_id:
            author = self.author_id
            return payload.Sender(author.name, author._viber_avatar_url(account))
        return payload.Sender(account.name, account.icon_url or "")

    def _viber_rows(self):
        """:return: the rows of the outbox that these messages made
        :rtype: viber.message
        """
        # sudo: the outbox is for managers; callers check the access to the message
        outbox = self.env["viber.message"].sudo()
        return outbox.search([("mail_message_id", "in", self.ids)], order="id")

    # -- Editing -----------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and not _CONTENT.isdisjoint(vals):
            self._viber_check_changeable()
        return super().write(vals)

    def unlink(self):
        if not self.env.su:
            self._viber_check_changeable()
        self._viber_rows()._set_state("canceled", next_attempt_date=False)
        return super().unlink()

    def _viber_check_changeable(self):
        """Refuse to change what was said in Viber, by whom ever.

        :raise UserError: when a customer wrote one of these messages in Viber, or may
            have got a part of it there
        """
        # sudo: the two queues are for managers
        messages = self.sudo().filtered(lambda m: m.model == "project.task")
        if not messages:
            return
        if messages._viber_is_said_by_customer():
            raise UserError(
                self.env._(
                    "This is what the customer wrote in Viber: it can't be changed."
                )
            )
        if messages._viber_rows().filtered(lambda row: row.state not in _CHANGEABLE):
            raise UserError(
                self.env._(
                    "This message is in Viber already, where nothing can be taken "
                    "back. Send another one that puts it right."
                )
            )

    def _viber_is_said_by_customer(self):
        # Long ago, when the inbox has forgotten it, his being no employee has to do.
        tasks = self.env["project.task"]
        told = self.filtered(lambda m: tasks.browse(m.res_id).viber_account_id)
        authors = told.author_id.filtered("partner_share")
        if authors and tasks._viber_known(authors.ids):
            return True
        domain = [("mail_message_id", "in", self.ids)]
        return bool(self.env["viber.event"].search_count(domain, limit=1))

    # -- What an agent can do about its fate -------------------------------------

    def viber_send_again(self):
        """Send again what did not arrive, or may not have.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        """
        self._viber_rows_to_act_on()._send_again()
        return True

    def viber_cancel(self):
        """Give up what waits, did not arrive, or may not have.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        """
        self._viber_rows_to_act_on()._cancel()
        return True

    def viber_confirm(self):
        """Take a person's word that it arrived.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        """
        self._viber_rows_to_act_on()._confirm()
        return True

    def _viber_rows_to_act_on(self):
        if not self.env.user._is_internal():
            raise UserError(self.env._("Only employees can do this."))
        self.check_access("read")
        for model, res_ids in self._viber_documents().items():
            self.env[model].browse(res_ids).check_access("write")
        return self._viber_rows()

    def _viber_documents(self):
        documents = {}
        for message in self.filtered("res_id"):
            documents.setdefault(message.model, []).append(message.res_id)
        return documents
