"""What leaves for Viber: the HTML of a chatter message as text with Viber's marks."""

import re

from lxml import etree
from lxml import html as lxml_html

from . import history
from .text import LINK, MARKS, clean_text

_GUARDED = list(zip(MARKS, "*_~", strict=True))
_BLOCKS = frozenset(
    "address article aside dd div dl dt figure footer form header main nav section"
    " table".split()
)
# While a text is made, control characters stand for what will be marks.
_STYLE_MARKS = [("\x01", "\x02", "*"), ("\x03", "\x04", "_"), ("\x05", "\x06", "~")]
_BOLD, _ITALIC, _STRIKE = (pair[:2] for pair in _STYLE_MARKS)
# The edge of a block: a line break, unless there is one already.
_EDGE = "\x0b"
# What has to survive as it is: spaces and marks in code.
_VERBATIM = {ord(" "): "\x0e", ord("*"): "\x0f", ord("_"): "\x10", ord("~"): "\x11"}
_CODE = "\x12"
_VERBATIM_BACK = {ord(sign): code for code, sign in _VERBATIM.items()}
_VERBATIM_BACK[ord(_CODE)] = "```"
_INDENT = "\u2003"
_LINE_END = re.compile("\r\n|\r|\n")
# What may follow a closing mark: a space, or the mark of what is around.
_AFTER_MARK = " *_~\x02\x04\x06"
# Where a link leads that is worth telling: pages, mail boxes, telephones.
_ADDRESS = re.compile(r"https?://|[^\s@]+@[^\s@]+\.\w+$|\+?\d[\d ()-]+$", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_STYLES = {
    "b": _BOLD,
    "strong": _BOLD,
    "i": _ITALIC,
    "em": _ITALIC,
    "s": _STRIKE,
    "del": _STRIKE,
    "strike": _STRIKE,
}
# What undoes a style: the class in Odoo's editor, or the style.
_UNDONE = {
    _BOLD: ("fw-normal", re.compile(r"font-weight:(?:normal|[1-4]00)")),
    _ITALIC: ("fst-normal", re.compile(r"font-style:normal")),
}
_WHITE_SPACE = re.compile(r"(?:^|;)\s*white-space\s*:\s*([a-z-]+)", re.IGNORECASE)
# Its values that show line breaks as such; "inherit" changes nothing.
_LINE_KEEPERS = frozenset("pre pre-wrap pre-line break-spaces preserve".split())
# The icon of the editor's banner stands in front of what follows in a block.
_BANNER_ICON = "o_editor_banner_icon"
_JOIN = "\x16"
# Where attachments are, in the texts of Odoo's editor.
_OWN_FILE = re.compile(
    r"/web/(?:image|content)"
    r"(?:/(?:ir\.attachment/)?|\?(?![^#]*model=(?!ir\.attachment\b))(?:[^#]*&)?id=)"
    r"(\d{1,9})(?![^/?#&-])"
)
# The key to such a file, which Odoo puts into its address and which never ends.
_TOKEN = re.compile(r"\baccess_token=[\w%.~-]*&?")
# Sides of a picture that nobody is meant to see.
_UNSEEN_SIDES = ("0", "1", "0px", "1px")
# The composer's own containers for signature and answered message, and its marks.
_HIDDEN = frozenset(
    "o-signature-container o_mail_reply_container o-mail-Message-edited d-none".split()
)
# Each of these looks at all of its text again. What is nested deeper than people write
# is rendered without its form.
_FORMS = frozenset(_STYLES) | frozenset(
    "a blockquote h1 h2 h3 h4 h5 h6 li ol tr ul".split()
)
_FORMS_MAX_DEPTH = 24
_SKIPPED = frozenset("head meta script style title".split())


def to_viber(body, base_url="", is_email=False):
    """Make the text for Viber of a chatter message.

    Odoo's ``html2plaintext`` is not fit for it: it joins the lines of ``<div>``, adds
    foot notes for links and keeps quoted history.

    :param str body: HTML of a ``mail.message``
    :param str base_url: what relative links start from
    :param bool is_email: whether it came by e-mail, with the history below it
    :return: text with Viber's marks; empty when the message has none
    :rtype: str
    """
    if not body or not body.strip():
        return ""
    root = _parse(body)
    if is_email:
        # In comments what looks like history is what somebody has to say.
        history.mark(root)
    text = _render(root, base_url, is_email).replace("\xa0", " ")
    # A line break between two edges of blocks is an empty line, one at the end of a
    # block is nothing, as in a browser.
    text = re.sub(f"(?<!{_EDGE}){_EDGE}+\n{_EDGE}+", "\n\n", text)
    text = re.sub(f"{_JOIN}[\n {_EDGE}]*", " ", text)
    text = re.sub(f"\n?{_EDGE}+", "\n", text)
    lines = text.split("\n")
    if is_email:
        lines = history.new_lines(lines)
    text = "\n".join(_finish_line(line) for line in lines)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
    return without_tokens(text.translate(_VERBATIM_BACK))


def attachment_ids(body, base_url=""):
    """Find the files that are shown in the text of a chatter message.

    :param str body: HTML of a ``mail.message``
    :param str base_url: what links to our own files may begin with
    :return: ids of attachments, maybe of others or of none, in the order of the text
    :rtype: list[int]
    """
    if not body or "/web/" not in body:
        return []
    # All at once: an element that lxml frees before those inside of it costs a walk
    # through all around it.
    nodes = list(_parse(body).iter())
    links = [_fold(node.get("src") or node.get("href")).strip() for node in nodes]
    matches = [_OWN_FILE.match(link.removeprefix(base_url)) for link in links if link]
    return list(dict.fromkeys(int(match[1]) for match in matches if match))


def _parse(body):
    """:return: what of the HTML is for the customer
    :rtype: lxml.html.HtmlElement
    """
    # Without huge_tree what is nested deeper than 255 elements would be lost.
    parser = lxml_html.HTMLParser(huge_tree=True)
    try:
        root = lxml_html.fragment_fromstring(body, create_parent="div", parser=parser)
    except etree.ParserError:
        # There is no element in it, e.g. nothing but a document type.
        return lxml_html.Element("div")
    # None is freed before those inside of it (see attachment_ids).
    parents = [root]
    for parent in parents:
        _drop_hidden(parent)
        parents.extend(parent)
    return root


def _drop_hidden(parent):
    """Take out the children that are not for the customer; the texts around them stay.

    Like lxml's ``drop_tree`` for all at once: that copies the text before it each time.
    """
    last, texts = None, [parent.text]
    for child in list(parent):
        if not _is_hidden(child):
            _put_text(parent, last, texts)
            last, texts = child, [child.tail]
        else:
            texts.append(child.tail)
            parent.remove(child)
    _put_text(parent, last, texts)


def _put_text(parent, child, texts):
    """Write texts after a child; without one at the beginning of the parent."""
    if len(texts) == 1:
        return
    text = "".join(filter(None, texts))
    if child is None:
        parent.text = text
    else:
        child.tail = text


def _render(root, base_url, is_email):
    try:
        return "".join(_Renderer(base_url, is_email).render(root))
    except RecursionError:
        # Nested deeper than Python can call: its words without their form. Without
        # lines the history of an e-mail can't be told from them.
        return "" if is_email else _fold(root.text_content())


class _Renderer:
    """Walks through HTML. What will be a mark is a control character meanwhile."""

    def __init__(self, base_url, is_email):
        self._base_url = base_url
        self._is_email = is_email
        self._lists = []
        self._depth = 0
        self._keeps_lines = False

    def render(self, node):
        """Yield the pieces of text of an element, its tail left out."""
        outside = self._keeps_lines
        self._keeps_lines = self._is_line_keeper(node)
        if node.tag not in _FORMS:
            yield from self._render(node)
        elif self._depth >= _FORMS_MAX_DEPTH:
            yield from self._plain(node)
        else:
            self._depth += 1
            yield from self._render(node)
            self._depth -= 1
        self._keeps_lines = outside

    def _is_line_keeper(self, node):
        """:return: whether line breaks in the text of an element are shown"""
        values = _WHITE_SPACE.findall(node.get("style") or "")
        if values and values[-1].lower() != "inherit":
            return values[-1].lower() in _LINE_KEEPERS
        return self._keeps_lines or node.tag == "pre"

    def _render(self, node):
        if special := self._SPECIAL.get(node.tag):
            yield from special(self, node)
        elif style := _style(node):
            yield from self._styled(node, *style)
        elif _BANNER_ICON in _classes(node):
            yield from self._children(node)
            yield _JOIN
        elif node.tag in _BLOCKS:
            yield _EDGE
            yield from self._children(node)
            yield _EDGE
        else:
            yield from self._children(node)

    def _plain(self, node):
        edge = "" if node.tag == "a" or node.tag in _STYLES else _EDGE
        yield edge
        yield from self._children(node)
        yield edge

    def _children(self, node):
        yield self._text(node.text)
        for child in node:
            yield from self.render(child)
            yield self._text(child.tail)

    def _text(self, text):
        if not text or not self._keeps_lines:
            return _fold(text)
        return "\n".join(map(_fold, _LINE_END.split(text)))

    def _styled(self, node, opening, closing):
        # Line by line: Viber's marks end with the line.
        for piece in re.split(f"([\n{_EDGE}])", "".join(self._children(node))):
            yield f"{opening}{piece}{closing}" if piece.strip() else piece

    def _render_br(self, _node):
        yield "\n"

    def _render_hr(self, _node):
        yield f"{_EDGE}———{_EDGE}"

    def _render_img(self, node):
        url = _fold(node.get("src")).strip()
        sides = node.get("width"), node.get("height")
        is_outside = _WEB.match(url) and not self._is_own_file(url)
        if is_outside and not set(sides).issubset(_UNSEEN_SIDES):
            yield from self._link(_fold(node.get("alt")).strip(), url)
        else:
            yield _fold(node.get("alt"))

    def _is_own_file(self, url):
        """:return: whether an address is one of Odoo's own files: those travel as
        files where they may, and their address opens nothing for a customer
        """
        path = url.removeprefix(self._base_url) if self._base_url else url
        return path.startswith(("/web/image", "/web/content"))

    def _link(self, text, url):
        if not text or text in (url, url.rstrip("/")):
            yield url
        else:
            yield f"{text} ({url})"

    def _render_heading(self, node):
        yield _EDGE
        yield from self._styled(node, *_BOLD)
        yield _EDGE

    def _render_p(self, node):
        yield _EDGE
        yield from self._children(node)
        yield _EDGE
        # A paragraph stands apart from another.
        if getattr(node.getnext(), "tag", None) == "p":
            yield f"\n{_EDGE}"

    def _render_pre(self, node):
        yield _EDGE
        # Odoo puts a plain e-mail into one <pre>: its lines are a text.
        yield from self._children(node) if self._is_email else self._render_code(node)
        yield _EDGE

    def _render_code(self, node):
        code = clean_text(node.text_content(), None).strip("\n").translate(_VERBATIM)
        yield f"{_CODE}{code}{_CODE}"

    def _render_blockquote(self, node):
        lines = re.split(f"[\n{_EDGE}]+", "".join(self._children(node)))
        yield _EDGE + _EDGE.join(f"> {line}" for line in lines if line) + _EDGE

    def _render_ul(self, node):
        yield from self._list(node, ordered=False)

    def _render_ol(self, node):
        yield from self._list(node, ordered=True)

    def _list(self, node, ordered):
        self._lists.append(0 if ordered else None)
        yield _EDGE
        yield from self._children(node)
        self._lists.pop()
        yield _EDGE

    def _render_li(self, node):
        sign = "•"
        if self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            sign = f"{self._lists[-1]}."
        indent = _INDENT * max(len(self._lists) - 1, 0)
        text = "".join(self._children(node)).strip(f" \n{_EDGE}")
        yield f"{_EDGE}{indent}{sign} {text}{_EDGE}"

    def _render_marker(self, node):
        yield f"{_EDGE}{history.MARKERS[node.tag]}{_EDGE}"

    def _render_tr(self, node):
        cells = [
            "".join(self._children(cell)) for cell in node.iterchildren("td", "th")
        ]
        # A row of one cell is a matter of layout, e.g. in the templates of e-mails.
        if len(cells) > 1:
            cells = [" ".join(cell.replace(_EDGE, " ").split()) for cell in cells]
        yield f"{_EDGE}{' | '.join(cells)}{_EDGE}"

    def _render_a(self, node):
        text = "".join(self._children(node)).strip()
        url = _fold(node.get("href")).strip()
        if self._is_own_file(url):
            yield "" if self._is_own_file(text) else text
            return
        if url.startswith("/") and self._base_url:
            url = self._base_url + url
        url = url.removeprefix("mailto:").removeprefix("tel:")
        # A mention of a person or record shows its name, not an address inside Odoo.
        if node.get("data-oe-model") or not _ADDRESS.match(url):
            yield text
        else:
            yield from self._link(text, url)

    _SPECIAL = {
        "a": _render_a,
        "blockquote": _render_blockquote,
        "br": _render_br,
        "code": _render_code,
        **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _render_heading),
        "hr": _render_hr,
        "img": _render_img,
        "li": _render_li,
        "ol": _render_ol,
        "p": _render_p,
        "pre": _render_pre,
        "tr": _render_tr,
        "ul": _render_ul,
        **dict.fromkeys(history.MARKERS, _render_marker),
    }


