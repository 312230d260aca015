from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    viber_account_ids = fields.Many2many(
        "viber.account",
        string="Viber Accounts",
        compute="_compute_viber_account_ids",
        groups="viber_connector.group_viber_manager",
        help="Those of the companies that the user is working in.",
    )

    def _compute_viber_account_ids(self):
        theirs = [("company_id", "in", self.env.companies.ids)]
        self.viber_account_ids = self.env["viber.account"].search(theirs)
