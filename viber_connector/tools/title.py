"""The name of a conversation, from what the customer writes."""

import re
from itertools import islice

from .text import LINK, MARKS, is_visible, to_plain

# Fewer letters than this say hello in most languages, and not what it is about.
_LETTERS_MIN = 16
# An order, an invoice, a serial number: that says enough.
_NUMBER = re.compile(r"\d{3}")
# Of one message; a poem in short lines is no title.
_LINES_MAX = 4
_FENCE = "```"


def says_something(title):
    """Tell whether a title says what a conversation is about. The rule knows no
    language: what is very short greets, or asks whether anybody is there.

    :param str title: one line
    :rtype: bool
    """
    is_long = sum(map(str.isalpha, title)) >= _LETTERS_MIN
    return is_long or bool(_NUMBER.search(title) or LINK.search(title))


def complete(title, text):
    """Take in the first lines of a text until a title says something.

    :param str title: what it is till now, maybe empty
    :param str text: what the customer wrote, from :func:`.text.clean_text`
    :return: the title, one line of any length; as it was when the text shows nothing
    :rtype: str
    """
    lines = map(_without_marks, to_plain(text).split("\n"))
    for line in islice(filter(is_visible, lines), _LINES_MAX):
        if says_something(title):
            break
        title = _join(title, line)
    return title


def _join(title, line):
    if not title:
        return line
    return f"{title} – {line}" if title[-1].isalnum() else f"{title} {line}"


def _without_marks(line):
    """Take off what is left of Viber's marks: Viber itself shows those before a comma.

    :rtype: str
    """
    line = " ".join(line.replace(_FENCE, "").split())
    # What an address holds is none.
    for mark in () if LINK.search(line) else MARKS:
        line = mark.sub(r"\1", line)
    return line
