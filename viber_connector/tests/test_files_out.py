"""Files that an agent sends: as what they travel, under which name, in which order."""

import io
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import unquote

from markupsafe import Markup
from PIL import Image

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tests.common import BaseCase

from .. import const
from ..tools import payload
from .common import CUSTOMER_ID, ViberCase

MB = 1024 * 1024
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)
PDF = b"%PDF-1.4\n%%EOF\n"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f" + bytes(12)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind="PNG", size=(4, 4), **options):
    """:return: the bytes of a picture"""
    stream = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(stream, kind, **options)
    return stream.getvalue()


def moving_gif():
    frames = [Image.new("L", (4, 4), color) for color in (0, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


@contextmanager
def record_reads(env):
    """:return: how many bytes were asked for at each look into a file; ``None`` for all
    :rtype: list[int | None]
    """
    attachments = type(env["ir.attachment"])
    read = attachments._file_read
    sizes = []

    def record(files, name, size=None):
        sizes.append(size)
        return read(files, name, size)

    with patch.object(attachments, "_file_read", record):
        yield sizes


@tagged("post_install", "-at_install")
class TestFileKind(BaseCase):
    def test_kinds_and_sizes(self):
        """``file_kind`` by the limits of CH "Send message"."""
        for name, mimetype, limit, within, beyond in (
            ("a.jpg", "image/jpeg", 1 * MB, "picture", "file"),
            ("a.png", "image/png", 1 * MB, "picture", "file"),
            ("a.gif", "image/gif", 1 * MB, "picture", "file"),
            ("a.mp4", "video/mp4", 26 * MB, "video", "file"),
            ("a.pdf", "application/pdf", 50 * MB, "file", ""),
            ("a.webp", "image/webp", 50 * MB, "file", ""),
            ("a.svg", "image/svg+xml", 50 * MB, "file", ""),
            ("a.avi", "video/x-msvideo", 50 * MB, "file", ""),
            ("a", "application/pdf", 50 * MB, "", ""),
            ("a.exe", "application/pdf", 50 * MB, "", ""),
            ("a.EXE", "application/octet-stream", 50 * MB, "", ""),
        ):
            for size, kind in (
                (0, ""),
                (1, within),
                (limit - 1, within),
                (limit, within),
                (limit + 1, beyond),
                (60 * MB, ""),
            ):
                with self.subTest(name=name, size=size):
                    self.assertEqual(payload.file_kind(name, mimetype, size), kind)

    def test_no_forbidden_extension_is_sent_as_a_file(self):
        self.assertEqual(len(const.FORBIDDEN_EXTENSIONS), 44)
        for extension in const.FORBIDDEN_EXTENSIONS:
            self.assertEqual(payload.file_kind(f"a.{extension}", "a/b", 1), "")

    def test_a_name_fits_and_keeps_its_extension(self):
        file = payload.OutgoingFile("є" * 300 + ".docx", "a/b", 1, "https://a.org/x")
        [message] = payload.build(
            "", [file], receiver=CUSTOMER_ID, sender=payload.Sender("Desk")
        )
        self.assertEqual(message["file_name"], "є" * 251 + ".docx")


class TestFilesOut(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()

    def sent_files(self, *files, body=""):
        """Send files, have them fetched.

        :param files: (name, bytes) pairs
        :return: the bodies that Viber got
        """
        self.viber.requests.clear()
        self.reply(self.task, body, attachments=list(files))
        self.send()
        return self.viber.sent()

    def file_of(self, body):
        """:return: the attachment that a message leads to"""
        token, name = body["media"].split(const.MEDIA_PATH)[1].split("/")
        return self.env["ir.attachment"]._viber_from_token(token, unquote(name))

    def test_each_kind_travels_as_what_it_is(self):
        for name, content, kind, end in (
            ("a.png", picture(), "picture", "/a.png"),
            ("a.jpg", picture("JPEG"), "picture", "/a.jpg"),
            ("a.jpeg", picture("JPEG"), "picture", "/a.jpeg"),
            ("a.gif", picture("GIF"), "picture", "/a.gif"),
            ("wrong.jpg", picture(), "picture", "/wrong.png"),
            ("none", picture(), "picture", "/none.png"),
            ("moving.gif", moving_gif(), "file", "/moving.gif"),
            ("a.webp", WEBP, "file", "/a.webp"),
            ("a.mp4", MP4, "video", "/a.mp4"),
            ("a.pdf", PDF, "file", "/a.pdf"),
            ("no picture.png", PDF, "file", "/no%20picture.png"),
            ("none", PDF, "file", "/none.pdf"),
            ("a.tar.gz", b"\x1f\x8b\x08", "file", "/a.tar.gz"),
        ):
            with self.subTest(name=name, kind=kind):
                [body] = self.sent_files((name, content))
                self.assertEqual(body["type"], kind)
                self.assertTrue(body["media"].endswith(end), body["media"])
                self.assertTrue(
                    body["media"].startswith("https://odoo.example.com/viber/media/")
                )
                self.assertEqual(self.file_of(body).raw, content)
                if kind != "picture":
                    self.assertEqual(body["size"], len(content))

    def test_names_of_files_are_told(self):
        for name, told in (
            ("Рахунок №8.pdf", "Рахунок №8.pdf"),
            ("../etc/a.pdf", "_etc_a.pdf"),
            ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
            ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ):
            with self.subTest(name=name):
                [body] = self.sent_files((name, PDF))
                self.assertEqual(body["file_name"], told)
                self.assertLess(len(body["media"]), 1000)

    def test_what_viber_does_not_take_is_a_line_with_a_link(self):
        for name, content in (
            ("setup.exe", b"MZ"),
            ("empty.pdf", b""),
            ("none", b"\x00\x01\x02"),
        ):
            with self.subTest(name=name):
                [body] = self.sent_files((name, content))
                self.assertEqual(body["type"], "text")
                sign, link = body["text"].split("\n")
                self.assertIn(name, sign)
                self.assertEqual(self.file_of({"media": link}).raw or b"", content)

    def test_what_is_too_big_is_a_line_with_a_link(self):
        with patch.object(const, "FILE_MAX_BYTES", len(PDF)):
            [body] = self.sent_files(("a.pdf", PDF))
            self.assertEqual(body["type"], "file")
            [body] = self.sent_files(("a.pdf", PDF + b" "))
            self.assertEqual(body["type"], "text")
        with patch.object(const, "VIDEO_MAX_BYTES", len(MP4)):
            [body] = self.sent_files(("a.mp4", MP4 + b" "))
            self.assertEqual(body["type"], "file")

    def test_an_address_is_told_as_it_is(self):
        attachments = self.env["ir.attachment"].with_user(self.agent)
        attachment = attachments.create(
            {"name": "Manual", "type": "url", "url": "https://a.org/manual"}
        )
        message = self.reply(self.task, "", attachment_ids=attachment.ids)
        self.assertEqual(len(self.outbox(message)), 1)
        self.send()
        self.assertEqual(self.viber.texts(), ["📎 Manual\nhttps://a.org/manual"])
        attachment.url = "/documents/1?a=b"
        file = attachment._viber_outgoing_file(self.account)
        self.assertEqual(file.url, "https://odoo.example.com/documents/1?a=b")

    def test_of_a_video_only_the_beginning_is_read(self):
        with record_reads(self.env) as sizes:
            [body] = self.sent_files(("a.mp4", MP4 + bytes(MB)))
        self.assertEqual((body["type"], set(sizes)), ("video", {2048}))

    def test_a_picture_in_the_text_is_sent_once_as_a_picture(self):
        files = self.env["ir.attachment"].with_user(self.agent)
        on_task = files.create(
            {"name": "a.png", "raw": picture()}
            | {"res_model": self.carrier, "res_id": self.task.id}
        )
        composed = files.create(
            {"name": "b.png", "raw": picture(), "res_model": "mail.compose.message"}
        )
        shown = Markup('<img src="/web/image/%s">')
        body = shown % composed.id + shown % on_task.id
        for below in ([], on_task.ids):
            self.viber.requests.clear()
            message = self.reply(self.task, body, attachment_ids=below)
            self.send()
            [first, second] = map(self.file_of, self.viber.sent())
            expected = [on_task, composed] if below else [composed, on_task]
            self.assertEqual([first, second], expected)
            self.assertEqual(self.notification(message).notification_status, "pending")

    def test_nobody_sends_a_file_of_others_by_its_number(self):
        other = self.make_hidden_record()
        for owner in (
            {"res_model": self.carrier, "res_id": other.id},
            {"res_model": "mail.compose.message"},
            {},
        ):
            secret = self.env["ir.attachment"].create(
                {"name": "a.png", "raw": picture()} | owner
            )
            body = Markup('<img src="/web/image/%s"> a') % secret.id
            message = self.reply(self.task, body)
            self.assertEqual(len(self.outbox(message)), 1)
            self.assertNotIn("media", self.outbox(message).payload)

    # -- pictures that are too big -------------------------------------------------

    def test_a_picture_that_is_too_big_is_scaled_down(self):
        content = picture(size=(1200, 900))
        self.assertGreater(len(content), const.PICTURE_MAX_BYTES)
        [body] = self.sent_files(("photo.png", content))
        self.assertEqual(body["type"], "picture")
        self.assertTrue(body["media"].endswith("/photo.jpg"))
        small = self.file_of(body)
        self.assertLessEqual(len(small.raw), const.PICTURE_MAX_BYTES)
        self.assertEqual(Image.open(io.BytesIO(small.raw)).format, "JPEG")

    def test_nobody_plants_the_small_picture(self):
        big = self.env["ir.attachment"].create(
            {
                "name": "photo.png",
                "raw": picture(size=(1200, 900)),
                "res_model": self.carrier,
                "res_id": self.task.id,
            }
        )
        planted = {
            "name": "photo.jpg",
            "raw": picture("JPEG"),
            "res_model": "ir.attachment",
            "res_id": big.id,
        }
        files = self.env["ir.attachment"].with_user(self.agent)
        files.create(planted)
        with self.assertRaises(AccessError):
            files.create(planted | {"viber_copy_of": "anything"})

        def sent():
            self.viber.requests.clear()
            self.reply(self.task, "Look", attachment_ids=big.ids)
            self.send()
            return self.file_of(self.viber.sent()[-1])

        small = sent()
        self.assertNotEqual(small.raw, planted["raw"])
        self.assertEqual(sent(), small)
        # Somebody who may write there puts other bytes in its place.
        small.with_user(self.agent).raw = planted["raw"]
        again = sent()
        self.assertNotEqual(again.raw, planted["raw"])
        # The picture itself is another one now.
        big.raw = picture("JPEG", size=(1300, 900)) + bytes(2 * 1024 * 1024)
        self.assertNotIn(sent(), small + again)

    def test_the_small_picture_is_made_once_and_seen_nowhere(self):
        other = self.env["res.partner"].create({"name": "Wife"})
        self.env["viber.subscriber"].create(
            {
                "account_id": self.account.id,
                "viber_user_id": "wife==",
                "partner_id": other.id,
            }
        )
        self.task.message_subscribe(other.ids)
        first, second = self.sent_files(("photo.png", picture(size=(1200, 900))))
        self.assertEqual(self.file_of(first), self.file_of(second))
        [shown] = self.task._get_mail_thread_data_attachments()
        self.assertEqual(shown.name, "photo.png")
        small = self.file_of(first)
        shown.unlink()
        self.assertFalse(small.exists())

    def test_a_picture_of_just_the_limit_stays_as_it_is(self):
        content = picture(size=(200, 200))
        with patch.object(const, "PICTURE_MAX_BYTES", len(content)):
            [body] = self.sent_files(("a.png", content))
            self.assertEqual(self.file_of(body).raw, content)
        with patch.object(const, "PICTURE_MAX_BYTES", len(content) - 1):
            [body] = self.sent_files(("a.png", content))
            self.assertEqual(body["type"], "picture")
            self.assertLess(len(self.file_of(body).raw), len(content))

    def test_a_picture_that_can_not_be_scaled_down_is_a_file(self):
        with patch.object(const, "PICTURE_MAX_BYTES", 10):
            for name, content in (
                ("moving.gif", moving_gif()),
                ("broken.png", picture()[:40]),
            ):
                with self.subTest(name=name):
                    [body] = self.sent_files((name, content))
                    self.assertEqual(body["type"], "file")
                    self.assertEqual(self.file_of(body).raw, content)

    def test_a_picture_that_claims_to_be_huge_is_a_file(self):
        for name, content in (("a.png", picture()), ("a.gif", moving_gif())):
            with self.subTest(name=name):
                attachment = self.env["ir.attachment"].create(
                    {"name": name, "raw": content}
                )
                with (
                    patch.object(const, "PICTURE_MAX_BYTES", 10),
                    patch.object(Image, "MAX_IMAGE_PIXELS", 5),
                ):
                    file = attachment._viber_outgoing_file(self.account)
                    kind = payload.file_kind(file.name, file.mimetype, file.size)
                self.assertEqual(kind, "file")

    # -- text and files ------------------------------------------------------------

    def test_the_first_picture_carries_a_short_text(self):
        [first, second] = self.sent_files(
            ("a.png", picture()), ("b.png", picture()), body="See"
        )
        self.assertEqual((first["type"], first["text"]), ("picture", "See"))
        self.assertEqual((second["type"], second["text"]), ("picture", ""))

    def test_a_caption_of_just_the_limit(self):
        for length, types in (
            (const.CAPTION_MAX_LENGTH, ["picture"]),
            (const.CAPTION_MAX_LENGTH + 1, ["text", "picture"]),
        ):
            with self.subTest(length=length):
                sent = self.sent_files(("a.png", picture()), body="x" * length)
                self.assertEqual([body["type"] for body in sent], types)
                self.assertEqual(sent[0]["text"], "x" * length)

    def test_text_stands_before_what_is_no_picture(self):
        sent = self.sent_files(
            ("b.pdf", PDF), ("a.png", picture()), ("c.mp4", MP4), body="See"
        )
        self.assertEqual(
            [body["type"] for body in sent], ["text", "file", "picture", "video"]
        )
        self.assertEqual(sent[0]["text"], "See")

    def test_files_leave_in_the_order_of_the_chatter(self):
        names = [f"{letter}.pdf" for letter in "zaqmb"]
        sent = self.sent_files(*[(name, PDF) for name in names])
        self.assertEqual([body["file_name"] for body in sent], names)
