"""Who waits for an answer, since when, and when that ends."""

import random
import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import CUSTOMER_ID, ViberCase


class WaitCase(ViberCase):
    def setUp(self):
        super().setUp()
        self.talk = self.converse()
        self.customer = self.talk.viber_customer_id
        self.subscriber = self.talk.viber_subscriber_id

    def reply(self, *args, **values):
        # The tests look at what an agent can't see.
        return super().reply(*args, **values).with_env(self.env)

    def waits(self):
        """:return: the waits of the conversation, the first one first"""
        waits = self.env["viber.wait"]._of(self.talk)
        return waits.sorted(lambda wait: (wait.since, wait.id))

    def is_waiting(self):
        """:return: whether the customer waits; the record and the row say the same"""
        running = self.waits().filtered(lambda wait: not wait.until)
        self.assertEqual(running.since, self.talk.viber_waiting_since)
        return bool(running)

    def refuse(self, message):
        """Have Viber refuse what an answer is made of."""
        self.viber.answer("send_message", {"status": 3, "status_message": "badData"})
        self.send()
        self.assertEqual(self.notification(message).notification_status, "exception")


class TestWait(WaitCase):
    def test_it_lasts_from_the_first_message_to_the_answer(self):
        wait = self.waits()
        self.assertEqual(self.talk.viber_waiting_since, wait.since)
        self.assertTrue(wait.is_first)
        self.converse("Hello?")
        self.assertEqual(self.waits(), wait)
        message = self.reply(self.talk)
        self.assertFalse(self.is_waiting())
        self.assertEqual(wait.end_reason, "answered")
        self.assertEqual(wait.user_id, self.agent)
        self.assertEqual(wait.answer_message_id, message)
        self.assertGreater(wait.duration, 0)
        self.converse("Thank you")
        self.assertTrue(self.is_waiting())
        self.assertEqual(self.waits().mapped("is_first"), [True, False])

    def test_every_way_a_message_is_born(self):
        """What ends the wait of a customer, and what does not."""
        portal = new_test_user(self.env, "supplier", groups="base.group_portal")
        self.open_to("portal")
        self.talk.message_subscribe(portal.partner_id.ids)
        comment = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        note = {"subtype_xmlid": "mail.mt_note"}
        by_email = {
            "message_type": "email",
            "author_id": self.agent.partner_id.id,
        }
        automatic = {"message_type": "auto_comment", "subtype_xmlid": "mail.mt_comment"}
        # message, who posts it, with what; whether the customer waits still
        born = [
            ("answer", self.agent, {}, False),
            ("note", self.agent, note, True),
            ("note that names them", self.agent, note | self.named(), True),
            ("automatic", self.agent, automatic | self.named(), True),
            ("OdooBot's", self.env.ref("base.user_root"), comment, True),
            ("employee's e-mail", self.env.ref("base.user_root"), by_email, False),
            ("supplier's", portal, {}, True),
            ("own e-mail", self.env.ref("base.user_root"), self.own_email(), True),
        ]
        for is_open in (True, False):
            for name, user, values, waits in born:
                with self.subTest(name=name, is_open=is_open):
                    self.begin(is_open)
                    post = {"body": "Text"} | comment | values
                    record = self.talk.with_user(user)
                    record.sudo(user.share).message_post(**post)
                    self.assertEqual(self.is_waiting(), waits)

    def named(self):
        return {"partner_ids": self.customer.ids}

    def own_email(self):
        return {"message_type": "email", "author_id": self.customer.id}

    def begin(self, is_open):
        """Have the customer wait, in a conversation that goes on or is closed."""
        self.account.new_task_when_closed = False
        self.talk._viber_reopen()
        if not is_open:
            self.talk._viber_close()
        self.converse("Hello")
        self.assertTrue(self.is_waiting())
        self.assertEqual(self.talk._viber_is_open(), is_open)

    def test_a_customer_waits_who_writes_by_email_or_in_the_portal(self):
        portal = new_test_user(self.env, "olena", groups="base.group_portal")
        self.open_to("portal")
        comment = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.reply(self.talk)
        self.talk.message_post(body="By mail", **comment | self.own_email())
        self.assertTrue(self.is_waiting())
        self.assertEqual(self.talk.viber_last_message_preview, "By mail")
        self.reply(self.talk)
        self.subscriber.partner_id = portal.partner_id
        self.talk.with_user(portal).sudo().message_post(body="Here", **comment)
        self.assertTrue(self.is_waiting())

    def test_a_scheduled_answer_ends_it_when_it_is_due(self):
        later = fields.Datetime.now() + timedelta(hours=1)
        self.reply(self.talk, scheduled_date=later)
        self.assertTrue(self.is_waiting())
        with freeze_time(later + timedelta(minutes=1)):
            self.env["mail.message.schedule"]._send_notifications_cron()
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits().user_id, self.agent)

    def test_an_answer_to_others_ends_nothing(self):
        other = self.env["res.partner"].create({"name": "B", "email": "b@example.com"})
        self.talk.message_subscribe(other.ids)
        self.talk.message_unsubscribe(self.customer.ids)
        self.reply(self.talk)
        self.assertTrue(self.is_waiting())

    def test_an_answer_by_email_ends_it_until_it_fails(self):
        self.customer.email = "olena@example.com"
        self.subscriber.is_subscribed = False
        message = self.reply(self.talk)
        self.assertEqual(message.notification_ids.notification_type, "email")
        self.assertFalse(self.is_waiting())
        message.notification_ids.write(
            {"notification_status": "bounce", "failure_type": "mail_bounce"}
        )
        self.assertTrue(self.is_waiting())

    def answer_by_email(self):
        """:return: the e-mail of an answer, which waits to be sent"""
        self.customer.email = "olena@example.com"
        self.subscriber.is_subscribed = False
        message = self.reply(self.talk.with_context(mail_notify_force_send=False))
        return message.mail_ids

    def send_email(self, mail, error=None):
        """Have Odoo send an e-mail, or the mail server refuse it."""
        servers = self.env.registry["ir.mail_server"]
        answer = {"side_effect": error} if error else {"return_value": "<1@x>"}
        with (
            patch.object(servers, "_disable_send", return_value=False),
            patch.object(servers, "_connect__"),
            patch.object(servers, "send_email", **answer) as sent,
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            mail.send()
        sent.assert_called()

    def test_an_email_that_was_sent_has_answered(self):
        self.send_email(self.answer_by_email())
        self.assertFalse(self.is_waiting())
        self.assertEqual(len(self.waits()), 1)

    def test_an_email_that_failed_has_not_until_it_is_sent(self):
        mail = self.answer_by_email()
        self.send_email(mail, UserError("No such mailbox"))
        self.assertTrue(self.is_waiting())
        mail.action_retry()
        self.send_email(mail)
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits().user_id, self.agent)

    def test_an_email_that_is_deleted_has_if_it_was_sent(self):
        mail = self.answer_by_email()
        message = mail.mail_message_id
        self.send_email(mail)
        message.with_user(self.agent).unlink()
        self.assertFalse(self.is_waiting())

    def test_emails_that_are_deleted_before_have_not(self):
        messages = self.answer_by_email().mail_message_id
        messages |= self.answer_by_email().mail_message_id
        messages.with_user(self.agent).unlink()
        self.assertTrue(self.is_waiting())

    def test_who_has_left_is_not_answered(self):
        self.subscriber.is_subscribed = False
        self.reply(self.talk)
        self.assertTrue(self.is_waiting())

    def test_a_late_message_waits_since_it_was_written(self):
        early = self.text("Sent before")
        late = self.text("Sent after")
        self.receive(late)
        self.reply(self.talk)
        self.process()
        since = self.talk.viber_waiting_since
        self.receive(early)
        self.process()
        self.assertTrue(self.is_waiting())
        self.assertLessEqual(self.talk.viber_waiting_since, since)
        self.assertEqual(self.talk.viber_last_message_preview, "Sent after")
        self.assert_in_order()

    def assert_in_order(self):
        """Waits do not overlap, end in order, and only the last one may be open."""
        waits = self.waits()
        for earlier, later in zip(waits, waits[1:], strict=False):
            self.assertTrue(earlier.until)
            self.assertLessEqual(earlier.until, later.since)
        for wait in waits.filtered("until"):
            self.assertLessEqual(wait.since, wait.until)
            self.assertTrue(wait.end_reason)

    def test_no_answer_needed(self):
        self.talk.with_user(self.agent).action_viber_no_answer_needed()
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits().end_reason, "no_answer_needed")
        self.assertEqual(self.waits().user_id, self.agent)

    def test_closing_ends_it_and_reopening_begins_none(self):
        self.talk._viber_close()
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits().end_reason, "closed")
        self.talk._viber_reopen()
        self.assertFalse(self.is_waiting())

    def test_a_stage_that_closes_ends_it(self):
        stage = self.talk.stage_id
        name = "closed" if "closed" in stage._fields else "fold"
        stage[name] = False
        self.assertTrue(self.is_waiting())
        stage[name] = True
        self.assertFalse(self.is_waiting())

    def test_archiving_and_deleting_end_it(self):
        self.talk.action_archive()
        self.assertFalse(self.is_waiting())
        self.talk.action_unarchive()
        self.converse("Hello")
        wait = self.waits()[-1]
        self.talk.unlink()
        self.assertEqual(wait.end_reason, "closed")

    def test_deleting_ends_it_when_the_answer_has_not_left(self):
        self.reply(self.talk)
        wait = self.waits()
        self.talk.unlink()
        self.assertEqual(wait.end_reason, "closed")

    def test_who_may_say_that_nothing_is_needed(self):
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        for user in (portal, stranger):
            for action in ("no_answer_needed", "assign_to_me"):
                record = self.talk.with_user(user)
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    getattr(record, f"action_viber_{action}")()
        self.assertTrue(self.is_waiting())

    def test_nobody_says_by_a_remote_call_who_waits(self):
        forged = {
            "viber_waiting_since": False,
            "viber_last_message_date": "2020-01-01 00:00:00",
            "viber_last_message_preview": "Nothing",
        }
        for name, value in forged.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.talk.with_user(self.agent).write({name: value})
        self.assertTrue(self.is_waiting())

    def test_nobody_says_by_a_default_who_waits(self):
        agent = self.env[self.talk._name].with_user(self.agent)
        forged = {
            "viber_waiting_since": "1999-01-01 00:00:00",
            "viber_last_message_date": "2020-01-01 00:00:00",
            "viber_last_message_preview": "Pay to UA1",
        }
        context = {f"default_{name}": value for name, value in forged.items()}
        for name, value in forged.items():
            self.env["ir.default"].set(agent._name, name, value, self.agent.id)
        for user in (agent, agent.with_context(**context)):
            self.assertFalse(user.default_get(list(forged)))
            copy = self.talk.with_env(user.env).copy()
            for name in forged:
                with self.subTest(name=name):
                    self.assertFalse(copy[name])

    def test_a_merged_customer_waits_on(self):
        since = self.talk.viber_waiting_since
        other = self.env["res.partner"].create({"name": "Olena K."})
        self.subscriber.partner_id = other
        self.assertEqual(self.talk.viber_waiting_since, since)
        self.reply(self.talk)
        self.assertFalse(self.is_waiting())

    def test_nobodys_form_gets_a_conflict(self):
        fields_ = ("write_date", "write_uid")
        before = self.talk.read(fields_)
        tracked = len(self.talk.message_ids.tracking_value_ids)
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.converse("Hello?")
            self.account.assign_on_answer = False
            self.reply(self.talk)
            self.env.flush_all()
            self.assertFalse(self.is_waiting())
        self.env.invalidate_all()
        self.assertEqual(self.talk.read(fields_), before)
        self.assertEqual(len(self.talk.message_ids.tracking_value_ids), tracked)

    def test_what_was_said_last(self):
        said = [
            ({"type": "text", "text": "Line one\nand *two*"}, "Line one and two"),
            ({"type": "picture", "media": "https://x.example/a.jpg"}, "Photo"),
            ({"type": "video", "media": "https://x.example/a.mp4"}, "Video"),
            (
                {
                    "type": "file",
                    "media": "https://x.example/a.pdf",
                    "file_name": "invoice.pdf",
                },
                "invoice.pdf",
            ),
            ({"type": "text", "text": "long " * 90}, "long " * 10),
        ]
        for message, preview in said:
            with self.subTest(**message):
                self.receive(self.message(**message))
                self.process()
                told = self.talk.viber_last_message_preview
                self.assertIn(preview, told)
                self.assertLessEqual(len(told), 100)
        self.reply(self.talk, "We have seen it")
        self.assertIn("long", self.talk.viber_last_message_preview)


