"""From what is to be said to the JSON that Viber takes: one payload, one API call."""

import json
from dataclasses import dataclass

from .. import const
from .text import shorten


@dataclass(frozen=True)
class Sender:
    """Under whose name the customer sees a message."""

    name: str
    #: public address of a picture, or ""
    avatar: str = ""


def build(text, *, receiver, sender, tracking_data=""):
    """Build the payloads of one chatter message.

    :param str text: what to say
    :param str receiver: the customer's id at the bot
    :param Sender sender: whose name it carries
    :param str tracking_data: comes back with the customer's next messages
    :return: bodies for ``send_message`` in the order they are to be sent
    :rtype: list[dict]
    """
    base = {
        "receiver": receiver,
        "min_api_version": const.MIN_API_VERSION,
        "sender": _sender(sender),
    }
    if tracking_data:
        base["tracking_data"] = tracking_data
    return [base | {"type": "text", "text": part} for part in split_text(text)]


def build_welcome(text, sender):
    """Build what the answer to ``conversation_started`` may carry: a message without
    receiver (CH "Conversation started").

    :param str text: what to say
    :param Sender sender: whose name it carries
    :rtype: dict
    """
    [first, *_rest] = build(text, receiver="", sender=sender)
    del first["receiver"]
    return first


def _sender(sender):
    values = {"name": shorten(sender.name, const.SENDER_NAME_MAX_LENGTH)}
    if sender.avatar:
        values["avatar"] = sender.avatar
    return values


def split_text(text, limit=const.TEXT_MAX_LENGTH):
    """Cut a text into pieces that one message can hold.

    :param str text: any text; empty makes no piece
    :param int limit: length of a piece at the most, in UTF-16 units (Viber does not
        say what it counts; these are never fewer than the characters)
    :rtype: list[str]
    """
    pieces, text = [], text.strip()
    while utf16_length(text) > limit:
        end = _cut_position(text, limit)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    if text:
        pieces.append(text)
    return pieces


def utf16_length(text):
    """:return: the number of UTF-16 units of a text
    :rtype: int
    """
    return len(text) + sum(character > "\uffff" for character in text)


def _cut_position(text, limit):
    """Where to cut: at a paragraph, line, sentence or word, the latest that fits."""
    # Half of an emoji at the end of what fits is left to the next piece.
    units = text.encode("utf-16-le")[: 2 * limit]
    window = units.decode("utf-16-le", "ignore")
    for mark in ("\n\n", "\n", ". ", "! ", "? ", " "):
        position = window.rfind(mark)
        # Not so early that the first piece is nearly empty.
        if position > len(window) // 2:
            return position + len(mark)
    return len(window)


def encode(payload):
    """Encode a payload as it goes over the wire.

    Raw UTF-8: the escapes of :mod:`json` would make 6 bytes of each Cyrillic letter.

    :rtype: bytes
    """
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
