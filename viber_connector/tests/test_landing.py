"""``/viber/go/``: one page for who is invited, one for all others."""

import base64
import hashlib
import re
import secrets

from odoo import fields
from odoo.sql_db import Cursor
from odoo.tests import HttpCase
from odoo.tests.common import BaseCase, tagged

from .. import const
from ..tools import landing, qr
from .common import ViberCase
from .test_files_out import picture

NAME = "Søren & <b>“Sons”</b>"
FIELDS = {
    "name": NAME,
    "icon": "",
    "url": "https://odoo.example.com/viber/go/AbC-_123",
    "deep_link": "viber://pa?chatURI=servicedesk&context=AbC-_123",
}


@tagged("post_install", "-at_install")
class TestPage(BaseCase):
    def test_names_are_text(self):
        for language in landing.LANGUAGES:
            page = landing.invitation(language, **FIELDS)
            self.assertNotIn("<b>", page)
            self.assertIn("Søren &amp; &lt;b&gt;“Sons”&lt;/b&gt;", page)
            self.assertIn(f'<html lang="{language}">', page)

    def test_it_names_no_address_but_ours_and_vibers(self):
        page = landing.invitation("en", **FIELDS | {"icon": "iVBORw0KGgo="})
        page = page.replace("http://www.w3.org/2000/svg", "")
        found = re.findall(r"""[a-z]+:[^\s"'<>;]+""", page.partition("</style>")[2])
        ours = (FIELDS["url"], "viber://pa?chatURI=servicedesk&amp", "data:image/png")
        self.assertEqual(set(found), set(ours))
        self.assertNotRegex(page, r"(src|href)=.//")

    def test_all_languages_say_all(self):
        words = landing._WORDS
        self.assertEqual(tuple(words), landing.LANGUAGES)
        for language in landing.LANGUAGES:
            self.assertEqual(words[language].keys(), words["en"].keys())
            self.assertTrue(all(words[language].values()))

    def test_the_policy_fits_what_stands_in_the_page(self):
        page = landing.invitation("en", **FIELDS)
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            [text] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
            digest = hashlib.sha256(text.encode()).digest()
            wanted = f"{directive} 'sha256-{base64.b64encode(digest).decode()}'"
            self.assertIn(wanted, landing.POLICY)
        self.assertNotIn("unsafe", landing.POLICY)
        self.assertNotRegex(page, r"\s(style|on\w+)=")

    def test_without_a_picture_there_is_a_letter(self):
        self.assertIn(">S</div>", landing.invitation("en", **FIELDS))
        self.assertIn("></div>", landing.invitation("en", **FIELDS | {"name": ""}))

    def test_drawing_and_picture_show_the_same_modules(self):
        text = FIELDS["url"]
        rows = qr._modules(text)
        dark = set()
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", qr.svg(text)):
            dark |= {(int(x) + step, int(y)) for step in range(int(length))}
        wanted = {
            (x + 4, y + 4)
            for y, row in enumerate(rows)
            for x, is_dark in enumerate(row)
            if is_dark
        }
        self.assertEqual(dark, wanted)


