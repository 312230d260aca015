from odoo import api, fields, models


class ViberAccount(models.Model):
    _inherit = "viber.account"

    conversation_model = fields.Selection(
        selection_add=[("helpdesk.ticket", "Tickets")],
        ondelete={"helpdesk.ticket": "set default"},
    )
    helpdesk_team_id = fields.Many2one(
        "helpdesk.ticket.team",
        check_company=True,
        groups="viber_connector.group_viber_manager",
        help="The team of the tickets that new conversations become. Empty or "
        "archived: no team.",
    )

    @api.model
    def _naming_fields(self):
        return super()._naming_fields() | {"helpdesk_team_id"}

    def _ticket_team(self):
        """:return: the team of new tickets, if it can have some: an archived one has no
            members, so that nobody would see what customers write, and one that has
            moved to another company would take them along
        :rtype: helpdesk.ticket.team
        """
        companies = (self.company_id, self.env["res.company"])
        return self.helpdesk_team_id.filtered(
            lambda team: team.active and team.company_id in companies
        )

    def _leave_tickets(self):
        """Make tasks of new conversations from now on, and say so."""
        for account in self:
            account.conversation_model = "project.task"
            account._ensure_project()
            account.message_post(
                body=self.env._(
                    "Helpdesk tickets can't carry Viber conversations any more: the "
                    "addon that does it was uninstalled. New conversations become "
                    "tasks of the project %s. The tickets stay as they are; a customer "
                    "who writes again gets a task.",
                    account.project_id.name,
                )
            )