def _fold(text):
    """Line breaks of the source are spaces in HTML; so are controls, here."""
    return re.sub(r"[\x00-\x20\x7f]+", " ", text) if text else ""


def _classes(node):
    return (node.get("class") or "").split()


def _css(node):
    return (node.get("style") or "").replace(" ", "").lower()


def _style(node):
    """:return: the control characters around an element's text; ``None`` without"""
    marks = _STYLES.get(node.tag)
    if marks in _UNDONE:
        undone, pattern = _UNDONE[marks]
        if undone in _classes(node) or pattern.search(_css(node)):
            return None
    return marks


def _is_hidden(node):
    """Signatures, the message that is answered, and marks of the editor are not for
    the customer."""
    if not isinstance(node.tag, str) or node.tag in _SKIPPED:
        return True
    style = _css(node)
    return (
        not _HIDDEN.isdisjoint(_classes(node))
        or "display:none" in style
        or "visibility:hidden" in style
    )


def without_tokens(text):
    """Take the keys out of addresses of Odoo's files, wherever they stand.

    :param str text: maybe with addresses in it, or one itself
    :rtype: str
    """
    if "access_token=" not in text:
        return text
    # The blanks stay as they are.
    words = re.split(r"(\s+)", text)
    return "".join(_TOKEN.sub("", word) if "/web/" in word else word for word in words)


