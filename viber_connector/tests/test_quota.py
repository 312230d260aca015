"""The bot's free messages are used up: said in plain words, asked once, and ended."""

from datetime import datetime
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..tools.viber_api import SendResult
from .test_fate import FateCase

USED_UP = {"status": 23, "status_message": "freeMessagesExceeded"}
NEXT_MONTH = datetime(2100, 12, 1)


class TestQuota(FateCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        self.at("2100-11-15 10:20:00")

    def at(self, moment):
        """Have it be a moment."""
        moment = fields.Datetime.to_datetime(moment)
        # Not the clock by which the job keeps to its time.
        self.startPatcher(patch.object(fields.Datetime, "now", lambda *_args: moment))

    def told(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "viber.account"),
                ("message_type", "=", "user_notification"),
            ]
        )

    def used_up(self, **values):
        row = self.answered(USED_UP, **values)
        self.assertEqual((row.state, row.failure_type), ("outgoing", "viber_rate"))
        return row

    def test_it_waits_for_the_next_month_and_says_so(self):
        row = self.used_up()
        self.assertEqual(row.next_attempt_date, NEXT_MONTH)
        notification = self.notification(row.mail_message_id)
        self.assertEqual(notification.notification_status, "ready")
        self.assertIn("used up its free messages", notification.failure_reason)
        self.assertIn("12/01/2100", notification.failure_reason)
        for moment in ("2100-11-15 11:01:00", "2100-11-30 23:59:00"):
            self.at(moment)
            self.send()
        self.assertEqual(len(self.viber.sent()), 1)

    def test_a_paid_message_lets_go_what_waits(self):
        row = self.used_up()
        other = self.converse("me too", user_id="other==")
        self.at("2100-11-16 10:20:00")
        paid = {"status": 0, "message_token": 5, "billing_status": 5}
        self.viber.answer("send_message", paid)
        self.reply(other)
        self.send()
        self.assertFalse(self.account.quota_renewal_date)
        self.assertFalse(row.next_attempt_date)
        self.send()
        self.assertEqual(row.state, "sent")

    def test_a_free_one_that_was_sent_before_the_refusal_ends_nothing(self):
        other = self.converse("me too", user_id="other==")
        row = self.used_up()
        early = self.outbox(self.reply(other))
        early.write({"state": "sending", "sending_date": "2000-01-01"})
        early._take_result(SendResult(message_token="1", billing_status=3))
        self.assertEqual(row.next_attempt_date, NEXT_MONTH)
        self.assertTrue(self.account.is_quota_used_up)
        self.assertEqual(len(self.told()), 1)

    def test_who_has_written_meanwhile_is_answered(self):
        message = self.reply(self.task)
        row = self.outbox(message)
        row.write({"state": "sending", "sending_date": "2100-11-15 10:20:00"})
        self.subscriber.last_message_date = "2100-11-15 10:20:01"
        row._wait_for_quota()
        self.assertEqual(row.state, "outgoing")
        self.assertFalse(row.next_attempt_date)

    def test_the_task_says_it(self):
        self.assertFalse(self.task.viber_warning)
        self.used_up()
        self.task.invalidate_recordset()
        warning = self.task.with_user(self.agent).viber_warning
        self.assertIn("free messages of the bot are used up", warning)
        self.assertIn("12/01/2100", warning)
        # Another customer, who has just written, is answered all the same.
        other = self.converse("me too", user_id="other==")
        self.assertFalse(other.viber_warning)
        self.converse("I am here")
        self.send()
        self.task.invalidate_recordset()
        self.assertFalse(self.task.viber_warning)

    def test_managers_are_told_once(self):
        other = self.converse("me too", user_id="other==")
        self.used_up()
        row = self.outbox(self.reply(other))
        self.viber.answer("send_message", USED_UP)
        self.send()
        self.assertEqual(row.next_attempt_date, NEXT_MONTH)
        [told] = self.told()
        self.assertIn(self.manager.partner_id, told.partner_ids)
        self.assertNotIn(self.agent.partner_id, told.partner_ids)
        self.assertIn("12/01/2100", told.body)
        self.assertEqual(self.account.state, "connected")
        self.assertTrue(self.account.is_quota_used_up)

    def test_all_that_waits_behind_it_says_so(self):
        messages = [self.reply(self.task, "a"), self.reply(self.task, "b")]
        self.viber.answer("send_message", USED_UP)
        self.send()
        messages.append(self.reply(self.task, "c"))
        for message in messages:
            with self.subTest(message.body):
                self.assertEqual(self.outbox(message).state, "outgoing")
                reason = self.notification(message).failure_reason
                self.assertIn("used up its free messages", reason)
        self.send()
        self.assertEqual(self.viber.texts(), ["a"])

    def test_others_are_asked_for_and_who_writes_gets_it(self):
        other = self.converse("me too", user_id="other==")
        self.used_up(body="Late")
        self.assertFalse(self.outbox(self.reply(other, "Other")).failure_reason)
        self.send()
        self.assertEqual(self.viber.texts(), ["Late", "Other"])
        self.converse("Here I am")
        self.send()
        self.assertEqual(self.viber.texts(), ["Late", "Other", "Late"])

    def test_the_next_month_brings_it(self):
        row = self.used_up()
        self.at("2100-12-01 00:00:01")
        self.assertFalse(self.account.is_quota_used_up)
        self.viber.answer(
            "send_message", {"status": 0, "message_token": 5, "billing_status": 3}
        )
        self.send()
        self.assertEqual((row.state, row.failure_reason), ("sent", False))
        self.assertFalse(self.account.quota_renewal_date)

    def test_it_ends_when_the_next_month_does_not_bring_it(self):
        row = self.used_up()
        self.at("2100-12-01 00:00:01")
        self.viber.answer("send_message", USED_UP)
        self.send()
        self.assertEqual((row.state, row.failure_type), ("failed", "viber_rate"))
        self.assertIn("no free messages", row.failure_reason)
        self.at("2101-01-01 00:00:01")
        self.send()
        self.assertEqual(len(self.viber.sent()), 2)

    def test_it_can_be_given_up(self):
        row = self.used_up()
        row.mail_message_id.with_user(self.agent).viber_cancel()
        self.assertEqual(row.state, "canceled")

    def test_who_looks_after_the_account_has_it_tried_at_once(self):
        row = self.used_up()
        limited = self.outbox(self.reply(self.converse("x", user_id="other==")))
        self.viber.answer("send_message", {"status": 12})
        self.send()
        self.account.with_user(self.manager).action_check()
        self.send()
        self.assertEqual((row.state, limited.state), ("sent", "outgoing"))

    def test_a_paid_message_shows_that_it_is_over(self):
        for billing, is_over in ((1, False), (2, False), (4, True), (5, True)):
            with self.subTest(billing=billing):
                self.account.quota_renewal_date = NEXT_MONTH
                self.answered(
                    {"status": 0, "message_token": 5, "billing_status": billing}
                )
                self.assertEqual(not self.account.quota_renewal_date, is_over)

    def test_managers_who_cannot_be_told_lose_no_answer(self):
        accounts = type(self.account)
        with (
            patch.object(accounts, "_notify_managers", side_effect=ValueError("no")),
            mute_logger("odoo.addons.viber_connector.models.viber_queue_mixin"),
        ):
            row = self.used_up()
        self.assertEqual(row.next_attempt_date, NEXT_MONTH)
