"""The name of a conversation, from what the customer writes."""

import re
from itertools import islice

from .text import LINK, MARKS, is_visible, to_plain

# Fewer letters than this say hello, or ask whether anybody is there.
_LETTERS_MIN = 6
# How people begin where Viber is at home, and where their neighbours live.
_GREETINGS = frozenset(
    " ".join(greeting.split())
    for greeting in """
    hello / hello there / good day / good morning / good afternoon / good evening /
    вітаю / вітаю вас / привіт / доброго дня / добрий день / добридень /
    доброго ранку / добрий ранок / доброго вечора / добрий вечір /
    здравствуйте / привет / добрый день / доброе утро / добрый вечер /
    здравей / здравейте / добър ден / добро утро / добър вечер /
    dzień dobry / dobry wieczór / bună ziua / bună seara / dobrý den / dobrý deň /
    guten tag / guten morgen / guten abend / bonjour / bonsoir / buongiorno /
    buenos días / buenas tardes / merhaba / günaydın / iyi günler / καλημέρα
    """.split("/")
)
# An order, an invoice, a serial number: that says enough.
_NUMBER = re.compile(r"\d{3}")
# Of one message; a poem in short lines is no title.
_LINES_MAX = 4
_FENCE = "```"


def says_something(title):
    """Tell whether a title says what a conversation is about: more than a greeting.

    :param str title: one line
    :rtype: bool
    """
    if _NUMBER.search(title) or LINK.search(title):
        return True
    letters = "".join(c if c.isalpha() else " " for c in title.casefold())
    words = " ".join(letters.split())
    return len(words.replace(" ", "")) >= _LETTERS_MIN and words not in _GREETINGS


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
