"""What leaves for Viber and what never does: every way a chatter message is born."""

from contextlib import contextmanager
from email.message import EmailMessage

from markupsafe import Markup

from odoo import fields
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import ViberCase

#: Never, whatever the account says; only if it sends automatic messages; always.
NEVER, AUTOMATIC, ALWAYS = range(3)

COMMENT = "mail.mt_comment"

WAYS = {
    "quick_post": ALWAYS,
    "full_composer": ALWAYS,
    "composer_with_template": ALWAYS,
    "send_later": ALWAYS,
    "scheduled_notification": ALWAYS,
    "email_of_the_agent": ALWAYS,
    "remote_call": ALWAYS,
    "mention_in_a_comment": ALWAYS,
    "archived_task": ALWAYS,
    "log_note": NEVER,
    "log_note_that_mentions": NEVER,
    "internal_subtype": NEVER,
    "internal_comment": NEVER,
    "no_subtype": NEVER,
    "tracking": NEVER,
    "system_notification": NEVER,
    "message_notify": NEVER,
    "mass_mailing": NEVER,
    "activity": NEVER,
    "portal_comment_of_the_customer": NEVER,
    "words_of_the_customer_by_the_bot": NEVER,
    "words_of_the_customer_by_an_active_user": NEVER,
    "email_of_the_customer": NEVER,
    "stage_template": AUTOMATIC,
    "rating_request": AUTOMATIC,
    "out_of_office": AUTOMATIC,
}


