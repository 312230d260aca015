from odoo import api, models

# What makes somebody's contact an employee's.
_HIRING = {"group_ids", "partner_id"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        users.partner_id._viber_tell_conversations()
        return users

    def write(self, vals):
        result = super().write(vals)
        if not _HIRING.isdisjoint(vals):
            self.partner_id._viber_tell_conversations()
        return result
