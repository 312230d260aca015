"""Whose words reach a customer: the company's, a named outsider's, or nobody's."""

from email.message import EmailMessage

from markupsafe import Markup

from odoo.tests import new_test_user

from ..tools import keyboard as keyboard_tools
from .common import ViberCase

COMMENT = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


class TestVoice(ViberCase):
    def setUp(self):
        super().setUp()
        self.agent.email = "agent@example.com"
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.open_to("portal")
        self.portal = new_test_user(
            self.env, "maria", groups="base.group_portal", name="Maria Supplier"
        )
        self.task.message_subscribe(self.portal.partner_id.ids)

    def heard(self, message):
        """:return: what the outbox sends of a message, as (sender, text)"""
        self.viber.requests.clear()
        self.assertEqual(message.model, self.carrier)
        self.send()
        return [
            (body["sender"]["name"], body.get("text")) for body in self.viber.sent()
        ]

    def email(self, sender):
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = "desk@example.com"
        mail["Subject"] = "Re: printer"
        mail["In-Reply-To"] = self.comments(self.task)[0].message_id
        mail["Message-Id"] = f"<{sender}>"
        mail.set_content("by e-mail")
        self.env["mail.thread"].message_process(self.carrier, mail.as_string())
        return self.task.message_ids[0]

    def test_a_portal_user_is_named_whoever_they_claim_to_be(self):
        bot = self.env.ref("base.partner_root")
        for claimed in (None, self.agent.partner_id, bot, self.env.company.partner_id):
            for as_employee in (False, True):
                with self.subTest(claimed=claimed, as_employee=as_employee):
                    self.account.send_as_employee = as_employee
                    message = (
                        self.task.with_user(self.portal)
                        .sudo()
                        .message_post(
                            body="I pay", author_id=claimed and claimed.id, **COMMENT
                        )
                    )
                    self.assertEqual(
                        self.heard(message),
                        [(self.account.name, "Maria Supplier: I pay")],
                    )

    def test_a_remote_call_adds_no_buttons(self):
        keyboard = dict(keyboard_tools.share_phone("Tell us your number"))
        for user in (self.portal, self.agent):
            with self.subTest(user=user.login):
                self.viber.requests.clear()
                self.task.with_user(user).message_post(
                    body="Told", viber_keyboard=keyboard, **COMMENT
                )
                self.send()
                [body] = self.viber.sent()
                self.assertNotIn("keyboard", body)

    def test_files_of_an_outsider_follow_their_name(self):
        message = (
            self.task.with_user(self.portal)
            .sudo()
            .message_post(
                body="", attachments=[("a.pdf", b"%PDF-1.4\n%%EOF\n")], **COMMENT
            )
        )
        self.assertEqual(
            self.heard(message),
            [(self.account.name, "Maria Supplier:"), (self.account.name, None)],
        )

    def test_a_name_from_outside_formats_nothing(self):
        partner = self.portal.partner_id
        for name, told in (
            ("*Service desk*", "* Service desk*: a"),
            ("Two\nlines", "Two lines: a"),
            ("<b>Desk</b>", "<b>Desk</b>: a"),
            ("x" * 100, "x" * 59 + "…: a"),
        ):
            with self.subTest(name=name):
                partner.name = name
                message = (
                    self.task.with_user(self.portal)
                    .sudo()
                    .message_post(body="a", **COMMENT)
                )
                self.assertEqual(self.heard(message), [(self.account.name, told)])

    def test_another_customer_on_the_task_is_named(self):
        wife = self.env["res.partner"].create({"name": "Wife"})
        self.env["viber.subscriber"].create(
            {
                "account_id": self.account.id,
                "viber_user_id": "wife==",
                "partner_id": wife.id,
            }
        )
        self.task.message_subscribe(wife.ids)
        self.converse("Is it done?")
        self.send()
        said = [(body["receiver"], body["text"]) for body in self.viber.sent()]
        self.assertEqual(said, [("wife==", "Olena Koval: Is it done?")])

    def test_an_email_is_told_as_its_sender_is_known(self):
        self.env["res.partner"].create(
            {"name": "Paper Ltd", "email": "paper@example.com"}
        )
        self.assertEqual(
            self.heard(self.email("paper@example.com")),
            [(self.account.name, "Paper Ltd: by e-mail")],
        )
        self.assertEqual(
            self.heard(self.email("agent@example.com")),
            [(self.account.name, "by e-mail")],
        )

    def test_what_nobody_known_wrote_does_not_go_and_says_so(self):
        message = self.email("stranger@example.net")
        self.assertFalse(message.author_id)
        self.assertFalse(self.heard(message))
        fate = self.notification(message)
        self.assertEqual(
            (fate.res_partner_id, fate.notification_status, fate.failure_type),
            (self.customer, "exception", "viber_unknown"),
        )
        with self.assertRaisesRegex(Exception, "not known who wrote"):
            message.with_user(self.agent).viber_send_again()
        message.with_user(self.agent).viber_cancel()
        self.assertEqual(fate.notification_status, "canceled")
        self.customer.email = "olena@example.com"
        again = self.email("other@example.net")
        self.assertFalse(self.heard(again))
        self.assertFalse(self.notification(again))

    def test_who_may_not_log_in_is_not_spoken_for(self):
        public = self.env.ref("base.public_user")
        for author in (self.agent.partner_id, public.partner_id, public.browse()):
            with self.subTest(author=author):
                message = (
                    self.task.with_user(public)
                    .sudo()
                    .message_post(body="a", author_id=author.id or False, **COMMENT)
                )
                self.assertFalse(self.heard(message))

    def test_the_company_speaks_for_itself(self):
        self.account.send_as_employee = True
        former = new_test_user(
            self.env, "former", groups=self.agent_groups, name="Former"
        )
        self.task.message_subscribe(former.partner_id.ids)
        old = self.task.with_user(former).message_post(body="a", **COMMENT)
        former.active = False
        self.assertEqual(old._viber_voice()[0], "company")
        by_bot = self.task.with_user(self.env.ref("base.user_root")).message_post(
            body="b", **COMMENT
        )
        self.assertEqual(by_bot._viber_voice()[0], "company")
        unsigned = self.reply(
            self.task, "c", author_id=False, email_from="d@example.com"
        )
        self.assertEqual(unsigned._viber_voice()[0], "company")
        self.assertEqual(
            [text for _name, text in self.heard(unsigned)], ["a", "b", "c"]
        )


