"""What comes from outside costs no more than its size.

Each function of the functional core that reads outside bytes gets texts of each kind
that may mean ill, short ones and eight times as long ones: the time may grow with the
size, not with its square. A function that is new fails here until it has its entry.
"""

import contextlib
import importlib
import inspect
import json
import pkgutil
import sys
import types
from pathlib import Path

import pytest

from .support.growth import (
    BODIES,
    BYTES,
    GROWTH_MAX,
    LONE_SURROGATES,
    NAMES,
    TAGS,
    TEXTS,
    fill,
    growth,
    nest,
    wrap,
)

ADDON = Path(__file__).parents[1] / "viber_connector"
CORE = "viber_connector_growth"


def _load():
    """Import the addon's ``tools`` past its ``__init__``, which needs Odoo.

    :return: the modules (a name space), by their names
    """
    core = types.ModuleType(CORE)
    core.__path__ = [str(ADDON)]
    sys.modules[CORE] = core
    tools = importlib.import_module(f"{CORE}.tools")
    names = [module.name for module in pkgutil.iter_modules(tools.__path__)]
    return types.SimpleNamespace(
        **{name: importlib.import_module(f"{tools.__name__}.{name}") for name in names}
    )


tools = _load()
ANY_TEXTS = TEXTS + LONE_SURROGATES
HTML = TEXTS + TAGS
#: Lines that may begin the history of an e-mail.
MAILS = [
    *("From: a\n", "From: a", "From: a\nTo: b\n", "\nFrom:\n\n\n", "To: a\n", "> a\n"),
    *(
        "On 1 a\n",
        "On 1.1.2026 11:11 a@b.c\n",
        "a wrote:\n",
        "a wrote: ",
        "-----",
        "--\n",
    ),
    *(
        "\x13\n",
        "\x14\n",
        "<blockquote data-o-mail-quote='1'>",
        "<p data-o-mail-quote=1>",
    ),
]


