"""The bodies of callbacks, as dictionaries and as the bytes that travel."""

import hashlib
import hmac
import json
import random
import re

from .const import PLACEHOLDER_AVATAR, PLACEHOLDER_NAME

HOSTNAMES = ("SN-CHAT-03_", "SN-CALLBACK-04_", "SN-CALLBACK-21_", "SN-376_")
NON_ASCII = re.compile(r"[^\x00-\x7f]")


def user_object(user, chat, bot, avatar_url):
    """The ``user`` or ``sender`` of a callback.

    Name and avatar are placeholders unless the bot asked for them and the user allows
    it; a user without a picture has no ``avatar`` key.

    :param avatar_url: str or None
    """
    shown = {
        "id": chat.viber_id,
        "name": PLACEHOLDER_NAME,
        "avatar": PLACEHOLDER_AVATAR,
        "language": user.language,
        "country": user.country,
        "api_version": user.api_version,
    }
    if user.personalised and bot.send_name:
        shown["name"] = user.name
    if user.personalised and bot.send_photo:
        shown["avatar"] = avatar_url
    return {key: value for key, value in shown.items() if value is not None}


def complete(body, clock, tokens):
    """Add what all callbacks have, unless it is there.

    :param dict body: None for one of the common keys leaves that key out
    :return: dict with ``event``, ``timestamp``, ``chat_hostname``, ``message_token``
    """
    now = clock.now_ms()
    common = {
        "event": None,
        "timestamp": now,
        "chat_hostname": random.choice(HOSTNAMES),
        "message_token": tokens.new(now),
    }
    return {
        key: value
        for key, value in {**common, **body}.items()
        if value is not None or key not in common
    }


class Writer:
    """Turns bodies into bytes in the several ways in which the service does."""

    def __init__(self, settings):
        self._settings = settings
        self._escape_next = False

    def encode(self, body):
        """:param dict body: a callback's; :return: bytes, the JSON that is signed"""
        if random.random() < self._settings.omit_hostname:
            body = {key: body[key] for key in body if key != "chat_hostname"}
        if self._settings.shuffle_keys:
            body = _shuffled(body)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        if self._escape():
            text = NON_ASCII.sub(_escaped, text)
        # Unpaired surrogates cannot be UTF-8; a test that sends them means the bytes.
        return text.encode("utf-8", "surrogatepass")

    def _escape(self):
        if self._settings.escapes != "alternate":
            return self._settings.escapes == "escaped"
        self._escape_next = not self._escape_next
        return self._escape_next

    def header(self):
        """The name of the signature header in some upper and lower case."""
        name = "X-Viber-Content-Signature"
        case = self._settings.header_case
        if case == "random":
            return random.choice((name, name.lower(), name.upper()))
        return name.lower() if case == "lower" else name


def sign(token, body):
    """HMAC-SHA256 of the exact bytes under the API key, in lower-case hex."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def _shuffled(value):
    if not isinstance(value, dict):
        return value
    keys = random.sample(list(value), len(value))
    return {key: _shuffled(value[key]) for key in keys}


def _escaped(match):
    """One character as \\uXXXX, or two of them as a surrogate pair."""
    units = match.group().encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
