"""Links to hand out: who may see and make them, what comes by them."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .. import const
from .common import ViberCase


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
