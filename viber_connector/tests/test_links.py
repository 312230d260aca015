"""Links to hand out: who may see and make them, what comes by them."""

import base64
import io
import json
from importlib.util import module_from_spec, spec_from_file_location
from unittest.mock import patch

import requests
from lxml import etree
from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.sql_db import Cursor
from odoo.tests import new_test_user

from .. import const
from ..tools import callback
from .common import ViberCase
from .test_files_out import picture
from .test_migrations import MIGRATIONS


class LinkCase(ViberCase):
    def make_link(self, **values):
        values = {"account_id": self.account.id, "name": "Invoice footer"} | values
        return self.env["viber.link"].create(values)


class TestLinkRights(LinkCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "link_manager", groups=const.MANAGERS)
        cls.plain = new_test_user(cls.env, "link_plain", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "link_portal", groups="base.group_portal")
        cls.partner = cls.env["res.partner"].create({"name": "Olena"})

    def links(self, user):
        return self.env["viber.link"].with_user(user)

    def hide_partner(self):
        """Have a contact that agents do not see."""
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {self.partner.id})]",
                "groups": [(4, self.env.ref("project.group_project_user").id)],
            }
        )

    def test_agents_read_ordinary_links_and_those_of_contacts_they_see(self):
        ordinary, personal = (
            self.make_link(),
            self.make_link(partner_id=self.partner.id),
        )
        for user in (self.agent, self.manager):
            self.assertEqual(
                self.links(user).search([("id", "in", (ordinary | personal).ids)]),
                ordinary | personal,
            )
        self.hide_partner()
        found = self.links(self.agent).search([("id", "in", (ordinary | personal).ids)])
        self.assertEqual(found, ordinary)
        with self.assertRaises(AccessError):
            personal.with_user(self.agent).read(["url"])
        self.assertNotEqual(personal.with_user(self.agent).display_name, personal.name)
        self.assertTrue(personal.with_user(self.manager).read(["url"]))

    def test_nobody_else_reads_them(self):
        link = self.make_link()
        for user in (self.plain, self.portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                link.with_user(user).read(["name"])

    def test_links_stay_in_their_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        account = self.env["viber.account"].create(
            {"name": "Other bot", "company_id": company.id}
        )
        link = self.make_link(account_id=account.id)
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                link.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                self.links(user).create(
                    {
                        "account_id": account.id,
                        "name": "Mine",
                        "partner_id": self.partner.id,
                    }
                )

    def test_agents_do_not_learn_where_a_link_leads(self):
        link = self.make_link(
            project_id=self.project.id,
            user_ids=self.manager.ids,
            welcome_message="Welcome, dear ACME",
        ).with_user(self.agent)
        self.assertTrue(link.read(["name", "url", "conversation_count"]))
        for name in ("project_id", "tag_ids", "user_ids", "welcome_message"):
            with self.subTest(name=name):
                self.assertNotIn(name, link.read()[0])
                with self.assertRaises(AccessError):
                    link.read([name])
                with self.assertRaises(AccessError):
                    link.search([(name, "ilike", "a")])

    def test_agents_make_personal_links_only(self):
        values = {"account_id": self.account.id, "name": "For Olena"}
        link = self.links(self.agent).create(values | {"partner_id": self.partner.id})
        self.assertEqual(link.sudo().partner_id, self.partner)
        for denied in (
            values,
            values | {"partner_id": self.partner.id, "welcome_message": "Hello"},
            values | {"partner_id": self.partner.id, "project_id": self.project.id},
            values | {"partner_id": self.partner.id, "code": "mine"},
        ):
            with self.subTest(denied=denied), self.assertRaises(AccessError):
                self.links(self.agent).create(denied)
        with self.assertRaises(AccessError):
            self.links(self.agent).with_context(
                default_project_id=self.project.id
            ).create(values | {"partner_id": self.partner.id})
        with self.assertRaises(AccessError):
            link.name = "Renamed"
        with self.assertRaises(AccessError):
            link.unlink()
        self.hide_partner()
        with self.assertRaises(AccessError):
            self.links(self.agent).create(values | {"partner_id": self.partner.id})

    def test_managers_name_only_what_they_see(self):
        self.project.privacy_visibility = "followers"
        links = self.links(self.manager)
        link = links.create({"account_id": self.account.id, "name": "Mine"})
        with self.assertRaises(AccessError):
            link.project_id = self.project


class TestOpenings(LinkCase):
    """What comes by a link: ``conversation_started``, then the first message."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["project.project"].create(
            {"name": "Invoices", "company_id": cls.account.company_id.id}
        )
        cls.tag = cls.env["project.tags"].create({"name": "Invoice"})

    def open(self, context, is_subscribed=False, **values):
        """Have a customer open the chat.

        :return: the row of the inbox
        """
        row = self.receive(
            self.event(
                "conversation_started",
                type="open",
                subscribed=is_subscribed,
                context=context,
                **values,
            )
        )
        self.process()
        self.assertEqual(row.state, "done", row.error)
        return row

    def make_preset_link(self, **values):
        return self.make_link(
            **{
                "project_id": self.elsewhere.id,
                "user_ids": self.agent.ids,
                "tag_ids": self.tag.ids,
            }
            | values
        )

    def notes(self, task):
        return "".join(task.message_ids.mapped("body"))

    def assert_plain(self, task):
        """It begins as if nobody had come by a link."""
        self.assertEqual(task.project_id, self.project)
        self.assertFalse(task.user_ids)
        self.assertFalse(task.tag_ids)
        self.assertFalse(task.viber_link_id)

    def test_the_next_conversation_is_preset(self):
        link = self.make_preset_link()
        self.open(link.code)
        task = self.converse()
        self.assertEqual(task.project_id, self.elsewhere)
        self.assertEqual(task.user_ids, self.agent)
        self.assertEqual(task.tag_ids, self.tag)
        self.assertEqual(task.viber_link_id, link)
        self.assertEqual(task.with_user(self.agent).viber_link_id, link)
        self.assertIn("Came by: Invoice footer", self.notes(task))
        self.assertNotIn(link.code, self.notes(task))
        self.assertEqual((link.open_count, link.conversation_count), (1, 1))
        task._viber_close()
        self.assert_plain(self.converse("Another matter, which is long"))
        self.assertEqual(link.conversation_count, 1)

    def test_what_is_not_preset_is_as_the_account_says(self):
        link = self.make_link()
        template = self.env["project.task"].create(
            {
                "name": "Template",
                "is_template": True,
                "project_id": self.project.id,
                "user_ids": self.agent.ids,
                "tag_ids": self.tag.ids,
            }
        )
        self.account.task_template_id = template
        self.open(link.code)
        task = self.converse()
        self.assertEqual(task.project_id, self.project)
        self.assertEqual(task.user_ids, self.agent)
        self.assertEqual(task.tag_ids, self.tag)
        self.assertEqual(task.viber_link_id, link)

    def test_tags_of_link_and_template_come_together(self):
        other = self.env["project.tags"].create({"name": "Of the template"})
        self.account.task_template_id = self.env["project.task"].create(
            {
                "name": "Template",
                "is_template": True,
                "project_id": self.project.id,
                "tag_ids": other.ids,
            }
        )
        self.open(self.make_link(tag_ids=self.tag.ids).code)
        self.assertEqual(self.converse().tag_ids, self.tag | other)

    def test_an_open_conversation_gets_a_note_and_nothing_else(self):
        task = self.converse()
        link = self.make_preset_link()
        self.open(link.code, is_subscribed=True)
        self.assertEqual(self.converse("I come from the invoice"), task)
        self.assert_plain(task)
        self.assertIn("Came by: Invoice footer", self.notes(task))
        self.assertEqual((link.open_count, link.conversation_count), (1, 0))

    def test_after_a_day_nothing_is_preset(self):
        link = self.make_preset_link()
        started = self.open(link.code)
        [subscriber] = self.account.subscriber_ids
        late = {"hours": const.LINK_HOURS, "minutes": 1}
        subscriber.link_date = fields.Datetime.subtract(started.event_date, **late)
        task = self.converse()
        self.assert_plain(task)
        self.assertIn("Came by: Invoice footer", self.notes(task))

    def test_the_link_that_was_opened_last_counts(self):
        first, second = self.make_preset_link(), self.make_link(name="Shop window")
        for link in (first, second):
            self.open(link.code)
        task = self.converse()
        self.assertEqual(task.viber_link_id, second)
        self.assertEqual(task.project_id, self.project)
        self.assertNotIn("Invoice footer", self.notes(task))

    def test_who_presses_message_afterwards_has_come_by_the_link(self):
        link = self.make_preset_link()
        self.open(link.code)
        self.open("")
        self.assertEqual(self.converse().viber_link_id, link)

    def test_what_expired_or_was_archived_presets_nothing_and_says_why(self):
        for values, words in (
            ({"active": False}, "It was archived."),
            ({"expires_on": "2026-01-01"}, "It has expired."),
        ):
            with self.subTest(values=values):
                link = self.make_preset_link(**values)
                self.open(link.code, user_id=words)
                task = self.converse(user_id=words)
                self.assert_plain(task)
                self.assertIn(f"Came by: Invoice footer. {words}", self.notes(task))

    def test_it_works_on_its_last_day(self):
        today = fields.Date.today()
        link = self.make_preset_link(expires_on=today)
        self.assertFalse(link._explain_refusal(fields.Datetime.now()))
        link.expires_on = fields.Date.subtract(today, days=1)
        self.assertTrue(link._explain_refusal(fields.Datetime.now()))

    def test_a_link_of_another_account_is_none_of_ours(self):
        account = self.env["viber.account"].create({"name": "Another bot"})
        link = self.make_preset_link(account_id=account.id)
        self.open(link.code)
        task = self.converse()
        self.assert_plain(task)
        self.assertFalse(link.open_count)

    def test_each_opening_counts_once(self):
        link = self.make_link()
        event = self.event(
            "conversation_started", type="open", subscribed=False, context=link.code
        )
        for _repetition in range(3):
            self.receive(event)
            self.process()
        self.assertEqual(link.open_count, 1)
        self.open(link.code)
        self.open(link.code, user_id="another==")
        self.env.invalidate_all()
        self.assertEqual(link.open_count, 3)

    def test_what_is_not_there_any_more_holds_up_no_message(self):
        other = self.env["res.company"].create({"name": "Other"})
        gone = new_test_user(self.env, "gone", groups=self.agent_groups)
        link = self.make_preset_link(user_ids=gone.ids)
        gone.active = False
        for number, values in enumerate(({"active": False}, {"company_id": other.id})):
            self.elsewhere.write(values)
            with self.subTest(values=values):
                self.open(link.code, user_id=f"customer {number}")
                task = self.converse(user_id=f"customer {number}")
                self.assertEqual(task.project_id, self.project)
                self.assertFalse(task.user_ids)
                self.assertEqual(task.tag_ids, self.tag)

    def test_presets_stay_within_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.elsewhere.company_id = other
        with self.assertRaises(UserError):
            self.make_link(project_id=self.elsewhere.id)
        stranger = new_test_user(
            self.env, "stranger", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        with self.assertRaises(UserError):
            self.make_link(user_ids=stranger.ids)

    def test_customers_are_no_assignees(self):
        portal = new_test_user(self.env, "portal_link", groups="base.group_portal")
        with self.assertRaises(ValidationError):
            self.make_link(user_ids=portal.ids)

    def test_a_conversation_elsewhere_does_not_tell_of_the_one_before(self):
        first = self.converse("A secret of this project")
        first._viber_close()
        self.open(self.make_preset_link().code, is_subscribed=True)
        second = self.converse("Now the invoice, please")
        self.assertEqual(second.project_id, self.elsewhere)
        self.assertNotIn("A secret", second.description)
        self.assertFalse(second.viber_previous_task_id)

    def test_nobody_says_by_a_remote_call_by_which_link_a_customer_came(self):
        task, link = self.converse(), self.make_link()
        with self.assertRaises(AccessError):
            task.with_user(self.agent).viber_link_id = link
        with self.assertRaises(AccessError):
            self.env[self.carrier].with_user(self.agent).create(
                {"name": "Mine", "viber_link_id": link.id}
            )
        carriers = self.env[self.carrier].with_user(self.agent)
        self.env["ir.default"].set(
            self.carrier, "viber_link_id", link.id, user_id=self.agent.id
        )
        carriers = carriers.with_context(default_viber_link_id=link.id)
        mine = carriers.create({"name": "Mine", "project_id": self.project.id})
        self.assertFalse(mine.viber_link_id)
        self.assertFalse(link.conversation_count)

    def test_its_welcome_stands_before_the_accounts(self):
        self.account.welcome_message = "Hello, {name}!"
        link = self.make_link(welcome_message="About your invoice, {name}:")
        started = callback.parse(
            json.dumps(
                self.event("conversation_started", subscribed=False, context=link.code)
            ).encode()
        )
        self.assertEqual(
            self.account._welcome(started), "About your invoice, Olena Koval:"
        )
        link.welcome_message = False
        self.assertEqual(self.account._welcome(started), "Hello, Olena Koval!")
        link.write({"welcome_message": "About it", "expires_on": "2026-01-01"})
        self.assertEqual(self.account._welcome(started), "Hello, Olena Koval!")

    def test_who_comes_without_a_link_costs_nothing_more(self):
        self.converse(user_id="first ==")
        self.open(self.make_link().code, user_id="third ==")
        queries = []
        execute = Cursor.execute

        def note(cr, query, *args, **kwargs):
            queries.append(str(query))
            return execute(cr, query, *args, **kwargs)

        def about_links():
            return [query for query in queries if 'FROM "viber_link' in query]

        with patch.object(Cursor, "execute", note):
            self.converse(user_id="second ==")
            self.converse("More", user_id="second ==")
            self.assertEqual(about_links(), [])
            self.converse(user_id="third ==")
            self.assertTrue(about_links())


class TestShare(LinkCase):
    def test_every_account_has_a_plain_link(self):
        link = self.account.link_id
        self.assertTrue(link.active)
        self.assertEqual(link.account_id, self.account)
        self.account.action_connect()
        self.assertEqual(self.account.link_id, link)
        self.assertEqual(self.account.copy({"name": "Copy"}).link_id, link.browse())

    def test_agents_share_it_from_wherever_they_are(self):
        task = self.converse()
        partner = task.partner_id
        for record, name in (
            (self.account, "action_share"),
            (task, "action_viber_share"),
            (partner, "action_viber_share"),
        ):
            with self.subTest(record=record):
                action = getattr(record.with_user(self.agent), name)()
                self.assertEqual(action["res_id"], self.account.link_id.id)
                self.assertEqual(action["target"], "new")
        link = self.account.link_id.with_user(self.agent)
        code = self.account.link_id.code
        self.assertEqual(link.url, f"https://odoo.example.com/viber/go/{code}")
        wanted = f"viber://pa?chatURI=servicedesk&context={code}"
        self.assertEqual(link.deep_link, wanted)
        self.assertIn(f'href="{link.url}"', link.button_html)
        self.assertFalse(link.warning)

    def test_one_that_was_archived_is_shared_no_more(self):
        first = self.account.link_id
        first.active = False
        self.account.with_user(self.agent).action_share()
        self.assertNotEqual(self.account.link_id, first)
        self.assertFalse(first.active)

    def test_for_a_contact_who_is_unknown_the_account_is_chosen(self):
        self.env["viber.account"].search([]).filtered(
            lambda account: account != self.account
        ).active = False
        partner = self.env["res.partner"].create({"name": "Olena"})
        partner = partner.with_user(self.agent)
        self.assertEqual(
            partner.action_viber_share()["res_id"], self.account.link_id.id
        )
        other = self.env["viber.account"].create({"name": "Another bot"})
        other.state = "connected"
        action = partner.action_viber_share()
        shown = self.env["viber.link"].search(action["domain"])
        self.assertEqual(shown, (self.account | other).link_id)
        (self.account | other).active = False
        with self.assertRaisesRegex(UserError, "No Viber account is connected"):
            partner.action_viber_share()

    def test_others_do_not_share(self):
        plain = new_test_user(self.env, "share_plain", groups="base.group_user")
        portal = new_test_user(self.env, "share_portal", groups="base.group_portal")
        for user in (plain, portal):
            with self.assertRaises(AccessError):
                self.account.with_user(user).action_share()
        task = self.converse()
        self.open_to("followers")
        with self.assertRaises(AccessError):
            task.with_user(self.agent).action_viber_share()

    def test_it_says_why_it_leads_nowhere(self):
        link = self.account.link_id
        for values, words in (
            ({"uri": False}, "does not tell"),
            ({"state": "draft"}, "is not connected"),
            ({"active": False}, "is not connected"),
        ):
            self.account.write(values)
            self.assertIn(words, link.with_user(self.agent).warning)
        self.assertFalse(self.account.with_context(active_test=False).deep_link)
        link.active = False
        self.assertEqual(link.warning, "It was archived.")

    def test_the_qr_code_is_a_picture_and_a_drawing(self):
        link = self.account.link_id.with_user(self.agent)
        picture = Image.open(io.BytesIO(base64.b64decode(link.qr_png)))
        self.assertEqual(picture.size, (const.QR_PIXELS, const.QR_PIXELS))
        drawing = etree.fromstring(base64.b64decode(link.qr_svg))
        self.assertEqual(drawing.tag, "{http://www.w3.org/2000/svg}svg")
        for kind in ("png", "svg"):
            url = link.action_download_qr(kind)["url"]
            self.assertIn(f"/viber.link/{link.id}/qr_{kind}", url)

    def test_the_bots_picture_is_kept_small(self):
        url = "https://media-direct.cdn.viber.com/icon.jpg"
        self.serve_icon(url, picture("JPEG", (600, 400)))
        self.account.action_check()
        kept = Image.open(io.BytesIO(base64.b64decode(self.account.icon)))
        self.assertEqual(kept.format, "PNG")
        self.assertLessEqual(max(kept.size), const.ICON_PIXELS)
        self.viber.downloads.clear()
        self.account.action_check()
        self.assertFalse(self.viber.downloads, "it is here already")
        for content in (b"<svg/>", b"no picture", requests.ConnectionError()):
            self.serve_icon(url + "?other", content)
            self.account.icon = False
            self.account.action_check()
            self.assertFalse(self.account.icon)

    def test_the_hourly_look_has_the_picture_that_is_there_now(self):
        url = "https://media-direct.cdn.viber.com/icon.png"

        def look():
            self.account.health_date = False
            self.run_job("ir_cron_check_accounts")

        # As an account that an earlier version has connected.
        self.account.write({"icon": False, "icon_url": url})
        self.serve_icon(url, requests.ConnectionError())
        look()
        self.assertFalse(self.account.icon)
        self.serve_icon(url, picture("PNG", (40, 40)))
        look()
        first = self.account.icon
        self.assertTrue(first)
        self.viber.downloads.clear()
        look()
        self.assertFalse(self.viber.downloads, "it is here already")
        # One that can't be shown takes nothing away.
        self.serve_icon(url + "?other", b"<svg/>")
        look()
        self.assertEqual((self.account.icon, self.account.icon_url), (first, url))
        self.serve_icon(url + "?other", picture("PNG", (50, 50)))
        look()
        self.assertNotEqual(self.account.icon, first)
        self.assertEqual(self.account.icon_url, url + "?other")

    def serve_icon(self, url, content):
        self.viber.serve(url, content)
        self.viber.info["icon"] = url
        self.addCleanup(self.viber.info.pop, "icon", None)

    def test_an_update_makes_those_of_connected_accounts(self):
        draft = self.env["viber.account"].create({"name": "Not yet"})
        self.account.write({"link_id": False, "active": False})
        path = MIGRATIONS / "19.0.0.7.0/post-share.py"
        spec = spec_from_file_location("post_share", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.0.6.0")
        self.env.invalidate_all()
        self.assertTrue(self.account.link_id)
        self.assertFalse(draft.link_id)
