"""What holds for every input of the addon's functional core.

The core is loaded without the addon around it, so these also prove that it needs
neither Odoo nor a database.
"""

import importlib
import json
import sys
import types
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from viber_simulator.settings import Settings
from viber_simulator.validation import check_message

ADDON = Path(__file__).parents[1] / "viber_connector"


def _load(*names):
    """Import modules of the addon past its ``__init__``, which needs Odoo.

    :param str names: e.g. ``tools.text``
    :return: the modules, in the same order
    """
    core = types.ModuleType("viber_connector_core")
    core.__path__ = [str(ADDON)]
    sys.modules[core.__name__] = core
    return [importlib.import_module(f"{core.__name__}.{name}") for name in names]


(
    const,
    callback,
    html_text,
    keyboard,
    payload,
    reference,
    signature,
    split,
    text,
) = _load(
    "const",
    "tools.callback",
    "tools.html_text",
    "tools.keyboard",
    "tools.payload",
    "tools.reference",
    "tools.signature",
    "tools.split",
    "tools.text",
)

IDS = st.integers(1, 2**31 - 1)
MODELS = st.sampled_from(["project.task", "helpdesk.ticket", "x_2.y"])
#: Everything that JSON can carry, halves of emoji and controls included.
ANY_TEXT = st.text(st.characters())
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)
PART = ANY_JSON | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        "id name avatar language country api_version type text media tracking_data"
        " contact location sticker_id file_name size duration thumbnail".split(),
        ANY_JSON,
    ),
)
CALLBACK = st.fixed_dictionaries(
    {"event": st.sampled_from(["message", "subscribed", "seen"]) | ANY_JSON},
    optional=dict.fromkeys(("sender", "user", "message"), PART)
    | dict.fromkeys(("timestamp", "message_token", "user_id", "desc"), ANY_JSON),
)
ENCODABLE = st.characters(exclude_categories=["Cs"])
#: Texts in which the breaks and the wide characters that matter are frequent.
SAID = st.text(st.sampled_from("aє語🙁 .!?\n") | ENCODABLE)
#: Texts in which nothing is written that Viber shows otherwise.
UNMARKED = st.text(
    st.sampled_from("a <>&\"'/:.htps\n") | st.characters(exclude_characters="*_~`()")
)
thoroughly = settings(max_examples=500, deadline=None)


def _assert_storable(value):
    """A text that PostgreSQL takes, as a person may see it."""
    assert isinstance(value, str)
    value.encode()
    assert "\x00" not in value
    assert "\u202e" not in value


def _assert_sound(found):
    assert 0 < len(found.event) <= 64
    assert 0 < len(found.token) <= 64
    assert len(found.user_id) <= 128
    texts = [found.event, found.token, found.user_id, found.description]
    if found.user:
        user = found.user
        texts += [user.id, user.name, user.avatar, user.language, user.country]
        assert type(user.api_version) is int
    if found.message:
        message = found.message
        texts += [message.type, message.text, message.media, message.tracking_data]
        assert message.type
    for value in texts:
        _assert_storable(value)


@thoroughly
@given(st.binary())
def test_any_bytes_are_a_callback(body):
    _assert_sound(callback.parse(body))


