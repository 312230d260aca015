"""What a customer is told: who of the notified gets it in Viber."""

from odoo import models


class ProjectTask(models.Model):
    _inherit = "project.task"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not recipients or not self.viber_account_id:
            return recipients
        return self._viber_route(message.sudo(), recipients)

    def _viber_route(self, message, recipients):
        """Decide who of the notified gets a message in Viber.

        :param mail.message message: the message, sudoed
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :return: the same, ``notif`` being ``viber`` for those who get it in Viber
        :rtype: list[dict]
        """
        account = self.sudo().viber_account_id
        may_leave = message._viber_may_leave(account.send_automatic_messages)
        subscribers = self._viber_reachable(
            [r["id"] for r in recipients if r["id"] and r["share"]]
        )
        routed = []
        for recipient in recipients:
            if recipient["id"] not in subscribers:
                routed.append(recipient)
            # Nobody is told in Viber what he wrote there himself.
            elif recipient["id"] == message.author_id.id:
                continue
            elif self._viber_takes(subscribers[recipient["id"]], may_leave, recipient):
                routed.append(dict(recipient, notif="viber"))
            elif recipient["email_normalized"]:
                routed.append(recipient)
        return routed

    def _viber_takes(self, subscriber, may_leave, recipient):
        """Who has left the bot gets an e-mail; without an address, a failed message
        in Viber that says so: better than nothing."""
        if not may_leave:
            return False
        return subscriber.is_subscribed or not recipient["email_normalized"]

    def _viber_reachable(self, partner_ids):
        """Find out who has an identity at this task's account.

        :param list[int] partner_ids: contacts
        :return: the identity to write to by id of the contact: the task's own, else one
            that is subscribed, else the latest
        :rtype: dict[int, viber.subscriber]
        """
        # sudo: agents need not see the subscribers of other teams
        task = self.sudo()
        subscribers = task.env["viber.subscriber"].search(
            [
                ("account_id", "=", task.viber_account_id.id),
                ("partner_id", "in", partner_ids),
            ]
        )
        by_worth = subscribers.sorted(
            lambda s: (s == task.viber_subscriber_id, s.is_subscribed, s.id)
        )
        return {subscriber.partner_id.id: subscriber for subscriber in by_worth}

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        scheduled = self._is_notification_scheduled(kwargs.get("scheduled_date"))
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if not scheduled:
            self._notify_thread_by_viber(message, recipients)
        return recipients

    def _notify_thread_by_viber(self, message, recipients):
        """Put a message into the outbox, in the transaction that posts it.

        :param mail.message message: the message
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        """
        partner_ids = [r["id"] for r in recipients if r["notif"] == "viber"]
        if not partner_ids:
            return
        subscribers = self._viber_reachable(partner_ids)
        # sudo: who may post here may notify; the outbox is not his to write
        self.env["viber.message"].sudo()._enqueue(
            self, message, [subscribers[partner_id] for partner_id in partner_ids]
        )

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        """A Viber customer without e-mail address is no recipient to ask one for: he
        follows the task, and gets the message in Viber. Otherwise Odoo's composer would
        insist on an address and not send."""
        suggested = super()._message_get_suggested_recipients_batch(*args, **kwargs)
        for task in self.filtered("viber_account_id"):
            reachable = task._viber_reachable(
                [r["partner_id"] for r in suggested[task.id] if r.get("partner_id")]
            )
            suggested[task.id] = [
                recipient
                for recipient in suggested[task.id]
                if recipient.get("email")
                or recipient.get("partner_id") not in reachable
            ]
        return suggested
