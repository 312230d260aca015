from odoo import fields, models

from .. import const

# Which date of the parts tells when a status was reached.
_STATUS_DATES = {
    "exception": "sending_date",
    "pending": "sent_date",
    "ready": "create_date",
}


class MailNotification(models.Model):
    _inherit = "mail.notification"

    notification_type = fields.Selection(
        selection_add=[("viber", "Viber")], ondelete={"viber": "cascade"}
    )
    failure_type = fields.Selection(
        selection_add=[
            ("viber_account", "Viber refuses the account"),
            ("viber_rate", "Too many messages without an answer"),
            ("viber_recipient", "Viber can't reach the customer"),
            ("viber_request", "Viber refused the message"),
            ("viber_uncertain", "May not have arrived"),
            ("viber_unavailable", "Viber was out of reach for too long"),
        ]
    )
    viber_seen_date = fields.Datetime(
        "Seen on", help="When the customer has read all of the message in Viber."
    )
    viber_status_date = fields.Datetime(
        help="When it was sent, delivered, or tried in vain."
    )
    viber_message_ids = fields.One2many("viber.message", "mail_notification_id")

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + [
            "failure_reason",
            "viber_seen_date",
            "viber_status_date",
        ]

    def _viber_sum_up(self):
        """Show the fate of chatter messages: the worst of their parts."""
        changed = self.browse()
        for notification in self:
            vals = notification._viber_fate()
            if any(notification[name] != value for name, value in vals.items()):
                notification.write(vals)
                changed |= notification
        if not changed:
            return
        messages = changed.mail_message_id
        messages._notify_message_notification_update()
        tasks = changed.viber_message_ids.task_id
        tasks._viber_push_messages(messages)

    def _viber_fate(self):
        """:return: what the state of the parts makes of the notification
        :rtype: dict
        """
        self.ensure_one()
        parts = self.viber_message_ids
        active = parts.filtered(lambda part: part.state != "canceled")
        states = set(active.mapped("state"))
        broken = active.filtered(lambda part: part.state in const.BROKEN_STATES)[:1]
        held = active.filtered("failure_reason")[:1]
        if broken:
            status = "exception"
        elif not active:
            status = "canceled"
        elif states & const.WAITING_STATES:
            status = "ready"
        elif "sent" in states:
            status = "pending"
        else:
            status = "sent"
        dates = active.mapped(_STATUS_DATES.get(status, "delivered_date"))
        return {
            "notification_status": status,
            "failure_type": (broken or held).failure_type,
            "failure_reason": (broken or held).failure_reason,
            "viber_status_date": max(filter(None, dates), default=False),
            "viber_seen_date": states == {"seen"} and max(active.mapped("seen_date")),
        }
