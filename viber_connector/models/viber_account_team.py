"""Who works on an account's conversations, and how long a customer may wait."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .viber_conversation_team import may_read


class ViberAccount(models.Model):
    _inherit = "viber.account"

    notify_user_ids = fields.Many2many(
        "res.users",
        string="Team",
        domain=[("share", "=", False)],
        copy=False,
        tracking=True,
        help="Who is told when a customer begins to wait in a conversation on which "
        "nobody works: by Odoo's own notifications, once for each wait.",
    )
    team_warning = fields.Char(
        compute="_compute_team_warning",
        groups="viber_connector.group_viber_manager",
        help="Who of the team can't be told, as they may not see the conversations.",
    )
    assign_policy = fields.Selection(
        [("none", "Nobody"), ("balanced", "Whoever has the fewest of the team")],
        "Assign New Conversations To",
        default="none",
        required=True,
        help="Whoever of the team is in Odoo just then and has the fewest open "
        "conversations. When nobody is there, nobody is assigned, and the team is "
        "told.",
    )
    assign_on_answer = fields.Boolean(
        "Assign to Who Answers",
        default=True,
        help="A conversation on which nobody works is assigned to the employee who "
        "answers it.",
    )
    waiting_warning_minutes = fields.Integer(
        "Waiting Long After",
        default=15,
        help="Minutes after which the time that a customer waits is shown in yellow.",
    )
    waiting_danger_minutes = fields.Integer(
        "Waiting Too Long After",
        default=120,
        help="Minutes after which the time that a customer waits is shown in red.",
    )

    @api.constrains("waiting_warning_minutes", "waiting_danger_minutes")
    def _check_waiting_minutes(self):
        for account in self:
            bounds = account.waiting_warning_minutes, account.waiting_danger_minutes
            if not 0 < bounds[0] <= bounds[1]:
                raise ValidationError(
                    self.env._(
                        "A customer waits long after some minutes, and too long after "
                        "as many or more: enter, for example, 15 and 120."
                    )
                )

    @api.constrains("notify_user_ids")
    def _check_notify_user_ids(self):
        for account in self:
            # sudo: the users may be of other companies
            if any(user.share for user in account.sudo().notify_user_ids):
                raise ValidationError(
                    self.env._(
                        "Only employees can be of the team of %s: customers would read "
                        "what others write.",
                        account.name,
                    )
                )

    @api.model
    def _naming_fields(self):
        return super()._naming_fields() | {"notify_user_ids"}

    @api.depends("notify_user_ids", "conversation_model")
    def _compute_team_warning(self):
        for account in self:
            # sudo: whoever manages accounts need not see users and projects
            carrier = account.env[account.conversation_model].sudo()
            home = carrier._viber_home(account.sudo())
            outside = account.sudo().notify_user_ids.filtered(
                lambda user, carrier=carrier, home=home: (
                    not (may_read(carrier, user) and may_read(home, user))
                )
            )
            names = ", ".join(outside.mapped("name"))
            account.team_warning = names and self.env._(
                "Not told, as they may not see the conversations of this account: %s. "
                "Give them access, or take them off the team.",
                names,
            )

    def _least_busy(self, conversation):
        """Find somebody of the team for a conversation.

        :param viber.conversation.mixin conversation: on which nobody works
        :return: who is in Odoo, may read it and has the fewest open conversations of
            all accounts; the first by id of several; empty when nobody is there
        :rtype: res.users
        """
        present = self.notify_user_ids.filtered(
            # Away, or busy, is there.
            lambda user: (
                "offline" not in (user.im_status or "offline")
                and may_read(conversation, user)
            )
        )
        if len(present) <= 1:
            return present
        counts = dict.fromkeys(present.ids, 0)
        for carrier in self.env["viber.subscriber"]._carriers():
            field = carrier._viber_assignee_field
            theirs = Domain(carrier._viber_open_domain()) & Domain(
                [("viber_account_id", "!=", False), (field, "in", present.ids)]
            )
            for user, count in carrier._read_group(theirs, [field], ["__count"]):
                if user in present:
                    counts[user.id] += count
        return min(present, key=lambda user: (counts[user.id], user.id))

    def _have_team(self):
        """Somebody has to be told: where nobody is, whoever connects the account."""
        for account in self.filtered(lambda account: not account.notify_user_ids):
            if self.env.user._is_internal() and not self.env.user._is_superuser():
                account.notify_user_ids = self.env.user
