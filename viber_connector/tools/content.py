"""What a customer's message says: from its fields to HTML, files and a phone number.

Words are left to the models, which can translate; nothing here raises on what came.
"""

import math
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import vobject
from markupsafe import Markup

from .. import const
from .phone import to_e164
from .text import clean_line, is_visible, link_to_html, to_html
from .words import find_words

_FILE_NAME_MAX_LENGTH = 120
_MAP = "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"
# Not in a file name: separators, and what some file system or header stumbles over.
_UNSAFE = re.compile(r'[\\/:*?"<>|;\x00-\x1f\x7f]+')


@dataclass(frozen=True)
class Content:
    """What stands in the chatter.

    ``text`` is what may name a new conversation; ``file_url`` is to be fetched and kept
    under ``file_name`` (which may lack an extension); ``attachments`` are ready.
    """

    html: Markup = Markup()
    text: str = ""
    file_url: str = ""
    file_name: str = ""
    attachments: tuple[tuple[str, bytes], ...] = ()
    #: its number, when that is all there is of a sticker
    sticker: str = ""
    #: maybe the customer's own number: what they would send on the press of a button
    phone: str = ""
    #: as Viber calls it
    kind: str = ""


def read(message, country_code=""):
    """Read what a message says.

    :param Message message: of a callback
    :param str country_code: where national phone numbers belong
    :rtype: Content
    """
    reader = _READERS.get(message.type, _read_file)
    return replace(reader(message, country_code), kind=message.type)


def _with_words(content, message, but=()):
    """Put the words of a message below what stands for its kind.

    :param Content content: without words
    :param Message message: as it came
    :param but: what stands there already (container of str)
    :rtype: Content
    """
    words = find_words(message, but)
    lines = [content.html, *map(to_html, words)]
    return replace(
        content,
        html=Markup("<br/>").join(filter(None, lines)),
        text="\n".join(words) or content.text,
    )


def file_url(message):
    """:return: address of the file that came with a message, or ``""``
    :rtype: str
    """
    return "" if message.type in _READERS else message.media


def _read_text(message, _country_code):
    return _with_words(Content(), message)


def _read_url(message, _country_code):
    link = message.media
    return _with_words(Content(link_to_html(link), link), message, (link,))


def _read_file(message, _country_code):
    sticker = "" if message.media else clean_line(message.raw.get("sticker_id"))
    content = Content(
        file_url=message.media, file_name=_file_name(message), sticker=sticker
    )
    return _with_words(content, message)


def _read_location(message, _country_code):
    location = message.raw.get("location")
    values = location if isinstance(location, dict) else {}
    lat, lon = _coordinate(values.get("lat")), _coordinate(values.get("lon"))
    if lat is None or lon is None:
        return _with_words(Content(), message)
    place = f"{lat:.6f}, {lon:.6f}"
    html = Markup(
        '📍 <a href="%s" target="_blank" rel="noopener noreferrer">%s</a>'
    ) % (
        _MAP.format(lat=lat, lon=lon),
        place,
    )
    return _with_words(Content(html, f"📍 {place}"), message)


def _coordinate(value):
    """:return: a number of degrees; ``None`` when it is none"""
    try:
        degrees = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return degrees if math.isfinite(degrees) and abs(degrees) <= 180 else None


def _read_contact(message, country_code):
    contact = message.raw.get("contact")
    values = contact if isinstance(contact, dict) else {}
    name, number = (
        clean_line(values.get("name")),
        clean_line(values.get("phone_number")),
    )
    # A desktop client shares no number (docs/viber_bot_api.rst, "Quirks").
    valid = to_e164(number, country_code)
    number = valid or number
    line = ", ".join(part for part in (name, number) if part)
    if not is_visible(line):
        return _with_words(Content(), message)
    file_name = safe_file_name(name) or safe_file_name(number) or "contact"
    card = (f"{file_name}.vcf", _vcard(name or number, number))
    content = Content(Markup("👤 %s") % line, f"👤 {line}", attachments=(card,))
    # Only the answer to a share-phone button carries the text of that button (seen); a
    # contact that was attached by hand can be anyone's.
    if message.text == const.SHARE_PHONE_BODY:
        return replace(content, phone=valid)
    return _with_words(content, message, (name, clean_line(values.get("phone_number"))))


def _vcard(name, number):
    """:return: a vCard 3.0
    :rtype: bytes
    """
    card = vobject.vCard()
    card.add("fn").value = name
    card.add("n").value = vobject.vcard.Name(family=name)
    if number:
        card.add("tel").value = number
    return card.serialize().encode()


_READERS = {
    "text": _read_text,
    "url": _read_url,
    "location": _read_location,
    "contact": _read_contact,
}


def _file_name(message):
    """What to call a file: as the customer does, else as its address does."""
    given = clean_line(message.raw.get("file_name"))
    # Viber's literal for "has no name" (seen).
    if message.type == "sticker" or given in ("", "null"):
        sticker = clean_line(message.raw.get("sticker_id"))
        path = PurePosixPath(unquote(_url_path(message.media)))
        stem = f"sticker-{sticker}" if sticker else clean_line(message.type)
        given = stem + path.suffix
    name = safe_file_name(given)
    return name if is_visible(PurePosixPath(name).stem) else "file" + _suffix(name)


def _url_path(url):
    """:return: the path of an address, ``""`` when it is none
    :rtype: str
    """
    try:
        # The parser normalises a host: n² steps for what no address is.
        return urlsplit(url[: const.TEXT_MAX_LENGTH]).path
    except ValueError:
        return ""


def safe_file_name(name):
    """Make a name that is one: no path, nothing hidden, its extension kept.

    :param str name: from outside
    :rtype: str
    """
    name = _UNSAFE.sub("_", clean_line(name)).strip(" .")
    path = PurePosixPath(name)
    suffix = _suffix(name)
    return name[: len(name) - len(path.suffix)][:_FILE_NAME_MAX_LENGTH] + suffix


def _suffix(name):
    return PurePosixPath(name).suffix[:16]
