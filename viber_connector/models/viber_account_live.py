"""What an account's state means for its conversations, told at once to all who look."""

import re

from odoo import models
from odoo.tools import format_date

from .. import const

_CHANNEL = re.compile(r"viber_account_(\d{1,9})")


class ViberAccount(models.Model):
    _name = "viber.account"
    _inherit = ["viber.account", "bus.listener.mixin"]

    def write(self, vals):
        before = {account: account._rest_state() for account in self}
        result = super().write(vals)
        for account, state in before.items():
            if account._rest_state() != state:
                # One channel for all conversations of the account, however many are
                # open: who looks at one listens to it.
                account._bus_send(const.BUS_RELOAD, {"account_id": account.id})
        return result

    def _rest_state(self):
        """:return: what the forms of conversations tell of this account changes with it
        :rtype: tuple
        """
        # sudo: who may write an account may know
        account = self.sudo()
        return (
            account.name,
            account.active,
            account.state,
            bool(account.pause_count),
            account.quota_renewal_date,
        )

    def _explain_rest(self, subscriber):
        """Say why messages to a customer wait at this account now, and until when.

        :param viber.subscriber subscriber: the customer
        :return: a sentence for agents; ``""`` when they leave at once
        :rtype: str
        """
        if not self.active:
            return self.env._(
                "The Viber account %s is archived: your messages wait until a Viber "
                "manager activates it again.",
                self.name,
            )
        if self.state == "draft":
            return self.env._(
                "The Viber account %s is not connected: your messages wait until a "
                "Viber manager connects it.",
                self.name,
            )
        if self.state == "error":
            return self.env._(
                "Viber refuses the account %s: your messages wait until a Viber "
                "manager has mended it.",
                self.name,
            )
        if self.pause_count:
            return self.env._(
                "Viber can't be reached at the moment: your messages wait, and leave "
                "by themselves as soon as it answers."
            )
        if self.env["viber.message"]._awaits_quota(subscriber):
            return self.env._(
                "The free messages of the bot are used up: your messages wait until "
                "the customer writes, or until %s.",
                format_date(self.env, self.quota_renewal_date),
            )
        return ""


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let employees who may read an account subscribe to its channel: it only says
        that the account has changed."""
        ids, others = [], []
        for name in channels:
            match = isinstance(name, str) and _CHANNEL.fullmatch(name)
            if match:
                ids.append(int(match[1]))
            else:
                others.append(name)
        channels = super()._build_bus_channel_list(others)
        if ids and self.env.user and self.env.user._is_internal():
            accounts = self.env["viber.account"].with_context(active_test=False)
            # By the access rights and record rules of the user.
            channels.extend(accounts.search([("id", "in", ids)]))
        return channels
