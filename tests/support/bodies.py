"""Bodies of callbacks as an attacker, or a broken Viber, could send them."""

import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SNIPPETS = [
    "<script>pwned('text')</script>",
    "\u202egnp.exe",
    "\x00\x1b[31m\x07",
    "*_~`" * 20,
    "```https://a/```b``` https://a/```code```b",
    "{{ 7 * 7 }} ${7*7} %s %(x)s {0}",
    "'; DROP TABLE viber_event; --",
    "https://" + "a" * 3000,
    "\ud83d",
    "👩‍👩‍👧‍👧" * 50,
    "../../etc/passwd",
    "vc1.1.0123456789abcdef",
]
TEXT = st.text(max_size=20) | st.sampled_from(SNIPPETS)
SCALAR = st.sampled_from([None, True, 0, -1, 2**70, 1e308, float("nan"), ""]) | TEXT
VALUE = (
    SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(TEXT, SCALAR, max_size=2)
)
# Where a text belongs, often one stands.
WORDS = TEXT | TEXT | VALUE


def _object(required=None, **optional):
    """:return: strategy for objects with these values, and some of the optional ones"""
    return st.fixed_dictionaries(required or {}, optional=optional)


KIND = "text picture video file sticker contact url location".split()
MESSAGE = _object(
    {"type": st.sampled_from(KIND) | WORDS},
    text=WORDS,
    media=WORDS,
    file_name=WORDS,
    tracking_data=WORDS,
    sticker_id=VALUE,
    contact=_object(name=WORDS, phone_number=WORDS) | VALUE,
    location=_object(lat=VALUE, lon=VALUE) | VALUE,
)
# Few customers: their number is none of what is tried here, and costs time.
PERSON = _object(
    {"id": st.sampled_from(["one", "two", "three", None, 7, True, [], {}, *SNIPPETS])},
    name=WORDS,
    avatar=WORDS,
    language=WORDS,
    country=WORDS,
)
EVENT = st.sampled_from(
    "message subscribed unsubscribed conversation_started seen delivered failed".split()
)
ENVELOPE = {"timestamp": VALUE, "message_token": VALUE, "silent": VALUE}
CALLBACK = _object(
    {"event": EVENT | WORDS},
    user_id=WORDS,
    user=PERSON | VALUE,
    sender=PERSON | VALUE,
    message=MESSAGE | VALUE,
    context=WORDS,
    desc=WORDS,
    **ENVELOPE,
)
WRITTEN = _object(
    {"event": st.just("message"), "sender": PERSON, "message": MESSAGE}, **ENVELOPE
)


def _encode(data, escaped):
    return json.dumps(data, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


BODY = st.binary() | st.builds(_encode, WRITTEN | CALLBACK | VALUE, st.booleans())


def generate(count):
    """Generate bodies, always the same ones.

    :param int count: how many
    :return: list of bytes
    """
    found = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(BODY)
    def collect(body):
        found.append(body)

    collect()
    return found


#: Bodies that a parser could choke on; all below the size limit.
INDIGESTIBLE = {
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 40_000,
    "deep message": b'{"event":"message","message":' + b"[" * 100_000,
    "closed depth": b'{"event":"message","sender":'
    + b'{"id":' * 20_000
    + b"1"
    + b"}" * 20_001,
    "long number": b'{"event":"message","message_token":' + b"9" * 200_000 + b"}",
    "long event": b'{"event":"' + b"e" * 200_000 + b'"}',
    "late date": b'{"event":"message","timestamp":1e308,"sender":{"id":"one"}}',
    "no number": b'{"event":"message","timestamp":NaN,"sender":{"id":"one"}}',
    "half emoji": rb'{"event":"message","sender":{"id":"one","name":"\ud83d"}}',
    "NUL": rb'{"event":"message","sender":{"id":"one","name":"a\u0000b"}}',
    "NUL bytes": b"\x00" * 1000,
    "UTF-16": '{"event":"message","sender":{"id":"one"}}'.encode("utf-16"),
    "nothing": b"",
}
