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
keyboard = _load("tools.keyboard")
payload = _load("tools.payload")
phone = _load("tools.phone")
address = _load("tools.address")
text_tools = _load("tools.text")
words = _load("tools.words")

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
    buttons = keyboard.share_phone("Number")
    messages = payload.build(
        "a" * 7001, receiver="r", sender=SENDER, tracking_data="t", keyboard=buttons
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
    [button] = keyboard.share_phone("Number")["Buttons"]
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


def found(kind, own="", but=(), **raw):
    return words.find_words(callback.Message(kind, own, raw=raw), but)


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("poll", {"question": "When?", "options": ["A", "B"]}, ["When?", "• A", "• B"]),
        ("poll", {"options": ["A"], "question": "When?"}, ["When?", "• A"]),
        ("poll", {"poll": {"choices": [{"name": "A"}]}}, ["A"]),
        ("poll", {"id": "7", "voteToken": "x", "bgColor": "red", "name": "A"}, ["A"]),
        ("poll", {"name": "A", "label": "A", "note": " A "}, ["A"]),
        ("poll", {"votes": 3, "open": True, "none": None}, []),
        ("poll", {"name": "\u200b"}, []),
        ("poll", {"name": "QUJD" * 11}, []),
        ("poll", {"name": "QUJD" * 10}, ["QUJD" * 10]),
        ("poll", {"link": "https://a.org/" + "x" * 60}, ["https://a.org/" + "x" * 60]),
        ("picture", {"name": "A", "extra": "B", "type": "C"}, ["A"]),
        ("location", {"location": {"address": "A", "lat": "1.0"}}, ["A"]),
        ("rich_media", {"Buttons": [{"Text": "<b>A</b> &amp; B"}]}, ["A & B"]),
        ("rich_media", {"TextSize": "medium", "BgColor": "red"}, []),
        ("poll", {"name": "<b>A</b>"}, ["<b>A</b>"]),
    ],
)
def test_words_are_found_wherever_they_stand(kind, raw, expected):
    assert found(kind, **raw) == expected


def test_the_own_text_of_a_message_comes_first_and_whole():
    long = "A" * 100
    assert found("text", long, text=long) == [long]
    assert found("poll", "Mine", name="Other") == ["Mine", "Other"]
    assert found("url", "a  b", ("a b",), title="a b") == ["a  b"]
    assert found("contact", "", ("Ivan",), contact={"name": "Ivan"}) == []


def test_words_have_an_end():
    deep = "bottom"
    for level in range(9):
        deep = {f"level {level}": deep}
    assert found("poll", **deep) == []
    deep = deep["level 8"]
    assert found("poll", **deep) == ["bottom"]
    many = found("poll", many=[f"word {number}" for number in range(500)])
    assert len(many) == 100
    long = found("poll", a="a " * 3000, b="b " * 3000, c="c")
    assert [len(text) for text in long] == [6000, 1000]
    # Its own text takes from the same room.
    assert [len(text) for text in found("poll", "x" * 6999, a="bb")] == [6999, 1]
    assert found("poll", "x" * 7000, a="bb") == ["x" * 7000]


@pytest.mark.parametrize(
    ("link", "is_link"),
    [
        ("example.com", True),
        ("www.example.com/a?b=c#d", True),
        ("example.com:8443", True),
        ("example", False),
        ("javascript:alert(1)", False),
        ("example.com:x", False),
        ("a b.com", False),
        ("1.2", False),
        ("user@example.com", False),
        ("", False),
    ],
)
def test_a_link_may_lack_its_scheme(link, is_link):
    shown = text_tools.link_to_html(link)
    assert (f'href="https://{link}"' in shown) == is_link


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("*a* _b_ ~c~ ```d```", "a b c d"),
        ("(smiley) <b>", "😊 <b>"),
        ("a\nb", "a\nb"),
        ("&amp; https://a.org/x_y_z", "&amp; https://a.org/x_y_z"),
    ],
)
def test_a_plain_text_has_no_marks(text, plain):
    assert text_tools.to_plain(text) == plain


@pytest.mark.parametrize(
    ("ip", "is_public"),
    [("192.0.0.8", False), ("192.0.1.1", True), ("3fff::1", False), ("2600::1", True)],
)
def test_blocks_for_special_purposes_are_not_public(ip, is_public):
    assert address.is_public_ip(ip) is is_public


