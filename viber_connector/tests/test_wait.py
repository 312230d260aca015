"""Who waits for an answer, since when."""

from .common import ViberCase


class TestWait(ViberCase):
    def waits(self, conversation):
        """:return: its waits, the first one first"""
        return self.env["viber.wait"]._of(conversation).sorted("id")

    def test_the_first_message_opens_a_wait_and_the_answer_ends_it(self):
        conversation = self.converse()
        [wait] = self.waits(conversation)
        self.assertEqual(conversation.viber_waiting_since, wait.since)
        self.assertFalse(wait.until)
        self.assertTrue(wait.is_first)
        self.converse("Hello?")
        self.assertEqual(self.waits(conversation), wait)
        message = self.reply(conversation)
        self.assertFalse(conversation.viber_waiting_since)
        self.assertEqual(wait.end_reason, "answered")
        self.assertEqual(wait.user_id, self.agent)
        self.assertEqual(wait.answer_message_id, message)
        self.converse("Thank you")
        self.assertEqual(len(self.waits(conversation)), 2)

    def test_a_note_answers_nobody(self):
        conversation = self.converse()
        self.reply(conversation, subtype_xmlid="mail.mt_note")
        self.assertTrue(conversation.viber_waiting_since)