class TestAnswersThatWereNone(WaitCase):
    def test_a_failed_answer_has_answered_nobody(self):
        [wait] = self.waits()
        since = wait.since
        message = self.reply(self.talk)
        self.assertFalse(self.is_waiting())
        self.refuse(message)
        self.assertTrue(self.is_waiting())
        self.assertEqual(self.waits(), wait)
        self.assertEqual(wait.since, since)
        self.assertFalse(wait.end_reason or wait.user_id or wait.until)

    def test_sent_again_it_has(self):
        message = self.reply(self.talk)
        self.refuse(message)
        message.viber_send_again()
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits().user_id, self.agent)

    def test_sent_again_it_does_not_answer_what_was_asked_since(self):
        message = self.reply(self.talk)
        self.refuse(message)
        later = fields.Datetime.now() + timedelta(hours=1)
        with freeze_time(later):
            self.receive(self.text("And now?", timestamp=int(time.time() * 1000)))
            self.process()
            message.viber_send_again()
        self.assertTrue(self.is_waiting())

    def test_the_record_is_locked_before_its_wait_is_touched(self):
        """Else a customer who writes at the same moment would fail one of the two for
        good: two waits would be open."""
        message = self.reply(self.talk)
        self.env.flush_all()
        queries = []
        with contextmanager(self._patchExecute)(queries, flush=False):
            self.fail_rows(message)
            self.env.flush_all()
        locks = [q for q in queries if q.rstrip().endswith("FOR NO KEY UPDATE")]
        [lock] = [q for q in locks if f'"{self.talk._table}"' in q]
        changes = [q for q in queries if 'UPDATE "viber_wait"' in q]
        self.assertLess(queries.index(lock), queries.index(changes[0]))

    def test_what_reached_nobody_has_not_until_it_is_sent_again(self):
        self.talk.message_unsubscribe(self.customer.ids)
        message = self.reply(self.talk)
        self.assertTrue(self.is_waiting())
        message.viber_send_again()
        self.assertFalse(self.is_waiting())

    def test_what_may_have_arrived_has(self):
        message = self.reply(self.talk)
        self.viber.answer("send_message", 500)
        self.send()
        notification = self.notification(message)
        self.assertEqual(notification.failure_type, "viber_uncertain")
        self.assertFalse(self.is_waiting())
        message.viber_cancel()
        self.assertTrue(self.is_waiting())

    def test_canceled_deleted_hidden_and_emptied_answers_have_not(self):
        ways = {
            "canceled": lambda message: message.viber_cancel(),
            "deleted": lambda message: message.sudo().unlink(),
            "hidden": lambda message: message.sudo().write({"is_internal": True}),
            "emptied": lambda message: self.talk.with_user(
                self.agent
            )._message_update_content(message, body="", attachment_ids=[]),
        }
        for name, undo in ways.items():
            with self.subTest(name):
                message = self.reply(self.talk)
                self.assertFalse(self.is_waiting())
                undo(message)
                self.assertTrue(self.is_waiting())

    def test_what_was_begun_meanwhile_is_the_same_wait(self):
        [wait] = self.waits()
        message = self.reply(self.talk)
        self.converse("Are you there?")
        self.assertEqual(len(self.waits()), 2)
        self.refuse(message)
        self.assertEqual(self.waits(), wait)
        self.assertTrue(self.is_waiting())

    def test_a_later_answer_counts(self):
        [wait] = self.waits()
        lost = self.reply(self.talk, "One moment")
        later = self.reply(self.talk, "Here it is")
        self.viber.answer("send_message", {"status": 3, "status_message": "badData"})
        self.send()
        self.assertEqual(self.notification(lost).notification_status, "exception")
        self.assertFalse(self.is_waiting())
        self.assertEqual(self.waits(), wait)
        self.assertEqual(wait.answer_message_id, later)

    def test_only_what_went_outside_is_looked_at_for_a_later_answer(self):
        lost = self.reply(self.talk, "One moment")
        self.converse("Are you there?")
        self.converse("Please")
        later = self.reply(self.talk, "Here it is")
        looked, original = [], type(self.talk)._viber_is_answered_by

        def look(record, message):
            looked.append(message)
            return original(record, message)

        with patch.object(type(self.talk), "_viber_is_answered_by", look):
            self.fail_rows(lost)
        self.assertFalse(self.is_waiting())
        self.assertEqual(looked, [later])

    def test_only_this_customers_part_decides(self):
        wife = self.env["res.partner"].create({"name": "Wife"})
        self.env["viber.subscriber"].create(
            {
                "account_id": self.account.id,
                "viber_user_id": "wife==",
                "partner_id": wife.id,
            }
        )
        self.talk.message_subscribe(wife.ids)
        message = self.reply(self.talk)
        rows = self.outbox(message)
        others = rows.filtered(lambda row: row.subscriber_id != self.subscriber)
        self.assertTrue(others)
        others._set_state("failed")
        self.assertFalse(self.is_waiting())
        (rows - others)._set_state("failed")
        self.assertTrue(self.is_waiting())

    def test_a_moved_customer_waits_when_the_answer_fails(self):
        message = self.reply(self.talk)
        self.subscriber.partner_id = self.env["res.partner"].create({"name": "New"})
        self.fail_rows(message)
        self.assertTrue(self.is_waiting())

    def test_an_answer_from_before_the_customer_was_moved_counts(self):
        lost = self.reply(self.talk, "One moment")
        self.reply(self.talk, "Here it is")
        self.subscriber.partner_id = self.env["res.partner"].create({"name": "New"})
        self.fail_rows(lost)
        self.assertFalse(self.is_waiting())

    def test_an_answer_sent_again_to_a_customer_who_was_moved_counts(self):
        message = self.reply(self.talk)
        self.refuse(message)
        self.subscriber.partner_id = self.env["res.partner"].create({"name": "New"})
        message.viber_send_again()
        self.assertFalse(self.is_waiting())

    def fail_rows(self, message):
        self.outbox(message)._set_state("failed")


