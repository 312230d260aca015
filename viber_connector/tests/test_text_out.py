"""What an agent writes in Odoo's editor, as the customer reads it in Viber."""

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from .. import const
from ..tools import keyboard, payload
from ..tools.html_text import to_viber
from ..tools.split import split_text, utf16_length

BASE_URL = "https://odoo.example.com"


class TextCase(BaseCase):
    def assert_said(self, *pairs):
        """Fail when HTML does not become what it should.

        :param pairs: HTML, text in Viber
        """
        for body, said in pairs:
            with self.subTest(body=body):
                self.assertEqual(to_viber(body, BASE_URL), said)


@tagged("post_install", "-at_install")
class TestFormatting(TextCase):
    def test_styles_become_marks(self):
        self.assert_said(
            ("<p><b>a</b> <strong>b</strong></p>", "*a* *b*"),
            ("<p><i>a</i> <em>b</em></p>", "_a_ _b_"),
            ("<p><s>a</s> <del>b</del> <strike>c</strike></p>", "~a~ ~b~ ~c~"),
            ("<p>a <code>b</code></p>", "a ```b```"),
            ("<p><u>a</u> <span>b</span></p>", "a b"),
            ("<h2>Title</h2><p>a</p>", "*Title*\na"),
        )

    def test_styles_nest(self):
        self.assert_said(
            ("<p><b><i>a</i></b> b</p>", "*_a_* b"),
            ("<p><b>a <i>b</i> c</b></p>", "*a _b_ c*"),
            ("<p><s><i><b>a</b></i></s></p>", "~_*a*_~"),
            ("<p><b>a</b><b>b</b> c</p>", "*ab* c"),
        )

    def test_a_closing_mark_is_followed_by_a_space_or_nothing(self):
        self.assert_said(
            ("<p>a <b>b</b>, <i>c</i>.</p>", "a *b,* _c._"),
            ("<p><b> a </b>b</p>", "*a* b"),
            ("<p>un<b>believ</b>able</p>", "unbelievable"),
            ("<p><b>a</b>-b</p>", "a-b"),
            ('<p>"<b>a</b>"</p>', '"a"'),
        )

    def test_a_style_over_lines_marks_each(self):
        self.assert_said(("<p><b>a<br>b</b></p>", "*a*\n*b*"))

    def test_code_stays_as_it_is(self):
        self.assert_said(
            ("<p><code>a_b = c * d</code></p>", "```a_b = c * d```"),
            ("<pre>if a:\n    b *= 2\n</pre><p>c</p>", "```if a:\n    b *= 2```\nc"),
        )

    def test_what_is_no_mark_is_guarded(self):
        self.assert_said(
            ("<p>a *b* _c_ ~d~</p>", "a * b* _ c_ ~ d~"),
            ("<p>2 * 3 * 4, a*b*c, a_b_c</p>", "2 * 3 * 4, a*b*c, a_b_c"),
            ("<p>```a```</p>", "``` a```"),
            ("<p><b>two * stars</b></p>", "two * stars"),
        )

    def test_a_guarded_link_leads_to_the_same_place(self):
        self.assert_said(
            ("<p>https://a.org/x_y_z</p>", "https://a.org/x_y_z"),
            ("<p>https://a.org/_x_/y</p>", "https://a.org/%5Fx%5F/y"),
        )


