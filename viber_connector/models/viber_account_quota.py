"""The free messages that Viber gives a bot for a month, and when they are used up."""

from odoo import api, fields, models
from odoo.tools import format_date


class ViberAccount(models.Model):
    _inherit = "viber.account"

    quota_renewal_date = fields.Datetime(
        "Free Messages Renewed on",
        readonly=True,
        copy=False,
        help="The bot's free messages are used up until then: only customers who have "
        "just written can be answered.",
    )
    is_quota_used_up = fields.Boolean(compute="_compute_is_quota_used_up")

    @api.depends("quota_renewal_date")
    def _compute_is_quota_used_up(self):
        now = fields.Datetime.now()
        for account in self:
            date = account.quota_renewal_date
            account.is_quota_used_up = bool(date) and date > now

    def _use_up_quota(self, renewal):
        """Viber takes no more free messages this month.

        :param datetime renewal: when there are new ones
        :return: the account, if its managers have to be told
        :rtype: viber.account
        """
        if self.quota_renewal_date == renewal:
            return self.browse()
        self.quota_renewal_date = renewal
        return self

    def _tell_quota(self):
        self._notify_managers(
            self.env._("The free Viber messages of %s are used up", self.name),
            self.env._(
                "Viber takes no more free messages from the account %(name)s this "
                "month. Answers to customers who have just written arrive all the "
                "same; messages to others wait until they write, or until "
                "%(date)s. Ask Viber for a paid plan if that is too late; when you "
                "have one, open the account and press Check Connection: the messages "
                "that wait are then sent at once.",
                name=self.name,
                date=format_date(self.env, self.quota_renewal_date),
            ),
        )

    def _wake_queues(self):
        # Who presses a button may know of a paid plan.
        self.env["viber.message"]._try_quota_again(self)
        return super()._wake_queues()
