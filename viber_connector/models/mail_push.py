import time

from odoo import api, models

from .. import const


class MailPush(models.Model):
    _inherit = "mail.push"

    @api.model
    def _push_notification_to_endpoint(self, batch_size=50):
        """A push service that does not answer takes Odoo's job five seconds for each
        push: it must not keep the one worker from customers and agents for minutes."""
        if not self.env.context.get("cron_id"):
            return super()._push_notification_to_endpoint(batch_size)
        end = time.monotonic() + const.PUSH_SLICE
        for _turn in range(batch_size):
            # It has itself called again when more are left.
            super()._push_notification_to_endpoint(batch_size=1)
            # What has left is not pushed again, whatever becomes of the next.
            self.env["ir.cron"]._commit_progress(1)
            if time.monotonic() >= end or not self.sudo().search_count([], limit=1):
                break
        return None
