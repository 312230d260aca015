import re
from collections import defaultdict

from odoo import models

from .. import const

_CHANNEL = re.compile(
    rf"(viber_conversation|{const.BOARD})_([a-z][a-z0-9_.]*)_(\d{{1,9}})"
)


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let users who may read a conversation, or the place where conversations
        stand, subscribe to its channel."""
        wanted = [
            _CHANNEL.fullmatch(name) for name in channels if isinstance(name, str)
        ]
        ids = {kind: defaultdict(list) for kind in ("viber_conversation", const.BOARD)}
        for match in filter(None, wanted):
            ids[match[1]][match[2]].append(int(match[3]))
        channels = super()._build_bus_channel_list(
            [
                name
                for name in channels
                if not isinstance(name, str) or not _CHANNEL.fullmatch(name)
            ]
        )
        if any(ids.values()) and self.env.user and self.env.user._is_internal():
            channels.extend(self._viber_conversations(ids["viber_conversation"]))
            channels.extend(
                (place, const.BOARD) for place in self._viber_places(ids[const.BOARD])
            )
        return channels

    def _viber_conversations(self, ids):
        """:param dict ids: of records (list of int) by the name of their model
        :return: those that are conversations and that the user may read, single records
        """
        for carrier in self.env["viber.subscriber"]._carriers():
            # By the access rights and record rules of the user.
            if carrier._name in ids and carrier.has_access("read"):
                yield from carrier.search(
                    [
                        ("id", "in", ids[carrier._name]),
                        ("viber_subscriber_id", "!=", False),
                    ]
                )

    def _viber_places(self, ids):
        """:param dict ids: of records (list of int) by the name of their model
        :return: those where conversations stand and that the user may read, single
            records
        """
        if not ids or not self.env.user.has_group(const.AGENTS):
            return
        carriers = self.env["viber.subscriber"]._carriers()
        kinds = {
            carrier._viber_container_model()
            for carrier in carriers
            if carrier.has_access("read")
        }
        for model in sorted(kinds & ids.keys()):
            places = self.env[model].with_context(active_test=False)
            if places.has_access("read"):
                yield from places.search([("id", "in", ids[model])])
        # Of what stands in no place.
        own = self.env.user.company_ids
        yield from own.filtered(
            lambda company: company.id in ids.get("res.company", ())
        )
