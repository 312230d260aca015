from odoo import models

from ..tools import payload, text


class MailMessage(models.Model):
    """What of a chatter message may leave for Viber, and as what."""

    _inherit = "mail.message"

    def _viber_may_leave(self, automatic):
        """Tell whether this message is one for customers.

        Odoo's own meaning of public: a comment, not a note. ``is_internal`` alone would
        not do, it is not set on log notes.

        :param bool automatic: whether messages that Odoo writes by itself may leave
        :rtype: bool
        """
        self.ensure_one()
        if self.message_type in ("auto_comment", "out_of_office"):
            return automatic
        return (
            self.message_type in ("comment", "email")
            and not self.is_internal
            and bool(self.subtype_id)
            and not self.subtype_id.internal
        )

    def _viber_payloads(self, subscriber, tracking_data):
        """Make the payloads that bring this message to a customer.

        :param viber.subscriber subscriber: to whom
        :param str tracking_data: reference to the conversation
        :return: bodies for ``send_message`` in the order they are to be sent; none when
            there is nothing to say
        :rtype: list[dict]
        """
        self.ensure_one()
        return payload.build(
            text.to_viber(self.body),
            receiver=subscriber.viber_user_id,
            sender=self._viber_sender(subscriber.account_id),
            tracking_data=tracking_data,
        )

    def _viber_sender(self, account):
        """:return: under whose name the customer sees this message
        :rtype: payload.Sender
        """
        if account.send_as_employee and self.author_id:
            return payload.Sender(self.author_id.name or account.name)
        return payload.Sender(account.name, account.icon_url or "")
