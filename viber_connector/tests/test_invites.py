"""Personal links: who gets one, who opens one, and who is the contact then."""

import json
from contextlib import contextmanager

import psycopg2

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.registry import Registry
from odoo.tests import new_test_user, tagged
from odoo.tests.common import BaseCase, get_db_name

from .. import const
from ..models.res_partner_invite import handing_out
from ..tools import callback
from .common import TOKEN, ViberCase

STRANGER = "somebody else=="


class InviteCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Maria Kovalenko",
                "email": "maria@example.com",
                "phone": "+380441234567",
                "lang": "en_US",
                "country_id": cls.env.ref("base.de").id,
            }
        )
        cls.other_company = cls.env["res.company"].create({"name": "Other"})

    def invite(self, partner=None):
        """Have the agent invite a contact.

        :return: the personal link
        """
        partner = (partner or self.partner).with_user(self.agent)
        dialog = self.dialog(partner)
        return dialog.link_id.sudo()

    def dialog(self, partner):
        """:return: what Invite to Viber shows"""
        action = partner.action_viber_invite()
        wizards = self.env[action["res_model"]].with_user(partner.env.user)
        return wizards.with_context(**action["context"]).create({})

    def open(self, code, user_id=STRANGER, **values):
        """Have somebody open the chat by a link."""
        row = self.receive(
            self.event(
                "conversation_started",
                type="open",
                subscribed=False,
                context=code,
                user_id=user_id,
                **values,
            )
        )
        self.process()
        self.assertEqual(row.state, "done", row.error)

    def say_again(self, user_id=STRANGER):
        """Write in a conversation that goes on."""
        [row] = self.receive(self.text("It is me", user_id=user_id))
        self.process()
        return self.env[row.res_model].browse(row.res_id)

    def say(self, user_id=STRANGER):
        return self.converse("Good day, here I am", user_id=user_id)

    def notes(self, task):
        return "".join(task.message_ids.mapped("body"))

    def make_account(self, **values):
        account = self.env["viber.account"].create(
            {
                "auth_token": TOKEN + "2",
                "base_url": "https://odoo.example.com",
                **self.account_values,
                **values,
            }
        )
        account.action_connect()
        return account

    def links_of(self, partners):
        return self.env["viber.link"].search([("partner_id", "in", partners.ids)])


