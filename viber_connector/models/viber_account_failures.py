"""Messages of an account that failed for good: counted, and told once."""

from odoo import api, fields, models
from odoo.tools import SQL


class ViberAccount(models.Model):
    _name = "viber.account"
    _inherit = ["viber.account", "mail.activity.mixin"]

    failed_count = fields.Integer(
        "Not Delivered",
        compute="_compute_failed_count",
        groups="viber_connector.group_viber_manager",
        help="Messages that failed for good, not sent again or given up since.",
    )
    # When the latest of those failed that are told of, and where it is told.
    failures_told_date = fields.Datetime(
        readonly=True, copy=False, groups="viber_connector.group_viber_manager"
    )
    failure_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="viber_connector.group_viber_manager",
    )

    def _compute_failed_count(self):
        counts = dict(
            self.env["viber.message"]._read_group(
                [("account_id", "in", self.ids), ("state", "=", "failed")],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.failed_count = counts.get(account, 0)

    @api.model
    def _see_to_failures(self):
        """Tell the managers of what has failed, once however much it is; what is told
        ends when nothing of it is left."""
        found = []
        if self._attempt(lambda: found.append(self._note_failures())):
            for account in found[-1]:
                self._attempt(account._tell_failures)

    @api.model
    def _note_failures(self):
        """:return: the accounts whose managers have to be told
        :rtype: viber.account
        """
        untold = self.browse()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.id, latest.failed_date
                  FROM viber_account account
             LEFT JOIN LATERAL (
                    SELECT failed_date FROM viber_message
                     WHERE account_id = account.id AND state = 'failed'
                       AND failed_date IS NOT NULL
                  ORDER BY failed_date DESC LIMIT 1) AS latest ON true
                 WHERE latest.failed_date
                       > COALESCE(account.failures_told_date, '-infinity')
                    OR latest.failed_date IS NULL
                       AND account.failures_told_date IS NOT NULL
                """
            )
        )
        for account_id, date in rows:
            account = self.browse(account_id)
            account.failures_told_date = date
            activity = account.failure_activity_id.filtered("active")
            if not date:
                activity.unlink()
            elif not activity:
                untold |= account
        return untold

    def _tell_failures(self):
        subject = self.env._("Viber messages of %s did not arrive", self.name)
        self._notify_managers(
            subject,
            self.env._(
                "Messages from the Viber account %s could not be delivered. Open the "
                "account and press Not Delivered to see which and why; there you can "
                "send them again or give them up. You are told again only after this "
                "activity is done.",
                self.name,
            ),
        )
        managers = self._get_managers()
        # They have just been told. It is the work of one of them.
        account = self.with_context(mail_activity_quick_update=True)
        self.failure_activity_id = account.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=subject,
            user_id=(managers & self.create_uid or managers[:1]).id,
        )
