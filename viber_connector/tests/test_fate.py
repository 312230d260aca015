"""What becomes of a message: each answer of Viber's has one policy, all is shown."""

import datetime
import json
from unittest.mock import patch

import psycopg2
import requests

from odoo import fields
from odoo.tests import new_test_user

from .. import const
from ..models.viber_message import _COMES_FROM
from .common import CUSTOMER_ID, ViberCase

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
        """No state is left by what comes late or again (design.md, 3 and 6)."""
        follows = {
            ("outgoing", "sending"),
            ("outgoing", "failed"),
            ("outgoing", "canceled"),
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
        row = self.answered({"status": 0, "message_token": 6, "billing_status": 77})
        self.assertEqual((row.state, row.billing_status), ("sent", False))


class TestPolicies(FateCase):
    def test_every_status_has_its_fate(self):
        """The table of viber_bot_api.md, section 7."""
        fates = {
            "account": ("outgoing", "viber_account"),
            "later": ("outgoing", False),
            "recipient": ("failed", "viber_recipient"),
            "request": ("failed", "viber_request"),
            "wait": ("outgoing", "viber_rate"),
            # A plain text has nothing that could be left out.
            "degrade": ("failed", "viber_request"),
        }
        for status, policy in (
            const.STATUS_POLICY | {25: "later", -1: "later"}
        ).items():
            with self.subTest(status=status):
                self.env["viber.message"].search([]).unlink()
                self.account.state = "connected"
                self.subscriber.is_subscribed = True
                row = self.answered({"status": status, "status_message": "why"})
                self.assertEqual((row.state, row.failure_type), fates[policy])
                self.assertEqual(self.subscriber.is_subscribed, policy != "recipient")
                self.assertEqual(
                    self.account.state, "error" if policy == "account" else "connected"
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
        with patch.object(requests.Session, "post", side_effect=KeyError("oops")):
            row = self.answered()
        self.assertEqual((row.state, row.failure_type), ("failed", "viber_request"))

    # -- the limit of silent customers ---------------------------------------------

    def test_a_silent_customer_gets_the_rest_when_he_writes(self):
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
            with patch.object(
                type(rows[0]), "_hour_start", lambda self: start, create=True
            ):
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


class TestIllness(FateCase):
    def test_the_queue_rests_and_is_opened_by_a_harmless_call(self):
        row = self.answered(requests.ConnectionError("refused"))
        second = self.outbox(self.reply(self.task, "Second"))
        self.assertTrue(self.account.paused_until)
        self.send()
        self.assertEqual(len(self.viber.requests), 1, "nothing before its time")
        self.make_due(row)
        self.open_queue()
        self.send()
        methods = [method for method, _body in self.viber.requests]
        self.assertEqual(
            methods, ["send_message", "get_account_info"] + 2 * ["send_message"]
        )
        self.assertFalse(self.account.paused_since)
        self.assertEqual([row.state, second.state], ["sent", "sent"])

    def test_the_pauses_are_doubled_up_to_five_minutes(self):
        self.answered(503)
        waits = []
        for _again in range(8):
            waits.append(self.account.paused_until - fields.Datetime.now())
            self.open_queue()
            self.viber.answer("get_account_info", 503)
            self.send()
        seconds = [round(wait.total_seconds() / 5) * 5 for wait in waits]
        self.assertEqual(seconds, [5, 10, 20, 40, 80, 160, 300, 300])
        self.assertEqual(len(self.viber.sent()), 1)

    def test_after_a_day_an_administrator_has_to_look(self):
        row = self.answered(503)
        self.account.paused_since = fields.Datetime.now() - datetime.timedelta(days=2)
        self.open_queue()
        self.viber.answer("get_account_info", 503)
        self.send()
        self.assertEqual(self.account.state, "error")
        self.assertEqual(row.state, "outgoing")

    def test_a_look_in_an_outage_does_not_stop_the_account(self):
        self.answered(503)
        self.viber.answer("get_account_info", 503)
        self.account.action_check()
        self.assertEqual(self.account.state, "connected")
        self.account.action_check()
        self.assertFalse(self.account.paused_until)

    def test_an_outage_leaves_at_most_what_was_on_the_way_uncertain(self):
        others = [self.converse("hi", user_id=f"{n}==") for n in range(5)]
        with patch.object(const, "SEND_CONNECTIONS", 2):
            self.viber.answer("send_message", *6 * [500])
            messages = [self.reply(task) for task in others]
            self.send()
        states = [self.outbox(message).state for message in messages]
        self.assertLessEqual(states.count("uncertain"), 2)
        self.assertEqual(set(states), {"uncertain", "outgoing"})

    def test_a_message_that_never_passes_does_not_stop_the_others_for_good(self):
        other = self.converse("me too", user_id="other==")
        bad = self.answered(400)
        good = self.outbox(self.reply(other, "Other"))
        for _again in const.SEND_RETRY_DELAYS:
            self.make_due(bad)
            self.open_queue()
            self.viber.answer("send_message", 400)
            self.send()
        self.assertEqual(bad.state, "failed")
        self.open_queue()
        self.send()
        self.assertEqual(good.state, "sent")

    # -- the account itself --------------------------------------------------------

    def test_managers_are_told_once_and_all_is_sent_when_it_is_mended(self):
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        rows = [self.answered({"status": 2}), self.outbox(self.reply(self.task, "b"))]
        self.send()
        told = self.env["mail.message"].search(
            [
                ("model", "=", "viber.account"),
                ("message_type", "=", "user_notification"),
            ]
        )
        self.assertEqual(len(told), 1)
        self.assertIn(manager.partner_id, told.partner_ids)
        self.assertNotIn(self.agent.partner_id, told.partner_ids)
        self.account._break("again")
        self.assertEqual(
            self.env["mail.message"].search_count(
                [("message_type", "=", "user_notification")]
            ),
            1,
        )
        self.assertEqual([row.state for row in rows], ["outgoing"] * 2)
        self.account.action_check()
        self.send()
        self.assertEqual([row.state for row in rows], ["sent"] * 2)
        self.assertFalse(rows[0].failure_type)

    def test_an_archived_account_keeps_its_messages(self):
        row = self.outbox(self.reply(self.task))
        self.account.active = False
        self.send()
        self.assertEqual(row.state, "outgoing")
        self.account.active = True
        self.send()
        self.assertEqual(row.state, "sent")

    def test_what_is_sent_names_the_conversation(self):
        body = json.loads(self.outbox(self.reply(self.task)).payload)
        self.assertEqual(
            body["tracking_data"], self.task._viber_reference(self.subscriber)
        )
        self.assertEqual(body["receiver"], CUSTOMER_ID)