class TestOpeningInvites(InviteCase):
    def assert_is_contact(self, task):
        self.assertEqual(task.partner_id, self.partner)
        self.assertEqual(self.comments(task)[-1].author_id, self.partner)

    def assert_is_visitor(self, task, words):
        self.assertNotEqual(task.partner_id, self.partner)
        self.assertNotEqual(task.viber_subscriber_id.partner_id, self.partner)
        self.assertTrue(task.partner_id)
        self.assertIn(words, self.notes(task))
        self.assertFalse(task.viber_link_id)

    def test_the_first_who_opens_it_is_the_contact_and_nobody_else(self):
        link = self.invite()
        names = ("name", "email", "phone", "lang", "country_id")
        before = [self.partner[name] for name in names]
        self.open(link.code, "Maria==")
        subscriber = self.partner.viber_subscriber_ids
        self.assertEqual(subscriber.viber_user_id, "Maria==")
        self.assertEqual(link.opened_by_id, subscriber)
        self.assertTrue(link.opened_date)
        task = self.say("Maria==")
        self.assert_is_contact(task)
        self.assertEqual(task.viber_link_id, link)
        self.assertIn("Is Maria Kovalenko now", self.notes(task))
        self.assertEqual([self.partner[name] for name in names], before)
        self.open(link.code)
        self.assert_is_visitor(self.say(), "somebody else had opened it")
        self.assertEqual(link.opened_by_id, subscriber)
        self.assertEqual(self.partner.viber_subscriber_ids, subscriber)
        self.assertEqual(link.open_count, 2)

    def test_only_whose_it_is_reads_the_welcome_of_a_link_that_works_once(self):
        self.account.welcome_message = "Good day!"
        link = self.invite()
        link.welcome_message = "Dear Maria, about your loan:"
        self.assertEqual(self.welcome(link, "Maria=="), "Dear Maria, about your loan:")
        self.open(link.code, "Maria==")
        # Viber may repeat its question.
        self.assertEqual(self.welcome(link, "Maria=="), "Dear Maria, about your loan:")
        self.assertEqual(self.welcome(link, STRANGER), "Good day!")
        self.open(link.code)
        self.assertNotIn("loan", self.notes(self.say()))
        self.assertIn("loan", self.notes(self.say("Maria==")))
        link.opened_by_id.unlink()
        self.assertEqual(self.welcome(link, "somebody new=="), "Good day!")

    def welcome(self, link, user_id):
        """:return: how somebody is greeted who opens the chat by a link"""
        event = self.event(
            "conversation_started",
            type="open",
            subscribed=False,
            context=link.code,
            user_id=user_id,
        )
        return self.account._welcome(callback.parse(json.dumps(event).encode()))

    def test_who_opened_it_may_open_it_again(self):
        link = self.invite()
        self.open(link.code)
        self.open(link.code)
        task = self.say()
        self.assert_is_contact(task)
        self.assertNotIn("ordinary visitor", self.notes(task))
        self.assertIn("Is Maria Kovalenko now", self.notes(task))
        self.open(link.code)
        self.assertEqual(self.say(), task)
        self.assertNotIn("ordinary visitor", self.notes(task))

    def test_customers_do_not_read_who_was_linked(self):
        self.open(self.invite().code)
        self.say()
        self.send()
        self.assertFalse(self.viber.sent())

    def test_what_works_no_more_links_nobody(self):
        yesterday = fields.Date.subtract(fields.Date.today(), days=1)
        for number, (change, words) in enumerate(
            (
                ({"expires_on": yesterday}, "does not work any more"),
                ({"active": False}, "does not work any more"),
            )
        ):
            with self.subTest(change=change):
                link = self.invite()
                link.write(change)
                self.open(link.code, f"late {number}")
                self.assert_is_visitor(self.say(f"late {number}"), words)
                self.assertFalse(link.opened_by_id)

    def test_it_counts_when_it_was_opened_not_when_the_worker_came(self):
        link = self.invite()
        event = self.event(
            "conversation_started",
            type="open",
            subscribed=False,
            context=link.code,
            user_id=STRANGER,
        )
        # By Viber's clock, while it worked.
        event["timestamp"] -= 3 * 24 * 3600 * 1000
        link.expires_on = fields.Date.subtract(fields.Date.today(), days=2)
        self.receive(event)
        self.process()
        self.assert_is_contact(self.say())

    def test_a_tampered_or_deleted_link_links_nobody(self):
        link = self.invite()
        code = link.code = "Ab-_" + link.code[4:]
        self.open(code[:-1] + ("A" if code[-1] != "A" else "B"), "tampered")
        self.assert_is_visitor(self.say("tampered"), "a link that does not exist")
        self.partner.unlink()
        self.assertFalse(link.exists())
        self.open(code, "deleted")
        task = self.say("deleted")
        self.assertIn("a link that does not exist", self.notes(task))
        self.assertNotIn(code, self.notes(task))

    def test_other_deep_links_are_told_as_ever(self):
        for context in ("flyer-2026", "spring_sale_2026"):
            self.open(context, context)
            self.assertIn(f"none of ours: {context}", self.notes(self.say(context)))

    def test_who_is_another_contact_already_stays_so(self):
        earlier = self.say()
        contact = earlier.partner_id
        link = self.invite()
        self.open(link.code)
        self.assertEqual(self.say(), earlier)
        self.assertEqual(earlier.partner_id, contact)
        notes = self.notes(earlier)
        self.assertIn(
            "the personal link of Maria Kovalenko, but are Olena Koval", notes
        )
        self.assertFalse(link.opened_by_id, "it still works for Maria")
        self.open(link.code, "Maria==")
        self.assert_is_contact(self.say("Maria=="))

    def test_a_contact_who_can_be_no_customer_any_more_links_nobody(self):
        changes = (
            lambda partner: partner.write({"active": False}),
            lambda partner: partner.write({"employee": True}),
            lambda partner: partner.write({"company_id": self.other_company.id}),
            lambda partner: new_test_user(
                self.env, "hired", groups="base.group_user", partner_id=partner.id
            ),
        )
        for number, change in enumerate(changes):
            partner = self.env["res.partner"].create({"name": f"Secret {number}"})
            link = self.invite(partner)
            change(partner)
            with self.subTest(number=number):
                user_id = f"visitor {number}"
                self.open(link.code, user_id)
                task = self.say(user_id)
                self.assert_is_visitor(task, "or of another company by now")
                self.assertNotEqual(task.partner_id, partner)
                self.assertNotIn("Secret", self.notes(task))
                self.assertFalse(partner.viber_subscriber_ids)

    def test_after_a_merge_it_leads_to_the_contact_that_was_kept(self):
        link = self.invite()
        kept = self.env["res.partner"].create({"name": "M. Kovalenko"})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | kept).ids, kept)
        self.env.invalidate_all()
        self.open(link.code)
        self.assertEqual(self.say().partner_id, kept)
        self.assertEqual(kept.name, "M. Kovalenko")

    def test_a_blocked_customer_opens_nothing(self):
        earlier = self.say()
        earlier.viber_subscriber_id.is_blocked = True
        earlier.viber_subscriber_id.partner_id = False
        link = self.invite()
        self.receive(
            self.event(
                "conversation_started",
                type="open",
                subscribed=False,
                context=link.code,
                user_id=STRANGER,
            )
        )
        self.process()
        self.assertFalse(link.opened_by_id)

    def test_conversations_without_a_contact_move_to_them(self):
        task = self.say()
        task.viber_subscriber_id.partner_id.unlink()
        self.open(self.invite().code)
        self.assertEqual(task.partner_id, self.partner)
        self.assertIn(self.partner, task.message_partner_ids)

    def test_an_agent_says_that_it_is_somebody_else(self):
        self.open(self.invite().code)
        task = self.say()
        self.assign(task, self.agent)
        subscriber = task.viber_subscriber_id
        subscriber.with_user(self.agent).action_separate()
        self.assertNotEqual(subscriber.partner_id, self.partner)
        self.assertEqual(subscriber.partner_id.name, "Olena Koval")
        self.assertEqual(task.partner_id, subscriber.partner_id)
        self.assertNotIn(self.partner, task.message_partner_ids)
        self.assertEqual(self.partner.name, "Maria Kovalenko")
        self.assertEqual(self.comments(task).author_id, self.partner, "it is history")

    def test_nobody_separates_customers_whose_conversations_they_may_not_change(self):
        self.open(self.invite().code)
        subscriber = self.say().viber_subscriber_id
        self.open_to("followers")
        with self.assertRaises(AccessError):
            subscriber.with_user(self.agent).action_separate()
        self.assertEqual(subscriber.partner_id, self.partner)

    def test_an_ordinary_link_that_works_once_presets_once(self):
        link = self.env["viber.link"].create(
            {
                "account_id": self.account.id,
                "name": "Voucher",
                "is_single_use": True,
                "user_ids": self.agent.ids,
            }
        )
        self.open(link.code, "first==")
        self.open(link.code)
        self.assertEqual(self.say("first==").user_ids, self.agent)
        second = self.say()
        self.assertFalse(second.user_ids)
        self.assertIn("somebody else had opened it", self.notes(second))

    def test_a_link_without_a_contact_takes_nobodys_contact_away(self):
        task = self.say("customer==")
        partner = task.partner_id
        link = self.env["viber.link"].create(
            {"account_id": self.account.id, "name": "Voucher", "is_single_use": True}
        )
        self.open(link.code, "customer==")
        self.assertEqual(link.opened_by_id.partner_id, partner)
        self.assertEqual(self.say_again("customer=="), task)
        self.assertEqual(task.viber_subscriber_id.partner_id, partner)
        self.assertNotIn("Is ", self.notes(task))
        self.assertTrue(self.outbox(self.reply(task)))

    def test_who_has_come_makes_older_letters_worthless(self):
        older = self.invite()
        older.expires_on = fields.Date.add(fields.Date.today(), days=10)
        newer = self.invite()
        self.assertNotEqual(newer, older)
        self.open(newer.code, "Maria==")
        self.assertEqual(self.say("Maria==").partner_id, self.partner)
        self.open(older.code)
        task = self.say()
        self.assertNotEqual(task.partner_id, self.partner)
        self.assertIn("does not work any more", self.notes(task))
        another_phone = self.invite()
        self.open(another_phone.code, "Maria's tablet==")
        self.assertEqual(self.say("Maria's tablet==").partner_id, self.partner)

    def test_other_links_do_not_hide_who_they_became(self):
        self.open(self.invite().code)
        self.open(self.account._ensure_link().code)
        for _time in range(2):
            self.open("AbcdefghIJKLmnop")
        notes = self.notes(self.say())
        self.assertIn("Is Maria Kovalenko now", notes)
        self.assertEqual(notes.count("a link that does not exist"), 1)