class TestSequences(WaitCase):
    """Whatever happens in whatever order, waits do not overlap and end in order."""

    STEPS = 14

    def test_any_sequence(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                self.play(random.Random(seed))

    def play(self, rng):
        moment = fields.Datetime.now() + timedelta(days=1)
        messages, late = [], []
        deeds = {
            "customer": lambda: self.converse("Hello"),
            "held": lambda: late.append(self.text("Late")),
            "late": lambda: late and (self.receive(late.pop()), self.process()),
            "agent": lambda: messages.append(self.reply(self.talk)),
            "sent": self.send,
            "fails": lambda: messages and self.fail_one(rng.choice(messages)),
            "canceled": lambda: messages and rng.choice(messages).viber_cancel(),
            "deleted": lambda: messages and messages.pop().sudo().unlink(),
            "again": lambda: messages and self.try_again(rng.choice(messages)),
            "enough": lambda: self.talk.action_viber_no_answer_needed(),
            "closed": self.talk._viber_close,
            "reopened": self.talk._viber_reopen,
        }
        self.account.new_task_when_closed = False
        played = []
        for _step in range(self.STEPS):
            name = rng.choice(list(deeds))
            played.append(name)
            moment += timedelta(seconds=rng.choice((0, 1, 60)))
            with freeze_time(moment):
                deeds[name]()
            self.env.invalidate_all()
            TestWait.assert_in_order(self)
            self.is_waiting()
            if name == "customer":
                self.assertTrue(self.talk.viber_waiting_since, played)
            if name in ("agent", "enough"):
                self.assertFalse(self.talk.viber_waiting_since, played)

    def fail_one(self, message):
        self.outbox(message)._set_state("failed")

    def try_again(self, message):
        self.outbox(message)._send_again()


class TestIdentity(WaitCase):
    def test_another_customers_conversation_begins_anew(self):
        self.env["viber.subscriber"].create(
            {"account_id": self.account.id, "viber_user_id": "other=="}
        )
        other = self.env["viber.subscriber"].search([("viber_user_id", "=", "other==")])
        self.talk.viber_subscriber_id = other
        self.assertEqual(self.waits().end_reason, "closed")
        self.assertFalse(self.talk.viber_last_message_preview)
        self.assertEqual(CUSTOMER_ID, self.subscriber.viber_user_id)

    def test_nobody_waits_who_was_forgotten(self):
        self.subscriber.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.talk.viber_account_id)
        self.assertFalse(self.talk.viber_waiting_since)
        self.assertFalse(self.talk.viber_last_message_preview)


