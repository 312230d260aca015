import json

from odoo import api, fields, models

from ..tools import payload as payload_tools

# From which states a message may get to a state. Receipts come late, repeatedly and in
# any order; what is not in this table is a repetition or comes too late, and changes
# nothing.
_COMES_FROM = {
    "outgoing": ("sending", "failed", "uncertain"),
    "sending": ("outgoing",),
    "sent": ("sending", "uncertain"),
    "delivered": ("sending", "sent"),
    "seen": ("sending", "sent", "delivered"),
    "uncertain": ("sending",),
    "failed": ("outgoing", "sending", "sent", "uncertain"),
    "canceled": ("outgoing", "failed", "uncertain"),
}


class ViberMessage(models.Model):
    """The outbox: a promise to be kept. One row is one call of ``send_message``.

    Viber knows no idempotency key: a request whose answer was lost may have been taken.
    Such a message is ``uncertain`` and never sent again by itself.
    """

    _name = "viber.message"
    _description = "Viber Outbox"
    _order = "id desc"
    _rec_name = "message_token"

    account_id = fields.Many2one(
        "viber.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="account_id.company_id")
    subscriber_id = fields.Many2one(
        "viber.subscriber", required=True, readonly=True, ondelete="restrict"
    )
    task_id = fields.Many2one(
        "project.task", readonly=True, index="btree_not_null", ondelete="set null"
    )
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    mail_notification_id = fields.Many2one(
        "mail.notification",
        "Notification",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    payload = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [
            ("outgoing", "Waiting"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("seen", "Seen"),
            ("uncertain", "Uncertain"),
            ("failed", "Failed"),
            ("canceled", "Canceled"),
        ],
        required=True,
        readonly=True,
        default="outgoing",
    )
    message_token = fields.Char(readonly=True, index="btree_not_null")
    attempt_count = fields.Integer("Attempts", readonly=True)
    next_attempt_date = fields.Datetime("Next Attempt", readonly=True)
    sending_date = fields.Datetime("Last Attempt", readonly=True)
    sent_date = fields.Datetime("Sent on", readonly=True)
    delivered_date = fields.Datetime("Delivered on", readonly=True)
    seen_date = fields.Datetime("Seen on", readonly=True)
    failure_type = fields.Selection(
        [
            ("viber_account", "Account refused"),
            ("viber_recipient", "Customer can't be reached"),
            ("viber_request", "Message refused"),
            ("viber_uncertain", "May not have arrived"),
            ("viber_unavailable", "Viber out of reach"),
        ],
        readonly=True,
    )
    failure_reason = fields.Text("Reason", readonly=True)
    billing_status = fields.Integer(readonly=True)

    # Small whatever the number of messages that were sent.
    _waiting = models.Index(
        "(subscriber_id, id) WHERE state IN ('outgoing', 'sending')"
    )

    @api.model
    def _enqueue(self, task, message, subscribers):
        """Put a chatter message into the outbox.

        :param project.task task: the conversation
        :param mail.message message: what to send
        :param list[viber.subscriber] subscribers: to whom
        """
        vals_list = []
        for subscriber in subscribers:
            payloads = message.sudo()._viber_payloads(
                subscriber, task._viber_reference(subscriber)
            )
            if not payloads:
                continue
            notification = self._create_notification(message, subscriber.partner_id)
            vals_list += [
                {
                    "account_id": subscriber.account_id.id,
                    "subscriber_id": subscriber.id,
                    "task_id": task.id,
                    "mail_message_id": message.id,
                    "mail_notification_id": notification.id,
                    "payload": payload_tools.encode(payload).decode(),
                }
                for payload in payloads
            ]
        rows = self.create(vals_list)
        gone = rows.filtered(lambda row: not row.subscriber_id.is_subscribed)
        gone._set_state(
            "failed",
            failure_type="viber_recipient",
            failure_reason=self.env._("The customer has left the Viber bot."),
        )
        if rows - gone:
            self._wake()

    def _create_notification(self, message, partner):
        return self.env["mail.notification"].create(
            {
                "author_id": message.author_id.id,
                "mail_message_id": message.id,
                "res_partner_id": partner.id,
                "notification_type": "viber",
                "notification_status": "ready",
                # A customer has no inbox that would wait for him.
                "is_read": True,
            }
        )

    @api.model
    def _wake(self):
        """Have the outbox sent as soon as this transaction is committed."""
        # sudo: whoever posts a message may cause this
        self.env.ref("viber_connector.ir_cron_send_messages").sudo()._viber_wake()

    # -- State -----------------------------------------------------------------

    def _set_state(self, state, **vals):
        """The one way a message's state changes.

        :param str state: where to
        :param vals: other fields to write with it
        :return: the messages that were allowed to go there
        :rtype: viber.message
        """
        allowed = self.filtered(lambda row: row.state in _COMES_FROM[state])
        if allowed:
            allowed.write({"state": state} | vals)
            allowed.mail_notification_id._viber_sum_up()
        return allowed

    def action_retry(self):
        """Send again, now, what failed or may not have arrived.

        :return: ``True``
        """
        self.check_access("write")
        retried = self._set_state(
            "outgoing",
            attempt_count=0,
            next_attempt_date=False,
            failure_type=False,
            failure_reason=False,
        )
        if retried:
            self._wake()
        return True

    def action_cancel(self):
        """Give up what waits, failed or may not have arrived.

        :return: ``True``
        """
        self.check_access("write")
        self._set_state("canceled", next_attempt_date=False)
        return True

    # -- Receipts ----------------------------------------------------------------

    @api.model
    def _apply_receipts(self, receipts):
        """Settle what Viber tells about messages of ours.

        :param dict[str, list[tuple[int, viber.event]]] receipts: by event type, pairs
            of a message's id and the event that is about it
        """
        for message_id, event in receipts.get("delivered", ()):
            self.browse(message_id)._set_state(
                "delivered", delivered_date=event.event_date.replace(microsecond=0)
            )
        for message_id, event in receipts.get("seen", ()):
            self.browse(message_id)._set_seen(event.event_date.replace(microsecond=0))
        for message_id, event in receipts.get("failed", ()):
            self.browse(message_id)._refuse(event)

    def _set_seen(self, date):
        """Viber says "seen" once, for the newest: the earlier ones are seen as well."""
        earlier = self.search(
            [
                ("subscriber_id", "=", self.subscriber_id.id),
                ("state", "in", ("sent", "delivered")),
                ("id", "<", self.id),
            ]
        )
        (earlier | self)._set_state("seen", seen_date=date)

    def _refuse(self, event):
        description = json.loads(event.payload).get("desc")
        self._set_state(
            "failed",
            failure_type="viber_request",
            failure_reason=description
            or self.env._("The customer's Viber could not show the message."),
        )
