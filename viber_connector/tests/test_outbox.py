import requests
from markupsafe import Markup
from urllib3.exceptions import ProtocolError

from .common import ViberCase


class TestOutbox(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.subscriber = self.task.viber_subscriber_id

    def receipt(self, name, row, **values):
        return self.event(name, message_token=int(row.message_token), **values)

    def test_a_comment_is_sent_and_its_fate_is_shown(self):
        message = self.reply(self.task, Markup("It is <b>being</b> extinguished"))
        [row] = self.outbox(message)
        notification = self.notification(message)
        self.assertEqual(row.state, "outgoing")
        self.assertEqual(notification.notification_status, "ready")
        self.assertFalse(self.viber.requests, "nobody waits for Viber")

        self.send()
        [body] = self.viber.sent()
        self.assertEqual(body["receiver"], self.subscriber.viber_user_id)
        self.assertEqual(body["text"], "It is *being* extinguished")
        self.assertEqual(body["sender"], {"name": self.account.name})
        self.assertEqual(row.state, "sent")
        self.assertEqual(notification.notification_status, "pending")

        self.receive(self.receipt("delivered", row))
        self.process()
        self.assertEqual(row.state, "delivered")
        self.assertEqual(notification.notification_status, "sent")
        self.assertFalse(notification.viber_seen_date)

        self.receive(self.receipt("seen", row))
        self.process()
        self.assertEqual(row.state, "seen")
        self.assertEqual(notification.notification_status, "sent")
        self.assertTrue(notification.viber_seen_date)

    def test_the_customer_gets_no_email(self):
        self.customer.email = "olena@example.com"
        message = self.reply(self.task)
        self.assertEqual(message.notification_ids, self.notification(message))
        self.assertFalse(message.sudo().mail_ids)

    def test_others_are_notified_as_odoo_does(self):
        friend = self.env["res.partner"].create(
            {"name": "Friend", "email": "friend@example.com"}
        )
        self.task.message_subscribe(friend.ids)
        message = self.reply(self.task)
        self.assertEqual(
            {n.res_partner_id: n.notification_type for n in message.notification_ids},
            {self.customer: "viber", friend: "email"},
        )

    def test_internal_stays_internal(self):
        note = self.env.ref("mail.mt_note")
        self.reply(self.task, "psst", subtype_xmlid="mail.mt_note")
        self.reply(
            self.task,
            "psst, mentioned",
            subtype_xmlid="mail.mt_note",
            partner_ids=self.customer.ids,
        )
        self.task.with_user(self.agent).message_post(body="default", subtype_id=note.id)
        self.task.with_user(self.agent).message_notify(
            body="bell", partner_ids=self.customer.ids
        )
        self.task.with_user(self.agent)._viber_close()
        self.task.flush_recordset()
        self.env.cr.flush()
        domain = [("subscriber_id", "=", self.subscriber.id)]
        self.assertFalse(self.env["viber.message"].search(domain))
        notifications = self.task.message_ids.notification_ids
        self.assertNotIn(self.customer, notifications.res_partner_id)

    def test_the_suggested_recipients_hold_nobody_without_address(self):
        [suggested] = self.task._message_get_suggested_recipients_batch().values()
        self.assertNotIn(self.customer.id, [r["partner_id"] for r in suggested])

    def test_a_message_for_a_customer_who_left_fails_visibly(self):
        self.subscriber._set_subscribed(False)
        message = self.reply(self.task)
        self.assertEqual(self.outbox(message).state, "failed")
        notification = self.notification(message)
        self.assertEqual(notification.notification_status, "exception")
        self.assertEqual(notification.failure_type, "viber_recipient")
        self.assertIn("left", notification.failure_reason)

    def test_a_customer_who_left_gets_an_email_if_they_have_an_address(self):
        self.customer.email = "olena@example.com"
        self.subscriber._set_subscribed(False)
        message = self.reply(self.task)
        self.assertEqual(message.notification_ids.notification_type, "email")

    def test_messages_to_a_customer_leave_in_order(self):
        for number in range(5):
            self.reply(self.task, f"Message {number}")
        self.send()
        self.assertEqual(
            self.viber.texts(), [f"Message {number}" for number in range(5)]
        )

    def test_what_viber_surely_has_not_taken_is_tried_again_in_order(self):
        first, second = self.reply(self.task, "First"), self.reply(self.task, "Second")
        self.viber.answer("send_message", requests.ConnectionError("refused"))
        self.send()
        self.assertEqual(self.outbox(first).state, "outgoing")
        self.assertTrue(self.outbox(first).next_attempt_date)
        self.assertEqual(self.outbox(second).state, "outgoing")
        self.send()
        self.assertEqual(self.viber.texts(), ["First"], "the queue rests")
        self.account._resume()
        self.outbox(first).next_attempt_date = False
        self.send()
        self.assertEqual(self.viber.texts(), ["First", "First", "Second"])

    def test_what_viber_may_have_taken_is_never_sent_again_by_itself(self):
        lost = requests.ConnectionError(ProtocolError("Connection aborted."))
        for answer in (lost, requests.ReadTimeout(), 500, 502, 504):
            with self.subTest(answer=answer):
                self.viber.requests.clear()
                message = self.reply(self.task)
                self.viber.answer("send_message", answer)
                self.send()
                self.account._resume()
                self.send()
                self.assertEqual(self.outbox(message).state, "uncertain")
                self.assertEqual(len(self.viber.sent()), 1)
                self.assertEqual(
                    self.notification(message).failure_type, "viber_uncertain"
                )

    def test_a_person_can_send_an_uncertain_message_again(self):
        message = self.reply(self.task)
        self.viber.answer("send_message", 500)
        self.send()
        self.account._resume()
        self.outbox(message).action_retry()
        self.assertEqual(self.notification(message).notification_status, "ready")
        self.send()
        self.assertEqual(self.outbox(message).state, "sent")
        self.assertFalse(self.notification(message).failure_type)

    def test_a_refused_message_fails_and_holds_back_nothing(self):
        bad, good = self.reply(self.task, "Bad"), self.reply(self.task, "Good")
        self.viber.answer("send_message", {"status": 3, "status_message": "bad data"})
        self.send()
        self.assertEqual(self.outbox(bad).state, "failed")
        self.assertIn("bad data", self.outbox(bad).failure_detail)
        self.assertEqual(self.outbox(good).state, "sent")

    def test_a_dead_account_keeps_its_messages(self):
        message = self.reply(self.task)
        self.viber.answer("send_message", {"status": 2})
        self.send()
        self.assertEqual(self.account.state, "error")
        self.assertEqual(self.outbox(message).state, "outgoing")
        self.send()
        self.assertEqual(len(self.viber.sent()), 1)
        self.account.action_check()
        self.send()
        self.assertEqual(self.outbox(message).state, "sent")

    def test_a_process_that_died_leaves_uncertain_messages(self):
        message = self.reply(self.task)
        row = self.outbox(message)
        row.write({"state": "sending", "sending_date": "2020-01-01 00:00:00"})
        self.send()
        self.assertEqual(row.state, "uncertain")
        self.assertFalse(self.viber.sent())

    def test_receipts_in_any_order_and_number_are_harmless(self):
        message = self.reply(self.task)
        self.send()
        [row] = self.outbox(message)
        self.receive(self.receipt("seen", row))
        self.process()
        rows = self.receive(
            self.receipt("delivered", row),
            self.event("delivered", message_token=1),
            self.receipt("delivered", row, user_id="somebody-else=="),
        )
        self.process()
        self.assertEqual(row.state, "seen")
        self.assertEqual(rows.mapped("state"), ["done", "pending", "pending"])

    def test_seen_holds_for_the_earlier_ones_too(self):
        messages = [self.reply(self.task, f"Message {n}") for n in range(3)]
        self.send()
        rows = [self.outbox(message) for message in messages]
        self.receive(self.receipt("seen", rows[1]))
        self.process()
        self.assertEqual([row.state for row in rows], ["seen", "seen", "sent"])

    def test_a_receipt_that_overtakes_our_commit_is_settled_later(self):
        message = self.reply(self.task)
        [row] = self.outbox(message)
        [receipt] = self.receive(self.event("delivered", message_token=777))
        self.process()
        self.assertEqual(receipt.state, "pending")
        self.send()
        row.message_token = "777"
        receipt.next_attempt_date = False
        self.process()
        self.assertEqual(row.state, "delivered")
        self.assertEqual(receipt.state, "done")

    def test_a_message_that_the_client_refused_has_failed(self):
        message = self.reply(self.task)
        self.send()
        [row] = self.outbox(message)
        self.receive(self.receipt("failed", row, desc="unsupported media"))
        self.process()
        self.assertEqual(row.state, "failed")
        self.assertIn("another form", self.notification(message).failure_reason)
        self.assertEqual(row.failure_detail, "unsupported media")

    def test_a_long_text_leaves_in_pieces(self):
        message = self.reply(self.task, "word " * 3000)
        self.send()
        self.assertEqual(len(self.outbox(message)), 3)
        self.assertEqual(self.notification(message).notification_status, "pending")
        self.assertTrue(all(len(text) <= 7000 for text in self.viber.texts()))

    def test_the_authors_name_is_shown_when_the_account_says_so(self):
        self.account.send_as_employee = True
        self.agent.name = "A very long name of a very kind agent"
        self.reply(self.task)
        self.send()
        [body] = self.viber.sent()
        self.assertEqual(body["sender"]["name"], "A very long name of a very…")

    def test_a_scheduled_message_leaves_at_its_time(self):
        message = self.reply(self.task, scheduled_date="2100-01-01 00:00:00")
        self.assertFalse(self.outbox(message))
        self.env["mail.message.schedule"].search(
            [("mail_message_id", "=", message.id)]
        )._send_notifications()
        self.assertEqual(self.outbox(message).state, "outgoing")

    def test_a_deleted_task_takes_nothing_with_it_that_viber_was_told(self):
        message = self.reply(self.task)
        self.send()
        [row] = self.outbox(message)
        self.task.unlink()
        self.assertTrue(row.exists())
        self.assertFalse(row.task_id)
        self.assertFalse(self.conversation(row).exists())
