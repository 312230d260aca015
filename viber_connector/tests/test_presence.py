"""Who has left the bot, and what shows that they are back."""

from odoo import fields

from .test_fate import FateCase
from .test_uncertain import token_at


class TestPresence(FateCase):
    def lose(self, **values):
        """Have the customer gone, as Viber says to a message.

        :return: the row of that message
        """
        row = self.answered({"status": 6}, **values)
        self.assertEqual(row.failure_type, "viber_recipient")
        self.assert_left()
        return row

    def receipt(self, event, row):
        self.receive(self.event(event, message_token=int(row.message_token)))
        self.process()

    def assert_left(self):
        self.assertFalse(self.subscriber.is_subscribed)
        self.assertIn("left", self.task.viber_warning)
        refused = self.outbox(self.reply(self.task, "Unasked"))
        self.assertEqual(refused.state, "failed")

    def assert_back(self):
        self.assertTrue(self.subscriber.is_subscribed)
        self.assertFalse(self.subscriber.left_date)
        self.assertFalse(self.task.viber_warning)
        row = self.outbox(self.reply(self.task, "Asked"))
        self.send()
        self.assertEqual(row.state, "sent")

    def test_a_message_that_viber_takes_shows_that_they_are_back(self):
        row = self.lose()
        row.mail_message_id.viber_send_again()
        self.send()
        self.assertEqual(row.state, "sent")
        self.assert_back()

    def test_who_has_said_that_they_leave_is_back_by_what_is_sent_later(self):
        self.receive(self.event("unsubscribed"))
        self.process()
        self.assert_left()
        row = self.outbox(self.reply(self.task, "Are you there?"))
        row.mail_message_id.viber_send_again()
        self.send()
        self.assert_back()

    def test_each_status_that_says_so_ends_alike(self):
        for status in (5, 6, 999):
            with self.subTest(status=status):
                row = self.answered({"status": status})
                self.assertFalse(self.subscriber.is_subscribed)
                row.mail_message_id.viber_send_again()
                self.send()
                self.assertTrue(self.subscriber.is_subscribed)

    def test_what_is_refused_again_shows_nothing(self):
        row = self.lose()
        first = self.subscriber.left_date
        for answer in ({"status": 6}, {"status": 3}):
            row.mail_message_id.viber_send_again()
            self.viber.answer("send_message", answer)
            self.send()
            self.assertFalse(self.subscriber.is_subscribed)
        self.assertGreater(self.subscriber.left_date, first)

    def test_a_receipt_of_what_was_sent_later_shows_it(self):
        for event in ("delivered", "seen"):
            with self.subTest(event=event):
                row = self.answered()
                # As if the answer had been kept without what follows from it.
                self.subscriber.write(
                    {"is_subscribed": False, "left_date": self.subscriber.create_date}
                )
                self.receipt(event, row)
                self.assert_back()

    def test_a_receipt_of_what_was_sent_before_does_not(self):
        rows = [self.answered(body="a"), self.answered(body="b")]
        self.lose()
        for event, row in zip(("delivered", "seen"), rows, strict=True):
            self.receipt(event, row)
            self.assertEqual(row.state, event)
            self.assert_left()

    def test_nor_when_they_have_said_that_they_leave(self):
        row = self.answered()
        self.receive(self.event("unsubscribed"))
        self.process()
        self.receipt("delivered", row)
        self.receipt("seen", row)
        self.assertEqual(row.state, "seen")
        self.assert_left()

    def test_a_leave_from_before_what_viber_took_says_nothing(self):
        row = self.answered()
        event = self.event("unsubscribed")
        row.message_token = str(
            token_at(fields.Datetime.add(row.sending_date, seconds=1))
        )
        self.receive(event)
        self.process()
        self.assert_back()

    def test_an_answer_that_came_late_shows_nothing(self):
        row = self.answered()
        self.receive(self.event("unsubscribed"))
        self.process()
        self.subscriber._prove_present(row.sending_date)
        self.assert_left()

    def test_a_refusal_from_before_they_wrote_says_nothing(self):
        row = self.answered()
        self.subscriber.last_message_date = fields.Datetime.add(
            row.sending_date, seconds=1
        )
        self.subscriber._set_subscribed(False, row.sending_date)
        self.assertTrue(self.subscriber.is_subscribed)
        self.subscriber.last_message_date = fields.Datetime.subtract(
            row.sending_date, seconds=1
        )
        self.subscriber._set_subscribed(False, row.sending_date)
        self.assertFalse(self.subscriber.is_subscribed)

    def test_a_receipt_of_an_earlier_try_shows_nothing(self):
        row = self.answered()
        self.receive(self.event("failed", message_token=int(row.message_token)))
        self.process()
        row.mail_message_id.viber_send_again()
        self.viber.answer("send_message", {"status": 6})
        self.send()
        self.assert_left()
        self.receipt("seen", row)
        self.assert_left()

    def test_what_was_uncertain_and_is_delivered_shows_it(self):
        row = self.lose()
        row.mail_message_id.viber_send_again()
        self.viber.answer("send_message", 500)
        self.send()
        self.assertEqual(row.state, "uncertain")
        self.assertFalse(self.subscriber.is_subscribed)
        self.receive(self.event("delivered", message_token=token_at(row.sending_date)))
        self.process()
        self.assertEqual(row.state, "delivered")
        self.account._resume()
        self.assert_back()

    def test_who_never_came_is_there_when_viber_takes_something(self):
        self.subscriber.is_subscribed = False
        row = self.outbox(self.reply(self.task))
        self.assertEqual(row.state, "failed")
        row.mail_message_id.viber_send_again()
        self.send()
        self.assert_back()
