"""Time to think again: till when a message is held back, and how it is undone."""

from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.tools import SQL

from .mail_message import COMPANY
from .viber_queue_mixin import exact_now

_MAIL_JOB = "mail.ir_cron_mail_scheduler_action"


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    def _viber_hold_until(self, message):
        """Find out whether the author of a message may think again.

        :param mail.message message: that is being posted, sudoed
        :return: till when, by UTC with fractions of seconds; else ``False``
        :rtype: datetime | bool
        """
        # sudo: a portal user who writes may not read the field
        seconds = self.sudo().viber_account_id.hold_seconds
        if (
            not seconds
            or message.message_type != "comment"
            # What was written for later was thought of.
            or message.create_uid != self.env.user
            or not message._viber_may_leave(False, automatic=False)
            or message._viber_voice()[0] != COMPANY
        ):
            return False
        return exact_now() + timedelta(seconds=seconds)

    def _viber_held_until(self):
        """:return: till when the message that is being posted is held back, or
            ``False``
        :rtype: datetime | bool
        """
        date = self.env.context.get("viber_hold_until")
        # A client may have put anything there, but no date of Python's.
        return date if isinstance(date, datetime) else False

    def _notify_thread_by_email(
        self, message, recipients_data, *, msg_vals=False, **kwargs
    ):
        outsiders = self._viber_outsiders_to_hold(recipients_data)
        if outsiders:
            # An e-mail knows no fractions of seconds.
            date = self._viber_held_until() + timedelta(seconds=1)
            # sudo: waking a job of Odoo's changes nothing else
            self.env.ref(_MAIL_JOB).sudo()._viber_wake(at=date)
            self.with_context(
                mail_notify_force_send=False,
                viber_email_from=date,
                viber_hold_until=False,
            )._notify_thread_by_email(message, outsiders, msg_vals=msg_vals, **kwargs)
            recipients_data = [r for r in recipients_data if r not in outsiders]
        return super()._notify_thread_by_email(
            message, recipients_data, msg_vals=msg_vals, **kwargs
        )

    def _viber_outsiders_to_hold(self, recipients_data):
        """:return: of the recipients those by e-mail who are no colleagues, when the
            message can be undone in Viber
        :rtype: list[dict]
        """
        is_told = any(r.get("viber_subscriber") for r in recipients_data)
        if not (is_told and self._viber_held_until()):
            return []
        return [
            r
            for r in recipients_data
            if r["notif"] == "email" and (r["share"] or not r["id"])
        ]

    def _notify_by_email_get_final_mail_values(self, recipient_ids, *args, **kwargs):
        values = super()._notify_by_email_get_final_mail_values(
            recipient_ids, *args, **kwargs
        )
        date = self.env.context.get("viber_email_from")
        # A client may have put anything there, but no date of Python's.
        is_ours = isinstance(date, datetime)
        return values | {"scheduled_date": date} if is_ours else values


class MailMessage(models.Model):
    _inherit = "mail.message"

    def viber_undo(self):
        """Take back a message that has not left yet, for its author.

        It is gone from the chatter and the outbox, for all who saw it. Its files are
        the author's, and no record's, again.

        :return: ``body`` (HTML), ``attachment_ids``, and ``told``: which colleagues
            have got it by e-mail already, or ``False``
        :rtype: dict
        :raise AccessError: when the user is not the employee who wrote it
        :raise UserError: when it may have left, or is gone already
        """
        self.ensure_one()
        if not self.exists():
            raise UserError(self.env._("This message has been taken back already."))
        self._viber_check_undo()
        # Who does so in another tab at this moment is waited for: then Odoo begins
        # anew, and there is nothing any more.
        self.env.cr.execute(
            SQL("SELECT 1 FROM mail_message WHERE id = %s FOR NO KEY UPDATE", self.id),
            log_exceptions=False,
        )
        # sudo: outbox and notifications are not the author's; whose they are is checked
        message = self.sudo()
        rows = message._viber_rows()
        try:
            rows.lock_for_update(allow_referencing=True)
        except LockError:
            rows._refuse_undo()
        if not rows.filtered(lambda row: row.state != "canceled"):
            raise UserError(
                self.env._(
                    "This message is not on its way to Viber, so there is nothing to "
                    "take back."
                )
            )
        if any(not row._is_held() for row in rows):
            rows._refuse_undo()
        answer = {
            "body": str(message.body),
            "attachment_ids": message._viber_give_files_back().ids,
            "told": message._viber_told_by_email(),
        }
        conversation = message._viber_conversation()
        message.unlink()
        conversation._bus_send("mail.message/delete", {"message_ids": self.ids})
        return answer

    def _viber_check_undo(self):
        user = self.env.user
        self.check_access("read")
        is_own = self.create_uid == user and self.author_id == user.partner_id
        if not (is_own and user._is_internal()):
            raise AccessError(self.env._("Only its author can undo a message."))

    def _viber_give_files_back(self):
        """Make the files of this message such as the author has uploaded for one that
        is not sent yet, in their order.

        :return: of a template's, and of those that were sent before, copies: whoever
            takes one out of the composer deletes it
        :rtype: ir.attachment
        """
        pending = {"res_model": "mail.compose.message", "res_id": 0}
        own = self._viber_own_files()
        own.write(pending)
        files = [
            file if file in own else file.copy(pending) for file in self.attachment_ids
        ]
        return self.env["ir.attachment"].union(*files)

    def _viber_own_files(self):
        """:return: the files that the author uploaded for this message alone
        :rtype: ir.attachment
        """
        files = self.attachment_ids
        domain = [("attachment_ids", "in", files.ids), ("id", "not in", self.ids)]
        elsewhere = self.search(domain).attachment_ids if files else files
        return (files - elsewhere).filtered(
            lambda file: (
                file.create_uid == self.create_uid
                # It came to the record with this message, or after it.
                and file.write_date >= self.create_date
                and (file.res_model, file.res_id) == (self.model, self.res_id)
            )
        )

    def _viber_told_by_email(self):
        """:return: a sentence on who has got this by e-mail, or ``False``
        :rtype: str | bool
        """
        told = self.notification_ids.filtered(
            lambda n: (
                n.notification_type == "email"
                and n.notification_status in ("pending", "process", "sent")
            )
        )
        if not told:
            return False
        return self.env._(
            "The customer does not get it. By e-mail it has reached %s already.",
            ", ".join(told.res_partner_id.mapped("name")),
        )


class MailNotification(models.Model):
    _inherit = "mail.notification"

    viber_hold_seconds = fields.Float(
        compute="_compute_viber_hold_seconds",
        help="So long the message can be undone still. A client's clock may be wrong, "
        "so no date.",
    )

    def _compute_viber_hold_seconds(self):
        now = exact_now()
        for notification in self:
            dates = notification.viber_message_ids.mapped("hold_until")
            until = min(filter(None, dates), default=now)
            is_waiting = notification.notification_status == "ready"
            seconds = (until - now).total_seconds() if is_waiting else 0
            notification.viber_hold_seconds = max(seconds, 0)


class ViberMessage(models.Model):
    _inherit = "viber.message"

    def _is_held(self):
        """:return: whether this has not left and will not leave at this moment
        :rtype: bool
        """
        is_early = self.hold_until and self.hold_until > exact_now()
        return bool(is_early and self.state == "outgoing")

    @api.model
    def _refuse_undo(self):
        raise UserError(
            self.env._(
                "It is too late: this message has left for Viber, where nothing can be "
                "taken back. Send another one that puts it right."
            )
        )
