"""What a customer is told: who of the notified gets it in Viber."""

from odoo import api, models
from odoo.exceptions import UserError

from .. import const
from ..tools import payload


class ProjectTask(models.Model):
    _inherit = "project.task"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not recipients:
            return recipients
        # sudo: a portal user who writes may not read the field
        if self.sudo().viber_account_id:
            recipients = self._viber_route(message.sudo(), recipients)
        return self._viber_spare_failures(recipients)

    def _viber_spare_failures(self, recipients):
        """Leave out Viber customers who would get an e-mail but have no address: it
        would only fail."""
        lost = [
            r["id"]
            for r in recipients
            if r["notif"] == "email" and r["share"] and not r["email_normalized"]
        ]
        known = self._viber_known(lost) if lost else ()
        return [r for r in recipients if r["id"] not in known]

    def _viber_known(self, partner_ids):
        """:return: ids of those contacts who are Viber users, at whatever account
        :rtype: set[int]
        """
        # sudo: agents need not see the subscribers of other companies
        subscribers = self.env["viber.subscriber"].sudo()
        found = subscribers.search([("partner_id", "in", partner_ids)])
        return set(found.partner_id.ids)

    def _viber_route(self, message, recipients):
        """Decide who of the notified gets a message in Viber.

        :param mail.message message: the message, sudoed
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :return: the same, ``notif`` being ``viber`` for those who get it in Viber, as
            whom says ``viber_subscriber``
        :rtype: list[dict]
        """
        automatic = self.sudo().viber_account_id.send_automatic_messages
        subscribers = self._viber_reachable(
            [r["id"] for r in recipients if r["id"] and r["share"]]
        )
        if self.sudo().viber_is_detached:
            # Somebody else is the customer now: this is not said to the old one.
            subscribers.pop(self.sudo().viber_subscriber_id.partner_id.id, None)
        routed = []
        for recipient in recipients:
            subscriber = subscribers.get(recipient["id"])
            if not subscriber:
                routed.append(recipient)
                continue
            # Nobody is told in Viber what he wrote there himself.
            if recipient["id"] == message.author_id.id:
                continue
            has_email = bool(recipient["email_normalized"])
            if not message._viber_may_leave(recipient["id"], automatic):
                routed += [recipient] if has_email else []
            elif subscriber.is_subscribed or not has_email:
                # Who has left the bot and has no address gets a message that fails
                # and says why: better than nothing.
                routed.append(
                    dict(recipient, notif="viber", viber_subscriber=subscriber)
                )
            else:
                routed.append(recipient)
        return routed

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

    def _get_notify_valid_parameters(self):
        return super()._get_notify_valid_parameters() | {"viber_keyboard"}

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        scheduled = self._is_notification_scheduled(kwargs.get("scheduled_date"))
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if not scheduled:
            self._notify_thread_by_viber(message, recipients, **kwargs)
        return recipients

    def _notify_thread_by_viber(
        self, message, recipients, viber_keyboard=None, **_kwargs
    ):
        """Put a message into the outbox, in the transaction that posts it.

        :param mail.message message: the message
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :param dict | None viber_keyboard: buttons below the message
        """
        subscribers = [
            r["viber_subscriber"] for r in recipients if r["notif"] == "viber"
        ]
        if subscribers:
            # sudo: who may post here may notify; the outbox is not his to write
            self.env["viber.message"].sudo()._enqueue(
                self.sudo(), message.sudo(), subscribers, viber_keyboard
            )

    @api.model
    def notify_cancel_by_type(self, notification_type):
        """Clear the user's failures of one kind, as the messaging menu offers."""
        result = super().notify_cancel_by_type(notification_type)
        if notification_type == "viber":
            # sudo: the outbox is for managers; these are the user's own messages
            outbox = self.env["viber.message"].sudo()
            author = self.env.user.partner_id
            outbox.search(
                [
                    ("mail_notification_id.author_id", "=", author.id),
                    ("state", "in", tuple(const.BROKEN_STATES)),
                ]
            )._cancel()
        return result

    def action_viber_ask_phone(self):
        """Ask the customer for his phone number: he gets a button that shares it.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change the task
        :raise UserError: when the task is no conversation in Viber
        """
        self.ensure_one()
        self._viber_check_agent()
        subscriber = self.viber_subscriber_id.sudo()
        if not subscriber.partner_id:
            raise UserError(self.env._("This task has no customer in Viber."))
        lang = subscriber.partner_id.lang or self.env.lang
        task = self.with_context(lang=lang)
        self.message_post(
            body=task.env._("Please share your phone number with us."),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=subscriber.partner_id.ids,
            viber_keyboard=payload.share_phone_keyboard(
                task.env._("Share my phone number")
            ),
        )
        return True

    # -- Editing -------------------------------------------------------------------

    def _check_can_update_message_content(self, messages):
        result = super()._check_can_update_message_content(messages)
        messages._viber_check_changeable()
        return result

    def _message_update_content(self, message, /, **kwargs):
        result = super()._message_update_content(message, **kwargs)
        message._viber_rows()._rebuild()
        return result

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        """A Viber customer without e-mail address is no recipient to ask one for: he
        follows the task, and gets the message in Viber. Otherwise Odoo's composer would
        insist on an address and not send."""
        suggested = super()._message_get_suggested_recipients_batch(*args, **kwargs)
        without_email = {
            recipient["partner_id"]
            for recipients in suggested.values()
            for recipient in recipients
            if recipient.get("partner_id") and not recipient.get("email")
        }
        known = self._viber_known(list(without_email)) if without_email else ()
        return {
            task_id: [
                recipient
                for recipient in recipients
                if recipient.get("email") or recipient.get("partner_id") not in known
            ]
            for task_id, recipients in suggested.items()
        }
