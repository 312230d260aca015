import re
from collections import defaultdict

from odoo import models

_CHANNEL = re.compile(r"viber_conversation_([a-z][a-z0-9_.]*)_(\d{1,9})")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let users who may read a conversation subscribe to its channel."""
        wanted = [
            _CHANNEL.fullmatch(name) for name in channels if isinstance(name, str)
        ]
        ids = defaultdict(list)
        for match in filter(None, wanted):
            ids[match[1]].append(int(match[2]))
        channels = super()._build_bus_channel_list(
            [
                name
                for name in channels
                if not isinstance(name, str) or not _CHANNEL.fullmatch(name)
            ]
        )
        if ids and self.env.user and self.env.user._is_internal():
            for carrier in self.env["viber.subscriber"]._carriers():
                # By the access rights and record rules of the user.
                if carrier._name in ids and carrier.has_access("read"):
                    channels.extend(
                        carrier.search(
                            [
                                ("id", "in", ids[carrier._name]),
                                ("viber_subscriber_id", "!=", False),
                            ]
                        )
                    )
        return channels
