from odoo import api, models

from .viber_queue_mixin import current_run

_JOB = "mail.ir_cron_mail_scheduler_action"


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        if run := current_run(self.env):
            run.to_wake.add(_JOB)
        return mails

    def send(self, *args, **kwargs):
        """In our jobs leave e-mails to Odoo's own, which runs right after: they speak
        to no mail server.

        :return: ``True``
        """
        if run := current_run(self.env):
            run.to_wake.add(_JOB)
            return True
        return super().send(*args, **kwargs)

    def _send(self, *args, **kwargs):
        # Odoo writes "failed" as long as it speaks to the mail server.
        self = self.with_context(viber_email_on_its_way=True)
        return super()._send(*args, **kwargs)

    def _postprocess_sent_message(self, *args, **kwargs):
        """What has failed is known now, and what has arrived: at a later attempt,
        maybe."""
        self = self.with_context(viber_email_on_its_way=False)
        messages = self.mail_message_id._viber_carried()
        result = super()._postprocess_sent_message(*args, **kwargs)
        if messages:
            # sudo: waits are nobody's to write; they follow from what became of this
            self.env["viber.wait"].sudo()._follow_found(messages.sudo())
        return result
