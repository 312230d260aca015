"""No message to a customer vanishes: what reaches nobody says so, with a next step."""

from markupsafe import Markup

from odoo.exceptions import UserError

from .common import ViberCase

# What Odoo's own editor may leave, of which Viber can show nothing.
EMPTY = (
    Markup('<p style="display: none">x</p>'),
    Markup('<div class="o-signature-container">-- <br>Mitchell</div>'),
    Markup('<p><img src="/web/image/999999999"></p>'),
)


class TestFaces(ViberCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.subscriber = self.task.viber_subscriber_id

    def plain_task(self, **values):
        return self.env["project.task"].create(
            {
                "name": "A copy",
                "project_id": self.project.id,
                "partner_id": self.customer.id,
            }
            | values
        )

    def fate(self, message):
        """:return: status and failure of what the customer's notification says"""
        notification = self.notification(message)
        self.assertEqual(notification.res_partner_id, self.customer)
        return notification.notification_status, notification.failure_type

    # -- nothing to show -------------------------------------------------------------

    def test_what_viber_can_not_show_has_failed(self):
        for body in EMPTY:
            with self.subTest(body=body):
                message = self.reply(self.task, body)
                self.assertFalse(self.outbox(message))
                self.assertEqual(self.fate(message), ("exception", "viber_nothing"))
                self.assertTrue(self.notification(message).failure_reason)
                with self.assertRaises(UserError):
                    message.viber_send_again()
                self.assertEqual(self.fate(message), ("exception", "viber_nothing"))

    def test_written_in_another_way_it_leaves(self):
        message = self.reply(self.task, EMPTY[0])
        task = self.task.with_user(self.agent)
        task._message_update_content(message.sudo(), body="In words")
        self.assertEqual(self.fate(message), ("ready", False))
        self.send()
        self.assertEqual(self.viber.texts(), ["In words"])

    def test_an_edit_that_leaves_nothing_has_failed(self):
        message = self.reply(self.task, "Something")
        task = self.task.with_user(self.agent)
        task._message_update_content(message.sudo(), body=EMPTY[0])
        self.assertEqual(self.fate(message), ("exception", "viber_nothing"))
        self.assertFalse(self.outbox(message))
        task._message_update_content(message.sudo(), body="", attachment_ids=[])
        self.assertEqual(self.fate(message), ("canceled", False))

    def test_a_deleted_message_is_given_up(self):
        message = self.reply(self.task, "Something")
        task = self.task.with_user(self.agent)
        task._message_update_content(message.sudo(), body="", attachment_ids=[])
        self.assertEqual(self.fate(message), ("canceled", False))

    # -- nobody to tell ----------------------------------------------------------------

    def test_a_task_that_is_no_conversation_says_so_before_and_after(self):
        copy = self.task.copy()
        self.assertFalse(copy.viber_subscriber_id)
        follower = self.plain_task()
        follower.message_subscribe(self.customer.ids)
        for task in (
            copy,
            self.plain_task(),
            follower,
            self.plain_task(project_id=False),
        ):
            with self.subTest(task=task):
                self.assertIn("no conversation", task.viber_warning)
                agent = self.env.user if not task.project_id else self.agent
                message = task.with_user(agent).message_post(
                    body="Dear Olena",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
                self.assertEqual(
                    self.fate(message), ("exception", "viber_no_conversation")
                )
                self.assertIn("choose its", self.notification(message).failure_reason)
                self.assertFalse(message.sudo().mail_ids)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertTrue(task.with_user(agent).message_has_error)

    def test_sent_again_it_arrives_when_the_customer_is_chosen(self):
        task = self.plain_task()
        message = self.reply(task, "Dear Olena")
        with self.assertRaises(UserError):
            message.viber_send_again()
        task.viber_subscriber_id = self.subscriber
        self.assertFalse(task.viber_warning)
        message.viber_send_again()
        self.assertEqual(self.fate(message), ("ready", False))
        self.assertEqual(len(message.notification_ids), 1)
        message.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Dear Olena"])
        self.assertEqual(self.fate(message), ("pending", False))

    def test_of_several_it_is_said_how_many_are_sent_again(self):
        task = self.plain_task()
        lost, kept = self.reply(task, "1"), self.reply(task, "2")
        sent = self.reply(self.task, "3")
        self.send()
        several = lost | kept | sent
        told = several.viber_send_again()["params"]
        self.assertEqual(told["message"], "3 left as they were.")
        task.viber_subscriber_id = self.subscriber
        told = several.viber_send_again()["params"]
        self.assertEqual(told["message"], "2 sent again, 1 left as they were.")

    def test_it_can_be_given_up(self):
        task = self.plain_task()
        one, two = self.reply(task, "1"), self.reply(task, "2")
        one.viber_cancel()
        self.assertEqual(self.fate(one), ("canceled", False))
        self.assertEqual(self.fate(two), ("exception", "viber_no_conversation"))
        self.env["project.task"].with_user(self.agent).notify_cancel_by_type("viber")
        self.assertEqual(self.fate(two), ("canceled", False))

    def test_a_customer_of_another_bot_is_told_nothing_here(self):
        other = self.env["viber.account"].create({"auth_token": "other"})
        partner = self.env["res.partner"].create({"name": "B"})
        self.env["viber.subscriber"].create(
            {"account_id": other.id, "viber_user_id": "b==", "partner_id": partner.id}
        )
        self.task.message_subscribe(partner.ids)
        self.task.partner_id = partner
        message = self.reply(self.task, "Dear B")
        notification = self.notification(message)
        self.assertEqual(notification.res_partner_id, partner)
        self.assertIn(self.account.name, notification.failure_reason)

    def test_who_has_an_address_gets_an_email_and_notes_fail_for_nobody(self):
        task = self.plain_task()
        task.message_subscribe(self.customer.ids)
        note = self.reply(
            task, subtype_xmlid="mail.mt_note", partner_ids=self.customer.ids
        )
        self.assertFalse(note.notification_ids)
        self.customer.email = "olena@example.com"
        self.env.invalidate_all()
        self.assertFalse(task.viber_warning)
        message = self.reply(task)
        self.assertEqual(message.notification_ids.notification_type, "email")
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        plain = self.plain_task(partner_id=stranger.id)
        self.assertFalse(plain.viber_warning)
        self.assertFalse(self.reply(plain).notification_ids)

    # -- a conversation whose customer can't be told -----------------------------------

    def test_an_archived_customer_has_a_face(self):
        self.customer.active = False
        message = self.reply(self.task, "Dear Olena")
        self.assertEqual(self.fate(message), ("exception", "viber_no_conversation"))
        self.assertIn("archived", self.notification(message).failure_reason)
        with self.assertRaisesRegex(UserError, "archived"):
            message.viber_send_again()
        self.customer.active = True
        message.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Dear Olena"])
        self.assertEqual(self.fate(message), ("pending", False))

    def test_a_customer_who_does_not_follow_has_a_face(self):
        self.task.message_unsubscribe(self.customer.ids)
        message = self.reply(self.task, "Dear Olena")
        self.assertEqual(self.fate(message), ("exception", "viber_no_conversation"))
        self.assertIn("follow", self.notification(message).failure_reason)
        message.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Dear Olena"])
        # A message to somebody else is none to the customer.
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "supplier@example.com"}
        )
        message = self.reply(self.task, "Dear Max", partner_ids=supplier.ids)
        self.assertFalse(self.notification(message))

    def test_a_customer_who_was_chosen_instead_has_a_face(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.task.partner_id = other
        message = self.reply(self.task, "Dear Other")
        self.assertFalse(self.outbox(message))
        notification = self.notification(message)
        self.assertEqual(notification.res_partner_id, other)
        self.assertIn("link", notification.failure_reason)
        self.task.with_user(self.agent).action_viber_link_customer()
        message.viber_send_again()
        self.send()
        self.assertEqual(self.viber.texts(), ["Dear Other"])

    def test_without_any_customer_the_old_one_has_a_face(self):
        self.task.partner_id = False
        message = self.reply(self.task, "Dear nobody")
        self.assertEqual(self.fate(message), ("exception", "viber_no_conversation"))
        self.assertFalse(self.outbox(message))
