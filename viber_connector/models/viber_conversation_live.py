"""What happens in a conversation is seen at once by all who have it open.

Odoo 19 does not refresh the chatter of a document by itself. Each conversation has a
channel of its own (``ir.websocket`` checks who may listen).
"""

from odoo import models

from odoo.addons.mail.tools.discuss import Store

from .. import const


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    def _viber_push_new(self):
        """Have new messages fetched by who looks at this conversation."""
        self._viber_signal(const.BUS_REFRESH)

    def _viber_push_reload(self):
        """Have the form read again: what it tells about the customer has changed."""
        self._viber_signal(const.BUS_RELOAD)

    def _viber_signal(self, notification):
        for record in self:
            record._bus_send(notification, {"model": self._name, "id": record.id})

    def _viber_push_fates(self, messages):
        """Show what became of messages that are seen already.

        :param mail.message messages: of these conversations
        """
        notifications = Store.Many(
            "notification_ids",
            value=lambda m: m.notification_ids._filtered_for_web_client(),
        )
        self._viber_push(messages, [notifications])

    def _viber_push_content(self, messages):
        """Show what messages that are seen already say now.

        :param mail.message messages: of these conversations
        """
        self._viber_push(messages, ["body", Store.Many("attachment_ids")])

    def _viber_push(self, messages, fields):
        by_record = messages.grouped("res_id")
        for record in self.filtered(lambda record: record.id in by_record):
            Store(bus_channel=record).add(by_record[record.id], fields).bus_send()
