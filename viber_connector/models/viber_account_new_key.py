"""A new key for the same bot: the account goes on, and what Viber has signed with the
previous one is taken for a while."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const


class ViberAccountKey(models.Model):
    _inherit = "viber.account.key"

    # As protected as the key itself.
    old_auth_token = fields.Char("Previous API Key")
    old_until = fields.Datetime("Previous API Key Until")


class ViberAccount(models.Model):
    _inherit = "viber.account"

    # Viber's own for the bot; the same whatever its key.
    bot_id = fields.Char(
        readonly=True, copy=False, groups="viber_connector.group_viber_manager"
    )
    old_key_until = fields.Datetime(
        "Previous Key Counts Until",
        compute="_compute_old_key_until",
        groups="viber_connector.group_viber_manager",
        help="Callbacks that Viber has signed with the previous API key are taken "
        "until then.",
    )

    def _compute_old_key_until(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account_id, old_until FROM viber_account_key
                 WHERE account_id = ANY(%s) AND old_auth_token IS NOT NULL
                   AND old_until > now() AT TIME ZONE 'UTC'
                """,
                self.ids,
            )
        )
        dates = dict(rows)
        for account in self:
            account.old_key_until = dates.get(account.id, False)

    def write(self, vals):
        if "auth_token" not in vals:
            return super().write(vals)
        # sudo: only an administrator gets further than here (the field's groups)
        before = [
            (account, account.state, account.auth_token) for account in self.sudo()
        ]
        result = super().write(vals)
        for account, state, old_key in before:
            if state != "draft" and old_key and account.auth_token:
                account._recognise(old_key)
        return result

    def _recognise(self, old_key):
        """Ask Viber whose the new key is. Of the same bot the account stays connected;
        else, or when nobody can say, it has to be connected anew.

        :param str old_key: that worked until now
        """
        if not self.bot_id or self._is_copy():
            return
        info = self._ask_viber()
        if not isinstance(info, dict) or info.get("id") != self.bot_id:
            return
        if self.auth_token != old_key:
            self._keep_old_key(old_key)
        self.write(self._info_vals(info))
        self._resume()
        self._keep_health(info, None)
        self._look_soon()

    def _keep_old_key(self, old_key):
        until = fields.Datetime.add(
            fields.Datetime.now(), seconds=const.OLD_KEY_SECONDS
        )
        query = SQL(
            """
            UPDATE viber_account_key SET old_auth_token = %s, old_until = %s
             WHERE account_id = %s
            """,
            old_key,
            until,
            self.id,
        )
        # Not logged should it fail.
        self.env.cr.execute(query, log_exceptions=False)
        self.invalidate_recordset(["old_key_until"])

    def action_refuse_old_key(self):
        """The previous key has leaked: what is signed with it counts no more.

        :return: a client action that says so
        :rtype: dict
        """
        self.check_access("write")
        self._forget_old_keys(SQL("account_id = ANY(%s)", self.ids))
        self.invalidate_recordset(["old_key_until"])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The previous key is refused from now on."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _drop_old_keys(self):
        """What counts no more does not lie about."""
        self._forget_old_keys(SQL("old_until <= now() AT TIME ZONE 'UTC'"))

    @api.model
    def _forget_old_keys(self, condition):
        self.env.cr.execute(
            SQL(
                """
                UPDATE viber_account_key SET old_auth_token = NULL, old_until = NULL
                 WHERE old_auth_token IS NOT NULL AND %s
                """,
                condition,
            ),
            log_exceptions=False,
        )
