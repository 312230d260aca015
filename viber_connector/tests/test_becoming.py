"""How a task becomes a conversation, whose it is, and who may say so."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common import ViberCase


class TestBecoming(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.subscriber = self.task.viber_subscriber_id

    def new_task(self, **values):
        return self.env["project.task"].create(
            {"name": "By hand", "project_id": self.project.id} | values
        )

    def test_a_task_becomes_a_conversation_by_its_viber_customer(self):
        task = self.new_task(partner_id=self.customer.id)
        self.assertTrue(task.viber_is_possible)
        task.viber_subscriber_id = self.subscriber
        self.assertIn(self.customer, task.message_partner_ids)
        message = self.reply(task, "We have found your keys")
        self.assertEqual(len(self.outbox(message)), 1)
        born = self.new_task(viber_subscriber_id=self.subscriber.id)
        self.assertEqual(born.partner_id, self.customer)
        self.assertEqual(len(self.outbox(self.reply(born))), 1)

    def test_a_customer_who_is_not_known_in_viber_offers_no_conversation(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.assertFalse(self.new_task(partner_id=stranger.id).viber_is_possible)

    def test_the_agent_is_told_that_nobody_follows(self):
        self.assertFalse(self.task.viber_warning)
        self.task.message_unsubscribe(self.customer.ids)
        self.env.invalidate_all()
        self.assertIn("does not follow", self.task.viber_warning)
        self.task.message_subscribe(self.customer.ids)
        self.customer.active = False
        self.env.invalidate_all()
        self.assertIn("archived", self.task.viber_warning)

    def test_what_is_said_to_another_customer_does_not_reach_the_old_one(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.task.partner_id = other
        self.assertTrue(self.task.viber_is_detached)
        message = self.reply(self.task, "Dear Other")
        self.assertFalse(self.outbox(message))
        self.assertNotIn(self.customer, message.notification_ids.res_partner_id)
        self.customer.email = "olena@example.com"
        message = self.reply(self.task, "Dear Other, again")
        self.assertFalse(self.outbox(message))

    def test_a_portal_user_writes_and_edits_as_anywhere(self):
        portal = new_test_user(self.env, "viber_portal", groups="base.group_portal")
        self.project.privacy_visibility = "portal"
        self.task.partner_id.email = "portal@example.com"
        self.task.message_subscribe(portal.partner_id.ids)
        task = self.task.with_user(portal)
        message = task.message_post(
            body="From the portal",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(len(self.outbox(message)), 1, "the Viber customer follows")
        plain = self.new_task(partner_id=portal.partner_id.id)
        plain.message_subscribe(portal.partner_id.ids)
        own = plain.with_user(portal).message_post(
            body="Mine", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        plain.with_user(portal)._message_update_content(own, body="Mine, corrected")
        self.assertIn("corrected", own.body)

    def test_the_agents_buttons_are_for_employees(self):
        portal = new_test_user(self.env, "viber_portal", groups="base.group_portal")
        self.project.write(
            {
                "privacy_visibility": "portal",
                "collaborator_ids": [(0, 0, {"partner_id": portal.partner_id.id})],
            }
        )
        self.task.message_subscribe(portal.partner_id.ids)
        task = self.task.with_user(portal)
        for action in (task.action_viber_link_customer, task.action_viber_ask_phone):
            with self.assertRaises(AccessError):
                action()
        self.assertEqual(self.subscriber.partner_id, self.customer)
