"""A copy of the database, and a database that the addon leaves."""

import logging
from unittest.mock import patch

from odoo.modules.neutralize import get_neutralization_queries

from .. import hooks
from ..models import viber_account_connect
from ..tools.errors import ViberUnavailable
from ..tools.viber_api import ViberApi
from .common import TOKEN, ViberCase


class TestNeutralizedCopy(ViberCase):
    def neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["viber_connector"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_a_copy_can_not_speak_to_anybody(self):
        task = self.converse()
        rows = self.outbox(self.reply(task, "one"))
        rows |= self.outbox(self.reply(task, "two"))
        rows[0].state = "sending"
        self.neutralize()
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.account.auth_token)
        self.assertEqual(set(rows.mapped("state")), {"canceled"})
        self.send()
        self.assertFalse(self.viber.requests)

    def test_nothing_in_the_chatter_of_a_copy_waits(self):
        task = self.converse()
        messages = [
            self.reply(task, text).with_env(self.env)
            for text in ("a", "b", "c", "d", "e")
        ]
        states = (
            ("outgoing",),
            ("sending",),
            ("sent", "outgoing"),
            ("seen", "outgoing"),
            ("failed",),
        )
        for message, parts in zip(messages, states, strict=True):
            first = self.outbox(message)
            for _more in parts[1:]:
                first.copy()
            for part, state in zip(self.outbox(message), parts, strict=True):
                part.state = state
            message.notification_ids._viber_sum_up()
        fates = [message.notification_ids for message in messages]
        before = [fate.notification_status for fate in fates]
        self.assertEqual(before, ["ready"] * 4 + ["exception"])
        self.neutralize()
        after = [fate.notification_status for fate in fates]
        self.assertEqual(
            after, ["canceled", "canceled", "pending", "sent", "exception"]
        )
        # As the outbox itself would sum it up.
        for fate in fates:
            fate._viber_sum_up()
        self.assertEqual([fate.notification_status for fate in fates], after)


class TestUninstall(ViberCase):
    def test_what_nobody_foresaw_holds_nothing_up(self):
        with (
            patch.object(ViberApi, "set_webhook", side_effect=RuntimeError("new")),
            self.assertLogs(viber_account_connect._logger, logging.ERROR),
        ):
            hooks.uninstall_hook(self.env)

    def test_viber_is_told(self):
        self.env["viber.account"].create({"name": "Draft", "auth_token": TOKEN + "2"})
        self.account.active = False
        with patch.object(ViberApi, "set_webhook") as set_webhook:
            hooks.uninstall_hook(self.env)
        set_webhook.assert_called_once_with("")

    def test_who_can_not_be_told_holds_nothing_up(self):
        self.env["viber.account"].create(
            [
                {"name": "No key", "state": "connected"},
                {"name": "Other", "state": "error", "auth_token": TOKEN + "2"},
            ]
        )
        with (
            patch.object(
                ViberApi, "set_webhook", side_effect=ViberUnavailable("down")
            ) as set_webhook,
            self.assertLogs(viber_account_connect._logger, logging.INFO) as log,
        ):
            hooks.uninstall_hook(self.env)
        self.assertEqual(set_webhook.call_count, 2)
        told = [line for line in log.output if "still calls the webhook" in line]
        self.assertEqual(len(told), 3)
        self.assertNotIn(TOKEN, str(log.output))