def _everywhere(text, size):
    """:return: a callback that has a text wherever it can have one"""
    text = fill(text, size // 8)
    user = {"id": text, "name": text, "avatar": text, "language": text, "country": text}
    message = {"type": text, "text": text, "media": text, "tracking_data": text}
    data = {"event": "message", "message_token": text, "user": user, "desc": text}
    return json.dumps(data | {"message": message}).encode()


def _message(kind):
    """:return: what makes a message of a kind that has a text everywhere"""

    def make(unit, size):
        text = fill(unit, size)
        contact = {"name": text, "phone_number": text}
        place = {"lat": text, "lon": text}
        raw = {"contact": contact, "location": place, "file_name": text}
        return tools.callback.Message(kind, text, text, text, raw)

    return make


def _nameless(unit, size):
    media = f"https://a/{fill(unit, size)}"
    return tools.callback.Message("picture", media=media)


def _find_words(raw):
    for kind in ("text", "poll", "rich_media"):
        message = tools.callback.Message(kind, raw=raw)
        tools.words.find_words(message)


def _nested_picture(name, size):
    return '<img src="/web/image/1">' + nest(f"<{name}>", size)


def _build(text):
    file = tools.payload.OutgoingFile(text, "application/zip", 1, "https://a/a")
    sender = tools.payload.Sender(text)
    tools.payload.build(text, [file], receiver="a", sender=sender)


def _fetch(url):
    # From no plain address of the world is anything fetched.
    error = tools.media.try_fetch(url, max_bytes=1, seconds=1)
    assert error.reason == "forbidden"
    with pytest.raises(tools.media.MediaError):
        tools.media.fetch(url, max_bytes=1, seconds=1)


def _mail(body):
    tools.html_text.to_viber(body, is_email=True)


class _Answer:
    """An answer of Viber's, as :mod:`requests` gives it."""

    status_code = 200

    def __init__(self, content):
        self._content = content

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def iter_content(self, size):
        for start in range(0, len(self._content), size):
            yield self._content[start : start + size]


def _call_api(content):
    session = types.SimpleNamespace(post=lambda *_args, **_options: _Answer(content))
    api = tools.viber_api.ViberApi("token", "https://a", session)
    for call in (api.get_account_info, lambda: api.send_message({})):
        with contextlib.suppress(tools.errors.ViberError):
            call()
    with contextlib.suppress(tools.errors.ViberError):
        api.set_webhook("")


#: How each function is called with what, and from which units what is made.
TABLE = {
    "address.is_public_https": [
        (tools.address.is_public_https, wrap("https://", ""), ANY_TEXTS),
        (tools.address.is_public_https, wrap("https://[", "]"), ANY_TEXTS),
    ],
    "address.is_loopback": [
        (tools.address.is_loopback, wrap("http://", ":1"), ANY_TEXTS),
    ],
    "address.is_base": [(tools.address.is_base, wrap("https://", ""), ANY_TEXTS)],
    "address.origin": [(tools.address.origin, wrap("http://", ":1"), ANY_TEXTS)],
    "address.deep_link": [
        (lambda text: tools.address.deep_link(text, text), fill, TEXTS)
    ],
    "callback.parse": [
        (tools.callback.parse, fill, BODIES),
        (tools.callback.parse, wrap(b'{"event":"message","message":', b"}"), BODIES),
        (tools.callback.parse, wrap(b'{"timestamp":', b"}"), BODIES),
        (tools.callback.parse, _everywhere, ANY_TEXTS),
    ],
    "callback.to_text": [(tools.callback.to_text, fill, BODIES)],
    "callback.avatar": [
        (
            lambda text: tools.callback.avatar(tools.callback.ViberUser(avatar=text)),
            fill,
            TEXTS,
        )
    ],
    "content.read": [
        (tools.content.read, make, TEXTS)
        for make in (
            *map(_message, ("text", "url", "file", "contact", "location", "poll")),
            _nameless,
        )
    ],
    "content.safe_file_name": [(tools.content.safe_file_name, fill, ANY_TEXTS)],
    "emoticons.to_emoji": [(tools.emoticons.to_emoji, fill, TEXTS)],
    "history.mark": [
        (_mail, fill, HTML),
        (_mail, nest, [f"<{name}>" for name in NAMES]),
        (_mail, wrap("<pre>", "</pre>"), HTML + MAILS),
        (_mail, wrap('<p style="', '">a</p>'), TEXTS + ["border-top:solid"]),
    ],
    "history.new_lines": [
        (lambda text: tools.history.new_lines(text.split("\n")), fill, TEXTS + MAILS)
    ],
    "html_text.to_viber": [
        (tools.html_text.to_viber, fill, HTML),
        (tools.html_text.to_viber, nest, [f"<{name}>" for name in NAMES]),
        (tools.html_text.to_viber, wrap("<b>", "</b>"), HTML),
        (tools.html_text.to_viber, wrap("access_token=", ""), ["/web/image/1?", "a&"]),
        (tools.html_text.to_viber, wrap("<pre>", "</pre>"), HTML),
        (tools.html_text.to_viber, wrap("<ul><li>" * 99, ""), HTML),
        (tools.html_text.to_viber, wrap("<blockquote>" * 99, ""), HTML),
        (tools.html_text.to_viber, wrap('<a href="', '!">a</a>'), TEXTS),
        (tools.html_text.to_viber, wrap('<a href="http://', '!">a</a>'), TEXTS),
        (tools.html_text.to_viber, wrap('<p class="', '" style=" ">a</p>'), TEXTS),
    ],
    "html_text.without_tokens": [
        (tools.html_text.without_tokens, wrap("/web/ access_token=", ""), TEXTS),
        (tools.html_text.without_tokens, fill, ["/web/access_token=a"]),
    ],
    "html_text.attachment_ids": [
        (tools.html_text.attachment_ids, wrap('<img src="/web/image/1">', ""), HTML),
        (tools.html_text.attachment_ids, wrap('<img src="/web/image/', '">'), TEXTS),
        (tools.html_text.attachment_ids, _nested_picture, NAMES),
        (
            tools.html_text.attachment_ids,
            wrap('<img src="/web/image?', '">'),
            ["id=", "&", "model=", "&id=1"],
        ),
    ],
    "media.fetch": [(_fetch, wrap("http://example.com/", ""), ANY_TEXTS)],
    "media.try_fetch": [(_fetch, wrap("http://user@", ".viber.com"), ["a", "a."])],
    "payload.build": [(_build, fill, TEXTS)],
    "payload.build_welcome": [
        (
            lambda text: tools.payload.build_welcome(text, tools.payload.Sender(text)),
            wrap("a", ""),
            TEXTS,
        )
    ],
    "payload.encode": [
        (lambda text: tools.payload.encode({"text": text}), fill, TEXTS),
    ],
    "payload.file_kind": [
        (lambda text: tools.payload.file_kind(text, text, 1), fill, TEXTS),
    ],
    "payload.outgoing_kind": [
        (
            lambda text: tools.payload.outgoing_kind(
                tools.payload.OutgoingFile(text, text, 1, text)
            ),
            fill,
            TEXTS,
        )
    ],
    "phone.to_e164": [
        (lambda text: tools.phone.to_e164(text, "UA"), make, TEXTS)
        for make in (fill, wrap("+38067", ""), wrap("tel:+380;phone-context=", ";"))
    ],
    "reference.read": [
        (lambda text: tools.reference.read(text, "secret", 1, 1), make, TEXTS)
        for make in (fill, wrap("vc1.", ".a"), wrap("vc1.1.", ""))
    ],
    "signature.compute": [
        (lambda body: tools.signature.compute(body, "token"), fill, BYTES)
    ],
    "signature.is_valid": [
        (
            lambda text: tools.signature.is_valid(text.encode(), text, "token"),
            fill,
            TEXTS,
        )
    ],
    "split.split_text": [(tools.split.split_text, fill, TEXTS)]
    + [(lambda text: tools.split.split_text(text, 40), fill, TEXTS)],
    "split.utf16_length": [(tools.split.utf16_length, fill, ANY_TEXTS)],
    "text.clean_text": [
        (tools.text.clean_text, fill, ANY_TEXTS),
        (lambda text: tools.text.clean_text(text, None), fill, ANY_TEXTS),
    ],
    "text.clean_line": [
        (lambda text: tools.text.clean_line(text, None), fill, ANY_TEXTS),
    ],
    "text.is_visible": [(tools.text.is_visible, fill, ANY_TEXTS)],
    "text.shorten": [(lambda text: tools.text.shorten(text, 80), fill, ANY_TEXTS)],
    "text.to_html": [(tools.text.to_html, fill, TEXTS)],
    "text.to_plain": [(tools.text.to_plain, fill, TEXTS)],
    "text.link_to_html": [
        (tools.text.link_to_html, make, TEXTS) for make in (fill, wrap("a.", ".b"))
    ],
    "locale.language_name": [
        (lambda code: tools.locale.language_name(code, "en_US"), fill, NAMES)
    ],
    "title.complete": [
        (lambda text: tools.title.complete("", text), make, TEXTS)
        for make in (fill, wrap("Hi\n", ""))
    ],
    "title.says_something": [(tools.title.says_something, fill, TEXTS)],
    "words.find_words": [
        (lambda raw: _find_words({"text": raw}), fill, TEXTS),
        (lambda raw: _find_words({"x": list(raw)}), fill, TEXTS),
        (
            lambda raw: _find_words(dict.fromkeys(map(str, range(len(raw))), "\u200b")),
            fill,
            ["a"],
        ),
        (lambda raw: _find_words({raw: "a"}), fill, TEXTS),
    ],
    "viber_api.ViberApi.get_account_info": [
        (_call_api, fill, BODIES),
        (_call_api, wrap(b'{"status":', b"}"), BODIES),
        (_call_api, wrap(b'{"status":3,"status_message":"', b'"}'), BODIES),
        (_call_api, wrap(b'{"status":0,"message_token":"', b'"}'), BODIES),
    ],
}

#: Why others need none.
READS_NOTHING = {
    "address.is_public_ip": "an address that the name service gave",
    "content.file_url": "gives back one of two values",
    "errors.ViberError.detail": "what was cut before",
    "https_check.look": "an address of ours; of the answer a status and a short host",
    "landing.gone": "one of four languages",
    "landing.invitation": "what stands in an account and a link",
    "keyboard.find": "payloads that we made",
    "keyboard.share_phone": "a label of ours",
    "media.Downloads.is_busy": "reads no bytes; fetches by try_fetch",
    "media.Downloads.is_ready": "reads no bytes; fetches by try_fetch",
    "media.Downloads.result": "reads no bytes; fetches by try_fetch",
    "media.Downloads.shut_down": "reads no bytes; fetches by try_fetch",
    "media.Downloads.wait": "reads no bytes; fetches by try_fetch",
    "media.Downloads.want": "reads no bytes; fetches by try_fetch",
    "payload.degrade": "a payload that we made",
    "payload.replace_file": "a payload that we made",
    "qr.png": "addresses of ours",
    "qr.svg": "addresses of ours",
    "reference.make": "ids of ours",
    "status.find": "a number, looked up",
    "status.of": "an error of ours",
    "wire.Watchdog.time_left": "reads no bytes; has its bound by media.fetch",
    "wire.Watchdog.watch": "reads no bytes; has its bound by media.fetch",
    "wire.connect": "reads no bytes; in the entries of media.fetch",
    "viber_api.ViberApi.send_message": "in one entry with get_account_info",
    "viber_api.ViberApi.set_webhook": "in one entry with get_account_info",
}


def _public_functions():
    """:return: names of all that others can call in ``tools`` (set of str)"""
    found = set()
    for module_name, module in vars(tools).items():
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", "") != (
                module.__name__
            ):
                continue
            if inspect.isfunction(value):
                found.add(f"{module_name}.{name}")
            elif inspect.isclass(value):
                found |= {
                    f"{module_name}.{name}.{method}"
                    for method, member in vars(value).items()
                    if not method.startswith("_")
                    and (inspect.isroutine(member) or isinstance(member, property))
                }
    return found


def test_every_function_has_its_entry():
    assert _public_functions() == TABLE.keys() | READS_NOTHING.keys()
    assert not TABLE.keys() & READS_NOTHING.keys()


@pytest.mark.parametrize("name", TABLE)
def test_time_grows_with_the_size_at_the_most(name):
    grown = {}
    for number, (function, make, units) in enumerate(TABLE[name]):
        for unit in units:
            times = growth(function, make, unit)
            if times > GROWTH_MAX:
                grown[number, unit] = round(times)
    assert not grown


@pytest.mark.parametrize("power", [1, 2], ids=["once", "squared"])
def test_the_square_is_told_from_the_size(power):
    def work(text):
        for _step in range((len(text) // 16) ** power):
            pass

    # 512 steps take less than can be measured, the square of 4096 of them does not.
    assert (growth(work, fill, "a") > GROWTH_MAX) == (power == 2)
