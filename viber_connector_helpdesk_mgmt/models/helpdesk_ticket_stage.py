from odoo import models


class HelpdeskTicketStage(models.Model):
    _inherit = "helpdesk.ticket.stage"

    def write(self, vals):
        result = super().write(vals)
        if "closed" in vals:
            self.env["helpdesk.ticket"]._viber_end_waits_in(self)
        return result
