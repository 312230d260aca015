"""Where an e-mail stops saying something new: the heads, lines and containers that mail
programs put before the history of a conversation.

What HTML tells is marked first (:func:`mark`), what only the words tell is found in the
lines of the text (:func:`new_lines`). Odoo's own marks come from ``tag_quote`` of its
``odoo.tools.mail``; they leave out what has no class or id.
"""

import re

#: Tags that no HTML parser makes, and the line that each of them becomes.
MARKERS = {"QUOTE": "\x13", "REPLY": "\x14", "END": "\x15"}
_QUOTE, _REPLY, _END = MARKERS.values()

_ODOO_MARK = "data-o-mail-quote"
# Ids (or names) of what comes before, or around, all of the history: Outlook on the web
# and on phones, Outlook for Mac, Yahoo, Zimbra, Spark.
_END_IDS = re.compile(
    "divRplyFwdMsg|appendonsend|mail-editor-reference-message-container"
    "|OLK_SRC_BODY_SECTION|yahoo_quoted|zwchr|messageReplySection"
)
# The line above the head of Outlook for Windows; Word's own borders keep 1 pt.
_OUTLOOK_LINE = ("border-top:solid", "padding:3.0pt0")
# What browsers make of "indent more": the author's own words.
_INDENT = re.compile(r"margin:0(?:px)?0(?:px)?0(?:px)?40px")

_INVISIBLE = re.compile("[\x00-\x12\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_RULE = re.compile(r"[\s\-_=*‐–—―─]*")
# "-----Original Message-----" and what else stands alone above what is passed on.
_WORDS = "|".join(
    (
        r"original(?:\s|-)?(?:message|appointment|nachricht|e?-?mail)",
        r"(?:urspr(?:ü|ue)nglich\w*|weitergeleitet\w*)\s(?:nachricht|termin|mail)",
        r"(?:reply|forwarded|replied)\smessage",
        r"message\s(?:d.origine|original|initial|transf[ée]r[ée]|transmis)",
        r"(?:mensaje|mensagem|missatge|messaggio)\s\w+",
        r"(?:oorspronkelijk|doorgestuurd)\w*\sbericht|ursprungligt\smeddelande",
        r"opprinnelig\smelding|oprindelig\smeddelelse|alkuperäinen\sviesti",
        r"(?:wiadomość|vidarebefordrat|videresendt)\s\w+",
        r"(?:oryginalna|przekazana)\swiadomość|eredeti\süzenet|orijinal\s(?:ileti|mesaj)",
        r"(?:původní|přeposlaná)\szpráva|(?:pôvodná|preposlaná)\sspráva",
        r"mesaj\soriginal|mesajul\soriginal|izvorna\sporuka|originalna\sporuka",
        r"(?:исходное|пересылаемое|пересланное|перенаправленное|оригинальное)"
        r"\s(?:сообщение|письмо)",
        r"(?:оригінальн|початков|вихідн|переслан|перенаправлен)\w+"
        r"\s(?:повідомлення|лист)",
        r"оригинално\sсъобщение|препратено\sсъобщение|αρχικό\sμήνυμα",
        r"原始邮件|转发邮件|原始郵件|転送メッセージ|元のメッセージ",
    )
)
_SEPARATOR = re.compile(rf"[\-‐–—_=*]{{2,}}\s?(?:{_WORDS})\s?[\-‐–—_=*]{{2,}}", re.I)
_PASSED_ON = re.compile(
    r"(?:begin\sforwarded\smessage|anfang\sder\sweitergeleiteten\s\w+"
    r"|début\sdu\smessage\s(?:réexpédié|transféré)|inicio\sdel\smensaje\sreenviado"
    r"|inizio\smessaggio\sinoltrato|początek\sprzekazywanej\swiadomości"
    r"|начало\sпереадресованного\s\w+|початок\s(?:листа|переадрес)[\w\s,]*)\s?:$",
    re.I,
)

# The names of the lines of a head, by what they name.
_NAMES = {
    "sender": "from|von|de la|de|от кого|от|від кого|від|od|da|van|från|fra|lähettäjä"
    "|kimden|gönderen|feladó|από|发件人|寄件者|差出人|보낸 사람",
    "date": "sent|date|gesendet|datum|envoyé|enviado el|enviado em|enviada em|enviado"
    "|enviada|fecha|отправлено|дата|надіслано|відправлено|wysłano|wysłane|data|odesláno"
    "|odoslané|dátum|inviato|verzonden|skickat|sendt|dato|lähetetty|päiväys|gönderildi"
    "|tarih|trimis|elküldve|изпратено|στάλθηκε|ημερομηνία|发送时间|日期|送信日時|日付"
    "|보낸 날짜",
    "receiver": "to|an|à|a|para|кому|до|do|komu|aan|till|til|vastaanottaja|kime|către"
    "|címzett|προς|收件人|宛先|받는 사람",
    "copy": "cc|kopie|копия|копія|kopia|dw|kopi|kopio|抄送|참조",
    "subject": "subject|betreff|objet|asunto|assunto|тема|temat|předmět|predmet|oggetto"
    "|onderwerp|ämne|emne|aihe|konu|subiect|tárgy|относно|θέμα|主题|主旨|件名|제목",
}
_NAME = "|".join(f"(?P<{kind}>{names})" for kind, names in _NAMES.items())
_NAME_AT_START = re.compile(rf"[*_\s]*(?:{_NAME})[*_]*\s?[*_]*[:：]", re.I)
_NAME_ANYWHERE = re.compile(rf"(?:^|\s)[*_]*(?:{_NAME})[*_]*\s?[*_]*[:：]", re.I)
_NAMES_IN_A_HEAD = 3
# A long list of receivers goes on in lines that have no name.
_HEAD_MAX_LINES = 14
_UNNAMED_MAX_LINES = 3
_LINE_MAX_LENGTH = 1000

# What the lines say that name who wrote what follows, and when.
_ATTRIBUTION_MAX_LINES = 4
_ATTRIBUTION_MAX_LENGTH = 300
_VERB = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|a écrit|écrit|escribió|escreveu|ha scritto"
    r"|scrive|schreef|skrev|kirjoitti|pisze|napisał|napisała|napsal|napsala|napísal"
    r"|napísala|пише|пишет|писав|писала|писал|написав|написала|написал|написа"
    r"|a scris|írta|yazdı|έγραψε|je napisao|je napisala|rašė|rakstīja|kirjutas"
    r"|va escriure)\b|写道|寫道|のメッセージ|님이 작성|كتب|כתב",
    re.I,
)
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.\w")
# A preposition of time, a number, or a day of the week before one.
_OPENING = re.compile(
    r"\W*(?:\d|\w{1,20}[.,]{0,2}\s\d|(?:on|am|le|el|il|op|den|em|dnia|w dniu|dne|dňa"
    r"|la|a|στις|на|at|в|у|il giorno)\s)",
    re.I,
)
# A quoted line of this length was wrapped by the mail program.
_WRAPPED_LENGTH = 60


