"""The inbox when things go wrong: failures, strangers, repeats, what is old."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user

from .. import const
from .common import ViberCase


class TestFailures(ViberCase):
    def break_down(self, *words):
        """Have messages with these texts fail until the end of the block.

        :return: a context manager
        """
        events = type(self.env["viber.event"])
        post = events._post

        def fail(event, subscriber, message, *args):
            if message.text in words:
                raise ValueError(f"{message.text}: broken on purpose")
            return post(event, subscriber, message, *args)

        return patch.object(events, "_post", fail)

    def age(self, row, **delta):
        """Let time pass for an event that failed."""
        dates = ("next_attempt_date", "give_up_date")
        row.write({name: row[name] - timedelta(**delta) for name in dates if row[name]})

    def test_an_event_is_retried_for_three_minutes_at_the_most(self):
        [row] = self.receive(self.text("Bad"))
        delays = []
        with self.break_down("Bad"):
            self.process()
            while row.state == "pending":
                delay = (row.next_attempt_date - fields.Datetime.now()).total_seconds()
                delays.append(round(delay))
                # What was not due is not tried.
                attempts = row.attempt_count
                self.process()
                self.assertEqual(row.attempt_count, attempts)
                self.age(row, seconds=delay + 0.1)
                self.process()
        self.assertEqual(delays, sorted(delays))
        self.assertEqual(len(delays), 4)
        # Odoo's scheduler may be late by a minute.
        self.assertLessEqual(sum(delays) + 60, 180)
        self.assertEqual(row.state, "failed")
        self.assertEqual(row.error, "ValueError: Bad: broken on purpose")

    def test_a_scheduler_that_is_late_tries_less_often_not_longer(self):
        [row] = self.receive(self.text("Bad"))
        with self.break_down("Bad"):
            self.process()
            for _attempt in range(2):
                self.assertEqual(row.state, "pending")
                self.age(row, seconds=60)
                self.process()
        self.assertEqual(row.state, "failed")

    def test_what_a_failed_try_has_done_is_undone(self):
        carrier = type(self.env[self.carrier])
        with patch.object(carrier, "message_post", side_effect=ValueError("late")):
            [row] = self.receive(self.text("Hello"))
            self.process()
        self.assertEqual(row.state, "pending")
        self.assertFalse(row.res_id)
        self.assertFalse(self.account.subscriber_ids.partner_id)
        domain = [("viber_account_id", "=", self.account.id)]
        self.assertFalse(self.env[self.carrier].search(domain))
        row.next_attempt_date = False
        self.process()
        self.assertEqual(len(self.comments(self.conversation(row))), 1)

    def test_reprocessed_in_bulk_they_stand_as_the_first_time(self):
        texts = [f"Message {number}" for number in range(4)]
        other = self.text("Other", user_id="another==")
        rows = self.receive(*map(self.text, texts), other)
        with self.break_down(*texts, "Other"):
            for _event in rows:
                self.process()
                rows.write(
                    {"next_attempt_date": False, "give_up_date": rows[0].create_date}
                )
                self.process()
        self.assertEqual(set(rows.mapped("state")), {"failed"})
        rows.sorted("id", reverse=True).action_reprocess()
        self.assertEqual(set(rows.mapped("state")), {"pending"})
        self.assertFalse(any(rows.mapped("error")))
        self.process()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        [task] = {self.conversation(row) for row in rows[:4]}
        messages = self.comments(task)
        self.assertEqual(
            [str(body) for body in messages.mapped("body")],
            [f"<p>{text}</p>" for text in texts],
        )
        dates = [row.event_date.replace(microsecond=0) for row in rows[:4]]
        self.assertEqual(messages.mapped("date"), dates)
        self.assertEqual(task.name, "Message 0")
        self.assertNotEqual(self.conversation(rows[4]), task)

    def test_an_event_of_somebody_who_is_being_served_waits(self):
        subscriber = self.converse().viber_subscriber_id
        [row] = self.receive(self.event("unsubscribed"))
        cron = type(self.env["ir.cron"])
        with (
            patch.object(
                type(subscriber), "_claim", lambda self, *_args: self.browse()
            ),
            patch.object(cron, "_commit_progress", lambda *_args, **_options: 0),
        ):
            self.process()
        self.assertEqual(row.state, "pending")
        self.process()
        self.assertEqual(row.state, "done")
        self.assertFalse(subscriber.is_subscribed)

    def test_what_is_done_is_never_done_again(self):
        [row] = self.receive(self.text("Hello"))
        self.process()
        row.action_reprocess()
        self.process()
        self.assertEqual(len(self.comments(self.conversation(row))), 1)

    def test_a_late_earlier_message_lands_with_its_own_time(self):
        early, late = self.text("early"), self.text("late")
        [second] = self.receive(late)
        self.process()
        [first] = self.receive(early)
        self.process()
        self.assertEqual(self.conversation(first), self.conversation(second))
        self.assertLess(first.mail_message_id.date, second.mail_message_id.date)

    def test_only_managers_process_again(self):
        [row] = self.receive(b"nonsense")
        self.process()
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        row.with_user(manager).action_reprocess()
        self.assertEqual(row.state, "pending")
        with self.assertRaises(AccessError):
            row.with_user(self.agent).action_reprocess()


class TestReceiptsOfOthers(ViberCase):
    def test_receipts_that_are_about_nothing_of_ours_are_let_go(self):
        message = self.text("Hello")
        rows = self.receive(
            message,
            self.event("delivered", message_token=message["message_token"]),
            self.event("seen", message_token=42),
            self.event("failed", message_token=43, desc="x", udid=None),
            self.event("delivered", message_token=44, user_id="nobody=="),
        )
        own, receipts = rows[1], rows[2:]
        self.process()
        self.assertEqual(rows[0].state, "done")
        self.assertEqual(own.state, "ignored", "Viber reports on their own message")
        self.assertEqual(set(receipts.mapped("state")), {"pending"})
        self.env.cr.execute(
            "UPDATE viber_event SET create_date = create_date - interval '1 hour',"
            " next_attempt_date = NULL WHERE id = ANY(%s)",
            [receipts.ids],
        )
        self.env.invalidate_all()
        self.process()
        self.assertEqual(set(receipts.mapped("state")), {"ignored"})
        self.assertEqual(len(self.account.subscriber_ids), 1)

    def test_a_receipt_that_fails_is_kept_and_holds_back_no_other(self):
        messages = type(self.env["viber.message"])
        settle = messages._settle_uncertain

        def fail(outbox, events):
            if "666" in events.mapped("message_token"):
                raise ValueError("broken on purpose")
            return settle(outbox, events)

        with patch.object(messages, "_settle_uncertain", fail):
            bad, good, text = self.receive(
                self.event("delivered", message_token=666),
                self.event("delivered", message_token="²"),
                self.text("Hello"),
            )
            self.process()
        self.assertEqual(bad.state, "failed")
        self.assertIn("broken on purpose", bad.error)
        self.assertEqual(good.state, "pending")
        self.assertEqual(text.state, "done")

    def test_receipts_that_met_somebody_elses_rows_are_tried_again_at_once(self):
        [row] = self.receive(self.event("delivered", message_token=42))
        events = type(self.env["viber.event"])
        lock, met = events._lock_receipts, []

        def collide(inbox):
            if not met:
                met.append(True)
                raise psycopg2.errors.SerializationFailure()
            return lock(inbox)

        with patch.object(events, "_lock_receipts", collide):
            self.process()
        self.assertTrue(met)
        # It has been looked at: nobody knows its message yet.
        self.assertTrue(row.next_attempt_date)

    def test_receipts_of_an_account_that_is_disconnected_wait(self):
        [row] = self.receive(self.event("seen", message_token=42))
        self.account.state = "draft"
        self.process()
        self.assertFalse(row.next_attempt_date)
        self.assertEqual(row.state, "pending")


class TestRetention(ViberCase):
    def event_of(self, state, days):
        """:return: an event that came so many days ago"""
        [row] = self.receive(self.text(state))
        row.state = state
        self.env.cr.execute(
            "UPDATE viber_event SET create_date = now() - %s * interval '1 day'"
            " WHERE id = %s",
            [days, row.id],
        )
        return row

    def clean_up(self):
        self.env.invalidate_all()
        return self.env["viber.event"]._gc_events()

    def test_what_is_done_is_removed_after_a_while_and_the_rest_stays(self):
        kept = self.event_of("done", 89) + self.event_of("failed", 1000)
        kept += self.event_of("pending", 1000)
        old = self.event_of("done", 91) + self.event_of("ignored", 91)
        self.clean_up()
        self.assertFalse(old.exists())
        self.assertEqual(kept.exists(), kept)

    def test_what_waits_for_a_person_is_removed_as_well(self):
        task = self.converse()
        task.viber_subscriber_id.is_blocked = True
        kept, old = self.event_of("pending", 89), self.event_of("pending", 91)
        self.process()
        self.assertEqual((kept + old).mapped("is_parked"), [True, True])
        self.clean_up()
        self.assertFalse(old.exists())
        self.assertTrue(kept.exists())

    def test_what_was_removed_is_not_posted_again(self):
        bodies = [self.text("by its age"), self.text("by hand")]
        rows = self.receive(*bodies)
        self.process()
        self.env.cr.execute(
            "UPDATE viber_event SET create_date = '2020-01-01' WHERE id = %s",
            [rows[0].id],
        )
        self.clean_up()
        administrator = new_test_user(self.env, "erases", groups="base.group_system")
        rows[1].with_user(administrator).unlink()
        self.assertFalse(self.env["viber.event"].search([]))
        self.assertFalse(self.receive(*bodies))
        self.process()
        domain = [("viber_account_id", "=", self.account.id)]
        [task] = self.env[self.carrier].search(domain)
        self.assertEqual(len(self.comments(task)), 2)
        # The same token in another event, or of another customer, is another one.
        other = self.event("subscribed", message_token=bodies[0]["message_token"])
        self.assertEqual(len(self.receive(other)), 1)

    def test_a_receipt_that_was_removed_changes_nothing_when_it_comes_again(self):
        body = self.event("seen", message_token=42)
        self.receive(body).unlink()
        self.assertFalse(self.env["viber.event.digest"].search([]))

    def test_the_conversation_stays(self):
        task = self.converse()
        rows = self.env["viber.event"].search([("res_id", "=", task.id)])
        self.env.cr.execute("UPDATE viber_event SET create_date = '2020-01-01'")
        self.clean_up()
        self.assertFalse(rows.exists())
        self.assertEqual(len(self.comments(task)), 1)

    def test_how_long_is_a_parameter(self):
        row = self.event_of("done", 5)
        key = const.EVENT_RETENTION_PARAMETER
        for value in ("6", "many", "-1"):
            self.env["ir.config_parameter"].set_param(key, value)
            self.clean_up()
            self.assertTrue(row.exists(), value)
        self.env["ir.config_parameter"].set_param(key, "4")
        self.clean_up()
        self.assertFalse(row.exists())

    def test_it_goes_in_batches(self):
        for _number in range(5):
            self.event_of("done", 100)
        with patch.object(const, "EVENT_RETENTION_BATCH", 3):
            self.assertEqual(self.clean_up(), (3, True))
            self.assertEqual(self.clean_up()[1], False)
