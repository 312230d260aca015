"""By which link the customer came to a conversation, and what it presets there."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_link_id = fields.Many2one(
        "viber.link",
        "Came by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        groups="viber_connector.group_viber_agent,viber_connector.group_viber_manager",
        help="The link by which the customer came to this conversation.",
    )

    @api.model
    def _viber_preset_vals(self, link):
        """Say what a conversation gets by the link that the customer opened: as much as
        fits this carrier.

        :param viber.link link: the link, maybe empty
        :rtype: dict
        """
        if not link:
            return {}
        vals = {"viber_link_id": link.id}
        users = link._preset_users()
        name = self._viber_assignee_field
        if users and self._fields[name].type == "many2one":
            vals[name] = users[0].id
        elif users:
            vals[name] = [Command.set(users.ids)]
        return vals

    @api.model
    def default_get(self, fields):
        """Like Odoo's, but nobody says by a context, or as their own default, by which
        link a customer came."""
        values = super().default_get(fields)
        if not self.env.su:
            values.pop("viber_link_id", None)
        return values

    def _viber_check_kept(self, vals):
        if not self.env.su and "viber_link_id" in vals:
            raise AccessError(
                self.env._(
                    "By which link a customer came follows from the link that they "
                    "opened; nobody can change it by hand."
                )
            )
        return super()._viber_check_kept(vals)

    def action_viber_share(self):
        """Show what to hand out so that others find the bot of this conversation.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user is no employee who may read the record
        """
        self.ensure_one()
        self._viber_check_reader()
        # sudo: the name of its account is on the form; its rights are checked there
        return self.sudo().viber_account_id.with_env(self.env).action_share()
