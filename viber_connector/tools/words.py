"""The words in a message, wherever they stand in it: what a person would understand."""

import html
import re

from .. import const
from .text import clean_text, is_visible

# Keys under which words stand, in messages of the kinds that are known.
_WORDY = {
    *("address", "alt_text", "answer", "answers", "caption", "comment", "description"),
    *("label", "name", "note", "option", "options", "organization", "question"),
    *("quote", "subtitle", "text", "title"),
}
# Keys whose values are for programs, also at the end of longer ones; in messages of a
# kind that nobody knows all others are taken for words.
_TECHNICAL = re.compile(
    r"(^|_)(action_body|action_type|align|avatar|color|colour|file_name|format|hash|"
    r"icon|ids?|image|key|lang|language|media|mime|mimetype|opacity|signature|size|"
    r"thumbnail|timestamp|token|tracking_data|type|udid|uuid|version|visibility)$"
)
# What a program has written: an identifier, a digest, bytes in Base64.
_NO_WORDS = re.compile(r"(?!https?://|www\.)[!-~]{41,}", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TAG = re.compile(r"<[^<>]*>")
_RICH = "rich_media"
_DEPTH_MAX = 8
_WORDS_MAX = 100


def find_words(message, but=()):
    """Find the words of a message, its own text first.

    :param Message message: of a callback
    :param but: words that are shown already (container of str)
    :return: texts, each once, no longer than a text of Viber's all together
    :rtype: list[str]
    """
    found = [message.text] if is_visible(message.text) else []
    seen = {_folded(text) for text in (*but, message.text)}
    room = const.TEXT_MAX_LENGTH - len(message.text)
    for raw, is_item in _walk(message.raw, _is_wordy(message)):
        if room <= 0 or len(found) >= _WORDS_MAX:
            break
        text = clean_text(_without_tags(raw) if message.type == _RICH else raw)[:room]
        if _folded(text) in seen or not is_visible(text) or _NO_WORDS.fullmatch(text):
            continue
        seen.add(_folded(text))
        found.append(f"• {text}" if is_item else text)
        room -= len(text)
    return found


def _folded(text):
    return " ".join(text.split())


def _is_wordy(message):
    """:return: tells whether words stand under a key
    :rtype: callable
    """
    if message.type in (*const.KNOWN_TYPES, _RICH):
        return _WORDY.__contains__
    return lambda key: not _TECHNICAL.search(key)


def _walk(value, is_wordy, key="", depth=0):
    """:return: the texts in a value as it came, and whether each is one of a list
    :rtype: iterator[tuple[str, bool]]
    """
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, dict):
        # The text of a message comes before what it is about.
        for name in sorted(value, key=lambda name: name not in ("text", "question")):
            snake = _CAMEL.sub("_", name).lower()
            if isinstance(value[name], (dict, list)) or is_wordy(snake):
                yield from _walk(value[name], is_wordy, snake, depth + 1)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                if not key or is_wordy(key):
                    yield item, True
            else:
                yield from _walk(item, is_wordy, key, depth + 1)
    elif isinstance(value, str):
        yield value, False


def _without_tags(text):
    """Buttons of rich media may hold a little HTML (CH "Keyboards")."""
    return html.unescape(_TAG.sub("", text))