def _guard_link(url):
    """Write an address so that Viber finds no formatting in it; it stays the same."""
    for pattern, mark in _GUARDED:
        if pattern.search(url):
            url = url.replace(mark, f"%{ord(mark):02X}")
    return url


def _guard_text(text):
    text = text.replace("```", "``` ")
    for pattern, mark in _GUARDED:
        text = pattern.sub(lambda match, mark=mark: f"{mark} {match.group()[1:]}", text)
    return text


def _guard_line(line):
    """Keep Viber from formatting what is meant as it stands."""
    pieces, end = [], 0
    for match in LINK.finditer(line):
        pieces += [_guard_text(line[end : match.start()]), _guard_link(match.group())]
        end = match.end()
    return "".join(pieces) + _guard_text(line[end:])


def _finish_line(line):
    """Turn the control characters of one line into Viber's marks.

    DV "Text formatting": a closing mark has to be followed by a space or the end of the
    line; a literal mark is guarded by a space on its inner side.
    """
    indent = line[: len(line) - len(line.lstrip(_INDENT))]
    line = indent + " ".join(line[len(indent) :].split())
    if not line:
        return line
    line = _guard_line(line)
    for opening, closing, mark in _STYLE_MARKS:
        line = _place_marks(line, opening, closing, mark)
    return line.strip(" ")


def _place_marks(line, opening, closing, mark):
    if opening not in line:
        return line.replace(closing, "")
    # <b>a</b><b>b</b> is one.
    line = line.replace(closing + opening, "")
    # Spaces belong outside, what follows at once inside.
    line = re.sub(f"{opening}( +)", rf"\1{opening}", line)
    line = re.sub(f"( +){closing}", rf"{closing}\1", line)
    line = re.sub(f"{closing}([.,;:!?…)\\]]+)", rf"\1{closing}", line)

    def place(match):
        before = line[match.start() - 1 : match.start()]
        after = line[match.end() : match.end() + 1]
        text = match.group(1)
        stands_alone = not before.isalnum() and (not after or after in _AFTER_MARK)
        if not text or not stands_alone or mark in text:
            return text
        return f"{mark}{text}{mark}"

    pair = re.compile(f"{opening}([^{opening}{closing}]*){closing}")
    line = pair.sub(place, line)
    return line.replace(opening, "").replace(closing, "")
