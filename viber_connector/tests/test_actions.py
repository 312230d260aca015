"""What an agent can do about a message: send again, confirm, cancel, edit, ask."""

import json

from lxml import etree
from markupsafe import Markup

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .test_fate import FateCase
from .test_files_out import PDF, picture


class TestActions(FateCase):
    def test_send_again_sends_only_what_did_not_arrive(self):
        message = self.reply(
            self.task, "Three", attachments=[("a.pdf", PDF), ("b.pdf", PDF)]
        )
        self.viber.answer("send_message", self.accepted(1), {"status": 3})
        self.send()
        rows = self.outbox(message)
        self.assertEqual(rows.mapped("state"), ["sent", "failed", "sent"])
        message.with_user(self.agent).viber_send_again()
        self.send()
        self.assertEqual(rows.mapped("state"), ["sent"] * 3)
        names = [body.get("file_name") for body in self.viber.sent()]
        self.assertEqual(names, [None, "a.pdf", "b.pdf", "a.pdf"])

    def accepted(self, token):
        return {"status": 0, "message_token": token}

    def test_send_again_goes_before_what_is_still_to_come(self):
        bad = self.answered({"status": 3}, body="Bad")
        self.reply(self.task, "Later")
        bad.mail_message_id.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Bad", "Bad", "Later"])

    def test_seen_holds_for_what_was_sent_before_not_for_what_was_written_before(self):
        old = self.answered({"status": 3}, body="Old")
        new = self.answered(body="New")
        old.mail_message_id.viber_send_again()
        self.send()
        new.sent_date = "2020-01-01 00:00:00"
        self.receive(self.event("seen", message_token=int(new.message_token)))
        self.process()
        self.assertEqual((new.state, old.state), ("seen", "sent"))

    def test_it_arrived(self):
        row = self.answered(500)
        row.mail_message_id.with_user(self.agent).viber_confirm()
        self.assertEqual(row.state, "sent")
        self.assertEqual(row.sent_date, row.sending_date)
        notification = self.notification(row.mail_message_id)
        self.assertEqual(notification.notification_status, "pending")
        self.assertFalse(notification.failure_type)

    def test_only_what_is_in_doubt_can_be_confirmed(self):
        row = self.answered({"status": 3})
        row.mail_message_id.viber_confirm()
        self.assertEqual(row.state, "failed")

    def test_what_waits_can_be_canceled(self):
        message = self.reply(self.task)
        message.with_user(self.agent).viber_cancel()
        self.send()
        self.assertEqual(self.outbox(message).state, "canceled")
        self.assertEqual(self.notification(message).notification_status, "canceled")
        self.assertFalse(self.viber.sent())

    def test_what_has_left_can_not_be_canceled(self):
        row = self.answered()
        row.mail_message_id.viber_cancel()
        self.assertEqual(row.state, "sent")

    def test_what_was_given_up_stays_given_up(self):
        row = self.answered({"status": 3})
        row.mail_message_id.viber_cancel()
        row.mail_message_id.viber_send_again()
        self.send()
        self.assertEqual((row.state, len(self.viber.sent())), ("canceled", 1))

    def test_many_at_once_by_a_manager(self):
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        rows = self.answered(500, body="a")
        self.account._resume()
        rows |= self.answered({"status": 3}, body="b")
        rows.with_user(manager).action_retry()
        self.send()
        self.assertEqual(rows.mapped("state"), ["sent", "sent"])
        rows.state = "uncertain"
        rows.with_user(manager).action_confirm()
        self.assertEqual(rows.mapped("state"), ["sent", "sent"])
        rows.state = "failed"
        rows.with_user(manager).action_cancel()
        self.assertEqual(rows.mapped("state"), ["canceled", "canceled"])
        with self.assertRaises(AccessError):
            rows.with_user(self.agent).action_retry()

    def test_the_messaging_menu_clears_the_users_failures(self):
        mine = self.answered({"status": 3})
        self.env.user.partner_id.name = "Somebody else"
        other = self.outbox(
            self.task.message_post(
                body="b", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        )
        self.viber.answer("send_message", {"status": 3})
        self.send()
        tasks = self.env[self.carrier].with_user(self.agent)
        tasks.notify_cancel_by_type("email")
        self.assertEqual(mine.state, "failed")
        tasks.notify_cancel_by_type("viber")
        self.assertEqual((mine.state, other.state), ("canceled", "failed"))

    def test_nobody_acts_where_they_may_not_write(self):
        message = self.answered(500).mail_message_id
        self.open_to("followers")
        outsider = new_test_user(self.env, "outsider", groups=self.agent_groups)
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        clerk = new_test_user(self.env, "clerk", groups="base.group_user")
        for user in (outsider, portal, clerk):
            for action in ("viber_send_again", "viber_cancel", "viber_confirm"):
                with (
                    self.subTest(user=user.login, action=action),
                    self.assertRaises(UserError),
                ):
                    getattr(message.with_user(user), action)()
        self.assertEqual(self.outbox(message).state, "uncertain")


class TestEditing(FateCase):
    def edit(self, message, body, **values):
        """Edit as the web client does: by its author, in sudo after its checks."""
        task = self.task.with_user(self.agent)
        task._message_update_content(message, body=body, **values)

    def test_what_waits_says_what_it_says_now_and_keeps_its_place(self):
        first = self.reply(self.task, "First")
        self.reply(self.task, "Second")
        self.edit(first, Markup("<p>The <b>very</b> first</p>"))
        self.send()
        self.assertEqual(self.viber.texts(), ["The *very* first", "Second"])
        self.assertEqual(self.notification(first).notification_status, "pending")

    def test_an_edit_may_change_the_number_of_parts(self):
        first = self.reply(self.task, "word " * 3000)
        self.reply(self.task, "Second")
        self.edit(first, "Short")
        self.send()
        self.assertEqual(self.viber.texts(), ["Short", "Second"])
        third = self.reply(self.task, "Third")
        self.reply(self.task, "Fourth")
        self.edit(third, "word " * 3000)
        self.viber.requests.clear()
        self.send()
        self.assertEqual(len(self.viber.texts()), 4)
        self.assertEqual(self.viber.texts()[-1], "Fourth")

    def test_what_waits_and_is_deleted_is_not_sent(self):
        message = self.reply(self.task, "Oops", attachments=[("a.png", picture())])
        self.edit(message, "", attachment_ids=[])
        self.send()
        self.assertFalse(self.viber.sent())
        self.assertFalse(self.outbox(message))
        self.assertEqual(self.notification(message).notification_status, "canceled")

    def test_a_message_that_is_unlinked_is_not_sent(self):
        message = self.reply(self.task)
        row = self.outbox(message)
        message.unlink()
        self.send()
        self.assertEqual(row.state, "canceled")
        self.assertFalse(self.viber.sent())

    def test_what_failed_is_sent_again_as_it_says_now(self):
        row = self.answered({"status": 3}, body="Bad")
        message = row.mail_message_id
        self.edit(message, "Better")
        self.send()
        self.assertEqual(self.notification(message).notification_status, "exception")
        self.assertEqual(self.viber.texts(), ["Bad"])
        message.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Bad", "Better"])

    def test_what_has_left_can_be_neither_edited_nor_deleted(self):
        row = self.answered(body="Said")
        for state in ("sending", "sent", "delivered", "seen", "uncertain"):
            row.state = state
            for body in ("Never said", ""):
                with (
                    self.subTest(state=state, body=body),
                    self.assertRaisesRegex(UserError, "in Viber already"),
                ):
                    self.edit(row.mail_message_id, body)

    def test_a_question_keeps_its_button(self):
        self.task.with_user(self.agent).action_viber_ask_phone()
        message = self.task.message_ids[0]
        [before] = self.outbox(message).mapped("payload")
        self.edit(message, "Please share your number, " + "please " * 1500)
        self.edit(message, "Your number, please")
        self.send()
        [body] = self.viber.sent()
        self.assertEqual(body["keyboard"], json.loads(before)["keyboard"])
        self.assertEqual(body["min_api_version"], 3)
        self.assertEqual(body["text"], "Your number, please")

    def test_the_button_is_below_the_last_part(self):
        self.task.with_user(self.agent).action_viber_ask_phone()
        message = self.task.message_ids[0]
        self.edit(message, "word " * 3000)
        self.send()
        has_button = ["keyboard" in body for body in self.viber.sent()]
        self.assertEqual(has_button, [False, False, True])

    def test_what_was_sent_without_its_button_gets_none(self):
        self.task.with_user(self.agent).action_viber_ask_phone()
        message = self.task.message_ids[0]
        self.viber.answer("send_message", {"status": 13}, {"status": 3})
        self.send()
        self.edit(message, "Your number, please")
        message.viber_send_again()
        self.send()
        self.assertNotIn("keyboard", self.viber.sent()[-1])

    def test_what_can_not_be_read_can_be_edited(self):
        message = self.reply(self.task)
        for payload in ("{", "[]", "3", '{"keyboard": 1}'):
            self.outbox(message).payload = payload
            self.edit(message, "Good")
        self.send()
        self.assertEqual(self.viber.texts(), ["Good"])

    def test_a_message_of_which_a_part_has_left_can_not_be_edited(self):
        message = self.reply(self.task, "x" * 8000)
        self.outbox(message)[0].state = "sent"
        with self.assertRaises(UserError):
            self.edit(message, "Short")

    def test_nobody_changes_by_the_back_door_what_was_said(self):
        said = self.comments(self.task)[0]
        told = self.answered(body="Said").mail_message_id
        waiting = self.reply(self.task, "Wait")
        for message in (said, told):
            message = message.with_user(self.agent)
            for vals in ({"body": "Never said"}, {"attachment_ids": [(5,)]}):
                with self.assertRaisesRegex(UserError, "Viber"):
                    message.write(vals)
            with self.assertRaisesRegex(UserError, "Viber"):
                message.unlink()
            message.write({"pinned_at": "2026-01-01"})
        waiting.with_user(self.agent).write({"body": "Said otherwise"})
        waiting.with_user(self.agent).unlink()
        self.env[self.carrier].with_user(self.env.ref("base.user_admin")).browse(
            self.task.id
        ).unlink()
        self.assertFalse((said | told).exists())

    def test_a_note_can_be_edited(self):
        note = self.reply(self.task, "Psst", subtype_xmlid="mail.mt_note")
        self.edit(note, "Psst!")
        self.assertIn("Psst!", note.body)

    def test_nobody_edits_what_the_customer_said(self):
        said = self.comments(self.task)[0]
        # Later, the inbox has forgotten it.
        for events in (True, False):
            if not events:
                self.env["viber.event"].search([]).sudo().unlink()
            with (
                self.subTest(events=events),
                self.assertRaisesRegex(UserError, "customer wrote"),
            ):
                self.task._message_update_content(said, body="Never said")


class TestAsking(FateCase):
    def test_the_customer_gets_a_button_that_shares_their_number(self):
        self.assertTrue(self.task.with_user(self.agent).action_viber_ask_phone())
        self.send()
        [body] = self.viber.sent()
        self.assertEqual(body["min_api_version"], 3)
        [button] = body["keyboard"]["Buttons"]
        self.assertEqual(body["keyboard"]["Type"], "keyboard")
        self.assertEqual(button["ActionType"], "share-phone")
        self.assertTrue(button["Text"] and body["text"])

    def test_a_task_that_is_no_conversation_asks_nobody(self):
        task = self.make_record()
        with self.assertRaises(UserError):
            task.action_viber_ask_phone()

    def test_who_gets_nothing_is_not_asked(self):
        task = self.task.with_user(self.agent)
        subscriber, contact = self.subscriber, self.subscriber.partner_id
        customer = self.task._viber_customer_field
        self.assertTrue(task.viber_can_ask_phone)
        for record, values, words in (
            (subscriber, {"is_subscribed": False}, "has left"),
            (subscriber, {"is_blocked": True}, "is blocked"),
            (self.account, {"active": False}, "sends nothing now"),
            (self.account, {"state": "draft"}, "sends nothing now"),
            (self.account, {"state": "error"}, "sends nothing now"),
            (contact, {"active": False}, "archived"),
            (self.task, {customer: self.make_other().id}, "link them first"),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                record.write(values)
                self.assertFalse(task.viber_can_ask_phone)
                count = len(task.message_ids)
                with self.assertRaisesRegex(UserError, words):
                    task.action_viber_ask_phone()
                self.assertEqual(len(task.message_ids), count)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertTrue(task.viber_can_ask_phone)

    def make_other(self):
        return self.env["res.partner"].create({"name": "Other"})

    def test_it_is_asked_before_a_customer_is(self):
        arch = self.env[self.carrier].with_user(self.agent).get_view()["arch"]
        self.assertIn('confirm="Send the customer &quot;Please share your phone', arch)

    def test_who_may_not_write_may_not_ask(self):
        clerk = new_test_user(self.env, "clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.task.with_user(clerk).action_viber_ask_phone()


class TestMany(FateCase):
    """An action on several records says what it has done."""

    def said(self, result):
        self.assertEqual(result["tag"], "display_notification")
        return result["params"]["message"]

    def test_messages(self):
        bad = [self.answered({"status": 3}) for _again in range(2)]
        good = self.answered()
        rows = good.union(*bad)
        told = "2 canceled, 1 left as they were."
        self.assertEqual(self.said(rows.action_cancel()), told)
        rows = good | self.answered({"status": 3})
        told = "1 sent again, 1 left as they were."
        self.assertEqual(self.said(rows.action_retry()), told)
        self.send()
        rows = good | self.answered(500)
        told = "1 marked as arrived, 1 left as they were."
        self.assertEqual(self.said(rows.action_confirm()), told)
        for action in ("action_retry", "action_confirm", "action_cancel"):
            self.assertIs(getattr(good, action)(), True)

    def test_events(self):
        rows = self.receive(self.text("a"), self.text("b"))
        self.process()
        rows[0].sudo().state = "ignored"
        told = "1 are processed again, 1 left as they were."
        self.assertEqual(self.said(rows.action_reprocess()), told)

    def test_customers(self):
        first, second = (
            self.subscriber,
            self.converse(user_id="other").viber_subscriber_id,
        )
        told = "2 left as they were."
        self.assertEqual(self.said((first | second).action_link_suggested()), told)

    def test_conversations(self):
        other = self.converse(user_id="other")
        self.reply(self.task)
        both = (self.task | other).with_user(self.agent)
        told = "1 need no answer, 1 did not wait for one."
        self.assertEqual(self.said(both.action_viber_no_answer_needed()), told)
        told = "2 did not wait for one."
        self.assertEqual(self.said(both.action_viber_no_answer_needed()), told)
        told = "1 assigned to you, 1 were yours already."
        self.assertEqual(self.said(both.action_viber_assign_to_me()), told)

    def test_a_row_that_goes_says_whose_it_was(self):
        row = self.task.with_user(self.agent).with_context(viber_from_list=True)
        told = f"{self.subscriber.partner_id.name}: no answer needed."
        self.assertEqual(self.said(row.action_viber_no_answer_needed()), told)
        self.assertIs(row.action_viber_no_answer_needed(), True)
        for kind in ("list", "kanban"):
            xmlid = self.task._viber_desk_action
            action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
            [view] = [view for view, type_ in action["views"] if type_ == kind]
            arch = etree.fromstring(row.get_view(view, kind)["arch"])
            [*buttons] = arch.xpath(
                "//*[not(self::header)]/button[@name='action_viber_no_answer_needed']"
            )
            contexts = [button.get("context") for button in buttons]
            self.assertEqual(contexts, ["{'viber_from_list': True}"])
