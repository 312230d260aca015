"""What Viber's answer to a message means for it."""

import json
import logging
import random
from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .. import const
from ..tools import errors
from ..tools import payload as payload_tools
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

# What Viber takes though the customer has not just written.
_OUT_OF_SESSION = ("3", "4", "5")
# Fates that a run tries to show once more.
_HIDDEN_PER_RUN = 100


class ViberMessage(models.Model):
    _inherit = "viber.message"

    # One class of errors, one policy; the first that fits. What is not named here is
    # our own mistake.
    _POLICIES = [
        (errors.ViberUncertain, "_become_uncertain"),
        (errors.ViberRateLimited, "_wait_for_customer"),
        (errors.ViberRecipientError, "_lose_recipient"),
        (errors.ViberAccountError, "_stop_account"),
        (errors.ViberTooNew, "_degrade"),
        (errors.ViberUnavailable, "_try_later"),
        (Exception, "_fail"),
    ]

    @api.model
    def _take_answers(self, futures):
        """Write down what became of messages: plain facts, nothing that others add to.

        :param dict[int, concurrent.futures.Future] futures: of
            ``ViberApi.send_message``, done, by id of the message
        :return: what has to follow, with its parameters
        :rtype: list[tuple]
        """
        # An administrator may have removed some meanwhile.
        rows = self.browse(futures).exists()
        return [rest for row in rows if (rest := row._take_answer(futures[row.id]))]

    def _take_answer(self, future):
        """Write down one answer; one that can't be is not the others' loss.

        :return: what has to follow, with its parameters, or nothing
        :rtype: tuple | None
        """
        error = future.exception()
        try:
            with self.env.cr.savepoint():
                if error:
                    return self._take_error(error)
                self._take_result(future.result())
                if not self.subscriber_id.is_subscribed:
                    return (self._prove_present,)
        except CONFLICTS:
            raise
        except Exception:
            _logger.exception("Viber: the answer to message %s is lost", self.id)
            with self.env.cr.savepoint():
                self._move(
                    "uncertain",
                    failure_type="viber_uncertain",
                    failure_reason=self.env._("Viber's answer could not be kept."),
                )
        return None

    @api.model
    def _follow(self, answers, rests):
        """Do what follows from answers that are kept.

        :param answers: ids of the messages
        :param list[tuple] | None rests: of :meth:`_take_answers`
        """
        rows = self.browse(answers).exists()
        # One commit for all, as a rule.
        if not self._attempt(rows._show):
            rows._sum_up()
            self._attempt(rows._push_new)
        for step, *args in rests or ():
            self._attempt(step, *args)

    def _show(self):
        # Colleagues who look at the conversation see the message now: telling them in
        # the request that posted it would have its author wait.
        self._push_new()
        self.mail_notification_id._viber_sum_up()

    def _push_new(self):
        for conversations in self.mail_message_id._viber_conversations():
            conversations._viber_push_new()

    def _sum_up(self):
        """Show the fate of messages in the chatter. What can't be shown now is kept for
        the next run."""
        notifications = self.mail_notification_id
        if not notifications or self._attempt(notifications._viber_sum_up):
            return
        for notification in notifications:
            if len(notifications) == 1 or not self._attempt(notification._viber_sum_up):
                rows = self.filtered(
                    lambda row, n=notification: row.mail_notification_id == n
                )
                self._attempt(rows.write, {"is_fate_hidden": True})

    @api.model
    def _sum_up_again(self):
        """Show what could not be shown by an earlier run."""
        rows = self.search([("is_fate_hidden", "=", True)], limit=_HIDDEN_PER_RUN)
        for notification, parts in rows.grouped("mail_notification_id").items():
            if self._attempt(notification._viber_sum_up):
                self._attempt(parts.write, {"is_fate_hidden": False})

    def _take_result(self, result):
        billing = str(result.billing_status)
        known = dict(self._fields["billing_status"].selection)
        self._move(
            "sent",
            message_token=result.message_token,
            billing_status=billing if billing in known else False,
            sent_date=fields.Datetime.now(),
            failure_type=False,
            failure_reason=False,
        )
        if self.account_id.pause_count:
            self.account_id._resume()
        if self.account_id.quota_renewal_date and billing in _OUT_OF_SESSION:
            self._end_quota()

    def _end_quota(self):
        """Viber has taken a message that is no answer: what waits for free ones can
        leave, unless it was refused later than this one was sent."""
        waiting = self.search_fetch(
            self._quota_domain(self.account_id), ["sending_date"]
        )
        refused = filter(None, waiting.mapped("sending_date"))
        if self.sending_date and self.sending_date < max(refused, default=datetime.min):
            return
        waiting.write({"next_attempt_date": False})
        self.account_id.quota_renewal_date = False

    def _take_error(self, error):
        """:return: what has to follow, with its parameters, or nothing
        :rtype: tuple | None
        """
        policy = next(name for kind, name in self._POLICIES if isinstance(error, kind))
        return getattr(self, policy)(error)

    def _become_uncertain(self, error):
        """Viber may have taken it: a receipt or a person has to say."""
        self._move(
            "uncertain", failure_type="viber_uncertain", failure_reason=str(error)
        )
        self.account_id._pause(str(error))

    def _wait_for_customer(self, error=None):
        """Wait for the next hour, or for the customer to write.

        :return: what has to follow, with its parameters, or nothing
        :rtype: tuple | None
        """
        if error and error.status == const.STATUS_NO_FREE_MESSAGES:
            return self._wait_for_quota()
        self._move(
            "outgoing",
            failure_type="viber_rate",
            failure_reason=self.env._(
                "Viber allows %s messages an hour to a customer who does not answer. "
                "It leaves in the next hour, or when they write.",
                const.MESSAGES_PER_HOUR_MAX,
            ),
            # The waiting is no fault of the message: its tries start again.
            attempt_count=0,
            next_attempt_date=fields.Datetime.add(self._hour_start(), hours=1),
        )
        return None

    def _wait_for_quota(self):
        """Viber takes this only for money: wait for the customer, whose writing makes
        it free, or for the next month's free messages; for these once."""
        month = fields.Datetime.start_of(fields.Datetime.now(), "month")
        untold = self.account_id._use_up_quota(fields.Datetime.add(month, months=1))
        behind = self.browse()
        if self.next_attempt_date == month:
            self._move(
                "failed",
                failure_type="viber_rate",
                failure_reason=self.env._(
                    "The bot has no free messages at Viber in this month either. Send "
                    "it again when the customer has written, or reach them another way."
                ),
            )
        else:
            behind = self.search(
                [
                    ("subscriber_id", "=", self.subscriber_id.id),
                    ("state", "=", "outgoing"),
                ]
            )
            vals = self._quota_vals(self.account_id)
            self._move("outgoing", **vals, next_attempt_date=self._quota_date())
            # These are held back by the first: they need no date of their own.
            behind.write(vals)
        return (self._follow_quota, behind, untold)

    @api.model
    def _quota_vals(self, account):
        """:return: what is written to messages that wait for free ones
        :rtype: dict
        """
        return {
            "failure_type": "viber_rate",
            "failure_reason": self.env._(
                "The bot has used up its free messages of this month at Viber. This "
                "leaves when the customer writes, or on %s. If that is too late, "
                "cancel it and reach them another way.",
                format_date(self.env, account.quota_renewal_date),
            ),
            # The waiting is no fault of the message: its tries start again.
            "attempt_count": 0,
        }

    def _quota_date(self):
        """:return: when this is tried again: now, if the customer has written since it
            was sent
        :rtype: datetime | bool
        """
        return not self._is_answered() and self.account_id.quota_renewal_date

    def _is_answered(self):
        """:return: whether the customer has written since this was sent
        :rtype: bool
        """
        # Locked: what they write at this very moment makes this step start again.
        self._query(
            SQL(
                "SELECT 1 FROM viber_subscriber WHERE id = %s FOR NO KEY UPDATE",
                self.subscriber_id.id,
            )
        )
        wrote = self.subscriber_id.last_message_date
        return bool(wrote and self.sending_date and wrote >= self.sending_date)

    @api.model
    def _follow_quota(self, behind, untold):
        behind.exists()._sum_up()
        for account in untold:
            self._attempt(account._tell_quota)

    def _wait_behind(self):
        """New messages to a customer for whom one waits for free messages wait as
        long, and say why."""
        if self._awaits_quota(self.subscriber_id):
            self.write(self._quota_vals(self.account_id))
            self.mail_notification_id._viber_sum_up()

    @api.model
    def _awaits_quota(self, subscribers):
        """:return: whether something for these customers of one account waits for free
            messages
        :rtype: bool
        """
        account = subscribers.account_id.filtered("is_quota_used_up")
        if not account:
            return False
        theirs = [("subscriber_id", "in", subscribers.ids)]
        waiting = self._quota_domain(account)
        return bool(self.search_count(theirs + waiting, limit=1))

    @api.model
    def _quota_domain(self, accounts):
        """:return: domain of what has to wait for free messages of these accounts
        :rtype: list
        """
        dates = filter(None, accounts.mapped("quota_renewal_date"))
        return [
            ("account_id", "in", accounts.ids),
            ("state", "=", "outgoing"),
            ("failure_type", "=", "viber_rate"),
            ("next_attempt_date", "in", list(dates)),
        ]

    @api.model
    def _try_quota_again(self, accounts):
        """Somebody has looked after the accounts: what waits for free messages need
        not wait any more.

        :param viber.account accounts: which
        """
        # sudo: the outbox may be changed by our actions only
        waiting = self.sudo().search(self._quota_domain(accounts))
        waiting.write({"next_attempt_date": False})

    def _lose_recipient(self, error):
        """The customer has left: so it is known before the next message."""
        self._move("failed", failure_type="viber_recipient", failure_reason=str(error))
        return (self.subscriber_id._set_subscribed, False, self.sending_date)

    def _stop_account(self, error):
        """Nothing of this account passes: keep all, and call an administrator."""
        self._move("outgoing", failure_type="viber_account", failure_reason=str(error))
        stopped = self.account_id._stop(str(error))
        return (stopped._tell_managers, str(error)) if stopped else None

    def _degrade(self, error):
        """Once more without what the customer's client does not know."""
        plain = payload_tools.degrade(json.loads(self.payload))
        if not plain:
            self._fail(error)
            return
        self._move("outgoing", payload=payload_tools.encode(plain).decode())

    def _try_later(self, error):
        """Viber surely has not taken it."""
        if error.status is None:
            # Nobody answers: the others need not find that out one by one.
            self.account_id._pause(str(error))
        if self.attempt_count > len(const.SEND_RETRY_DELAYS):
            self._move(
                "failed", failure_type="viber_unavailable", failure_reason=str(error)
            )
            return
        delay = _jitter(const.SEND_RETRY_DELAYS[self.attempt_count - 1])
        self._move(
            "outgoing",
            failure_reason=str(error),
            next_attempt_date=fields.Datetime.add(fields.Datetime.now(), seconds=delay),
        )

    def _fail(self, error):
        """It would be refused again."""
        self._move("failed", failure_type="viber_request", failure_reason=str(error))

    @api.model
    def _hour_start(self):
        """:return: the clock hour that Viber counts in
        :rtype: datetime
        """
        return fields.Datetime.now().replace(minute=0, second=0)


def _jitter(seconds):
    """Vary a delay, so that not all come back at the same instant."""
    share = const.SEND_RETRY_JITTER
    return seconds * random.uniform(1 - share, 1 + share)
