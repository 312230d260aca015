"""What a conversation tells and offers in a copy of the database."""

from odoo import api, fields, models


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_is_copy = fields.Boolean(
        compute="_compute_viber_is_copy",
        help="This database is a copy: nothing is sent to Viber from here.",
    )

    @api.depends("viber_account_id.copy_seen_date")
    def _compute_viber_is_copy(self):
        for record in self:
            # sudo: agents need not see the account
            account = record.sudo().viber_account_id
            record.viber_is_copy = bool(account) and account._is_copy()

    def _viber_explain_unreachable(self):
        account = self.viber_account_id
        if account and account._is_copy():
            return account._explain_copy()
        return super()._viber_explain_unreachable()

    def action_viber_adopt(self):
        """Say that this database is the real one now; see ``action_adopt`` of
        ``viber.account``.

        :return: what that returns; the account's form where it needs a key first
        :rtype: dict
        :raise AccessError: when the user does not manage the account
        :raise UserError: says what is wrong and what to do
        """
        self.ensure_one()
        self._viber_check_reader()
        # sudo: whose it is may be seen by whoever reads the conversation; all that
        # follows is done by the user's own rights
        account = self.sudo().viber_account_id.with_env(self.env)
        account.check_access("write")
        if account.is_key_wanted:
            return account.get_formview_action()
        return account.action_adopt()
