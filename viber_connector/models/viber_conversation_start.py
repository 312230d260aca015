"""How a conversation begins."""

from markupsafe import Markup

from odoo import api, models

from .. import const
from ..tools.text import is_visible, shorten, to_plain


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    @api.model
    def _viber_start(self, subscriber, content, previous):
        """Make a new conversation.

        :param viber.subscriber subscriber: whose it is
        :param Content content: their first message
        :param previous: the conversation before, of whatever carrier, or ``None``
        :return: a record of this model
        """
        account = subscriber.account_id
        self._viber_ensure_place(account)
        is_near = (
            previous is not None
            and previous._name == self._name
            and previous._viber_is_near(account)
        )
        vals = {
            "name": self._viber_title(subscriber, content),
            "description": self._viber_description(content, previous, is_near),
            "viber_subscriber_id": subscriber.id,
            self._viber_customer_field: subscriber.partner_id.id,
        }
        if is_near:
            vals[self._viber_previous_field] = previous.id
        worker = self.with_context(viber_skip_follower=self.env.user.partner_id.id)
        return worker._viber_create(account, vals).with_env(self.env)

    @api.model
    def _viber_title(self, subscriber, content):
        lines = to_plain(content.text).split("\n")
        first_line = next(filter(is_visible, lines), "")
        return shorten(first_line, const.CONVERSATION_NAME_MAX_LENGTH) or self.env._(
            "Viber message from %s", subscriber.partner_id.name
        )

    @api.model
    def _viber_description(self, content, previous, is_near):
        """:return: the customer's words, and a link to the conversation before; with
            its name only where all who read this one may read that one
        :rtype: Markup
        """
        words = Markup("<p>%s</p>") % content.html if content.html else Markup("")
        if previous is None:
            return words
        kind = self.env["ir.model"]._get(previous._name).name
        link = Markup('<a href="/odoo/%s/%s">%s</a>') % (
            previous._name,
            previous.id,
            previous.display_name if is_near else f"{kind} {previous.id}",
        )
        return words + Markup("<p>%s</p>") % self.env._(
            "Previous conversation: %s", link
        )
