"""A record as a conversation in Viber: what it knows, and what it says of itself."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import reference

# What decides whether an answer reaches the customer, beside the customer.
_REACHED_BY = (
    "message_partner_ids",
    "viber_account_id.active",
    "viber_account_id.copy_seen_date",
    "viber_account_id.pause_count",
    "viber_account_id.quota_renewal_date",
    "viber_account_id.state",
    "viber_is_detached",
    "viber_subscriber_id.is_subscribed",
)
_CUSTOMERS = ("active", "email_normalized")


class ViberConversationMixin(models.AbstractModel):
    """What makes a record a conversation in Viber.

    A carrier inherits this first, so that what is done here stays outermost::

        _name = "project.task"
        _inherit = ["viber.conversation.mixin", "project.task"]

    and says what is its own by the attributes and methods of the section "What a
    carrier says". Its ``create``, ``write`` and subscriptions:
    ``viber_conversation_rights``; a new one: ``viber_conversation_start``; what the
    customer is told: ``viber_conversation_notify``; who waits for an answer:
    ``viber_conversation_wait``; who works on it: ``viber_conversation_team``; what is
    seen at once by all who have it open: ``viber_conversation_live``; asking for
    the phone number: ``viber_conversation_phone``; its views:
    ``viber_conversation_views``.
    """

    _name = "viber.conversation.mixin"
    _inherit = ["bus.listener.mixin"]
    _description = "Conversation in Viber"

    viber_subscriber_id = fields.Many2one(
        "viber.subscriber",
        "Viber Customer",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        tracking=True,
        help="The customer in Viber whose conversation this is: answers go to them "
        "there.",
    )
    viber_account_id = fields.Many2one(
        string="Viber Account", related="viber_subscriber_id.account_id", store=True
    )
    viber_customer_id = fields.Many2one(
        "res.partner",
        "Customer of the Conversation",
        compute="_compute_viber_customer_id",
        help="The customer, as every carrier calls them.",
    )
    viber_is_detached = fields.Boolean(
        compute="_compute_viber_is_detached",
        help="The customer is not the contact behind the Viber customer: answers do "
        "not reach Viber.",
    )
    viber_is_possible = fields.Boolean(
        compute="_compute_viber_is_possible",
        help="The customer is known in Viber: this can become a conversation.",
    )
    viber_warning = fields.Char(
        compute="_compute_viber_warning",
        help="Why an answer would not reach the customer in Viber now.",
    )

    # -- What a carrier says ---------------------------------------------------------

    #: Its fields that hold the customer, who works on it, and the conversation before.
    _viber_customer_field = "partner_id"
    _viber_assignee_field = "user_id"
    _viber_previous_field = None
    #: Its field that holds the place where it stands, whose readers see it move.
    _viber_container_field = None
    #: External id of the action that lists its conversations.
    _viber_desk_action = None
    #: Its fields that say to which company it belongs.
    _viber_company_fields = {"company_id"}
    #: What it takes to choose among conversations; their texts may be long.
    _viber_choice_fields = ("active", "partner_id")

    @api.model
    def _viber_open_domain(self):
        """:return: domain of the conversations that go on
        :rtype: list
        """
        raise NotImplementedError

    def _viber_is_conversation(self):
        """:return: whether messages may come here; into a template none may
        :rtype: bool
        """
        return True

    @api.model
    def _viber_ensure_place(self, account):
        """Make the place where an account's conversations stand, if it is missing.

        :param viber.account account: whose conversations
        :return: the record that was made, if one was: it is named after the bot
        """

    @api.model
    def _viber_home(self, account):
        """:return: the record that shows an account's new conversations to its members,
        maybe empty
        """
        raise NotImplementedError

    @api.model
    def _viber_create(self, account, vals):
        """Make a conversation: where the account says, from its template.

        :param viber.account account: of which
        :param dict vals: what every conversation has
        :return: a record of this model
        """
        raise NotImplementedError

    def _viber_is_near(self, account):
        """:return: whether all who read new conversations of this account may read this
            one, too: then its name stands in the next one
        :rtype: bool
        """
        raise NotImplementedError

    def _viber_set_customer(self, partner):
        """Make a contact the customer.

        :param res.partner partner: the contact
        """
        self[self._viber_customer_field] = partner

    def _viber_close(self):
        """Say that the matter is settled."""
        raise NotImplementedError

    def _viber_reopen(self):
        """Say that the matter goes on."""
        raise NotImplementedError

    # -- Which records ---------------------------------------------------------------

    @api.model
    def _viber_carriers(self):
        """:return: names of the models that carry conversations
        :rtype: list[str]
        """
        name = "viber.conversation.mixin"
        return [
            model
            for model in self.pool.descendants([name], "_inherit")
            if not self.pool[model]._abstract
        ]

    def _viber_place(self):
        """:return: how inbox and outbox name this conversation
        :rtype: dict
        """
        return {"res_model": self._name, "res_id": self.id}

    def _viber_is_open(self):
        """:return: whether this conversation goes on
        :rtype: bool
        """
        self.ensure_one()
        return bool(self.filtered_domain(self._viber_open_domain()))

    def _viber_reference(self, subscriber):
        """:return: the signed reference to this conversation, for ``tracking_data``
        :rtype: str
        """
        return reference.make(
            self._viber_secret(),
            subscriber.account_id.id,
            subscriber.id,
            self._name,
            self.id,
        )

    @api.model
    def _viber_secret(self):
        # sudo: the parameter is for administrators
        return self.env["ir.config_parameter"].sudo().get_param("database.secret")

    # -- What the form tells ---------------------------------------------------------

    @api.depends(lambda self: [self._viber_customer_field])
    def _compute_viber_customer_id(self):
        for record in self:
            record.viber_customer_id = record[self._viber_customer_field]

    @api.depends(lambda self: [self._viber_customer_field])
    def _compute_viber_is_possible(self):
        subscribers = self.env["viber.subscriber"]
        known = subscribers._known(self.viber_customer_id.ids)
        for record in self:
            record.viber_is_possible = record.viber_customer_id.id in known

    @api.depends(
        lambda self: [self._viber_customer_field, "viber_subscriber_id.partner_id"]
    )
    def _compute_viber_is_detached(self):
        for record in self:
            # sudo: the contact may be of another team
            customer = record.viber_subscriber_id.sudo().partner_id
            record.viber_is_detached = bool(
                record.viber_subscriber_id and record.viber_customer_id != customer
            )

    @api.depends(
        lambda self: [
            *_REACHED_BY,
            *(f"{self._viber_customer_field}.{name}" for name in _CUSTOMERS),
        ]
    )
    def _compute_viber_warning(self):
        for record in self:
            # sudo: agents need not see the subscribers of other teams
            record.viber_warning = record.sudo()._viber_explain_unreachable()

    def _viber_explain_unreachable(self):
        account = self.viber_account_id
        if not account:
            return self._viber_explain_no_conversation()
        lost = self._viber_explain_lost_contact()
        if lost:
            return lost
        # Where the customer is another contact, following would not help.
        is_detached = self.viber_is_detached
        if not is_detached and self.viber_customer_id not in self.message_partner_ids:
            return self.env._(
                "The customer does not follow this conversation: nothing reaches them "
                "before you add them to the followers."
            )
        return account._explain_rest(self.viber_subscriber_id) or False

    def _viber_explain_lost_contact(self):
        """:return: why nothing reaches whoever is behind the Viber customer, or ``""``
        :rtype: str
        """
        subscriber = self.viber_subscriber_id
        if not subscriber.is_subscribed:
            return self.env._(
                "This customer has left the Viber bot: nothing reaches them in Viber "
                "before they write again."
            )
        contact = subscriber.partner_id
        if contact and not contact.viber_can_be_customer:
            return self.env._(
                "The contact of this customer is an employee's now: nothing reaches "
                "the customer in Viber before they write again, or another contact is "
                "linked to them."
            )
        # An archived contact is not among the followers, though they do follow.
        if contact and not contact.active and not self.viber_is_detached:
            return self.env._(
                "The contact of this customer is archived: nothing reaches them before "
                "it is restored, or they write again."
            )
        return ""

    def _viber_explain_no_conversation(self):
        customer = self.viber_customer_id
        if not customer or customer.email_normalized or not customer.partner_share:
            return False
        if not self.env["viber.subscriber"]._known(customer.ids):
            return False
        return self.env._(
            "This is no conversation in Viber: your messages do not reach the "
            "customer. Choose its Viber Customer first."
        )

    # -- What an agent can do --------------------------------------------------------

    def action_viber_link_customer(self):
        """Make the customer of this record the contact behind its Viber customer.

        All their conversations move along.

        :return: ``True``
        :raise AccessError: when the user is no employee who may change the record and
            all that moves, or may not see the new contact
        :raise UserError: when the record has no customer
        """
        for record in self:
            record._viber_check_agent()
            customer = record.viber_customer_id
            if not customer:
                raise UserError(self.env._("Choose the customer first, then link."))
            # sudo: agents may not change subscribers; this change is checked
            subscriber = record.viber_subscriber_id.sudo()
            subscriber.with_env(self.env)._check_linkable(customer)
            subscriber.partner_id = customer
            record.message_subscribe(customer.ids)
        return True
