"""What Viber's answer to a message means for it."""

import json
import random

from odoo import api, fields, models

from .. import const
from ..tools import errors
from ..tools import payload as payload_tools


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
        """Write down what became of messages.

        :param dict[int, concurrent.futures.Future] futures: of
            ``ViberApi.send_message``, done, by id of the message
        """
        # An administrator may have removed some meanwhile.
        rows = self.browse(futures).exists()
        for row in rows:
            error = futures[row.id].exception()
            if error:
                row._take_error(error)
            else:
                row._take_result(futures[row.id].result())
        # Colleagues who look at the conversation see the message now: telling them in
        # the request that posted it would have its author wait.
        rows.task_id._viber_push_new()
        rows.mail_notification_id._viber_sum_up()

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

    def _take_error(self, error):
        policy = next(name for kind, name in self._POLICIES if isinstance(error, kind))
        getattr(self, policy)(error)

    def _become_uncertain(self, error):
        """Viber may have taken it: a receipt or a person has to say."""
        self._move(
            "uncertain", failure_type="viber_uncertain", failure_reason=str(error)
        )
        self.account_id._pause(str(error))

    def _wait_for_customer(self, error=None):
        """Wait for the next hour, or for the customer to write."""
        reason = self.env._(
            "Viber allows %s messages an hour to a customer who does not answer. It "
            "leaves in the next hour, or when he writes.",
            const.MESSAGES_PER_HOUR_MAX,
        )
        if error and error.status != const.STATUS_TOO_MANY:
            reason = str(error)
        self._move(
            "outgoing",
            failure_type="viber_rate",
            failure_reason=reason,
            # The waiting is no fault of the message: its tries start again.
            attempt_count=0,
            next_attempt_date=fields.Datetime.add(self._hour_start(), hours=1),
        )

    def _lose_recipient(self, error):
        """The customer has left: so it is known before the next message."""
        self.subscriber_id._set_subscribed(False)
        self._move("failed", failure_type="viber_recipient", failure_reason=str(error))

    def _stop_account(self, error):
        """Nothing of this account passes: keep all, and call an administrator."""
        self._move("outgoing", failure_type="viber_account", failure_reason=str(error))
        self.account_id._break(str(error))

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
