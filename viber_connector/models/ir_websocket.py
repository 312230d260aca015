import re

from odoo import models

_CHANNEL = re.compile(r"viber_task_(\d{1,9})")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let users who may read a conversation's task subscribe to its channel."""
        wanted = [
            _CHANNEL.fullmatch(name) for name in channels if isinstance(name, str)
        ]
        task_ids = [int(match[1]) for match in wanted if match]
        channels = super()._build_bus_channel_list(
            [
                name
                for name in channels
                if not isinstance(name, str) or not _CHANNEL.fullmatch(name)
            ]
        )
        if task_ids and self.env.user and self.env.user._is_internal():
            # search: by the record rules of the user
            channels.extend(
                self.env["project.task"]
                .with_context(active_test=False)
                .search([("id", "in", task_ids), ("viber_subscriber_id", "!=", False)])
            )
        return channels
