"""What the addon's functional core makes of single values; needs no database."""

import importlib
import sys
import types
from pathlib import Path

import pytest

ADDON = Path(__file__).parents[1] / "viber_connector"
CORE = "viber_connector_units"


def _load(name):
    """Import one of the addon's ``tools`` past its ``__init__``, which needs Odoo."""
    if CORE not in sys.modules:
        core = sys.modules[CORE] = types.ModuleType(CORE)
        core.__path__ = [str(ADDON)]
    return importlib.import_module(f"{CORE}.{name}")


callback = _load("tools.callback")
const = _load("const")
content = _load("tools.content")
emoticons = _load("tools.emoticons")
payload = _load("tools.payload")
phone = _load("tools.phone")

SENDER = payload.Sender("Desk", "https://a.org/a.png")
PICTURE = payload.OutgoingFile("a.png", "image/png", 9, "https://a.org/a.png")


@pytest.mark.parametrize(
    ("number", "country", "found"),
    [
        ("+380671234567", "", "+380671234567"),
        ("380671234567", "", "+380671234567"),
        ("067 123 45 67", "UA", "+380671234567"),
        ("067 123 45 67", "", ""),
        ("1", "UA", ""),
        ("", "UA", ""),
        ("abc", "", ""),
    ],
)
def test_numbers_have_one_form(number, country, found):
    assert phone.to_e164(number, country) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a (heart) (HEART)", "a ❤️ ❤️"),
        ("(smiley)(v)", "😊✌️"),
        ("(unknown) (heart", "(unknown) (heart"),
    ],
)
def test_codes_are_emoji(text, shown):
    assert emoticons.to_emoji(text) == shown


@pytest.mark.parametrize(
    ("name", "mimetype", "size", "kind"),
    [
        ("a.png", "image/png", 1, "picture"),
        ("a.png", "image/png", const.PICTURE_MAX_BYTES, "picture"),
        ("a.png", "image/png", const.PICTURE_MAX_BYTES + 1, "file"),
        ("a.mp4", const.VIDEO_TYPE, const.VIDEO_MAX_BYTES, "video"),
        ("a.mp4", const.VIDEO_TYPE, const.VIDEO_MAX_BYTES + 1, "file"),
        ("a.pdf", "application/pdf", const.FILE_MAX_BYTES, "file"),
        ("a.pdf", "application/pdf", const.FILE_MAX_BYTES + 1, ""),
        ("a.pdf", "application/pdf", 0, ""),
        ("a.EXE", "application/octet-stream", 1, ""),
        ("a", "application/octet-stream", 1, ""),
    ],
)
def test_kind_of_a_file(name, mimetype, size, kind):
    assert payload.file_kind(name, mimetype, size) == kind


def test_a_short_text_is_the_caption_of_a_picture():
    [message] = payload.build("a" * 120, [PICTURE], receiver="r", sender=SENDER)
    assert const.CAPTION_MAX_LENGTH >= 120
    assert message == {
        "receiver": "r",
        "min_api_version": const.MIN_API_VERSION,
        "sender": {"name": "Desk", "avatar": "https://a.org/a.png"},
        "type": "picture",
        "text": "a" * 120,
        "media": "https://a.org/a.png",
    }


def test_a_long_text_comes_before_its_picture():
    text = "a" * (const.CAPTION_MAX_LENGTH + 1)
    messages = payload.build(text, [PICTURE], receiver="r", sender=SENDER, prefix="")
    assert [message["type"] for message in messages] == ["text", "picture"]
    assert messages[0]["text"] == text and messages[1]["text"] == ""


def test_the_keyboard_is_below_the_last_message():
    keyboard = payload.share_phone_keyboard("Number")
    messages = payload.build(
        "a" * 7001, receiver="r", sender=SENDER, tracking_data="t", keyboard=keyboard
    )
    assert ["keyboard" in message for message in messages] == [False, True]
    assert messages[-1]["min_api_version"] == const.KEYBOARD_API_VERSION
    assert {message["tracking_data"] for message in messages} == {"t"}
    plain = payload.degrade(messages[-1])
    assert "keyboard" not in plain
    assert plain["min_api_version"] == const.MIN_API_VERSION
    assert payload.degrade(plain) is None


