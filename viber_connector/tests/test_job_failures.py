"""What fails in a job is nobody else's loss, and the facts stand."""

from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .. import const
from .common import TOKEN, ViberCase

MODELS = "odoo.addons.viber_connector.models."
QUEUE = MODELS + "viber_queue_mixin"
ANSWERS = MODELS + "viber_message_answer"


class TestJobFailures(ViberCase):
    def setUp(self):
        super().setUp()
        self.tasks = [
            self.converse(user_id="first=="),
            self.converse(user_id="second=="),
        ]

    def post(self):
        """:return: a row of the outbox for each customer"""
        messages = [self.reply(task) for task in self.tasks]
        return [self.outbox(message) for message in messages]

    def fates(self, rows):
        return [
            (row.state, self.notification(row.mail_message_id).notification_status)
            for row in rows
        ]

    def test_a_warning_that_cannot_be_made_loses_no_answer(self):
        group = self.env.ref("viber_connector.group_viber_manager")
        group.all_user_ids.notification_type = "email"
        self.viber.answer("send_message", {"status": 2})
        rows = self.post()
        with (
            patch.object(
                type(self.account),
                "_notify_by_email_render_layout",
                side_effect=ValueError("broken layout"),
            ) as render,
            mute_logger(QUEUE),
        ):
            self.send()
        render.assert_called()
        self.assertEqual(
            sorted((row.state, row.failure_type) for row in rows),
            [("outgoing", "viber_account"), ("sent", False)],
        )
        self.assertEqual(self.account.state, "error")

    def test_an_answer_that_cannot_be_kept_is_lost_alone(self):
        rows = self.post()
        outbox = type(rows[0])
        take_result = outbox._take_result

        def fail(row, result):
            if row == rows[0]:
                row.env.cr.execute("SELECT 1 / 0")
            take_result(row, result)

        with (
            patch.object(outbox, "_take_result", fail),
            mute_logger(ANSWERS, "odoo.sql_db"),
        ):
            self.send()
        self.assertEqual(
            self.fates(rows), [("uncertain", "exception"), ("sent", "pending")]
        )
        self.assertEqual(len(self.viber.sent()), 2)

    def test_a_fate_that_could_not_be_shown_is_shown_by_the_next_run(self):
        rows = self.post()
        notifications = type(self.notification(rows[0].mail_message_id))
        sum_up = notifications._viber_sum_up
        hidden = self.notification(rows[0].mail_message_id)

        def fail(records):
            if hidden in records:
                raise ValueError("no")
            sum_up(records)

        with (
            patch.object(notifications, "_viber_sum_up", fail),
            mute_logger(QUEUE),
        ):
            self.send()
        self.assertEqual(self.fates(rows), [("sent", "ready"), ("sent", "pending")])
        self.send()
        self.assertEqual(self.fates(rows), [("sent", "pending"), ("sent", "pending")])
        self.assertFalse(rows[0].is_fate_hidden)

    def test_a_receipt_that_cannot_be_shown_counts_all_the_same(self):
        rows = self.post()
        self.send()
        [receipt] = self.receive(
            self.event(
                "delivered",
                user_id="first==",
                message_token=int(rows[0].message_token),
            )
        )
        notifications = type(self.notification(rows[0].mail_message_id))
        with (
            patch.object(notifications, "_viber_sum_up", side_effect=ValueError("no")),
            mute_logger(MODELS + "viber_message_delivery"),
        ):
            self.process()
        self.assertEqual((receipt.state, rows[0].state), ("done", "delivered"))
        self.send()
        self.assertEqual(self.fates(rows), [("delivered", "sent"), ("sent", "pending")])

    def test_what_cannot_be_read_fails_and_holds_nothing_up(self):
        rows = self.post()
        rows[0].payload = "{"
        with mute_logger(ANSWERS):
            self.send()
        self.assertEqual(
            self.fates(rows), [("failed", "exception"), ("sent", "pending")]
        )

    def test_an_account_without_key_keeps_its_messages(self):
        rows = self.post()
        account = type(self.account)
        with patch.object(account, "_get_api", side_effect=UserError("no key")):
            self.send()
        self.assertEqual([row.state for row in rows], ["outgoing"] * 2)
        self.assertEqual(self.account.state, "error")
        self.assertEqual(self.account.state_reason, "no key")

    def test_an_account_that_cannot_be_asked_keeps_no_other_from_it(self):
        other = self.account.create(
            {"auth_token": f"{TOKEN}-other", "base_url": "https://a.example.com"}
        )
        other.state = "connected"
        both = self.account | other
        both.write(
            {
                "paused_since": fields.Datetime.now(),
                "paused_until": fields.Datetime.now(),
                "pause_count": 1,
            }
        )
        get_api = type(other)._get_api

        def fail(account, session=None):
            if account == self.account:
                raise KeyError("oops")
            return get_api(account, session)

        with (
            patch.object(type(other), "_get_api", fail),
            mute_logger(MODELS + "viber_account_pause"),
        ):
            self.send()
        self.assertTrue(self.account.paused_until)
        self.assertEqual(self.account.pause_count, 2)
        self.assertFalse(other.paused_until)

    def test_an_account_that_cannot_be_served_keeps_no_other_from_it(self):
        other = self.account.create(
            {
                "auth_token": f"{TOKEN}-other",
                "base_url": "https://a.example.com",
                **self.account_values,
            }
        )
        other.action_connect()
        [event] = self.receive(self.text("Hello", user_id="third=="), account=other)
        self.process()
        rows = [*self.post(), self.outbox(self.reply(self.conversation(event)))]
        outbox = type(rows[0])
        hold_back = outbox._hold_back_silent

        def fail(claimed):
            if self.account in claimed.account_id:
                raise ValueError("no")
            return hold_back(claimed)

        with patch.object(outbox, "_hold_back_silent", fail), mute_logger(QUEUE):
            self.send()
        self.assertEqual([row.state for row in rows], ["outgoing", "outgoing", "sent"])
        self.send()
        self.assertEqual([row.state for row in rows], ["sent"] * 3)

    def test_others_who_never_let_go_do_not_hold_the_job(self):
        rows = self.post()
        outbox = type(rows[0])
        take_result = outbox._take_result

        def collide(row, result):
            if row == rows[0]:
                raise psycopg2.errors.SerializationFailure()
            take_result(row, result)

        with (
            patch.object(outbox, "_take_result", collide),
            patch.object(const, "SEND_SECONDS", 0.5),
            patch.object(const, "SEND_DRAIN", 0.5),
            mute_logger(QUEUE),
        ):
            self.send()
        self.assertEqual([row.state for row in rows], ["sending", "sent"])

    def test_a_job_that_fails_comes_again_by_itself(self):
        jobs = {
            "ir_cron_process_events": ("viber.event", "_due_customers"),
            "ir_cron_send_messages": ("viber.message", "_accounts_to_serve"),
            "ir_cron_fetch_media": ("viber.media", "_claim"),
        }
        for name, (model, method) in jobs.items():
            cron = self.env.ref(f"viber_connector.{name}")
            with (
                self.subTest(name),
                patch.object(
                    type(self.env[model]), method, side_effect=ValueError("no")
                ),
                mute_logger(QUEUE),
            ):
                self.run_job(name)
                self.assertFalse(cron.failure_count)
                triggers = self.env["ir.cron.trigger"].search(
                    [("cron_id", "=", cron.id), ("call_at", ">", fields.Datetime.now())]
                )
                self.assertTrue(triggers)

    def test_one_customer_who_cannot_be_served_holds_nobody_up(self):
        events = self.env["viber.event"]
        rows = self.receive(
            self.text("bad", user_id="first=="), self.text("good", user_id="second==")
        )
        process = type(events)._process_events_of

        def fail(queue, account_id, viber_user_id, downloads):
            if viber_user_id == "first==":
                raise ValueError("no")
            return process(queue, account_id, viber_user_id, downloads)

        with (
            patch.object(type(events), "_process_events_of", fail),
            mute_logger(MODELS + "viber_event_queue"),
        ):
            self.process()
        self.assertEqual(rows.mapped("state"), ["pending", "done"])
        self.assertIn("ValueError", rows[0].error)
        self.assertTrue(rows[0].next_attempt_date)
