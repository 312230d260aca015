"""What the composer says before Send, against what happens at Send."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .. import const
from ..models.ir_attachment import scale_down
from ..tools import payload
from .common import ViberCase
from .test_files_out import MP4, moving_gif, picture


class TestComposerInfo(ViberCase):
    """Each state: what is told is what happens."""

    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.viber_customer_id
        self.subscriber = self.task.viber_subscriber_id

    def info(self, record=None, partners=None, user=None):
        record = (self.task if record is None else record).with_user(user or self.agent)
        partners = partners or self.env["res.partner"]
        return record.viber_composer_info(partners.ids)

    def post(self, record=None, partners=None, user=None):
        """:return: what happened, in the words of what was told: channel, whom it
        reaches by it, whom by e-mail beside it, whom it does not reach
        """
        record = self.task if record is None else record
        user = user or self.agent
        # As Odoo's controller does.
        posting = record.with_user(user)
        if not posting.has_access("write"):
            posting = posting.with_context(mail_post_autofollow=False)
        message = posting.sudo().message_post(
            body="Good day",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(partners or self.env["res.partner"]).ids,
        )
        notifications = message.notification_ids.filtered("res_partner_id")
        by_viber = notifications.filtered(lambda n: n.notification_type == "viber")
        subscribed = by_viber.viber_message_ids.subscriber_id.filtered("is_subscribed")
        reached = by_viber.filtered(
            lambda n: n.res_partner_id in subscribed.partner_id
        ).res_partner_id
        mailed = notifications.filtered(
            lambda n: n.notification_type == "email" and n.res_partner_id.partner_share
        ).res_partner_id
        lost = by_viber.res_partner_id - reached
        channel = "viber" if reached else "email" if mailed else "none"
        return (
            channel,
            sorted((reached or mailed).mapped("name")),
            sorted(mailed.mapped("name")) if reached else [],
            sorted(lost.mapped("name")),
        )

    def assert_true(self, record=None, partners=None, user=None):
        """What is told is what happens then.

        :return: what was told
        """
        info = self.info(record, partners, user)
        told = (
            info["channel"],
            sorted(info["recipients"]),
            sorted(info["others"]),
            sorted(info["lost"]),
        )
        self.assertEqual(told, self.post(record, partners, user))
        return info

    def follower(self, name, user_id=None, **values):
        partner = self.env["res.partner"].create({"name": name} | values)
        if user_id:
            self.env["viber.subscriber"].create(
                {
                    "account_id": self.account.id,
                    "viber_user_id": user_id,
                    "partner_id": partner.id,
                }
            )
        self.task.message_subscribe(partner.ids)
        return partner

    # -- Each state ----------------------------------------------------------------

    def test_to_the_customer_in_viber_as_the_account(self):
        info = self.assert_true()
        self.assertEqual(
            info,
            {
                "account": self.account.name,
                "channel": "viber",
                "lost": [],
                "others": [],
                "recipients": [self.customer.name],
                "sender": self.account.name,
                "session": None,
                "told": self.customer.ids,
                "until": False,
                "waits": False,
                "warning": False,
            },
        )

    def test_as_the_employee_where_the_account_says_so(self):
        self.account.send_as_employee = True
        self.assertEqual(self.info()["sender"], self.agent.name)
        [row] = self.outbox(self.reply(self.task))
        self.assertIn(f'"sender":{{"name":"{self.agent.name[:20]}', row.payload)

    def test_gone_with_an_address_by_email(self):
        self.customer.email = "olena@example.com"
        self.subscriber._set_subscribed(False)
        info = self.assert_true()
        self.assertEqual(info["channel"], "email")
        self.assertIn("left", info["warning"])
        self.assertEqual(info["sender"], self.agent.name)

    def test_gone_without_an_address_reaches_nobody(self):
        self.subscriber._set_subscribed(False)
        info = self.assert_true()
        self.assertEqual(info["channel"], "none")
        self.assertEqual(info["lost"], [self.customer.name])
        self.assertIn("left", info["warning"])

    def test_gone_while_another_follower_has_an_address(self):
        self.subscriber._set_subscribed(False)
        self.follower("Wife", email="wife@example.com")
        info = self.assert_true()
        self.assertEqual((info["channel"], info["recipients"]), ("email", ["Wife"]))
        self.assertTrue(info["warning"])

    def test_several_in_viber_and_others_by_email(self):
        self.follower("Son", "son==")
        self.follower("Wife", email="wife@example.com")
        info = self.assert_true()
        self.assertEqual(sorted(info["recipients"]), [self.customer.name, "Son"])
        self.assertEqual(info["others"], ["Wife"])

    def test_another_customer_is_reached_when_this_one_has_left(self):
        self.subscriber._set_subscribed(False)
        self.follower("Son", "son==")
        info = self.assert_true()
        self.assertEqual((info["channel"], info["recipients"]), ("viber", ["Son"]))
        self.assertEqual(info["lost"], [self.customer.name])
        self.assertTrue(info["warning"])

    def test_customer_who_does_not_follow(self):
        self.task.message_unsubscribe(self.customer.ids)
        info = self.assert_true()
        self.assertEqual(info["channel"], "none")
        self.assertIn("follow", info["warning"])

    def test_customer_who_does_not_follow_and_is_named(self):
        self.customer.email = "olena@example.com"
        self.task.message_unsubscribe(self.customer.ids)
        self.assertEqual(self.info()["channel"], "none")
        info = self.assert_true(partners=self.customer)
        self.assertEqual((info["channel"], info["told"]), ("viber", []))

    def test_archived_customer(self):
        self.customer.active = False
        info = self.assert_true()
        self.assertEqual(info["channel"], "none")
        self.assertIn("archived", info["warning"])

    def test_detached_from_the_viber_customer(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.task._viber_set_customer(other)
        info = self.assert_true()
        self.assertEqual((info["channel"], info["lost"]), ("none", ["Other"]))
        self.assertIn("not the contact", info["warning"])
        other.email = "other@example.com"
        self.task.message_subscribe(other.ids)
        self.assertEqual(self.assert_true()["channel"], "email")

    def test_colleagues_who_follow_are_no_recipients(self):
        colleague = new_test_user(self.env, "colleague", groups=self.agent_groups)
        self.task.message_subscribe(colleague.partner_id.ids)
        self.assertEqual(self.assert_true()["others"], [])

    def test_customer_who_was_hired(self):
        new_test_user(self.env, "hired", self.agent_groups, partner_id=self.customer.id)
        self.assertEqual(self.assert_true()["channel"], "none")

    def test_copy_of_a_conversation(self):
        copy = self.task.copy()
        info = self.assert_true(copy)
        self.assertEqual((info["channel"], info["account"]), ("none", False))
        self.assertIn("no conversation in Viber", info["warning"])

    def test_record_that_has_nothing_to_do_with_viber(self):
        self.assertEqual(self.assert_true(self.make_record())["channel"], "none")

    def test_reader_who_may_not_change_the_record_lets_nobody_in(self):
        son = self.follower("Son", "son==", email="son@example.com")
        self.task.message_unsubscribe(son.ids)
        self.customer.email = "olena@example.com"
        self.task.message_unsubscribe(self.customer.ids)
        self.env["ir.rule"].create(
            {
                "name": "Nobody writes",
                "model_id": self.env["ir.model"]._get_id(self.carrier),
                "domain_force": "[(0, '=', 1)]",
                "perm_read": False,
                "perm_create": False,
                "perm_unlink": False,
            }
        )
        self.assertFalse(self.task.with_user(self.agent).has_access("write"))
        self.assert_true(partners=self.customer | son)
        self.assertFalse(self.task.message_partner_ids & (self.customer | son))

    # -- What waits ----------------------------------------------------------------

    def test_account_in_error_waits(self):
        self.account.write({"state": "error"})
        info = self.assert_true()
        self.assertEqual((info["channel"], info["waits"]), ("viber", True))
        self.assertIn("wait until", info["warning"])
        self.assertFalse(info["until"])

    def test_archived_account_waits(self):
        self.account.active = False
        self.assertTrue(self.assert_true()["waits"])

    def test_resting_account_waits(self):
        self.account._pause("Viber can't be reached")
        info = self.assert_true()
        self.assertEqual((info["channel"], info["waits"]), ("viber", True))
        until = fields.Datetime.to_string(self.account.paused_until)
        self.assertEqual(info["until"], until)
        self.account._resume()
        self.assertFalse(self.info()["waits"])

    def test_free_messages_used_up_waits(self):
        renewal = fields.Datetime.now() + timedelta(days=3)
        self.account._use_up_quota(renewal)
        self.assertFalse(self.info()["waits"])
        row = self.outbox(self.reply(self.task))
        row.write(row._quota_vals(self.account) | {"next_attempt_date": renewal})
        info = self.assert_true()
        self.assertTrue(info["waits"])
        self.assertEqual(info["until"], fields.Datetime.to_string(renewal))

    # -- Rights --------------------------------------------------------------------

    def test_only_employees_who_may_read_are_told(self):
        portal = new_test_user(self.env, "portal_user", "base.group_portal")
        self.task.message_subscribe(portal.partner_id.ids)
        outsider = new_test_user(self.env, "no_agent", "base.group_user")
        hidden = self.make_hidden_record()
        for record, user in ((self.task, portal), (hidden, outsider)):
            for method in ("viber_composer_info", "viber_composer_files"):
                with self.subTest(user=user.login, method=method):
                    with self.assertRaises(AccessError):
                        getattr(record.with_user(user), method)([])

    def test_nobody_learns_names_by_naming_contacts(self):
        """Contacts whom the user may not read are left out, as at Send."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        secret = self.env["res.partner"].create(
            {"name": "Secret", "email": "secret@example.com", "company_id": company.id}
        )
        info = self.info(partners=secret)
        self.assertNotIn("Secret", str(info))
        self.assertEqual(info["others"], [])
        self.assertEqual(self.info(partners=secret.browse(999999999))["others"], [])

    def test_it_leaves_no_trace(self):
        messages = self.task.message_ids
        followers = self.task.message_partner_ids
        rows = self.env["viber.message"].search_count([])
        self.customer.email = "olena@example.com"
        self.info(partners=self.customer)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.task.message_ids, messages)
        self.assertEqual(self.task.message_partner_ids, followers)
        self.assertEqual(self.env["viber.message"].search_count([]), rows)


