import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools import keyboard as keyboard_tools
from . import viber_bulk
from .viber_queue_mixin import exact_now

_logger = logging.getLogger(__name__)

# From which states a message may get to a state. Receipts come late, repeatedly and in
# any order; what is not in this table is a repetition or comes too late, and changes
# nothing.
_COMES_FROM = {
    "outgoing": ("sending", "failed", "uncertain"),
    "sending": ("outgoing",),
    "sent": ("sending", "uncertain"),
    "delivered": ("sent",),
    "seen": ("sent", "delivered"),
    "uncertain": ("outgoing", "sending"),
    "failed": ("outgoing", "sending", "sent"),
    "canceled": ("outgoing", "failed", "uncertain"),
}


class ViberMessage(models.Model):
    """The outbox: a promise to be kept. One row is one call of ``send_message``.

    Viber knows no idempotency key: a request whose answer was lost may have been taken.
    Such a message is ``uncertain`` and never sent again by itself.
    """

    _name = "viber.message"
    _inherit = ["viber.queue.mixin"]
    _description = "Viber Outbox"
    _order = "id desc"
    _rec_name = "message_token"
    _job_name = "ir_cron_send_messages"
    _tells_late = True

    account_id = fields.Many2one(
        "viber.account", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="account_id.company_id")
    subscriber_id = fields.Many2one(
        "viber.subscriber", required=True, readonly=True, ondelete="restrict"
    )
    # The conversation: a row may have lost its record. The task, where it is one.
    res_model = fields.Char("Kind of Conversation", readonly=True)
    res_id = fields.Many2oneReference(
        "Conversation", model_field="res_model", readonly=True
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
    asks = fields.Selection(
        [("phone", "Phone number")],
        readonly=True,
        help="What the buttons below this message ask the customer for.",
    )
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
    # Counted by the database, which knows no sum with NULL.
    attempt_count = fields.Integer("Attempts", readonly=True, default=0)
    next_attempt_date = fields.Datetime("Next Attempt", readonly=True)
    # With fractions of seconds: it never leaves earlier.
    hold_until = fields.Datetime("Can Be Undone Until", readonly=True)
    sending_date = fields.Datetime("Last Attempt", readonly=True)
    sent_date = fields.Datetime("Sent on", readonly=True)
    delivered_date = fields.Datetime("Delivered on", readonly=True)
    seen_date = fields.Datetime("Seen on", readonly=True)
    failure_type = fields.Selection(
        [
            ("viber_account", "Account refused"),
            ("viber_copy", "Not sent from a copy"),
            ("viber_rate", "Limit of messages reached"),
            ("viber_recipient", "Customer can't be reached"),
            ("viber_request", "Message refused"),
            ("viber_uncertain", "May not have arrived"),
            ("viber_unavailable", "Viber out of reach"),
        ],
        readonly=True,
    )
    failure_reason = fields.Text("Reason", readonly=True)
    failure_detail = fields.Char(
        "Technically",
        readonly=True,
        groups="viber_connector.group_viber_manager",
        help="What Viber or the network said, for whoever looks after the account.",
    )
    # With fractions of seconds: what is told of is told from what came since.
    failed_date = fields.Datetime("Failed on", readonly=True)
    billing_status = fields.Selection(
        # docs/viber_bot_api.rst, "Billing statuses"
        [
            ("0", "Free"),
            ("1", "In session"),
            ("2", "In session, commercial bot"),
            ("3", "Out of session, free quota"),
            ("4", "Out of session, free quota, commercial bot"),
            ("5", "Out of session, charged"),
        ],
        "Billing",
        readonly=True,
    )

    # The notification could not be brought up to date: the next run has to.
    is_fate_hidden = fields.Boolean(readonly=True, copy=False)

    _hidden = models.Index("(id) WHERE is_fate_hidden")
    # Small whatever the number of messages that were sent.
    _failed = models.Index("(account_id, failed_date) WHERE state = 'failed'")
    _waiting = models.Index(
        "(subscriber_id, id) WHERE state IN ('outgoing', 'sending')"
    )
    # Looked for whenever a receipt is about no message that is known.
    _uncertain = models.Index("(account_id) WHERE state = 'uncertain'")
    # What a receipt "seen" settles, however much a customer has seen already.
    _unseen = models.Index("(subscriber_id) WHERE state IN ('sent', 'delivered')")
    _asking = models.Index("(subscriber_id) WHERE asks IS NOT NULL")
    # What was sent lately, to a customer and from an account.
    _sent = models.Index("(subscriber_id, sent_date)")
    _sending = models.Index("(account_id, sending_date)")

    @api.model
    def _enqueue(
        self,
        conversation,
        message,
        subscribers,
        keyboard=None,
        notification=None,
        hold_until=False,
    ):
        """Put a chatter message into the outbox.

        :param viber.conversation.mixin conversation: where it stands
        :param mail.message message: what to send
        :param list[viber.subscriber] subscribers: to whom
        :param Keyboard | None keyboard: buttons below the message
        :param mail.notification | None notification: of the only subscriber, when it
            is there already
        :param datetime | bool hold_until: before which it does not leave
        :return: the rows that it made
        :rtype: viber.message
        """
        rows = self.browse()
        for subscriber in subscribers:
            reference = conversation._viber_reference(subscriber)
            contents = message._viber_parts(subscriber, reference, keyboard)
            fate = notification or self._create_notification(
                message, subscriber.partner_id
            )
            if not contents:
                fate._viber_fail("viber_nothing")
                continue
            vals = {
                "account_id": subscriber.account_id.id,
                "subscriber_id": subscriber.id,
                "mail_message_id": message.id,
                "mail_notification_id": fate.id,
                "hold_until": hold_until,
                **conversation._viber_place(),
            }
            parts = self.create([vals | content for content in contents])
            parts._wait_behind()
            rows |= parts
        gone = rows.filtered(lambda row: not row.subscriber_id.is_subscribed)
        gone._set_state(
            "failed",
            failure_type="viber_recipient",
            failure_reason=self.env._(
                "The customer has left the bot, so that nothing reaches them in Viber. "
                "Reach them another way; when they write to the bot again you can "
                "answer."
            ),
        )
        if notification:
            notification._viber_sum_up()
        if rows:
            # The managers are told of what failed, too.
            self._wake(at=None if gone else hold_until or None)
        return rows

    def _rebuild(self):
        """An agent has edited a message of which nothing has left: its parts say what
        it says now, and wait, have failed or are given up as before."""
        for notification in self.mail_notification_id:
            parts = notification.viber_message_ids
            waiting = parts.filtered(lambda part: part.state == "outgoing")
            model = (waiting or parts)[0]
            # Odoo's default is that a copy has no state.
            [vals] = model.copy_data({"state": model.state})
            if model.awaits_picture:
                # The date is that of the job that makes it smaller just now.
                vals |= {"attempt_count": 0, "next_attempt_date": False}
            subscriber, message = parts.subscriber_id, parts.mail_message_id
            contents = message._viber_parts(
                subscriber,
                message._viber_reference(subscriber),
                parts._find_keyboard(),
            )
            # Others take their place: nothing of it is given up.
            parts.mail_notification_id = False
            parts.unlink()
            if contents or message._is_empty() or vals["state"] == "canceled":
                self.create([vals | content for content in contents])
                notification._viber_sum_up()
            else:
                notification._viber_fail("viber_nothing")
            self._wake()

    def _find_keyboard(self):
        """:return: the buttons below the last of these parts of a message
        :rtype: Keyboard | None
        """
        asks = next(filter(None, self.mapped("asks")), False)
        return keyboard_tools.find(self.mapped("payload"), asks)

    def _send_again(self):
        """Send, now, what did not arrive or may not have. What is on its way is left
        alone: it would be sent twice.

        :return: what is sent again
        :rtype: viber.message
        """
        broken = self.filtered(lambda row: row.state in const.BROKEN_STATES)
        retried = broken._set_state(
            "outgoing",
            attempt_count=0,
            next_attempt_date=False,
            failure_type=False,
            failure_reason=False,
        )
        if retried:
            self._wake()
        return retried

    def _cancel(self):
        """Give up what waits, did not arrive, or may not have.

        :return: those
        :rtype: viber.message
        """
        canceled = self._set_state("canceled", next_attempt_date=False)
        if canceled:
            # What they held back can leave.
            self._wake()
        return canceled

    def _mark_arrived(self):
        """Take a person's word that what may have arrived has arrived.

        :return: those
        :rtype: viber.message
        """
        uncertain = self.filtered(lambda row: row.state == "uncertain")
        for row in uncertain:
            # Of what another database may have sent nobody knows when.
            date = row.sending_date or fields.Datetime.now()
            row._move(
                "sent",
                sending_date=date,
                sent_date=date,
                failure_type=False,
                failure_reason=False,
            )
        uncertain.mail_notification_id._viber_sum_up()
        return uncertain

    def _create_notification(self, message, partner):
        return self.env["mail.notification"].create(
            {
                "author_id": message.author_id.id,
                "mail_message_id": message.id,
                "res_partner_id": partner.id,
                "notification_type": "viber",
                "notification_status": "ready",
                # A customer has no inbox in Odoo.
                "is_read": True,
            }
        )

    # -- State -----------------------------------------------------------------

    def _set_state(self, state, **vals):
        """The one way a message's state changes, shown in the chatter at once.

        :param str state: where to
        :param vals: other fields to write with it
        :return: the messages that were allowed to go there
        :rtype: viber.message
        """
        moved = self._move(state, **vals)
        moved.mail_notification_id._viber_sum_up()
        return moved

    def _move(self, state, **vals):
        """Like :meth:`_set_state`, for many: who calls it has to sum up."""
        moved = self.filtered(lambda row: row.state in _COMES_FROM[state])
        for row in self - moved:
            # Most are repeated receipts; another pair of states may be a bug.
            _logger.debug(
                "Viber: message %s stays %s: not %s", row.id, row.state, state
            )
        if moved:
            if "failure_reason" in vals:
                vals.setdefault("failure_detail", False)
            if state == "failed":
                vals["failed_date"] = exact_now()
            moved.write({"state": state} | vals)
        return moved

    def action_retry(self):
        """Send again, now, what failed or may not have arrived.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no manager of these messages
        """
        done = self._viber_as_manager()._send_again()
        words = self.env._("%s sent again"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def action_cancel(self):
        """Give up what waits, failed or may not have arrived.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no manager of these messages
        """
        done = self._viber_as_manager()._cancel()
        words = self.env._("%s canceled"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def action_confirm(self):
        """Take a person's word that what may have arrived has arrived.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no manager of these messages
        """
        done = self._viber_as_manager()._mark_arrived()
        words = self.env._("%s marked as arrived"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def _viber_as_manager(self):
        # sudo: the rows change by these actions only, and the chatter's notifications
        # with them; who may read the outbox, its managers, may act
        self.check_access("read")
        return self.sudo()

    @api.ondelete(at_uninstall=False)
    def _unlink_gives_up(self):
        """Whoever removes what has not arrived gives it up: the chatter says so. What
        has arrived is told there still."""
        # sudo: who may remove a message may give it up
        self.sudo()._cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_on_the_way(self):
        """What became of it could be written nowhere.

        :raise UserError: when one is just being sent
        """
        if any(row.state == "sending" for row in self):
            raise UserError(
                self.env._("A message is on its way to Viber: try again in a minute.")
            )
