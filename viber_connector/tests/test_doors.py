"""Doors that an attack with the code at hand found open."""

import itertools
from types import SimpleNamespace

from markupsafe import Markup

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ViberCase

COMMENT = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


class DoorCase(ViberCase):
    def setUp(self):
        super().setUp()
        self.agent.notification_type = "inbox"
        self.task = self.converse()
        self.subscriber = self.task.viber_subscriber_id
        self.customer = self.task.partner_id
        self.project.privacy_visibility = "portal"
        self.portal = new_test_user(
            self.env, "maria", groups="base.group_portal", name="Maria Supplier"
        )
        self.task.message_subscribe(self.portal.partner_id.ids)
        self.forget()

    def forget(self):
        self.env.flush_all()
        self.env.invalidate_all()

    def heard(self):
        """:return: the bodies of what the outbox sends now"""
        self.viber.requests.clear()
        self.send()
        return self.viber.sent()


class TestVoices(DoorCase):
    def test_buttons_come_from_no_remote_call(self):
        button = {"ActionType": "open-url", "ActionBody": "https://evil.example"}
        keyboard = {"Type": "keyboard", "Buttons": [button | {"Text": "Pay here"}]}
        for user in (self.portal, self.agent):
            for given in (keyboard, "x", 5, [keyboard]):
                with self.subTest(user=user.login, given=given):
                    self.task.with_user(user).message_post(
                        body="hi", viber_keyboard=given, **COMMENT
                    )
                    [body] = self.heard()
                    self.assertNotIn("keyboard", body)
        self.task.with_user(self.agent).action_viber_ask_phone()
        self.assertIn("keyboard", self.heard()[0])

    def test_each_piece_of_an_outsiders_text_names_them(self):
        task = self.task.with_user(self.portal).sudo()
        task.message_post(body="x " * 8000 + "Service desk: please pay", **COMMENT)
        texts = [body["text"] for body in self.heard()]
        self.assertEqual(len(texts), 3)
        for text in texts:
            self.assertTrue(text.startswith("Maria Supplier: "), text[:60])
            self.assertLessEqual(len(text), 7000)

    def test_a_name_that_shows_nothing_is_none(self):
        for name in ("\u200b", "\u2060", "\u3164", "\u2800", "\u00ad", "\u200e"):
            with self.subTest(name=ascii(name)):
                self.portal.partner_id.name = name
                message = (
                    self.task.with_user(self.portal)
                    .sudo()
                    .message_post(body="I pay", **COMMENT)
                )
                self.assertFalse(self.heard())
                fate = self.notification(message)
                self.assertEqual(fate.failure_type, "viber_unknown")

    def test_a_portal_user_rewrites_no_words_of_an_employee(self):
        copy = self.task.copy()
        copy.message_subscribe(self.portal.partner_id.ids)
        failed, waiting = self.reply(copy, "a"), self.reply(self.task, "a")
        self.forget()
        for message in (failed, waiting):
            with self.assertRaises(AccessError):
                message.with_user(self.portal).write({"body": "Pay to UA1"})

    def test_what_is_changed_by_a_remote_call_is_what_leaves(self):
        message = self.reply(self.task, "a")
        message.with_user(self.agent).write({"body": "b"})
        self.assertEqual([body["text"] for body in self.heard()], ["b"])

    def test_an_author_alone_makes_no_words_of_the_customer(self):
        """By a remote call an employee, and by a link that was shared anybody, may name
        the customer."""
        message = self.reply(self.task, "We refund you 1000")
        message.with_user(self.agent).write({"author_id": self.customer.id})
        planted = self.task.with_user(self.agent).message_post(
            body="I cancel", author_id=self.customer.id, **COMMENT
        )
        self.env.flush_all()
        public = self.env.ref("base.public_user")
        posted = self.task.with_user(public).sudo()
        shared = posted.message_post(
            body="Me", author_id=self.customer.id, **COMMENT
        ).sudo(False)
        for told in (message, planted, shared):
            with self.subTest(body=told.body):
                self.assertFalse(told.sudo()._viber_by_customers())
        for told in (planted, shared):
            told.with_user(self.env.ref("base.user_admin")).unlink()
            self.assertFalse(told.exists())

    def test_what_a_customer_said_stays_theirs_and_of_that_day(self):
        said = self.env["mail.message"].search([("author_id", "=", self.customer.id)])
        said = said.filtered(lambda m: m.res_id == self.task.id and m.body)[:1]
        self.assertTrue(said)
        note = self.env.ref("mail.mt_note").id
        for vals in (
            {"author_id": self.agent.partner_id.id},
            {"date": "2020-01-01"},
            {"subtype_id": note},
            {"is_internal": True},
            {"message_type": "notification"},
            {"subject": "x"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                said.with_user(self.agent).write(vals)

    def test_portal_users_find_nothing_out_by_searching(self):
        tasks = self.env["project.task"].with_user(self.portal)
        self.outbox(self.reply(self.task))._set_state("failed")
        self.task.user_ids = self.agent
        for leaf in (
            ("viber_is_undelivered", "=", True),
            ("viber_is_open", "=", True),
            ("viber_assignee_ids", "in", self.agent.ids),
        ):
            with self.subTest(leaf=leaf):
                self.assertIn(self.task, tasks.with_user(self.agent).search([leaf]))
                self.assertFalse(tasks.search([leaf]))

    def test_what_is_made_internal_does_not_leave(self):
        note = self.env.ref("mail.mt_note").id
        for vals in ({"is_internal": True}, {"subtype_id": note}):
            waiting, failed = self.reply(self.task, "a"), self.reply(self.task, "b")
            self.outbox(failed)._set_state("failed")
            for message in (waiting, failed):
                message.with_user(self.agent).write(vals)
                message.with_user(self.agent).viber_send_again()
            self.assertFalse(self.heard())
            self.assertEqual(self.notification(failed).notification_status, "canceled")

    def test_a_picture_in_the_text_of_a_note_is_named_by_nobody(self):
        for owner in (
            {"res_model": "project.task", "res_id": self.task.id},
            {"res_model": "mail.compose.message", "res_id": 0},
        ):
            files = self.env["ir.attachment"].with_user(self.agent)
            file = files.create({"name": "a.pdf", "raw": b"%PDF-1.4\n"} | owner)
            shown = Markup('<p>see <img src="/web/image/%s"></p>') % file.id
            quote = Markup("<blockquote>%s</blockquote>ok") % shown
            told = self.outbox(self.reply(self.task, quote))
            self.assertTrue(any('"media"' in row.payload for row in told))
            self.reply(self.task, shown, subtype_xmlid="mail.mt_note")
            told = self.outbox(self.reply(self.task, quote))
            self.assertFalse(any('"media"' in row.payload for row in told))

    def test_nobody_else_hides_or_changes_what_an_employee_says(self):
        """Odoo lets portal users write and delete any message of a task that they may
        read, and who was notified of a message that message."""
        self.env["project.collaborator"].create(
            {"project_id": self.project.id, "partner_id": self.portal.partner_id.id}
        )
        colleague = new_test_user(self.env, "colleague", groups="base.group_user")
        named = {"partner_ids": colleague.partner_id.ids}
        note = self.env.ref("mail.mt_note").id
        attempts = (
            lambda m: m.write({"body": "Pay to UA1"}),
            lambda m: m.write({"is_internal": True}),
            lambda m: m.write({"subtype_id": note}),
            lambda m: m.write({"message_type": "notification"}),
            lambda m: m.write({"author_id": self.env.user.partner_id.id}),
            lambda m: m.unlink(),
        )
        later = fields.Datetime.add(fields.Datetime.now(), days=1)
        waiting = self.reply(self.task, "a", **named)
        for_later = self.reply(self.task, "a", scheduled_date=later, **named)
        for_later.sudo().notification_ids = [
            Command.create({"res_partner_id": colleague.partner_id.id})
        ]
        said = self.comments(self.task)[0]
        said.sudo().partner_ids = colleague.partner_id
        for user in (self.portal, colleague):
            cases = itertools.product((waiting, for_later, said), enumerate(attempts))
            for message, (number, attempt) in cases:
                self.forget()
                with self.subTest(user=user.login, id=message.id, n=number):
                    with self.assertRaises(UserError):
                        attempt(message.with_user(user))
        self.assertEqual([body["text"] for body in self.heard()], ["a"])
        own = self.task.with_user(self.portal).sudo().message_post(body="b", **COMMENT)
        own.with_user(self.portal).write({"body": "c"})
        self.assertEqual([b["text"] for b in self.heard()], ["Maria Supplier: c"])

    def test_a_portal_user_takes_no_conversation_from_its_customer(self):
        self.env["project.collaborator"].create(
            {"project_id": self.project.id, "partner_id": self.portal.partner_id.id}
        )
        task = self.task.with_user(self.portal)
        self.assertTrue(task.write({"priority": "1"}))
        with self.assertRaises(AccessError):
            task.write({"partner_id": self.portal.partner_id.id})
        with self.assertRaises(AccessError):
            task.message_unsubscribe(self.customer.ids)
        self.forget()
        self.assertEqual(self.task.partner_id, self.customer)
        task.message_unsubscribe(self.portal.partner_id.ids)
        self.assertNotIn(self.portal.partner_id, self.task.message_partner_ids)
        self.reply(self.task, "a")
        self.assertEqual([body["text"] for body in self.heard()], ["a"])


class TestFates(DoorCase):
    def test_send_again_leaves_alone_what_is_on_its_way(self):
        message = self.reply(self.task, "x" * 8000)
        first, second = self.outbox(message)
        first._set_state("failed")
        second._move("sending")
        message.with_user(self.agent).viber_send_again()
        second.action_retry()
        self.assertEqual((first.state, second.state), ("outgoing", "sending"))
        second._take_result(SimpleNamespace(billing_status=1, message_token="1"))
        self.assertEqual(len(self.heard()), 1)

    def test_who_does_not_follow_is_a_failure_with_a_next_step(self):
        self.task.message_unsubscribe(self.portal.partner_id.ids)
        follower = self.task.message_follower_ids.filtered(
            lambda f: f.partner_id == self.customer
        )
        follower.subtype_ids = [Command.unlink(self.env.ref("mail.mt_comment").id)]
        self.forget()
        messages = [self.reply(self.task, "a")]
        follower.unlink()
        self.forget()
        messages.append(self.reply(self.task, "a"))
        for message in messages:
            fate = self.notification(message)
            self.assertEqual(fate.failure_type, "viber_no_conversation")
            self.assertTrue(fate.failure_reason)
            self.assertFalse(self.outbox(message))
            message.with_user(self.agent).viber_send_again()
        self.assertEqual([body["text"] for body in self.heard()], ["a"] * 2)

    def test_what_the_customer_wrote_is_no_failure_of_theirs(self):
        self.task.message_unsubscribe(self.customer.ids)
        message = self.comments(self.converse("Again"))[-1]
        self.assertFalse(self.notification(message))

    def test_what_is_forwarded_is_not_for_the_customer(self):
        supplier = self.env["res.partner"].create({"name": "S", "email": "s@x.example"})
        copy = self.task.copy()
        for task in (copy, self.task):
            message = self.reply(
                task, "b", partner_ids=supplier.ids, notify_skip_followers=True
            )
            self.assertFalse(self.notification(message))
        copy.viber_subscriber_id = self.subscriber
        message.with_user(self.agent).viber_send_again()
        self.assertFalse(self.heard())


class TestStrangers(DoorCase):
    """A customer whose conversation the agent may not see, but whose contact they may:
    nothing that the agent does is said to them by the bot."""

    def setUp(self):
        super().setUp()
        theirs = self.converse("Good day", user_id="stranger")
        theirs.project_id = self.env["project.project"].create(
            {"name": "For few", "privacy_visibility": "followers"}
        )
        theirs.message_unsubscribe(self.agent.partner_id.ids)
        self.stranger = theirs.partner_id
        self.strange_task = theirs
        self.tasks = self.env["project.task"].with_user(self.agent)
        self.forget()
        self.assertFalse(theirs.with_user(self.agent)._filtered_access("read"))
        self.assertTrue(self.stranger.with_user(self.agent).read(["name"]))

    def new_task(self, **vals):
        return self.tasks.create({"name": "T", "project_id": self.project.id} | vals)

    def receivers(self):
        return {body["receiver"] for body in self.heard()}

    def followed(self):
        task = self.new_task()
        task.message_subscribe(self.stranger.ids)
        return task

    def test_who_follows_before_it_is_a_conversation(self):
        own = {"viber_subscriber_id": self.subscriber.id}
        for become in (
            lambda: self.followed().write(own),
            lambda: self.new_task(**own, parent_id=self.followed().id),
            lambda: self.new_task(
                **own, message_partner_ids=[Command.link(self.stranger.id)]
            ),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                become()
            self.forget()
        # Who sees both may.
        task = self.followed()
        self.strange_task.message_subscribe(self.agent.partner_id.ids)
        task.write(own)
        task.message_post(body="a", **COMMENT)
        self.assertIn("stranger", self.receivers())

    def test_who_is_assigned(self):
        user = new_test_user(
            self.env, "s", groups="base.group_portal", partner_id=self.stranger.id
        )
        assigned = {"user_ids": [Command.link(user.id)]}
        own = {"viber_subscriber_id": self.subscriber.id}
        for assign in (
            lambda: self.new_task(**own).write(assigned),
            lambda: self.new_task(**own, **assigned),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                assign()
            self.forget()
        # A colleague who was a customer once can be given work.
        self.stranger.user_ids.group_ids = self.env.ref("base.group_user")
        self.new_task(**own).write(assigned)

    def test_who_is_named_in_a_message_for_later(self):
        later = fields.Datetime.add(fields.Datetime.now(), days=1)
        self.task.with_user(self.agent).message_post(
            body="a", partner_ids=self.stranger.ids, scheduled_date=later, **COMMENT
        )
        schedule = self.env["mail.message.schedule"].search([])
        schedule.scheduled_datetime = "2026-01-01"
        schedule._send_notifications_cron()
        self.assertEqual(self.receivers(), {self.subscriber.viber_user_id})

    def test_a_message_of_another_record_is_none_of_a_task(self):
        """Anybody may make notifications of messages that they may read."""
        self.agent.group_ids += self.env.ref("base.group_partner_manager")
        partners = self.env["res.partner"].with_user(self.agent)
        partner, task = partners.create({"name": "P"}), self.strange_task
        while partner.id != task.id:
            if partner.id < task.id:
                partner = partners.create({"name": "P"})
            else:
                task = task.create({"name": "T", "project_id": task.project_id.id})
        task.viber_subscriber_id = self.strange_task.viber_subscriber_id
        self.assertFalse(task.with_user(self.agent)._filtered_access("read"))
        message = partner.message_post(body="a", **COMMENT)
        vals = {
            "mail_message_id": message.id,
            "res_partner_id": self.stranger.id,
            "notification_type": "viber",
            "notification_status": "exception",
        }
        self.env["mail.notification"].with_user(self.agent).create(vals)
        message.viber_send_again()
        partner._message_update_content(message, body="b")
        self.assertFalse(self.heard())


class TestPlaces(DoorCase):
    def test_a_conversation_moves_to_no_other_company(self):
        other = self.env["res.company"].create({"name": "Another company"})
        self.customer.company_id = False
        self.project.company_id = self.env.company
        self.account.project_id = self.project.copy()
        place = self.env["project.project"].create(
            {"name": "Elsewhere", "company_id": other.id}
        )
        parent = self.env["project.task"].create(
            {"name": "Parent", "project_id": place.id}
        )
        below = {"parent_id": parent.id, "display_in_project": False}
        partner = self.env["res.partner"].create(
            {"name": "Theirs", "company_id": other.id}
        )
        root, middle = self.env["project.task"].create(
            [{"name": name, "project_id": self.project.id} for name in ("R", "M")]
        )
        middle.write({"parent_id": root.id, "display_in_project": False})

        def take_along():
            self.task.write({"parent_id": middle.id, "display_in_project": False})
            self.env.flush_all()
            root.project_id = place

        def by_the_customer_of_the_project():
            self.project.company_id = False
            self.project.partner_id = partner

        for move in (
            lambda: self.project.write({"company_id": other.id}),
            lambda: self.task.write(below),
            take_along,
            by_the_customer_of_the_project,
        ):
            with self.assertRaisesRegex(UserError, "stays in the company"):
                with self.env.cr.savepoint():
                    move()
            self.forget()
        self.assertEqual(self.task.company_id, self.env.company)