class TestLanding(ViberCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls.env["viber.link"].create(
            {"account_id": cls.account.id, "name": "Invoice footer"}
        )
        cls.account.name = NAME

    def get(self, code, language="en", method="GET", **cookies):
        self.env.flush_all()
        return self.url_open(
            f"/viber/go/{code}",
            headers={"Accept-Language": language},
            method=method,
            cookies=cookies,
            allow_redirects=False,
        )

    def test_it_shows_the_account_and_opens_viber(self):
        self.account.icon = base64.b64encode(picture())
        response = self.get(self.link.code)
        self.assertEqual(response.status_code, 200)
        self.assertIn("Søren &amp; &lt;b&gt;", response.text)
        self.assertIn(self.account.icon.decode(), response.text)
        self.assertIn(
            f'href="viber://pa?chatURI=servicedesk&amp;context={self.link.code}"',
            response.text,
        )
        self.assertIn(self.link.url, response.text)
        self.assertNotIn(self.link.name, response.text)

    def test_it_leaves_no_trace(self):
        for code in (self.link.code, "unknown"):
            response = self.get(code)
            self.assertNotIn("Set-Cookie", response.headers)
            self.assertEqual(response.headers["Cache-Control"], "no-store")
            self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(
                response.headers["Content-Security-Policy"], landing.POLICY
            )
        self.authenticate("viber_agent", "viber_agent")
        for method in ("GET", "HEAD"):
            response = self.get(self.link.code, method=method)
            self.assertEqual(response.status_code, 200)
            self.assertNotIn("Set-Cookie", response.headers)

    def test_it_speaks_the_visitors_language(self):
        for header, language in (
            ("uk-UA,uk;q=0.9,en;q=0.5", "uk"),
            ("de-DE,ru;q=0.7,en;q=0.3", "ru"),
            ("bg", "bg"),
            ("BG-bg", "bg"),
            ("fr,de;q=0.5", "en"),
            ("", "en"),
            ("*", "en"),
            ("uk;q=", "uk"),
            ("ru;q=x,\x01;;;,,=" * 200, "en"),
        ):
            with self.subTest(header=header[:30]):
                words = landing._WORDS[language]
                self.assertIn(words["open"], self.get(self.link.code, header).text)
                self.assertIn(words["gone"], self.get("unknown", header).text)

    def test_all_that_leads_nowhere_looks_the_same(self):
        unknown = self.get("unknown")
        self.assertEqual(unknown.status_code, 404)
        yesterday = fields.Date.subtract(fields.Date.today(), days=1)
        for record, values in (
            (self.link, {"active": False}),
            (self.link, {"expires_on": yesterday}),
            (self.account, {"active": False}),
            (self.account, {"state": "draft"}),
            (self.account, {"uri": False}),
        ):
            before = {name: record[name] for name in values}
            record.write(values)
            with self.subTest(values=values):
                response = self.get(self.link.code)
                self.assertEqual(response.status_code, 404)
                self.assertEqual(response.content, unknown.content)
                self.assertEqual(
                    response.headers.keys() ^ unknown.headers.keys(), set()
                )
            record.write(before)
            self.assertEqual(self.get(self.link.code).status_code, 200)

    def test_it_works_on_its_last_day(self):
        self.link.expires_on = fields.Date.today()
        self.assertEqual(self.get(self.link.code).status_code, 200)

    def test_codes_are_found_as_they_are(self):
        code = self.link.code
        for other in (
            *(code.swapcase(), code[:-1], code + "x", "%", "%25", "_" * len(code)),
            *("%00", code + "%00", "%F0%9F%98%80", "%ff%fe", "a" * 5000),
            *("' OR 1=1 --", "{}", "%s", "$name"),
        ):
            with self.subTest(code=other[:40]):
                response = self.get(other)
                self.assertEqual(response.status_code, 404)
                self.assertIn(landing._WORDS["en"]["gone"], response.text)

    def test_a_code_is_looked_up_by_one_indexed_query(self):
        links = self.env["viber.link"]
        self.env.flush_all()
        self.env["viber.account"].get_base_url()
        for code in (self.link.code, "unknown"):
            with self.assertQueryCount(1):
                links._landing_page(code)
        plan = self.explain("SELECT id FROM viber_link WHERE code = 'x'")
        self.assertIn("viber_link_code_unique", plan)

    def explain(self, query):
        cr: Cursor = self.env.cr
        cr.execute("SET LOCAL enable_seqscan = off")
        cr.execute("EXPLAIN " + query)
        plan = "\n".join(line for (line,) in cr.fetchall())
        cr.execute("SET LOCAL enable_seqscan = on")
        return plan

    def test_guessing_teaches_nothing(self):
        links = self.env["viber.link"]
        guesses = {
            secrets.token_urlsafe(const.LINK_CODE_BYTES) for _guess in range(10_000)
        }
        self.assertFalse(any(map(links._landing_page, guesses)))
        # 96 random bits each; no two links tell of one another.
        codes = [links.new({}).code for _link in range(100)]
        self.assertEqual(len({code[:4] for code in codes}), 100)
        self.assertTrue(
            all(re.fullmatch(r"[\w-]{16}", code, re.ASCII) for code in codes)
        )

    def test_a_query_says_nothing(self):
        for query in ("self=1", "code=unknown", "args=1", "kw=1", "%00", "a[]=%FF"):
            self.assertEqual(self.get(f"{self.link.code}?{query}").status_code, 200)
            self.assertEqual(self.get(f"unknown?{query}").status_code, 404)

    def test_only_reading_is_allowed(self):
        response = self.get(self.link.code, method="POST")
        self.assertEqual(response.status_code, 405)
