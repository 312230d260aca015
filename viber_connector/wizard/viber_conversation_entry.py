"""Conversations of several kinds in one list."""

from itertools import islice

from odoo import fields, models

from .. import const


class ViberConversationEntry(models.TransientModel):
    """One line of a list that was made for one user, of what they might read then."""

    _name = "viber.conversation.entry"
    _description = "Conversation in a List"
    _order = "date desc, id"

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    name = fields.Char("Conversation")
    kind = fields.Char()
    account_id = fields.Many2one("viber.account", "Viber Account")
    words = fields.Char("Last Message")
    is_open = fields.Boolean("Open")
    date = fields.Datetime("Last Message on")

    def _list_action(self, found):
        """Make a list for the user.

        :param list found: records that they may read, by carrier, newest first
        :return: an action
        :rtype: dict
        """
        vals_list = [
            {
                "res_model": records._name,
                "res_id": record.id,
                "name": record.display_name,
                "kind": self.env["ir.model"]._get(records._name).name,
                "account_id": record.viber_account_id.id,
                "words": record.viber_last_message_preview,
                "is_open": record._viber_is_open(),
                "date": record.viber_last_message_date or record.create_date,
            }
            for records in found
            for record in islice(records, const.LISTED_MAX)
        ]
        # sudo: nobody makes such lines by hand; each sees their own only
        entries = self.sudo().create(vals_list)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conversations"),
            "res_model": self._name,
            "views": [[False, "list"]],
            "domain": [("id", "in", entries.ids)],
        }

    def action_open(self):
        """Open the conversation of this line.

        :return: an action
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
