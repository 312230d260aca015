"""The outbox of a copy: what the original sends, and what was written here."""

from odoo import api, fields, models

from .. import const


class ViberMessage(models.Model):
    _inherit = "viber.message"

    is_of_original = fields.Boolean(
        readonly=True,
        help="The database that this one was copied from has sent this, or will.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        accounts = self.env["viber.account"].browse(
            {vals["account_id"] for vals in vals_list}
        )
        copies = accounts.filtered(lambda account: account._is_copy())
        if copies:
            copies._see_copy()
            # What a job writes here (a message for later, a reminder), the original's
            # writes as well. An edited message stays whose it was.
            is_by_job = bool(self.env.context.get("cron_id"))
            vals_list = [{"is_of_original": is_by_job} | vals for vals in vals_list]
        return super().create(vals_list)

    @api.model
    def _leave_to_original(self, accounts):
        """All that may still leave is the original's to send: what failed there, too,
        for somebody may send it again there.

        :param viber.account accounts: that have just been seen to be copies
        """
        states = const.WAITING_STATES | const.BROKEN_STATES
        for account in accounts:
            rows = self.search(
                [("account_id", "=", account.id), ("state", "in", tuple(states))]
            )
            rows.write({"is_of_original": True})
            waiting = rows.filtered(lambda row: row.state == "outgoing")
            # The job shows it: whoever sees it first may be an agent who waits.
            waiting.write(self._copy_vals(account) | {"is_fate_hidden": True})

    @api.model
    def _copy_vals(self, account):
        return {
            "failure_type": "viber_copy",
            "failure_reason": account._explain_copy(),
            "failure_detail": False,
        }

    def _wait_behind(self):
        if self.account_id._is_copy():
            return self._wait_in_copy()
        return super()._wait_behind()

    def _send_again(self):
        retried = super()._send_again()
        retried._wait_in_copy()
        return retried

    def _wait_in_copy(self):
        """Say of these that a copy does not send them, instead of that they wait."""
        for account, rows in self.grouped("account_id").items():
            if account._is_copy():
                rows.write(self._copy_vals(account))
                rows.mail_notification_id._viber_sum_up()

    @api.model
    def _take_from_original(self, account):
        """Send what was written in a copy, and nothing that the original may send.

        :param viber.account account: that is a copy no more
        :return: how many messages are sent, and how many are in doubt
        :rtype: tuple[int, int]
        """
        domain = [("account_id", "=", account.id)]
        originals = self.search([*domain, ("is_of_original", "=", True)])
        originals.write({"is_of_original": False})
        doubted = originals._set_state(
            "uncertain",
            next_attempt_date=False,
            failure_type="viber_uncertain",
            failure_reason=self.env._(
                "The database that this one was copied from may have sent this "
                "message. Ask the customer, then say whether it arrived, or send it "
                "again."
            ),
        )
        written = self.search(
            [*domain, ("state", "=", "outgoing"), ("failure_type", "=", "viber_copy")]
        )
        written.write({"failure_type": False, "failure_reason": False})
        written.mail_notification_id._viber_sum_up()
        return len(written), len(doubted)

    def _part_fate(self):
        fate = super()._part_fate()
        if self.state == "outgoing" and self.failure_type == "viber_copy":
            fate["state"] = self.env._("Not sent from a copy")
        return fate
