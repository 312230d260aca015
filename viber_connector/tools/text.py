"""Text between Viber and Odoo: plain text with Viber's marks <-> HTML."""

import re
import unicodedata

from lxml import html as lxml_html
from markupsafe import Markup, escape

from .emoticons import to_emoji

# Characters that have no place in a text from outside: controls (but tab and line
# feed), and the marks that turn the direction of what follows them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LINK = re.compile(r"""https?://[^\s<>"'`]+""", re.IGNORECASE)
# An opening mark stands at the start of a word, a closing one at the end.
_MARKS = [
    (
        re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]*\S){mark}(?![\w{mark}])"),
        tag,
    )
    for mark, tag in ((r"\*", "b"), ("_", "i"), ("~", "s"))
]
_CODE_BLOCK = re.compile("```(.+?)```", re.DOTALL)
_KEPT = re.compile("\x00(\\d+)\x00")
# Characters that end a sentence rather than a link.
_LINK_TAIL = ".,;:!?)]}»”…"

_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt figure footer form h1 h2 h3 h4 h5 h6"
    " header hr main nav ol p pre section table tr ul".split()
)
_SKIPPED = frozenset("head meta script style title".split())


def clean_text(value):
    """Make a text of what came from outside.

    :param value: anything; what is neither text nor a number becomes ``""``
    :return: text without control and direction marks, lines parted by ``\\n``
    :rtype: str
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    # A lone half of a surrogate pair fits into no UTF-8, so into no database.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text))


def clean_line(value):
    """Like :func:`clean_text`, but one line without spaces around it.

    :rtype: str
    """
    return " ".join(clean_text(value).split())


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
    text = _LINK.sub(lambda match: _keep_link(match.group(), keep), text)
    html = str(escape(to_emoji(text)))
    for pattern, tag in _MARKS:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    html = _KEPT.sub(lambda match: str(kept[int(match.group(1))]), html)
    return Markup(html.replace("\n", "<br/>"))


def _keep_link(link, keep):
    url = link.rstrip(_LINK_TAIL)
    html = Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>')
    return keep(html % (url, url)) + link[len(url) :]


def to_viber(body):
    """Make the text for Viber of a chatter message.

    Odoo's ``html2plaintext`` is not fit for it: it joins the lines of ``<div>``, adds
    foot notes for links and keeps quoted history.

    :param str body: HTML of a ``mail.message``
    :return: plain text; empty when the message has none
    :rtype: str
    """
    if not body or not body.strip():
        return ""
    root = lxml_html.fragment_fromstring(body, create_parent="div")
    text = "".join(_render(root)).replace("\xa0", " ")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _render(node):
    """Yield the pieces of text of an element, its tail left out."""
    if not isinstance(node.tag, str) or node.tag in _SKIPPED or _is_hidden(node):
        return
    if node.tag == "br":
        yield "\n"
        return
    if node.tag == "a":
        yield _render_link(node)
        return
    if node.tag == "img":
        yield node.get("alt") or ""
        return
    block = node.tag in _BLOCKS or node.tag == "li"
    if block:
        yield "\n"
    if node.tag == "li":
        yield "- "
    yield from _render_children(node)
    if block:
        yield "\n"


def _render_children(node):
    yield _fold(node.text)
    for child in node:
        yield from _render(child)
        yield _fold(child.tail)


def _fold(text):
    """Line breaks of the source are spaces in HTML."""
    return re.sub(r"\s+", " ", text) if text else ""


def _is_hidden(node):
    """Quoted history, signatures and marks of the editor are not for the customer."""
    classes = (node.get("class") or "").split()
    return (
        node.get("data-o-mail-quote") is not None
        or "o-signature-container" in classes
        or "o-mail-Message-edited" in classes
        or "d-none" in classes
    )


def _render_link(node):
    text = "".join(_render_children(node)).strip()
    url = node.get("href") or ""
    # A mention of a person or record shows its name, not an address inside Odoo.
    if node.get("data-oe-model") or not url.startswith(("http://", "https://")):
        return text
    if not text or text == url:
        return url
    return f"{text} ({url})"