def mark(root):
    """Put markers in the place of what the HTML of an e-mail shows to be history.

    :param lxml.html.HtmlElement root: is changed
    """
    parents = [(root, False)]
    # None is freed before those inside of it: that costs lxml a walk.
    for parent, is_reply in parents:
        for child in list(parent):
            marker = _marker(child, is_reply)
            if marker in ("QUOTE", "END"):
                child.clear(keep_tail=True)
                child.tag = marker
                continue
            if child.tag == "blockquote":
                child.tag = "div"
            if marker == "REPLY":
                before = child.makeelement(marker)
                before.tail, child.text = child.text, None
                child.insert(0, before)
            parents.append((child, is_reply or marker == "REPLY"))


def _marker(node, is_reply):
    """:return: what an element is in an e-mail: one of the markers, or ``""``"""
    if not isinstance(node.tag, str):
        return ""
    style = "".join((node.get("style") or "").split()).lower()
    name = f"{node.get('id', '')} {node.get('name', '')}"
    if _END_IDS.search(name) or all(part in style for part in _OUTLOOK_LINE):
        return "END"
    if node.tag == "blockquote":
        is_indented = "border:none" in style and _INDENT.search(style)
        return "" if is_indented else "QUOTE"
    # All that is in a marked container is marked, answers between quotes as well.
    if is_reply or node.get(_ODOO_MARK) is None:
        return ""
    if node.find("blockquote") is not None:
        return "REPLY"
    # Quoted lines of plain text stay lines: what is broken of them is to be found.
    is_plain = node.getparent().tag == "pre" and (node.text or "").startswith("\n>")
    return "" if is_plain else "QUOTE"


def new_lines(lines):
    """Leave out the history of an e-mail.

    :param list[str] lines: of its text, markers among them
    :return: the lines that say something new
    :rtype: list[str]
    """
    return _Reader(lines).collect()


