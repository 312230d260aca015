from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.project.models.project_task import CLOSED_STATES

from ..tools import reference

# What says to which company a task belongs.
_PLACE = {"company_id", "display_in_project", "parent_id", "project_id"}


class ProjectTask(models.Model):
    """A task as a conversation in Viber.

    What the customer writes: ``project_task_receive``; what they are told:
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
        "partner_id.email_normalized",
        "message_partner_ids",
        "partner_id.active",
        "viber_account_id.active",
        "viber_account_id.state",
        "viber_account_id.quota_renewal_date",
    )
    def _compute_viber_warning(self):
        for task in self:
            # sudo: agents need not see the subscribers of other teams
            task.viber_warning = task.sudo()._viber_explain_unreachable()

    def _viber_explain_unreachable(self):
        account = self.viber_account_id
        if not account:
            return self._viber_explain_no_conversation()
        if not self.viber_subscriber_id.is_subscribed:
            return self.env._(
                "This customer has left the Viber bot: nothing reaches them in Viber "
                "before they write again."
            )
        customer = self.viber_subscriber_id.partner_id
        if customer and not customer.viber_can_be_customer:
            return self.env._(
                "The contact of this customer is an employee's now: nothing reaches "
                "the customer in Viber before they write again, or another contact is "
                "linked to them."
            )
        # An archived contact is not among the followers, though they do follow.
        if self.partner_id and not self.partner_id.active:
            return self.env._(
                "The contact of this customer is archived: nothing reaches them before "
                "it is restored, or they write again."
            )
        if self.partner_id not in self.message_partner_ids:
            return self.env._(
                "The customer does not follow this task: nothing reaches them before "
                "you add them to the followers."
            )
        if not account.active or account.state != "connected":
            return self.env._(
                "The Viber account %s is not connected: what you write waits until it "
                "is.",
                account.name,
            )
        if self.env["viber.message"]._awaits_quota(self.viber_subscriber_id):
            return self.env._(
                "The free messages of the bot are used up: what you write waits until "
                "the customer writes, or until %s.",
                format_date(self.env, account.quota_renewal_date),
            )
        return False

    def _viber_explain_no_conversation(self):
        customer = self.partner_id
        if not customer or customer.email_normalized or not customer.partner_share:
            return False
        if not self._viber_known(customer.ids):
            return False
        return self.env._(
            "This task is no conversation in Viber: what you write does not reach the "
            "customer. Choose its Viber Customer first."
        )

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

        All their conversations move along.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change the task and all
            that moves, or may not see the new contact
        :raise UserError: when the task has no customer
        """
        for task in self:
            task._viber_check_agent()
            if not task.partner_id:
                raise UserError(self.env._("Choose the customer of the task first."))
            # sudo: agents may not change subscribers; this change is checked
            subscriber = task.viber_subscriber_id.sudo()
            subscriber.with_env(self.env)._check_linkable(task.partner_id)
            subscriber.partner_id = task.partner_id
            task.message_subscribe(task.partner_id.ids)
        return True

    def _viber_check_agent(self):
        """:raise AccessError: when the user is no employee who may change the task;
        where a project is shared, customers may change tasks, too
        """
        self.check_access("write")
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Only employees can do this."))

    def _viber_keep_customer(self):
        """Refuse that somebody from outside takes conversations from their customers:
        where a project is shared, portal users may change whose a task is.

        :raise AccessError: when one of these tasks is a conversation
        """
        is_outside = self.env.user.share and not self.env.su
        # sudo: a portal user may not read the field
        if is_outside and self.sudo().viber_subscriber_id:
            raise AccessError(self.env._("Only employees can do this."))

    # -- Becoming a conversation -----------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        # sudo: a portal user, who may create tasks too, may not read our fields
        conversations = tasks.sudo().filtered("viber_subscriber_id")
        if conversations:
            conversations.with_env(self.env)._viber_attach()
        named = tasks.sudo().filtered("viber_previous_task_id")
        if named:
            named.with_env(self.env)._viber_check_previous()
        return tasks

    def write(self, vals):
        # sudo: a portal user, who may write tasks too, may not read our fields
        before = {}
        if "partner_id" in vals:
            self.sudo().filtered(
                lambda task: task.partner_id.id != vals["partner_id"]
            ).with_env(self.env)._viber_keep_customer()
        if vals.get("viber_subscriber_id"):
            before = {task.id: task.viber_subscriber_id.id for task in self.sudo()}
        result = super().write(vals)
        if before:
            self.filtered(
                lambda task: task.sudo().viber_subscriber_id.id != before[task.id]
            )._viber_attach()
        if vals.get("viber_previous_task_id"):
            self._viber_check_previous()
        if "viber_account_id" in vals:
            self.sudo()._viber_check_account()
        if not _PLACE.isdisjoint(vals):
            self.sudo().filtered("viber_subscriber_id")._viber_check_company()
        return result

    def _compute_company_id(self):
        # Sub-tasks move along with their parent.
        result = super()._compute_company_id()
        self.sudo().filtered("viber_subscriber_id")._viber_check_company()
        return result

    def _viber_attach(self):
        """These tasks have just become conversations: their Viber customer follows
        them, so that they get what is said, and is their customer unless they have
        another.

        :raise AccessError: when the user could not see that customer, or an open
            conversation of theirs, before
        :raise UserError: when the customer is another company's
        """
        self._viber_check_attachable()
        for task in self:
            # sudo: the contact may be of another team
            partner = task.viber_subscriber_id.sudo().partner_id
            if not task.partner_id:
                task.partner_id = partner
            task.message_subscribe(partner.ids)

    def _viber_check_attachable(self):
        # sudo: what is checked is the user's access to the records, not to our fields
        self.sudo()._viber_check_company()
        if self.env.su:
            return
        self._viber_check_agent()
        for subscriber in self.sudo().viber_subscriber_id:
            subscriber.with_env(self.env)._check_attachable(self)
        for task in self:
            # They were no conversations yet when these were let in.
            task._viber_check_followers(task.message_partner_ids.ids)

    def _viber_check_followers(self, partner_ids):
        """Who follows a conversation gets what is said in it by the bot.

        :param list[int] partner_ids: contacts that are about to follow
        :raise AccessError: when one is a Viber customer whom the user may not see
        """
        # sudo: who they are; that the user may see them is checked
        conversations = self.sudo().filtered("viber_account_id")
        if not conversations:
            return
        known = conversations.env["viber.subscriber"].search(
            [
                ("account_id", "in", conversations.viber_account_id.ids),
                ("partner_id", "in", partner_ids),
                # Employees get nothing by the bot.
                ("partner_id.partner_share", "=", True),
                (
                    "partner_id",
                    "not in",
                    conversations.viber_subscriber_id.partner_id.ids,
                ),
            ]
        )
        if known != known.with_env(self.env)._filtered_access("read"):
            raise AccessError(
                self.env._(
                    "One of these contacts is a Viber customer whom you may not see: "
                    "somebody who works on their conversation has to add them."
                )
            )

    def _viber_check_company(self):
        """:raise UserError: when a conversation is of another company than its Viber
        customer; whoever works there would read and answer in the name of this one
        """
        for task in self:
            company = task.viber_subscriber_id.company_id
            if company and task.company_id not in (company, self.env["res.company"]):
                raise UserError(
                    self.env._(
                        "This Viber customer belongs to %(company)s, the task to "
                        "%(other)s. A conversation stays in the company of its Viber "
                        "account: choose a project of that company.",
                        company=company.name,
                        other=task.company_id.name,
                    )
                )

    def _viber_check_account(self):
        """A stored related field can be written; this one says where messages go.

        :raise AccessError: when it is not the account of the Viber customer
        """
        for task in self:
            if task.viber_account_id != task.viber_subscriber_id.account_id:
                raise AccessError(
                    self.env._(
                        "The Viber account of a task is that of its Viber customer."
                    )
                )

    def _viber_check_previous(self):
        """The field shows the name of a task.

        :raise AccessError: when the user may not read that task
        """
        self.viber_previous_task_id.check_access("read")

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
