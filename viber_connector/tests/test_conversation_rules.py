"""Into which task a customer's message goes.

The rules: docs/architecture.rst, "Rules of the conversation".
"""

from itertools import product

from odoo import Command
from odoo.tests.common import new_test_user

from ..tools import reference
from .common import ViberCase


class WhichCase(ViberCase):
    """What holds whatever the conversations are."""

    #: What may have become of a conversation.
    fates = ("open", "closed", "archived", "deleted")

    def suffer(self, conversation, fate):
        """Have something happen to a conversation."""
        if fate == "closed":
            conversation._viber_close()
        elif fate == "archived":
            conversation.action_archive()
        elif fate == "deleted":
            conversation.unlink()

    def previous(self, conversation):
        return conversation[conversation._viber_previous_field]

    def test_matrix(self):
        for fate, is_new_wanted, count in product(self.fates, (True, False), (1, 3)):
            with self.subTest(fate=fate, is_new_wanted=is_new_wanted, count=count):
                user_id = f"{fate}-{is_new_wanted}-{count}=="
                self.account.new_task_when_closed = True
                tasks = self.env[self.carrier]
                for _number in range(count):
                    # Made anew, since the one before is closed.
                    tasks[-1:]._viber_close()
                    tasks += self.converse("It burns", user_id=user_id)
                latest = tasks[-1]
                latest_id = latest.id
                self.suffer(latest, fate)
                self.account.new_task_when_closed = is_new_wanted

                task = self.converse("It burns again", user_id=user_id)

                earlier = tasks[:-1]
                if fate == "open":
                    self.assertEqual(task, latest)
                elif fate == "deleted" and earlier and not is_new_wanted:
                    self.assertEqual(task, earlier[-1], "the latest there is")
                elif fate == "deleted" or is_new_wanted:
                    self.assertNotIn(task.id, [*earlier.ids, latest_id])
                    previous = earlier[-1:] if fate == "deleted" else latest
                    self.assertEqual(self.previous(task), previous)
                else:
                    self.assertEqual(task, latest)
                self.assertIn("It burns again", self.comments(task)[-1].body)

    def test_a_new_one_links_the_previous_one(self):
        first = self.converse("<b>It burns</b>")
        first._viber_close()
        second = self.converse("Again")
        self.assertIn(f'href="/odoo/{self.carrier}/{first.id}"', second.description)
        self.assertIn("&lt;b&gt;It burns", second.description)
        self.assertEqual(self.previous(second), first)
        self.assertFalse(self.previous(first))

    def test_of_several_open_ones_the_latest_message_decides(self):
        first = self.converse()
        second = first.copy({"viber_subscriber_id": first.viber_subscriber_id.id})
        self.reply(second)
        self.assertEqual(self.converse("a"), second)
        self.reply(first)
        self.assertEqual(self.converse("b"), first)
        second.message_post(body="a note", subtype_xmlid="mail.mt_note")
        second.priority = "1"
        self.assertIn(self.converse("c"), first + second)

    def test_a_reference_counts_only_if_it_is_ours_and_theirs(self):
        other = self.converse("I am another", user_id="another==")
        first = self.converse()
        subscriber = first.viber_subscriber_id
        second = first.copy({"viber_subscriber_id": subscriber.id})
        closed = first.copy({"viber_subscriber_id": subscriber.id})
        closed._viber_close()
        plain = first.copy({"viber_subscriber_id": False})
        secret, model = first._viber_secret(), first._name
        good = first._viber_reference(subscriber)
        foreign = self.env["viber.account"].create({"auth_token": "other-bot"})
        ids = (self.account.id, subscriber.id)
        for number, (given, expected) in enumerate(
            (
                (good, first),
                (second._viber_reference(subscriber), second),
                # not theirs, not this account's, not signed by us, not open, no task
                (other._viber_reference(other.viber_subscriber_id), second),
                (reference.make(secret, *ids, model, other.id), second),
                (
                    reference.make(secret, foreign.id, subscriber.id, model, first.id),
                    second,
                ),
                (reference.make("guess", *ids, model, first.id), second),
                (closed._viber_reference(subscriber), second),
                (reference.make(secret, *ids, model, plain.id), second),
                (reference.make(secret, *ids, model, 2**31 - 1), second),
                (good.upper(), second),
                ("", second),
                ("{}", second),
                ("vc1..", second),
            )
        ):
            with self.subTest(number=number):
                self.reply(second)
                message = {"tracking_data": given}
                self.assertEqual(self.converse("Hello", message=message), expected)

    def test_what_is_opened_again_goes_on(self):
        first = self.converse()
        first._viber_close()
        self.assertFalse(first._viber_is_open())
        second = self.converse("Again")
        self.assertNotEqual(second, first)
        second._viber_close()
        first._viber_reopen()
        self.assertTrue(first._viber_is_open())
        self.assertEqual(self.converse("And again"), first)


