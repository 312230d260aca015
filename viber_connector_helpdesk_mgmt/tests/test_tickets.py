"""What tickets have of their own as conversations."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from ..hooks import uninstall_hook
from .common import TicketCase


class TestTickets(TicketCase):
    def test_a_new_ticket_says_where_it_comes_from(self):
        ticket = self.converse("My printer is on fire\nPlease help")
        self.assertEqual(ticket._name, "helpdesk.ticket")
        self.assertEqual(ticket.name, "My printer is on fire")
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.channel_id.name, "Viber")
        self.assertEqual(ticket.partner_name, "Olena Koval")
        self.assertEqual(ticket.company_id, self.account.company_id)
        self.assertFalse(ticket.user_id)
        self.assertFalse(ticket.stage_id.closed)
        self.assertTrue(ticket.number.strip("/"))
        [event] = self.env["viber.event"].search([("res_id", "=", ticket.id)])
        self.assertEqual(event.res_model, "helpdesk.ticket")
        self.assertFalse(event.task_id)

    def test_the_worker_is_no_assignee(self):
        self.env.company.helpdesk_mgmt_ticket_auto_assign = True
        self.team.user_ids = self.agent | self.env.ref("base.user_root")
        self.assertFalse(self.converse().user_id)

    def test_a_link_presets_what_fits_a_ticket(self):
        link = self.env["viber.link"].create(
            {
                "account_id": self.account.id,
                "name": "Invoice footer",
                "project_id": self.env["project.project"].create({"name": "Any"}).id,
                "tag_ids": [Command.create({"name": "Invoice"})],
                "user_ids": self.agent.ids,
            }
        )
        self.receive(self.event("conversation_started", context=link.code))
        ticket = self.converse()
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.viber_link_id, link)
        self.assertEqual(link.conversation_count, 1)

    def test_a_sticker_has_a_description(self):
        for number, message in enumerate(
            (
                {"type": "sticker", "sticker_id": 46105},
                {"type": "picture", "media": "", "text": ""},
                {"type": "text", "text": " "},
                {"type": "flying-carpet"},
            )
        ):
            with self.subTest(message=message):
                event = self.event(message=message, user_id=f"{number}==")
                [row] = self.receive(event)
                self.process()
                self.assertEqual(row.state, "done", row.error)
                self.assertIn("Olena Koval", self.conversation(row).description)

    def test_without_team_and_channel_nothing_is_lost(self):
        self.account.helpdesk_team_id = False
        module = "viber_connector_helpdesk_mgmt"
        self.env.ref(f"{module}.helpdesk_ticket_channel_viber").unlink()
        ticket = self.converse()
        self.assertFalse(ticket.team_id)
        self.assertFalse(ticket.channel_id)
        self.assertTrue(ticket.stage_id)

    def test_a_team_that_went_to_another_company_takes_no_customer_along(self):
        self.team.company_id = self.env["res.company"].create({"name": "Other house"})
        ticket = self.converse()
        self.assertFalse(ticket.team_id)
        self.assertEqual(ticket.company_id, self.account.company_id)

    def test_a_ticket_without_a_stage_goes_on(self):
        ticket = self.converse()
        ticket.stage_id = False
        self.assertTrue(ticket._viber_is_open())
        domain = [("id", "=", ticket.id), *ticket._viber_open_domain()]
        self.assertEqual(ticket.search(domain), ticket)

    def test_a_name_is_shown_to_the_team_alone(self):
        first = self.converse("Between us")
        first._viber_close()
        other = self.env["helpdesk.ticket.team"].create({"name": "Other team"})
        self.account.helpdesk_team_id = other
        second = self.converse("Again")
        self.assertNotIn("Between us", second.description)
        self.assertIn(f"/odoo/helpdesk.ticket/{first.id}", second.description)
        self.assertFalse(second.viber_previous_ticket_id)

    def test_a_colleagues_ticket_is_not_named_to_who_has_personal_ones_only(self):
        personal = new_test_user(
            self.env, "personal", groups="helpdesk_mgmt.group_helpdesk_user_own"
        )
        for members, is_named in ((self.agent, True), (self.agent | personal, False)):
            self.team.user_ids = members
            first = self.converse("Between us")
            first.user_id = self.agent
            first._viber_close()
            second = self.converse("Again")
            with self.subTest(members=members.mapped("login")):
                self.assertEqual("Between us" in second.description, is_named)
                self.assertEqual(second.viber_previous_ticket_id == first, is_named)
            second._viber_close()

    def test_an_archived_team_gets_no_tickets(self):
        """Nobody would see what customers write."""
        self.team.active = False
        ticket = self.converse()
        self.assertFalse(ticket.team_id)
        self.assertTrue(ticket.with_user(self.agent).has_access("read"))

    def test_where_no_stage_is_closed_none_is_lost(self):
        ticket = self.converse()
        stage = ticket.stage_id
        self.team._get_applicable_stages().closed = False
        ticket._viber_close()
        self.assertEqual(ticket.stage_id, stage)

    def test_another_contact_is_the_tickets_contact(self):
        ticket = self.converse()
        values = {"name": "Olena at work", "email": "olena@example.com"}
        contact = self.env["res.partner"].create(values)
        ticket.partner_id = contact
        ticket.with_user(self.agent).action_viber_link_customer()
        self.converse("It is me")
        self.assertEqual(ticket.viber_subscriber_id.partner_id, contact)
        self.assertEqual(self.comments(ticket)[-1].author_id, contact)

    def test_a_linked_subscriber_takes_the_ticket_along(self):
        ticket = self.converse()
        values = {"name": "Olena at work", "email": "olena@example.com"}
        contact = self.env["res.partner"].create(values)
        ticket.viber_subscriber_id.partner_id = contact
        self.assertEqual(ticket.partner_id, contact)
        self.assertEqual(ticket.partner_name, "Olena at work")
        self.assertEqual(ticket.partner_email, "olena@example.com")

    def test_a_ticket_stays_in_the_company_of_its_account(self):
        ticket = self.converse()
        company = self.env["res.company"].create({"name": "Other house"})
        with self.assertRaisesRegex(UserError, "belongs to"):
            ticket.company_id = company


class TestStageMail(TicketCase):
    """The helpdesk sends the e-mail of a stage past those who are notified."""

    def setUp(self):
        super().setUp()
        self.ticket = self.converse()
        self.customer = self.ticket.partner_id
        template = self.env["mail.template"].create(
            {
                "name": "Closed",
                "model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "subject": "Closed",
                "partner_to": "{{ object.partner_id.id }}",
                "body_html": "<p>It is settled</p>",
            }
        )
        stages = self.team._get_applicable_stages()
        stages.mail_template_id = False
        stages.filtered("closed").mail_template_id = template

    def close(self):
        self.ticket.with_user(self.agent)._viber_close()
        self.env.cr.precommit.run()
        self.send()
        mails = self.env["mail.mail"].search([("subject", "=", "Closed")])
        return self.viber.texts(), mails.mapped("recipient_ids")

    def test_it_goes_to_viber_where_the_account_says_so(self):
        for email in (False, "olena@example.com"):
            self.customer.email = email
            self.account.send_automatic_messages = True
            self.assertEqual(self.close(), (["It is settled"], self.customer.browse()))
            self.viber.requests.clear()
            self.ticket._viber_reopen()
            self.env.cr.precommit.run()

    def test_it_is_an_email_only_where_it_is_not_for_viber(self):
        self.customer.email = "olena@example.com"
        self.assertEqual(self.close(), ([], self.customer))

    def test_it_fails_nowhere_for_who_has_no_address(self):
        self.assertEqual(self.close(), ([], self.customer.browse()))
        failed = self.ticket.message_ids.notification_ids.filtered(
            lambda notification: notification.notification_status == "exception"
        )
        self.assertFalse(failed)

    def test_it_is_the_companys_word_whoever_closes_in_the_portal(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_portal")
        customer = new_test_user(self.env, "olena", groups="base.group_portal")
        customer.partner_id = self.customer
        self.account.send_automatic_messages = True
        for user in (stranger, customer):
            with self.subTest(user=user.login):
                self.viber.requests.clear()
                # The controller of the portal does it so.
                self.ticket.with_user(user).sudo()._viber_close()
                self.env.cr.precommit.run()
                self.send()
                self.assertEqual(self.viber.texts(), ["It is settled"])
                self.ticket._viber_reopen()
                self.env.cr.precommit.run()

    def test_who_closes_in_the_portal_gets_the_email_too(self):
        self.customer.email = "olena@example.com"
        user = new_test_user(self.env, "olena", groups="base.group_portal")
        user.partner_id = self.customer
        self.ticket.with_user(user).sudo()._viber_close()
        self.env.cr.precommit.run()
        mail = self.env["mail.mail"].search([("subject", "=", "Closed")])
        self.assertEqual(mail.recipient_ids, self.customer)

    def test_other_tickets_are_as_without_the_addon(self):
        self.customer.email = "olena@example.com"
        plain = self.make_record(partner_id=self.customer.id)
        plain._viber_close()
        self.env.cr.precommit.run()
        mail = self.env["mail.mail"].search([("res_id", "=", plain.id)])
        self.assertEqual(mail.recipient_ids, self.customer)


class TestChoice(TicketCase):
    """Tasks or tickets: the account says it, for new conversations."""

    def test_a_change_concerns_new_conversations_only(self):
        ticket = self.converse()
        self.account.conversation_model = "project.task"
        self.assertEqual(self.converse("Still the same"), ticket)
        reference = self.outbox(self.reply(ticket)).payload
        self.assertIn('"vc2.helpdesk.ticket.', reference)
        ticket._viber_close()
        task = self.converse("Something new")
        self.assertEqual(task._name, "project.task")
        self.assertTrue(task.project_id.active)
        self.assertIn(f"/odoo/helpdesk.ticket/{ticket.id}", task.description)
        self.assertNotIn(ticket.name, task.description)
        self.assertFalse(task.viber_previous_task_id)
        self.account.conversation_model = "helpdesk.ticket"
        self.assertEqual(self.converse("Still the task"), task)

    def test_of_a_task_and_a_ticket_the_reference_decides_then_the_latest(self):
        ticket = self.converse()
        subscriber = ticket.viber_subscriber_id
        self.account._ensure_project()
        task = self.env["project.task"].create(
            {
                "name": "Meanwhile",
                "project_id": self.account.project_id.id,
                "viber_subscriber_id": subscriber.id,
            }
        )
        agent = new_test_user(
            self.env, "both", groups=f"{self.agent_groups},project.group_project_user"
        )
        self.team.user_ids |= agent
        for record, other in ((task, ticket), (ticket, task)):
            record.with_user(agent).message_post(
                body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            self.assertEqual(self.converse("The latest"), record)
            message = {"tracking_data": other._viber_reference(subscriber)}
            self.assertEqual(self.converse("To the other", message=message), other)

    def test_tasks_and_tickets_of_a_customer_stand_in_one_list(self):
        ticket = self.converse("My printer is on fire")
        self.account._ensure_project()
        task = self.env["project.task"].create(
            {
                "name": "Meanwhile",
                "project_id": self.account.project_id.id,
                "viber_subscriber_id": ticket.viber_subscriber_id.id,
            }
        )
        both = new_test_user(
            self.env, "both", groups=f"{self.agent_groups},project.group_project_user"
        )
        other = new_test_user(self.env, "other", groups="base.group_user")
        self.team.user_ids |= both
        action = ticket.with_user(both).action_viber_conversations()
        self.assertEqual(action["res_model"], "viber.conversation.entry")
        entries = self.env[action["res_model"]].search(action["domain"])
        lines = entries.with_user(both)
        self.assertEqual(
            {(line.name, line.kind, line.is_open) for line in lines},
            {
                (ticket.with_user(both).display_name, "Helpdesk Ticket", True),
                (task.display_name, "Task", True),
            },
        )
        opened = [line.action_open() for line in lines]
        self.assertEqual(
            {(action["res_model"], action["res_id"]) for action in opened},
            {(ticket._name, ticket.id), (task._name, task.id)},
        )
        # Each sees their own lines, made when they asked, only.
        self.assertFalse(lines.with_user(other).search([]))
        with self.assertRaises(AccessError):
            lines[0].with_user(other).action_open()

    def test_the_same_numbers_are_told_apart(self):
        ticket = self.converse()
        subscriber = ticket.viber_subscriber_id
        task = self.env["project.task"].browse(ticket.id)
        reference = task._viber_reference(subscriber)
        self.assertNotEqual(
            reference.rpartition(".")[2],
            ticket._viber_reference(subscriber).rpartition(".")[2],
        )

    def test_two_accounts_may_differ(self):
        other = self.env["viber.account"].create(
            {"auth_token": "other-bot", "base_url": "https://odoo.example.com"}
        )
        self.assertEqual(other.conversation_model, "project.task")
        other.action_connect()
        [row] = self.receive(self.text("Hello"), account=other)
        self.assertEqual(self.converse()._name, "helpdesk.ticket")
        self.assertEqual(row.res_model, "project.task")
        self.assertEqual(row.task_id.id, row.res_id)

    def test_an_account_of_tickets_makes_no_project(self):
        count = self.env["project.project"].search_count([])
        self.account.action_connect()
        self.assertEqual(self.env["project.project"].search_count([]), count)


class TestRights(TicketCase):
    def test_who_works_with_tickets_sees_their_customers(self):
        ticket = self.converse()
        subscriber = ticket.viber_subscriber_id
        self.assertTrue(subscriber.with_user(self.agent).read(["name"]))
        contact = ticket.partner_id.with_user(self.agent)
        self.assertIn("viber_subscriber_ids", contact.get_view()["arch"])
        self.assertEqual(contact.viber_subscriber_ids, subscriber)
        [values] = ticket.with_user(self.agent).web_read(
            {
                "viber_subscriber_id": {"fields": {"display_name": {}}},
                "viber_warning": {},
                "viber_can_ask_phone": {},
            }
        )
        self.assertEqual(values["viber_subscriber_id"]["display_name"], "Olena Koval")
        self.assertTrue(values["viber_can_ask_phone"])
        for groups in (self.agent_groups, "project.group_project_user"):
            stranger = new_test_user(self.env, groups, groups=groups)
            with self.subTest(groups=groups), self.assertRaises(AccessError):
                subscriber.with_user(stranger).read(["name"])

    def test_who_may_read_no_ticket_at_all_sees_the_customers_of_tasks(self):
        self.account.conversation_model = "project.task"
        subscriber = self.converse().viber_subscriber_id
        self.account.conversation_model = self.carrier
        ticket = self.converse("Hello", user_id="another==")
        user = new_test_user(self.env, "of_tasks", groups="project.group_project_user")
        self.env.ref("helpdesk_mgmt.access_helpdesk_ticket_base_user").active = False
        self.env.ref("helpdesk_mgmt.access_helpdesk_ticket_portal").active = False
        self.assertFalse(ticket.with_user(user).has_access("read"))
        subscribers = self.env["viber.subscriber"].with_user(user)
        self.assertEqual(subscribers.search([]), subscriber)
        self.assertTrue(subscriber.with_user(user).is_visible)
        self.assertFalse(ticket.viber_subscriber_id.with_user(user).sudo().is_visible)

    def test_a_manager_learns_no_name_of_a_team_by_choosing_it(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Secret"})
        self.env["ir.rule"].create(
            {
                "name": "Nobody sees it",
                "model_id": self.env["ir.model"]._get_id(team._name),
                "domain_force": f"[('id', '!=', {team.id})]",
            }
        )
        manager = new_test_user(
            self.env, "manager", groups="viber_connector.group_viber_manager"
        )
        account = self.account.with_user(manager)
        account.helpdesk_team_id = self.team
        with self.assertRaises(AccessError):
            account.helpdesk_team_id = team.id

    def test_nobody_takes_over_the_customer_of_another_team(self):
        ticket = self.converse()
        subscriber = ticket.viber_subscriber_id
        stranger = new_test_user(self.env, "stranger", groups=self.agent_groups)
        team = self.env["helpdesk.ticket.team"].create(
            {"name": "Theirs", "user_ids": [Command.set(stranger.ids)]}
        )
        mine = self.make_record(team_id=team.id).with_user(stranger)
        with self.assertRaises(AccessError):
            mine.viber_subscriber_id = subscriber.id
        # With an open task of that customer that they may see, neither.
        project = self.env["project.project"].create({"name": "Open to all"})
        stranger.group_ids |= self.env.ref("project.group_project_user")
        self.env["project.task"].create(
            {
                "name": "Seen",
                "project_id": project.id,
                "viber_subscriber_id": subscriber.id,
            }
        )
        with self.assertRaises(AccessError):
            mine.viber_subscriber_id = subscriber.id

    def test_every_employee_opens_a_ticket(self):
        ticket = self.converse()
        manager = new_test_user(
            self.env,
            "manager",
            groups=f"{self.agent_groups},viber_connector.group_viber_manager",
        )
        self.team.user_ids |= manager
        clerk = new_test_user(self.env, "clerk", groups="base.group_user")
        ticket.message_subscribe(clerk.partner_id.ids)
        for user in (self.agent, manager, clerk):
            with self.subTest(user=user.login):
                arch = ticket.with_user(user).get_view(view_type="form")["arch"]
                self.assertIn("viber_warning", arch)
                self.assertNotIn("viber_conversation_", arch)
        arch = ticket.get_view(view_type="search")["arch"]
        self.assertIn('name="viber"', arch)

    def test_elements_of_others_stay_in_their_views(self):
        """They may be called like ours, stand in ours, and in kinds of views that have
        none of ours."""
        name = "viber_conversation_it's mine"
        theirs = f'<div name="{name}" />'
        ours = f'<div name="viber_conversation_fields">{theirs}</div>'
        card = f'<t t-name="card">{theirs}</t>'
        for kind, arch, expected in (
            ("form", f"<form>{ours}</form>", [name, "viber_can_ask_phone"]),
            ("form", f"<form>{theirs}</form>", [name]),
            ("kanban", f"<kanban><templates>{card}</templates></kanban>", [name]),
        ):
            with self.subTest(arch=arch):
                values = {"name": "Theirs", "model": "helpdesk.ticket", "arch": arch}
                view = self.env["ir.ui.view"].create(values | {"priority": 99})
                found = self.env["helpdesk.ticket"].get_view(view.id, kind)["arch"]
                for word in expected:
                    self.assertIn(word, found)
                self.assertNotIn("viber_conversation_fields", found)


class TestUninstall(TicketCase):
    def test_accounts_go_on_with_tasks_and_say_so(self):
        ticket = self.converse()
        row = self.outbox(self.reply(ticket))
        event = self.env["viber.event"].search([("res_id", "=", ticket.id)])
        said = (row.payload, event.payload)
        archived = self.account.copy({"name": "Archived", "active": False})
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertFalse(self.agent.has_group("viber_connector.group_viber_agent"))
        for account in (self.account, archived):
            self.assertEqual(account.conversation_model, "project.task")
            self.assertTrue(account.project_id)
            self.assertIn("become tasks", account.message_ids[0].body)
        self.assertEqual((row.payload, event.payload), said)
        self.assertEqual(row.state, "outgoing")
        for queued in (row, event):
            self.assertFalse(queued.res_model)
            self.assertFalse(queued.res_id)
