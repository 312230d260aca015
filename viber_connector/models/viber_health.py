"""The job that looks at all accounts, and goes on with the next whatever happens."""

from odoo import api, fields, models

from .. import const
from .viber_account_health import ask_all


class ViberHealth(models.AbstractModel):
    """Of a few accounts at a time: asks Viber and looks at our own address with no
    transaction open, then writes down each by itself."""

    _name = "viber.health"
    _inherit = ["viber.queue.mixin"]
    _description = "Viber Health"
    _job_name = "ir_cron_check_accounts"

    @api.model
    def _work(self):
        accounts = self.env["viber.account"]
        self._attempt(accounts._forget_health)
        self._attempt(accounts._drop_old_keys)
        seen = accounts
        while due := self._due(seen):
            seen |= due
            self._look_at(due)
            if not self._has_time():
                return not self._due(seen)
        return True

    @api.model
    def _next_date(self):
        return None

    @api.model
    def _due(self, seen):
        """:param viber.account seen: those that this run has looked at, or tried to
        :return: a few of those that nobody has looked at for about an hour
        :rtype: viber.account
        """
        bound = fields.Datetime.subtract(
            fields.Datetime.now(), minutes=const.HEALTH_MINUTES
        )
        return self.env["viber.account"].search(
            [
                ("id", "not in", seen.ids),
                ("state", "!=", "draft"),
                "|",
                ("health_date", "=", False),
                ("health_date", "<=", bound),
            ],
            order="health_date, id",
            limit=const.HEALTH_CONNECTIONS,
        )

    @api.model
    def _look_at(self, due):
        """:param viber.account due: to be looked at"""
        # First: who asks meanwhile for another look gets one.
        if not self._attempt(self._claim, due):
            return
        plans = {
            account.id: (account._health_client(), account._health_address())
            for account in due
        }
        self._commit()
        for account_id, (answer, finding) in ask_all(plans).items():
            if self._attempt(self._keep, account_id, answer, finding):
                self._attempt(self._tell, account_id)
            if isinstance(answer, dict):
                self._follow_icon(account_id, answer)

    @api.model
    def _claim(self, due):
        due.health_date = fields.Datetime.now()

    @api.model
    def _keep(self, account_id, answer, finding):
        # It may have been deleted meanwhile.
        for account in self.env["viber.account"].browse(account_id).exists():
            account._keep_health(answer, finding)

    @api.model
    def _tell(self, account_id):
        for account in self.env["viber.account"].browse(account_id).exists():
            account._see_to_health()

    @api.model
    def _follow_icon(self, account_id, info):
        account = self.env["viber.account"].browse(account_id).exists()
        url = account and account._find_new_icon(info)
        if not url:
            return
        trusted_url = account._get_trusted_url()
        # No transaction is open while we wait for the network.
        self._commit()
        if icon := account._fetch_icon(url, trusted_url):
            vals = {"icon": icon, "icon_url": url}
            self._attempt(self._write_icon, account_id, vals)

    @api.model
    def _write_icon(self, account_id, vals):
        self.env["viber.account"].browse(account_id).exists().write(vals)
