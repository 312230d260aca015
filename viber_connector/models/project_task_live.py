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
        by_task = messages.grouped("res_id")
        for task in self.filtered(lambda task: task.id in by_task):
            Store(bus_channel=task).add(by_task[task.id], fields).bus_send()
