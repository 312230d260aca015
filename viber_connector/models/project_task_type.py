from odoo import models


class ProjectTaskType(models.Model):
    _inherit = "project.task.type"

    def write(self, vals):
        result = super().write(vals)
        if "fold" in vals:
            self.env["project.task"]._viber_end_waits_in(self)
        return result
