"""A comment arrives whole, whatever of it Odoo's sanitizer takes for e-mail history."""

from markupsafe import Markup

from .common import ViberCase

SIGNATURE = (
    '<div class="o-signature-container"><div data-o-mail-quote="1"><br>-- <br>'
    "<p>Mitchell Admin</p></div></div>"
)
REPLY = (
    '<div class="o_mail_reply_container"><div class="o_mail_reply_content">'
    "<div><span>On Monday Olena wrote</span></div>"
    "<blockquote>An earlier message</blockquote></div></div>"
)
#: HTML as the composer makes it, or text as programs post it; what the customer reads.
COMMENTS = (
    (Markup("<blockquote>You said so</blockquote><p>Yes</p>"), "> You said so\nYes"),
    (
        Markup(
            '<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1">'
            "<p>a</p><p>b</p></blockquote><p>Yes</p>"
        ),
        "> a\n> b\nYes",
    ),
    (Markup("<blockquote>Only this</blockquote>"), "> Only this"),
    (
        Markup("<div>Hello</div><blockquote>a</blockquote><div>b</div>"),
        "Hello\n> a\nb",
    ),
    (Markup("--<br>Item 1: 5<br>Item 2: 6"), "--\nItem 1: 5\nItem 2: 6"),
    (Markup("<p>--<br>Item 1: 5<br>Item 2: 6</p>"), "--\nItem 1: 5\nItem 2: 6"),
    (Markup("<div>-- <br>a</div><div>b</div>"), "--\na\nb"),
    (Markup("<p>-- </p><p>a</p>"), "--\n\na"),
    (Markup("<p>a</p><p>--</p><p>b</p>"), "a\n\n--\n\nb"),
    (Markup("<p>&gt; a<br>&gt; b<br>c</p>"), "> a\n> b\nc"),
    (Markup("<p>x\n&gt; a\n&gt;&gt; b\nc</p>"), "x > a >> b c"),
    (Markup("<p>x\n-- \ny</p>"), "x -- y"),
    (Markup("<pre>x\n&gt; a\n-- \nb</pre>"), "```x\n> a\n-- \nb```"),
    (Markup('<div class="gmail_quote">pasted</div>'), "pasted"),
    (Markup('<div id="divRplyFwdMsg">From: x</div><div>y</div>'), "From: x\ny"),
    (Markup('<div class="gmail_extra">a</div><hr id="stopSpelling"><p>b</p>'), None),
    (Markup("<p>On Monday Olena wrote:</p><p>Yes</p>"), None),
    (Markup("<p>-----Original Message-----</p><p>From: a</p><p>b</p>"), None),
    (Markup("<p>a</p>") + Markup(SIGNATURE), "a"),
    (Markup("<blockquote>a</blockquote><p>b</p>") + Markup(SIGNATURE), "> a\nb"),
    (Markup("<p>a</p>") + Markup(REPLY), "a"),
    ("x\n> a\ny", None),
    ("--\nItem 1: 5", None),
)


class TestQuotes(ViberCase):
    def test_a_comment_arrives_whole(self):
        task = self.converse()
        for body, text in COMMENTS:
            with self.subTest(body=body):
                self.viber.requests.clear()
                message = self.reply(task, body)
                self.send()
                [said] = self.viber.texts()
                if text is not None:
                    self.assertEqual(said, text)
                else:
                    words = Markup(str(body).replace("<", " <")).striptags().split()
                    self.assertEqual(set(words) - set(said.split()), set())
                self.assertEqual(
                    self.notification(message).notification_status, "pending"
                )

    def test_what_a_customer_writes_stands_open(self):
        """Odoo shows three dots for what it takes for a quote or a signature."""
        for text in ("--\nItem 1: 5", "-- \na", "> a\n> b", "```--\na```", "a\n--\nb"):
            with self.subTest(text=text):
                message = self.converse(text).message_ids[0]
                self.assertNotIn("data-o-mail-quote", message.body)
                words = message.body.replace("<br>", " ").striptags().split()
                self.assertEqual(words, text.replace("```", "").split())

    def test_the_history_of_an_email_does_not_leave(self):
        task = self.converse()
        for body in (
            "<p>New words</p><blockquote>history</blockquote>",
            '<p>New words</p><div class="gmail_quote">history</div>',
            "<pre>New words\n\n&gt; history\n</pre>",
        ):
            with self.subTest(body=body):
                self.viber.requests.clear()
                self.reply(task, Markup(body), message_type="email")
                self.send()
                self.assertIn("New words", self.viber.texts()[0])
                self.assertNotIn("history", self.viber.texts()[0])