@tagged("post_install", "-at_install")
class TestStructure(TextCase):
    def test_lists_have_signs(self):
        self.assert_said(
            ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
            ("<ol><li>a</li><li><p>b</p></li></ol>", "1. a\n2. b"),
            (
                "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>",
                "1. a\n\u2003• b\n2. c",
            ),
            ("<p>a</p><ul><li><b>b</b></li></ul><p>c</p>", "a\n• *b*\nc"),
        )

    def test_quotes_have_a_sign_on_each_line(self):
        self.assert_said(
            ("<blockquote>a<br>b</blockquote><p>c</p>", "> a\n> b\nc"),
            ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n> b"),
        )

    def test_tables_are_readable(self):
        self.assert_said(
            (
                "<table><tr><th>Part</th><th>Price</th></tr>"
                "<tr><td><p>Toner</p></td><td>9 €</td></tr></table>",
                "Part | Price\nToner | 9 €",
            ),
            (
                "<table><tr><td><table><tr><td>a</td></tr></table></td>"
                "<td>b</td></tr></table>",
                "a | b",
            ),
        )

    def test_tables_that_only_lay_out_are_none(self):
        self.assert_said(
            (
                "<table><tr><td><p>Dear Olena,</p><p>it is done.</p></td></tr></table>",
                "Dear Olena,\n\nit is done.",
            )
        )

    def test_lines_stay_as_in_the_editor(self):
        self.assert_said(
            ("<p>a<br>b</p>", "a\nb"),
            ("<p>a<br><br>b</p>", "a\n\nb"),
            ("<p>a</p><p>b</p>", "a\n\nb"),
            ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
            ("<div>Hello,<br></div><div>a</div>", "Hello,\na"),
            ("<p>a</p><hr><p>b</p>", "a\n———\nb"),
        )

    def test_links_carry_their_address(self):
        self.assert_said(
            ('<a href="https://a.org/x">here</a>', "here (https://a.org/x)"),
            ('<a href="https://a.org">https://a.org</a>', "https://a.org"),
            ('<a href="/my/tasks/1">task</a>', f"task ({BASE_URL}/my/tasks/1)"),
            ('<a href="mailto:a@b.org">write</a>', "write (a@b.org)"),
            ('<a href="mailto:a@b.org">a@b.org</a>', "a@b.org"),
            ('<a href="tel:+380441234567">call</a>', "call (+380441234567)"),
            ('<a href="javascript:alert(1)">a</a>', "a"),
            ('<a href="https://a.org"><img alt="b"></a>', "b (https://a.org)"),
        )

    def test_mentions_are_names(self):
        self.assert_said(
            (
                f'<a href="{BASE_URL}/odoo/res.partner/7" data-oe-id="7" '
                'data-oe-model="res.partner" class="o_mail_redirect">@Olena</a> look',
                "@Olena look",
            ),
            (
                '<a href="#" data-oe-model="discuss.channel" data-oe-id="1" '
                'class="o_channel_redirect">#general</a>',
                "#general",
            ),
        )

    def test_what_is_not_for_the_customer_is_left_out(self):
        for hidden in (
            '<div class="o-signature-container">-- <br>Mitchell</div>',
            '<div class="o_mail_reply_container"><p>earlier</p></div>',
            '<span class="o-mail-Message-edited"></span>',
            '<p style="DISPLAY: none">x</p>',
            '<p style="visibility:hidden">x</p>',
            '<p class="d-none">x</p>',
            "<style>p {color: red}</style>",
            "<title>x</title>",
        ):
            with self.subTest(hidden=hidden):
                self.assertEqual(
                    to_viber(f"<p>a</p>{hidden}<p>b</p>").split(), ["a", "b"]
                )

    def test_emoji_stay(self):
        for emoji in ("🙁", "👨‍👩‍👧‍👦", "👍🏽", "🇺🇦", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"):
            with self.subTest(emoji=emoji):
                self.assertEqual(to_viber(f"<p>a {emoji} b</p>"), f"a {emoji} b")

    def test_odd_html_is_survived(self):
        self.assert_said(
            ("<p>a<p>b", "a\n\nb"),
            ("a & b < c", "a & b < c"),
            ("<li>a</li>", "• a"),
            ("<td>a</td>", "a"),
            ("</p>a", "a"),
            ("<p>a<!-- b --></p>", "a"),
            ("<p>&nbsp;</p>", ""),
            ("<p>a\n   b</p>", "a b"),
            ("<o:p>a</o:p>", "a"),
            ("<p>a &#2;c</p><code>d&#3;</code>", "a c\n```d```"),
            (
                '<img alt="a\x05"><a href="https://a.org\x06">b</a>',
                "a b (https://a.org)",
            ),
        )


@tagged("post_install", "-at_install")
class TestSplitting(BaseCase):
    def test_a_cut_is_at_a_paragraph_a_sentence_or_a_word(self):
        for text, pieces in (
            ("aaaa bb.\n\ncc dd ee", ["aaaa bb.", "cc dd ee"]),
            ("aaaa bb.\ncc dd ee ff", ["aaaa bb.", "cc dd ee ff"]),
            ("aaaa bb. cc dd ee", ["aaaa bb.", "cc dd ee"]),
            ("aaaa bbbb cccc dd", ["aaaa bbbb", "cccc dd"]),
        ):
            with self.subTest(text=text):
                self.assertEqual(split_text(text, 12), pieces)

    def test_no_cut_is_in_a_link(self):
        link = "https://example.org/a-long-path?with=query"
        for before in range(45):
            with self.subTest(before=before):
                pieces = split_text("w" * before + " " + link + " and more", 50)
                self.assertIn(link, " ".join(pieces).split())
                self.assertTrue(any(link in piece for piece in pieces))

    def test_no_cut_is_in_an_emoji(self):
        for emoji in ("🙁", "👨‍👩‍👧‍👦", "👍🏽", "🇺🇦", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "e\u0301"):
            for before in range(20):
                with self.subTest(emoji=emoji, before=before):
                    pieces = split_text("w" * before + emoji * 10, 20)
                    for piece in pieces:
                        self.assertFalse(piece.lstrip("w").replace(emoji, ""))

    def test_order_is_kept_and_nothing_lost(self):
        text = " ".join(f"Sentence {number}." for number in range(2000))
        self.assertEqual(" ".join(split_text(text)), text)

    def test_every_body_fits_whatever_the_script(self):
        sender = payload.Sender("語" * 28, f"{BASE_URL}/" + "a" * 200)
        for letter in ("a", "є", "ქ", "語", "🙁", '"', "\\", "a\n"):
            with self.subTest(letter=letter):
                messages = payload.build(
                    letter * 20_000,
                    receiver="r" * 40,
                    sender=sender,
                    tracking_data="t" * 100,
                    keyboard=keyboard.share_phone("語" * 30),
                )
                for message in messages:
                    self.assertLessEqual(
                        len(payload.encode(message)), const.PAYLOAD_MAX_BYTES
                    )
                    self.assertLessEqual(utf16_length(message["text"]), 7000)
                said = "".join(message["text"] for message in messages)
                self.assertEqual(said.count(letter[0]), 20_000)
