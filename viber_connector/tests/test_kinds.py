"""What stands in the chatter, kind by kind.

Payloads after docs/viber_bot_api.rst, "Types of messages".
"""

import base64
import io
import json
from urllib.parse import quote

import requests
from PIL import Image

from odoo.tools import mute_logger

from ..tools import media
from .common import ViberCase

URL = "https://dl-media.viber.com/5/media/2/short/any/sig/image/0x0/7c1e/92844a"
QUERY = "?Expires=1772450585&Signature=Zk9~aXb3-fakeSig__&Key-Pair-Id=APKAEXAMPLE"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(64)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(64)
PDF = b"%PDF-1.4\n%%EOF\n"
STICKER = "content.cdn.viber.com/stickers/100/40100/00040133.png"


class TestKinds(ViberCase):
    def post(self, **message):
        """Have a customer send a message; everything has to be done at once.

        :return: body and attachments of what stands in the chatter
        """
        [row] = self.receive(self.message(**message))
        self.process()
        self.assertEqual(row.state, "done", row.error)
        posted = row.mail_message_id
        self.assertEqual(posted.author_id, self.conversation(row).partner_id)
        self.assertEqual(posted.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertEqual(posted.message_type, "comment")
        return self.text_of(posted), posted.attachment_ids.sorted("id")

    def text_of(self, message):
        """:return: body without the tag that Odoo puts around it"""
        body = str(message.body)
        for tag in ("p", "span"):
            if body.startswith(f"<{tag}>") and body.endswith(f"</{tag}>"):
                return body[len(tag) + 2 : -len(tag) - 3]
        return body

    def assertFile(self, attachments, name, mimetype, content):
        [attachment] = attachments
        self.assertEqual(attachment.name, name)
        self.assertEqual(attachment.mimetype, mimetype)
        self.assertEqual(attachment.raw, content)
        self.assertEqual(attachment.res_model, self.carrier)

    # -- Words -------------------------------------------------------------------

    def test_a_text_is_shown_as_it_was_meant(self):
        link = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'
        for text, body in (
            ("Добрий день, не працює принтер 🙁",) * 2,
            ("hello (smiley) *urgent*", "hello 😊 <b>urgent</b>"),
            ("_so_ ~no~ ```a < b```", "<i>so</i> <s>no</s> <code>a &lt; b</code>"),
            ("one\ntwo", "one<br>two"),
            (
                "see https://a.example/x_y_z.",
                f"see {link}.".format("https://a.example/x_y_z"),
            ),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            (
                "https://a.example/```b```c",
                f"{link}<code>b</code>c".format("https://a.example/"),
            ),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("a\u202egpj.exe\x07", "agpj.exe"),
            ("status:8412", "status:8412"),
        ):
            with self.subTest(text):
                shown, attachments = self.post(type="text", text=text)
                self.assertEqual(shown.replace("<br/>", "<br>"), body)
                self.assertFalse(attachments)

    def test_a_task_is_called_by_what_can_be_read(self):
        for text, name in (
            ("hello (smiley) *urgent*", "hello 😊 urgent"),
            ("_so_ ~no~ ```a < b```", "so no a < b"),
            ("see https://a.example/x_y_z now", "see https://a.example/x_y_z now"),
            ("\n \u200b\n*Second* line", "Second line"),
            ("\u3164\u2800\u200b", "Viber message from Olena Koval"),
            ("\u0301\u0301", "Viber message from Olena Koval"),
            ("  ", "Viber message from Olena Koval"),
        ):
            with self.subTest(text=text):
                self.env[self.carrier].search([]).active = False
                [row] = self.receive(self.text(text))
                self.process()
                self.assertEqual(self.conversation(row).name, name)

    def test_escapes_and_raw_utf8_read_alike(self):
        event = self.text("Принтер 🙁")
        for ascii_only in (True, False):
            event["message_token"] = next(self.tokens)
            [row] = self.receive(json.dumps(event, ensure_ascii=ascii_only).encode())
            self.process()
            self.assertIn("Принтер 🙁", row.mail_message_id.body)

    def test_a_link_is_clickable(self):
        body, _files = self.post(type="url", media="https://www.example.org/page?id=7")
        self.assertIn('href="https://www.example.org/page?id=7"', body)

    def test_a_link_that_is_none_stays_text(self):
        body, _files = self.post(type="url", media="javascript:alert(1)//https")
        self.assertNotIn("<a", body)
        self.assertIn("javascript:alert(1)", body)

    def test_a_place_is_a_line_with_a_map(self):
        place = {"lat": 50.450101, "lon": 30.523399}
        body, files = self.post(type="location", location=place)
        self.assertIn("50.450101, 30.523399", body)
        self.assertIn('href="https://www.openstreetmap.org/?mlat=50.450101', body)
        self.assertNotIn("<script", body)
        self.assertFalse(files)

    def test_a_place_that_is_none_says_so(self):
        for place in (None, {}, {"lat": "x", "lon": 1}, {"lat": 1e400, "lon": 1}, []):
            with self.subTest(place):
                body, _files = self.post(type="location", location=place)
                self.assertIn("Viber sent an empty location.", body)

    def test_a_contact_is_a_line_and_a_card(self):
        for number in ("+380671234567", "380671234567", "067 123 45 67"):
            with self.subTest(number):
                contact = {"name": "Ivan Bondar", "phone_number": number, "avatar": ""}
                body, files = self.post(type="contact", contact=contact)
                self.assertEqual(body, "👤 Ivan Bondar, +380671234567")
                self.assertEqual(files.name, "Ivan Bondar.vcf")
                self.assertEqual(files.mimetype, "text/vcard")
                self.assertIn(b"TEL:+380671234567", files.raw)
                self.assertIn(b"FN:Ivan Bondar", files.raw)

    def test_a_contact_without_number_or_with_a_wrong_one_is_kept(self):
        body, files = self.post(type="contact", contact={"name": "Ivan\r\nTEL:1"})
        self.assertEqual(body, "👤 Ivan TEL:1")
        self.assertNotIn(b"\nTEL", files.raw)
        contact = {"phone_number": "12 <b>34"}
        body, files = self.post(type="contact", contact=contact)
        self.assertEqual(body, "👤 12 &lt;b&gt;34")
        body, files = self.post(type="contact", contact=None)
        self.assertIn("Viber sent an empty contact.", body)
        self.assertFalse(files)

    # -- Files -------------------------------------------------------------------

    def test_files_become_attachments_of_the_message(self):
        quirks = {"thumbnail": URL, "size": "184223"}
        for message, content, name, mimetype, body in (
            (
                {"type": "picture", "file_name": "1b6d3a7e90c2.jpg", "text": "екран"},
                JPEG,
                "1b6d3a7e90c2.jpg",
                "image/jpeg",
                "екран",
            ),
            ({"type": "picture"}, JPEG, "picture.jpg", "image/jpeg", ""),
            (
                {"type": "video", "file_name": "null", "duration": 4730},
                MP4,
                "video.mp4",
                "video/mp4",
                "",
            ),
            (
                {"type": "file", "file_name": "Рахунок 118.pdf"},
                PDF,
                "Рахунок 118.pdf",
                "application/pdf",
                "",
            ),
            (
                {"type": "file", "file_name": "Звіт"},
                PDF,
                "Звіт.pdf",
                "application/pdf",
                "",
            ),
            (
                {"type": "file", "file_name": "Scan 12.03.2026"},
                PNG,
                "Scan 12.03.2026.png",
                "image/png",
                "",
            ),
            (
                {"type": "file", "file_name": "../../etc/pass:wd.pdf"},
                PDF,
                "_.._etc_pass_wd.pdf",
                "application/pdf",
                "",
            ),
            (
                {"type": "file", "file_name": "й" * 300 + ".pdf"},
                PDF,
                "й" * 120 + ".pdf",
                "application/pdf",
                "",
            ),
            (
                {"type": "file", "file_name": "photo\u202egnp.exe"},
                b"MZ\x00",
                "photognp.exe",
                "application/x-msdos-program",
                "",
            ),
        ):
            with self.subTest(name):
                suffix = "." + mimetype.rpartition("/")[2].replace("jpeg", "jpg")
                url = URL + suffix + QUERY
                self.viber.serve(url, content)
                shown, files = self.post(media=url, **quirks, **message)
                self.assertEqual(shown, body)
                self.assertFile(files, name, mimetype, content)

    def test_pictures_stay_as_they_were(self):
        large = io.BytesIO()
        Image.new("RGB", (4000, 3000)).save(large, "PNG")
        self.viber.serve(URL + ".png", large.getvalue())
        _body, files = self.post(type="picture", media=URL + ".png")
        self.assertEqual(files.raw, large.getvalue())

    def test_html_and_svg_are_never_shown_as_such(self):
        script = (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        )
        for name, content in (
            ("page.html", b"<html><script>alert(1)</script></html>"),
            ("picture.svg", script),
            ("page.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>"),
            ("page", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
            ("picture", b"<?xml version='1.0'?>" + script),
        ):
            with self.subTest(name):
                self.viber.serve(URL, content, "text/html")
                _body, files = self.post(type="file", file_name=name, media=URL)
                self.assertEqual(files.raw, content)
                self.assertEqual(files.mimetype, "text/plain")

    def test_a_sticker_is_fetched_by_https_though_viber_says_http(self):
        self.viber.serve("https://" + STICKER, PNG)
        for sticker_id in (40133, "40133"):
            body, files = self.post(
                type="sticker", media="http://" + STICKER, sticker_id=sticker_id
            )
            self.assertEqual(body, "")
            self.assertFile(files, "sticker-40133.png", "image/png", PNG)
        self.assertEqual(self.viber.downloads, ["https://" + STICKER] * 2)

    def test_a_sticker_is_fetched_plainly_only_if_https_fails(self):
        self.viber.serve("https://" + STICKER, requests.ConnectionError("no TLS"))
        self.viber.serve("http://" + STICKER, PNG)
        _body, files = self.post(type="sticker", media="http://" + STICKER)
        self.assertFile(files, "sticker.png", "image/png", PNG)

    def test_forwarded_media_without_address_says_so(self):
        for kind in ("picture", "video", "file", "sticker"):
            with self.subTest(kind):
                body, files = self.post(type=kind)
                self.assertIn(f"Viber gave no file for this {kind}", body)
                self.assertFalse(files)

    def test_a_sticker_without_picture_is_told_by_its_number(self):
        for sticker_id in (40133, "40133"):
            body, files = self.post(type="sticker", sticker_id=sticker_id)
            self.assertIn("Sticker 40133, without its picture.", body)
            self.assertNotIn("forwarded", body)
            self.assertFalse(files)

    def test_a_sound_is_called_one(self):
        amr, ogg, mp3 = b"#!AMR\n\x3c" + bytes(60), b"OggS" + bytes(60), b"ID3\x03"
        for content, mimetype, name in (
            (amr, "audio/amr", "voice.amr"),
            (amr, "", "voice.amr"),
            (ogg, "audio/ogg", "voice.ogg"),
            (mp3 + bytes(60), "audio/mpeg", "voice.mp3"),
            (b"\xff\xf1\x50\x80" + bytes(60), "audio/aac", "voice.aac"),
            (bytes(range(200, 255)), "binary/octet-stream", "voice"),
            (bytes(range(200, 255)), "", "voice"),
            ("Привіт\n".encode(), "", "voice.txt"),
            ("Привіт".encode("cp1251"), "text/plain", "voice.txt"),
        ):
            with self.subTest(name=name, mimetype=mimetype):
                self.viber.serve(URL, content, mimetype)
                _body, files = self.post(type="voice", media=URL)
                self.assertEqual(files.name, name)

    # -- Words beside something else ---------------------------------------------

    def test_what_stands_beside_something_is_shown_below_it(self):
        place = {"lat": 50.450101, "lon": 30.523399}
        contact = {"name": "Ivan Bondar", "phone_number": "+380671234567"}
        for first, message in (
            ("📍", {"type": "location", "location": place}),
            ("👤", {"type": "contact", "contact": contact}),
            ("https://a.example", {"type": "url", "media": "https://a.example"}),
        ):
            with self.subTest(type=message["type"]):
                body, _files = self.post(text="It is *urgent*", **message)
                self.assertIn("It is <b>urgent</b>", body)
                self.assertLess(body.index(first), body.index("urgent"))
                # Each thing once.
                self.assertEqual(body.count("urgent"), 1)
                self.assertNotIn("unknown kind", body)

    def test_a_place_has_an_address(self):
        place = {
            "lat": 50.45,
            "lon": 30.52,
            "address": "Khreshchatyk 1",
            "name": "Post",
        }
        body, _files = self.post(type="location", location=place)
        self.assertIn("50.450000, 30.520000", body)
        self.assertIn("Khreshchatyk 1", body)
        self.assertIn("Post", body)
        body, _files = self.post(type="location", location={"address": "Somewhere"})
        self.assertIn("Somewhere", body)

    def test_a_link_without_scheme_is_clickable(self):
        for link in (
            "example.com",
            "www.example.com/page?id=7",
            "shop.example.com:8443/a_b#c",
            "приклад.укр/сторінка",
        ):
            with self.subTest(link=link):
                body, _files = self.post(type="url", media=link)
                self.assertIn(f'href="https://{quote(link, safe="/?=:#")}"', body)
                self.assertIn(f">{link}</a>", body)
        for link in (
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//example.com",
            "example",
            "1.2",
            'example.com/"onclick="x',
            "user@example.com",
            "javascript:alert(1)//example.com",
        ):
            with self.subTest(link=link):
                body, _files = self.post(type="url", media=link)
                self.assertNotIn("<a", body)

    def test_the_words_of_a_kind_that_nobody_knows_are_read(self):
        buttons = [
            {
                "Columns": 6,
                "ActionType": "open-url",
                "ActionBody": "https://a.example/item/1",
                "Text": "<font color=#323232><b>Head &amp; phones</b></font>",
                "TextSize": "medium",
                "TextVAlign": "middle",
                "Image": "https://a.example/1.png",
            },
            {"ActionType": "reply", "ActionBody": "buy", "Text": "Buy"},
        ]
        for message, shown, hidden in (
            (
                {"type": "poll", "question": "When?", "options": ["Today", "Later"]},
                ("When?", "• Today", "• Later"),
                (),
            ),
            (
                {
                    "type": "poll",
                    "poll": {
                        "id": "9f2a",
                        "title": "When?",
                        "choices": [{"name": "Today", "votes": 3}, {"name": "Later"}],
                    },
                },
                ("When?", "Today", "Later"),
                ("9f2a",),
            ),
            (
                {
                    "type": "rich_media",
                    "rich_media": {"BgColor": "#FFFFFF", "Buttons": buttons},
                    "alt_text": "Our offer",
                },
                ("Head &amp; phones", "Buy", "Our offer"),
                ("font", "medium", "middle", "#FFFFFF", "open-url", "1.png"),
            ),
            (
                {"type": "quiz", "deep": {"er": [{"text": "Down here"}]}},
                ("Down here",),
                (),
            ),
            (
                {"type": "x", "blob": "QUJD" * 20, "words": "Hi <b>"},
                ("Hi &lt;b&gt;",),
                ("QUJD",),
            ),
        ):
            with self.subTest(message=message):
                body, _files = self.post(**message)
                kind = body.index(f"unknown kind: {message['type']}")
                for text in shown:
                    self.assertIn(text, body)
                    self.assertGreater(body.index(text), kind)
                for text in hidden:
                    self.assertNotIn(text, body)

    def test_a_message_that_is_a_bare_text_is_read(self):
        [row] = self.receive(self.event(message="Is anybody there?"))
        self.process()
        self.assertIn("Is anybody there?", row.mail_message_id.body)
        self.assertEqual(self.conversation(row).name, "Is anybody there?")

    def test_words_without_end_are_cut(self):
        deep = text = {"text": "bottom"}
        for _level in range(50):
            deep = {"deeper": deep}
        body, _files = self.post(type="x", deep=deep, top="top")
        self.assertIn("top", body)
        self.assertNotIn("bottom", body)
        self.assertTrue(text)
        many = [f"word {number}" for number in range(5000)]
        body, _files = self.post(type="x", many=many)
        self.assertIn("word 50", body)
        self.assertLess(len(body), 3 * 7000)

    def test_blanks_are_an_empty_text(self):
        for text in ("", " ", "\n \t", "\u200b", "\u3164\u2800"):
            with self.subTest(text=text):
                body, _files = self.post(type="text", text=text)
                self.assertIn("Viber sent an empty text.", body)

    # -- What nobody knows today -----------------------------------------------------

    def test_an_unknown_kind_is_a_comment_of_the_customer(self):
        body, files = self.post(type="hologram<b>", text="*look*")
        self.assertIn("<b>look</b>", body)
        self.assertIn("a message of an unknown kind: hologram&lt;b&gt;", body)
        self.assertFalse(files)

    def test_the_file_of_an_unknown_kind_is_fetched(self):
        self.viber.serve(URL, PNG)
        body, files = self.post(type="hologram", media=URL)
        self.assertIn("hologram", body)
        self.assertFile(files, "hologram.png", "image/png", PNG)

    def test_a_message_without_sense_is_a_readable_line(self):
        for message in (None, [], "x", {}, {"type": None}, {"type": ["text"]}):
            with self.subTest(message):
                [row] = self.receive(self.event(message=message))
                self.process()
                self.assertEqual(row.state, "done", row.error)
                self.assertIn("unknown kind: unknown", row.mail_message_id.body)
        body, _files = self.post(type="text")
        self.assertIn("Viber sent an empty text.", body)

    def test_what_cannot_be_understood_is_kept_and_shown(self):
        deep = b'{"event":' + b"[" * 100_000
        for body in (b"", b"not json", b"[]", b"\xff\xfe\x00", b"{}", deep):
            with self.subTest(body[:20]):
                [row] = self.receive(body)
                self.process()
                self.assertEqual(row.state, "failed")
                self.assertIn("does not know", row.error)
                row.action_reprocess()
                self.process()
                self.assertEqual(row.state, "failed")

    def test_utf16_is_not_understood_and_does_no_harm(self):
        [row] = self.receive(json.dumps(self.text("Hello")).encode("utf-16"))
        [other] = self.receive(self.text("Hello"))
        self.process()
        self.assertEqual(row.state, "failed")
        self.assertEqual(other.state, "done")

    def test_a_message_of_nobody_is_kept_as_failed(self):
        for sender in (None, {}, {"id": ""}, {"id": "x" * 1000}, []):
            with self.subTest(sender):
                [row] = self.receive(self.text("Who am I?", sender=sender))
                self.process()
                self.assertEqual(row.state, "failed")
                self.assertIn("which customer", row.error)

    def test_an_invented_event_is_kept_and_makes_nothing(self):
        message = {"type": "text", "text": "x"}
        [row] = self.receive(self.event("reaction_added", message=message))
        self.process()
        self.assertEqual(row.state, "ignored")
        self.assertTrue(row.error)
        self.assertFalse(self.account.subscriber_ids)

    def test_what_fails_in_a_download_in_a_new_way_holds_nobody_up(self):
        self.viber.serve(URL, RuntimeError("never seen before"))
        with mute_logger(media.__name__):
            body, files = self.post(type="picture", media=URL, text="look")
        self.assertIn("look", body)
        self.assertIn("picture is being fetched", body)
        self.assertFalse(files)
