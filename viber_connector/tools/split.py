"""Cutting a long text into pieces that one message can hold."""

import re
import unicodedata
from itertools import takewhile

from .. import const

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
# So much after a cut tells whether a link, or an emoji, goes on there.
_LOOK_AHEAD = len("https://a")
_JOINER = "\u200d"
# How far back a cut may move to spare an emoji: the longest have ten characters.
_EMOJI_MAX_LENGTH = 16


def split_text(text, limit=const.TEXT_MAX_LENGTH):
    """Cut a text at a paragraph, line, sentence or word; never inside a link or an
    emoji that fits into a piece.

    :param str text: any text; empty makes no piece
    :param int limit: length of a piece at the most, in UTF-16 units (Viber does not
        say what it counts; these are never fewer than the characters)
    :rtype: list[str]
    """
    pieces, start, text = [], 0, text.strip()
    while start < len(text):
        # To look at the whole rest for each piece would take n² steps.
        rest = text[start : start + limit + _LOOK_AHEAD]
        end = len(rest) if utf16_length(rest) <= limit else _cut_position(rest, limit)
        pieces.append(rest[:end].rstrip())
        start += end
        while start < len(text) and text[start].isspace():
            start += 1
    return pieces


def utf16_length(text):
    """:return: the number of UTF-16 units of a text
    :rtype: int
    """
    return len(text) + sum(character > "\uffff" for character in text)


def _cut_position(text, limit):
    """:return: the latest good place to cut that fits"""
    # Half of an emoji at the end of what fits is left to the next piece.
    units = text.encode("utf-16-le")[: 2 * limit]
    window = units.decode("utf-16-le", "ignore")
    for mark in ("\n\n", "\n", ". ", "! ", "? ", " "):
        position = window.rfind(mark)
        # Not so early that the first piece is nearly empty.
        if position > len(window) // 2:
            return position + len(mark)
    return _spare_emoji(text, _spare_link(text, len(window)))


def _spare_link(text, end):
    """Move a cut before the link that it is in, unless nothing would be left."""
    for match in _LINK.finditer(text):
        if match.start() >= end:
            break
        if match.end() > end and match.start():
            return match.start()
    return end


def _spare_emoji(text, end):
    """Move a cut before the emoji, or letter with accents, that it is in."""
    for position in range(end, max(end - _EMOJI_MAX_LENGTH, 0), -1):
        if not _belongs_together(text, position):
            return position
    return end


def _belongs_together(text, position):
    """:return: whether the character at a position continues the one before"""
    if position >= len(text):
        return False
    before, after = text[position - 1], text[position]
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Me"):
        return True
    # Skin tones, the tags of some flags, and the pairs that other flags are.
    return (
        "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
        or (_is_flag_letter(after) and _is_within_flag(text[:position]))
    )


def _is_within_flag(before):
    """:return: whether a text ends with an odd number of letters of flags"""
    return sum(1 for _letter in takewhile(_is_flag_letter, reversed(before))) % 2 == 1


def _is_flag_letter(character):
    return "\U0001f1e6" <= character <= "\U0001f1ff"
