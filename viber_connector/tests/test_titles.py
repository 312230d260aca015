"""What a conversation is called while nobody has named it."""

from ..tools import title
from .common import ViberCase


class TestTitles(ViberCase):
    def called(self, *texts):
        """:return: the name of the conversation after each of these texts"""
        self.env[self.carrier].search([]).active = False
        names = []
        for text in texts:
            message = text if isinstance(text, dict) else {"type": "text", "text": text}
            [row] = self.receive(self.event(message=message))
            self.process()
            conversation = self.conversation(row)
            names.append(conversation.name)
        self.assertEqual(len(conversation), 1)
        return names

    def test_what_says_nothing_is_completed_by_the_next_words(self):
        sticker = {"type": "sticker", "sticker_id": 46105}
        for first, second, completed in (
            ("Hi", "My printer is on fire", "Hi – My printer is on fire"),
            ("Hello!", "My printer is on fire", "Hello! My printer is on fire"),
            ("Добрий день", "Не друкує принтер", "Добрий день – Не друкує принтер"),
            ("👋", "My printer is on fire", "👋 My printer is on fire"),
            ("(smiley)", "*My* printer", "😊 My printer"),
            (sticker, "My printer is on fire", "My printer is on fire"),
            ("  ", "_My_ printer is on ```fire```!", "My printer is on fire!"),
            ("Hi", sticker, "Hi"),
        ):
            with self.subTest(first=first):
                names = self.called(first, second)
                self.assertEqual(names[1], completed)

    def test_it_goes_on_until_it_says_something(self):
        names = self.called(
            "Hi", "👋", "??", "My printer is on fire", "Are you there, really?"
        )
        self.assertEqual(
            names,
            [
                "Hi",
                "Hi – 👋",
                "Hi – 👋 ??",
                "Hi – 👋 ?? My printer is on fire",
                "Hi – 👋 ?? My printer is on fire",
            ],
        )

    def test_the_lines_below_a_greeting_say_what_it_is_about(self):
        [name] = self.called("Добрий день!\n\nНе друкує принтер\nНіяк")
        self.assertEqual(name, "Добрий день! Не друкує принтер")
        [name] = self.called("Order 4711\nIt has not come")
        self.assertEqual(name, "Order 4711")

    def test_it_stays_short(self):
        names = self.called("Hi", "My printer " * 50)
        self.assertLessEqual(len(names[1]), 80)

    def test_a_name_that_somebody_gave_stays(self):
        for name in ("Printer", "Hi!"):
            with self.subTest(name=name):
                conversation = self.converse("Hi", user_id=name)
                conversation.with_user(self.agent).name = name
                self.assertEqual(
                    self.converse("My printer is on fire", user_id=name), conversation
                )
                self.assertEqual(conversation.name, name)

    def test_no_open_form_gets_a_conflict_and_nobody_is_told(self):
        conversation = self.converse("Hi")
        before = conversation.write_date, conversation.write_uid
        self.converse("My printer is on fire")
        self.assertEqual((conversation.write_date, conversation.write_uid), before)
        self.assertFalse(conversation.message_ids.tracking_value_ids)

    def test_what_says_nothing(self):
        for text in ("", "Hi", "Hello!", "Добрий вечір", "Guten Tag", "👋", "? 12"):
            with self.subTest(text=text):
                self.assertFalse(title.says_something(text))
        for text in (
            *("My printer is on fire", "Order 4711", "https://a.example", "It burns"),
            *("Хочу повернути гроші", "📍 50.450101, 30.523399"),
        ):
            with self.subTest(text=text):
                self.assertTrue(title.says_something(text))

    def test_no_mark_of_vibers_is_left(self):
        for text, name in (
            ("My *printer*, the _new_ one: ```E4```", "My printer, the new one: E4"),
            ("*My ~printer~* is (smiley) broken", "My printer is 😊 broken"),
            (
                "*My* snake_case_name 2*3*4 is wrong",
                "My snake_case_name 2*3*4 is wrong",
            ),
            (
                "Broken: https://a.example/_x_ *now*",
                "Broken: https://a.example/_x_ now",
            ),
        ):
            with self.subTest(text=text):
                self.assertEqual(title.complete("", text), name)
