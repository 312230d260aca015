"""The bot's free messages of a month: what Viber takes only for money, when they are
used up, waits."""

from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from . import viber_reason

# What Viber takes though the customer has not just written.
_OUT_OF_SESSION = ("3", "4", "5")


class ViberMessage(models.Model):
    _inherit = "viber.message"

    def _wait_for_quota(self, _error=None):
        """Viber takes this only for money: wait for the customer, whose writing makes
        it free, or for the next month's free messages; for these once.

        :return: what has to follow, with its parameters
        :rtype: tuple
        """
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
    def _quota_vals(self, account):
        """:return: what is written to messages that wait for free ones
        :rtype: dict
        """
        return {
            "failure_type": "viber_rate",
            "failure_reason": viber_reason.for_quota(
                self.env, format_date(self.env, account.quota_renewal_date)
            ),
            # The waiting is no fault of the message: its tries start again.
            "attempt_count": 0,
        }

    @api.model
    def _follow_quota(self, behind, untold):
        behind.exists()._sum_up()
        behind.exists().subscriber_id._reload_conversations()
        for account in untold:
            self._attempt(account._tell_quota)

    def _wait_behind(self):
        """New messages to a customer for whom one waits for free messages wait as
        long, and say why."""
        if self._awaits_quota(self.subscriber_id):
            self.write(self._quota_vals(self.account_id))
            self.mail_notification_id._viber_sum_up()

    def _end_quota(self):
        """When Viber has taken a message that is no answer: what waits for free ones
        can leave, unless it was refused later than this one was sent."""
        is_answer = self.billing_status not in _OUT_OF_SESSION
        if is_answer or not self.account_id.quota_renewal_date:
            return
        waiting = self.search_fetch(
            self._quota_domain(self.account_id), ["sending_date"]
        )
        refused = filter(None, waiting.mapped("sending_date"))
        if self.sending_date and self.sending_date < max(refused, default=datetime.min):
            return
        waiting.write({"next_attempt_date": False})
        self.account_id.quota_renewal_date = False

    @api.model
    def _try_quota_again(self, accounts):
        """Somebody has looked after the accounts: what waits for free messages need
        not wait any more.

        :param viber.account accounts: which
        """
        # sudo: the outbox may be changed by our actions only
        waiting = self.sudo().search(self._quota_domain(accounts))
        waiting.write({"next_attempt_date": False})

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