class TestFilesOfNotes(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.open_to("portal")
        self.portal = new_test_user(self.env, "maria", groups="base.group_portal")
        self.task.message_subscribe(self.portal.partner_id.ids)

    def file(self, owner=None, **values):
        attachments = self.env["ir.attachment"].with_user(owner or self.agent)
        return attachments.create(
            {
                "name": "a.pdf",
                "raw": b"%PDF-1.4\n%%EOF\n",
                "res_model": self.carrier,
                "res_id": self.task.id,
            }
            | values
        )

    def shown(self, file, path="/web/image/%s"):
        return Markup('<p>see <img src="%s"></p>') % (path % file.id)

    def leaves(self, message):
        """:return: whether a file is on its way to the customer"""
        rows = self.outbox(message)
        self.assertTrue(rows)
        return any('"media"' in row.payload or "📎" in row.payload for row in rows)

    def post(self, user, body, **values):
        return (
            self.task.with_user(user)
            .sudo(user.share)
            .message_post(body=body, **COMMENT, **values)
        )

    def test_only_an_employee_names_files(self):
        file = self.file()
        self.assertTrue(self.leaves(self.post(self.agent, self.shown(file))))
        agent = self.agent.partner_id.id
        root = self.env.ref("base.user_root")
        other = self.env["res.partner"].create({"name": "X"})
        for message in (
            self.post(self.portal, self.shown(file)),
            self.post(self.portal, self.shown(file), author_id=agent),
            self.post(root, self.shown(file), author_id=other.id),
            self.post(root, self.shown(file)),
        ):
            self.assertFalse(self.leaves(message))

    def test_a_file_of_a_note_is_named_by_nobody(self):
        file = self.file()
        note = self.reply(
            self.task, "n", subtype_xmlid="mail.mt_note", attachment_ids=file.ids
        )
        self.assertEqual(note.attachment_ids, file)
        for path in (
            "/web/image/%s",
            "/web/content/%s?download=1",
            "https://odoo.example.com/web/image/%s/a.pdf",
            "/web/image?id=%s",
            "/web/image/ir.attachment/%s/raw",
            "/web/content?model=ir.attachment&id=%s",
        ):
            for user in (self.agent, self.portal):
                with self.subTest(path=path, user=user.login):
                    message = self.post(user, self.shown(file, path))
                    self.assertFalse(self.leaves(message))
        message = self.post(self.portal, "x", attachment_ids=file.ids)
        self.assertFalse(self.leaves(message))
        # Who attaches it means it.
        message = self.post(self.agent, "x", attachment_ids=file.ids)
        self.assertTrue(self.leaves(message))

    def test_an_employee_names_what_they_may_read(self):
        # Whom it is assigned to may read it always.
        self.account.assign_on_answer = False
        file = self.file()
        message = self.post(self.agent, "x")
        files = message.sudo()._viber_files_to_send
        message.sudo().body = self.shown(file)
        self.assertEqual(files(self.account), file)
        # A file of the full composer is its owner's.
        other = self.file(self.env.user, res_id=0, res_model="mail.compose.message")
        message.sudo().body = self.shown(other)
        self.assertFalse(files(self.account))
        # Somebody else may read it, but not the one who wrote.
        message.sudo().body = self.shown(file)
        self.open_to("followers")
        self.task.message_unsubscribe(self.agent.partner_id.ids)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(message.sudo()._viber_files_to_send(self.account))

    def test_who_edits_answers_for_it(self):
        file = self.file()
        for user, leaves in ((self.portal, False), (self.agent, True)):
            with self.subTest(user=user.login):
                message = self.post(self.agent, "x")
                self.env.flush_all()
                self.task.with_user(user).sudo()._message_update_content(
                    message.with_user(user).sudo(), body=self.shown(file)
                )
                self.assertEqual(self.leaves(message), leaves)
