import unicodedata

from lxml import html as lxml_html
from markupsafe import Markup

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools.html_text import attachment_ids, to_viber
from ..tools.text import clean_line, clean_text, shorten, to_html


@tagged("post_install", "-at_install")
class TestCleanText(BaseCase):
    def test_text_of_people_stays(self):
        for text in ("Добрий день 🙁", "a\tb\nc", "שלום", "👩‍👩‍👧 ok", " space "):
            with self.subTest(text=text):
                self.assertEqual(clean_text(text), text)

    def test_line_ends_become_one_kind(self):
        self.assertEqual(clean_text("a\r\nb\rc\nd"), "a\nb\nc\nd")

    def test_controls_are_removed(self):
        self.assertEqual(clean_text("a\x00b\x07c\x1bd\x7fe\x9ff\ufeffg"), "abcdefg")

    def test_marks_of_direction_are_removed(self):
        marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        marks += "\u2066\u2067\u2068\u2069"
        self.assertEqual(clean_text(f"invoice{marks}fdp.exe"), "invoicefdp.exe")

    def test_half_an_emoji_is_replaced(self):
        cleaned = clean_text("a\ud83db")
        self.assertEqual(cleaned, "a\ufffdb")
        cleaned.encode()

    def test_two_halves_of_an_emoji_are_joined(self):
        self.assertEqual(clean_text("\ud83d\ude41"), "🙁")

    def test_letters_are_composed(self):
        self.assertEqual(clean_text("и\u0306"), "й")

    def test_numbers_are_text(self):
        self.assertEqual(clean_text(40133), "40133")
        self.assertEqual(clean_text(6209204876437859522), "6209204876437859522")
        self.assertEqual(clean_text(0.5), "0.5")

    def test_everything_else_is_no_text(self):
        for value in (None, True, False, [], ["a"], {"a": 1}, b"a", object()):
            with self.subTest(value=value):
                self.assertEqual(clean_text(value), "")

    def test_the_longest_text_of_a_customer_is_whole(self):
        accented = "и" + "\u0301\u0316" * 15
        for text in (
            "я" * 7000,
            "🙁" * 3500,
            "👩‍👩‍👧" * 1000,
            "a\n" * 3500,
            accented * 7,
        ):
            with self.subTest(text=text[:3]):
                cleaned = clean_text(text)
                self.assertEqual(cleaned, unicodedata.normalize("NFC", text))
                self.assertEqual(clean_text(cleaned), cleaned)

    def test_what_no_customer_can_write_is_cut(self):
        self.assertEqual(clean_text("a" * 250_000), "a" * 7000)
        self.assertEqual(clean_line(" a" * 125_000), "a " * 3499 + "a")
        self.assertEqual(clean_text("a" * 250_000, None), "a" * 250_000)

    def test_marks_in_a_row_are_parted_but_none_is_lost(self):
        for marks in ("\u0301\u0316", "\u0344", "\u0f73", "\u0345"):
            with self.subTest(marks=marks):
                cleaned = clean_text("a" + marks * 3000)
                self.assertEqual(clean_text(cleaned, None), cleaned)
                shown = unicodedata.normalize("NFD", cleaned.replace("\u034f", ""))
                written = unicodedata.normalize("NFD", "a" + marks * 3000)
                self.assertEqual(sorted(shown), sorted(written))

    def test_line_has_single_spaces_only(self):
        self.assertEqual(clean_line("\n Olena\t\tKoval \r\n"), "Olena Koval")
        self.assertEqual(clean_line(None), "")


@tagged("post_install", "-at_install")
class TestShorten(BaseCase):
    def test_text_that_fits_stays(self):
        self.assertEqual(shorten("Service desk", 12), "Service desk")

    def test_text_is_cut_at_a_word(self):
        self.assertEqual(shorten("My printer is on fire", 16), "My printer is…")

    def test_long_word_is_cut_in_the_middle(self):
        self.assertEqual(shorten("a Donaudampfschifffahrt", 12), "a Donaudamp…")

    def test_result_is_one_line(self):
        self.assertEqual(shorten(" a\n\nb ", 12), "a b")

    def test_result_is_never_longer_than_allowed(self):
        text = "one two  three\nfour"
        for width in range(1, 25):
            with self.subTest(width=width):
                self.assertLessEqual(len(shorten(text, width)), width)


