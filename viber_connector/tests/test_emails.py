"""An agent answers by e-mail: the customer reads what is new in it, as text."""

import json
from email.message import EmailMessage

from odoo.tests import new_test_user

from .common import ViberCase

CALLED = "SECRET of the history"
ADDRESS = "olena@example.com"
NEW = "Good day Olena,\n\nit is done.\nPlease look."
#: Lines between the new text and the history in plain e-mails.
PLAIN_HEADS = {
    "Gmail": f"On Thu, Nov 26, 2026 at 11:57 AM Olena Koval <{ADDRESS}> wrote:\n",
    "Gmail, wrapped": (
        "On Thu, Nov 26, 2026 at 11:57 AM Olena Koval via Service desk <\n"
        f"{ADDRESS}> wrote:\n"
    ),
    "Gmail, wrapped twice": (
        "On Thu, Nov 26, 2026 at 11:57 AM\nOlena Koval via Service desk\n"
        f"<{ADDRESS}>\nwrote:\n"
    ),
    "Gmail, Ukrainian": (
        f"чт, 26 лист. 2026 р. о 11:57 Olena Koval <{ADDRESS}> пише:\n"
    ),
    "Gmail, Russian": f"чт, 26 нояб. 2026 г. в 11:57, Olena Koval <{ADDRESS}>:\n",
    "Gmail, German": (
        f"Am Do., 26. Nov. 2026 um 11:57 Uhr schrieb Olena Koval <{ADDRESS}>:\n"
    ),
    "Gmail, French": f"Le jeu. 26 nov. 2026 à 11:57, Olena <{ADDRESS}> a écrit :\n",
    "Gmail, Spanish": (
        f"El jue, 26 nov 2026 a las 11:57, Olena Koval (<{ADDRESS}>) escribió:\n"
    ),
    "Gmail, Polish": f"czw., 26 lis 2026 o 11:57 Olena <{ADDRESS}> napisał(a):\n",
    "Gmail, Turkish": (
        f"Olena Koval <{ADDRESS}>, 26 Kas 2026 Per, 11:57 tarihinde\nşunu yazdı:\n"
    ),
    "Gmail, Chinese": f"Olena <{ADDRESS}> 于2026年11月26日周四 11:57写道：\n",
    "Gmail, Hebrew": f"\u202bב-26 בנוב׳ 2026 ב-11:57 מאת Olena <{ADDRESS}>:\u202c\n",
    "mail.ru": f"Четверг, 26 ноября 2026, 11:57 +02:00 от Olena <{ADDRESS}>:\n",
    "Russian": "26.11.2026 11:57, Olena Koval написал(а):\n",
    "Apple Mail": f"On 26 Nov 2026, at 11:57, Olena Koval <{ADDRESS}> wrote:\n",
    "Thunderbird": "On 11/26/26 11:57, Olena Koval wrote:\n",
    "Roundcube": "On 2026-11-26 11:57, Olena Koval wrote:\n",
    "Roundcube, German": "Am 2026-11-26 11:57, schrieb Olena Koval:\n",
    "Proton": (
        f"On Thursday, November 26th, 2026 at 11:57 AM, Olena <{ADDRESS}> wrote:\n"
    ),
    "K-9": f"Am 26. November 2026 11:57:12 MEZ schrieb Olena <{ADDRESS}>:\n",
    "Outlook": (
        f"-----Original Message-----\nFrom: Olena Koval <{ADDRESS}> \n"
        "Sent: Thursday, November 26, 2026 11:57 AM\nTo: Service desk\n"
        "Subject: Re: printer\n"
    ),
    "Outlook, German": (
        f"-----Ursprüngliche Nachricht-----\nVon: Olena Koval <{ADDRESS}>\n"
        "Gesendet: Donnerstag, 26. November 2026 11:57\nAn: Service desk\n"
        "Betreff: AW: Drucker\n"
    ),
    "Outlook on the web": (
        f"________________________________\nFrom: Olena Koval <{ADDRESS}>\n"
        "Sent: Thursday, November 26, 2026 11:57 AM\nTo: Service desk\n"
        "Subject: Re: printer\n"
    ),
    "Outlook on the web, French": (
        f"________________________________\nDe : Olena Koval <{ADDRESS}>\n"
        "Envoyé : jeudi 26 novembre 2026 11:57\nÀ : Service desk\n"
        "Objet : Re: imprimante\n"
    ),
    "Exchange": (
        "From: Koval Olena\nSent: Thursday, November 26, 2026 11:57 AM\n"
        "To: Service desk; Petrenko Ivan; Shevchenko Taras;\n  Franko Ivan\n"
        "Subject: from: the printer\n"
    ),
    "Outlook, Ukrainian": (
        f"Від: Olena Koval <{ADDRESS}>\nНадіслано: четвер, 26 листопада 2026 р. 11:57\n"
        "Кому: Service desk\nТема: RE: принтер\n"
    ),
    "Outlook, Russian": (
        f"От: Olena Koval [mailto:{ADDRESS}]\n"
        "Отправлено: 26 ноября 2026 г. 11:57\nКому: Service desk\nТема: RE: принтер\n"
    ),
    "of bold names": (
        f"*From:* Olena Koval <{ADDRESS}>\n*Sent:* Thursday, November 26, 2026\n"
        "*To:* Service desk\n*Subject:* Re: printer\n"
    ),
    "in one line": (
        "From: Olena Koval Sent: Thursday, November 26, 2026 To: Desk Subject: Re: a\n"
    ),
    "Zimbra": (
        f'----- Original Message -----\nFrom: "Olena Koval" <{ADDRESS}>\n'
        'To: "desk" <desk@example.com>\nSent: Thursday, 26 November, 2026 11:57:12\n'
        "Subject: Re: printer\n"
    ),
    "eM Client": (
        f'------ Original Message ------\nFrom "Olena Koval" <{ADDRESS}>\n'
        "To desk@example.com\nDate 26.11.2026 11:57:12\nSubject Re: printer\n"
    ),
    "Proton, old": (
        "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\n"
        f"On Thursday, November 26, 2026 11:57 AM, Olena <{ADDRESS}> wrote:\n"
    ),
    "Samsung": (
        f"-------- Original message --------From: Olena Koval <{ADDRESS}> "
        "Date: 26/11/2026  11:57  (GMT+02:00) To: desk Subject: Re: printer \n"
    ),
    "Gmail, forwarded": (
        f"---------- Forwarded message ---------\nFrom: Olena Koval <{ADDRESS}>\n"
        "Date: Thu, Nov 26, 2026 at 11:57 AM\nSubject: printer\nTo: <a@example.com>\n"
    ),
    "Apple Mail, forwarded": (
        f"Begin forwarded message:\n\nFrom: Olena Koval <{ADDRESS}>\n"
        "Subject: printer\nDate: 26 November 2026 at 11:57:12 EET\nTo: desk\n"
    ),
    "Ukrainian, forwarded": (
        f"-------- Переслане повідомлення --------\nТема: \tпринтер\n"
        f"Дата: \tThu, 26 Nov 2026 11:57:12 +0200\nВід: \tOlena <{ADDRESS}>\n"
    ),
}
WORD = '<p class="MsoNormal">{}<o:p></o:p></p>'
WORD_NEW = "".join(
    WORD.format(line) for line in ("Good day Olena,", "it is done.<br>Please look.")
)
DIV_NEW = (
    "<div>Good day Olena,</div><div><br></div><div>it is done.</div>"
    "<div>Please look.</div>"
)
WORD_HEAD = (
    "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
    "padding:3.0pt 0in 0in 0in'><p class=MsoNormal>{}<o:p></o:p></p></div></div>"
)
BOLD_HEAD = (
    "<b>From:</b> Olena Koval &lt;olena@example.com&gt;<br><b>Sent:</b> Thursday, "
    "November 26, 2026 11:57 AM<br><b>To:</b> Service desk<br><b>Subject:</b> Re: a"
)
HISTORY = f"<p>{CALLED}</p><div>{CALLED}<br>{CALLED}</div>"
QUOTE = f'<blockquote type="cite">{HISTORY}</blockquote>'
WROTE = "On Thu, Nov 26, 2026 at 11:57 AM Olena Koval &lt;olena@example.com&gt; wrote:"
#: E-mails in HTML, as the programs make them.
HTML = {
    "Gmail": (
        f'<div dir="ltr">{DIV_NEW}</div><br><div class="gmail_quote '
        f'gmail_quote_container"><div dir="ltr" class="gmail_attr">{WROTE}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:'
        f'1px solid rgb(204,204,204);padding-left:1ex">{HISTORY}</blockquote></div>'
    ),
    "Gmail on a phone": (
        f'<div dir="auto">{DIV_NEW}</div><br><div class="gmail_quote"><div dir="ltr" '
        f'class="gmail_attr">{WROTE}<br></div><blockquote class="gmail_quote" style='
        f'"margin:0 0 0 .8ex">{HISTORY}</blockquote></div>'
    ),
    "Gmail, between the quotes": (
        '<div dir="ltr">Good day Olena,</div><br><div class="gmail_quote">'
        f'<div class="gmail_attr">{WROTE}</div><blockquote class="gmail_quote">'
        f"{HISTORY}</blockquote><div><br></div><div>it is done.<br>Please look.</div>"
        f'<blockquote class="gmail_quote">{HISTORY}</blockquote></div>'
    ),
    "Gmail, in another tongue": (
        f'<div dir="ltr">{DIV_NEW}</div><br><div class="gmail_quote"><div class='
        f'"gmail_attr">Olena hat gesagt {ADDRESS}</div><blockquote class="gmail_quote">'
        f"{HISTORY}</blockquote></div>"
    ),
    "Gmail, forwarded": (
        f'<div dir="ltr">{DIV_NEW}</div><br><div class="gmail_quote"><div dir="ltr" '
        'class="gmail_attr">---------- Forwarded message ---------<br>From: Olena'
        f"<br>Date: x<br>Subject: y<br>To: z<br></div><br><br>{HISTORY}</div>"
    ),
    "Apple Mail": (
        '<html><head><meta http-equiv="content-type" content="text/html"></head>'
        '<body style="overflow-wrap: break-word; line-break: after-white-space;">'
        f'{DIV_NEW}<div><br><blockquote type="cite"><div>{WROTE}</div><br class="Apple-'
        f'interchange-newline"><div>{HISTORY}</div></blockquote></div></body></html>'
    ),
    "iOS": (
        f'<div dir="ltr">{DIV_NEW}</div><div dir="ltr"><br><blockquote type="cite">'
        f'{WROTE}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">'
        f"{HISTORY}</div></blockquote>"
    ),
    "Outlook for Windows": (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>'
        "p.MsoNormal {margin:0cm}</style></head><body><div class=WordSection1>"
        f"{WORD_NEW}{WORD.format('&nbsp;')}{WORD_HEAD.format(BOLD_HEAD)}"
        f"{WORD.format(CALLED)}</div></body></html>"
    ),
    "Outlook for Windows, Estonian": (
        f"<div class=WordSection1>{WORD_NEW}"
        f"{WORD_HEAD.format('<b>Saatja:</b> Olena<br><b>Saatmisaeg:</b> x')}"
        f"{WORD.format(CALLED)}</div>"
    ),
    "Outlook for Windows, French": (
        f"<div class=WordSection1>{WORD_NEW}<div><div><p><b>De&nbsp;:</b> Olena &lt;"
        f"{ADDRESS}&gt; <br><b>Envoyé&nbsp;:</b> jeudi 26 novembre 2026 11:57<br><b>À"
        f"&nbsp;:</b> desk<br><b>Objet&nbsp;:</b> RE: a</p></div></div>{HISTORY}"
    ),
    "Outlook on the web": (
        f'<html><body dir="ltr"><div class="elementToProof">{DIV_NEW}</div><div id='
        '"appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr"><font>{BOLD_HEAD}</font><div>&nbsp;</div>'
        f"</div><div>{HISTORY}</div><div>{HISTORY}</div>{HISTORY}</body></html>"
    ),
    "new Outlook": (
        f'<div class="elementToProof">{DIV_NEW}</div><hr style="display: inline-block; '
        'width: 98%;"><div id="divRplyFwdMsg"><b>Von:</b> Olena</div>'
        f"{HISTORY}{HISTORY}"
    ),
    "Outlook on a phone": (
        f'<div dir="ltr">{DIV_NEW}</div><div id="ms-outlook-mobile-signature"></div>'
        '<div id="mail-editor-reference-message-container"><hr><div>De: Olena</div>'
        f"{HISTORY}</div>"
    ),
    "Outlook for Mac": (
        f'<div>{DIV_NEW}</div><div>&nbsp;</div><span id="OLK_SRC_BODY_SECTION"><div '
        'style="font-size:11pt; border-top: #b5c4df 1pt solid; padding-top: 3pt">'
        f"Odesílatel: Olena</div>{HISTORY}</span>"
    ),
    "Thunderbird": (
        f"<p>Good day Olena,</p><p>it is done.<br>Please look.</p><div class="
        f'"moz-cite-prefix">On 26.11.26 11:57, Olena Koval wrote:<br></div>{QUOTE}'
    ),
    "Thunderbird, below the quote": (
        f'<div class="moz-cite-prefix">Olena Koval wrote:<br></div>{QUOTE}'
        "<p>Good day Olena,</p><p>it is done.<br>Please look.</p>"
    ),
    "Thunderbird, forwarded": (
        "<p>Good day Olena,</p><p>it is done.<br>Please look.</p><div class="
        '"moz-forward-container"><br>-------- Weitergeleitete Nachricht --------<table>'
        "<tr><th>Betreff: </th><td>a</td></tr><tr><th>Von: </th><td>Olena</td></tr>"
        f"</table>{HISTORY}</div>"
    ),
    "Yahoo": (
        f'<div class="ydp1yahoo-style-wrap">{DIV_NEW}<div><br></div></div><div id='
        f'"ydp2yahoo_quoted_1234" class="ydp2yahoo_quoted"><div><div>{WROTE}</div>'
        f"<div><br></div>{HISTORY}</div></div>"
    ),
    "Zimbra": (
        f'<html><body><div>{DIV_NEW}</div><div><br></div><hr id="zwchr" data-marker='
        '"__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Olena" &lt;o@e.com'
        "&gt;<br><b>To: </b>desk<br><b>Sent: </b>x<br><b>Subject: </b>y<br></div>"
        f'<div data-marker="__QUOTED_TEXT__">{HISTORY}</div></body></html>'
    ),
    "Proton": (
        f'<div style="font-family: Arial">{DIV_NEW}</div><div class="protonmail_quote">'
        f'{WROTE}<br><blockquote class="protonmail_quote" type="cite">{HISTORY}'
        "</blockquote><br></div>"
    ),
    "Roundcube": (
        f'<div>{DIV_NEW}</div><p id="reply-intro">On 2026-11-26 11:57, Olena wrote:</p>'
        f"{QUOTE}"
    ),
    "eM Client": (
        f"<div>{DIV_NEW}</div><div><br></div><div>------ Original Message ------</div>"
        f'<div>From "Olena" &lt;o@e.com&gt;</div><div>To desk</div>{HISTORY}'
    ),
    "K-9": (
        f'<html><head></head><body><pre class="k9mail">{NEW}</pre><br><br><div class='
        f'"gmail_quote">Am 26. November 2026 11:57:12 MEZ schrieb Olena:<blockquote '
        f'class="gmail_quote"><pre class="k9mail">{CALLED}</pre></blockquote></div>'
    ),
    "Spark": (
        f'<div name="messageBodySection">{DIV_NEW}</div>'
        '<div name="messageReplySection">'
        f"Le 26 nov. 2026 à 11:57 +0200, Olena, a écrit :<br>{QUOTE}</div>"
    ),
    "Samsung": (
        f"<div>{DIV_NEW}</div><div><br></div><div>-------- Original message --------"
        f"</div><div>From: Olena</div><div>Date: x</div><div><br></div>{HISTORY}"
    ),
    "a program that quotes nothing": f"{DIV_NEW}<div>{WROTE}</div><br>{HISTORY}",
    "lines that begin with >": (
        f"<p>Good day Olena,</p><p>it is done.<br>Please look.</p><p>Olena wrote:</p>"
        f"<p>&gt; {CALLED}</p><p>&gt;&gt; {CALLED}</p>"
    ),
}
#: Words of the agent that only look like history.
OWN_WORDS = (
    "I asked them. On Monday Taras wrote: it works. So it does.\nFrom: Kyiv To: Lviv",
    "From: Kyiv\nTo: Lviv\nDate: 26.11.2026 11:57\n\nYour parcel is on its way.",
    "On Monday Taras wrote:\nthe printer works",
    "On 12 March 2026 Taras wrote:\nthe printer works",
    "I called the supplier. In the answer of 26.11.2026 11:57 they wrote:\nit works",
    "Please note:\n-----\nSubject: a\nDate: b",
    "--- Step 1 ---\nPress it.\n________________\nStep 2",
    "Subject: to us\nTo: you",
    "The hours:\n\n26.11.2026 11:57 to 12:30:\nclosed",
    "From: the cellar\nwe fetched it.\nDate: today",
    "To: do\n1. Subject: a\n2. Date: b\n3. From: c",
)


