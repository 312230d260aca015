"""An account that looks after itself: what it finds, who is told, what it mends."""

import time
from datetime import datetime, timedelta
from unittest.mock import patch

import psycopg2
import requests
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import config, mute_logger

from .. import const
from ..models import ir_cron, viber_account_health, viber_refusal
from ..tools import https_check
from ..tools.https_check import Finding
from .common import ViberCase

MANAGER = "viber_connector.group_viber_manager"
UNTIL = datetime(2031, 5, 4, 12)
BOT = "pa:5418273640912345678"


class HealthCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viber.info |= {
            "id": BOT,
            "event_types": ["message", "subscribed", *const.EVENT_TYPES],
        }
        cls.account.action_connect()
        cls.manager = new_test_user(cls.env, "health_manager", groups=MANAGER)

    def setUp(self):
        super().setUp()
        self.finding = Finding("fine", {"until": UNTIL})
        self.looked = []
        self.patch(https_check, "look", self.look_outside)
        # As in a server that has been up for long.
        self.patch(ir_cron, "_STARTED", float("-inf"))
        self.jobs = self.env["ir.cron"]._viber_jobs()
        now = fields.Datetime.now()
        self.age(self.jobs, create_date=now - timedelta(days=9))
        self.age(self.jobs, write_date=now - timedelta(days=9))
        self.age(self.jobs, lastcall=now, nextcall=now + timedelta(hours=1))

    def look_outside(self, url, seconds):
        self.looked.append((url, seconds))
        if isinstance(self.finding, Exception):
            raise self.finding
        return self.finding

    def assert_looked_at_soon(self):
        """By the job, but not while somebody may still be at the form."""
        jobs, nobody = self.env["viber.health"], self.account.browse()
        self.assertFalse(jobs._due(nobody))
        with freeze_time(datetime.now() + timedelta(seconds=31)):
            self.assertEqual(jobs._due(nobody), self.account)

    def age(self, records, **dates):
        """Have records of another time."""
        records.flush_recordset()
        for name, date in dates.items():
            self.env.cr.execute(
                f"UPDATE {records._table} SET {name} = %s WHERE id = ANY(%s)",
                [date, records.ids],
            )
        records.invalidate_recordset()

    def ago(self, **options):
        return fields.Datetime.now() - timedelta(**options)

    def look(self, account=None):
        """Have the job look."""
        (account or self.account).health_date = False
        self.run_job("ir_cron_check_accounts")

    def report(self):
        return self.account.with_user(self.manager).health_report

    def check(self, code):
        """:return: what is said of a check; ``None`` when nothing is"""
        self.account.invalidate_recordset()
        found = [one for one in self.report() if one["code"] == code]
        return found[0] if found else None

    def assertCheck(self, code, level, text="", advice=""):
        """Look, and see what is said."""
        self.look()
        check = self.check(code)
        self.assertTrue(check, f"{code} is missing")
        self.assertEqual((check["level"], code), (level, code), check)
        self.assertIn(text, check["text"])
        self.assertIn(advice, check["advice"])
        self.assertEqual(bool(check["advice"]), level != "ok", check)
        self.assertNotIn("%(", check["text"] + check["advice"])
        return check

    def activities(self):
        return self.env["mail.activity"].search(
            [("res_model", "=", "viber.account"), ("res_id", "=", self.account.id)]
        )