class TestInviting(InviteCase):
    def test_a_link_works_once_and_thirty_days(self):
        link = self.invite()
        self.assertTrue(link.is_single_use)
        days = (link.expires_on - fields.Date.today()).days
        self.assertIn(days, (const.PERSONAL_LINK_DAYS, const.PERSONAL_LINK_DAYS + 1))
        self.assertEqual(self.invite(), link, "the same until somebody opens it")
        link.expires_on = fields.Date.add(fields.Date.today(), days=3)
        self.assertNotEqual(self.invite(), link, "a letter may lie for a while")

    def test_what_nobody_opened_is_not_kept_for_ever(self):
        opened = self.invite()
        self.open(opened.code)
        fresh, archived, old = (self.invite(self.partner.copy()) for _ in range(3))
        plain = self.account._ensure_link()
        long_ago = fields.Date.subtract(
            fields.Date.today(), days=const.PERSONAL_LINK_KEPT_DAYS + 2
        )
        archived.active = False
        (archived | old | opened | plain).expires_on = long_ago
        links = fresh | archived | old | opened | plain
        self.assertEqual(self.env["viber.link"]._gc_personal(), (2, False))
        self.assertEqual(links.exists(), fresh | opened | plain)

    def test_a_manager_says_otherwise(self):
        values = {"account_id": self.account.id, "name": "Long"}
        link = self.env["viber.link"].create(
            values | {"partner_id": self.partner.id, "expires_on": False}
        )
        self.assertFalse(link.expires_on)
        plain = self.env["viber.link"].create(values | {"expires_on": "2030-01-01"})
        self.assertEqual(str(plain.expires_on), "2030-01-01")
        self.assertFalse(plain.is_single_use)

    def test_what_a_page_presets_for_its_own_records_is_none_of_the_links(self):
        defaults = {
            "default_active": False,
            "default_code": "chosen",
            "default_is_single_use": False,
            "default_opened_date": "2026-01-01",
            "default_project_id": self.env["project.project"].create({"name": "X"}).id,
            "default_user_ids": self.agent.ids,
            "default_welcome_message": "Pay here: evil.example.com",
        }
        self.env["ir.default"].set(
            "viber.link", "welcome_message", "Pay there", user_id=self.agent.id
        )
        partner = self.partner.with_user(self.agent).with_context(**defaults)
        link = self.dialog(partner).link_id.sudo()
        self.assert_presets_nothing(link, self.partner)
        link.unlink()
        # What makes it there is not the user.
        handed = handing_out(
            self.partner.with_user(self.agent).with_context(**defaults)
        )
        self.assertTrue(handed.viber_invite_url)
        self.assert_presets_nothing(self.links_of(self.partner), self.partner)
        self.account.link_id.active = False
        defaults["default_partner_id"] = self.partner.id
        self.account.with_user(self.agent).with_context(**defaults).action_share()
        self.assert_presets_nothing(self.account.link_id, self.partner.browse())

    def assert_presets_nothing(self, link, partner):
        self.assertEqual(len(link), 1)
        self.assertTrue(link.active)
        self.assertEqual(len(link.code), 16)
        self.assertFalse(link.opened_date)
        self.assertEqual(link.partner_id, partner)
        self.assertEqual(link.is_single_use, bool(partner))
        self.assertFalse(link.project_id or link.user_ids or link.welcome_message)

    def test_a_personal_link_never_works_for_everybody(self):
        values = {
            "account_id": self.account.id,
            "name": "Mine",
            "partner_id": self.partner.id,
        }
        links = self.env["viber.link"].with_user(self.agent)
        with self.assertRaisesRegex(ValidationError, "works once"):
            links.create(values | {"is_single_use": False})
        with self.assertRaisesRegex(ValidationError, "works once"):
            self.invite().is_single_use = False

    def test_the_dialog_has_address_code_and_date(self):
        dialog = self.dialog(self.partner.with_user(self.agent))
        link = dialog.link_id
        self.assertEqual(dialog.url, link.url)
        self.assertIn(link.sudo().code, dialog.url)
        self.assertTrue(dialog.qr_png)
        self.assertTrue(dialog.expires_on)
        self.assertFalse(dialog.known_names)
        self.assertFalse(dialog.has_choice)

    def test_the_dialog_tells_who_is_there_already(self):
        self.open(self.invite().code)
        self.say()
        dialog = self.dialog(self.partner.with_user(self.agent))
        self.assertEqual(dialog.known_names, "Olena Koval")
        self.assertFalse(dialog.link_id.opened_date, "for another phone")

    def test_another_bot_can_be_chosen(self):
        account = self.make_account()
        dialog = self.dialog(self.partner.with_user(self.agent))
        first = dialog.link_id
        self.assertTrue(dialog.has_choice)
        dialog.account_id = account
        self.assertEqual(dialog.link_id.account_id, account)
        self.assertNotEqual(dialog.link_id, first)

    def test_it_can_be_taken_back(self):
        dialog = self.dialog(self.partner.with_user(self.agent))
        link = dialog.link_id.sudo()
        dialog.action_revoke()
        self.assertFalse(link.active)
        self.assertNotEqual(self.invite(), link)

    def test_older_letters_are_taken_back_as_well(self):
        older = self.invite()
        older.expires_on = fields.Date.add(fields.Date.today(), days=10)
        others = self.invite(self.env["res.partner"].create({"name": "Another"}))
        self.dialog(self.partner.with_user(self.agent)).action_revoke()
        self.assertFalse(older.active)
        self.assertTrue(others.active)
        self.open(older.code)
        self.assertNotEqual(self.say().partner_id, self.partner)

    def test_what_was_opened_is_not_taken_back_without_a_word(self):
        dialog = self.dialog(self.partner.with_user(self.agent))
        self.open(dialog.link_id.sudo().code)
        with self.assertRaisesRegex(UserError, "Not This Person"):
            dialog.action_revoke()

    def test_from_a_list_of_archived_records_too_only_what_works_is_shown(self):
        context = {"active_test": False}
        partner = self.partner.with_user(self.agent).with_context(**context)
        revoked = self.dialog(partner).link_id.sudo()
        self.dialog(partner).action_revoke()
        link = self.dialog(partner).link_id.sudo()
        self.assertNotEqual(link, revoked)
        self.assertTrue(link.active)
        revoked.expires_on = fields.Date.add(fields.Date.today(), days=300)
        link.unlink()
        handed = handing_out(partner).viber_invite_url
        self.assertTrue(handed)
        self.assertNotEqual(handed, revoked.url)
        self.env["viber.account"].search([]).active = False
        for action in (partner.action_viber_invite, partner.action_viber_share):
            with self.assertRaisesRegex(UserError, "is connected"):
                action()

    def test_agents_take_no_ordinary_link_back(self):
        link = self.account._ensure_link()
        with self.assertRaises(AccessError):
            link.with_user(self.agent).action_revoke()
        self.assertTrue(link.active)

    def test_who_can_be_no_customer_is_not_invited(self):
        portal = new_test_user(self.env, "portal_invited", groups="base.group_portal")
        child = self.env["res.partner"].create(
            {"name": "Below", "parent_id": self.env.company.partner_id.id}
        )
        for partner in (
            self.agent.partner_id,
            self.env.company.partner_id,
            child,
        ):
            with self.subTest(partner=partner.name):
                with self.assertRaisesRegex(UserError, "an employee or of the company"):
                    partner.with_user(self.agent).action_viber_invite()
        public = self.env.ref("base.public_partner")
        public.active = True
        archived = self.partner.copy({"active": False})
        with self.assertRaisesRegex(UserError, "an employee or of the company"):
            public.with_user(self.agent).action_viber_invite()
        with self.assertRaisesRegex(UserError, "is archived"):
            archived.with_user(self.agent).action_viber_invite()
        self.assertTrue(self.invite(portal.partner_id), "portal users are customers")

    def test_nobody_makes_them_by_the_model_either(self):
        for partner in (self.agent.partner_id, self.partner.copy({"active": False})):
            with self.subTest(partner=partner.name), self.assertRaises(UserError):
                self.env["viber.link"].create(
                    {
                        "account_id": self.account.id,
                        "name": "Forged",
                        "partner_id": partner.id,
                    }
                )

    def test_other_companies_keep_their_contacts(self):
        self.partner.company_id = self.other_company
        with self.assertRaises(AccessError):
            self.partner.with_user(self.agent).action_viber_invite()
        self.agent.company_ids = [Command.link(self.other_company.id)]
        both = (self.env.company | self.other_company).ids
        partner = self.partner.with_user(self.agent)
        partner = partner.with_context(allowed_company_ids=both)
        with self.assertRaisesRegex(UserError, "belongs to Other"):
            partner.action_viber_invite()
        account = self.make_account(company_id=self.other_company.id, project_id=False)
        action = partner.action_viber_invite()
        self.assertEqual(action["context"]["default_account_id"], account.id)

    def test_without_a_bot_there_is_nothing_to_invite_to(self):
        self.account.state = "draft"
        with self.assertRaisesRegex(UserError, "No Viber bot is connected"):
            self.partner.with_user(self.agent).action_viber_invite()

    def test_only_who_works_on_conversations_invites(self):
        employee = new_test_user(self.env, "no_agent", groups="base.group_user")
        portal = new_test_user(self.env, "portal_agent", groups="base.group_portal")
        for user in (employee, portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.partner.with_user(user).action_viber_invite()
        self.assertFalse(self.links_of(self.partner))

    def test_a_dialog_is_its_users_and_shows_no_contact_that_they_may_not_read(self):
        dialog = self.dialog(self.partner.with_user(self.agent))
        other = new_test_user(self.env, "agent_2", groups=self.agent_groups)
        with self.assertRaises(AccessError):
            dialog.with_user(other).read(["url"])
        self.hide(self.partner)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.partner.with_user(self.agent).action_viber_invite()
        with self.assertRaises(AccessError):
            dialog.read(["url"])

    def hide(self, partner):
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {partner.id})]",
            }
        )

    def test_an_email_carries_the_link_that_is_shown(self):
        account = self.make_account()
        dialog = self.dialog(self.partner.with_user(self.agent))
        dialog.account_id = account
        link = dialog.link_id
        self.partner.message_subscribe(new_test_user(self.env, "fan").partner_id.ids)
        message = self.send_email(dialog)
        self.assertEqual(message.subject, "Write to us in Viber")
        self.assertIn(link.url, message.body)
        self.assertEqual(message.notified_partner_ids, self.partner)
        self.assertEqual((message.model, message.res_id), (link._name, link.id))
        self.agent.group_ids += self.env.ref("base.group_partner_manager")
        message = self.send_email(dialog)
        self.assertIn(link.url, message.body)
        self.assertEqual(message.notified_partner_ids, self.partner)
        self.assertIn(message, self.partner.message_ids)

    def send_email(self, dialog):
        """Send what the composer begins with.

        :return: the message, sudoed
        """
        context = dialog.action_send()["context"]
        composers = self.env["mail.compose.message"].with_user(self.agent)
        composer = composers.with_context(**context).create({})
        self.assertEqual(composer.partner_ids, self.partner)
        _mails, message = composer._action_send_mail()
        return message.sudo()

    def test_without_an_address_there_is_no_email(self):
        self.partner.email = False
        with self.assertRaisesRegex(UserError, "has no e-mail address"):
            self.dialog(self.partner.with_user(self.agent)).action_send()


