"""The dialogs about a customer who is, or shall be, blocked."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_datetime


class ViberBlock(models.TransientModel):
    """Asks why a customer is to be blocked; shows what a blocked one has written. It
    keeps nothing but the reason; all rights are those of the conversation."""

    _name = "viber.block"
    _description = "Block a Customer in Viber"

    res_model = fields.Char(required=True)
    res_ids = fields.Json(required=True)
    reason = fields.Text(help="Stands in the chatter; the customer does not see it.")
    messages = fields.Html(compute="_compute_messages", sanitize=False)

    @api.depends("res_model", "res_ids")
    def _compute_messages(self):
        line = Markup('<p><small class="text-muted">%s</small><br/>%s</p>')
        for wizard in self:
            written = wizard._conversations()._viber_blocked_messages()
            wizard.messages = Markup("").join(
                line % (format_datetime(self.env, date), words)
                for date, words in written
            )

    def _conversations(self):
        """:return: the conversations
        :rtype: viber.conversation.mixin
        :raise AccessError: when they are none
        """
        # A client may have put anything there.
        ids = self.res_ids if isinstance(self.res_ids, list) else []
        is_carrier = (
            self.res_model in self.env["viber.conversation.mixin"]._viber_carriers()
        )
        if not is_carrier or not ids or any(type(id_) is not int for id_ in ids):
            raise AccessError(self.env._("This is no conversation in Viber."))
        return self.env[self.res_model].browse(dict.fromkeys(ids))

    def action_block(self):
        """Block the customers of the conversations.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no employee who may change it
        """
        self.ensure_one()
        return self._conversations()._viber_block(self.reason)