class TestComposerFiles(ViberCase):
    def file(self, name, size, mimetype, raw=b"x"):
        attachment = self.env["ir.attachment"].with_user(self.agent)
        file = attachment.create(
            {"name": name, "raw": raw, "res_model": "mail.compose.message"}
        )
        # sudo: a size that would take long to make
        self.env.cr.execute(
            "UPDATE ir_attachment SET file_size = %s, mimetype = %s WHERE id = %s",
            [size, mimetype, file.id],
        )
        file.invalidate_recordset()
        return file

    def test_each_kind_of_file_has_its_words(self):
        task = self.converse()
        pdf = self.file("a.pdf", 1000, "application/pdf")
        huge = self.file("b.pdf", 51 * 1024**2, "application/pdf")
        program = self.file("c.exe", 1000, "application/x-msdos-program")
        url = self.env["ir.attachment"].create(
            {"name": "d", "type": "url", "url": "https://example.com", "public": True}
        )
        files = pdf | huge | program | url
        self.assertEqual(
            task.with_user(self.agent).viber_composer_files(files.ids),
            {
                str(pdf.id): "goes as a file",
                str(huge.id): "goes as a link for 30 days",
                str(program.id): "goes as a link for 30 days",
                str(url.id): "goes as a link",
            },
        )

    def test_a_big_picture_is_announced_as_what_it_leaves_as(self):
        """By the same decision: what is announced is what leaves."""
        task = self.converse()
        limit = 20_000
        patcher = patch.object(const, "PICTURE_MAX_BYTES", limit)
        patcher.start()
        self.addCleanup(patcher.stop)
        still = picture("JPEG", size=(60, 60)) + bytes(limit)
        gif = picture("GIF", size=(60, 60)) + bytes(limit)
        moving = moving_gif() + bytes(limit)
        broken = still[:30] + b"x" * limit
        webp = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(limit)
        scaled = "goes as a picture, scaled to 1 MB"
        for name, raw, words in (
            ("a.jpg", still, scaled),
            ("b.gif", gif, scaled),
            ("c.gif", moving, "goes as a file"),
            ("d.jpg", broken, "goes as a file"),
            ("e.webp", webp, "goes as a file"),
            ("f.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "goes as a file"),
        ):
            with self.subTest(name):
                file = self.env["ir.attachment"].with_user(self.agent)
                file = file.create(
                    {"name": name, "raw": raw, "res_model": "mail.compose.message"}
                )
                answer = task.with_user(self.agent).viber_composer_files(file.ids)
                self.assertEqual(answer, {str(file.id): words})
                outgoing = file._viber_outgoing_file(self.account)
                if outgoing.is_too_big and not scale_down(raw):
                    outgoing = file._viber_outgoing_file(self.account, False)
                left = payload.outgoing_kind(outgoing)
                self.assertEqual("picture" in words, left == "picture")

    def test_videos_and_what_is_too_big(self):
        task = self.converse()
        mp4, mb = "video/mp4", 1024**2
        for name, size, mimetype, words in (
            ("a.mp4", 25 * mb, mp4, "goes as a video"),
            ("b.mp4", 27 * mb, mp4, "goes as a file"),
            ("c.mp4", 51 * mb, mp4, "goes as a link for 30 days"),
            ("d.mov", 5 * mb, "video/quicktime", "goes as a file"),
            ("e.heic", 5 * mb, "image/heic", "goes as a file"),
        ):
            with self.subTest(name):
                raw = MP4 if mimetype == mp4 else b"x"
                file = self.file(name, size, mimetype, raw)
                answer = task.with_user(self.agent).viber_composer_files(file.ids)
                self.assertEqual(answer, {str(file.id): words})

    def test_files_of_others_are_left_out(self):
        task = self.converse()
        secret = self.env["ir.attachment"].create(
            {"name": "a", "raw": b"x", "res_model": "mail.compose.message"}
        )
        self.assertEqual(
            task.with_user(self.agent).viber_composer_files(secret.ids), {}
        )

    def test_record_that_is_no_conversation(self):
        pdf = self.file("a.pdf", 1000, "application/pdf")
        record = self.make_record().with_user(self.agent)
        self.assertEqual(record.viber_composer_files(pdf.ids), {})