@tagged("post_install", "-at_install")
class TestToHtml(BaseCase):
    def test_markup_of_the_customer_is_shown_not_obeyed(self):
        shown = to_html("<script>alert('x')</script> & <b onclick=\"y\">b</b>")
        [root] = lxml_html.fragments_fromstring(f"<div>{shown}</div>")
        self.assertEqual(len(root), 0)
        self.assertEqual(
            root.text_content(), "<script>alert('x')</script> & <b onclick=\"y\">b</b>"
        )

    def test_result_is_safe_to_join(self):
        self.assertIsInstance(to_html("a"), Markup)
        self.assertIsInstance(to_html(""), Markup)

    def test_markup_given_as_text_is_escaped_too(self):
        self.assertEqual(to_html(str(Markup("<b>"))), "&lt;b&gt;")

    def test_lines_are_kept(self):
        self.assertEqual(to_html("a\n\nb"), "a<br/><br/>b")

    def test_marks_nest_or_stay_signs(self):
        for text, html in (
            ("*a _b* c_", "<b>a _b</b> c_"),
            ("*a _b* *c_ d*", "<b>a _b</b> <b>c_ d</b>"),
            ("*a _b ~c~_*", "<b>a <i>b <s>c</s></i></b>"),
            ("~*a*~", "<s><b>a</b></s>"),
            ("*```_a_```*", "<b><code>_a_</code></b>"),
        ):
            with self.subTest(text=text):
                self.assertEqual(to_html(text), html)

    def test_a_closing_mark_has_a_blank_or_the_end_after_it(self):
        for text in (
            "/var/_cache_/x",
            "see /var/_cache_",
            "~/a~/b",
            ":_) ;_)",
            "a=_x_;b",
            "a=_x_",
            "*a*, b",
            "*a*.",
            "f(*a, **b) *c*d",
            "2*3 * 4*5",
            "__init__",
            "(*)",
        ):
            with self.subTest(text=text):
                self.assertEqual(to_html(text), text)
        for text, html in (
            ("*a* b", "<b>a</b> b"),
            ("(*a* b)", "(<b>a</b> b)"),
            ('"*a* b"', "&#34;<b>a</b> b&#34;"),
            ("*a*\n_b_", "<b>a</b><br/><i>b</i>"),
            ("*_a_* ~b~", "<b><i>a</i></b> <s>b</s>"),
        ):
            with self.subTest(text=text):
                self.assertEqual(to_html(text), html)

    def test_address_becomes_a_link_that_opens_apart(self):
        self.assertEqual(
            to_html("see https://example.org/?a=1&b=2 please"),
            'see <a href="https://example.org/?a=1&amp;b=2" target="_blank"'
            ' rel="noopener noreferrer">https://example.org/?a=1&amp;b=2</a> please',
        )

    def test_every_address_of_a_line_becomes_a_link(self):
        shown = to_html("http://a.org,https://b.org\nHTTPS://C.ORG")
        links = lxml_html.fragment_fromstring(shown, create_parent="div").xpath("//a")
        # A comma may be part of an address: only at its end it is none.
        self.assertEqual(
            [link.get("href") for link in links],
            ["http://a.org,https://b.org", "HTTPS://C.ORG"],
        )

    def test_end_of_the_sentence_is_not_part_of_a_link(self):
        for tail in (".", ",", "!", "?", ":", ";", ")", "...", "”", ")."):
            with self.subTest(tail=tail):
                shown = to_html(f"(https://example.org/a{tail}")
                self.assertIn('href="https://example.org/a"', shown)
                self.assertTrue(shown.endswith(f"</a>{tail}"), shown)

    def test_quotes_end_an_address(self):
        for quote in "\"'<>`":
            with self.subTest(quote=quote):
                shown = to_html(f"https://example.org/{quote}onmouseover=alert(1)")
                self.assertIn('href="https://example.org/"', shown)

    def test_only_web_addresses_become_links(self):
        for text in ("javascript:alert(1)", "data:text/html,x", "www.example.org"):
            with self.subTest(text=text):
                self.assertEqual(to_html(text), text)


