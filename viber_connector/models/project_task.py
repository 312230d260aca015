"""What a task has of its own as a conversation in Viber."""

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.project.models.project_task import CLOSED_STATES


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["viber.conversation.mixin", "project.task"]

    viber_previous_task_id = fields.Many2one(
        "project.task",
        "Previous Conversation",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    _viber_assignee_field = "user_ids"
    _viber_previous_field = "viber_previous_task_id"
    _viber_container_field = "project_id"
    _viber_desk_action = "viber_connector.viber_conversation_action"
    _viber_company_fields = {
        "company_id",
        "display_in_project",
        "parent_id",
        "project_id",
    }
    _viber_choice_fields = (
        "active",
        "has_template_ancestor",
        "partner_id",
        "project_id",
        "stage_id",
        "state",
    )

    @api.model
    def _viber_open_domain(self):
        # Odoo does not close a task by its folded stage, but who folds a stage means
        # "done with".
        return [
            ("active", "=", True),
            ("project_id", "!=", False),
            ("state", "not in", list(CLOSED_STATES)),
            "|",
            ("stage_id", "=", False),
            ("stage_id.fold", "=", False),
        ]

    def _viber_is_conversation(self):
        return not self.has_template_ancestor

    @api.model
    def _viber_ensure_place(self, account):
        return account._ensure_project()

    @api.model
    def _viber_home(self, account):
        return account.project_id

    @api.model
    def _viber_create(self, account, vals):
        vals = {"project_id": account.project_id.id} | vals
        template = account.task_template_id
        if not template.active or template.project_id.id != vals["project_id"]:
            # No assignee: Odoo would take the worker's own user.
            return self.create({"user_ids": [Command.clear()]} | vals)
        vals["description"] += template.description or ""
        if "tag_ids" in vals:
            vals["tag_ids"] += [Command.link(tag_id) for tag_id in template.tag_ids.ids]
        customer_id = vals.pop("partner_id")
        template = template.with_env(self.env)
        task = self.browse(template.action_create_from_template(vals))
        task.partner_id = customer_id
        return task

    @api.model
    def _viber_preset_vals(self, link):
        vals = super()._viber_preset_vals(link)
        if link.tag_ids:
            vals["tag_ids"] = [Command.link(tag_id) for tag_id in link.tag_ids.ids]
        project = link._preset_project()
        if project not in (project.browse(), link.account_id.project_id):
            vals["project_id"] = project.id
        return vals

    def _viber_is_near(self, account):
        return self.project_id == account.project_id

    def _viber_place(self):
        return super()._viber_place() | {"task_id": self.id}

    def _viber_close(self):
        self.state = "1_done"

    def _viber_reopen(self):
        self.state = "01_in_progress"
        if self.stage_id.fold:
            self.stage_id = self.project_id.type_ids.filtered(lambda s: not s.fold)[:1]

    def _compute_company_id(self):
        # Sub-tasks move along with their parent.
        result = super()._compute_company_id()
        self.sudo().filtered("viber_subscriber_id")._viber_check_company()
        return result
