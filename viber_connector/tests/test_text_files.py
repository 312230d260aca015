"""Pictures and files in the text of an answer."""

import json

from markupsafe import Markup

from odoo.tests import new_test_user

from .common import ViberCase
from .test_files_out import PDF, picture

COMMENT = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


class TestFilesInTheText(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()

    def file(self, name="a.png", raw=None, **values):
        return (
            self.env["ir.attachment"]
            .with_user(self.agent)
            .sudo()
            .create({"name": name, "raw": raw or picture()} | values)
        )

    def sent(self, body, **values):
        """:return: the bodies that Viber gets for an answer, without what all have"""
        rows = self.outbox(self.reply(self.task, Markup(body), **values))
        for row in rows:
            self.assertNotIn("access_token", row.payload)
            self.assertNotIn("/web/", row.payload)
        return [json.loads(row.payload) for row in rows]

    def files(self, *args, **values):
        return [body for body in self.sent(*args, **values) if "media" in body]

    def test_what_the_author_may_read_goes_once(self):
        library = {"res_model": "ir.ui.view", "res_id": 0, "public": True}
        elsewhere = self.make_record()
        for where in (
            library,
            {"res_model": self.carrier, "res_id": self.task.id},
            {"res_model": self.carrier, "res_id": elsewhere.id},
            {"res_model": "mail.compose.message", "res_id": 0},
        ):
            for path in (
                "/web/image/{0}",
                "/web/image/{0}-abcdef/a.png",
                "/web/image/{0}?access_token=0123-abc",
                "/web/content/{0}?unique=1&download=true&access_token=0123-abc",
                "/web/image/ir.attachment/{0}/datas",
                "/web/image?id={0}",
                "/web/content?model=ir.attachment&id={0}&field=datas",
                "https://odoo.example.com/web/image/{0}/a.png",
            ):
                with self.subTest(where=where, path=path):
                    file = self.file(**where)
                    shown = f'<p>Look <img src="{path.format(file.id)}"></p>'
                    [body] = self.files(shown + shown)
                    self.assertEqual(body["type"], "picture")
                    self.assertEqual(body["text"], "Look\n\nLook")
                    if where["res_id"]:
                        [body] = self.files(shown, attachment_ids=file.ids)

    def test_what_they_may_not_read_does_not_go(self):
        secret = self.make_hidden_record()
        mine = self.env["ir.attachment"].create({"name": "b.png", "raw": picture()})
        for file in (
            self.file(res_model=self.carrier, res_id=secret.id),
            mine,
            self.env["ir.attachment"].create(
                {
                    "name": "c.png",
                    "raw": picture(),
                    "res_model": "res.partner",
                    "res_id": self.task.partner_id.id,
                    "res_field": "image_512",
                }
            ),
        ):
            with self.subTest(file=file.name):
                shown = f'<p>Look <img src="/web/image/{file.id}" alt="a map"></p>'
                [body] = self.sent(shown)
                self.assertEqual(body["text"], "Look a map")

    def test_other_models_pictures_are_no_attachments(self):
        file = self.file(res_model=self.carrier, res_id=self.task.id)
        for path in (
            "/web/image/res.partner/{0}/image_128",
            "/web/image?model=res.partner&id={0}&field=image_128",
            "/web/image?id={0}&model=res.partner",
            "/web/imagery/{0}",
            "/web/image/{0}x",
        ):
            with self.subTest(path=path):
                [body] = self.sent(f'<p>Look <img src="{path.format(file.id)}"></p>')
                self.assertEqual(body["type"], "text")

    def test_a_file_box_is_a_file(self):
        file = self.file("Price list.pdf", PDF, res_model="ir.ui.view", public=True)
        path = f"/web/content/{file.id}?unique=1&download=true&access_token=12-ab"
        box = (
            f'<p>Our prices</p><span class="o_file_box" data-attachment-id="{file.id}">'
            '<span class="d-flex"><span class="o_file_image o_image"></span>'
            f'<span class="o_file_name_container"><a href="{path}">Price list.pdf</a>'
            "</span></span></span>"
        )
        text, body = self.sent(box)
        self.assertEqual(text["text"].split("\n")[0], "Our prices")
        self.assertEqual(body["file_name"], "Price list.pdf")

    def test_no_token_leaves_with_an_address(self):
        file = self.file(res_model=self.carrier, res_id=self.task.id)
        for host in ("", "https://odoo.example.com", "https://inside.example.com"):
            path = f"{host}/web/content/{file.id}?access_token=12-ab"
            for body in (f'<a href="{path}">{path}</a>', f"see {path}", path):
                with self.subTest(body=body):
                    rows = self.outbox(self.reply(self.task, Markup(body)))
                    payloads = "".join(rows.mapped("payload"))
                    self.assertNotIn("12-ab", payloads)

    def test_a_token_leaves_with_no_link_that_is_a_file(self):
        path = "/web/content/7?access_token=12-ab&download=true"
        link = self.file("Prices", type="url", url=path)
        [row] = self.outbox(self.reply(self.task, "", attachment_ids=link.ids))
        self.assertNotIn("12-ab", row.payload)
        self.assertIn("/web/content/7?download=true", row.payload)

    def test_what_stands_around_a_token_stays(self):
        path = "https://inside.example.com/web/content/7?access_token=12-ab"
        for body, text in (
            (
                f"see (at {path})!",
                "see (at https://inside.example.com/web/content/7?)!",
            ),
            (f"<code>{path}</code>", "```https://inside.example.com/web/content/7?```"),
            ("/web/x?my_access_token=1", "/web/x?my_access_token=1"),
        ):
            with self.subTest(body=body):
                [row] = self.outbox(self.reply(self.task, Markup(body)))
                self.assertEqual(json.loads(row.payload)["text"], text)

    def test_an_outside_picture_is_its_link(self):
        url = "https://pictures.example.com/a_b_c.png"
        for html, text in (
            (f'<p>Look <img src="{url}"></p>', f"Look {url}"),
            (f'<p>Look <img src="{url}" alt="a map"></p>', f"Look a map ({url})"),
            (f'<p>Look <img src="{url}" width="1" height="1"></p>', "Look"),
        ):
            with self.subTest(html=html):
                [body] = self.sent(html)
                self.assertEqual(body["text"], text)

    def test_nobody_from_outside_has_an_employee_send_a_file(self):
        elsewhere = self.make_record()
        file = self.file(res_model=self.carrier, res_id=elsewhere.id)
        shown = f'<p>x <img src="/web/image/{file.id}"></p>'
        self.open_to("portal")
        portal = new_test_user(self.env, "planter", groups="base.group_portal")
        self.task.message_subscribe(portal.partner_id.ids)
        self.task.with_user(portal).sudo().message_post(body=Markup(shown), **COMMENT)
        # They answer, with the other's words in front of them.
        self.assertFalse(self.files(f"<blockquote>{shown}</blockquote>Thank you"))
