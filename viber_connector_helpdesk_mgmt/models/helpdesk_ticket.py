from odoo import api, fields, models


class HelpdeskTicket(models.Model):
    """What a ticket has of its own as a conversation in Viber."""

    _name = "helpdesk.ticket"
    _inherit = ["viber.conversation.mixin", "helpdesk.ticket"]

    viber_previous_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        "Previous Conversation",
        # Whoever follows a ticket in the portal need not know the one before.
        groups="base.group_user",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    _viber_previous_field = "viber_previous_ticket_id"
    _viber_container_field = "team_id"
    _viber_desk_action = "viber_connector_helpdesk_mgmt.viber_conversation_action"
    _viber_company_fields = {"company_id", "team_id"}
    _viber_choice_fields = ("active", "partner_id", "stage_id", "team_id")

    @api.model
    def _viber_open_domain(self):
        return [
            ("active", "=", True),
            "|",
            ("stage_id", "=", False),
            ("stage_id.closed", "=", False),
        ]

    @api.model
    def _viber_home(self, account):
        return account._ticket_team()

    @api.model
    def _viber_create(self, account, vals):
        partner = self.env["res.partner"].browse(vals["partner_id"])
        # Somebody may have deleted it.
        channel = self.env.ref(
            "viber_connector_helpdesk_mgmt.helpdesk_ticket_channel_viber", False
        )
        # Where tickets are assigned to who makes them, that is the worker.
        nobody = {"user_id": False}
        return self.create(
            nobody
            | vals
            | {
                "channel_id": channel and channel.id,
                "company_id": account.company_id.id,
                # A sticker says nothing, and a ticket has to have a description.
                "description": vals["description"] or vals["name"],
                "partner_email": partner.email,
                "partner_name": partner.name,
                "team_id": account._ticket_team().id,
            }
        )

    def _viber_is_near(self, account):
        if self.team_id != account._ticket_team():
            return False
        # Of a colleague's, those who have personal tickets only see nothing.
        everything = "helpdesk_mgmt.group_helpdesk_user_team"
        members = self.team_id.user_ids
        return not self.user_id or all(user.has_group(everything) for user in members)

    def _viber_set_customer(self, partner):
        self.write({"partner_name": partner.name, "partner_email": partner.email})
        return super()._viber_set_customer(partner)

    def _viber_close(self):
        self._viber_move_to(closed=True)

    def _viber_reopen(self):
        self._viber_move_to(closed=False)

    def _viber_move_to(self, closed):
        stages = self.team_id._get_applicable_stages()
        wanted = stages.filtered(lambda stage: stage.closed == closed)
        self.stage_id = wanted[:1] or self.stage_id

    def _track_template(self, tracking):
        """Have the e-mail of a stage go where all messages go: as a mass mailing it
        would reach the customer beside Viber, whatever the account allows."""
        templates = super()._track_template(tracking)
        if "stage_id" in templates and self[0].sudo().viber_account_id:
            template, options = templates["stage_id"]
            kept = options.keys() - {"auto_delete_keep_log", "composition_mode"}
            templates["stage_id"] = (template, {name: options[name] for name in kept})
        return templates
