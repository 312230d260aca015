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
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    reason = fields.Text(help="Stands in the chatter; the customer does not see it.")
    messages = fields.Html(compute="_compute_messages", sanitize=False)

    @api.depends("res_model", "res_id")
    def _compute_messages(self):
        line = Markup('<p><small class="text-muted">%s</small><br/>%s</p>')
        for wizard in self:
            written = wizard._conversation()._viber_blocked_messages()
            wizard.messages = Markup("").join(
                line % (format_datetime(self.env, date), words)
                for date, words in written
            )

    def _conversation(self):
        """:return: the conversation
        :rtype: viber.conversation.mixin
        :raise AccessError: when it is none
        """
        if self.res_model not in self.env["viber.conversation.mixin"]._viber_carriers():
            raise AccessError(self.env._("This is no conversation in Viber."))
        return self.env[self.res_model].browse(self.res_id)

    def action_block(self):
        """Block the customer of the conversation.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change it
        """
        self.ensure_one()
        self._conversation()._viber_block(self.reason)
        return True