class TestWhichTask(WhichCase):
    fates = (*WhichCase.fates, "canceled", "folded")

    def suffer(self, task, fate):
        if fate == "canceled":
            task.state = "1_canceled"
        if fate == "folded":
            task.stage_id = self.project.type_ids.filtered("fold")
        return super().suffer(task, fate)

    def test_a_task_without_a_stage_goes_on(self):
        task = self.converse()
        task.stage_id = False
        self.assertTrue(task._viber_is_open())
        self.assertEqual(self.converse("Again"), task)
        domain = [("id", "=", task.id), *task._viber_open_domain()]
        self.assertEqual(self.env["project.task"].search(domain), task)

    def test_a_template_is_no_conversation(self):
        task = self.converse()
        task.action_convert_to_template()
        self.assertNotEqual(self.converse("Again"), task)

    def test_a_task_is_a_conversation_when_an_agent_says_whose(self):
        first = self.converse()
        subscriber = first.viber_subscriber_id
        first.state = "1_done"
        task = self.env["project.task"].create(
            {"name": "Call them back", "project_id": self.project.id}
        )
        task.viber_subscriber_id = subscriber
        self.assertEqual(self.converse("Any news?"), task)

    def test_subtasks_and_private_tasks_are_no_conversations_by_accident(self):
        task = self.converse()
        child = self.env["project.task"].create(
            {"name": "Part", "parent_id": task.id, "project_id": self.project.id}
        )
        self.assertFalse(child.viber_subscriber_id)
        self.assertEqual(self.converse("Again"), task)
        private = self.env["project.task"].create(
            {"name": "Mine", "viber_subscriber_id": task.viber_subscriber_id.id}
        )
        task.state = "1_done"
        self.assertNotIn(self.converse("And again"), task + private)


class TestProjects(ViberCase):
    def test_projects_of_any_visibility(self):
        visibilities = self.project._fields["privacy_visibility"].get_values(self.env)
        self.assertEqual(len(visibilities), 4)
        for visibility in visibilities:
            with self.subTest(visibility):
                self.project.privacy_visibility = visibility
                task = self.converse(user_id=f"{visibility}==")
                self.assertEqual(task.project_id, self.project)
                self.assertIn(task.partner_id, task.message_partner_ids)
                self.assertFalse(task.user_ids)
                follower = new_test_user(
                    self.env, f"f_{visibility}", groups="project.group_project_user"
                )
                task.message_subscribe(follower.partner_id.ids)
                self.assertTrue(task.with_user(follower).name)

    def test_nobody_follows_who_is_nobody(self):
        task = self.converse()
        self.assertEqual(task.message_partner_ids, task.partner_id)

    def test_a_deleted_or_archived_project_is_replaced(self):
        self.converse()
        self.project.unlink()
        task = self.converse("Is anybody there?")
        project = task.project_id
        self.assertEqual(project.name, self.account.name)
        self.assertEqual(self.account.project_id, project)
        self.assertEqual(project.company_id, self.account.company_id)
        self.assertEqual(project.type_ids.mapped("fold"), [False, False, True])
        project.action_archive()
        task = self.converse("And now?")
        self.assertTrue(task.project_id.active)
        self.assertNotEqual(task.project_id, project)

    def test_each_account_works_in_its_company(self):
        company = self.env["res.company"].create({"name": "Other house"})
        account = self.env["viber.account"].create(
            {
                "auth_token": "other-bot",
                "company_id": company.id,
                "base_url": "https://odoo.example.com",
            }
        )
        self.viber.info = self.viber.info | {"name": "Other bot"}
        account.action_connect()
        [row] = self.receive(self.text("Hello"), account=account)
        self.process()
        task = row.task_id
        self.assertEqual(task.company_id, company)
        self.assertEqual(task.partner_id.company_id, company)
        self.assertEqual(task.viber_subscriber_id.company_id, company)
        here = self.converse()
        self.assertEqual(here.company_id or self.account.company_id, self.env.company)
        self.assertNotEqual(here.partner_id, task.partner_id)
        self.assertNotIn(
            task.viber_subscriber_id,
            self.env["viber.subscriber"].with_user(self.agent).search([]),
        )


