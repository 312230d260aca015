"""Who may read and change what."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import TOKEN, ViberCase

MANAGER = "viber_connector.group_viber_manager"
ADMINISTRATOR = "base.group_system"
# What people decide, by model; all else is Viber's, or the worker's, to say.
DECIDED = {
    "viber.account": {
        *("active", "auth_token", "base_url", "company_id", "contact_template_id"),
        *(
            "assign_on_answer",
            "assign_policy",
            "conversation_model",
            "hold_seconds",
            "link_by_phone",
            "name",
            "new_task_when_closed",
            "notify_user_ids",
            "project_id",
            "silence_days",
            "waiting_danger_minutes",
            "waiting_warning_minutes",
        ),
        *("send_as_employee", "send_automatic_messages", "send_rate"),
        *("task_template_id", "welcome_message"),
    },
    "viber.account.key": set(),
    "viber.block": {"reason", "res_ids", "res_model"},
    "viber.conversation.entry": set(),
    "viber.event": set(),
    "viber.event.digest": set(),
    "viber.invite": {"account_id", "partner_id"},
    "viber.link": {
        *("account_id", "active", "expires_on", "is_single_use", "name", "partner_id"),
        *("project_id", "tag_ids", "user_ids", "welcome_message"),
    },
    "viber.link.opening": set(),
    "viber.media": set(),
    "viber.message": set(),
    "viber.refusal": set(),
    "viber.subscriber": {"is_blocked", "partner_id"},
    "viber.wait": set(),
}


class TestRights(ViberCase):
    def user(self, group):
        login = group.replace(".", "_")
        known = self.env["res.users"].search([("login", "=", login)])
        return known or new_test_user(self.env, login, groups=group)

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

    def test_what_viber_said_of_an_account_is_for_managers(self):
        self.account._mark_broken("invalidAuthToken (status 2)")
        account = self.account.with_user(self.agent)
        for name in ("state_reason", "pause_reason"):
            self.account.with_user(self.user(MANAGER)).read([name])
            with self.subTest(name=name), self.assertRaises(AccessError):
                account.read([name])
        [form] = account.get_views([(False, "form")])["views"].values()
        self.assertNotIn("_reason", form["arch"])
        task = self.converse()
        task.viber_account_id.write({"state": "error"})
        told = task.with_user(self.agent).viber_warning
        self.assertIn(self.account.name, told)
        self.assertNotIn("invalidAuthToken", told)

    def test_what_an_account_fills_and_copies_is_for_managers(self):
        account = self.account.with_user(self.agent)
        for name in ("project_id", "task_template_id", "contact_template_id"):
            self.assertTrue(account.with_user(self.user(MANAGER)).read([name]))
            with self.subTest(name=name), self.assertRaises(AccessError):
                account.read([name])

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

    def test_an_account_can_be_read_whole(self):
        for group in ("base.group_user", "project.group_project_user", MANAGER):
            accounts = self.env["viber.account"].with_user(self.user(group))
            [values] = accounts.search_read([("id", "=", self.account.id)])
            self.assertEqual(
                "subscriber_count" in values, group != "base.group_user", group
            )

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


class TestDecisions(ViberCase):
    """A field that is read-only in forms is so for remote calls."""

    def setUp(self):
        super().setUp()
        task = self.converse()
        row = self.outbox(self.reply(task))
        [event] = self.receive(self.text("Hello"))
        media = self.env["viber.media"].create(
            {
                "event_id": event.id,
                "mail_message_id": row.mail_message_id.id,
                "name": "a.pdf",
                "url": "https://dl.example.com/a.pdf",
                "expiry_date": "2030-01-01",
            }
        )
        link = self.env["viber.link"].create(
            {"account_id": self.account.id, "name": "Invoice footer"}
        )
        records = (row, event, media, task.viber_subscriber_id, self.account, link)
        self.records = {record._name: record for record in records}
        self.users = [
            new_test_user(self.env, f"decides-{number}", groups=groups)
            for number, groups in enumerate((MANAGER, ADMINISTRATOR))
        ]

    def test_all_models_are_known(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("viber.") and model._auto
        }
        self.assertEqual(ours, set(DECIDED))

    def test_nothing_but_decisions_can_be_written(self):
        for model, record in self.records.items():
            theirs = set()
            for name, field in record._fields.items():
                if field.type == "one2many" or name in ("message_follower_ids",):
                    # Of mail.thread, or read-only as all others.
                    continue
                for user in self.users:
                    with self.subTest(model=model, field=name, user=user.login):
                        if self.may_write(record.with_user(user), name):
                            theirs.add(name)
            own = {n for n in theirs if not n.startswith(("message_", "activity_"))}
            self.assertEqual(own, DECIDED[model], model)

    def may_write(self, record, name):
        value = record._fields[name].convert_to_write(record.sudo()[name], record)
        try:
            with self.env.cr.savepoint():
                record.write({name: value})
        except (AccessError, UserError):
            return False
        return True

    def test_nothing_but_decisions_comes_with_a_new_account(self):
        forged = {
            "webhook_key": "chosen",
            "state": "connected",
            "icon_url": "https://evil.example.net/icon.png",
            "paused_until": "2099-01-01 00:00:00",
            "pause_reason": "Mine",
        }
        for user in self.users:
            accounts = self.env["viber.account"].with_user(user)
            for name, value in forged.items():
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(AccessError):
                        accounts.create({"name": "New", name: value})
            defaults = {f"default_{name}": value for name, value in forged.items()}
            self.env["ir.default"].set(
                "viber.account", "uri", "chosen", user_id=user.id
            )
            account = accounts.with_context(**defaults).create({"name": "New"}).sudo()
            self.assertFalse(account.uri)
            for name, value in forged.items():
                with self.subTest(user=user.login, default=name):
                    self.assertNotEqual(account[name], value)
            copy = self.account.with_user(user).copy({"name": "A copy"}).sudo()
            self.assertNotEqual(copy.webhook_key, self.account.webhook_key)
            with self.assertRaises(AccessError):
                self.account.with_user(user).copy({"state": "connected"})

    def test_a_contact_is_no_way_round(self):
        subscriber = self.records["viber.subscriber"]
        for command in (
            Command.create({"account_id": self.account.id, "viber_user_id": "x"}),
            Command.update(subscriber.id, {"viber_user_id": "x"}),
            Command.delete(subscriber.id),
        ):
            partner = subscriber.partner_id.with_user(self.users[0])
            with self.assertRaises(AccessError):
                partner.write({"viber_subscriber_ids": [command]})
            account = self.account.with_user(self.users[0])
            with self.assertRaises(AccessError):
                account.write({"subscriber_ids": [command]})

    def test_what_people_decide_goes_on_to_work(self):
        account = self.account.with_user(self.users[0])
        account.write({"name": "Renamed", "send_rate": 5, "active": False})
        account.write({"active": True})
        for action in ("action_disconnect", "action_connect", "action_check"):
            getattr(account, action)()
        self.assertEqual(self.account.state, "connected")
        subscriber = self.records["viber.subscriber"].with_user(self.users[0])
        subscriber.is_blocked = True
        self.assertTrue(subscriber.is_blocked)

    def test_what_people_decide_can_be_imported(self):
        subscriber = self.records["viber.subscriber"]
        for user in self.users:
            for record, name, value, guarded in (
                (self.account, "name", "Imported", "uri"),
                (subscriber, "is_blocked", "1", "language"),
            ):
                model = self.env[record._name].with_user(user)
                with self.subTest(user=user.login, model=record._name):
                    done = model.load([".id", name], [[str(record.id), value]])
                    self.assertEqual(done["ids"], record.ids, done["messages"])
                    done = model.load([".id", guarded], [[str(record.id), "x"]])
                    self.assertFalse(done["ids"])

    def test_an_account_with_customers_stays_in_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        everywhere = [Command.link(other.id)]
        for user in self.users:
            user.company_ids = everywhere
            account = self.account.with_user(user)
            account = account.with_context(allowed_company_ids=user.company_ids.ids)
            with self.assertRaisesRegex(UserError, "stay in that company"):
                account.company_id = other
            account.company_id = self.account.company_id
        empty = self.env["viber.account"].create({"name": "Empty"})
        empty.company_id = other
        self.assertEqual(empty.company_id, other)
        self.receive_nothing_yet(empty)
        with self.assertRaisesRegex(UserError, "stay in that company"):
            empty.company_id = self.account.company_id

    def test_an_account_goes_to_no_company_of_others(self):
        other = self.env["res.company"].create({"name": "Other"})
        accounts = self.env["viber.account"].with_user(self.users[0])
        account = accounts.create({"name": "New"})
        with self.assertRaises(AccessError):
            account.company_id = other

    def receive_nothing_yet(self, account):
        """A callback that waits, of somebody who is not known yet."""
        self.env["viber.event"].create(
            {
                "account_id": account.id,
                "event_type": "message",
                "message_token": "1",
                "viber_user_id": "somebody",
                "event_date": "2026-01-01",
            }
        )
