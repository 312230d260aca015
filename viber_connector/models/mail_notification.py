from odoo import fields, models

from .. import const


class MailNotification(models.Model):
    _inherit = "mail.notification"

    notification_type = fields.Selection(
        selection_add=[("viber", "Viber")], ondelete={"viber": "cascade"}
    )
    failure_type = fields.Selection(
        selection_add=[
            ("viber_account", "Viber refuses the account"),
            ("viber_recipient", "Viber can't reach the customer"),
            ("viber_request", "Viber refused the message"),
            ("viber_uncertain", "May not have arrived"),
            ("viber_unavailable", "Viber was out of reach for too long"),
        ]
    )
    viber_seen_date = fields.Datetime(
        "Seen on", help="When the customer has read all of the message in Viber."
    )
    viber_message_ids = fields.One2many("viber.message", "mail_notification_id")

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + [
            "failure_reason",
            "viber_seen_date",
        ]

    def _viber_sum_up(self):
        """Show the fate of a chatter message: the worst of its parts."""
        for notification in self:
            vals = notification._viber_fate()
            if any(notification[name] != value for name, value in vals.items()):
                notification.write(vals)
        self.mail_message_id._notify_message_notification_update()

    def _viber_fate(self):
        """:return: what the state of the parts makes of the notification
        :rtype: dict
        """
        self.ensure_one()
        parts = self.viber_message_ids
        states = set(parts.mapped("state"))
        broken = parts.filtered(lambda part: part.state in const.BROKEN_STATES)[:1]
        active = states - {"canceled"}
        if broken:
            status = "exception"
        elif not active:
            status = "canceled"
        elif active & const.WAITING_STATES:
            status = "ready"
        elif "sent" in active:
            status = "pending"
        else:
            status = "sent"
        seen = active == {"seen"} and max(
            part.seen_date for part in parts if part.seen_date
        )
        return {
            "notification_status": status,
            "failure_type": broken.failure_type,
            "failure_reason": broken.failure_reason,
            "viber_seen_date": seen,
        }
