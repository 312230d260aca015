"""Who of the notified is told in Viber, who by e-mail as Odoo does, who not at all."""

from odoo.tests import new_test_user

from .common import CUSTOMER_ID, ViberCase


class TestRecipients(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.partner_id

    def _partner(self, name, user_id=None, account=None, **values):
        """Make a contact who follows the task, maybe one who is a Viber user."""
        partner = self.env["res.partner"].create({"name": name} | values)
        if user_id:
            self.env["viber.subscriber"].create(
                {
                    "account_id": (account or self.account).id,
                    "viber_user_id": user_id,
                    "partner_id": partner.id,
                }
            )
        self.task.message_subscribe(partner.ids)
        return partner

    def _told(self, message):
        return {
            (notification.res_partner_id, notification.notification_type)
            for notification in message.notification_ids
        }

    def test_another_viber_customer_among_the_followers_gets_it_too(self):
        wife = self._partner("Wife", "wife==", email="wife@example.com")
        message = self.reply(self.task)
        self.assertEqual(
            self._told(message), {(self.customer, "viber"), (wife, "viber")}
        )
        self.send()
        receivers = {body["receiver"] for body in self.viber.sent()}
        self.assertEqual(receivers, {CUSTOMER_ID, "wife=="})
        self.assertFalse(message.sudo().mail_ids)

    def test_an_identity_at_another_account_counts_for_nothing(self):
        other = self.env["viber.account"].create({"auth_token": "other"})
        with_email = self._partner("A", "a==", other, email="a@example.com")
        lost = self._partner("B", "b==", other)
        message = self.reply(self.task)
        self.assertEqual(
            self._told(message),
            {(self.customer, "viber"), (with_email, "email"), (lost, "viber")},
        )
        failed = message.notification_ids.filtered(lambda n: n.res_partner_id == lost)
        self.assertEqual(failed.notification_status, "exception")
        self.assertIn(self.account.name, failed.failure_reason)
        self.assertEqual(len(self.outbox(message)), 1)

    def test_an_employee_with_an_identity_is_notified_as_odoo_does(self):
        # A customer who was hired.
        partner = self.env["res.partner"].create({"name": "Tester"})
        self.env["viber.subscriber"].create(
            {
                "account_id": self.account.id,
                "viber_user_id": "tester==",
                "partner_id": partner.id,
            }
        )
        user = new_test_user(
            self.env,
            "tester",
            groups="project.group_project_user",
            partner_id=partner.id,
        )
        self.task.message_subscribe(user.partner_id.ids)
        message = self.reply(self.task)
        self.assertNotIn((user.partner_id, "viber"), self._told(message))

    def test_a_customer_who_has_a_portal_login_is_told_in_viber(self):
        user = new_test_user(self.env, "olena", groups="base.group_portal")
        self.task.viber_subscriber_id.partner_id = user.partner_id
        message = self.reply(self.task)
        self.assertIn((user.partner_id, "viber"), self._told(message))

    def test_of_two_identities_the_one_of_the_task_is_told(self):
        newer = self.env["viber.subscriber"].create(
            {
                "account_id": self.account.id,
                "viber_user_id": "second phone==",
                "partner_id": self.customer.id,
            }
        )
        self.reply(self.task)
        self.task.viber_subscriber_id.is_subscribed = False
        self.reply(self.task)
        self.task.viber_subscriber_id = newer
        self.reply(self.task)
        self.send()
        receivers = [body["receiver"] for body in self.viber.sent()]
        # The first has left before anything was sent: theirs is shown as failed.
        self.assertCountEqual(receivers, [CUSTOMER_ID, "second phone=="])

    def test_an_archived_customer_is_told_nothing_and_the_agent_sees_it(self):
        self.customer.active = False
        message = self.reply(self.task)
        self.assertEqual(self.notification(message).notification_status, "exception")
        self.assertFalse(self.outbox(message))

    def test_no_task_at_all_sends_a_failing_email_to_a_viber_customer(self):
        task = self.make_record(partner_id=self.customer.id)
        task.message_subscribe(self.customer.ids)
        for subtype in ("mail.mt_comment", "mail.mt_note"):
            message = self.reply(
                task, subtype_xmlid=subtype, partner_ids=self.customer.ids
            )
            self.assertFalse(self._told(message) - {(self.customer, "viber")})
            self.assertFalse(message.sudo().mail_ids)

    def test_a_stranger_without_address_fails_as_in_odoo(self):
        stranger = self._partner("Stranger")
        message = self.reply(self.task)
        self.assertIn((stranger, "email"), self._told(message))

    def test_a_mentioned_customer_with_an_address_gets_a_note_by_email(self):
        self.customer.email = "olena@example.com"
        message = self.reply(
            self.task, subtype_xmlid="mail.mt_note", partner_ids=self.customer.ids
        )
        self.assertEqual(self._told(message), {(self.customer, "email")})
