import json

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from .. import const
from ..tools import payload, split
from .common import CUSTOMER_ID

DESK = payload.Sender("Service desk")


def build(text, sender=DESK, **values):
    return payload.build(text, receiver=CUSTOMER_ID, sender=sender, **values)


@tagged("post_install", "-at_install")
class TestPayload(BaseCase):
    def test_text_becomes_one_message(self):
        self.assertEqual(
            build("Заявку №8412 прийнято.", tracking_data="vc1.6ho.0123"),
            [
                {
                    "receiver": CUSTOMER_ID,
                    "min_api_version": 1,
                    "sender": {"name": "Service desk"},
                    "tracking_data": "vc1.6ho.0123",
                    "type": "text",
                    "text": "Заявку №8412 прийнято.",
                }
            ],
        )

    def test_nothing_to_say_makes_no_message(self):
        for text in ("", " ", "\n \n"):
            with self.subTest(text=text):
                self.assertEqual(build(text), [])

    def test_no_empty_value_is_sent(self):
        # Viber misreads null and refuses some empty strings.
        [message] = build("Hello")
        self.assertNotIn("tracking_data", message)
        self.assertNotIn("avatar", message["sender"])

    def test_avatar_of_the_sender_is_sent(self):
        url = "https://odoo.example.com/viber/media/x/olena.png"
        [message] = build("Hello", payload.Sender("Olena", url))
        self.assertEqual(message["sender"], {"name": "Olena", "avatar": url})

    def test_name_of_the_sender_is_cut_at_a_word(self):
        [message] = build(
            "Hello", payload.Sender("Olena Koval of the Service Desk Kyiv")
        )
        name = message["sender"]["name"]
        self.assertEqual(name, "Olena Koval of the Service…")
        self.assertLessEqual(len(name), 28)

    def test_long_text_becomes_several_messages_of_the_same_kind(self):
        text = "word " * 3000
        messages = build(text, tracking_data="vc1.6ho.0123")
        self.assertEqual(len(messages), 3)
        for message in messages:
            self.assertEqual(message["receiver"], CUSTOMER_ID)
            self.assertEqual(message["tracking_data"], "vc1.6ho.0123")
            self.assertLessEqual(len(message["text"]), 7000)
        said = " ".join(message["text"] for message in messages)
        self.assertEqual(said, text.strip())

    def test_body_fits_whatever_the_script(self):
        for letter in ("a", "є", "ქ", "語", "🙁", '"', "\\", "a\n"):
            with self.subTest(letter=letter):
                for message in build(letter * 20_000, tracking_data="v" * 30):
                    size = len(payload.encode(message))
                    self.assertLessEqual(size, const.PAYLOAD_MAX_BYTES)

    def test_another_file_takes_the_place_of_a_picture(self):
        big = payload.OutgoingFile("a.png", "image/png", 9, "https://a.org/a.png", True)
        small = payload.OutgoingFile("a.jpg", "image/jpeg", 9, "https://a.org/a.jpg")
        file = payload.OutgoingFile("a.gif", "a/b", 9, "https://a.org/a.gif")
        link = payload.OutgoingFile("a.gif", "a/b", 0, "https://a.org/a.gif")
        buttons = {"Type": "keyboard"}
        for said in ("See", ""):
            [body] = build(said, files=[big], keyboard=buttons, tracking_data="t")
            self.assertEqual((body["type"], body["text"]), ("picture", said))
            [found] = payload.replace_file(body, small)
            self.assertEqual(found, body | {"media": small.url})
            for other, kind in ((file, "file"), (link, "text")):
                with self.subTest(said=said, kind=kind):
                    *texts, found = payload.replace_file(body, other)
                    self.assertEqual(
                        [text["text"] for text in texts], [said] * bool(said)
                    )
                    self.assertEqual(found["type"], kind)
                    self.assertIn(
                        other.url, found.values() if kind == "file" else found["text"]
                    )
                    self.assertEqual(found["keyboard"], buttons)
                    for text in texts:
                        self.assertEqual(text["type"], "text")
                        self.assertNotIn("keyboard", text)
                        self.assertNotIn("media", text)
                        self.assertEqual(text["tracking_data"], "t")

    def test_body_is_json_in_plain_utf8(self):
        body = payload.encode({"text": "Добрий день 🙁", "size": 1})
        self.assertEqual(body, '{"text":"Добрий день 🙁","size":1}'.encode())
        self.assertEqual(json.loads(body)["text"], "Добрий день 🙁")


@tagged("post_install", "-at_install")
class TestSplitText(BaseCase):
    def test_text_of_just_the_limit_stays_whole(self):
        text = "x" * 7000
        self.assertEqual(split.split_text(text), [text])
        self.assertEqual(split.split_text(text + "y"), [text, "y"])

    def test_cut_is_at_the_highest_break_that_fits(self):
        for text, pieces in (
            ("one two three", ["one two", "three"]),
            ("one two. three", ["one two.", "three"]),
            ("one two! three", ["one two!", "three"]),
            ("one two? three", ["one two?", "three"]),
            ("one t.\ntwo three", ["one t.", "two three"]),
            ("one. t\n\ntwo\nth", ["one. t", "two\nth"]),
        ):
            with self.subTest(text=text):
                self.assertEqual(split.split_text(text, 10), pieces)

    def test_early_break_makes_no_tiny_piece(self):
        self.assertEqual(
            split.split_text("a\n\nbcd efgh ijkl", 10), ["a\n\nbcd", "efgh ijkl"]
        )

    def test_word_that_is_too_long_is_cut_anywhere(self):
        self.assertEqual(split.split_text("abcdefghijkl", 5), ["abcde", "fghij", "kl"])

    def test_emoji_count_twice_and_stay_whole(self):
        self.assertEqual(split.utf16_length("a🙁є"), 4)
        self.assertEqual(split.split_text("🙁🙁🙁", 4), ["🙁🙁", "🙁"])
        self.assertEqual(split.split_text("🙁🙁🙁", 5), ["🙁🙁", "🙁"])
        self.assertEqual(split.split_text("a🙁🙁", 4), ["a🙁", "🙁"])

    def test_long_text_of_emoji_only_is_cut(self):
        pieces = split.split_text("🙁" * 7000)
        self.assertEqual(pieces, ["🙁" * 3500, "🙁" * 3500])

    def test_white_space_makes_no_piece(self):
        self.assertEqual(split.split_text(" " * 30, 10), [])
        self.assertEqual(split.split_text(" " * 30 + "a", 10), ["a"])
        self.assertEqual(split.split_text("a" + " " * 30 + "b", 10), ["a", "b"])
