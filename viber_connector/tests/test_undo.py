"""Time to think again: a message waits before it leaves, and can be undone."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from ..models.viber_queue_mixin import exact_now
from .common import ViberCase

HOLD = 20


class UndoCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.hold_seconds = HOLD

    def setUp(self):
        super().setUp()
        self.talk = self.converse()

    def left(self):
        """:return: what has left for Viber once the job has run"""
        self.send()
        return self.viber.texts()

    def attach(self, name="bill.txt"):
        """:return: a file that the agent has uploaded in the composer"""
        values = {"name": name, "raw": b"x", "res_model": "mail.compose.message"}
        return self.env["ir.attachment"].with_user(self.agent).create(values)


class TestHold(UndoCase):
    def test_it_waits_as_long_and_no_longer(self):
        message = self.reply(self.talk)
        until = self.outbox(message).hold_until
        self.assertFalse(self.left())
        with freeze_time(until - timedelta(milliseconds=200)):
            self.assertFalse(self.left())
        with freeze_time(until + timedelta(milliseconds=1)):
            self.assertEqual(len(self.left()), 1)

    def test_the_job_is_woken_for_its_end(self):
        with self.capture_triggers("viber_connector.ir_cron_send_messages") as woken:
            before = exact_now()
            message = self.reply(self.talk)
        [trigger] = woken.records
        until = self.outbox(message).hold_until
        self.assertGreaterEqual(until, before + timedelta(seconds=HOLD))

    def capture_triggers(self, name):
        return CaptureTriggers(self, name)

    def test_nothing_later_overtakes_it(self):
        self.reply(self.talk, "First")
        self.account.hold_seconds = 0
        self.reply(self.talk, "Second")
        self.assertFalse(self.left())
        with freeze_time(exact_now() + timedelta(seconds=HOLD + 1)):
            self.left()
            self.assertEqual(self.left(), ["First", "Second"])

    def test_an_edit_keeps_the_time(self):
        message = self.reply(self.talk)
        until = self.outbox(message).hold_until
        self.talk.with_user(self.agent)._message_update_content(message, body="Better")
        self.assertEqual(self.outbox(message).hold_until, until)

    def test_only_what_an_employee_says_is_held(self):
        self.account.send_automatic_messages = True
        self.talk.message_post(
            body="Closed",
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.talk.viber_customer_id.ids,
        )
        self.assertEqual(self.left(), ["Closed"])

    def test_none_costs_and_changes_nothing(self):
        self.account.hold_seconds = 0
        message = self.reply(self.talk)
        self.assertFalse(self.outbox(message).hold_until)
        self.assertEqual(len(self.left()), 1)

    def test_bounds(self):
        for seconds in (-1, 61, 1000):
            with self.subTest(seconds), self.assertRaisesRegex(ValidationError, "60"):
                self.account.hold_seconds = seconds

    def test_what_a_client_puts_into_the_context_counts_for_nothing(self):
        self.account.hold_seconds = 0
        for value in ("2099-01-01 00:00:00", 1, True, [1]):
            context = {"viber_hold_until": value, "viber_email_from": value}
            with self.subTest(value):
                message = self.reply(self.talk.with_context(**context))
                self.assertFalse(self.outbox(message).hold_until)


class CaptureTriggers:
    """The wake-ups of a job that are made meanwhile, in ``records``."""

    def __init__(self, test, name):
        self.env, self.job = test.env, test.env.ref(name)

    def _find(self):
        return self.env["ir.cron.trigger"].search([("cron_id", "=", self.job.id)])

    def __enter__(self):
        self.before = self._find()
        return self

    def __exit__(self, *_error):
        self.records = self._find() - self.before


class TestUndo(UndoCase):
    def test_text_and_files_come_back(self):
        file = self.attach()
        message = self.reply(self.talk, "Nonsense", attachment_ids=file.ids)
        rows = self.outbox(message)
        answer = message.viber_undo()
        self.assertIn("Nonsense", answer["body"])
        self.assertEqual(answer["attachment_ids"], file.ids)
        self.assertFalse(answer["told"])
        self.assertFalse(
            message.exists()
            or rows.exists().filtered(lambda row: row.state != "canceled")
        )
        self.assertEqual((file.res_model, file.res_id), ("mail.compose.message", 0))
        with freeze_time(exact_now() + timedelta(seconds=HOLD + 1)):
            self.assertFalse(self.left())
        again = self.reply(self.talk, "Sense", attachment_ids=file.ids)
        self.assertEqual(again.attachment_ids, file)
        self.assertEqual(file.res_id, self.talk.id)

    def test_files_that_belong_elsewhere_stay_there(self):
        place = {"res_model": "res.partner", "res_id": self.agent.partner_id.id}
        values = {"name": "terms.txt", "raw": b"x", **place}
        file = self.env["ir.attachment"].create(values)
        agents = self.env["ir.attachment"].with_user(self.agent).sudo()
        own = agents.create(values).sudo(False)
        message = self.reply(self.talk, "Terms", attachment_ids=(file | own).ids)
        back = agents.sudo(False).browse(message.viber_undo()["attachment_ids"])
        self.assertFalse(back & (file | own))
        self.assertEqual(back.mapped("name"), ["terms.txt"] * 2)
        self.assertEqual(set(back.mapped("res_model")), {"mail.compose.message"})
        # Who takes one out of the composer deletes it.
        back.unlink()
        for attachment in file | own:
            self.assertEqual(attachment.res_model, place["res_model"])
            self.assertEqual(attachment.res_id, place["res_id"])

    def test_a_file_that_was_sent_before_stays_there(self):
        sent, new = self.attach("sent.txt"), self.attach("new.txt")
        self.account.hold_seconds = 0
        before = self.reply(self.talk, attachment_ids=sent.ids)
        self.account.hold_seconds = HOLD
        message = self.reply(self.talk, attachment_ids=(sent | new).ids)
        back = sent.browse(message.viber_undo()["attachment_ids"])
        self.assertCountEqual(back.mapped("name"), ["sent.txt", "new.txt"])
        self.assertEqual(back & (sent | new), new)
        self.assertEqual(before.attachment_ids, sent)
        self.assertEqual(sent.res_id, self.talk.id)

    def test_a_file_that_was_the_records_before_stays_there(self):
        file = self.attach()
        file.write({"res_model": self.talk._name, "res_id": self.talk.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET write_date = write_date - interval '1 hour' "
            "WHERE id = %s",
            [file.id],
        )
        file.invalidate_recordset()
        message = self.reply(self.talk, attachment_ids=file.ids)
        back = file.browse(message.viber_undo()["attachment_ids"])
        self.assertEqual(back.name, file.name)
        self.assertNotEqual(back, file)
        self.assertEqual(file.res_id, self.talk.id)

    def test_what_never_was_on_its_way_is_not_too_late(self):
        note = self.reply(self.talk, subtype_xmlid="mail.mt_note")
        given_up = self.reply(self.talk)
        given_up.viber_cancel()
        for message in (note, given_up):
            with self.assertRaisesRegex(UserError, "not on its way"):
                message.with_user(self.agent).viber_undo()

    def test_the_customer_waits_still(self):
        since = self.talk.viber_waiting_since
        message = self.reply(self.talk)
        self.assertFalse(self.talk.viber_waiting_since)
        message.viber_undo()
        self.assertEqual(self.talk.viber_waiting_since, since)

    def test_too_late(self):
        message = self.reply(self.talk)
        with freeze_time(exact_now() + timedelta(seconds=HOLD + 1)):
            with self.assertRaisesRegex(UserError, "too late"):
                message.viber_undo()
            self.left()
            with self.assertRaisesRegex(UserError, "too late"):
                message.viber_undo()
        self.assertTrue(message.exists())

    def test_what_is_gone_has_been_taken_back_already(self):
        message = self.reply(self.talk).with_user(self.agent)
        message.viber_undo()
        self.assertFalse(message.exists())
        with self.assertRaisesRegex(UserError, "taken back already"):
            message.viber_undo()

    def test_what_is_on_the_way_is_not_undone(self):
        message = self.reply(self.talk)
        self.outbox(message).state = "sending"
        with self.assertRaisesRegex(UserError, "too late"):
            message.viber_undo()

    def test_what_never_waited_is_not_undone(self):
        note = self.reply(self.talk, subtype_xmlid="mail.mt_note")
        with self.assertRaisesRegex(UserError, "not on its way"):
            note.viber_undo()

    def test_only_its_author_undoes_it(self):
        other = new_test_user(self.env, "other", groups=self.agent_groups)
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        message = self.reply(self.talk)
        for user in (other, portal, self.env.user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                message.with_user(user).viber_undo()
        self.assertTrue(message.exists())

    def test_parts_go_together(self):
        files = self.attach("a.txt") | self.attach("b.txt")
        message = self.reply(self.talk, "Two files", attachment_ids=files.ids)
        self.assertGreater(len(self.outbox(message)), 1)
        message.viber_undo()
        with freeze_time(exact_now() + timedelta(seconds=HOLD + 1)):
            self.assertFalse(self.left())

    def test_the_client_is_told_how_long(self):
        message = self.reply(self.talk).sudo()
        seconds = self.notification(message).viber_hold_seconds
        self.assertTrue(0 < seconds <= HOLD)
        with freeze_time(exact_now() + timedelta(seconds=HOLD + 1)):
            self.env.invalidate_all()
            self.assertEqual(self.notification(message).viber_hold_seconds, 0)


class TestEmails(UndoCase):
    def setUp(self):
        super().setUp()
        partners = self.env["res.partner"]
        self.supplier = partners.create({"name": "S", "email": "s@example.com"})
        self.talk.message_subscribe(self.supplier.ids)
        self.colleague = new_test_user(
            self.env,
            "colleague",
            groups=self.agent_groups,
            email="colleague@example.com",
            notification_type="email",
        )
        self.talk.message_subscribe(self.colleague.partner_id.ids)

    def reply(self, *args, **values):
        return super().reply(*args, **values).sudo()

    def mails(self, message, partner):
        return message.mail_ids.filtered(lambda mail: partner in mail.recipient_ids)

    def test_outsiders_wait_as_long_and_colleagues_do_not(self):
        talk = self.talk.with_context(mail_notify_force_send=False)
        message = self.reply(talk)
        outside = self.mails(message, self.supplier)
        inside = self.mails(message, self.colleague.partner_id)
        until = self.outbox(message).hold_until
        self.assertGreaterEqual(outside.scheduled_date, until)
        self.assertLess(outside.scheduled_date, until + timedelta(seconds=2))
        self.assertFalse(inside.scheduled_date)
        self.assertEqual(len(message.notification_ids), 3)
        mails = outside | inside
        message.with_user(self.agent).viber_undo()
        self.assertFalse(mails.exists())

    def test_they_leave_at_its_end(self):
        message = self.reply(self.talk)
        outside = self.mails(message, self.supplier)
        self.assertEqual(outside.state, "outgoing")
        job = self.env.ref("mail.ir_cron_mail_scheduler_action")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        dates = [date.replace(microsecond=0) for date in woken.mapped("call_at")]
        self.assertIn(outside.scheduled_date, dates)

    def test_whom_an_email_has_reached_is_named(self):
        message = self.reply(self.talk)
        of_colleague = message.notification_ids.filtered(
            lambda n: n.res_partner_id == self.colleague.partner_id
        )
        of_colleague.notification_status = "sent"
        told = message.with_user(self.agent).viber_undo()["told"]
        self.assertIn(self.colleague.name, told)
        self.assertNotIn(self.supplier.name, told)
