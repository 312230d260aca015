"""Texts from outside: made clean, and shown in the chatter as HTML."""

import re
import unicodedata
from html import unescape

from markupsafe import Markup, escape

from .. import const
from .emoticons import to_emoji

# Characters that have no place in a text from outside: controls (but tab and line
# feed), the marks that turn the direction of what follows them, and the two that are no
# characters of XML.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufeff\ufffe\uffff]"
)
# Letters and signs by their category that show nothing: Hangul fillers, empty Braille.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
LINK = re.compile(r"""https?://[^\s<>"'`\x00]+""", re.IGNORECASE)
# An address of the web without its scheme: what stands in front of a colon there would
# be one, such as ``javascript:``.
_HOST_FIRST = re.compile(
    r"(?:[\w-]{1,63}\.){1,10}[^\W\d]{2,63}(?::\d{1,5})?(?:[/?#][^\s<>\"'`\x00]*)?"
)
_TAG = re.compile(r"<[^<>]*>")
# The characters that are marks on a letter before them, and are put in an order; in
# Unicode 17 none stands beyond these planes.
_COMBINING = "".join(filter(unicodedata.combining, map(chr, range(0x20000))))
# Those four that stand for two of them (Unicode, "non-starter decompositions").
_TWO_MARKS = {
    0x0344: "\u0308\u0301",
    0x0F73: "\u0f71\u0f72",
    0x0F75: "\u0f71\u0f74",
    0x0F81: "\u0f71\u0f80",
}
_MARKS_IN_A_ROW = re.compile(f"[{_COMBINING}]{{30}}(?=[{_COMBINING}])")
_GRAPHEME_JOINER = "\u034f"
_TAGS = ((r"\*", "b"), ("_", "i"), ("~", "s"))
# What some client may take for formatting: an opening mark at the start of a word, a
# closing one at the end.
MARKS = [
    re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]*\S){mark}(?![\w{mark}])")
    for mark, _tag in _TAGS
]
# What is formatting (DV "Text formatting"): behind the closing mark is a blank, or the
# end. The opening one is at the start of a word, too, so that paths, formulas and faces
# keep theirs. Marks may stand within others.
_FORMATTING = [
    (
        re.compile(
            # A quotation mark is escaped by now.
            rf"(?:(?<![^\s*_~(\[{{«„“¿¡])|(?<=&#3[49];))(?<!{mark})"
            rf"{mark}(?=\S)([^{mark}\n]*\S){mark}"
            rf"(?!{mark})(?=[*_~]{{0,2}}(?:\s|\Z))"
        ),
        tag,
    )
    for mark, tag in _TAGS
]
_CODE_BLOCK = re.compile("```(.+?)```", re.DOTALL)
_KEPT = re.compile("\x00(\\d+)\x00")
# Odoo takes what follows such a line for the signature of an e-mail, and folds it up.
_DASHES = re.compile(r"(\A|<code>)--(?=\s?\n)")
# Characters that end a sentence rather than a link.
_LINK_TAIL = ".,;:!?)]}»”…"


def clean_text(value, max_length=const.TEXT_MAX_LENGTH):
    """Make a text of what came from outside.

    :param value: anything; what is neither text nor a number becomes ``""``
    :param int | None max_length: characters that are looked at; the default holds
        every text that Viber's customers can write, ``None`` has no bound
    :return: text without control and direction marks, lines parted by ``\\n``, in
        Unicode's form NFC
    :rtype: str
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value)[:max_length].replace("\r\n", "\n").replace("\r", "\n")
    # A lone half of a surrogate pair fits into no UTF-8, so into no database.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _part_marks(_UNWANTED.sub("", text))
    return unicodedata.normalize("NFC", text)


def is_visible(text):
    """:return: whether anything of a text is seen, as of a name it should
    :rtype: bool
    """
    return any(
        unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS
        for character in text
    )


def clean_line(value, max_length=const.TEXT_MAX_LENGTH):
    """Like :func:`clean_text`, but one line without spaces around it.

    :rtype: str
    """
    return " ".join(clean_text(value, max_length).split())


def _part_marks(text):
    """Bound the number of marks on one letter, as in Unicode's "Stream-Safe Text
    Format" (UAX #15): to put n of them in order takes n² steps.

    :return: the text, an invisible joiner after each 30 marks in a row
    :rtype: str
    """
    return _MARKS_IN_A_ROW.sub(rf"\g<0>{_GRAPHEME_JOINER}", text.translate(_TWO_MARKS))


def shorten(text, width):
    """Cut a text at a word so that it fits, with an ellipsis where it was cut.

    :param str text: one line or several; white space is folded
    :param int width: characters that the result has at the most
    :rtype: str
    """
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    head, space, _tail = cut.rpartition(" ")
    # A cut in the middle of a very long word is better than nearly nothing.
    if space and len(head) > width // 2:
        cut = head
    return cut.rstrip() + "…"


def to_html(text):
    """Show a Viber text in the chatter: escaped, lines kept, links clickable, Viber's
    marks (DV "Text formatting") as formatting and its emoticon codes as emoji.

    :param str text: what the customer wrote, from :func:`clean_text`
    :rtype: Markup
    """
    kept = []

    def keep(html):
        # What is not to be looked at again hides behind a control character, of which
        # clean_text leaves none in a text.
        kept.append(html)
        return f"\x00{len(kept) - 1}\x00"

    text = _CODE_BLOCK.sub(
        lambda match: keep(Markup("<code>%s</code>") % match.group(1)), text
    )
    text = LINK.sub(lambda match: _keep_link(match.group(), keep), text)
    html = _format(str(escape(to_emoji(text))), _FORMATTING, keep)
    # What was kept may hold what was kept before it.
    while _KEPT.search(html):
        html = _KEPT.sub(lambda match: str(kept[int(match.group(1))]), html)
    html = _DASHES.sub(r"\1-<span>-</span>", html)
    return Markup(html.replace("\n", "<br/>"))


def link_to_html(link):
    """Show what is a link by its kind, whether or not it says how to get there.

    :param str link: from outside; what is no address of the web stays a text
    :rtype: Markup
    """
    if _HOST_FIRST.fullmatch(link):
        return _anchor(f"https://{link}", link)
    return to_html(link)


def to_plain(text):
    """Show a Viber text where nothing can be formatted: emoji, and no marks.

    :param str text: what the customer wrote, from :func:`clean_text`
    :rtype: str
    """
    return unescape(_TAG.sub("", str(to_html(text)).replace("<br/>", "\n")))


def _format(html, marks, keep):
    """Put tags for marks; each pair is kept as a whole, so that none of the next kind
    begins inside of it and ends outside."""
    for index, (pattern, tag) in enumerate(marks, start=1):
        html = pattern.sub(
            lambda match, tag=tag, rest=marks[index:]: keep(
                f"<{tag}>{_format(match.group(1), rest, keep)}</{tag}>"
            ),
            html,
        )
    return html


def _keep_link(link, keep):
    url = link.rstrip(_LINK_TAIL)
    return keep(_anchor(url, url)) + link[len(url) :]


def _anchor(url, text):
    html = Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>')
    return html % (url, text)
