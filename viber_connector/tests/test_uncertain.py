"""Which receipt settles a message that may have arrived: one that can mean no other."""

import datetime

from .. import const
from .test_fate import FateCase

EPOCH = datetime.datetime(1970, 1, 1)


def token_at(moment, number=0):
    """:return: a token of a moment (docs/viber_bot_api.rst, "Message tokens")"""
    milliseconds = int((moment - EPOCH).total_seconds() * 1000)
    return (milliseconds - const.TOKEN_EPOCH_MS << const.TOKEN_SHIFT) + number


class TestUncertain(FateCase):
    def setUp(self):
        super().setUp()
        self.row = self.answered(500)
        self.assertEqual(self.row.state, "uncertain")
        self.account._resume()

    def delivered(self, seconds=1, name="delivered", **values):
        """Let Viber report on a message that it took so long after the attempt."""
        moment = self.row.sending_date + datetime.timedelta(seconds=seconds)
        values = {"message_token": token_at(moment)} | values
        [event] = self.receive(self.event(name, **values))
        self.process()
        return event

    def assert_in_doubt(self):
        self.assertEqual(self.row.state, "uncertain")
        self.assertFalse(self.row.message_token)

    def test_a_receipt_that_can_mean_no_other_settles_it(self):
        event = self.delivered()
        self.assertEqual((event.state, self.row.state), ("done", "delivered"))
        self.assertEqual(self.row.message_token, event.message_token)
        notification = self.notification(self.row.mail_message_id)
        self.assertEqual(notification.notification_status, "sent")
        self.assertFalse(notification.failure_type)
        self.receive(self.event("seen", message_token=int(event.message_token)))
        self.process()
        self.assertEqual(self.row.state, "seen")

    def test_seen_settles_nothing(self):
        self.delivered(name="seen")
        self.assert_in_doubt()

    def test_a_failure_settles_nothing(self):
        self.delivered(name="failed", desc="no")
        self.assert_in_doubt()

    def test_a_token_of_another_time_settles_nothing(self):
        for seconds in (-10, 30, 3600):
            with self.subTest(seconds=seconds):
                self.delivered(seconds)
                self.assert_in_doubt()

    def test_a_token_without_a_time_settles_nothing(self):
        self.delivered(message_token=7)
        self.assert_in_doubt()

    def test_a_token_of_the_customers_own_message_settles_nothing(self):
        token = token_at(self.row.sending_date)
        self.converse("I wrote meanwhile", message_token=token)
        self.delivered(message_token=token)
        self.assert_in_doubt()

    def test_a_token_of_another_message_settles_nothing(self):
        other = self.answered()
        other.message_token = str(token_at(self.row.sending_date))
        self.delivered(message_token=int(other.message_token))
        self.assert_in_doubt()
        self.assertEqual(other.state, "delivered")

    def test_a_receipt_of_somebody_else_settles_nothing(self):
        self.delivered(user_id="other==")
        self.assert_in_doubt()

    def test_a_welcome_that_waits_leaves_it_in_doubt(self):
        self.subscriber.welcome_text = "Welcome!"
        self.delivered()
        self.assert_in_doubt()

    def test_two_messages_in_question_are_left_in_doubt(self):
        second = self.answered(500)
        for number, state in enumerate(("uncertain", "sending", "canceled")):
            with self.subTest(state=state):
                second.state = state
                token = token_at(self.row.sending_date, number)
                self.delivered(message_token=token)
                self.assert_in_doubt()

    def test_what_a_person_has_confirmed_is_still_in_question(self):
        second = self.answered(500)
        second.mail_message_id.viber_confirm()
        self.assertEqual(second.state, "sent")
        self.delivered()
        self.assert_in_doubt()

    def test_what_surely_has_failed_is_not_in_question(self):
        second = self.answered({"status": 3})
        self.assertEqual(second.state, "failed")
        self.delivered()
        self.assertEqual(self.row.state, "delivered")

    def test_what_was_seen_later_leaves_it_in_doubt(self):
        second = self.answered()
        self.receive(self.event("seen", message_token=int(second.message_token)))
        self.process()
        self.assertEqual(second.state, "seen")
        self.assert_in_doubt()
