import json

from odoo import models

from .viber_queue_mixin import current_run


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _web_push_send_notification(
        self, devices, private_key, public_key, payload_by_lang=None, payload=None
    ):
        """In our jobs push by Odoo's queue alone: for few devices Odoo would speak to
        their push services at once, with the transaction open."""
        run = current_run(self.env)
        if not run:
            return super()._web_push_send_notification(
                devices,
                private_key,
                public_key,
                payload_by_lang=payload_by_lang,
                payload=payload,
            )
        # sudo: as Odoo does where there are many devices
        pushes = self.env["mail.push"].sudo()
        pushes.create(
            [
                {
                    "mail_push_device_id": device.id,
                    "payload": json.dumps(
                        payload_by_lang[device.partner_id.lang]
                        if payload_by_lang
                        else payload
                    ),
                }
                for device in devices
            ]
        )
        run.to_wake.add("mail.ir_cron_web_push_notification")
        return None

    def _check_can_update_message_content(self, messages):
        result = super()._check_can_update_message_content(messages)
        messages._viber_check_changeable()
        return result

    def _message_update_content(self, message, /, **kwargs):
        bare = message._viber_carried()._viber_bare()
        result = super()._message_update_content(message, **kwargs)
        message._viber_rows()._rebuild()
        if message._is_empty():
            bare._viber_sum_up()
        else:
            # What said nothing may say something now.
            nothing = bare.filtered(lambda n: n.failure_type == "viber_nothing")
            nothing._viber_try_again()
        return result
