"""Who may read and change what."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import TOKEN, ViberCase

MANAGER = "viber_connector.group_viber_manager"


class TestRights(ViberCase):
    def user(self, group):
        return new_test_user(self.env, group.replace(".", "_"), groups=group)

    def test_nobody_forges_the_queues(self):
        task = self.converse()
        row = self.outbox(self.reply(task))
        [event] = self.receive(self.text("Hello"))
        for group in (MANAGER, "base.group_system"):
            user = self.user(group)
            for record in (row, event):
                record = record.with_user(user)
                self.assertTrue(record.read(["payload", "state"]))
                for vals in ({"payload": "{}"}, {"state": "failed"}):
                    with self.assertRaises(AccessError):
                        record.write(vals)
                with self.assertRaises(AccessError):
                    record.copy()

    def test_what_is_on_the_way_is_not_deleted(self):
        row = self.outbox(self.reply(self.converse()))
        row.state = "sending"
        rows = row.with_user(self.user("base.group_system"))
        with self.assertRaisesRegex(UserError, "on its way"):
            rows.unlink()
        row.state = "sent"
        rows.unlink()
        self.assertFalse(row.exists())

    def test_the_webhook_is_for_managers(self):
        account = self.account.with_user(self.user(MANAGER))
        self.assertIn(account.webhook_key, account.webhook_url)
        account = self.account.with_user(self.agent)
        self.assertEqual(account.read(["name"])[0]["name"], self.account.name)
        for name in ("webhook_key", "webhook_url"):
            with self.assertRaises(AccessError):
                account.read([name])
            with self.assertRaises(AccessError):
                account.search([(name, "like", "a")])

    def test_subscribers_are_for_who_works_with_tasks(self):
        subscriber = self.converse().viber_subscriber_id
        for user in (self.agent, self.user(MANAGER)):
            self.assertTrue(subscriber.with_user(user).read(["phone", "name"]))
        with self.assertRaises(AccessError):
            subscriber.with_user(self.user("base.group_user")).read(["phone"])

    def test_tasks_and_contacts_open_for_every_employee(self):
        task = self.converse()
        for user in (self.agent, self.user("base.group_user")):
            for record in (task, task.partner_id):
                with self.subTest(user=user.login, model=record._name):
                    record = record.with_user(user)
                    [arch] = record.get_views([(False, "form")])["views"].values()
                    self.assertEqual(
                        "viber_subscriber_ids" in arch["arch"],
                        user == self.agent and record == task.partner_id,
                    )
                    models = record.get_views([(False, "form")])["models"]
                    names = models[record._name]["fields"]
                    [values] = record.web_read(
                        {
                            name: {"fields": {"display_name": {}}}
                            for name in names
                            if name.startswith("viber_") or name == "name"
                        }
                    )
                    self.assertEqual(values["id"], record.id)

    def test_a_manager_without_project_rights_connects(self):
        self.project.privacy_visibility = "followers"
        account = self.account.with_user(self.user(MANAGER))
        with self.assertRaises(AccessError):
            account.project_id.read(["active"])
        account.action_connect()
        self.assertEqual(self.account.project_id, self.project)

    def test_viber_is_told_nothing_when_there_can_be_no_project(self):
        account = self.env["viber.account"].create(
            {"auth_token": TOKEN + "2", "base_url": "https://odoo.example.com"}
        )

        def fail(*_args):
            raise UserError(self.env._("No project today"))

        self.patch(type(self.env["project.project"]), "create", fail)
        with self.assertRaisesRegex(UserError, "No project today"):
            account.action_connect()
        self.assertFalse(self.viber.requests)
