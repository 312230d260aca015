"""How a conversation is called while nobody has named it."""

from odoo import api, fields, models

from .. import const
from ..tools import title as title_tools
from ..tools.text import shorten


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_draft_title = fields.Char(
        readonly=True,
        copy=False,
        # Nobody sorts or filters by it.
        groups=fields.NO_ACCESS,
        export_string_translation=False,
        help="The name that we gave, when it says nothing: as long as it stands, the "
        "customer's next words complete it.",
    )

    @api.model
    def _viber_title_vals(self, subscriber, words):
        """Name a conversation.

        :param viber.subscriber subscriber: whose it is
        :param str words: what the customer said of it, maybe nothing
        :return: what is written to the record
        :rtype: dict
        """
        title = shorten(words, const.CONVERSATION_NAME_MAX_LENGTH)
        title = title or self._viber_empty_titles(subscriber)[0]
        is_draft = not title_tools.says_something(words)
        return {"name": title, "viber_draft_title": is_draft and title}

    @api.model
    def _viber_empty_titles(self, subscriber):
        """:return: the names of what the customer has begun without words, by a sticker
            for example, and of what we have begun
        :rtype: tuple[str, str]
        """
        name = subscriber.partner_id.name
        return (
            self.env._("Viber message from %s", name),
            self.env._("Viber conversation with %s", name),
        )

    def _viber_complete_title(self, content):
        """Take the customer's next words into a name that says nothing, unless somebody
        has renamed it meanwhile.

        :param Content content: their next message
        """
        draft = self.viber_draft_title
        if not draft or draft != self.name:
            return
        subscriber = self.viber_subscriber_id
        words = "" if draft in self._viber_empty_titles(subscriber) else draft
        completed = title_tools.complete(words, content.text)
        if completed != words:
            self.flush_recordset(["name"])
            # Beside the ORM: an open form gets no conflict, and nobody is told of it.
            self._viber_write_quietly(**self._viber_title_vals(subscriber, completed))
            self._viber_push_reload()