class TestChecks(HealthCase):
    def test_a_connected_account_is_fine(self):
        self.look()
        self.assertEqual(self.account.health, "ok", self.report())
        self.assertEqual(
            {check["code"] for check in self.report()},
            {
                *("copied_database", "failed", "https", "inbox_backlog", "key"),
                *("last_event", "outbox_backlog", "refused_signatures", "scheduler"),
                *("webhook_events", "webhook_url"),
            },
        )
        self.assertFalse(self.activities())
        for check in self.report():
            self.assertEqual(
                set(check), {"code", "level", "text", "advice", "date"}, check
            )

    def test_connect_tells_at_once(self):
        self.account.action_disconnect()
        self.assertFalse(self.account.health)
        self.account.action_connect()
        self.assertEqual(self.account.health, "ok")
        self.assert_looked_at_soon()
        self.assertEqual(self.check("https"), None)

    def test_a_key_that_viber_refuses(self):
        for status, words in (
            (2, "paste it whole"),
            (7, "Viber's support"),
            (9, "suspended"),
        ):
            self.viber.answer("get_account_info", {"status": status})
            self.assertCheck("key", "problem", "Viber refuses", words)
            # Who refuses the bot says nothing of its webhook.
            self.assertFalse(self.check("webhook_url"))
        self.assertCheck("key", "ok")

    def test_a_viber_that_does_not_answer(self):
        self.viber.info["event_types"] = ["message"]
        self.look()
        for answer in (requests.ConnectionError("refused"), 500, requests.ReadTimeout):
            answer = answer() if isinstance(answer, type) else answer
            self.viber.answer("get_account_info", answer)
            self.assertCheck("key", "warning", "could not be asked", "passes")
            # What was known is shown.
            self.assertEqual(self.check("webhook_url")["level"], "ok")
            self.assertEqual(self.check("webhook_events")["level"], "warning")
        self.viber.info["event_types"] = list(const.EVENT_TYPES)

    def test_an_account_without_key(self):
        self.account.auth_token = False
        self.account.state = "error"
        self.assertCheck("key", "problem", "no API key", "press Connect")

    def test_an_account_that_was_stopped(self):
        self.account._mark_broken("The balance is used up.")
        self.assertCheck("key", "problem", "The balance is used up", "Press Repair")

    def test_an_answer_of_an_unknown_kind(self):
        self.viber.answer("get_account_info", {"status": 3})
        self.assertCheck("key", "problem", "not answer as it should", "support")

    def test_a_webhook_that_another_system_took(self):
        webhook = "https://crm.example.net/hook/secret?token=1"
        self.viber.answer("get_account_info", {"status": 0, "webhook": webhook})
        check = self.assertCheck(
            "webhook_url", "problem", "crm.example.net", "Take Over"
        )
        self.assertNotIn("secret", str(check))
        self.assertNotIn("token", str(check))
        self.assertFalse(self.check("webhook_events"))
        self.assertTrue(self.account.is_webhook_foreign)

    def test_a_webhook_of_another_database_here(self):
        webhook = "https://odoo.example.com/viber/webhook/other"
        self.viber.answer("get_account_info", {"status": 0, "webhook": webhook})
        self.assertCheck("webhook_url", "problem", "another database", "Take Over")

    def test_a_webhook_that_is_gone(self):
        for info in ({}, {"webhook": ""}, {"webhook": None}):
            self.viber.answer("get_account_info", {"status": 0, **info})
            self.assertCheck("webhook_url", "problem", "to nobody", "Press Repair")
            self.assertFalse(self.account.is_webhook_foreign)

    def test_a_webhook_that_is_nonsense(self):
        for webhook in (5, ["x"], {"a": 1}, "http://[", "x" * 100_000, "https://\x00"):
            self.viber.answer("get_account_info", {"status": 0, "webhook": webhook})
            self.assertCheck("webhook_url", "problem", "another system", "Take Over")

    def test_events_that_are_missing_are_named_in_words(self):
        events = ["message", "delivered", "failed"]
        self.patch(self.viber, "info", self.viber.info | {"event_types": events})
        check = self.assertCheck(
            "webhook_events", "warning", "that it was read", "Press Repair"
        )
        self.assertIn("opened the chat", check["text"])
        self.assertNotIn("arrived", check["text"])
        self.assertNotIn("seen", check["text"])

    def test_what_is_found_at_the_public_address(self):
        for kind, level, text, advice in (
            ("renew", "warning", "ends on", "not been renewed"),
            ("ending", "problem", "very soon", "Renew it today"),
            ("no_name", "problem", "not found", "https://odoo.example.com"),
            ("private", "problem", "private", "reached from the internet"),
            ("closed", "problem", "Nobody answers", "firewall"),
            ("slow", "problem", "in time", "firewall"),
            ("broken", "problem", "breaks off", "firewall"),
            ("no_tls", "problem", "secure connection", "certificate"),
            ("expired", "problem", "expired", "Renew"),
            ("self_signed", "problem", "by itself", "public authority"),
            ("other_name", "problem", "another name", "public authority"),
            ("chain", "problem", "chain", "whole chain"),
            ("untrusted", "problem", "trusted", "public authority"),
            ("redirect", "problem", "www.example.com", "without a redirect"),
            ("status", "problem", "404", "this database alone"),
            ("fine", "ok", "certificate until", ""),
        ):
            with self.subTest(kind):
                values = {"until": UNTIL, "host": "www.example.com", "status": 404}
                self.finding = Finding(kind, values)
                self.assertCheck("https", level, text, advice)
        self.assertEqual(self.looked[-1][0], self.account.webhook_url)

    def test_only_the_job_looks_at_the_public_address(self):
        self.finding = Finding("expired")
        self.look()
        self.finding = Finding("fine", {"until": UNTIL})
        self.account.with_user(self.manager).action_diagnose()
        self.assertEqual(len(self.looked), 1)
        self.assertIn("expired", self.check("https")["text"])

    def test_unreachable_from_inside_while_callbacks_arrive(self):
        self.receive(self.text("Hello"))
        for kind in https_check.UNREACHABLE:
            self.finding = Finding(kind)
            self.assertCheck("https", "warning", "but Viber does", "Nothing has to be")
        self.finding = Finding("expired")
        self.assertCheck("https", "problem", "expired", "Renew")

    def test_callbacks_of_yesterday_prove_nothing(self):
        [event] = self.receive(self.text("Hello"))
        self.age(event, create_date=self.ago(days=1))
        self.finding = Finding("closed")
        self.assertCheck("https", "problem", "Nobody answers", "firewall")

    def test_a_quiet_night_wakes_nobody_where_callbacks_came_all_the_same(self):
        [event] = self.receive(self.text("Hello"))
        self.finding = Finding("private")
        self.assertCheck("https", "warning", "but Viber does")
        self.age(event, create_date=self.ago(days=2))
        self.forget_events()
        for _hour in range(3):
            self.assertCheck("https", "warning", "but Viber does")
        self.finding = Finding("broken")
        self.assertCheck("https", "problem", "breaks off")
        self.finding = Finding("private")
        self.assertCheck("https", "problem", "private")

    def test_what_is_unreachable_from_inside_is_so_as_long_as_viber_calls(self):
        [event] = self.receive(self.text("Hello"))
        self.finding = Finding("private")
        self.assertCheck("https", "warning", "but Viber does")
        self.age(event, create_date=self.ago(days=8))
        self.forget_events()
        self.assertCheck("https", "problem", "private")

    def test_at_home_with_a_stand_in_nobody_looks(self):
        self.account.base_url = "http://127.0.0.1:8069"
        self.viber.webhook = self.account.webhook_url
        self.assertCheck("https", "ok", "stand-in")
        self.assertFalse(self.looked)

    def test_silence(self):
        self.assertCheck("last_event", "ok", "No customer has written yet")
        [event] = self.receive(self.text("Hello"))
        self.assertCheck("last_event", "ok", "came at")
        self.age(event, create_date=self.ago(days=8))
        self.forget_events()
        self.assertCheck("last_event", "warning", "long ago", "Write to the bot")
        self.account.silence_days = 9
        self.assertCheck("last_event", "ok")
        self.account.silence_days = 0
        self.assertCheck("last_event", "ok")
        with self.assertRaises(ValidationError):
            self.account.silence_days = -1

    def forget_events(self):
        checks = self.account.health_checks
        self.account.health_checks = [c for c in checks if c["code"] != "last_event"]

    def test_the_last_event_is_remembered_and_only_new_rows_are_read(self):
        [event] = self.receive(self.text("Hello"))
        self.look()
        date = self.check("last_event")["text"]
        event.unlink()
        self.look()
        self.assertEqual(self.check("last_event")["text"], date)
        self.age(self.receive(self.text("Again")), create_date=self.ago(days=2))
        self.look()
        self.assertNotEqual(self.check("last_event")["text"], date)

    def refuse(self, *counts, **ago):
        self.env["viber.refusal"].create(
            [
                {"account_id": self.account.id, "date": self.ago(**ago), "count": n}
                for n in counts
            ]
        )

    def test_refused_signatures(self):
        self.refuse(99, hours=30)
        self.assertCheck("refused_signatures", "ok")
        self.refuse(1, 1, minutes=30)
        self.assertCheck("refused_signatures", "warning", "2,", "somebody else")
        self.refuse(40, minutes=20)
        self.assertCheck("refused_signatures", "problem", "42,", "the new one")
        self.receive(self.text("Signed well"))
        self.assertCheck("refused_signatures", "warning", "42,", "somebody else")

    def test_the_inbox_waits(self):
        [event] = self.receive(self.text("Hello"))
        self.assertCheck("inbox_backlog", "ok")
        self.age(event, create_date=self.ago(minutes=11))
        self.assertCheck("inbox_backlog", "warning", "11 minutes", "Viber → Inbox")
        self.age(event, create_date=self.ago(hours=2))
        self.assertCheck("inbox_backlog", "problem", "2 hours", "Repair")
        event.is_parked = True
        self.assertCheck("inbox_backlog", "ok")

    def test_the_outbox_waits(self):
        row = self.outbox(self.reply(self.converse()))
        self.assertCheck("outbox_backlog", "ok")
        self.age(row, create_date=self.ago(minutes=15))
        self.assertCheck("outbox_backlog", "warning", "15 minutes", "Viber → Outbox")
        self.age(row, create_date=self.ago(hours=3))
        self.assertCheck("outbox_backlog", "problem", "3 hours", "Press Repair")
        self.account._pause("HTTP 503")
        self.assertCheck("outbox_backlog", "problem", "can't be reached", "Repair asks")
        # What waits for a time of its own waits for nobody else.
        row.next_attempt_date = self.ago(hours=-1)
        self.assertCheck("outbox_backlog", "ok")

    def test_what_failed(self):
        row = self.outbox(self.reply(self.converse()))
        self.viber.answer("send_message", {"status": 3})
        self.send()
        self.assertEqual(row.state, "failed")
        self.assertCheck("failed", "warning", "customers: 1", "Not Delivered")
        [event] = self.receive(self.text("Odd"))
        event.state = "failed"
        self.assertCheck("failed", "warning", "posted: 1", "Not Delivered")
        row._cancel()
        self.assertCheck("failed", "warning", "posted: 1", "Viber → Inbox")
        event.state = "done"
        self.assertCheck("failed", "ok")

    def test_a_job_that_is_switched_off(self):
        job = self.env.ref("viber_connector.ir_cron_send_messages")
        job.active = False
        self.assertCheck("scheduler", "problem", job.cron_name, "Press Repair")
        job.active = True
        self.assertCheck("scheduler", "ok")

    @mute_logger("odoo.addons.base.models.ir_cron")
    def test_a_job_that_odoo_switches_off(self):
        job = self.env.ref("viber_connector.ir_cron_process_events")
        values = {"failure_count": 1, "first_failure_date": self.ago(days=8)}
        self.age(job, **values)
        self.assertCheck("scheduler", "warning", job.cron_name, "passes")
        self.age(job, failure_count=4)
        self.assertCheck("scheduler", "problem", "Failing since", "log says why")
        status = type(job)._process_job.__globals__["CompletionStatus"].FAILED
        job._update_failure_count(job.read()[0] | {"cron_name": "x"}, status)
        self.env.invalidate_all()
        self.assertFalse(job.active)
        self.assertCheck("scheduler", "problem", "Switched off", "Press Repair")

    def test_jobs_that_nobody_runs(self):
        job = self.env.ref("viber_connector.ir_cron_send_messages")
        self.age(job, nextcall=self.ago(minutes=11))
        self.assertCheck("scheduler", "problem", job.cron_name, "max_cron_threads")
        self.age(job, nextcall=self.ago(hours=-1), lastcall=None)
        self.assertCheck("scheduler", "problem", job.cron_name, "max_cron_threads")

    def test_a_server_that_was_off_gets_to_them(self):
        job = self.env.ref("viber_connector.ir_cron_send_messages")
        self.age(job, nextcall=self.ago(hours=8))
        self.patch(ir_cron, "_STARTED", time.monotonic() - 9 * 60)
        self.assertCheck("scheduler", "ok")
        self.patch(ir_cron, "_STARTED", time.monotonic() - 11 * 60)
        self.assertCheck("scheduler", "problem", job.cron_name)

    def test_jobs_that_are_new_have_time(self):
        job = self.env.ref("viber_connector.ir_cron_send_messages")
        self.age(job, nextcall=self.ago(minutes=9), lastcall=None)
        self.age(job, write_date=self.ago(minutes=9))
        self.assertCheck("scheduler", "ok")

    def test_when_nobody_looks_any_more_that_is_said(self):
        self.look()
        self.account.health_date = self.ago(hours=4)
        self.assertEqual(self.account.health, "problem")
        check = self.check("scheduler")
        self.assertIn("Nothing has looked", check["text"])
        self.assertIn("max_cron_threads", check["advice"])

    def test_a_copy_says_nothing_else_and_asks_nobody(self):
        self.look()
        self.viber.requests.clear()
        self.looked.clear()
        self.account.database_uuid = "another"
        # Nobody has looked since.
        self.assertEqual(self.account.health, "problem")
        self.assertEqual([one["code"] for one in self.report()], ["copied_database"])
        self.assertCheck("copied_database", "problem", "copy", "real one")
        self.assertEqual(len(self.report()), 1)
        self.assertFalse(self.viber.requests)
        self.assertFalse(self.looked)

    def test_the_worst_comes_first(self):
        self.viber.info["event_types"] = ["message"]
        self.finding = Finding("expired")
        self.receive(self.text("Hello"))[0].state = "failed"
        self.look()
        levels = [check["level"] for check in self.report()]
        self.assertEqual(levels, sorted(levels, reverse=True, key=self.rank))
        self.assertEqual(levels[:3], ["problem", "warning", "warning"])
        self.assertEqual(self.account.health, "problem")
        self.viber.info["event_types"] = list(const.EVENT_TYPES)

    def rank(self, level):
        return ("ok", "warning", "problem").index(level)

    def test_words_are_those_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        with patch.object(
            viber_account_health.viber_health_words, "format_timedelta"
        ) as told:
            told.return_value = "deux heures"
            [event] = self.receive(self.text("Hello"))
            self.age(event, create_date=self.ago(hours=2))
            self.look()
            report = self.account.with_context(lang="fr_FR").health_report
        self.assertIn("deux heures", str(report))
        self.assertEqual(str(told.call_args.kwargs["locale"]), "fr_FR")
        self.assertNotIn("deux heures", str(self.account.health_checks))


