import datetime
import json

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools.callback import UNREADABLE, Message, ViberUser, parse
from .common import CUSTOMER_ID

OLENA = {
    "id": CUSTOMER_ID,
    "name": "Olena Koval",
    "avatar": "https://media-direct.cdn.viber.com/download_photo?dlid=Qk3v&fltp=jpg",
    "language": "uk-UA",
    "country": "UA",
    "api_version": 10,
}
ENVELOPE = {
    "timestamp": 1772446875204,
    "chat_hostname": "SN-CALLBACK-04_",
    "message_token": 6209201920139864907,
}
DATE = datetime.datetime(2026, 3, 2, 10, 21, 15, 204000)
NOT_TEXT = (None, True, [], {}, ["a"], {"a": 1})


def parse_event(event, **values):
    return parse(json.dumps({"event": event} | ENVELOPE | values))


def parse_message(**message):
    return parse_event("message", sender=OLENA, message=message).message


@tagged("post_install", "-at_install")
class TestCallback(BaseCase):
    # -- every documented event ----------------------------------------------------

    def test_message_tells_who_wrote_what_and_when(self):
        message = {"type": "text", "text": "Добрий день", "tracking_data": "vc1.6ho.0"}
        found = parse_event("message", sender=OLENA, message=message, silent=False)
        self.assertEqual(found.event, "message")
        self.assertEqual(found.token, "6209201920139864907")
        self.assertEqual(found.user_id, CUSTOMER_ID)
        self.assertEqual(found.date, DATE)
        self.assertEqual(found.user, ViberUser(**OLENA))
        self.assertEqual(
            found.message,
            Message("text", "Добрий день", "", "vc1.6ho.0", raw=message),
        )

    def test_new_subscriber_is_known_by_their_profile(self):
        for event in ("subscribed", "conversation_started", "client_status"):
            with self.subTest(event=event):
                found = parse_event(event, user=OLENA)
                self.assertEqual(found.event, event)
                self.assertEqual(found.user_id, CUSTOMER_ID)
                self.assertEqual(found.user, ViberUser(**OLENA))
                self.assertIsNone(found.message)

    def test_event_without_profile_names_the_user(self):
        for event in ("unsubscribed", "delivered", "seen", "failed"):
            with self.subTest(event=event):
                found = parse_event(event, user_id=CUSTOMER_ID)
                self.assertEqual(found.user_id, CUSTOMER_ID)
                self.assertIsNone(found.user)
                self.assertEqual(found.description, "")

    def test_failure_tells_its_reason(self):
        found = parse_event("failed", user_id=CUSTOMER_ID, desc="bad\nmedia", udid=None)
        self.assertEqual(found.description, "bad media")

    def test_reason_is_whole_unless_it_is_far_too_long(self):
        reason = "why " * 7500 + "end"
        self.assertEqual(parse_event("failed", desc=reason).description, reason)
        found = parse_event("failed", desc="why " * 20_000).description
        self.assertLessEqual(len(found), 32_000)
        self.assertTrue(found.endswith("why…"))

    def test_probe_is_about_nobody(self):
        found = parse_event("webhook")
        self.assertEqual((found.event, found.user_id), ("webhook", ""))

    def test_unknown_event_is_a_value(self):
        self.assertEqual(parse_event("action").event, "action")

    # -- quirks of the wire --------------------------------------------------------

    def test_both_ways_to_write_a_letter_mean_the_same(self):
        data = {"event": "message", "sender": OLENA, "message_token": 1}
        data |= {"message": {"type": "text", "text": "не працює 🙁"}}
        escaped, raw = (json.dumps(data, ensure_ascii=flag) for flag in (True, False))
        self.assertNotEqual(escaped, raw)
        self.assertEqual(parse(escaped.encode()), parse(raw.encode()))

    def test_text_and_bytes_of_a_body_mean_the_same(self):
        body = '{"event":"seen","user_id":"є"}'
        self.assertEqual(parse(body), parse(body.encode()))

    def test_token_keeps_every_digit(self):
        for token in (2**53 + 1, 2**63 - 1, 6209204876437859523):
            with self.subTest(token=token):
                self.assertEqual(
                    parse_event("seen", message_token=token).token, f"{token}"
                )

    def test_token_may_come_as_text(self):
        self.assertEqual(parse_event("seen", message_token=" 7 ").token, "7")

    def test_event_without_a_usable_token_is_known_by_its_body(self):
        for token in (None, "", True, 6.2e18, [1], "7" * 65):
            with self.subTest(token=token):
                found = parse_event("seen", message_token=token)
                again = parse_event("seen", message_token=token)
                other = parse_event("seen", message_token=token, user_id="other")
                self.assertRegex(found.token, r"^sha256:[0-9a-f]{32}$")
                self.assertEqual(found.token, again.token)
                self.assertNotEqual(found.token, other.token)

    def test_missing_parts_are_empty(self):
        found = parse(b'{"event":"message"}')
        self.assertEqual(found.user_id, "")
        self.assertIsNone(found.date)
        self.assertIsNone(found.user)
        self.assertEqual(found.message, Message())

    def test_profile_without_values_is_empty(self):
        self.assertEqual(parse_event("subscribed", user={}).user, None)
        found = parse_event("subscribed", user={"id": CUSTOMER_ID, "avatar": None})
        self.assertEqual(found.user, ViberUser(id=CUSTOMER_ID))

    def test_values_of_the_wrong_type_are_empty(self):
        for value in NOT_TEXT:
            with self.subTest(value=value):
                found = parse_event(
                    "message",
                    sender=dict.fromkeys(OLENA, value) | {"id": CUSTOMER_ID},
                    message=dict.fromkeys(("type", "text", "media"), value),
                    desc=value,
                    user_id=value,
                )
                self.assertEqual(found.user, ViberUser(id=CUSTOMER_ID))
                self.assertEqual(found.message.type, "unknown")
                self.assertEqual(found.message.text, "")
                self.assertEqual(found.message.media, "")
                self.assertEqual(found.description, "")
                self.assertEqual(found.user_id, CUSTOMER_ID)

    def test_parts_of_the_wrong_type_are_none(self):
        for value in (None, 1, "", "a", [], ["a"], True):
            with self.subTest(value=value):
                found = parse_event("message", sender=value, message=value)
                self.assertIsNone(found.user)
                if value not in ("a", ["a"]):
                    self.assertFalse(found.message.text)
                self.assertEqual(found.message.type, "unknown")

    def test_a_message_that_is_a_bare_text_is_one(self):
        self.assertEqual(parse_event("message", message="Hello").message.text, "Hello")
        found = parse_event("message", message=["Hello", "you"]).message
        self.assertEqual(found.raw, {"text": ["Hello", "you"]})

    def test_user_id_that_no_key_could_hold_is_none(self):
        self.assertEqual(parse_event("seen", user_id="a" * 128).user_id, "a" * 128)
        self.assertEqual(parse_event("seen", user_id="a" * 129).user_id, "")

    def test_name_is_one_clean_line(self):
        found = parse_event("subscribed", user=OLENA | {"name": " Olena\n\u202eK\x00 "})
        self.assertEqual(found.user.name, "Olena K")

    def test_what_is_told_of_somebody_is_no_novel(self):
        user = OLENA | {"name": "O" * 7000, "language": "x" * 5000, "country": "cccc"}
        found = parse_event("subscribed", user=user).user
        self.assertEqual(
            (len(found.name), found.language, found.country), (100, "", "")
        )

    # -- time ----------------------------------------------------------------------

    def test_time_without_a_clock_is_none(self):
        for value in (
            None,
            "1772446875204",
            True,
            [],
            0,
            -1,
            1772446875,
            10**30,
            1e400,
        ):
            with self.subTest(value=value):
                self.assertIsNone(parse_event("seen", timestamp=value).date)

    def test_time_that_is_no_number_is_none(self):
        for value in (b"NaN", b"Infinity", b"-Infinity"):
            with self.subTest(value=value):
                found = parse(b'{"event":"seen","timestamp":' + value + b"}")
                self.assertEqual(found.event, "seen")
                self.assertIsNone(found.date)

    # -- messages ------------------------------------------------------------------

    def test_unknown_type_keeps_its_name_and_body(self):
        found = parse_message(type="hologram", media="https://a.org/h", depth=3)
        self.assertEqual(found.type, "hologram")
        self.assertEqual(found.media, "https://a.org/h")
        self.assertEqual(found.raw["depth"], 3)

    def test_forwarded_picture_without_address_is_a_picture(self):
        self.assertEqual(parse_message(type="picture").type, "picture")
        self.assertEqual(parse_message(type="picture").media, "")

    def test_lines_of_a_text_stay(self):
        self.assertEqual(parse_message(type="text", text="a\r\nb").text, "a\nb")

    def test_only_a_message_carries_a_message(self):
        self.assertIsNone(parse_event("seen", message={"type": "text"}).message)

    # -- what is no callback -------------------------------------------------------

    def test_body_that_is_no_event_is_unreadable(self):
        for body in (
            b"",
            b"{",
            b"null",
            b"[]",
            b'"event"',
            b"{}",
            b'{"event":null}',
            b'{"event":""}',
            b'{"event":["message"]}',
            b"\xff\xfe\x00",
            b'{"event":"\xff"}',
            b"[" * 100_000,
            b'{"event":' * 50_000,
            b'{"event":"seen","timestamp":' + b"9" * 5000 + b"}",
        ):
            with self.subTest(body=body[:40]):
                found = parse(body)
                self.assertEqual(found.event, UNREADABLE)
                self.assertRegex(found.token, r"^sha256:")

    def test_name_of_an_event_is_short_and_clean(self):
        self.assertEqual(parse_event("a" * 500).event, "a" * 64)
        self.assertEqual(parse_event(" a\x00\nb ").event, "a b")
