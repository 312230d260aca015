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
TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(SNIPPETS)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=6,
)


def _object(*names, **values):
    """:return: strategy for objects with some of these names, of any or given values"""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUE) | values)


TYPE = (
    st.sampled_from("text picture video file sticker contact url location".split())
    | VALUE
)
MESSAGE = _object(
    *("sticker_id", "size", "duration", "thumbnail"),
    type=TYPE,
    text=TEXT | VALUE,
    media=TEXT | VALUE,
    file_name=TEXT | VALUE,
    tracking_data=TEXT | VALUE,
    contact=_object("name", "phone_number", "avatar") | VALUE,
    location=_object("lat", "lon") | VALUE,
)
# Few customers: their number is none of what is tried here, and costs time.
CUSTOMER = st.sampled_from(["one", "two", "three"]) | VALUE
PERSON = _object(
    *("avatar", "language", "country", "api_version"), id=CUSTOMER, name=TEXT | VALUE
)
EVENT = st.sampled_from(
    "message message subscribed unsubscribed conversation_started seen delivered"
    " failed client_status".split()
)
CALLBACK = _object(
    *("timestamp", "message_token", "context", "desc", "subscribed", "silent"),
    event=EVENT | VALUE,
    user_id=CUSTOMER,
    sender=PERSON | VALUE,
    user=PERSON | VALUE,
    message=MESSAGE | VALUE,
)


def _encode(data, escaped):
    return json.dumps(data, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


BODY = st.binary() | st.builds(_encode, CALLBACK | VALUE, st.booleans())


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
