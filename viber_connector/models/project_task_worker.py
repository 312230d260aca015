from odoo import models

from .viber_queue_mixin import current_run


class ProjectTask(models.Model):
    _inherit = "project.task"

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        if current_run(self.env):
            # The module "sms" would speak to its service at once, with the transaction
            # open (a stage may have a template). Without it this means nothing.
            kwargs["put_in_queue"] = True
        return super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