@thoroughly
@given(CALLBACK, st.booleans())
def test_any_values_are_a_callback(data, escaped):
    body = json.dumps(data, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    _assert_sound(callback.parse(body))


@thoroughly
@given(st.integers(-(2**70), 2**70))
def test_no_digit_of_a_token_is_lost(token):
    body = json.dumps({"event": "seen", "message_token": token}).encode()
    assert callback.parse(body).token == str(token)


@thoroughly
@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(value):
    once = text.clean_text(value)
    _assert_storable(once)
    assert text.clean_text(once) == once
    assert "\r" not in once
    line = text.clean_line(value)
    assert line == line.strip() and "\n" not in line
    assert text.clean_line(line) == line


@thoroughly
@given(ANY_TEXT | st.text(st.sampled_from("a <>&\"'/:.htps\n*_~`")))
def test_html_holds_nothing_that_acts(value):
    root = _html(text.clean_text(value))
    tags = {node.tag for node in root.iter()} - {"div"}
    assert tags <= {"a", "b", "br", "code", "i", "pre", "s"}
    for node in root.iter():
        assert set(node.attrib) <= {"href", "target", "rel"}
        assert node.get("href", "https://").lower().startswith(("http://", "https://"))


@thoroughly
@given(UNMARKED)
@example("\ufffe")
@example("a\uffffb")
def test_html_shows_exactly_what_was_written(value):
    said = text.clean_text(value)
    assert "".join(_pieces(_html(said))) == said


def _html(said):
    return lxml_html.fragment_fromstring(f"<div>{text.to_html(said)}</div>")


def _pieces(root):
    """:return: the texts of an element's content, a line feed for each break"""
    yield root.text or ""
    for node in root:
        yield "\n" if node.tag == "br" else node.text or ""
        yield node.tail or ""


@thoroughly
@given(st.text(st.sampled_from("<>/&; \n\"'=abpdivulhref-") | st.characters()))
def test_any_html_has_a_text(body):
    said = html_text.to_viber(text.clean_text(body))
    assert said == said.strip()
    assert "\n\n\n" not in said


@thoroughly
@given(SAID, st.integers(1, 40))
def test_shortened_text_fits(value, width):
    short = text.shorten(value, width)
    assert len(short) <= width
    assert "\n" not in short
    assert " ".join(value.split()).startswith(short.removesuffix("…"))


@thoroughly
@given(SAID, st.integers(2, 40))
def test_pieces_fit_and_lose_nothing_but_white_space(value, limit):
    pieces = split.split_text(value, limit)
    assert all(0 < split.utf16_length(piece) <= limit for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(value.split())


@thoroughly
@given(SAID)
def test_length_in_utf16_is_that_of_the_encoder(value):
    assert split.utf16_length(value) == len(value.encode("utf-16-le")) // 2


@thoroughly
@given(SAID, st.integers(1, 8000), st.text("aє🙁 ", max_size=60))
def test_every_payload_keeps_the_limits_of_viber(pattern, times, name):
    said = html_text.to_viber(str(text.to_html(text.clean_text(pattern)))) * times
    messages = payload.build(
        said[:20_000], receiver="x", sender=payload.Sender(name), tracking_data="vc1"
    )
    for message in messages:
        assert len(payload.encode(message)) <= const.PAYLOAD_MAX_BYTES
        assert split.utf16_length(message["text"]) <= const.TEXT_MAX_LENGTH
        assert len(message["sender"]["name"]) <= const.SENDER_NAME_MAX_LENGTH


EXTENSIONS = ["", ".png", ".JPG", ".mp4", ".pdf", ".exe", ".html"]
NAMES = st.text(st.sampled_from("aє🙁 ."), max_size=300).map(lambda name: f"a{name}")
FILES = st.builds(
    payload.OutgoingFile,
    name=st.builds("{}{}".format, NAMES, st.sampled_from(EXTENSIONS)),
    mimetype=st.sampled_from([*const.PICTURE_TYPES, const.VIDEO_TYPE, "text/html"]),
    size=st.integers(1, 60 * 1024 * 1024),
    url=st.just("https://example.com/a"),
).map(lambda file: replace(file, url=f"{file.url}{_suffix(file)}"))


def _suffix(file):
    """What our links to a file end with: the extension of what its bytes are."""
    known = {**const.PICTURE_TYPES, const.VIDEO_TYPE: ".mp4"}
    return known.get(file.mimetype) or PurePosixPath(file.name).suffix


@thoroughly
@given(SAID, NAMES, st.lists(FILES, max_size=3), NAMES)
def test_every_payload_is_taken_by_the_service(said, name, files, label):
    """With our keyboard below it, and as the stand-in knows the service's rules."""
    for message in payload.build(
        said,
        files,
        receiver="x",
        sender=payload.Sender(name, "https://example.com/face.png"),
        tracking_data="vc1",
        keyboard=keyboard.share_phone(label),
    ):
        check_message(json.loads(payload.encode(message)), Settings())


@thoroughly
@given(ANY_TEXT, IDS, IDS, st.tuples(MODELS, IDS))
def test_reference_leads_back_and_nowhere_else(secret, account, subscriber, place):
    secret = text.clean_text(secret) + "x"
    made = reference.make(secret, account, subscriber, *place)
    assert reference.read(made, secret, account, subscriber) == place
    assert reference.read(made, secret, account, subscriber + 1) is None
    assert reference.read(made, secret, account + 1, subscriber) is None
    assert reference.read(made, secret + "x", account, subscriber) is None


@thoroughly
@given(
    ANY_TEXT
    | st.from_regex(r"vc(1|2\.[a-z.]*)\.[0-9a-zA-Z]*\.[0-9a-f]*", fullmatch=True)
)
def test_no_guess_is_a_reference(guess):
    assert reference.read(text.clean_line(guess), "secret", 1, 1) is None


@thoroughly
@given(st.binary(), st.binary(), st.text(min_size=1))
def test_signature_is_valid_for_its_body_alone(body, other, token):
    signed = signature.compute(body, token)
    assert signature.is_valid(body, signed, token)
    assert signature.is_valid(other, signed, token) == (other == body)


@thoroughly
@given(ANY_TEXT)
def test_no_guess_is_a_signature(guess):
    header = text.clean_text(guess)
    assert not signature.is_valid(b"{}", header, "token")