class _Reader:
    """Goes through the lines of an e-mail until its history begins."""

    def __init__(self, lines):
        self._lines = lines
        self._plain = [
            _INVISIBLE.sub("", line[:_LINE_MAX_LENGTH]).replace("\xa0", " ").strip()
            for line in lines
        ]
        # For each line the next one that is not empty.
        self._next = [len(lines)] * (len(lines) + 1)
        for position in range(len(lines) - 1, 0, -1):
            is_empty = not self._plain[position]
            self._next[position - 1] = self._next[position] if is_empty else position

    def collect(self):
        said, position, is_attribution = [], 0, False
        while position < len(self._lines):
            if self._is_end(position):
                return self._without_rules(said)
            plain = self._plain[position]
            length = self._attribution_length(position)
            if length and not self._is_quote(self._next[position + length - 1]):
                return self._without_rules(said)
            if plain == _REPLY:
                is_attribution = True
            elif self._is_quote(position):
                is_attribution = False
            elif not length and not is_attribution:
                said.append(self._lines[position])
            position += length or 1
        return said

    def _without_rules(self, said):
        """:return: the lines without the line that was drawn above the history"""
        while said and _RULE.fullmatch(_INVISIBLE.sub("", said[-1])):
            said.pop()
        return said

    def _line(self, position):
        return self._plain[position] if position < len(self._plain) else ""

    def _is_quote(self, position):
        plain = self._line(position)
        if plain.startswith((">", _QUOTE)):
            return True
        # The rest of a quoted line that was too long.
        before, after = self._line(position - 1), self._line(position + 1)
        return (
            bool(plain)
            and position > 0
            and before.startswith(">")
            and len(before) >= _WRAPPED_LENGTH
            and after.startswith(">")
        )

    def _is_end(self, position):
        plain = self._plain[position]
        return (
            _END in plain
            or bool(_SEPARATOR.match(plain) or _PASSED_ON.match(plain))
            or self._is_head(position)
        )

    def _is_head(self, position):
        """:return: whether the head of a message ("From: …") begins in a line"""
        first = _NAME_AT_START.match(self._plain[position])
        if not first or first.lastgroup != "sender":
            return False
        kinds, text, unnamed, start = set(), "", 0, position
        for _number in range(_HEAD_MAX_LINES):
            line = self._line(position)
            name = _NAME_AT_START.match(line)
            # It begins once more: that is another head.
            if position != start and name and name.lastgroup == "sender":
                return False
            unnamed += not name
            if unnamed > _UNNAMED_MAX_LINES:
                return False
            found = _NAME_ANYWHERE.finditer(line) if name else ()
            named = {match.lastgroup for match in found}
            kinds, text = kinds | named, f"{text} {line}"
            if _is_complete(kinds, text):
                return True
            if position >= len(self._lines):
                return False
            position = self._next[position]
        return False

    def _attribution_length(self, position):
        """:return: the number of lines in which is said who wrote what follows; 0 when
        they say something else"""
        first = self._plain[position]
        if not first:
            return 0
        opens = _OPENING.match(first) or _ADDRESS.search(first)
        may_go_on = opens and re.search(r"\d", first)
        lines = []
        for end in range(position, position + _ATTRIBUTION_MAX_LINES):
            line = self._line(end)
            lines.append(line)
            if not line or self._is_quote(end):
                return 0
            is_quote_next = self._is_quote(self._next[end])
            if _is_attribution(" ".join(lines), is_quote_next):
                # A line that opens nothing is left out of what is one without it.
                rest = " ".join(lines[1:])
                is_one = _OPENING.match(first) or not _is_attribution(rest, False)
                return len(lines) if is_one else 0
            if not may_go_on:
                return 0
        return 0


def _is_complete(kinds, text):
    has_address = bool(_ADDRESS.search(text))
    is_long = len(kinds) >= _NAMES_IN_A_HEAD and "sender" in kinds
    if not is_long:
        return False
    if "subject" in kinds:
        return has_address or "date" in kinds
    return has_address and "date" in kinds


def _is_attribution(text, is_quote_next):
    """:return: whether a text names who wrote the words that follow"""
    if len(text) > _ATTRIBUTION_MAX_LENGTH or not text.endswith((":", "：")):
        return False
    verb, address = _VERB.search(text), _ADDRESS.search(text)
    clock, date = _CLOCK.search(text), _DATE.search(text)
    if is_quote_next:
        return bool(verb or address or (clock and date))
    # Without a quote below it, it has to look as programs write it.
    if address:
        return bool(date and (clock or verb))
    return bool(verb and clock and date and _OPENING.match(text))
