"""In our jobs nothing waits for the network: no mail server, no push service."""

import threading
import time
from unittest.mock import patch

from odoo import fields

from .test_jobs import JobCase
from .test_kinds import JPEG, URL


class TestNoNetwork(JobCase):
    def setUp(self):
        super().setUp()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail.web_push_vapid_private_key", "private")
        parameters.set_param("mail.web_push_vapid_public_key", "public")
        self.task = self.converse()
        self.assign(self.task, self.agent)
        self.env["mail.push.device"].create(
            {
                "partner_id": self.agent.partner_id.id,
                "endpoint": "https://push.example.com/a",
                "keys": "{}",
            }
        )

    def test_the_job_itself_speaks_to_nobody(self):
        """Its thread is the one that has the transaction."""
        own = threading.current_thread()
        spoken = []
        request_handler = type(self)._request_handler

        def note(session, request, /, **options):
            if threading.current_thread() is own:
                spoken.append(request.url)
            return request_handler(session, request, **options)

        self.viber.serve(URL, JPEG)
        self.account.write(
            {
                "paused_since": fields.Datetime.now(),
                "paused_until": fields.Datetime.now(),
            }
        )
        self.reply(self.task)
        self.receive(self.event(message={"type": "picture", "media": URL}))
        with (
            patch.object(type(self), "_request_handler", note),
            patch(
                "odoo.addons.mail.models.mail_thread.push_to_end_point",
                lambda **options: spoken.append(options["device"]["endpoint"]),
            ),
        ):
            self.process()
            self.send()
            self.send()
        self.assertEqual(spoken, [])
        self.assertEqual(len(self.viber.downloads), 1)
        self.assertEqual(len(self.viber.sent()), 1)

    def test_push_goes_by_its_queue(self):
        self.receive(self.text("One"), self.text("Two"))
        with patch("odoo.addons.mail.models.mail_thread.push_to_end_point") as push:
            self.process()
        push.assert_not_called()
        pushes = self.env["mail.push"].search([])
        self.assertEqual(len(pushes), 2)
        self.assertEqual(pushes.mail_push_device_id.partner_id, self.agent.partner_id)
        self.assertIn("Two", pushes[-1].payload + pushes[0].payload)
        self.assertEqual(len(self.triggers("mail.ir_cron_web_push_notification")), 1)

    def test_a_silent_push_service_holds_no_worker(self):
        device = self.env["mail.push.device"].search([], limit=1)
        pushes = self.env["mail.push"].create(
            [{"mail_push_device_id": device.id, "payload": "{}"} for _ in range(3)]
        )
        module = "odoo.addons.mail.models.mail_push.push_to_end_point"
        job = self.env.ref("mail.ir_cron_web_push_notification")
        with (
            patch(module, side_effect=lambda **_options: time.sleep(1.1)) as push,
            self.enter_registry_test_mode(),
        ):
            job.method_direct_trigger()
        self.env.invalidate_all()
        push.assert_called_once()
        self.assertEqual(len(pushes.exists()), 2)
        self.assertTrue(self.triggers("mail.ir_cron_web_push_notification"))
        with patch(module) as push, self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(push.call_count, 2)
        self.assertFalse(pushes.exists())

    def test_outside_of_our_jobs_push_is_as_before(self):
        with patch("odoo.addons.mail.models.mail_thread.push_to_end_point") as push:
            self.task.with_context(viber_run=True).message_post(
                body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        push.assert_called_once()

    def test_agents_get_their_e_mail_at_once(self):
        self.agent.notification_type = "email"
        self.agent.email = "agent@example.com"
        # Those of the request that gave the agent the task.
        self.env["mail.mail"].search([]).unlink()
        self.triggers("mail.ir_cron_mail_scheduler_action").unlink()
        self.receive(
            self.text("One"), self.text("Two"), self.text("New", user_id="new==")
        )
        sent = patch.object(type(self.env["mail.mail"]), "_send")
        with sent as send:
            self.process()
        send.assert_not_called()
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        mails = mails.filtered(lambda mail: self.agent.partner_id in mail.recipient_ids)
        self.assertEqual(len(mails), 2)
        self.assertEqual(len(self.triggers("mail.ir_cron_mail_scheduler_action")), 1)

    def test_managers_are_told_at_once(self):
        group = self.env.ref("viber_connector.group_viber_manager")
        managers = group.all_user_ids.filtered("active")
        managers.write({"notification_type": "email", "email": "m@example.com"})
        self.triggers("mail.ir_cron_mail_scheduler_action").unlink()
        self.viber.answer("send_message", {"status": 2})
        self.reply(self.task)
        self.send()
        self.assertEqual(self.account.state, "error")
        mails = self.env["mail.mail"].search([("subject", "like", "refuses")])
        self.assertTrue(mails)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(len(self.triggers("mail.ir_cron_mail_scheduler_action")), 1)
