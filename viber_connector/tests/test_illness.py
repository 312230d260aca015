"""The service is ill or refuses the bot: the queue rests, then goes on by itself."""

import datetime
import json
from unittest.mock import patch

import requests

from odoo import fields
from odoo.tests import new_test_user

from .. import const
from .common import CUSTOMER_ID
from .test_fate import FateCase


class TestIllness(FateCase):
    def test_the_queue_rests_and_is_opened_by_a_harmless_call(self):
        row = self.answered(requests.ConnectionError("refused"))
        second = self.outbox(self.reply(self.task, "Second"))
        self.assertTrue(self.account.paused_until)
        self.send()
        self.assertEqual(len(self.viber.requests), 1, "nothing before its time")
        self.make_due(row)
        self.open_queue()
        self.send()
        methods = [method for method, _body in self.viber.requests]
        self.assertEqual(
            methods, ["send_message", "get_account_info"] + 2 * ["send_message"]
        )
        self.assertFalse(self.account.paused_since)
        self.assertEqual([row.state, second.state], ["sent", "sent"])

    def test_the_pauses_are_doubled_up_to_five_minutes(self):
        self.answered(503)
        waits = []
        for _again in range(8):
            waits.append(self.account.paused_until - fields.Datetime.now())
            self.open_queue()
            self.viber.answer("get_account_info", 503)
            self.send()
        seconds = [round(wait.total_seconds() / 5) * 5 for wait in waits]
        self.assertEqual(seconds, [5, 10, 20, 40, 80, 160, 300, 300])
        self.assertEqual(len(self.viber.sent()), 1)

    def test_after_a_pause_one_message_has_to_pass_first(self):
        others = [self.converse("hi", user_id=f"{n}==") for n in range(4)]
        self.answered(503)
        for task in others:
            self.reply(task)
        self.open_queue()
        self.viber.requests.clear()
        self.viber.answer("send_message", 502)
        self.send()
        self.assertEqual(len(self.viber.sent()), 1, "only one is risked")
        self.assertEqual(self.account.pause_count, 2)

    def test_what_an_account_keeps_calls_the_job_for_nothing(self):
        row = self.answered({"status": 19, "status_message": "later"})
        self.assertTrue(row.next_attempt_date)
        self.make_due(row)
        self.account.state = "error"
        cron = self.env.ref("viber_connector.ir_cron_send_messages")
        triggers = self.env["ir.cron.trigger"]
        triggers.search([]).unlink()
        self.send()
        self.assertFalse(triggers.search([("cron_id", "=", cron.id)]))

    def test_after_a_day_an_administrator_has_to_look(self):
        row = self.answered(503)
        self.account.paused_since = fields.Datetime.now() - datetime.timedelta(days=2)
        self.open_queue()
        self.viber.answer("get_account_info", 503)
        self.send()
        self.assertEqual(self.account.state, "error")
        self.assertEqual(row.state, "outgoing")

    def test_a_look_in_an_outage_does_not_stop_the_account(self):
        self.answered(503)
        self.viber.answer("get_account_info", 503)
        self.account.action_check()
        self.assertEqual(self.account.state, "connected")
        self.account.action_check()
        self.assertFalse(self.account.paused_until)

    def test_an_outage_leaves_at_most_what_was_on_the_way_uncertain(self):
        others = [self.converse("hi", user_id=f"{n}==") for n in range(5)]
        with patch.object(const, "SEND_CONNECTIONS", 2):
            self.viber.answer("send_message", *6 * [500])
            messages = [self.reply(task) for task in others]
            self.send()
        states = [self.outbox(message).state for message in messages]
        self.assertLessEqual(states.count("uncertain"), 2)
        self.assertEqual(set(states), {"uncertain", "outgoing"})

    def test_a_message_that_never_passes_does_not_stop_the_others_for_good(self):
        other = self.converse("me too", user_id="other==")
        bad = self.answered(400)
        good = self.outbox(self.reply(other, "Other"))
        for _again in const.SEND_RETRY_DELAYS:
            self.make_due(bad)
            self.open_queue()
            self.viber.answer("send_message", 400)
            self.send()
        self.assertEqual(bad.state, "failed")
        self.open_queue()
        self.send()
        self.assertEqual(good.state, "sent")

    # -- the account itself --------------------------------------------------------

    def test_managers_are_told_once_and_all_is_sent_when_it_is_mended(self):
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        rows = [self.answered({"status": 2}), self.outbox(self.reply(self.task, "b"))]
        self.send()
        told = self.env["mail.message"].search(
            [
                ("model", "=", "viber.account"),
                ("message_type", "=", "user_notification"),
            ]
        )
        self.assertEqual(len(told), 1)
        self.assertIn(manager.partner_id, told.partner_ids)
        self.assertNotIn(self.agent.partner_id, told.partner_ids)
        self.assertFalse(self.account._mark_broken("again"), "nobody is told again")
        self.assertEqual(
            self.env["mail.message"].search_count(
                [("message_type", "=", "user_notification")]
            ),
            1,
        )
        self.assertEqual([row.state for row in rows], ["outgoing"] * 2)
        self.account.action_check()
        self.send()
        self.assertEqual([row.state for row in rows], ["sent"] * 2)
        self.assertFalse(rows[0].failure_type)

    def test_an_archived_account_keeps_its_messages(self):
        row = self.outbox(self.reply(self.task))
        self.account.active = False
        self.send()
        self.assertEqual(row.state, "outgoing")
        self.account.active = True
        self.send()
        self.assertEqual(row.state, "sent")

    def test_what_is_sent_names_the_conversation(self):
        body = json.loads(self.outbox(self.reply(self.task)).payload)
        self.assertEqual(
            body["tracking_data"], self.task._viber_reference(self.subscriber)
        )
        self.assertEqual(body["receiver"], CUSTOMER_ID)
