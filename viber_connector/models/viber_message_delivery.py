"""What a receipt changes on a message of ours: late, repeated, in any order."""

import datetime
import logging
from collections import defaultdict

from odoo import api, models

from .. import const
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

# How far Viber's clock and ours may differ.
_SKEW = datetime.timedelta(seconds=2)
# Without a token: it is on the way, nobody knows, or a person has said so or given up.
_IN_QUESTION = ("sending", "uncertain", "sent", "canceled")
# Viber has taken them. What was sent again since its receipt was made is elsewhere.
_ARRIVED = ("sent", "delivered", "seen")
_ATTEMPT = datetime.timedelta(seconds=sum(const.REQUEST_TIMEOUT))


class ViberMessage(models.Model):
    _inherit = "viber.message"

    @api.model
    def _apply_receipts(self, receipts):
        """Settle what Viber tells about messages of ours.

        :param dict[str, list[tuple[int, viber.event]]] receipts: by event type, pairs
            of a message's id and the event that is about it
        """
        touched = self._apply_delivered(receipts.get("delivered", ()))
        touched |= self._apply_seen(receipts.get("seen", ()))
        refused = receipts.get("failed", ())
        messages = self.browse(message_id for message_id, _event in refused)
        for message, (_message_id, event) in zip(messages, refused, strict=True):
            touched |= message._refuse(event)
        if receipts.get("failed"):
            # The outbox' job tells the managers.
            self._wake()
        arrived = [*receipts.get("delivered", ()), *receipts.get("seen", ())]
        self.browse(message_id for message_id, _event in arrived)._prove_present()
        try:
            with self.env.cr.savepoint():
                touched.mail_notification_id._viber_sum_up()
        except CONFLICTS:
            raise
        except Exception:
            # What Viber told is a fact, whether or not it can be shown now.
            _logger.exception("Viber: fates could not be shown")
            touched.write({"is_fate_hidden": True})

    @api.model
    def _apply_delivered(self, receipts):
        ids_by_date = defaultdict(list)
        for message_id, event in receipts:
            ids_by_date[event.event_date.replace(microsecond=0)].append(message_id)
        touched = self.browse()
        # Whatever their dates, they are read together.
        everything = [message_id for message_id, _event in receipts]
        for date, ids in ids_by_date.items():
            messages = self.browse(ids).with_prefetch(everything)
            touched |= messages._move("delivered", delivered_date=date)
        return touched

    @api.model
    def _apply_seen(self, receipts):
        """Viber says "seen" once, for the newest: the earlier ones are seen as well."""
        newest = {}
        # Together, so that they are read together.
        messages = self.browse(message_id for message_id, _event in receipts)
        for message, (_message_id, event) in zip(messages, receipts, strict=True):
            known = newest.get(message.subscriber_id)
            if not known or _send_order(message) > _send_order(known[0]):
                newest[message.subscriber_id] = (message, event)
        if not newest:
            return self.browse()
        candidates = self.search(
            [
                ("subscriber_id", "in", [subscriber.id for subscriber in newest]),
                ("state", "in", ("sent", "delivered")),
            ]
        )
        candidates |= self.browse(message.id for message, _event in newest.values())
        touched = self.browse()
        for subscriber, rows in candidates.grouped("subscriber_id").items():
            message, event = newest[subscriber]
            seen = rows.filtered(
                lambda row, m=message: _send_order(row) <= _send_order(m)
            )
            date = event.event_date.replace(microsecond=0)
            touched |= seen._move("seen", seen_date=date)
        return touched

    def _prove_present(self):
        """Viber has taken or delivered these: their customers had not left when they
        were sent, whenever it is told."""
        arrived = self.filtered(lambda row: row.state in _ARRIVED)
        for row in arrived.filtered(lambda row: not row.subscriber_id.is_subscribed):
            row.subscriber_id._prove_present(row.sending_date)

    @api.model
    def _is_taken_since(self, subscriber, date):
        """:param datetime date: by Viber's clock
        :return: whether Viber has taken a message for a customer since, by its clock
        :rtype: bool
        """
        last = self.search(
            [("subscriber_id", "=", subscriber.id), ("state", "in", _ARRIVED)],
            order="sending_date desc, id desc",
            limit=1,
        )
        taken = _token_date(last.message_token or "")
        return bool(taken and taken > date)

    def _refuse(self, event):
        """The customer's client could not show what Viber had accepted."""
        reason = self.env._(
            "The customer's Viber could not show this message. Send it in another "
            "form, such as a plain text, or reach them another way."
        )
        description = event._callback().description
        return self._move(
            "failed",
            failure_type="viber_request",
            failure_reason=reason,
            failure_detail=description,
        )

    @api.model
    def _settle_uncertain(self, events):
        """Let a receipt that is about no known message settle an uncertain one, when
        there is no doubt that it is about that one.

        :param viber.event events: receipts that are about no message of ours
        :return: those that have settled one
        :rtype: viber.event
        """
        settled = events.browse()
        events = events.filtered(lambda event: event.event_type == "delivered")
        uncertain = [
            ("account_id", "in", events.account_id.ids),
            ("state", "=", "uncertain"),
        ]
        if not events or not self.search_count(uncertain, limit=1):
            return settled
        for event in events:
            message = self._find_uncertain(event)
            if message:
                date = event.event_date.replace(microsecond=0)
                message._move(
                    "sent",
                    message_token=event.message_token,
                    sent_date=message.sending_date,
                    failure_type=False,
                    failure_reason=False,
                )
                message._set_state("delivered", delivered_date=date)
                message._prove_present()
                settled |= event
        return settled

    @api.model
    def _find_uncertain(self, event):
        """:return: the one uncertain message that a receipt can be about, or none
        :rtype: viber.message
        """
        sent = _token_date(event.message_token)
        if not sent:
            return self.browse()
        rows = self.search(
            [
                ("account_id", "=", event.account_id.id),
                ("subscriber_id.viber_user_id", "=", event.viber_user_id),
                ("message_token", "in", (False, "")),
                ("state", "in", _IN_QUESTION),
                ("sending_date", "<=", sent + _SKEW),
                ("sending_date", ">=", sent - _ATTEMPT - _SKEW),
            ]
        )
        if len(rows) != 1 or rows.state != "uncertain":
            return self.browse()
        # A welcome has a token that nobody has told us.
        return self.browse() if rows.subscriber_id.welcome_text else rows


def _send_order(message):
    """Sort key: a message that was sent again comes after those that left meanwhile."""
    return (message.sent_date, message.id)


def _token_date(token):
    """When Viber took a message (docs/viber_bot_api.rst, "Message tokens").

    :param str token: of a receipt
    :return: naive UTC; ``None`` when the token has no time in it
    :rtype: datetime.datetime | None
    """
    if not token.isdecimal():
        return None
    milliseconds = (int(token) >> const.TOKEN_SHIFT) + const.TOKEN_EPOCH_MS
    try:
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(
            milliseconds=milliseconds
        )
    except OverflowError:
        return None