@pytest.mark.parametrize(
    ("url", "is_public", "is_base", "is_loopback", "origin"),
    [
        ("https://a.org", 1, 1, 0, ("https", "a.org", 443)),
        ("https://a.org:8443/b", 1, 1, 0, ("https", "a.org", 8443)),
        ("https://a.org/?b", 1, 0, 0, ("https", "a.org", 443)),
        ("https://a@a.org", 1, 0, 0, ("https", "a.org", 443)),
        ("http://a.org", 0, 1, 0, ("http", "a.org", 80)),
        ("https://8.8.8.8", 1, 1, 0, ("https", "8.8.8.8", 443)),
        ("https://10.0.0.1", 0, 1, 0, ("https", "10.0.0.1", 443)),
        ("https://[::1]", 0, 1, 1, ("https", "::1", 443)),
        ("https://[2606::1]", 1, 1, 0, ("https", "2606::1", 443)),
        ("https://[fe80::1%25eth0]", 0, 1, 0, ("https", "fe80::1%25eth0", 443)),
        ("https://[::ffff:8.8.8.8]", 1, 1, 0, ("https", "::ffff:8.8.8.8", 443)),
        ("http://localhost:8069", 0, 1, 1, ("http", "localhost", 8069)),
        ("https://a", 0, 1, 0, ("https", "a", 443)),
        ("https://a.local.", 0, 1, 0, ("https", "a.local.", 443)),
        ("https://127.1", 0, 1, 0, ("https", "127.1", 443)),
        ("ftp://a.org", 0, 0, 0, None),
        ("https://a.org:x", 0, 0, 0, None),
        ("https://", 0, 0, 0, None),
        ("https://a.org/" + "x" * 6986, 1, 1, 0, ("https", "a.org", 443)),
        ("https://a.org/" + "x" * 6987, 0, 0, 0, None),
        ("", 0, 0, 0, None),
        (None, 0, 0, 0, None),
    ],
)
def test_addresses_are_what_they_are(url, is_public, is_base, is_loopback, origin):
    assert address.is_public_https(url) is bool(is_public)
    assert address.is_base(url) is bool(is_base)
    assert address.is_loopback(url) is bool(is_loopback)
    assert address.origin(url) == origin


@pytest.mark.parametrize(
    ("name", "mimetype", "limit", "kind", "above"),
    [
        ("a.png", "image/png", const.PICTURE_MAX_BYTES, "picture", "file"),
        ("a.mp4", "video/mp4", const.VIDEO_MAX_BYTES, "video", "file"),
        ("a.pdf", "application/pdf", const.FILE_MAX_BYTES, "file", ""),
    ],
)
def test_sizes_decide_to_the_byte(name, mimetype, limit, kind, above):
    sizes = (0, 1, limit, limit + 1)
    found = [payload.file_kind(name, mimetype, size) for size in sizes]
    assert found == ["", kind, kind, above]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a" * 28, "a" * 28),
        ("a" * 29, "a" * 27 + "…"),
        ("🙂" * 14, "🙂" * 14),
        ("🙂" * 15, "🙂" * 13 + "…"),
        ("🙂" * 13 + "aa", "🙂" * 13 + "aa"),
        ("🙂" * 13 + "aaa", "🙂" * 13 + "a…"),
    ],
)
def test_names_of_senders_are_counted_as_viber_does(name, shown):
    [body] = payload.build("a", receiver="b", sender=payload.Sender(name))
    assert body["sender"] == {"name": shown}


def test_a_card_is_called_by_its_number_when_its_name_is_no_file():
    raw = {"contact": {"name": "...", "phone_number": "+380671234567"}}
    [(name, card)] = content.read(callback.Message("contact", raw=raw)).attachments
    assert name == "+380671234567.vcf"
    assert b"FN:..." in card


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        ({"phone_number": "../../etc/1"}, "_.._etc_1.vcf"),
        ({"phone_number": "9" * 7000}, "9" * 120 + ".vcf"),
        ({"name": "..."}, "contact.vcf"),
    ],
)
def test_a_card_always_has_a_safe_name(contact, name):
    message = callback.Message("contact", raw={"contact": contact})
    [(found, _card)] = content.read(message).attachments
    assert found == name


def test_an_extension_has_sixteen_characters_at_the_most():
    assert content.safe_file_name("a." + "b" * 15) == "a." + "b" * 15
    assert content.safe_file_name("a." + "b" * 16) == "a." + "b" * 15
