"""Failures are told to those who work on a conversation, too, not only to authors.

An automatic message has OdooBot for its author, who reads nothing; a colleague may be
on holiday. Odoo's counter of failures is where agents look, and what is settled leaves
it by itself: an inbox notification or an activity would stay when it is sent again.
"""

import contextlib

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store

# As many as Odoo shows of an author's own.
_LIMIT = 100


class MailNotification(models.Model):
    _inherit = "mail.notification"

    viber_assignee_ids = fields.Many2many(
        "res.partner",
        compute="_compute_viber_assignee_ids",
        help="Who works on the conversation in which this failed.",
    )

    def _compute_viber_assignee_ids(self):
        failures = self.filtered(lambda notification: notification._viber_is_failure())
        for notification in self:
            users = self.env["res.users"]
            # A message goes with its record; till then it may be told of.
            with contextlib.suppress(MissingError):
                # sudo: who reads the message knows who works on it
                message = notification.mail_message_id.sudo()._viber_carried()
                if notification in failures and message.res_id:
                    users = message._viber_conversation()._viber_assignees()
            notification.viber_assignee_ids = users.partner_id

    def _viber_is_failure(self):
        self.ensure_one()
        is_viber = self.notification_type == "viber"
        return is_viber and self.notification_status == "exception"

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + [
            Store.Attr(
                "viber_assignee_ids",
                value=lambda n: n.viber_assignee_ids.ids,
                predicate=lambda n: n._viber_is_failure(),
            )
        ]

    @api.model
    def _viber_assigned_failures(self):
        """:return: the latest failures of others' messages in conversations on which
            the user works, and which they may read; sudoed
        :rtype: mail.notification
        """
        places = []
        for model in self.mail_message_id._viber_carriers():
            carrier = self.env[model].with_context(active_test=False)
            if carrier.has_access("read"):
                # By the record rules of the user.
                own = [(carrier._viber_assignee_field, "in", self.env.user.ids)]
                places.append(
                    Domain("mail_message_id.model", "=", model)
                    & Domain("mail_message_id.res_id", "in", carrier._search(own))
                )
        # sudo: the failures are others'; their conversations the user may read
        return self.sudo().search(
            Domain("notification_status", "=", "exception")
            & Domain("notification_type", "=", "viber")
            & Domain("author_id", "!=", self.env.user.partner_id.id)
            & Domain.OR(places),
            order="id desc",
            limit=_LIMIT,
        )


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _viber_notify_failures(self):
        """Bring the counters of failures up to date: of the authors, and of those who
        work on the conversations."""
        self._notify_message_notification_update()
        for conversations in self._viber_conversations():
            # sudo: who works on it is asked for this only
            for record in conversations.sudo().exists():
                messages = self.filtered(
                    lambda m, r=record: (m.model, m.res_id) == (r._name, r.id)
                )
                for user in record._viber_assignees():
                    theirs = messages.filtered(
                        lambda m, u=user: m.author_id != u.partner_id
                    )
                    if theirs and record.with_user(user).has_access("read"):
                        store = Store(bus_channel=user)
                        theirs.with_user(user)._message_notifications_to_store(store)
                        store.bus_send()