class TestWhoIsTold(HealthCase):
    def test_one_activity_as_long_as_it_lasts(self):
        self.finding = Finding("expired")
        for _look in range(3):
            self.look()
        [activity] = self.activities()
        self.assertTrue(activity.user_id.has_group(MANAGER))
        self.assertIn("has expired", activity.note)
        self.account.auth_token = False
        self.account.state = "error"
        self.look()
        [activity] = self.activities()
        self.assertIn("no API key", activity.note)

    def test_it_closes_by_itself(self):
        self.finding = Finding("closed")
        self.look()
        self.assertTrue(self.activities())
        self.finding = Finding("fine", {"until": UNTIL})
        self.look()
        self.assertFalse(self.activities())
        self.finding = Finding("closed")
        self.look()
        self.assertEqual(len(self.activities()), 1)

    def test_a_warning_is_no_activity(self):
        self.finding = Finding("renew", {"until": UNTIL})
        self.look()
        self.assertEqual(self.account.health, "warning")
        self.assertFalse(self.activities())

    def test_who_is_done_with_it_is_not_told_of_the_same_again(self):
        self.finding = Finding("closed")
        self.look()
        self.activities().action_feedback()
        self.look()
        self.assertFalse(self.activities())
        self.account._mark_broken("Blocked.")
        self.look()
        self.assertEqual(len(self.activities()), 1)

    def test_a_copy_writes_to_nobody(self):
        sent = []
        activities = type(self.env["mail.activity"])
        self.patch(activities, "action_notify", lambda told: sent.append(told))
        self.account.database_uuid = "another"
        self.look()
        self.assertEqual(len(self.activities()), 1)
        self.assertFalse(sent)
        self.account.write(self.account._own_database() | {"copy_seen_date": False})
        self.finding = Finding("closed")
        self.look()
        self.activities().unlink()
        self.account.health_told = False
        self.look()
        self.assertTrue(sent)

    def test_what_is_not_connected_is_not_looked_at(self):
        self.account.action_disconnect()
        self.viber.requests.clear()
        action = self.account.with_user(self.manager).action_diagnose()
        self.assertIn("Not connected", action["params"]["message"])
        self.assertFalse(self.viber.requests)

    def test_an_account_that_is_not_used_needs_nobody(self):
        for values in ({"active": False}, {"state": "draft"}):
            self.account.write({"active": True, "state": "connected"})
            self.finding = Finding("closed")
            self.look()
            self.assertTrue(self.activities())
            self.account.write(values)
            self.assertFalse(self.account.health)
            self.run_job("ir_cron_check_accounts")
            self.assertFalse(self.activities())

    def test_one_account_that_fails_holds_up_no_other(self):
        other = self.env["viber.account"].create(
            {"auth_token": "b", "base_url": "https://b.example.com"}
        )
        other.action_connect()
        self.viber.webhook = self.account.webhook_url
        original = type(other)._keep_health

        def keep(account, *found):
            if account == self.account:
                raise ZeroDivisionError
            return original(account, *found)

        self.patch(type(other), "_keep_health", keep)
        both = self.account | other
        both.write({"health_checks": False, "health_date": False})
        with mute_logger("odoo.addons.viber_connector.models.viber_queue_mixin"):
            self.run_job("ir_cron_check_accounts")
        self.assertTrue(other.health_checks)
        self.assertFalse(self.account.health_checks)

    @mute_logger("odoo.addons.viber_connector.models.viber_account_health")
    def test_whatever_goes_wrong_outside_is_a_finding(self):
        self.finding = ZeroDivisionError()
        self.viber.answer("get_account_info", ZeroDivisionError())
        self.assertCheck("https", "problem", "breaks off", "firewall")
        self.assertEqual(self.check("key")["level"], "warning")

    def test_nobody_waits_for_a_slow_viber(self):
        with patch.object(viber_account_health, "wait") as wait:
            wait.side_effect = lambda futures, seconds: None
            with patch.object(
                viber_account_health.ThreadPoolExecutor, "submit"
            ) as submit:
                submit.return_value.done.return_value = False
                self.account.action_diagnose()
        self.assertEqual(wait.call_args.args[1], const.HEALTH_SECONDS)
        self.assertEqual(self.check("key")["level"], "warning")
        self.assertIn("in time", self.check("key")["text"])

    def test_who_waits_does_not_wait_again_for_a_conflict(self):
        self.look()
        self.viber.requests.clear()
        conflict = psycopg2.errors.SerializationFailure()
        accounts = type(self.account)
        with patch.object(accounts, "_keep_health", side_effect=conflict) as keep:
            account = self.account.with_user(self.manager)
            told = [account.action_diagnose()]
            self.viber.answer("get_account_info", requests.ReadTimeout())
            told.append(account.action_repair())
        for action in told:
            self.assertIn("at this very moment", action["params"]["message"])
            self.assertNotIn("All is well", action["params"]["message"])
        self.assertEqual(keep.call_count, 2)
        self.assertEqual(len(self.viber.requests), 2)

    def test_what_was_looked_at_is_not_looked_at_again_at_once(self):
        self.look()
        count = len(self.looked)
        self.run_job("ir_cron_check_accounts")
        self.assertEqual(len(self.looked), count)
        self.account.health_date = self.ago(minutes=51)
        self.run_job("ir_cron_check_accounts")
        self.assertEqual(len(self.looked), count + 1)

    def test_who_asks_while_the_job_looks_gets_another_look(self):
        def answer():
            # As `_look_soon` of somebody else does.
            self.env.cr.execute("UPDATE viber_account SET health_date = NULL")
            return {}

        with patch.object(viber_account_health.ThreadPoolExecutor, "submit") as submit:
            submit.return_value.done.return_value = True
            submit.return_value.result.side_effect = answer
            with patch.object(viber_account_health, "wait"):
                self.look()
        self.assertFalse(self.account.health_date)
        self.look()
        self.assertTrue(self.account.health_date)

    def test_what_was_a_copy_when_the_job_began_is_looked_at_again(self):
        self.look()
        before = self.account.health_checks
        # A copy is asked for nothing; it was adopted meanwhile.
        self.account._keep_health(None, None)
        self.assertEqual(self.account.health_checks, before)

    def test_managers_of_the_company_hear_when_it_changes(self):
        told = []
        users = type(self.manager)
        self.patch(users, "_bus_send", lambda user, kind, _data: told.append(kind))
        self.look()
        told.clear()
        self.look()
        self.assertFalse(told)
        self.finding = Finding("closed")
        self.look()
        self.assertIn(const.BUS_HEALTH, told)

    def test_it_is_found_by_its_health(self):
        self.finding = Finding("closed")
        self.look()
        draft = self.env["viber.account"].create({"name": "Draft"})
        accounts = self.env["viber.account"].with_user(self.manager)
        found = accounts.search([("health", "in", ("warning", "problem"))])
        self.assertIn(self.account, found)
        self.assertNotIn(draft, found)
        self.assertIn(draft, accounts.search([("health", "=", False)]))
        self.assertNotIn(self.account, accounts.search([("health", "=", "ok")]))

    def test_it_is_for_managers(self):
        for name in ("health", "health_report", "health_checks", "old_key_until"):
            with self.assertRaises(AccessError):
                self.account.with_user(self.agent).read([name])
        account = self.account.with_user(self.agent)
        for action in (
            account.action_diagnose,
            account.action_repair,
            account.action_refuse_old_key,
        ):
            with self.assertRaises(AccessError):
                action()


