"""Nobody gets hold of a customer or a conversation that they could not see before."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ViberCase

AGENT = "project.group_project_user"
MANAGER = "viber_connector.group_viber_manager"
SECRET_NAME = "Olena Koval"


class TestTakingOver(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project.write(
            {"privacy_visibility": "followers", "company_id": cls.env.company.id}
        )
        cls.project.message_subscribe(cls.agent.partner_id.ids)
        cls.open_project = cls.env["project.project"].create(
            {"name": "For everybody", "privacy_visibility": "employees"}
        )
        other = cls.env["res.company"].create({"name": "Another company"})
        cls.foreign_project = cls.env["project.project"].create(
            {"name": "Elsewhere", "company_id": other.id}
        )
        own = {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        users = {
            "outsider": (AGENT, {}),
            "to_do_writer": ("base.group_user", {}),
            "manager": (MANAGER, {}),
            "project_manager": (f"project.group_project_manager,{MANAGER}", {}),
            "foreigner": (f"project.group_project_manager,{MANAGER}", own),
        }
        cls.users = {
            name: new_test_user(cls.env, f"viber_{name}", groups=groups, **values)
            for name, (groups, values) in users.items()
        }

    def setUp(self):
        super().setUp()
        self.task = self.converse("A secret matter")
        self.subscriber = self.task.viber_subscriber_id
        self.assertEqual(self.subscriber.name, SECRET_NAME)

    def as_user(self, name, record):
        return record.with_user(self.users[name])

    def refuse(self, function, *args):
        """Check that a call is refused, and that the error names no customer."""
        with self.assertRaises(UserError) as caught:
            function(*args)
        self.assertNotIn(SECRET_NAME, str(caught.exception))
        self.assertNotIn("secret matter", str(caught.exception))
        self.env.invalidate_all()

    def attempts(self, name):
        """Yield each way to attach, as a user who may not."""
        tasks = self.as_user(name, self.env["project.task"])
        vals = {"name": "Mine"}
        place = {"project_id": self.place(name).id}
        attached = {"viber_subscriber_id": self.subscriber.id}
        yield "create", lambda: tasks.create(vals | place | attached)
        yield "to-do", lambda: tasks.create(vals | attached)
        default = {"default_viber_subscriber_id": self.subscriber.id}
        yield "default", lambda: tasks.with_context(**default).create(vals | place)
        mine = tasks.create(vals | place)
        yield "write", lambda: mine.write(attached)
        yield "quick create", lambda: tasks.with_context(**default).name_create("Mine")
        yield "copy", lambda: mine.copy(attached)
        if place["project_id"]:
            child = [Command.create(vals | attached)]
            yield "sub-task", lambda: mine.write({"child_ids": child})
        yield "previous", lambda: mine.write({"viber_previous_task_id": self.task.id})
        yield (
            "previous at once",
            lambda: tasks.create(vals | {"viber_previous_task_id": self.task.id}),
        )
        account = {"viber_account_id": self.account.id}
        yield "account", lambda: mine.write(account)
        yield (
            "customer's list",
            lambda: self.as_user(name, self.subscriber).write(
                {"task_ids": [Command.link(mine.id)]}
            ),
        )
        yield (
            "contact's list",
            lambda: self.as_user(name, self.env.user.partner_id).write(
                {"viber_subscriber_ids": [Command.link(self.subscriber.id)]}
            ),
        )
        yield "link", lambda: self.as_user(name, self.task).action_viber_link_customer()

    def place(self, name):
        """:return: the project in which a user may create tasks; none for to-dos"""
        places = {"foreigner": self.foreign_project, "outsider": self.open_project}
        return places.get(name, self.env["project.project"])

    def test_nobody_attaches_a_customer_they_could_not_see(self):
        for name in ("outsider", "to_do_writer", "manager", "foreigner"):
            for way, attempt in self.attempts(name):
                with self.subTest(user=name, way=way):
                    self.refuse(attempt)
        self.assertEqual(self.subscriber.task_ids, self.task)
        self.assertEqual(self.converse("Still there?"), self.task)

    def test_a_task_made_with_an_account_is_no_conversation(self):
        tasks = self.as_user("outsider", self.env["project.task"])
        vals = {"name": "Mine", "project_id": self.open_project.id}
        default = {"default_viber_account_id": self.account.id}
        for task in (
            tasks.create(vals | {"viber_account_id": self.account.id}),
            tasks.with_context(**default).create(vals),
        ):
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertFalse(task.sudo().viber_account_id)

    def test_an_import_attaches_nobody_either(self):
        tasks = self.as_user("outsider", self.env["project.task"])
        result = tasks.load(
            ["name", "viber_subscriber_id/.id"], [["Mine", str(self.subscriber.id)]]
        )
        self.assertFalse(result["ids"])
        self.assertNotIn(SECRET_NAME, str(result["messages"]))
        self.assertEqual(self.subscriber.task_ids, self.task)

    def test_customers_are_seen_by_those_who_see_a_conversation(self):
        for name, is_seen in (
            ("outsider", False),
            ("foreigner", False),
            ("manager", True),
            ("project_manager", True),
        ):
            subscribers = self.as_user(name, self.env["viber.subscriber"])
            with self.subTest(user=name):
                found = subscribers.search([("viber_user_id", "!=", False)])
                self.assertEqual(self.subscriber in found, is_seen)
                record = self.as_user(name, self.subscriber)
                self.assertEqual(record.has_access("read"), is_seen)
        agent = self.subscriber.with_user(self.agent)
        self.assertEqual(agent.display_name, SECRET_NAME)
        contact = self.as_user("outsider", self.task.partner_id)
        self.assertFalse(contact.viber_subscriber_ids)

    def test_a_customer_without_conversations_is_seen(self):
        [event] = self.receive(self.event("subscribed", user_id="new=="))
        self.process()
        self.assertEqual(event.state, "done")
        subscriber = self.env["viber.subscriber"].search(
            [("viber_user_id", "=", "new==")]
        )
        outsider = self.as_user("outsider", subscriber)
        self.assertEqual(outsider.display_name, SECRET_NAME)
        task = self.as_user("outsider", self.env["project.task"]).create(
            {
                "name": "To greet them",
                "project_id": self.open_project.id,
                "viber_subscriber_id": subscriber.id,
            }
        )
        self.assertEqual(subscriber.task_ids, task)

    def test_no_name_is_shown_for_a_guessed_id(self):
        for name in ("outsider", "to_do_writer", "foreigner"):
            with self.subTest(user=name):
                tasks = self.as_user(name, self.env["project.task"])
                answer = tasks.onchange(
                    {"viber_subscriber_id": self.subscriber.id},
                    ["viber_subscriber_id"],
                    {"viber_subscriber_id": {"fields": {"display_name": {}}}},
                )
                self.assertNotIn(SECRET_NAME, str(answer))

    def test_an_open_conversation_elsewhere_is_not_taken_over(self):
        # The outsider sees one conversation of the customer, not the other.
        closed = self.converse("An open matter")
        self.assertEqual(closed, self.task)
        seen = self.env["project.task"].create(
            {
                "name": "Public",
                "project_id": self.open_project.id,
                "viber_subscriber_id": self.subscriber.id,
            }
        )
        tasks = self.as_user("outsider", self.env["project.task"])
        mine = tasks.create({"name": "Mine", "project_id": self.open_project.id})
        self.assertTrue(self.as_user("outsider", self.subscriber).has_access("read"))
        self.refuse(mine.write, {"viber_subscriber_id": self.subscriber.id})
        # Writing what is so already attaches nothing.
        seen.with_user(self.users["outsider"]).write(
            {"viber_subscriber_id": self.subscriber.id}
        )
        self.task.state = "1_done"
        mine.write({"viber_subscriber_id": self.subscriber.id})
        self.assertEqual(mine.viber_subscriber_id.sudo(), self.subscriber)

    def test_nobody_writes_to_a_customer_they_can_not_see(self):
        mine = self.env["project.task"].create(
            {
                "name": "Public",
                "project_id": self.open_project.id,
                "viber_subscriber_id": self.env["viber.subscriber"]
                .create({"account_id": self.account.id, "viber_user_id": "mine=="})
                .id,
            }
        )
        hidden = self.task.partner_id
        task = self.as_user("outsider", mine)
        self.refuse(task.message_subscribe, hidden.ids)
        message = task.message_post(
            body="Psst",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=hidden.ids,
        )
        # Made up by a remote call, to have it sent.
        self.env["mail.notification"].with_user(self.users["outsider"]).create(
            {
                "mail_message_id": task.message_post(body="x").id,
                "res_partner_id": hidden.id,
                "notification_type": "viber",
                "notification_status": "exception",
            }
        ).mail_message_id.write({"subtype_id": self.env.ref("mail.mt_comment").id})
        for told in mine.message_ids.with_user(self.users["outsider"]):
            try:
                told.viber_send_again()
            except UserError:
                continue
        self.send()
        self.assertFalse(self.viber.sent())
        self.assertEqual(
            self.notification(message.sudo()).notification_status, "exception"
        )
        # Those who see both may.
        manager = self.users["project_manager"]
        self.project.message_subscribe(manager.partner_id.ids)
        mine.with_user(manager).message_subscribe(hidden.ids)
        self.assertIn(hidden, mine.message_partner_ids)

    def test_a_new_conversation_names_no_previous_one_of_another_project(self):
        self.account.project_id = self.open_project
        self.task.state = "1_done"
        task = self.converse("A new matter")
        self.assertFalse(task.viber_previous_task_id)
        self.assertNotIn("secret matter", task.description)
        self.assertIn(f"/odoo/project.task/{self.task.id}", task.description)

    def test_a_conversation_stays_in_its_company(self):
        both = self.users["project_manager"]
        both.company_ids += self.foreign_project.company_id
        allowed = both.company_ids.ids
        task = self.task.with_user(both).with_context(allowed_company_ids=allowed)
        foreign = (
            task.browse()
            .create({"name": "Mine", "project_id": self.foreign_project.id})
            .with_context(allowed_company_ids=allowed)
        )
        # Odoo itself holds a contact of one company to it; most contacts are of none.
        self.task.partner_id.company_id = False
        with self.assertRaisesRegex(UserError, "stays in the company"):
            foreign.viber_subscriber_id = self.subscriber
        with self.assertRaisesRegex(UserError, "stays in the company"):
            task.project_id = self.foreign_project

    def test_linking_needs_access_to_all_that_moves(self):
        contact = self.env["res.partner"].create({"name": "Olena at home"})
        seen = self.env["project.task"].create(
            {
                "name": "Public",
                "project_id": self.open_project.id,
                "viber_subscriber_id": self.subscriber.id,
            }
        )
        self.assertEqual(seen.partner_id, self.task.partner_id)
        old = self.task.partner_id
        mine = self.as_user("outsider", seen)
        mine.partner_id = contact
        self.refuse(mine.action_viber_link_customer)
        self.refuse(
            self.as_user("manager", self.subscriber).write, {"partner_id": contact.id}
        )
        self.assertEqual(self.subscriber.partner_id, old)
        self.as_user("project_manager", seen).action_viber_link_customer()
        self.assertEqual(self.subscriber.partner_id, contact)
        self.assertEqual(self.task.partner_id, contact)
        self.as_user("project_manager", self.subscriber).write({"partner_id": old.id})
        self.assertEqual(self.task.partner_id, old)

    def test_linking_names_no_contact_of_another_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Foreign", "company_id": self.foreign_project.company_id.id}
        )
        manager = self.as_user("project_manager", self.subscriber)
        self.refuse(manager.write, {"partner_id": contact.id})

    def test_a_subscriber_is_no_form_to_fill_in(self):
        manager = self.as_user("project_manager", self.subscriber)
        other = self.env["viber.account"].create({"auth_token": "other-bot"})
        for vals in (
            {"account_id": other.id},
            {"viber_user_id": "somebody-else=="},
            {"company_id": self.foreign_project.company_id.id},
            {"is_subscribed": False},
            {"phone": "+380671234567"},
            {"contact_name": "Olena"},
        ):
            with self.subTest(vals=vals):
                self.refuse(manager.write, vals)
        manager.is_blocked = True
        self.assertTrue(self.subscriber.is_blocked)

    def test_an_account_names_nothing_that_its_manager_may_not_see(self):
        account = self.as_user("manager", self.account)
        self.project.message_unsubscribe(self.users["manager"].partner_id.ids)
        self.account.project_id = self.open_project
        hidden = self.env["project.project"].create(
            {"name": "Board of directors", "privacy_visibility": "followers"}
        )
        template = self.env["project.task"].create(
            {"name": "Template", "project_id": hidden.id, "is_template": True}
        )
        contact = self.env["res.partner"].create(
            {"name": "Foreign", "company_id": self.foreign_project.company_id.id}
        )
        for vals in (
            {"project_id": hidden.id},
            {"task_template_id": template.id},
            {"contact_template_id": contact.id},
        ):
            with self.subTest(vals=vals):
                self.refuse(account.write, vals)
                self.refuse(account.create, {"name": "Mine"} | vals)
        account.project_id = self.open_project
