"""What a customer is told: who of the notified gets it in Viber."""

from odoo import SUPERUSER_ID, api, models

from .. import const
from ..tools import keyboard as keyboard_tools
from ..tools.content import Content
from .mail_message import UNKNOWN
from .viber_queue_mixin import current_run


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        # sudo: a portal user who writes may not read the field
        if message and self.sudo().viber_account_id:
            msg_vals = self._viber_tell_team(message.sudo(), msg_vals, **kwargs)
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not message:
            return recipients
        # sudo: a portal user who writes may not read the field
        if recipients and self.sudo().viber_account_id:
            recipients = self._viber_route(message.sudo(), recipients)
        if kwargs.get("notify_skip_followers"):
            # Forwarded to somebody else: not meant for the customer.
            forgotten = self.env["res.partner"]
        else:
            forgotten = self._viber_forgotten_customer(message.sudo(), recipients)
        return self._viber_face_the_lost(message.sudo(), recipients, forgotten)

    def _viber_tell_team(self, message, msg_vals, viber_content=None, **_kwargs):
        """:return: ``msg_vals``, with those of the account's team who are told
        :rtype: dict | bool
        """
        team = self._viber_team(message, viber_content).partner_id
        if not team:
            return msg_vals
        values = msg_vals or {}
        named = values.get("partner_ids", message.partner_ids.ids)
        return values | {"partner_ids": [*named, *team.ids]}

    def _viber_face_the_lost(self, message, recipients, forgotten):
        """See to Viber customers whom nothing reaches: who would get an e-mail but have
        no address. Odoo's e-mail would only fail, with a reason that is no help.

        :param mail.message message: the message, sudoed
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :param res.partner forgotten: see :meth:`_viber_forgotten_customer`
        :return: the same; of those customers, with a failure when it is a message to
            customers, else without them
        :rtype: list[dict]
        """
        lost = [
            r["id"]
            for r in recipients
            if r["notif"] == "email" and r["share"] and not r["email_normalized"]
        ]
        if not lost and not forgotten:
            return recipients
        known = self.env["viber.subscriber"]._known(lost)
        faced = [r for r in recipients if r["id"] not in known]
        untold = set(message.author_id.ids)
        # sudo: a portal user who writes may not read the fields
        record = self.sudo()
        if record.viber_is_detached and record.viber_customer_id:
            # Meant so: the form says it, and whose customer it is now.
            untold |= set(record.viber_subscriber_id.partner_id.ids)
        failed = [r for r in recipients if r["id"] in known - untold]
        failed += [_recipient(partner) for partner in forgotten]
        return faced + [
            dict(r, notif="viber", viber_failure="viber_no_conversation")
            for r in failed
            if message._viber_may_leave(r["id"], automatic=False)
        ]

    def _viber_forgotten_customer(self, message, recipients):
        """Find the customer when nothing of a message to customers goes to
        them, and Odoo would say nothing of it.

        :return: the customer of a copy, which has no followers; one who was chosen
            instead of the contact behind the Viber customer; one who is archived, or
            who does not follow the conversation
        :rtype: res.partner
        """
        # sudo: a portal user who writes may not read the fields
        record = self.sudo()
        customer = record.viber_customer_id
        if (
            not customer.partner_share
            or customer == message.author_id
            or customer.id in {r["id"] for r in recipients}
            or not message._viber_may_leave(customer.id, automatic=False)
        ):
            return customer.browse()
        if customer.active and customer.email_normalized:
            return customer.browse()
        if record.viber_account_id:
            # Without the customer among the followers it may be meant for others.
            is_forgotten = (
                record.viber_is_detached
                or not customer.active
                or not any(r["share"] for r in recipients)
            )
        else:
            is_forgotten = self.env["viber.subscriber"]._known(customer.ids)
        return customer if is_forgotten else customer.browse()

    def _viber_route(self, message, recipients):
        """Decide who of the notified gets a message in Viber.

        :param mail.message message: the message, sudoed
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :return: the same, ``notif`` being ``viber`` for those who get it in Viber, as
            whom says ``viber_subscriber``, or why not ``viber_failure``
        :rtype: list[dict]
        """
        automatic = self.sudo().viber_account_id.send_automatic_messages
        subscribers = self._viber_reachable(
            [r["id"] for r in recipients if r["id"] and r["share"]], message
        )
        if self.sudo().viber_is_detached:
            # Somebody else is the customer now: this is not said to the old one.
            subscribers.pop(self.sudo().viber_subscriber_id.partner_id.id, None)
        voice, speaker = message._viber_voice()
        # Nobody is told in Viber what they wrote themselves.
        writers = (message.author_id | speaker).ids
        routed = []
        for recipient in recipients:
            subscriber = subscribers.get(recipient["id"])
            if not subscriber:
                routed.append(recipient)
                continue
            if recipient["id"] in writers:
                continue
            has_email = bool(recipient["email_normalized"])
            if not message._viber_may_leave(recipient["id"], automatic):
                routed += [recipient] if has_email else []
            elif voice == UNKNOWN:
                # The customer isn't told in the company's name by whoever it is.
                failed = dict(recipient, notif="viber", viber_failure="viber_unknown")
                routed.append(recipient if has_email else failed)
            elif subscriber.is_subscribed or not has_email:
                # Who has left the bot and has no address gets a message that fails
                # and says why: better than nothing.
                routed.append(
                    dict(recipient, notif="viber", viber_subscriber=subscriber)
                )
            else:
                routed.append(recipient)
        return routed

    def _viber_reachable(self, partner_ids, message):
        """Find out who has an identity at this conversation's account.

        :param list[int] partner_ids: contacts
        :param mail.message message: that is for them
        :return: the identity to write to by id of the contact: its own, else one
            that is subscribed, else the latest
        :rtype: dict[int, viber.subscriber]
        """
        # sudo: agents need not see the subscribers of other teams
        record = self.sudo()
        subscribers = record.env["viber.subscriber"].search(
            [
                ("account_id", "=", record.viber_account_id.id),
                ("partner_id", "in", partner_ids),
            ]
        )
        own = record.viber_subscriber_id
        if others := subscribers.filtered(lambda s: s.partner_id != own.partner_id):
            # Who follows was let in; anybody else is somebody whom the user has named.
            let_in = record.message_partner_ids
            if not message.ids:
                let_in |= record._viber_would_follow(message.partner_ids)
            named = others.filtered(lambda s: s.partner_id not in let_in)
            subscribers -= named - self._viber_seen_by_user(named, message)
        by_worth = subscribers.sorted(lambda s: (s == own, s.is_subscribed, s.id))
        return {subscriber.partner_id.id: subscriber for subscriber in by_worth}

    def _viber_would_follow(self, partners):
        """:param res.partner partners: named in a message that is not posted yet
        :return: those whom Odoo will subscribe when it is: the customer of a record
        :rtype: res.partner
        """
        is_off = self.env.context.get("mail_post_autofollow") is False
        if is_off or not self._mail_thread_customer:
            return partners.browse()
        return partners & self._mail_get_customer()

    def _viber_seen_by_user(self, subscribers, message):
        """:return: those whom the user may see; for a message that was written for
            later, and that a job sends now, whoever wrote it
        :rtype: viber.subscriber
        """
        user = self.env.user
        if not user._is_superuser():
            return subscribers.sudo(False)._filtered_access("read")
        user = message.create_uid
        theirs = subscribers.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        return theirs._filtered_access("read").with_env(subscribers.env)

    def _message_track_post_template(self, changes):
        """Have what Odoo writes by itself be the company's word, whoever has moved the
        record: somebody from outside, by the portal, say."""
        # sudo: a portal user may not read the field
        if self.env.user.share and self.sudo().viber_account_id:
            self = self.with_user(SUPERUSER_ID)
        return super()._message_track_post_template(changes)

    def _get_notify_valid_parameters(self):
        names = super()._get_notify_valid_parameters()
        return names | {"viber_content", "viber_keyboard"}

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        if not isinstance(kwargs.get("viber_content"), Content):
            # What came by a remote call is none.
            kwargs.pop("viber_content", None)
        if current_run(self.env):
            # The module "sms" would speak to its service at once, with the transaction
            # open (a stage may have a template). Without it this means nothing.
            kwargs["put_in_queue"] = True
        scheduled = self._is_notification_scheduled(kwargs.get("scheduled_date"))
        if not scheduled:
            hold_until = self._viber_hold_until(message.sudo())
            # Nor is what Odoo says to this one held back with it.
            if hold_until or "viber_hold_until" in self.env.context:
                self = self.with_context(viber_hold_until=hold_until)
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if not scheduled:
            told = self._notify_thread_by_viber(message, recipients, **kwargs)
            reached = told | {r["id"] for r in recipients if r["notif"] == "email"}
            content = kwargs.get("viber_content")
            self._viber_follow_wait(message.sudo(), reached, content)
            if hold_until:
                # Others see it at once, not when it leaves: they would answer, too.
                self._viber_push_new()
        return recipients

    def _notify_thread_by_viber(
        self, message, recipients, viber_keyboard=None, **_kwargs
    ):
        """Put a message into the outbox, in the transaction that posts it.

        :param mail.message message: the message
        :param list[dict] recipients: as ``_notify_get_recipients`` returns them
        :param Keyboard | None viber_keyboard: buttons below the message; what
            came by a remote call is none
        :return: ids of the contacts to whom something of it goes
        :rtype: set[int]
        """
        is_ours = isinstance(viber_keyboard, keyboard_tools.Keyboard)
        keyboard = viber_keyboard if is_ours else None
        subscribers = [
            r["viber_subscriber"] for r in recipients if r.get("viber_subscriber")
        ]
        # sudo: who may post here may notify; the outbox is not theirs to write
        outbox = self.env["viber.message"].sudo()
        rows = outbox
        if subscribers:
            rows = outbox._enqueue(
                self.sudo(),
                message.sudo(),
                subscribers,
                keyboard,
                hold_until=self._viber_held_until(),
            )
        for recipient in recipients:
            if recipient.get("viber_failure"):
                partner = outbox.env["res.partner"].browse(recipient["id"])
                fate = outbox._create_notification(message.sudo(), partner)
                fate._viber_fail(recipient["viber_failure"])
        going = rows.filtered(lambda row: row.state != "failed")
        return set(going.subscriber_id.partner_id.ids)

    def _viber_tell_again(self, notification):
        """Route a message anew to whom nothing of it went.

        :param mail.notification notification: that failed, sudoed
        """
        message, partner = notification.mail_message_id, notification.res_partner_id
        recipients = [_recipient(partner)]
        # sudo: callers check the access to the conversation
        if partner.active and self.sudo().viber_account_id:
            recipients = self._viber_route(message, recipients)
        routed = recipients[0] if recipients else {}
        if routed.get("viber_subscriber"):
            # sudo: the outbox is for managers
            self.env["viber.message"].sudo()._enqueue(
                self.sudo(),
                message,
                [routed["viber_subscriber"]],
                notification=notification,
            )
        else:
            notification._viber_fail(
                routed.get("viber_failure") or notification.failure_type
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
            self.env["mail.message"]._viber_bare(author)._viber_sum_up()
        return result

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        """Leave out Viber customers without e-mail address: they follow the record, and
        get the message in Viber. Otherwise Odoo's composer would insist on an address
        and not send."""
        suggested = super()._message_get_suggested_recipients_batch(*args, **kwargs)
        without_email = {
            recipient["partner_id"]
            for recipients in suggested.values()
            for recipient in recipients
            if recipient.get("partner_id") and not recipient.get("email")
        }
        known = (
            self.env["viber.subscriber"]._known(list(without_email))
            if without_email
            else ()
        )
        return {
            res_id: [
                recipient
                for recipient in recipients
                if recipient.get("email") or recipient.get("partner_id") not in known
            ]
            for res_id, recipients in suggested.items()
        }


def _recipient(partner):
    """:return: a contact as ``_notify_get_recipients`` tells of one
    :rtype: dict
    """
    return {
        "active": partner.active,
        "email_normalized": partner.email_normalized,
        "groups": [],
        "id": partner.id,
        "is_follower": False,
        "lang": partner.lang,
        "name": partner.name,
        "notif": "email",
        "share": partner.partner_share,
        "type": "customer",
        "uid": False,
        "ushare": False,
    }