@tagged("post_install", "-at_install")
class TestToViber(BaseCase):
    def test_html_becomes_plain_lines(self):
        for body, text in (
            ("<p>Good day</p>", "Good day"),
            ("<p>a<br>b</p>", "a\nb"),
            ("<p>a</p><p>b</p>", "a\n\nb"),
            ("<p>a</p><p><br></p><p><br></p><p>b</p>", "a\n\nb"),
            ("<p>a\n  b</p>", "a b"),
            ("<p>a&nbsp;&nbsp;b</p>", "a b"),
            ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
            ("<p>Добрий день 🙁</p>", "Добрий день 🙁"),
            ("no mark-up", "no mark-up"),
        ):
            with self.subTest(body=body):
                self.assertEqual(to_viber(body), text)

    def test_lines_of_divisions_and_lists_stay_apart(self):
        for body, lines in (
            ("<div>a</div><div>b</div>", ["a", "b"]),
            ("<ul><li>a</li><li>b</li></ul>", ["• a", "• b"]),
            ("<h1>a</h1>b", ["*a*", "b"]),
        ):
            with self.subTest(body=body):
                said = to_viber(body).split("\n")
                self.assertEqual([line for line in said if line], lines)

    def test_lines_that_a_style_keeps_are_kept(self):
        for body, text in (
            ('<p style="white-space: pre-wrap">a\n b\n\nc</p>', "a\nb\n\nc"),
            ('<p style="color:red;WHITE-SPACE:pre-line">a\r\nb</p>', "a\nb"),
            ('<span style="white-space: pre">a\nb</span>', "a\nb"),
            ('<p style="white-space: break-spaces">a\nb</p>', "a\nb"),
            ('<p style="white-space: nowrap">a\nb</p>', "a b"),
            ('<p style="white-space: pre; white-space: normal">a\nb</p>', "a b"),
            ('<p style="line-break: after-white-space">a\nb</p>', "a b"),
            (
                '<div style="white-space: pre-wrap"><p>a\nb</p>'
                '<p style="white-space: inherit">c\nd</p>'
                '<p style="white-space: normal">e\nf</p></div>g\nh',
                "a\nb\n\nc\nd\n\ne f\ng h",
            ),
        ):
            with self.subTest(body=body):
                self.assertEqual(to_viber(body), text)

    def test_the_icon_of_a_banner_stands_before_its_text(self):
        body = (
            '<div class="o_editor_banner user-select-none d-flex"> '
            '<i class="o_editor_banner_icon mb-3 fst-normal">💡</i>\n'
            '<div class="o_editor_banner_content"><p>a <i>b</i></p></div></div><p>c</p>'
        )
        self.assertEqual(to_viber(body), "💡 a _b_\nc")

    def test_a_style_that_is_undone_is_none(self):
        for body in (
            '<b style="font-weight: normal">a</b>',
            '<strong class="fw-normal">a</strong>',
            '<i style="font-style:normal">a</i>',
        ):
            with self.subTest(body=body):
                self.assertEqual(to_viber(body), "a")

    def test_empty_editor_says_nothing(self):
        for body in (None, False, "", " ", "<p></p>", "<p><br></p>", "<!-- x -->"):
            with self.subTest(body=body):
                self.assertEqual(to_viber(body), "")

    def test_link_carries_its_address(self):
        self.assertEqual(
            to_viber('<p>see <a href="https://a.org/x?y=1&amp;z">the page</a>!</p>'),
            "see the page (https://a.org/x?y=1&z)!",
        )

    def test_address_is_not_said_twice(self):
        body = '<a href="https://a.org">https://a.org</a>'
        self.assertEqual(to_viber(body), "https://a.org")

    def test_link_without_text_is_its_address(self):
        self.assertEqual(to_viber('<a href="https://a.org"></a>'), "https://a.org")

    def test_mention_is_a_name(self):
        self.assertEqual(
            to_viber(
                '<a href="https://odoo.example.com/odoo/res.partner/7"'
                ' data-oe-model="res.partner" data-oe-id="7">@Olena Koval</a> please'
            ),
            "@Olena Koval please",
        )

    def test_address_that_is_none_of_the_web_is_left_out(self):
        for href in ("/odoo/project/1", "#top", "javascript:x()"):
            with self.subTest(href=href):
                self.assertEqual(to_viber(f'<a href="{href}">text</a>'), "text")

    def test_picture_is_its_description(self):
        self.assertEqual(to_viber('<p>a <img src="x" alt="🙂"> b</p>'), "a 🙂 b")
        self.assertEqual(to_viber('<p>a <img src="x"> b</p>'), "a b")

    def test_what_is_not_meant_for_the_customer_is_left_out(self):
        for hidden in (
            '<div class="o-signature-container">-- Mitchell</div>',
            '<div class="o_mail_reply_container"><p>wrote: earlier</p></div>',
            '<span class="o-mail-Message-edited">(edited)</span>',
            '<span class="a d-none">hidden</span>',
            "<style>p {}</style>",
            "<script>alert(1)</script>",
            "<!-- comment -->",
        ):
            with self.subTest(hidden=hidden):
                self.assertEqual(to_viber(f"<div>said{hidden} on</div>"), "said on")

    def test_the_history_of_an_email_is_left_out_a_quote_in_a_comment_is_not(self):
        body = '<p>said</p><blockquote data-o-mail-quote="1">earlier</blockquote>'
        self.assertEqual(to_viber(body, is_email=True), "said")
        self.assertEqual(to_viber(body), "said\n> earlier")

    def test_deep_nesting_costs_the_form_but_not_the_words(self):
        for tag in ("div", "b", "blockquote", "ul"):
            for depth in (100, 260, 2000):
                with self.subTest(tag=tag, depth=depth):
                    body = f"<{tag}>" * depth + "a" + f"</{tag}>" * depth
                    hidden = '<p class="d-none">hidden</p><!-- comment -->'
                    said = to_viber(f"said {body}{hidden} on")
                    self.assertRegex(said, r"(?s)^said.*a.*on$")
                    self.assertNotIn("hidden", said)
                    self.assertNotIn("comment", said)
        self.assertIsInstance(to_viber("<div>" * 5000 + "a"), str)

    def test_files_in_the_text_are_found_in_order_and_once(self):
        body = (
            '<p><img src="/web/image/12-0fe?access_token=a"> <img src="/web/image/3">'
            '<a href="https://a.org/web/content/4/a.pdf?download=true">a</a>'
            '<a href="https://other.org/web/content/5">b</a>'
            '<img src="/web/image/12"><img src="/web/image/res.partner/6/avatar_128">'
            '<img src="/web/image/7x"><img src="/web/image/99999999999">'
            '<blockquote data-o-mail-quote="1"><img src="/web/image/8"></blockquote>'
        )
        self.assertEqual(attachment_ids(body, "https://a.org"), [12, 3, 4, 8])
        self.assertEqual(attachment_ids(False), [])
