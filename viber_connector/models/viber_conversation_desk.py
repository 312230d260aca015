"""A conversation among others: what lists, cards and the agent's counter show of it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import const


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_assignee_ids = fields.Many2many(
        "res.users",
        string="Assignees of the Conversation",
        compute="_compute_viber_assignee_ids",
        search="_search_viber_assignee_ids",
        help="Who works on it, as every carrier calls them.",
    )
    viber_is_mine = fields.Boolean(
        compute="_compute_viber_is_mine",
        help="The user works on this conversation.",
    )
    viber_is_open = fields.Boolean(
        compute="_compute_viber_is_open",
        search="_search_viber_is_open",
        help="This conversation goes on.",
    )
    viber_is_undelivered = fields.Boolean(
        "Not Delivered",
        compute="_compute_viber_is_undelivered",
        search="_search_viber_is_undelivered",
        help="A message of this conversation did not reach the customer in Viber.",
    )
    viber_desk = fields.Json(
        compute="_compute_viber_desk",
        help="What lists and cards know of a conversation beside its fields: the "
        "channel on which they hear that it has changed, after how many minutes a "
        "customer waits long and too long, the customer's state, whether a message was "
        "not delivered. Nothing of what is no conversation.",
    )

    @api.depends(lambda self: [self._viber_assignee_field])
    def _compute_viber_assignee_ids(self):
        for record in self:
            record.viber_assignee_ids = record._viber_assignees()

    @api.depends(lambda self: ["viber_account_id", self._viber_assignee_field])
    @api.depends_context("uid")
    def _compute_viber_is_mine(self):
        for record in self:
            record.viber_is_mine = (
                bool(record.viber_account_id)
                and self.env.uid in record._viber_assignees().ids
            )

    @api.model
    def _search_viber_assignee_ids(self, operator, value):
        return self._viber_for_employees(
            Domain(self._viber_assignee_field, operator, value)
        )

    def _compute_viber_is_open(self):
        for record in self:
            record.viber_is_open = record._viber_is_open()

    @api.model
    def _search_viber_is_open(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return self._viber_for_employees(Domain(self._viber_open_domain()))

    @api.depends("viber_account_id")
    def _compute_viber_is_undelivered(self):
        conversations = self.filtered("viber_account_id")
        undelivered = conversations._viber_undelivered() if conversations else ()
        for record in self:
            record.viber_is_undelivered = record.id in undelivered

    @api.model
    def _search_viber_is_undelivered(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        failed = SQL("(%s)", self._viber_failures())
        return self._viber_for_employees(Domain("id", "in", failed))

    @api.model
    def _viber_for_employees(self, domain):
        """:return: the domain; one that finds nothing for people from outside, who may
            not read what is searched for
        :rtype: Domain
        """
        is_outsider = self.env.user.share and not self.env.su
        return Domain.FALSE if is_outsider else domain

    def _viber_undelivered(self):
        """:return: ids of those of which a message did not reach the customer
        :rtype: set[int]
        """
        query = SQL("%s AND message.res_id = ANY(%s)", self._viber_failures(), self.ids)
        return {res_id for [res_id] in self.env.execute_query(query)}

    @api.model
    def _viber_failures(self):
        """:return: query for the records of this model of which a message did not reach
            a customer: that something failed may be known to whoever may see the record
        :rtype: SQL
        """
        notifications = self.env["mail.notification"]._fields
        messages = self.env["mail.message"]._fields
        # By hand: a page of a list is built in half the time that Odoo's way takes.
        return SQL(
            """
            SELECT message.res_id
              FROM mail_notification notification
              JOIN mail_message message ON message.id = notification.mail_message_id
             WHERE notification.notification_status = 'exception'
               AND notification.notification_type = 'viber'
               AND message.model = %s""",
            self._name,
            to_flush=[
                notifications["mail_message_id"],
                notifications["notification_status"],
                notifications["notification_type"],
                messages["model"],
                messages["res_id"],
            ],
        )

    @api.depends(
        lambda self: [
            "viber_account_id",
            "viber_subscriber_id.is_blocked",
            "viber_subscriber_id.is_subscribed",
            *filter(None, [self._viber_container_field]),
        ]
    )
    def _compute_viber_desk(self):
        # sudo: two bounds of the account and the customer's state are no secret, and
        # whoever may see the record need not see its place; the channel is for those
        # who do
        conversations = self.sudo().filtered("viber_account_id")
        undelivered = conversations._viber_undelivered() if conversations else ()
        # A page of them: what is looked at here and by the list beside, and no more.
        conversations.viber_subscriber_id.fetch(["is_blocked", "is_subscribed"])
        conversations.viber_account_id.fetch(
            ["company_id", "name", "waiting_danger_minutes", "waiting_warning_minutes"]
        )
        alike = {}
        for known in conversations:
            # Many on a page have one in common.
            is_undelivered = known.id in undelivered
            state = known.viber_subscriber_id._find_state()
            place = (known.viber_account_id, known._viber_container())
            alike.setdefault((place, state, is_undelivered), []).append(known)
        for (_place, _state, is_undelivered), records in alike.items():
            # No ids: records that a form has not saved yet have none.
            known = conversations.browse().concat(*records)
            known.with_env(self.env).viber_desk = known[0]._viber_desk(is_undelivered)
        (self - conversations).viber_desk = False

    def _viber_desk(self, is_undelivered):
        account = self.viber_account_id
        return {
            "channel": self._viber_board_name(),
            "warning": account.waiting_warning_minutes,
            "danger": account.waiting_danger_minutes,
            "state": self.viber_subscriber_id._find_state(),
            "undelivered": is_undelivered,
        }

    # -- The counter -----------------------------------------------------------------

    @api.model
    @api.readonly
    def viber_waiting_for_me(self):
        """Count the customers who wait for the user.

        :return: one dict for each model that carries conversations and that the user
            may read, where there are any: ``model``, its ``name``, the ``action`` that
            lists its conversations, ``count``; for the boards the ``channels`` of the
            places where new ones begin, how those of any ``place`` are called, and the
            ``place_field``; nothing for those who are no agents
        :rtype: list[dict]
        """
        if not self.env.user.has_group(const.AGENTS):
            return []
        carriers = [self.env[name] for name in self._viber_carriers()]
        desks = [
            carrier._viber_user_desk()
            for carrier in carriers
            if carrier.has_access("read")
        ]
        return [desk for desk in desks if desk["count"] or desk["channels"]]

    @api.model
    def _viber_user_desk(self):
        return {
            "model": self._name,
            "name": self.env["ir.model"]._get(self._name).name,
            "action": self._viber_desk_action,
            "count": self.search_count(
                [
                    ("viber_waiting_since", "!=", False),
                    (self._viber_assignee_field, "in", self.env.uid),
                    # Where it is archived somebody waits all the same.
                    *self._viber_of_any_age(),
                ]
            ),
            "channels": self._viber_home_channels(),
            "place": f"{const.BOARD}_{self._viber_container_model()}",
            "place_field": self._viber_container_field,
        }

    @api.model
    def _viber_of_any_age(self):
        name = self._active_name
        return [(name, "in", (True, False))] if name else []
