"""What happens in a conversation is seen at once by all who have it open.

Odoo 19 does not refresh the chatter of a document by itself. Each conversation has a
channel of its own (``ir.websocket`` checks who may listen).
"""

from odoo import models

from odoo.addons.mail.tools.discuss import Store

from .. import const


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["project.task", "bus.listener.mixin"]

    def _viber_push_new(self):
        """Have new messages fetched by who looks at this conversation."""
        for task in self:
            task._bus_send(const.BUS_REFRESH, {"id": task.id})

    def _viber_push_reload(self):
        """Have the form read again: what it tells about the customer has changed."""
        for task in self:
            task._bus_send(const.BUS_RELOAD, {"id": task.id})

    def _viber_push_messages(self, messages):
        """Show what has changed of messages that are seen already.

        :param mail.message messages: of this conversation
        """
        for task in self:
            store = Store(bus_channel=task)
            store.add(
                messages.filtered(lambda message, task=task: message.res_id == task.id),
                [
                    "body",
                    Store.Many("attachment_ids"),
                    Store.Many(
                        "notification_ids",
                        value=lambda m: m.notification_ids._filtered_for_web_client(),
                    ),
                ],
            )
            store.bus_send()
