"""What the tests of tickets share: an account whose conversations become tickets."""

from odoo.addons.viber_connector.tests.common import ViberCase


class TicketCase(ViberCase):
    carrier = "helpdesk.ticket"
    agent_groups = "helpdesk_mgmt.group_helpdesk_user_team"

    @classmethod
    def set_up_carrier(cls):
        cls.team = cls.env["helpdesk.ticket.team"].create({"name": "Support"})
        return {"conversation_model": cls.carrier, "helpdesk_team_id": cls.team.id}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.user_ids = cls.agent

    def make_record(self, **values):
        values = {"description": "Plain", "team_id": self.team.id} | values
        return self.env[self.carrier].create({"name": "Plain"} | values)

    def make_hidden_record(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Another"})
        return self.make_record(team_id=team.id)

    def open_to(self, visibility):
        """Whoever is no member of the team sees the tickets that they follow."""

    def move_to_company(self, company):
        self.team.company_id = company

    def assign(self, conversation, user):
        conversation.user_id = user
