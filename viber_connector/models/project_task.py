from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.project.models.project_task import CLOSED_STATES

from ..tools import reference


class ProjectTask(models.Model):
    """A task as a conversation in Viber.

    What the customer writes: ``project_task_receive``; what he is told:
    ``project_task_notify``.
    """

    _inherit = "project.task"

    viber_subscriber_id = fields.Many2one(
        "viber.subscriber",
        "Viber Customer",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        tracking=True,
        help="Whose conversation this is: what is sent to the customer goes to Viber.",
    )
    viber_account_id = fields.Many2one(
        related="viber_subscriber_id.account_id", store=True
    )
    viber_previous_task_id = fields.Many2one(
        "project.task",
        "Previous Conversation",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    viber_is_detached = fields.Boolean(
        compute="_compute_viber_is_detached",
        help="The customer of the task is not the contact behind the Viber customer: "
        "answers do not reach Viber.",
    )

    viber_is_possible = fields.Boolean(
        compute="_compute_viber_is_possible",
        help="The customer is known in Viber: the task can become a conversation.",
    )
    viber_warning = fields.Char(
        compute="_compute_viber_warning",
        help="Why an answer would not reach the customer in Viber now.",
    )

    @api.depends("partner_id")
    def _compute_viber_is_possible(self):
        known = self._viber_known(self.partner_id.ids)
        for task in self:
            task.viber_is_possible = task.partner_id.id in known

    @api.depends(
        "viber_subscriber_id.is_subscribed",
        "message_partner_ids",
        "partner_id.active",
        "viber_account_id.active",
        "viber_account_id.state",
    )
    def _compute_viber_warning(self):
        for task in self:
            # sudo: agents need not see the subscribers of other teams
            task.viber_warning = task.sudo()._viber_explain_unreachable()

    def _viber_explain_unreachable(self):
        account = self.viber_account_id
        if not account:
            return False
        if not self.viber_subscriber_id.is_subscribed:
            return self.env._(
                "This customer has left the Viber bot: nothing reaches him in Viber "
                "before he writes again."
            )
        if self.partner_id not in self.message_partner_ids:
            return self.env._(
                "The customer does not follow this task: he is told nothing before you "
                "add him to the followers."
            )
        if self.partner_id and not self.partner_id.active:
            return self.env._(
                "The contact of this customer is archived: nothing reaches him before "
                "it is restored, or he writes again."
            )
        if not account.active or account.state != "connected":
            return self.env._(
                "The Viber account %s is not connected: what you write waits until it "
                "is.",
                account.name,
            )
        return False

    @api.depends("partner_id", "viber_subscriber_id.partner_id")
    def _compute_viber_is_detached(self):
        for task in self:
            # sudo: the contact may be of another team
            customer = task.viber_subscriber_id.sudo().partner_id
            task.viber_is_detached = bool(
                task.viber_subscriber_id and task.partner_id != customer
            )

    def action_viber_link_customer(self):
        """Make the customer of the task the contact behind its Viber customer.

        All his conversations move with him.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change the task
        :raise UserError: when the task has no customer
        """
        for task in self:
            task._viber_check_agent()
            if not task.partner_id:
                raise UserError(self.env._("Choose the customer of the task first."))
            # sudo: who may change the customer of the conversation may say who it is
            task.viber_subscriber_id.sudo().partner_id = task.partner_id
            task.message_subscribe(task.partner_id.ids)
        return True

    def _viber_check_agent(self):
        """:raise AccessError: when the user is no employee who may change the task;
        where a project is shared, customers may change tasks, too
        """
        self.check_access("write")
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Only employees can do this."))

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        tasks.filtered("viber_subscriber_id")._viber_join_customer()
        return tasks

    def write(self, vals):
        result = super().write(vals)
        if vals.get("viber_subscriber_id"):
            self._viber_join_customer()
        return result

    def _viber_join_customer(self):
        """A task becomes a conversation: its Viber customer follows it, so that he gets
        what is said, and is its customer unless it has another."""
        for task in self:
            # sudo: the contact may be of another team
            partner = task.viber_subscriber_id.sudo().partner_id
            if not task.partner_id:
                task.partner_id = partner
            task.message_subscribe(partner.ids)

    def _viber_is_open(self):
        """:return: whether this conversation goes on; Odoo does not close a task by its
            folded stage, but who folds a stage means "done with"
        :rtype: bool
        """
        self.ensure_one()
        return (
            self.active
            and bool(self.project_id)
            and self.state not in CLOSED_STATES
            and not self.stage_id.fold
        )

    def _viber_latest(self):
        """:return: the task with the latest message that somebody wrote
        :rtype: project.task
        """
        if len(self) <= 1:
            return self
        message = self.env["mail.message"].search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "in", ("comment", "email")),
            ],
            order="id desc",
            limit=1,
        )
        return self.browse(message.res_id) or self.sorted("id")[-1:]

    def _viber_reference(self, subscriber):
        """:return: the signed reference to this conversation, for ``tracking_data``
        :rtype: str
        """
        return reference.make(
            self._viber_secret(), subscriber.account_id.id, subscriber.id, self.id
        )

    @api.model
    def _viber_secret(self):
        # sudo: the parameter is for administrators
        return self.env["ir.config_parameter"].sudo().get_param("database.secret")
