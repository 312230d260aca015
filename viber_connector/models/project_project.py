from odoo import models

# What says to which company a project belongs.
_PLACE = {"account_id", "company_id", "partner_id"}


class ProjectProject(models.Model):
    _inherit = "project.project"

    def write(self, vals):
        result = super().write(vals)
        if not _PLACE.isdisjoint(vals):
            # sudo: all conversations move along, those that the user may not see, too
            tasks = self.env["project.task"].sudo().with_context(active_test=False)
            tasks.search(
                [("project_id", "in", self.ids), ("viber_subscriber_id", "!=", False)]
            )._viber_check_company()
        return result
