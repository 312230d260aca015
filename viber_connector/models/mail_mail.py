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
