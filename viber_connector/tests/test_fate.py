"""What becomes of a message: each answer of Viber's has one policy, all is shown."""

import datetime
import logging
from unittest.mock import patch

import psycopg2
import requests

from odoo import fields
from odoo.tools import SQL, mute_logger

from .. import const
from ..models.viber_message import _COMES_FROM, _logger
from ..tools import errors
from ..tools.status import STATUSES, find
from .common import ViberCase

STATES = list(_COMES_FROM)


class FateCase(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.subscriber = self.task.viber_subscriber_id

    def reply(self, *args, **values):
        # The tests look at what an agent can't see.
        return super().reply(*args, **values).with_env(self.env)

    def answered(self, *answers, **values):
        """Send a message that Viber answers so.

        :return: its row in the outbox
        """
        message = self.reply(self.task, **values)
        self.viber.answer("send_message", *answers)
        self.send()
        return self.outbox(message)

    def make_due(self, *rows):
        for row in rows:
            row.next_attempt_date = False

    def open_queue(self):
        """Have the next probe due."""
        self.account.paused_until = fields.Datetime.now()


class TestFunnel(FateCase):
    def test_only_what_is_known_to_follow_follows(self):
        """No state is left by what comes late or again."""
        follows = {
            ("outgoing", "sending"),
            ("outgoing", "failed"),
            ("outgoing", "canceled"),
            # In a copy of the database, for the original may have sent it.
            ("outgoing", "uncertain"),
            ("sending", "outgoing"),
            ("sending", "sent"),
            ("sending", "uncertain"),
            ("sending", "failed"),
            ("sent", "delivered"),
            ("sent", "seen"),
            ("sent", "failed"),
            ("delivered", "seen"),
            ("uncertain", "outgoing"),
            ("uncertain", "sent"),
            ("uncertain", "canceled"),
            ("failed", "outgoing"),
            ("failed", "canceled"),
        }
        row = self.answered()
        for old in STATES:
            for new in STATES:
                with self.subTest(old=old, new=new):
                    row.state = old
                    moved = row._set_state(new)
                    self.assertEqual(bool(moved), (old, new) in follows)
                    self.assertEqual(row.state, new if moved else old)

    def test_what_a_message_refuses_is_in_the_log(self):
        """Who looks for a bug tells it from a receipt that came too late."""
        seen, waiting = self.answered(), self.outbox(self.reply(self.task))
        seen._set_state("seen")
        with self.assertLogs(_logger, logging.DEBUG) as caught:
            (seen | waiting)._move("delivered")
        self.assertEqual(
            [record.getMessage() for record in caught.records],
            [
                f"Viber: message {seen.id} stays seen: not delivered",
                f"Viber: message {waiting.id} stays outgoing: not delivered",
            ],
        )
        with self.assertNoLogs(_logger, logging.DEBUG):
            waiting._move("sending")

    def test_a_notification_sums_up_its_parts(self):
        message = self.reply(self.task, "x" * 8000)
        first, second = self.outbox(message)
        notification = self.notification(message)
        now = fields.Datetime.now()
        (first | second).write(
            dict.fromkeys(
                ("sending_date", "sent_date", "delivered_date", "seen_date"), now
            )
        )
        for states, status, seen in (
            (("outgoing", "outgoing"), "ready", False),
            (("sent", "sending"), "ready", False),
            (("seen", "outgoing"), "ready", False),
            (("sent", "delivered"), "pending", False),
            (("delivered", "delivered"), "sent", False),
            (("delivered", "seen"), "sent", False),
            (("seen", "seen"), "sent", True),
            (("sent", "failed"), "exception", False),
            (("uncertain", "outgoing"), "exception", False),
            (("sent", "canceled"), "pending", False),
            (("canceled", "canceled"), "canceled", False),
        ):
            with self.subTest(states=states):
                first.state, second.state = states
                notification._viber_sum_up()
                self.assertEqual(notification.notification_status, status)
                self.assertEqual(bool(notification.viber_seen_date), seen)

    def test_what_viber_takes_for_it_is_kept(self):
        row = self.answered({"status": 0, "message_token": 5, "billing_status": 3})
        self.assertEqual((row.message_token, row.billing_status), ("5", "3"))
        row = self.answered({"status": 0, "message_token": "7", "billing_status": "5"})
        self.assertEqual((row.message_token, row.billing_status), ("7", "5"))
        row = self.answered({"status": 0, "message_token": 6, "billing_status": 77})
        self.assertEqual((row.state, row.billing_status), ("sent", False))


class TestReceipts(FateCase):
    def queries(self, count, kind):
        """:return: how many queries it takes to settle the receipts of as many messages
        in as many conversations"""
        users = [f"{kind} {count} {number}" for number in range(count)]
        self.receive(*(self.text("Good day", user_id=user) for user in users))
        self.process()
        tasks = self.account.subscriber_ids.filtered(
            lambda subscriber: subscriber.viber_user_id in users
        )._conversations()[0]
        rows = self.env["viber.message"]
        for task in tasks:
            rows |= self.outbox(self.reply(task))
        for row in rows:
            row.write(
                {
                    "state": "sent",
                    "sent_date": fields.Datetime.now(),
                    "message_token": str(row.id),
                }
            )
        self.receive(
            *(
                self.event(
                    kind,
                    user_id=row.subscriber_id.viber_user_id,
                    message_token=row.id,
                )
                for row in rows
            )
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["viber.event"]._settle_receipts(
            self.env["viber.event"]._lock_receipts()
        )
        self.env.flush_all()
        used = self.env.cr.sql_log_count - before
        self.assertEqual(set(rows.mapped("state")), {kind})
        status = {"failed": "exception"}.get(kind, "sent")
        found = rows.mail_notification_id.mapped("notification_status")
        self.assertEqual(found, [status] * count)
        return used

    def test_those_that_are_settled_cost_nothing(self):
        outbox = self.env["viber.message"]
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for index, domain in (
            ("uncertain", [("state", "=", "uncertain")]),
            (
                "unseen",
                [
                    ("subscriber_id", "in", self.subscriber.ids),
                    ("state", "in", ("sent", "delivered")),
                ],
            ),
            ("waiting", [("state", "=", "sending")]),
        ):
            with self.subTest(index=index):
                query = outbox._search(domain).select()
                plan = self.env.execute_query(SQL("EXPLAIN %s", query))
                self.assertIn(f"viber_message_{index}", str(plan))

    def test_they_are_settled_in_sets(self):
        # Odoo writes down who was assigned when the transaction ends.
        self.account.assign_on_answer = False
        for kind in ("delivered", "seen", "failed"):
            with self.subTest(kind=kind):
                few, many = self.queries(5, kind), self.queries(60, kind)
                self.assertLess(many - few, 10)


class TestPolicies(FateCase):
    def test_every_status_has_its_fate(self):
        """The table of docs/viber_bot_api.rst, "Statuses"."""
        fates = {
            errors.ViberAccountError: ("outgoing", "viber_account"),
            errors.ViberUnavailable: ("outgoing", False),
            errors.ViberRecipientError: ("failed", "viber_recipient"),
            errors.ViberRequestError: ("failed", "viber_request"),
            errors.ViberRateLimited: ("outgoing", "viber_rate"),
            errors.ViberQuotaUsedUp: ("outgoing", "viber_rate"),
            # A plain text has nothing that could be left out.
            errors.ViberTooNew: ("failed", "viber_request"),
        }
        for status in (*STATUSES, 25, -1):
            policy = find(status).error
            with self.subTest(status=status):
                self.env["viber.message"].search([]).unlink()
                self.account.state = "connected"
                self.subscriber.is_subscribed = True
                row = self.answered({"status": status, "status_message": "why"})
                self.assertEqual((row.state, row.failure_type), fates[policy])
                self.assertEqual(
                    self.subscriber.is_subscribed,
                    policy is not errors.ViberRecipientError,
                )
                is_account = policy is errors.ViberAccountError
                self.assertEqual(
                    self.account.state, "error" if is_account else "connected"
                )
                self.assertTrue(row.failure_reason)
                self.assertEqual(
                    self.notification(row.mail_message_id).failure_reason,
                    row.failure_reason,
                )

    def test_a_refusal_for_a_while_is_tried_at_growing_delays_then_fails(self):
        row = self.answered({"status": 19})
        delays = []
        for _again in const.SEND_RETRY_DELAYS:
            delays.append((row.next_attempt_date - row.sending_date).total_seconds())
            self.send()
            self.make_due(row)
            self.viber.answer("send_message", {"status": 19})
            self.send()
        for delay, expected in zip(delays, const.SEND_RETRY_DELAYS, strict=True):
            self.assertAlmostEqual(delay, expected, delta=expected * 0.2 + 1)
        self.assertEqual((row.state, row.failure_type), ("failed", "viber_unavailable"))
        self.assertEqual(len(self.viber.sent()), len(delays) + 1)

    def test_a_retry_holds_back_this_customers_later_messages_only(self):
        other = self.converse("me too", user_id="other==")
        first = self.answered({"status": 19}, body="First")
        self.reply(self.task, "Second")
        self.reply(other, "Other")
        self.send()
        self.assertEqual(self.viber.texts(), ["First", "Other"])
        self.make_due(first)
        self.send()
        self.assertEqual(self.viber.texts()[2:], ["First", "Second"])

    def test_what_is_too_new_is_sent_once_more_without_it(self):
        for status in (13, 14):
            with self.subTest(status=status):
                self.viber.requests.clear()
                self.viber.answer("send_message", {"status": status})
                self.task.with_user(self.agent).action_viber_ask_phone()
                self.send()
                modern, plain = self.viber.sent()
                self.assertEqual(modern["min_api_version"], 3)
                self.assertEqual(plain["min_api_version"], 1)
                self.assertNotIn("keyboard", plain)
                self.assertEqual(plain["text"], modern["text"])
                self.assertEqual(self.outbox(self.task.message_ids[0]).state, "sent")

    @mute_logger("odoo.addons.viber_connector.models.viber_queue_mixin")
    def test_an_answer_survives_that_others_write_the_same_rows(self):
        outbox = self.env.registry["viber.message"]
        take_answers = outbox._take_answers
        conflicts = [psycopg2.errors.SerializationFailure] * 3

        def take_answers_in_conflict(self, answers):
            take_answers(self, answers)
            if conflicts:
                raise conflicts.pop()

        with patch.object(outbox, "_take_answers", take_answers_in_conflict):
            row = self.answered()
        self.assertFalse(conflicts)
        self.assertEqual(row.state, "sent")
        self.assertEqual(len(self.viber.sent()), 1)

    def test_a_fault_of_ours_fails_and_is_seen(self):
        with (
            patch.object(requests.Session, "post", side_effect=KeyError("oops")),
            mute_logger("odoo.addons.viber_connector.models.viber_message_answer"),
        ):
            row = self.answered()
        self.assertEqual((row.state, row.failure_type), ("failed", "viber_request"))

    # -- the limit of silent customers ---------------------------------------------

    def test_a_silent_customer_gets_the_rest_when_they_write(self):
        row = self.answered({"status": 12}, body="Too many")
        self.reply(self.task, "Later")
        self.assertEqual(row.failure_type, "viber_rate")
        self.assertEqual(row.next_attempt_date.minute, 0)
        self.send()
        self.assertEqual(self.viber.texts(), ["Too many"])
        self.converse("Here I am")
        self.send()
        self.assertEqual(self.viber.texts(), ["Too many", "Too many", "Later"])

    def test_the_limit_is_known_beforehand(self):
        with patch.object(const, "MESSAGES_PER_HOUR_MAX", 2):
            rows = [self.outbox(self.reply(self.task, f"{n}")) for n in range(4)]
            # Not at the turn of an hour.
            start = fields.Datetime.now() - datetime.timedelta(minutes=10)
            with patch.object(type(rows[0]), "_hour_start", lambda self: start):
                self.send()
                self.assertEqual(self.viber.texts(), ["0", "1"])
                self.assertEqual(
                    [(row.state, row.failure_type) for row in rows[2:]],
                    [("outgoing", "viber_rate"), ("outgoing", False)],
                )
                notification = self.notification(rows[2].mail_message_id)
                self.assertEqual(notification.notification_status, "ready")
                self.assertIn("hour", notification.failure_reason)
                self.converse("An answer")
                self.send()
        self.assertEqual(self.viber.texts(), ["0", "1", "2", "3"])

    def test_others_do_not_wait_for_a_silent_customer(self):
        other = self.converse("me too", user_id="other==")
        self.answered({"status": 12})
        self.reply(other, "Other")
        self.send()
        self.assertEqual(self.viber.sent()[-1]["receiver"], "other==")
