"""By which link the customer came to a conversation."""

from odoo import fields, models


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
