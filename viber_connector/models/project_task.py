from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command, Domain

from .. import const
from ..tools import reference
from ..tools.text import shorten, to_html


class ProjectTask(models.Model):
    """A task as a conversation in Viber."""

    _inherit = "project.task"

    viber_subscriber_id = fields.Many2one(
        "viber.subscriber",
        "Viber Customer",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        tracking=True,
        help="Whose conversation this is: what is sent to the customer goes to Viber.",
    )
    viber_account_id = fields.Many2one(
        related="viber_subscriber_id.account_id", store=True
    )
    viber_previous_task_id = fields.Many2one(
        "project.task",
        "Previous Conversation",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    # -- From the customer -----------------------------------------------------

    @api.model
    def _viber_receive(self, subscriber, content, date):
        """Bring a customer's message into his conversation.

        :param viber.subscriber subscriber: who wrote
        :param Message content: what he wrote
        :param datetime date: when, by Viber's clock
        :return: the task and the chatter message
        :rtype: tuple[project.task, mail.message]
        """
        partner = subscriber._ensure_partner()
        body = to_html(content.text)
        task = self._viber_find_conversation(subscriber, content.tracking_data)
        if not task:
            task = self._viber_start_conversation(subscriber, content.text, body)
        message = task.message_post(
            body=body,
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            date=date.replace(microsecond=0),
        )
        return task, message

    @api.model
    def _viber_find_conversation(self, subscriber, tracking_data):
        """Find the task that a customer's message belongs to.

        :param viber.subscriber subscriber: who wrote
        :param str tracking_data: maybe a reference to the task he answers
        :rtype: project.task, empty when a new one has to be made
        """
        tasks = self.search(
            Domain("viber_subscriber_id", "=", subscriber.id)
            & self._viber_open_domain()
        )
        if len(tasks) <= 1:
            return tasks
        referred = reference.read(
            tracking_data, self._viber_secret(), subscriber.account_id.id, subscriber.id
        )
        return tasks.filtered(lambda task: task.id == referred) or tasks._viber_latest()

    @api.model
    def _viber_open_domain(self):
        """:return: which tasks count as open conversations; Odoo does not close a task
            by its folded stage, but who folds a stage means "done with"
        :rtype: Domain
        """
        return (
            Domain("is_closed", "=", False)
            & (Domain("stage_id", "=", False) | Domain("stage_id.fold", "=", False))
            & Domain("has_template_ancestor", "=", False)
        )

    def _viber_latest(self):
        """:return: the task with the latest message that somebody wrote
        :rtype: project.task
        """
        message = self.env["mail.message"].search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "in", ("comment", "email")),
            ],
            order="id desc",
            limit=1,
        )
        return self.browse(message.res_id) or self.sorted("id")[-1:]

    @api.model
    def _viber_start_conversation(self, subscriber, text, body):
        """Make the task of a new conversation.

        :param viber.subscriber subscriber: whose it is
        :param str text: his first message
        :param Markup body: the same as HTML
        :rtype: project.task
        """
        account = subscriber.account_id
        partner = subscriber.partner_id
        first_line = text.strip().partition("\n")[0]
        task = self.create(
            {
                "name": shorten(first_line, const.TASK_NAME_MAX_LENGTH)
                or self.env._("Viber message from %s", partner.name),
                "description": Markup("<p>%s</p>") % body,
                "project_id": account.project_id.id,
                "partner_id": partner.id,
                # Without it Odoo would assign the worker's own user.
                "user_ids": [Command.clear()],
                "viber_subscriber_id": subscriber.id,
            }
        )
        # The creator follows whatever the context says; it is nobody here.
        task.message_unsubscribe(self.env.user.partner_id.ids)
        task.message_subscribe(partner.ids)
        return task

    # -- To the customer -------------------------------------------------------

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

    def _viber_reference(self, subscriber):
        """:return: the signed reference to this conversation, for ``tracking_data``
        :rtype: str
        """
        return reference.make(
            self._viber_secret(), subscriber.account_id.id, subscriber.id, self.id
        )

    @api.model
    def _viber_secret(self):
        # sudo: the parameter is for administrators
        return self.env["ir.config_parameter"].sudo().get_param("database.secret")

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
