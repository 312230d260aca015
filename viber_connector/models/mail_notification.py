import time
from collections import defaultdict

from odoo import fields, models

from odoo.addons.mail.tools.discuss import Store

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
            ("viber_copy", "Not sent from a copy of the database"),
            ("viber_rate", "Limit of messages reached"),
            ("viber_recipient", "Viber can't reach the customer"),
            ("viber_request", "Viber refused the message"),
            ("viber_uncertain", "May not have arrived"),
            ("viber_unavailable", "Viber was out of reach for too long"),
            # Of these, nothing was in the outbox.
            ("viber_no_conversation", "This reaches nobody in Viber"),
            ("viber_nothing", "Nothing of it can be shown in Viber"),
            ("viber_unknown", "Its author is not known"),
        ]
    )
    viber_seen_date = fields.Datetime(
        "Seen on", help="When the customer has read all of the message in Viber."
    )
    viber_status_date = fields.Datetime(
        help="When it was sent, delivered, or tried in vain."
    )
    viber_message_ids = fields.One2many("viber.message", "mail_notification_id")
    # By it the client knows which of two answers was read first: the later one may
    # arrive first, on the bus. Seconds since 1970, as precise as they come.
    viber_revision = fields.Float(digits=False)

    def _to_store_defaults(self, target):
        # Of notifications by e-mail and the like the client hears what it always does.
        return (
            super()._to_store_defaults(target)
            + [
                Store.Attr(name, predicate=_is_viber)
                for name in (
                    "failure_reason",
                    "viber_revision",
                    "viber_seen_date",
                    "viber_status_date",
                )
            ]
            + [Store.Attr("viber_hold_seconds", predicate=_is_waiting)]
            + [Store.Attr("viber_has_left", _has_left, predicate=_is_viber)]
        )

    def write(self, vals):
        result = super().write(vals)
        is_lost = _is_lost(vals.get("notification_status"), vals.get("failure_type"))
        # What Odoo says of an e-mail on its way is not what becomes of it.
        if is_lost and not self.env.context.get("viber_email_on_its_way"):
            # sudo: waits are nobody's to write; they follow from what became of this
            self.env["viber.wait"].sudo()._follow_lost(self.sudo())
        return result

    def _viber_is_lost(self):
        """:return: whether nothing of the message has reached its recipient, or will
        :rtype: bool
        """
        self.ensure_one()
        return _is_lost(self.notification_status, self.failure_type)

    def _viber_sum_up(self):
        """Show the fate of chatter messages: the worst of their parts."""
        lost = self.filtered(lambda notification: notification._viber_is_lost())
        fates = defaultdict(self.browse)
        for notification in self:
            fate = notification._viber_fate()
            if any(notification[name] != value for name, value in fate.items()):
                fates[tuple(fate.items())] |= notification
        changed = self.browse().concat(*fates.values())
        failures = changed.filtered(_is_failure)
        for fate, notifications in fates.items():
            notifications.write(dict(fate, viber_revision=time.time()))
        failures |= changed.filtered(_is_failure)
        if found := lost.filtered(
            lambda notification: not notification._viber_is_lost()
        ):
            self.env["viber.wait"]._follow_found(found.mail_message_id)
        # The client is told the names: Odoo would read each customer's alone.
        changed.res_partner_id.with_prefetch().mapped("name")
        # The counters of failures, wherever their users are in Odoo.
        failures.mail_message_id._viber_notify_failures()
        # The sign on its card.
        failures._viber_push_board()
        # Whoever has the conversation open.
        changed._viber_push()

    def _viber_push(self):
        messages = self.mail_message_id
        # Each conversation once, however many of its messages are told of.
        for conversations in messages._viber_conversations():
            conversations._viber_push_fates(
                messages.filtered(lambda m, c=conversations: m.model == c._name)
            )

    def _viber_push_board(self):
        for conversations in self.mail_message_id._viber_conversations():
            # Of a message that goes with its record.
            conversations.exists()._viber_push_board(counters=False)

    def _viber_fail(self, failure_type):
        """Show that nothing of a message goes to Viber, and why.

        :param str failure_type: why
        """
        self.ensure_one()
        self.write(
            {
                "notification_status": "exception",
                "failure_type": failure_type,
                "failure_reason": self._viber_reason(failure_type),
                "viber_status_date": fields.Datetime.now(),
                "viber_seen_date": False,
                "viber_revision": time.time(),
            }
        )
        self.mail_message_id._viber_notify_failures()
        self._viber_push_board()
        self._viber_push()

    def _viber_reason(self, failure_type):
        """Say why nothing of a message was put into the outbox, and what to do.

        :param str failure_type: ``viber_nothing``, ``viber_unknown``, or
            ``viber_no_conversation``, behind which several reasons are
        :rtype: str
        """
        if failure_type == "viber_nothing":
            return self.env._(
                "Nothing of this message can be shown in Viber. Say it another way, "
                "for example as a plain text."
            )
        if failure_type == "viber_unknown":
            return self.env._(
                "It is not known who wrote this message, so it does not go to Viber in "
                "the company's name. Write it yourself, then the customer gets it."
            )
        conversation = self.mail_message_id._viber_conversation()
        account = conversation.viber_account_id
        if not self.res_partner_id.active:
            return self.env._(
                "The contact of this customer is archived: restore it, then send again."
            )
        is_known = self.env["viber.subscriber"]._known(self.res_partner_id.ids)
        if conversation.viber_is_detached and not is_known:
            return self.env._(
                "This contact is not the one behind the Viber customer: link the Viber "
                "customer to it, then send again."
            )
        customer = conversation.viber_subscriber_id.partner_id
        if account and self.res_partner_id == customer:
            return self.env._(
                "The customer does not follow this conversation. Send this message "
                "again, and add the customer to the followers so that they get the "
                "next ones."
            )
        if account:
            return self.env._(
                "This contact is no customer of the Viber account %s, which serves "
                "this conversation: nothing reaches them here. Write to them in a "
                "conversation of their own, or another way.",
                account.name,
            )
        return self.env._(
            "This is no conversation in Viber: choose its Viber Customer, then send "
            "again."
        )

    def _viber_try_again(self):
        """Send what failed before anything of it was in the outbox, if it can be sent
        now; else show why it can't."""
        for notification in self:
            conversation = notification.mail_message_id._viber_conversation()
            conversation._viber_tell_again(notification)

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


def _is_lost(status, failure_type):
    # What may have arrived counts as arrived, till somebody knows better.
    return status in const.LOST_STATUSES and failure_type != "viber_uncertain"


def _has_left(notification):
    """:return: whether a part of it may be in Viber, so that it can't be changed"""
    # sudo: the outbox is for managers
    states = notification.sudo().viber_message_ids.mapped("state")
    return not const.CHANGEABLE_STATES.issuperset(states)


def _is_viber(notification):
    return notification.notification_type == "viber"


def _is_waiting(notification):
    return _is_viber(notification) and notification.notification_status == "ready"


def _is_failure(notification):
    return notification.notification_status == "exception"