class TestRouting(ViberCase):
    def setUp(self):
        super().setUp()
        self.agent.email = "agent@example.com"
        self.task = self.converse()
        self.customer = self.task.partner_id
        self.as_agent = self.task.with_user(self.agent)

    # -- every way a message is born -------------------------------------------------

    def quick_post(self):
        self.reply(self.task, Markup("<p>told</p>"))

    def _composer(self, **values):
        context = {
            "default_composition_mode": "comment",
            "default_model": self.carrier,
            "default_res_ids": self.task.ids,
            "default_subtype_xmlid": "mail.mt_comment",
        }
        composer = self.env["mail.compose.message"].with_user(self.agent)
        return composer.with_context(**context).create(values)

    def full_composer(self):
        self._composer(body=Markup("<div>told</div>"))._action_send_mail()

    def composer_with_template(self):
        template = self._template(self.carrier)
        composer = self._composer(template_id=template.id)
        self.assertIn("told", composer.body)
        composer._action_send_mail()

    def _template(self, model, **values):
        return self.env["mail.template"].create(
            {
                "name": "Told",
                "model_id": self.env["ir.model"]._get_id(model),
                "body_html": "<p>told</p>",
                "partner_to": "{{ object.partner_id.id }}",
                "use_default_to": False,
            }
            | values
        )

    def send_later(self):
        later = fields.Datetime.add(fields.Datetime.now(), hours=1)
        composer = self._composer(body="told", scheduled_date=str(later))
        scheduled = composer._action_schedule_message()
        self.assertFalse(self._rows())
        # Odoo lets nobody write a time that is past.
        self.env.cr.execute(
            "UPDATE mail_scheduled_message SET scheduled_date = '2020-01-01'"
        )
        scheduled.invalidate_recordset()
        self.env["mail.scheduled.message"]._post_messages_cron()

    def scheduled_notification(self):
        message = self.reply(self.task, "told", scheduled_date="2100-01-01 00:00:00")
        self.assertFalse(self._rows())
        schedule = self.env["mail.message.schedule"]
        schedule.search([("mail_message_id", "=", message.id)])._send_notifications()

    def _email(self, sender):
        said = self.comments(self.task)[0]
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = "desk@example.com"
        mail["Subject"] = "Re: printer"
        mail["In-Reply-To"] = said.message_id
        mail["Message-Id"] = f"<{sender}>"
        mail.set_content("told")
        self.env["mail.thread"].message_process(self.carrier, mail.as_string())
        self.assertEqual(self.task.message_ids[0].message_type, "email")

    def email_of_the_agent(self):
        self._email("agent@example.com")

    def email_of_the_customer(self):
        # Found by the address, which they lose again so that the table holds.
        self.customer.email = "olena@example.com"
        self._email("olena@example.com")
        self.customer.email = False

    def remote_call(self):
        call_kw(
            self.env[self.carrier].with_user(self.agent),
            "message_post",
            [self.task.ids],
            {"body": "told", "message_type": "comment", "subtype_xmlid": COMMENT},
        )

    def mention_in_a_comment(self):
        self.task.message_unsubscribe(self.customer.ids)
        self.reply(self.task, "told", partner_ids=self.customer.ids)

    def archived_task(self):
        self.task.active = False
        self.reply(self.task, "told")

    def log_note(self):
        self.reply(self.task, "hidden", subtype_xmlid="mail.mt_note")

    def log_note_that_mentions(self):
        self.reply(
            self.task,
            "hidden",
            subtype_xmlid="mail.mt_note",
            partner_ids=self.customer.ids,
        )

    def internal_subtype(self):
        subtype = self.env["mail.message.subtype"].create(
            {"name": "Hidden", "internal": True, "res_model": self.carrier}
        )
        self.reply(
            self.task,
            "hidden",
            subtype_xmlid=None,
            subtype_id=subtype.id,
            partner_ids=self.customer.ids,
        )

    def internal_comment(self):
        self.reply(self.task, "hidden", is_internal=True, partner_ids=self.customer.ids)

    def no_subtype(self):
        self.as_agent.message_post(
            body="hidden", message_type="comment", partner_ids=self.customer.ids
        )

    def tracking(self):
        follower = self.task.message_follower_ids.filtered(
            lambda follower: follower.partner_id == self.customer
        )
        follower.subtype_ids = self.env["mail.message.subtype"].search([])
        count = len(self.task.message_ids)
        self.as_agent._viber_close()
        self.env.cr.precommit.run()
        self.assertGreater(len(self.task.message_ids), count)

    def system_notification(self):
        self.task.message_post(
            body="hidden", message_type="notification", subtype_xmlid=COMMENT
        )

    def message_notify(self):
        self.as_agent.message_notify(body="hidden", partner_ids=self.customer.ids)

    def mass_mailing(self):
        friend = self.env["res.partner"].create(
            {"name": "Friend", "email": "friend@example.com"}
        )
        mails, _messages = (
            self.env["mail.compose.message"]
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": self.carrier,
                    "res_ids": self.task.ids,
                    "partner_ids": friend.ids,
                    "body": "hidden",
                }
            )
            ._action_send_mail()
        )
        self.assertTrue(mails)

    def activity(self):
        activity = self.task.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.agent.id
        )
        activity.with_user(self.agent).action_feedback("hidden")

    def portal_comment_of_the_customer(self):
        user = new_test_user(self.env, "olena", groups="base.group_portal")
        user.partner_id.email = False
        self.task.viber_subscriber_id.partner_id = user.partner_id
        self.task.message_subscribe(user.partner_id.ids)
        self.task.with_user(user).sudo().message_post(
            body="hidden", message_type="comment", subtype_xmlid=COMMENT
        )

    def words_of_the_customer_by_the_bot(self):
        self.task.message_post(
            body="hidden",
            message_type="comment",
            subtype_xmlid=COMMENT,
            author_id=self.customer.id,
        )

    def words_of_the_customer_by_an_active_user(self):
        self.reply(self.task, "hidden", author_id=self.customer.id)

    def stage_template(self):
        stage = self.task.stage_id.copy(
            {"mail_template_id": self._template(self.carrier).id}
        )
        self.as_agent.stage_id = stage
        self.env.cr.precommit.run()

    def rating_request(self):
        self.as_agent.sudo().rating_send_request(self._template(self.carrier))

    def out_of_office(self):
        self.agent.write(
            {
                "out_of_office_from": "2020-01-01 00:00:00",
                "out_of_office_message": "<p>told</p>",
            }
        )
        self.task.message_post(
            body="hidden",
            message_type="comment",
            subtype_xmlid=COMMENT,
            author_id=self.customer.id,
            partner_ids=self.agent.partner_id.ids,
        )

    # -- the table -------------------------------------------------------------------

    def _rows(self):
        return self.env["viber.message"].search([("res_id", "=", self.task.id)])

    def _mails(self):
        return self.env["mail.mail"].search(
            [("recipient_ids", "in", self.customer.ids)]
        )

    def _birth(self, way):
        """Have a message born and the outbox sent; all is undone at the end."""
        getattr(self, way)()
        self.send()
        customer = self.task.viber_subscriber_id.partner_id
        notifications = self.task.message_ids.notification_ids.filtered(
            lambda notification: notification.res_partner_id == customer
        )
        self.assertFalse(self._mails())
        self.assertLessEqual(set(notifications.mapped("notification_type")), {"viber"})
        return " ".join(filter(None, self.viber.texts()))

    @contextmanager
    def _undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            self.env.registry.clear_all_caches()
            self.viber.requests.clear()

    def test_every_way_a_message_is_born(self):
        for way, leaves in WAYS.items():
            for automatic in (False, True):
                with self.subTest(way=way, automatic=automatic), self._undone():
                    self.account.send_automatic_messages = automatic
                    said = self._birth(way)
                    expected = leaves == ALWAYS or (leaves == AUTOMATIC and automatic)
                    self.assertEqual("told" in said, expected)
                    self.assertNotIn("hidden", said)

    def test_nothing_leaves_twice(self):
        for way in ("full_composer", "email_of_the_agent", "mention_in_a_comment"):
            with self.subTest(way=way), self._undone():
                self._birth(way)
                self.assertEqual(len(self.viber.sent()), 1)
