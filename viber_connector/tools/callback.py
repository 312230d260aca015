"""From the bytes of a callback to values. Nothing here raises on what Viber sends.

A field that is missing, or not of the type it should be, becomes an empty value;
unknown fields stay in the raw body, which the inbox keeps.
"""

import datetime
import hashlib
import json
import re
from dataclasses import dataclass, field

from .. import const
from .text import clean_line, clean_text, shorten

#: The event type of a signed body that is no JSON object with an ``event``.
UNREADABLE = "unreadable"

_TOKEN_MAX_LENGTH = 64
_USER_ID_MAX_LENGTH = 128
#: By BCP 47, as ``uk`` or ``uk-UA``, and by ISO 3166-1 alpha-2.
_LANGUAGE, _COUNTRY = re.compile("[A-Za-z0-9_-]{2,35}"), re.compile("[A-Za-z]{2}")
#: Viber opened its Bot API in 2016; what claims to be older has no clock.
_OLDEST = datetime.datetime(2016, 1, 1)


@dataclass(frozen=True)
class ViberUser:
    """Who wrote, as Viber tells it; every value may be an empty string.

    ``api_version`` is the level of the customer's client, 0 when not told.
    """

    id: str = ""
    name: str = ""
    avatar: str = ""
    language: str = ""
    country: str = ""
    api_version: int = 0


@dataclass(frozen=True)
class Message:
    """What a customer sent; only ``type`` is sure to have a value."""

    type: str = "unknown"
    text: str = ""
    media: str = ""
    tracking_data: str = ""
    #: the message object as it came
    raw: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Callback:
    """One callback: its envelope, and the parts that some events have.

    ``date`` is naive UTC with milliseconds, ``None`` when there is no sane one.
    ``token`` is never empty: a body without one is known by its hash.
    """

    event: str
    token: str
    user_id: str
    date: datetime.datetime | None
    user: ViberUser | None = None
    message: Message | None = None
    #: why the customer's client refused a message (event ``failed``)
    description: str = ""
    #: of the deep link that opened the chat; anybody can make one up
    context: str = ""
    #: whether who opened the chat gets our messages already
    is_subscribed: bool = False


def parse(body):
    """Read a callback.

    :param bytes | str body: the body as it came, or as the inbox kept it
        (:func:`to_text`); both read alike
    :rtype: Callback
    """
    text = body if isinstance(body, str) else to_text(body)
    data = _load(text)
    event = clean_line(data.get("event"))[:_TOKEN_MAX_LENGTH] or UNREADABLE
    user = _user(data.get("user") or data.get("sender"))
    message = data.get("message")
    return Callback(
        event=event,
        token=_token(data.get("message_token")) or _digest(text),
        user_id=_identifier(data.get("user_id")) or (user.id if user else ""),
        date=_date(data.get("timestamp")),
        user=user,
        message=_message(message) if event == "message" else None,
        description=_reason(data.get("desc")),
        context=clean_line(data.get("context")),
        is_subscribed=data.get("subscribed") is True,
    )


def to_text(body):
    """Make a text that the database can keep, and that loses nothing.

    :param bytes body: a body as it came; what is no UTF-8 stays readable
    :rtype: str
    """
    # PostgreSQL's text knows no NUL.
    return body.decode(errors="backslashreplace").replace("\x00", "\\x00")


def avatar(user):
    """:return: address of a customer's own picture, or ``""``
    :param ViberUser | None user: of a callback
    :rtype: str
    """
    if not user or const.PLACEHOLDER_AVATAR in user.avatar:
        return ""
    return user.avatar


def _load(text):
    """Decode a body; what is no JSON object becomes an empty one."""
    try:
        data = json.loads(text)
    # Besides bad JSON (a ValueError): too deep nesting, and numbers too long for int().
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _user(value):
    if not isinstance(value, dict):
        return None
    version = value.get("api_version")
    return ViberUser(
        id=_identifier(value.get("id")),
        name=shorten(clean_line(value.get("name")), const.CONTACT_NAME_MAX_LENGTH),
        avatar=clean_line(value.get("avatar")),
        language=_code(value.get("language"), _LANGUAGE),
        country=_code(value.get("country"), _COUNTRY),
        api_version=version if type(version) is int else 0,
    )


def _code(value, pattern):
    code = clean_line(value)
    return code if pattern.fullmatch(code) else ""


def _message(value):
    # Some other client's message may be the bare text, or several.
    raw = {"text": value} if isinstance(value, (str, list)) else value
    raw = raw if isinstance(raw, dict) else {}
    return Message(
        type=clean_line(raw.get("type")) or "unknown",
        text=clean_text(raw.get("text")),
        media=clean_line(raw.get("media")),
        tracking_data=clean_line(raw.get("tracking_data")),
        raw=raw,
    )


def _reason(value):
    """A reason in one line: whole, unless it is longer than any that says something."""
    width = const.REASON_MAX_LENGTH
    return shorten(clean_line(value, width + 1), width)


def _identifier(value):
    """A user id as we keep it; one that no key could hold is none."""
    text = clean_line(value)
    return text if len(text) <= _USER_ID_MAX_LENGTH else ""


def _token(value):
    """A message token as text: a 64-bit number must never pass through a float."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    text = clean_line(str(value))
    return text if len(text) <= _TOKEN_MAX_LENGTH else ""


def _digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def _date(value):
    """Unix milliseconds as a naive UTC datetime, or ``None`` when out of all reason."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        date = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=value)
    except (OverflowError, ValueError):
        return None
    return date if date > _OLDEST else None
