"""From what is to be said to the JSON that Viber takes: one payload, one API call."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from .. import const
from .split import split_text, utf16_length
from .text import shorten


@dataclass(frozen=True)
class Sender:
    """Under whose name the customer sees a message."""

    name: str
    #: public address of a picture, or ""
    avatar: str = ""


@dataclass(frozen=True)
class OutgoingFile:
    """A file that Viber, or the customer's phone, can fetch.

    ``mimetype`` is that of the bytes; ``url`` ends with the extension that fits it;
    ``is_too_big`` is a picture of which a smaller copy is made before it leaves.
    """

    name: str
    mimetype: str
    size: int
    url: str
    is_too_big: bool = False


def build(
    text,
    files=(),
    *,
    receiver,
    sender,
    tracking_data="",
    keyboard=None,
    prefix="",
):
    """Build the payloads of one chatter message: the text, then its files in order. A
    picture that comes first carries a short text as its caption.

    :param str text: what to say
    :param files: :class:`OutgoingFile` objects
    :param str receiver: the customer's id at the bot
    :param Sender sender: whose name it carries
    :param str tracking_data: comes back with the customer's next messages
    :param Keyboard | None keyboard: shown below the last of the messages
    :param str prefix: in front of each piece of the text, and of files without one:
        whose words they are
    :return: bodies for ``send_message`` in the order they are to be sent
    :rtype: list[dict]
    """
    contents = [_file(file) for file in files]
    caption = f"{prefix}{text}".rstrip()
    if contents and contents[0]["type"] == "picture" and _is_caption(caption):
        contents[0]["text"] = caption
    else:
        limit = const.TEXT_MAX_LENGTH - utf16_length(prefix)
        parts = split_text(text, limit) or ([""] if prefix and contents else [])
        texts = [{"type": "text", "text": f"{prefix}{part}".rstrip()} for part in parts]
        contents = texts + contents
    base = {
        "receiver": receiver,
        "min_api_version": const.MIN_API_VERSION,
        "sender": _sender(sender),
    }
    if tracking_data:
        base["tracking_data"] = tracking_data
    payloads = [base | content for content in contents]
    if keyboard and payloads:
        # Only the last message's is shown (docs/viber_bot_api.rst, "Keyboards").
        payloads[-1] |= {"keyboard": keyboard}
        payloads[-1]["min_api_version"] = const.KEYBOARD_API_VERSION
    return payloads


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


def replace_file(payload, file):
    """Put another file in the place of the one that a payload brings.

    :param dict payload: of a picture, from :func:`build`
    :param OutgoingFile file: the other
    :return: bodies for ``send_message``: one; or two, for only a picture carries a
        text, which else comes first
    :rtype: list[dict]
    """
    content = _file(file)
    base = {
        name: value
        for name, value in payload.items()
        if name not in ("type", "text", "media")
    }
    text = payload["text"]
    if content["type"] == "picture":
        return [base | content | {"text": text}]
    if not text:
        return [base | content]
    # Buttons stand below the last of them.
    first = {name: value for name, value in base.items() if name != "keyboard"}
    return [first | {"type": "text", "text": text}, base | content]


def degrade(payload):
    """Take away what an old client does not know (Viber's statuses 13 and 14).

    :param dict payload: that was refused
    :return: the same in its oldest form; ``None`` when it is that already
    :rtype: dict | None
    """
    plain = {name: value for name, value in payload.items() if name != "keyboard"}
    plain["min_api_version"] = const.MIN_API_VERSION
    return None if plain == payload else plain


def encode(payload):
    """Encode a payload as it goes over the wire.

    Raw UTF-8: the escapes of :mod:`json` would make 6 bytes of each Cyrillic letter.

    :rtype: bytes
    """
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def file_kind(name, mimetype, size):
    """Tell as what Viber takes a file (CH "Send message").

    :param str name: with its extension
    :param str mimetype: of the bytes
    :param int size: in bytes
    :return: ``picture``, ``video``, ``file``; ``""`` when it takes it as nothing
    :rtype: str
    """
    suffix = PurePosixPath(name).suffix.lower()
    if mimetype in const.PICTURE_TYPES and 0 < size <= const.PICTURE_MAX_BYTES:
        return "picture"
    if mimetype == const.VIDEO_TYPE and 0 < size <= const.VIDEO_MAX_BYTES:
        return "video"
    allowed = suffix and suffix[1:] not in const.FORBIDDEN_EXTENSIONS
    return "file" if allowed and 0 < size <= const.FILE_MAX_BYTES else ""


def outgoing_kind(file):
    """Tell as what a file leaves.

    :param OutgoingFile file: the file
    :return: ``picture``, ``video``, ``file`` or ``link``
    :rtype: str
    """
    if file.is_too_big:
        return "picture"
    return file_kind(file.name, file.mimetype, file.size) or "link"


def _file(file):
    """:return: the part of a payload that brings a file, or a link to it"""
    kind = outgoing_kind(file)
    if kind == "picture":
        return {"type": "picture", "text": "", "media": file.url}
    if kind == "video":
        return {"type": "video", "media": file.url, "size": file.size}
    if kind == "file":
        return {
            "type": "file",
            "media": file.url,
            "size": file.size,
            "file_name": _file_name(file.name),
        }
    return {"type": "text", "text": f"📎 {_file_name(file.name)}\n{file.url}"}


def _file_name(name):
    path = PurePosixPath(name)
    stem = path.name[: len(path.name) - len(path.suffix)]
    limit = const.FILE_NAME_MAX_LENGTH - utf16_length(path.suffix)
    # Half of an emoji at the end is left out.
    units = stem.encode("utf-16-le", "surrogatepass")[: 2 * limit]
    return units.decode("utf-16-le", "ignore") + path.suffix


def _is_caption(text):
    return utf16_length(text) <= const.CAPTION_MAX_LENGTH


def _sender(sender):
    limit = const.SENDER_NAME_MAX_LENGTH
    name = shorten(sender.name, limit)
    if utf16_length(name) > limit:
        name = split_text(name, limit - 1)[0] + "…"
    values = {"name": name}
    if sender.avatar:
        values["avatar"] = sender.avatar
    return values