class TestEmails(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.email = "agent@example.com"
        # Odoo takes many e-mails of somebody for two programs that answer each other.
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("mail.gateway.loop.threshold", 1000)

    def setUp(self):
        super().setUp()
        self.task = self.converse()

    def said(self, content, subtype="plain", sender="agent@example.com"):
        """Have an e-mail come in.

        :return: what the customer hears of it
        :rtype: str
        """
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = "desk@example.com"
        mail["Subject"] = "Re: printer"
        mail["In-Reply-To"] = self.comments(self.task)[0].message_id
        mail["Message-Id"] = f"<{len(self.task.message_ids)}@example.com>"
        mail.set_content("An alternative" if subtype == "html" else content)
        if subtype == "html":
            mail.add_alternative(content, subtype="html")
        before = self.task.message_ids
        self.env["mail.thread"].message_process(self.carrier, mail.as_string())
        message = self.task.message_ids - before
        self.assertEqual(message.message_type, "email")
        self.fate = self.notification(message)
        rows = self.outbox(message)
        return "".join(json.loads(row.payload)["text"] for row in rows)

    def test_the_history_of_a_plain_email_is_left_out(self):
        for name, head in PLAIN_HEADS.items():
            for sign in ("> ", ""):
                history = "".join(f"{sign}{CALLED}\n" for _ in range(3))
                with self.subTest(program=name, sign=sign):
                    said = self.said(f"{NEW}\n\n{head}\n{history}\n\n{history}")
                    self.assertEqual(said, NEW)

    def test_the_history_of_an_email_in_html_is_left_out(self):
        for name, content in HTML.items():
            with self.subTest(program=name):
                self.assertEqual(self.said(content, "html"), NEW)

    def test_an_answer_below_or_between_quotes_is_said(self):
        wrote = "On 11/26/26 11:57, Olena Koval wrote:\n"
        for content, said in (
            (f"{wrote}> {CALLED}\n\n{NEW}", NEW),
            (f"> {CALLED}\n{NEW}\n> {CALLED}", NEW),
            (f"a\n\n{wrote}> {CALLED}\n>> {CALLED}\nb\n> {CALLED}\nc", "a\n\nb\nc"),
        ):
            with self.subTest(content=content):
                self.assertEqual(self.said(content), said)

    def test_the_rest_of_a_broken_line_belongs_to_the_quote(self):
        long = "w" * 70
        said = self.said(f"a\n\n> {long}\n{CALLED}\n> {long}\n{CALLED}\n> b\n\nc")
        self.assertEqual(said, "a\n\nc")

    def test_words_that_look_like_history_are_said(self):
        for words in OWN_WORDS:
            html = f"<p>{words}</p>".replace("\n", "<br>")
            for content, subtype in ((words, "plain"), (html, "html")):
                with self.subTest(words=words, subtype=subtype):
                    self.assertEqual(self.said(f"{content}", subtype), words)

    def test_an_indented_paragraph_is_said(self):
        said = self.said(
            '<div>a</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px">'
            "<div>b</div></blockquote><div>c</div>",
            "html",
        )
        self.assertEqual(said, "a\nb\nc")

    def test_a_signature_is_left_out(self):
        self.assertEqual(self.said(f"{NEW}\n\n-- \nMitchell\nDesk"), NEW)

    def test_marks_and_lines_of_plain_text_stay(self):
        self.assertEqual(
            self.said("a *b* c\n  d\n\n* e\n* f"), "a * b* c\nd\n\n* e\n* f"
        )

    def test_nothing_new_is_shown_at_the_message(self):
        head = PLAIN_HEADS["Outlook"]
        self.assertEqual(self.said(f"{head}\n{CALLED}"), "")
        self.assertEqual(self.fate.notification_status, "exception")
        self.assertEqual(self.fate.failure_type, "viber_nothing")

    def test_history_of_an_outsider_is_left_out(self):
        supplier = new_test_user(
            self.env, "maria", groups="base.group_portal", name="Maria"
        )
        supplier.email = "maria@example.com"
        self.task.message_subscribe(supplier.partner_id.ids)
        said = self.said(HTML["Outlook for Windows"], "html", supplier.email)
        self.assertEqual(said, f"Maria: {NEW}")