class TestRepair(HealthCase):
    def repair(self, **context):
        self.viber.requests.clear()
        account = self.account.with_user(self.manager).with_context(**context)
        action = account.action_repair()
        self.env.invalidate_all()
        return action["params"]["message"]

    def methods(self):
        return [method for method, _body in self.viber.requests]

    def test_jobs_are_switched_on_and_woken(self):
        self.jobs.active = False
        self.look()
        self.assertTrue(self.activities())
        words = self.repair()
        self.assertIn("Switched on", words)
        self.assertTrue(all(self.jobs.mapped("active")))
        triggers = self.env["ir.cron.trigger"].search([])
        self.assertLessEqual(self.jobs, triggers.cron_id)
        self.assertEqual(self.check("scheduler")["level"], "ok")
        self.assertFalse(self.activities())

    def test_a_neutralized_copy_stays_asleep(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.jobs.active = False
        self.assertIn("neutralized", self.repair())
        self.assertFalse(any(self.jobs.mapped("active")))

    def test_a_webhook_that_is_gone_is_set_again(self):
        self.viber.webhook = ""
        self.assertIn("set again", self.repair())
        self.assertEqual(self.viber.webhook, self.account.webhook_url)
        self.assertEqual(self.check("webhook_url")["level"], "ok")

    def test_events_that_are_missing_are_asked_for(self):
        for told in (["message"], [{"name": "delivered"}]):
            events = {"event_types": told, "webhook": self.viber.webhook}
            self.viber.answer("get_account_info", {"status": 0} | events)
            self.assertIn("set again", self.repair())

    def test_nothing_is_set_where_nothing_is_wrong(self):
        self.repair()
        self.assertNotIn("set_webhook", self.methods())

    def test_another_system_is_asked_before(self):
        self.viber.webhook = "https://crm.example.net/hook"
        words = self.repair()
        self.assertIn("crm.example.net", words)
        self.assertNotIn("set_webhook", self.methods())
        self.assertTrue(self.account.is_webhook_foreign)
        self.assertIn("set again", self.repair(viber_take_over=True))
        self.assertEqual(self.viber.webhook, self.account.webhook_url)
        self.assertFalse(self.account.is_webhook_foreign)

    def test_of_a_copy_viber_hears_nothing(self):
        self.account.database_uuid = "another"
        self.viber.webhook = ""
        for context in ({}, {"viber_take_over": True}):
            self.assertIn("is a copy", self.repair(**context))
            self.assertFalse(self.viber.requests)

    def test_the_queue_is_opened(self):
        self.account._pause("HTTP 503")
        self.assertIn("open again", self.repair())
        self.assertFalse(self.account.paused_until)
        self.account._mark_broken("Blocked.")
        self.assertIn("open again", self.repair())
        self.assertEqual(self.account.state, "connected")

    def test_a_viber_that_refuses_is_not_hidden(self):
        self.account._mark_broken("Blocked.")
        refusal = {"status": 7, "status_message": "blocked"}
        self.viber.answer("get_account_info", refusal)
        self.assertIn("blocked this bot", self.repair())
        self.assertEqual(self.account.state, "error")

    def test_a_webhook_that_is_refused_is_not_hidden(self):
        self.viber.webhook = ""
        self.viber.answer("set_webhook", {"status": 1})
        self.assertIn("can't reach this Odoo", self.repair())
        self.assertEqual(self.check("webhook_url")["level"], "problem")

    def test_with_one_worker_repair_says_so_like_connect(self):
        self.viber.webhook = ""
        self.viber.answer("set_webhook", {"status": 1})
        with patch.dict(config.options, workers=1):
            self.assertIn("workers = 1", self.repair())

    def test_the_job_looks_soon(self):
        self.look()
        self.repair()
        self.assert_looked_at_soon()
        self.assertTrue(self.account.health)

    def test_what_is_not_connected_is_not_connected_by_it(self):
        self.account.action_disconnect()
        self.repair()
        self.assertNotIn("set_webhook", self.methods())
        self.assertEqual(self.account.state, "draft")


class TestTally(HealthCase):
    def test_a_flood_is_written_once_a_minute(self):
        tally = viber_refusal.Tally(60)
        with patch.object(viber_refusal.time, "monotonic") as clock:
            clock.return_value = 1000
            self.assertEqual(tally.add("db", 7), {7: 1})
            for _request in range(10_000):
                self.assertFalse(tally.add("db", 7))
            self.assertFalse(tally.add("db", 8))
            self.assertEqual(tally.add("other", 7), {7: 1})
            clock.return_value = 1059
            self.assertFalse(tally.add("db", 7))
            clock.return_value = 1060
            self.assertEqual(tally.add("db", 8), {7: 10_001, 8: 2})
            self.assertFalse(tally.add("db", 7))

    def test_what_was_counted_is_one_row_and_leaves_the_account_alone(self):
        self.patch(viber_refusal, "_tally", viber_refusal.Tally(60))
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin FROM viber_account")
        before = self.env.cr.fetchall()
        refusals = self.env["viber.refusal"]
        with self.assertQueryCount(3):
            for _request in range(100):
                refusals._count(self.account)
        self.assertEqual(refusals.search([]).mapped("count"), [1])
        self.env.cr.execute("SELECT xmin FROM viber_account")
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_an_account_that_is_gone_breaks_no_answer(self):
        self.patch(viber_refusal, "_tally", viber_refusal.Tally(0))
        self.env["viber.refusal"]._count(self.account.browse(2**30))
        self.assertFalse(self.env["viber.refusal"].search([]))

    def test_old_rows_go(self):
        for hours in (1, 47, 49):
            self.env["viber.refusal"].create(
                {
                    "account_id": self.account.id,
                    "date": self.ago(hours=hours),
                    "count": hours,
                }
            )
        self.env["viber.refusal"]._gc_refusals()
        counts = self.env["viber.refusal"].search([]).mapped("count")
        self.assertEqual(sorted(counts), [1, 47])