def test_the_name_stands_before_each_piece():
    messages = payload.build("a" * 7001, receiver="r", sender=SENDER, prefix="Maria: ")
    assert len(messages) == 2
    assert all(message["text"].startswith("Maria: a") for message in messages)
    assert all(len(message["text"]) <= const.TEXT_MAX_LENGTH for message in messages)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        (".hidden", "hidden"),
        ('a<b>:"c".pdf', "a_b_c_.pdf"),
        ("a" * 200 + ".pdf", "a" * 120 + ".pdf"),
        (" . ", ""),
    ],
)
def test_file_names_are_safe(name, safe):
    assert content.safe_file_name(name) == safe


@pytest.mark.parametrize(
    ("lat", "lon", "text"),
    [
        (50.45, "30.52", "📍 50.450000, 30.520000"),
        (-180, 180, "📍 -180.000000, 180.000000"),
        (180.1, 0, ""),
        (float("nan"), 0, ""),
        (None, 0, ""),
    ],
)
def test_a_place_is_a_link_to_a_map(lat, lon, text):
    raw = {"location": {"lat": lat, "lon": lon}}
    found = content.read(callback.Message("location", raw=raw))
    assert found.text == text
    assert ("openstreetmap.org" in found.html) == bool(text)


def test_a_contact_is_a_card_and_a_number_only_when_it_was_asked_for():
    raw = {"contact": {"name": "Olena", "phone_number": "380671234567"}}
    card = content.read(callback.Message("contact", raw=raw))
    assert card.text == "👤 Olena, +380671234567"
    assert card.phone == ""
    [(name, vcard)] = card.attachments
    assert name == "Olena.vcf" and b"TEL:+380671234567" in vcard
    shared = content.read(callback.Message("contact", "phone", raw=raw))
    assert shared.phone == "+380671234567"


@pytest.mark.parametrize(
    ("name", "mimetype", "said"),
    [
        ("a.mp4", const.VIDEO_TYPE, {"type": "video", "size": 9}),
        ("a.pdf", "application/pdf", {"type": "file", "size": 9, "file_name": "a.pdf"}),
    ],
)
def test_a_file_goes_as_what_it_is(name, mimetype, said):
    file = payload.OutgoingFile(name, mimetype, 9, "https://a.org/a")
    [message] = payload.build("", [file], receiver="r", sender=SENDER)
    expected = said | {"media": "https://a.org/a"}
    assert {key: message.get(key) for key in expected} == expected


def test_a_file_that_viber_does_not_take_goes_as_its_link():
    file = payload.OutgoingFile("a.exe", "application/x", 9, "https://a.org/a")
    [message] = payload.build("", [file], receiver="r", sender=SENDER)
    assert message["text"] == "📎 a.exe\nhttps://a.org/a"


def test_a_name_that_is_too_long_keeps_its_extension():
    file = payload.OutgoingFile("a" * 999 + ".pdf", "application/pdf", 9, "https://a.a")
    [message] = payload.build("", [file], receiver="r", sender=SENDER)
    assert len(message["file_name"]) == const.FILE_NAME_MAX_LENGTH
    assert message["file_name"].endswith("a.pdf")


def test_the_longest_caption_is_one():
    text = "a" * const.CAPTION_MAX_LENGTH
    assert len(payload.build(text, [PICTURE], receiver="r", sender=SENDER)) == 1


def test_the_button_fills_its_row():
    [button] = payload.share_phone_keyboard("Number")["Buttons"]
    assert (button["Columns"], button["Rows"]) == (6, 1)


@pytest.mark.parametrize(
    ("kind", "raw", "name"),
    [
        ("picture", {"file_name": "b.png"}, "b.png"),
        ("picture", {"file_name": "null"}, "picture.jpg"),
        ("picture", {}, "picture.jpg"),
        ("sticker", {"file_name": "b.png", "sticker_id": 7}, "sticker-7.jpg"),
        ("file", {"file_name": " . "}, "file"),
    ],
)
def test_a_file_is_called_as_the_customer_does_or_its_address(kind, raw, name):
    message = callback.Message(kind, media="https://a.org/x.jpg", raw=raw)
    found = content.read(message)
    assert (found.file_name, found.file_url) == (name, "https://a.org/x.jpg")
    assert content.file_url(message) == "https://a.org/x.jpg"


def test_a_link_is_no_file():
    message = callback.Message("url", "words", "https://a.org/x")
    assert content.file_url(message) == ""
    assert content.read(message).text == "words"
