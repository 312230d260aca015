from odoo import models


class ProjectProject(models.Model):
    _inherit = "project.project"

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            # sudo: all conversations move along, those that the user may not see, too
            tasks = self.env["project.task"].sudo().with_context(active_test=False)
            tasks.search(
                [("project_id", "in", self.ids), ("viber_subscriber_id", "!=", False)]
            )._viber_check_company()
        return result