class TestTaskTemplate(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["project.tags"].create({"name": "Viber"})
        cls.template = cls.env["project.task"].create(
            {
                "name": "Template",
                "project_id": cls.project.id,
                "is_template": True,
                "description": "<p>Ask for the serial number</p>",
                "user_ids": [Command.set(cls.agent.ids)],
                "tag_ids": [Command.set(cls.tag.ids)],
                "child_ids": [
                    Command.create({"name": "Look", "project_id": cls.project.id}),
                    Command.create({"name": "Repair", "project_id": cls.project.id}),
                ],
            }
        )
        cls.account.task_template_id = cls.template

    def test_a_conversation_is_made_from_the_template(self):
        task = self.converse("It burns\nBadly")
        self.assertNotEqual(task, self.template)
        self.assertFalse(task.is_template)
        self.assertFalse(task.has_template_ancestor)
        self.assertEqual(task.name, "It burns")
        self.assertEqual(task.user_ids, self.agent)
        self.assertEqual(task.tag_ids, self.tag)
        self.assertEqual(task.project_id, self.project)
        self.assertEqual(task.partner_id, task.viber_subscriber_id.partner_id)
        self.assertEqual(sorted(task.child_ids.mapped("name")), ["Look", "Repair"])
        self.assertFalse(any(task.child_ids.mapped("is_template")))
        self.assertFalse(task.child_ids.viber_subscriber_id)
        words = ("It burns", "Badly", "Ask for the serial number")
        places = [task.description.index(word) for word in words]
        self.assertEqual(places, sorted(places))
        self.assertIn(task.partner_id, task.message_partner_ids)
        self.assertNotIn(self.env.user.partner_id, task.message_partner_ids)
        self.assertEqual(self.converse("Again"), task)
        self.assertFalse(self.template.viber_subscriber_id)

    def test_assignees_of_the_template_hear_of_the_first_message(self):
        self.agent.notification_type = "inbox"
        message = self.comments(self.converse())
        self.assertEqual(message.notified_partner_ids, self.agent.partner_id)

    def test_the_link_to_the_previous_task_stands_there_too(self):
        first = self.converse()
        first.state = "1_done"
        second = self.converse("Again")
        self.assertIn(f"/odoo/project.task/{first.id}", second.description)
        self.assertEqual(second.viber_previous_task_id, first)

    def test_a_template_that_is_gone_or_elsewhere_is_no_obstacle(self):
        other = self.env["project.project"].create({"name": "Elsewhere"})
        for values in ({"active": False}, {"active": True, "project_id": other.id}):
            with self.subTest(values):
                self.template.write(values)
                task = self.converse(user_id=f"{values}==")
                self.assertEqual(task.project_id, self.project)
                self.assertFalse(task.user_ids)
                self.assertFalse(task.child_ids)
        self.template.unlink()
        self.assertEqual(self.converse().project_id, self.project)
        self.assertFalse(self.account.task_template_id)
