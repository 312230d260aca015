"""What Viber's answer to a message means for it."""

import json
import logging
import random
import traceback

from odoo import api, fields, models

from .. import const
from ..tools import errors
from ..tools import payload as payload_tools
from . import viber_reason
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

# Fates that a run tries to show once more.
_HIDDEN_PER_RUN = 100


class ViberMessage(models.Model):
    _inherit = "viber.message"

    # One class of errors, one policy; the first that fits. What is not named here is
    # our own mistake.
    _POLICIES = [
        (errors.ViberUncertain, "_become_uncertain"),
        (errors.ViberRateLimited, "_wait_for_customer"),
        (errors.ViberQuotaUsedUp, "_wait_for_quota"),
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
                is_last_of_quota = self.failure_type == "viber_rate"
                self._take_result(future.result())
                if not self.subscriber_id.is_subscribed:
                    return (self._prove_present,)
                if is_last_of_quota:
                    # What the form tells of waiting is over.
                    return (self.subscriber_id._reload_conversations,)
        except CONFLICTS:
            raise
        except Exception:
            _logger.exception("Viber: the answer to message %s is lost", self.id)
            with self.env.cr.savepoint():
                self._move(
                    "uncertain",
                    failure_type="viber_uncertain",
                    **viber_reason.of_message(
                        self.env, errors.ViberUncertain("It could not be kept")
                    ),
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
        self._end_quota()

    def _take_error(self, error):
        """:return: what has to follow, with its parameters, or nothing
        :rtype: tuple | None
        """
        policy = next(name for kind, name in self._POLICIES if isinstance(error, kind))
        return getattr(self, policy)(error)

    def _become_uncertain(self, error):
        """Viber may have taken it: a receipt or a person has to say."""
        self._move(
            "uncertain",
            failure_type="viber_uncertain",
            **viber_reason.of_message(self.env, error),
        )
        self.account_id._pause(str(error))

    def _lose_recipient(self, error):
        """The customer has left: so it is known before the next message."""
        self._move(
            "failed",
            failure_type="viber_recipient",
            **viber_reason.of_message(self.env, error),
        )
        return (self.subscriber_id._set_subscribed, False, self.sending_date)

    def _stop_account(self, error):
        """Nothing of this account passes: keep all, and call an administrator."""
        self._move(
            "outgoing",
            failure_type="viber_account",
            **viber_reason.of_message(self.env, error),
        )
        reason = self.account_id._explain(error)
        stopped = self.account_id._mark_broken(reason)
        return (stopped._tell_managers, reason) if stopped else None

    def _degrade(self, error):
        """Once more without what the customer's client does not know."""
        plain = payload_tools.degrade(json.loads(self.payload))
        if not plain:
            self._fail(error)
            return
        body = payload_tools.encode(plain).decode()
        self._move("outgoing", payload=body, asks=False)

    def _try_later(self, error):
        """Viber surely has not taken it."""
        if error.status is None:
            # Nobody answers: the others need not find that out one by one.
            self.account_id._pause(str(error))
        if self.attempt_count > len(const.SEND_RETRY_DELAYS):
            self._move(
                "failed",
                failure_type="viber_unavailable",
                failure_reason=self.env._(
                    "Viber did not take this message, however often it was tried. Send "
                    "it again later, or reach the customer another way."
                ),
                failure_detail=viber_reason.detail(error),
            )
            return
        delay = _jitter(const.SEND_RETRY_DELAYS[self.attempt_count - 1])
        self._move(
            "outgoing",
            **viber_reason.of_message(self.env, error),
            next_attempt_date=fields.Datetime.add(fields.Datetime.now(), seconds=delay),
        )

    def _fail(self, error):
        """It would be refused again."""
        if not isinstance(error, errors.ViberError):
            # Without its text, which may quote anything.
            places = "".join(traceback.format_tb(error.__traceback__))
            kind = type(error).__name__
            _logger.error("Viber: message %s failed: %s\n%s", self.id, kind, places)
        self._move(
            "failed",
            failure_type="viber_request",
            **viber_reason.of_message(self.env, error),
        )


def _jitter(seconds):
    """Vary a delay, so that not all come back at the same instant."""
    share = const.SEND_RETRY_JITTER
    return seconds * random.uniform(1 - share, 1 + share)
