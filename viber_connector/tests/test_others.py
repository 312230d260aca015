"""Records that have nothing to do with Viber behave, and look, as without the addon."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from odoo.addons.mail.tools.discuss import Store

from .common import ViberCase

OURS = ("failure_reason", "viber_seen_date", "viber_status_date")


class TestOthers(ViberCase):
    def setUp(self):
        super().setUp()
        self.portal = new_test_user(
            self.env,
            "viber_portal",
            groups="base.group_portal",
            email="portal@example.com",
        )
        self.project.write(
            {
                "privacy_visibility": "portal",
                "collaborator_ids": [
                    Command.create({"partner_id": self.portal.partner_id.id})
                ],
            }
        )
        self.project.message_subscribe(self.portal.partner_id.ids)

    def plain_task(self, **values):
        return self.env["project.task"].create(
            {"name": "Plain", "project_id": self.project.id} | values
        )

    def test_a_collaborator_creates_changes_and_reads_tasks(self):
        tasks = (
            self.env["project.task"]
            .with_user(self.portal)
            .with_context(default_project_id=self.project.id)
        )
        task = tasks.create({"name": "Mine"})
        several = tasks.create([{"name": "One"}, {"name": "Two", "parent_id": task.id}])
        several.write({"name": "Both"})
        self.assertEqual(set(several.mapped("name")), {"Both"})
        for name in tasks._fields:
            if name.startswith("viber_"):
                with self.subTest(name):
                    self.assertFalse(tasks.fields_get([name]))
                    with self.assertRaises(AccessError):
                        task.read([name])

    def test_the_views_of_a_shared_project_know_nothing_of_viber(self):
        tasks = self.env["project.task"].with_user(self.portal)
        for view in ("form", "kanban", "tree", "search"):
            with self.subTest(view):
                record = self.env.ref(
                    f"project.project_sharing_project_task_view_{view}"
                )
                kind = "list" if view == "tree" else view
                found = tasks.get_views([(record.id, kind)])["views"][kind]["arch"]
                self.assertNotIn("viber", found)

    def test_the_search_of_employees_has_its_filter(self):
        view = self.env.ref("project.view_task_search_form_base")
        tasks = self.env["project.task"].with_user(self.agent)
        arch = tasks.get_views([(view.id, "search")])["views"]["search"]["arch"]
        self.assertTrue(etree.fromstring(arch).xpath("//filter[@name='viber']"))

    def heard(self, notifications):
        """:return: what the client hears of notifications"""
        store = Store().add(notifications)
        return store.get_result()["mail.notification"]

    def test_notifications_by_other_ways_are_as_ever(self):
        task = self.plain_task()
        task.message_subscribe(self.portal.partner_id.ids)
        message = self.reply(task, partner_ids=self.env.user.partner_id.ids)
        self.assertTrue(message.notification_ids)
        for data in self.heard(message.notification_ids):
            self.assertNotIn("viber", data["notification_type"])
            self.assertFalse(set(OURS).intersection(data))

    def test_a_viber_notification_has_its_dates(self):
        message = self.reply(self.converse())
        [data] = self.heard(self.notification(message))
        self.assertEqual(data["notification_type"], "viber")
        self.assertLessEqual(set(OURS), set(data))
