"""``/viber/media/``: a signed link opens one file, and nothing else."""

import base64
import datetime
import json
import unicodedata
from unittest.mock import patch
from urllib.parse import quote

from odoo import fields
from odoo.tests import HttpCase
from odoo.tools import config
from odoo.tools.misc import hash_sign

from .. import const
from ..models.ir_attachment import _SCOPE
from .common import ViberCase
from .test_files_out import MP4, PDF, SVG, picture, record_reads


class TestMediaRoute(ViberCase, HttpCase):
    def attachment(self, name="a.pdf", raw=PDF, **values):
        return self.env["ir.attachment"].create({"name": name, "raw": raw} | values)

    def link(self, attachment, name=None):
        """:return: path of a file's link, without the account's address"""
        url = attachment._viber_url(self.account, name or attachment.name)
        return url.removeprefix(self.account.base_url)

    def fetch(self, path, method="GET", **headers):
        return self.url_open(
            path, headers=headers, method=method, allow_redirects=False
        )

    def test_a_query_says_nothing(self):
        path = self.link(self.attachment())
        for query in ("self=1", "token=x", "name=b.pdf", "%00"):
            self.assertEqual(self.fetch(f"{path}?{query}").content, PDF)
            self.assertEqual(self.fetch(f"{path}x?{query}").status_code, 404)

    def test_a_link_gives_the_bytes_without_a_session(self):
        response = self.fetch(self.link(self.attachment()))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, PDF)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_head_tells_all_but_the_bytes(self):
        response = self.fetch(self.link(self.attachment()), "HEAD")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, b"")
        self.assertEqual(response.headers["Content-Length"], str(len(PDF)))
        self.assertEqual(response.headers["Content-Type"], "application/pdf")

    def test_to_tell_a_pictures_type_only_its_beginning_is_read(self):
        link = self.link(self.attachment("wrong.jpg", picture()))
        self.env.invalidate_all()
        with record_reads(self.env) as sizes:
            response = self.fetch(link, "HEAD")
        self.assertEqual(response.headers["Content-Type"], "image/png")
        self.assertEqual(set(sizes), {2048})

    def test_parts_of_a_file_can_be_fetched(self):
        link = self.link(self.attachment())
        for wanted, content in (
            ("bytes=0-3", PDF[:4]),
            ("bytes=4-", PDF[4:]),
            ("bytes=-3", PDF[-3:]),
        ):
            with self.subTest(wanted=wanted):
                response = self.fetch(link, Range=wanted)
                self.assertEqual(response.status_code, 206)
                self.assertEqual(response.content, content)
                self.assertIn(f"/{len(PDF)}", response.headers["Content-Range"])
        self.assertEqual(self.fetch(link, Range="bytes=999-").status_code, 416)

    def test_what_is_known_is_not_sent_again(self):
        link = self.link(self.attachment())
        tag = self.fetch(link).headers["ETag"]
        response = self.fetch(link, **{"If-None-Match": tag})
        self.assertEqual((response.status_code, response.content), (304, b""))

    def test_nobody_writes_here(self):
        link = self.link(self.attachment())
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method=method):
                self.assertEqual(self.fetch(link, method).status_code, 405)

    def test_files_are_served_from_wherever_they_are(self):
        for location in ("file", "db"):
            with self.subTest(location=location):
                self.env["ir.config_parameter"].set_param(
                    "ir_attachment.location", location
                )
                attachment = self.attachment(raw=PDF + location.encode())
                self.assertEqual(bool(attachment.db_datas), location == "db")
                response = self.fetch(self.link(attachment))
                self.assertEqual(response.content, PDF + location.encode())

    def test_the_web_server_sends_the_file_when_it_can(self):
        attachment = self.attachment()
        with patch.dict(config.options, {"x_sendfile": True}):
            response = self.fetch(self.link(attachment))
        self.assertIn(attachment.store_fname, response.headers["X-Sendfile"])
        self.assertIn(attachment.store_fname, response.headers["X-Accel-Redirect"])
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.content, b"")

    def test_type_and_disposition_fit_the_file(self):
        for name, raw, mimetype, disposition in (
            ("a.png", picture(), "image/png", "inline"),
            ("a.jpg", picture("JPEG"), "image/jpeg", "inline"),
            ("wrong.jpg", picture(), "image/png", "inline"),
            ("a.mp4", MP4, "video/mp4", "inline"),
            ("a.pdf", PDF, "application/pdf", "inline"),
            ("a.docx", b"PK\x03\x04", None, "attachment"),
            ("a.svg", SVG, None, "attachment"),
            ("a.html", b"<script>alert(1)</script>", None, "attachment"),
        ):
            with self.subTest(name=name):
                response = self.fetch(self.link(self.attachment(name, raw)))
                headers = response.headers
                self.assertEqual(response.content, raw)
                self.assertTrue(headers["Content-Disposition"].startswith(disposition))
                if mimetype:
                    self.assertEqual(headers["Content-Type"], mimetype)

    def test_html_is_never_shown_whatever_its_type_says(self):
        for mimetype in ("text/html", "image/svg+xml", "application/xhtml+xml"):
            with self.subTest(mimetype=mimetype):
                attachment = self.attachment("a.html", SVG)
                self.env.cr.execute(
                    "UPDATE ir_attachment SET mimetype = %s WHERE id = %s",
                    [mimetype, attachment.id],
                )
                attachment.invalidate_recordset()
                headers = self.fetch(self.link(attachment)).headers
                self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
                self.assertEqual(
                    headers["Content-Security-Policy"], "default-src 'none'"
                )

    def test_a_name_may_be_of_any_script(self):
        attachment = self.attachment("Рахунок №8.pdf")
        response = self.fetch(self.link(attachment))
        self.assertEqual(response.content, PDF)
        self.assertIn("UTF-8''%D0%A0", response.headers["Content-Disposition"])

    # -- who has no right to it ----------------------------------------------------

    def test_a_forged_link_leads_nowhere(self):
        attachment = self.attachment()
        path = self.link(attachment)
        token = path.split("/")[3]
        raw = base64.urlsafe_b64decode(token + "===")
        other = self.attachment("b.pdf")
        forged = raw.replace(
            json.dumps(["ir.attachment", attachment.id]).encode()[:-1],
            json.dumps(["ir.attachment", other.id]).encode()[:-1],
        )
        self.assertNotEqual(forged, raw)
        longer = raw[:1] + bytes(8) + raw[9:]
        for bad in (
            base64.urlsafe_b64encode(forged).decode().rstrip("="),
            base64.urlsafe_b64encode(longer).decode().rstrip("="),
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[:40],
            "x",
            "%00",
            "є",
            "A" * 5000,
            attachment.generate_access_token()[0],
            attachment._get_raw_access_token(),
        ):
            with self.subTest(bad=bad[:60]):
                response = self.fetch(f"/viber/media/{bad}/a.pdf")
                self.assertEqual(response.status_code, 404)
                self.assertNotIn(PDF, response.content)

    def test_nobody_else_names_the_file(self):
        path = self.link(self.attachment()).rpartition("/")[0]
        self.assertEqual(self.fetch(f"{path}/a.pdf").content, PDF)
        for name in ("b.pdf", "a.html", "a.pdf.exe", "A.pdf", "invoice.pdf"):
            self.assertEqual(self.fetch(f"{path}/{name}").status_code, 404)
        self.assertEqual(self.fetch(path).status_code, 404)
        self.assertEqual(self.fetch(f"{path}/../b.pdf").status_code, 404)

    def test_a_link_lives_as_long_as_the_parameter_says(self):
        self.env["ir.config_parameter"].set_param(const.MEDIA_LINK_DAYS_PARAMETER, "3")
        attachment = self.attachment()
        token = self.link(attachment).split("/")[3]
        for days, alive in ((3, True), (5, False)):
            later = datetime.datetime.now() + datetime.timedelta(days=days)
            with (
                self.subTest(days=days),
                patch(
                    "odoo.tools.misc.datetime.datetime", wraps=datetime.datetime
                ) as d,
            ):
                d.now.return_value = later
                found = attachment._viber_from_token(token, "a.pdf")
                self.assertEqual(bool(found), alive)

    def test_a_link_is_for_what_it_was_made_for(self):
        task = self.converse()
        other = self.env["project.task"].create({"name": "Other"})
        owner = {"res_model": "project.task", "res_id": task.id}
        for change in (
            {"raw": PDF + b"later"},
            {"res_id": other.id},
            {"res_model": "res.partner", "res_id": task.partner_id.id},
        ):
            with self.subTest(change=change):
                attachment = self.attachment(**owner)
                link = self.link(attachment)
                self.assertEqual(self.fetch(link).status_code, 200)
                attachment.write(change)
                self.assertEqual(self.fetch(link).status_code, 404)
                attachment.write(owner | {"raw": PDF})
                self.assertEqual(self.fetch(link).status_code, 200)

    def test_letters_may_be_taken_apart_on_the_way(self):
        link = self.link(self.attachment("Йод.pdf"))
        apart = quote(unicodedata.normalize("NFD", "Йод.pdf"))
        self.assertNotIn(apart, link)
        path = link.rpartition("/")[0]
        self.assertEqual(self.fetch(f"{path}/{apart}").status_code, 200)

    def test_links_of_before_the_update_work_while_nothing_changes(self):
        attachment = self.attachment()
        later = fields.Datetime.now() + datetime.timedelta(days=9)
        env = attachment.env
        token = hash_sign(env, _SCOPE, ["ir.attachment", attachment.id], later)
        path = f"/viber/media/{token}/any.pdf"
        self.assertEqual(self.fetch(path).status_code, 404, "there was no update")
        env["ir.config_parameter"].set_param(
            const.OLD_LINKS_PARAMETER, fields.Datetime.now()
        )
        self.assertEqual(self.fetch(path).content, PDF)
        env.cr.execute(
            "UPDATE ir_attachment SET write_date = now() + interval '1 minute'"
            " WHERE id = %s",
            [attachment.id],
        )
        attachment.invalidate_recordset()
        self.assertEqual(self.fetch(path).status_code, 404)

    def test_a_deleted_file_is_gone(self):
        attachment = self.attachment()
        link = self.link(attachment)
        attachment.unlink()
        self.assertEqual(self.fetch(link).status_code, 404)

    def test_an_address_is_no_way_out(self):
        attachment = self.env["ir.attachment"].create(
            {"name": "a", "type": "url", "url": "https://evil.example"}
        )
        self.assertEqual(self.fetch(self.link(attachment, "a.pdf")).status_code, 404)

    # -- pictures of employees -----------------------------------------------------

    def test_the_authors_picture_is_public_while_they_answer_in_their_name(self):
        self.account.send_as_employee = True
        self.agent.partner_id.image_1920 = base64.b64encode(
            picture("JPEG", size=(600, 600))
        )
        task = self.converse()
        self.reply(task)
        self.send()
        [body] = self.viber.sent()
        path = body["sender"]["avatar"].removeprefix(self.account.base_url)
        response = self.fetch(path)
        self.assertEqual(response.headers["Content-Type"], "image/jpeg")
        self.assertLessEqual(len(response.content), 100 * 1024)
        self.agent.partner_id.image_1920 = False
        self.assertEqual(self.fetch(path).status_code, 404)