class TestInviteAddress(InviteCase):
    """``viber_invite_url`` in e-mails, reports, previews and lists."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = new_test_user(cls.env, "accountant", groups="base.group_user")
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Invoice",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "subject": "Your invoice",
                "body_html": "<p t-out=\"object.viber_invite_url or 'none'\"/>",
            }
        )
        view = cls.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "key": "viber_connector.test_invoice",
                "arch": """<t t-name="viber_connector.test_invoice"><t
                    t-foreach="docs" t-as="doc"><p t-out="doc.viber_invite_url"/></t>
                    </t>""",
            }
        )
        cls.env["ir.model.data"].create(
            {
                "module": "viber_connector",
                "name": "test_invoice",
                "model": "ir.ui.view",
                "res_id": view.id,
            }
        )
        cls.report = cls.env["ir.actions.report"].create(
            {
                "name": "Invoice",
                "model": "res.partner",
                "report_type": "qweb-pdf",
                "report_name": "viber_connector.test_invoice",
            }
        )

    def render(self, partners, user=None, **context):
        template = self.template.with_user(user or self.employee)
        template = template.with_context(**context)
        return template._generate_template(partners.ids, ["body_html"])

    def body(self, partner, user=None, **context):
        return self.render(partner, user, **context)[partner.id]["body_html"]

    def print(self, partners, user=None, kind="pdf", sudo=False):
        reports = self.env["ir.actions.report"].with_user(user or self.employee)
        reports = reports.sudo() if sudo else reports
        render = getattr(reports, f"_render_qweb_{kind}")
        return render(self.report.report_name, partners.ids)[0].decode()

    def test_saving_a_template_makes_none(self):
        before = self.env["viber.link"].search_count([])
        self.template.body_html = '<p t-out="object.viber_invite_url"/>'
        self.assertEqual(self.env["viber.link"].search_count([]), before)

    def test_an_email_makes_one_when_first_asked_for(self):
        first = self.body(self.partner)
        [link] = self.links_of(self.partner)
        self.assertIn(link.url, first)
        self.assertEqual(link.create_uid, self.employee)
        self.assertEqual(self.body(self.partner), first)
        self.assertEqual(self.links_of(self.partner), link)
        self.env.invalidate_all()
        self.assertIn(link.url, self.print(self.partner))

    def test_a_preview_makes_none(self):
        preview = self.env["mail.template.preview"].create(
            {
                "mail_template_id": self.template.id,
                "resource_ref": f"res.partner,{self.partner.id}",
            }
        )
        self.assertIn("none", preview.body_html)
        preview.lang = "en_US"
        self.assertIn("none", preview.body_html)
        self.assertIn("none", self.body(self.partner, template_preview_lang="en_US"))
        self.print(self.partner, kind="html")
        self.assertFalse(self.links_of(self.partner))
        link = self.invite()
        self.assertIn(link.url, self.print(self.partner, self.agent, kind="html"))

    def test_lists_and_exports_make_none(self):
        partners = self.env["res.partner"]
        exporting = self.env.ref("base.group_allow_export")
        for user in (self.agent, self.employee):
            user.group_ids += exporting
            partners = partners.with_user(user)
            for context in ({}, {"viber_hands_out": True}, {"viber_link": 1}):
                found = partners.with_context(**context).search_read(
                    [], ["viber_invite_url"]
                )
                self.assertFalse(any(row["viber_invite_url"] for row in found))
            partners.search([]).export_data(["viber_invite_url"])
        self.assertFalse(self.links_of(partners.search([])))

    def test_a_list_shows_the_links_that_its_reader_may_read(self):
        link = self.invite()
        for user, url in ((self.agent, link.url), (self.employee, False)):
            partner = self.partner.with_user(user)
            self.assertEqual(partner.viber_invite_url, url)

    def test_portal_users_and_visitors_get_and_make_none(self):
        link = self.invite()
        portal = new_test_user(self.env, "portal_invoice", groups="base.group_portal")
        own = portal.partner_id
        for user in (portal, self.env.ref("base.public_user")):
            for partner in (own, self.partner):
                with self.subTest(user=user.login, partner=partner.name):
                    seen = partner.with_user(user).sudo().viber_invite_url
                    self.assertFalse(seen)
                    printed = self.print(partner, user, sudo=True)
                    self.assertNotIn("/viber/go/", printed)
            with self.assertRaises(AccessError):
                own.with_user(user).read(["viber_invite_url"])
        self.assertEqual(self.links_of(own | self.partner), link)

    def test_who_may_have_none_gets_none(self):
        archived = self.partner.copy({"active": False})
        foreign = self.partner.copy({"company_id": self.other_company.id})
        refused = (
            archived | foreign | self.agent.partner_id | self.env.company.partner_id
        )
        for partner in refused:
            with self.subTest(partner=partner.name):
                text = self.body(partner, self.env.ref("base.user_root"))
                self.assertNotIn("/viber/go/", text)
        self.assertFalse(self.links_of(refused))
        self.account.state = "draft"
        self.assertIn("none", self.body(self.partner))

    def test_users_of_another_company_get_none(self):
        link = self.invite()
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="base.group_user",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertIn("none", self.body(self.partner, stranger))
        self.partner.company_id = self.env.company
        with self.assertRaises(AccessError):
            self.partner.with_user(stranger).read(["viber_invite_url"])
        self.assertEqual(self.links_of(self.partner), link)

    def test_customers_who_are_there_get_the_plain_link(self):
        self.open(self.invite().code)
        self.say()
        text = self.body(self.partner)
        self.assertIn(self.account.link_id.url, text)
        self.assertFalse(self.account.link_id.partner_id)
        self.assertEqual(len(self.links_of(self.partner)), 1)

    def test_many_cost_no_more_queries_than_one(self):
        def count(number):
            partners = self.env["res.partner"].create(
                [{"name": f"Customer {n}"} for n in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.print(partners)
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(len(self.links_of(partners)), number)
            return spent

        count(1)
        one = count(1)
        self.assertLessEqual(count(40), one + 2)

    def test_the_nearest_bot_is_taken(self):
        account = self.make_account(company_id=self.other_company.id, project_id=False)
        self.employee.company_ids = [Command.link(self.other_company.id)]
        both = [self.other_company.id, self.env.company.id]
        self.body(self.partner, allowed_company_ids=both)
        self.assertEqual(self.links_of(self.partner).account_id, account)
        own = self.partner.copy({"company_id": self.env.company.id})
        self.body(own, allowed_company_ids=both)
        self.assertEqual(self.links_of(own).account_id, self.account)


@tagged("post_install", "-at_install")
class TestTwoPhones(BaseCase):
    """Two phones open a link at the same moment: real transactions."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.account = env["viber.account"].create({"name": "Two phones"}).id
            partner = env["res.partner"].create({"name": "Maria"})
            self.partner = partner.id
            self.link = (
                env["viber.link"]._make_personal(
                    env["viber.account"].browse(self.account), partner
                )
            ).id
            self.phones = (
                env["viber.subscriber"]
                .create(
                    [
                        {"account_id": self.account, "viber_user_id": f"phone {number}"}
                        for number in range(2)
                    ]
                )
                .ids
            )
        self.addCleanup(self.clean)

    def clean(self):
        with self.transaction() as env:
            env["viber.subscriber"].browse(self.phones).unlink()
            env["viber.account"].browse(self.account).unlink()
            env["res.partner"].browse(self.partner).unlink()

    @contextmanager
    def transaction(self):
        with Registry(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def admit(self, env, phone):
        subscriber = env["viber.subscriber"].browse(phone)
        return env["viber.link"].browse(self.link)._admit(subscriber)

    def test_exactly_one_becomes_the_contact(self):
        with self.transaction() as one, self.transaction() as two:
            # Both have seen it unopened.
            for env in (one, two):
                self.assertFalse(env["viber.link"].browse(self.link).opened_date)
            self.assertIn("Is Maria now", self.admit(one, self.phones[0]))
            one.cr.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self.admit(two, self.phones[1])
            two.cr.rollback()
            # The worker tries again.
            denial = self.admit(two, self.phones[1])
            self.assertIn("somebody else had opened it", denial)
        with self.transaction() as env:
            partner = env["res.partner"].browse(self.partner)
            self.assertEqual(partner.viber_subscriber_ids.ids, self.phones[:1])