class TestSubtask(WaitCase):
    """Of tasks only: other carriers keep what is below a record that goes."""

    def test_it_goes_with_its_task_and_nobody_waits(self):
        parent = self.make_record()
        self.talk.parent_id = parent
        wait = self.waits()
        parent.unlink()
        self.assertFalse(self.talk.exists())
        self.assertEqual(wait.end_reason, "closed")


class TestHistory(WaitCase):
    """An update finds out what nobody has kept till then."""

    def look_back(self):
        self.env.flush_all()
        self.env["viber.wait"].search([]).unlink()
        self.talk._viber_write_quietly(
            viber_waiting_since=False,
            viber_last_message_date=False,
            viber_last_message_preview=False,
        )
        self.env["viber.wait"]._look_back(self.carrier)

    def test_who_waits_since_the_first_message_after_the_answer(self):
        self.reply(self.talk)
        self.converse("Are you there?")
        since = self.talk.viber_waiting_since
        date = self.talk.viber_last_message_date
        self.converse("Hello?")
        self.look_back()
        self.assertTrue(self.is_waiting())
        told = self.talk.viber_waiting_since
        self.assertAlmostEqual(told, since, delta=timedelta(seconds=9))
        self.assertGreater(self.talk.viber_last_message_date, date)
        self.assertEqual(self.talk.viber_last_message_preview, "Hello?")
        self.reply(self.talk)
        self.assertFalse(self.is_waiting())

    def test_whoever_was_answered_does_not(self):
        self.reply(self.talk)
        self.reply(self.talk, "A note", subtype_xmlid="mail.mt_note")
        self.look_back()
        self.assertFalse(self.is_waiting())

    def test_an_answer_that_failed_was_none(self):
        self.refuse(self.reply(self.talk))
        self.look_back()
        self.assertTrue(self.is_waiting())

    def test_nobody_waits_in_what_is_closed(self):
        self.talk._viber_close()
        self.look_back()
        self.assertFalse(self.is_waiting())
        self.assertTrue(self.talk.viber_last_message_preview)
