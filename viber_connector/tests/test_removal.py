"""What is removed leaves nothing behind that says it were still there."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

import psycopg2
import requests

from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import TOKEN
from .test_fate import FateCase


class TestRemovedMessages(FateCase):
    def setUp(self):
        super().setUp()
        self.admin = new_test_user(self.env, "viber_admin", groups="base.group_system")

    def remove(self, rows):
        rows.with_user(self.admin).unlink()
        self.assertFalse(rows.exists())

    def assert_told(self, message, status):
        notification = self.notification(message)
        self.assertEqual(notification.notification_status, status)
        if status == "canceled":
            self.assertFalse(notification.failure_type)
            self.assertFalse(notification.failure_reason)

    def test_what_had_not_arrived_is_given_up(self):
        for answer in (None, {"status": 3}, {"status": 12}, 500):
            with self.subTest(answer=answer):
                message = self.reply(self.task)
                if answer:
                    self.viber.answer("send_message", answer)
                    self.send()
                    self.account._resume()
                self.remove(self.outbox(message))
                self.assert_told(message, "canceled")

    def test_what_has_arrived_is_told_still(self):
        row = self.answered()
        message = row.mail_message_id
        for state, status in (("sent", "pending"), ("seen", "sent")):
            row.state = state
            self.notification(message)._viber_sum_up()
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                self.remove(row)
                self.assert_told(message, status)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_part_that_arrived_counts(self):
        message = self.reply(self.task, "x" * 8000)
        accepted = {"status": 0, "message_token": 5}
        self.viber.answer("send_message", accepted, {"status": 3})
        self.send()
        self.assert_told(message, "exception")
        self.remove(self.outbox(message))
        self.assert_told(message, "pending")

    def test_what_it_held_back_leaves(self):
        first = self.answered({"status": 12}, body="First")
        self.reply(self.task, "Second")
        self.remove(first)
        self.send()
        self.assertEqual(self.viber.texts(), ["First", "Second"])

    def test_who_is_looking_sees_it_and_may_not_remove_what_is_on_its_way(self):
        row = self.outbox(self.reply(self.task))
        row.state = "sending"
        with self.assertRaises(UserError):
            self.remove(row)
        row.state = "outgoing"
        notifications = type(self.notification(row.mail_message_id))
        with patch.object(notifications, "_viber_push", autospec=True) as push:
            self.remove(row)
        push.assert_called_once()

    def test_what_was_removed_behind_our_back_can_be_canceled(self):
        message = self.reply(self.task)
        self.env.cr.execute(
            "DELETE FROM viber_message WHERE mail_message_id = %s", [message.id]
        )
        self.env.invalidate_all()
        message.with_user(self.agent).viber_cancel()
        self.assert_told(message, "canceled")

    def test_an_edit_gives_nothing_up(self):
        message = self.reply(self.task)
        row = self.outbox(message)
        fates = []
        notifications = type(self.notification(message))
        sum_up = notifications._viber_sum_up

        def watch(records):
            sum_up(records)
            fates.extend(records.mapped("notification_status"))

        with patch.object(notifications, "_viber_sum_up", watch):
            self.task.with_user(self.agent)._message_update_content(message, body="b")
        self.assertFalse(row.exists())
        self.assertEqual(fates, ["ready"])

    def test_who_has_messages_is_not_deleted_with_them(self):
        row = self.outbox(self.reply(self.task))
        for record in (self.subscriber, self.account):
            with (
                self.subTest(record),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.IntegrityError),
                self.env.cr.savepoint(),
            ):
                record.unlink()
        self.assertTrue(row.exists())

    def test_a_deleted_task_or_message_sends_nothing(self):
        rows = [self.outbox(self.reply(self.task)) for _each in range(2)]
        rows[0].mail_message_id.unlink()
        self.task.unlink()
        self.send()
        self.assertEqual([row.state for row in rows], ["canceled"] * 2)
        self.assertFalse(self.viber.sent())


class TestRemovedAccount(FateCase):
    def setUp(self):
        super().setUp()
        self.other = self.account.create(
            {
                "auth_token": f"{TOKEN}-other",
                "base_url": "https://odoo.example.com",
                **self.account_values,
            }
        )
        self.other.action_connect()
        self.viber.requests.clear()
        # What the tests before have left there, and what is not ours.
        self.env.cr.postcommit.clear()

    def commit(self):
        """Do what follows a commit."""
        self.env.flush_all()
        self.env.cr.postcommit.run()

    def webhooks(self):
        return [body["url"] for method, body in self.viber.requests]

    def test_viber_is_told_after_the_commit(self):
        self.other.unlink()
        self.assertFalse(self.webhooks())
        self.commit()
        self.assertEqual(self.webhooks(), [""])

    def test_an_archived_one_too(self):
        self.other.active = False
        self.commit()
        self.assertFalse(self.webhooks(), "what comes is kept till it is active again")
        self.other.unlink()
        self.commit()
        self.assertEqual(self.webhooks(), [""])

    def test_a_manager_may_do_so(self):
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        self.other.with_user(manager).unlink()
        self.commit()
        self.assertEqual(self.webhooks(), [""])

    def test_of_one_that_is_not_connected_it_is_not_told(self):
        self.other.action_disconnect()
        self.viber.requests.clear()
        self.other.unlink()
        self.commit()
        self.assertFalse(self.viber.requests)

    def test_what_viber_says_does_not_matter(self):
        for answer in (requests.ConnectionError("no"), 500, {"status": 2}):
            with self.subTest(answer=answer), self.env.cr.savepoint() as savepoint:
                self.viber.requests.clear()
                self.viber.answer("set_webhook", answer)
                self.other.unlink()
                self.commit()
                self.assertEqual(self.webhooks(), [""])
                self.assertFalse(self.other.exists())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_nor_that_the_key_is_gone(self):
        self.other._keep_auth_token(False)
        self.other.invalidate_recordset(["auth_token"])
        self.other.unlink()
        self.commit()
        self.assertFalse(self.viber.requests)

    def test_one_that_cannot_be_deleted_stays_connected(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            # It has a customer.
            self.account.unlink()
        self.commit()
        self.assertFalse(self.viber.requests)


class TestUpdate(FateCase):
    def migrate(self):
        path = Path(__file__).parents[1] / "migrations/19.0.0.5.0/post-fates.py"
        spec = spec_from_file_location("post_fates", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.0.4.0")
        self.env.invalidate_all()

    def test_what_older_releases_left_is_put_right(self):
        failed = self.answered({"status": 3})
        failed.failed_date = False
        arrived = self.answered()
        orphans = [self.answered({"status": 3}), self.outbox(self.reply(self.task))]
        messages = [row.mail_message_id for row in orphans]
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM viber_message WHERE id = ANY(%s)", [[r.id for r in orphans]]
        )
        # Of what never was in the outbox.
        bare = self.reply(self.task, "")
        self.subscriber.is_subscribed = False
        self.migrate()
        self.assertEqual(failed.failed_date, failed.sending_date)
        for message in messages:
            self.assertEqual(self.notification(message).notification_status, "canceled")
        for row, status in ((failed, "exception"), (arrived, "pending")):
            notification = self.notification(row.mail_message_id)
            self.assertEqual(notification.notification_status, status)
        self.assertEqual(self.notification(bare).notification_status, "exception")
        self.subscriber._prove_present(arrived.sending_date)
        self.assertFalse(self.subscriber.is_subscribed)
