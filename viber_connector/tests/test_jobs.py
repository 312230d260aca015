"""A run of a job ends in time, and gives way to others."""

import json
import time
from unittest.mock import patch

import psycopg2
import requests

from odoo import fields
from odoo.tools import SQL

from .. import const
from ..tools import media
from .common import TOKEN, ViberCase
from .test_kinds import JPEG, URL

CUSTOMERS = 300
EVENTS = 3000


class JobCase(ViberCase):
    def setUp(self):
        super().setUp()
        self.events = self.env["viber.event"]

    def triggers(self, name):
        """:return: the wake-ups of a job that wait now"""
        cron = self.env.ref(name)
        now = fields.Datetime.now()
        triggers = self.env["ir.cron.trigger"]
        return triggers.search([("cron_id", "=", cron.id), ("call_at", "<=", now)])

    def planned(self, name):
        """:return: when a job is to be called later"""
        cron = self.env.ref(f"viber_connector.{name}")
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", cron.id), ("call_at", ">", fields.Datetime.now())]
        )
        return triggers.mapped("call_at")

    def pending(self):
        return self.events.search_count([("state", "=", "pending")])

    def slow(self, model, method, seconds):
        """Have a method take longer."""
        real = getattr(model, method)

        def be_slow(*args, **options):
            time.sleep(seconds)
            return real(*args, **options)

        return patch.object(model, method, be_slow)


class TestPlans(JobCase):
    """A queue in which nothing is due is looked after when its first row is."""

    def setUp(self):
        super().setUp()
        self.task = self.converse()
        self.soon = fields.Datetime.add(fields.Datetime.now(), seconds=40)

    def test_events(self):
        first, second = self.receive(
            self.text("a", user_id="a=="), self.text("b", user_id="b==")
        )
        first.next_attempt_date = fields.Datetime.add(self.soon, seconds=1)
        second.next_attempt_date = self.soon
        self.process()
        self.assertEqual(self.planned("ir_cron_process_events"), [self.soon])

    def test_messages(self):
        self.outbox(self.reply(self.task)).next_attempt_date = self.soon
        self.send()
        self.assertEqual(self.planned("ir_cron_send_messages"), [self.soon])

    def test_pauses(self):
        self.outbox(self.reply(self.task))
        self.account.paused_until = self.soon
        self.send()
        self.assertEqual(self.planned("ir_cron_send_messages"), [self.soon])

    def test_files(self):
        self.viber.serve(URL, requests.ReadTimeout())
        self.receive(self.event(message={"type": "picture", "media": URL}))
        self.process()
        file = self.env["viber.media"].search([("state", "=", "pending")])
        self.assertEqual(self.planned("ir_cron_fetch_media"), [file.next_attempt_date])
        self.env["ir.cron.trigger"].search([]).unlink()
        file.next_attempt_date = False
        self.run_job("ir_cron_fetch_media")
        self.assertEqual(file.attempt_count, 2)
        self.assertEqual(self.planned("ir_cron_fetch_media"), [file.next_attempt_date])


class TestBus(JobCase):
    """What is committed is done, though nobody can be told of it."""

    def test_a_bus_that_fails_undoes_nothing(self):
        rows = self.receive(
            self.text("a", user_id="a=="), self.text("b", user_id="b==")
        )
        task = self.converse()
        sent = self.outbox(self.reply(task))
        told = []

        def tell(_bus, channels):
            told.append(channels)
            raise psycopg2.OperationalError("too many clients")

        with (
            patch.object(const, "BUS_SECONDS", 0),
            patch.object(type(self.env["bus.bus"]), "_viber_tell", tell),
            self.assertLogs("odoo.addons.viber_connector", "WARNING") as logs,
        ):
            self.process()
            self.send()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertFalse(any(rows.mapped("error")))
        self.assertEqual(sent.state, "sent")
        self.assertTrue(all("bus could not be told" in line for line in logs.output))
        # Whom nobody has told yet is told next time.
        self.assertIn(told[0][0], told[1])


class TestRunner(JobCase):
    def test_another_runner_overrides_the_methods_of_the_runner(self):
        queues = type(self.env["viber.queue.mixin"])
        asked = []

        def wake(queue, at=None):
            asked.append((queue._job_name, bool(at)))

        def commit(queue, done=0, patient=True):
            queue._commit()
            asked.append(queue._job_name)
            return True

        scheduler = type(self.env["ir.cron"])
        jobs = (
            "ir_cron_process_events",
            "ir_cron_fetch_media",
            "ir_cron_send_messages",
        )
        with (
            patch.object(queues, "_wake", wake),
            patch.object(queues, "_commit_progress", commit),
            patch.object(scheduler, "_viber_wake") as viber_wake,
            patch.object(scheduler, "_commit_progress") as commit_progress,
            patch.object(scheduler, "_viber_others_query") as others_query,
            patch.object(scheduler, "_viber_waiting_query") as waiting_query,
            patch.object(queues, "_waiting_query", lambda _: SQL("SELECT WHERE FALSE")),
            patch.object(const, "JOB_SLICE", 0),
            patch.object(const, "JOB_LOOK_AGAIN", 0),
        ):
            task = self.converse()
            self.reply(task)
            self.send()
            self.viber.serve(URL, requests.ReadTimeout())
            self.receive(self.event(message={"type": "picture", "media": URL}))
            self.process()
            self.env["viber.media"].search([]).next_attempt_date = False
            self.run_job("ir_cron_fetch_media")
            self.viber.answer("send_message", requests.ConnectionError())
            self.reply(task)
            self.send()
            self.receive(self.event("seen", message_token=42))
            self.process()
        for job in jobs:
            self.assertIn(job, asked)
            self.assertIn((job, True), asked)
        self.assertIn((jobs[0], False), asked)
        self.assertIn((jobs[2], False), asked)
        viber_wake.assert_not_called()
        commit_progress.assert_not_called()
        others_query.assert_not_called()
        waiting_query.assert_not_called()
        self.assertEqual(len(self.viber.sent()), 2)


class TestRuns(JobCase):
    def test_a_full_inbox_is_left_in_time(self):
        self.env.cr.execute(
            """
            INSERT INTO viber_event
                   (account_id, event_type, message_token, viber_user_id, event_date,
                    payload, state, attempt_count, create_date, write_date)
            SELECT %s, 'message', (6209201920139864907 + number)::text,
                   'customer ' || number %% %s,
                   now() AT TIME ZONE 'UTC' - interval '1 hour'
                       + number * interval '1 ms',
                   replace(replace(%s, '@user', 'customer ' || number %% %s),
                           '@text', 'Text ' || number),
                   'pending', 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
              FROM generate_series(1, %s) AS number
            """,
            [
                self.account.id,
                CUSTOMERS,
                json.dumps(self.text("@text", user_id="@user")),
                CUSTOMERS,
                EVENTS,
            ],
        )
        start = time.monotonic()
        self.process()
        self.assertLess(time.monotonic() - start, 12)
        self.assertLess(self.pending(), EVENTS)
        if self.pending():
            self.assertTrue(self.triggers("viber_connector.ir_cron_process_events"))

    def test_without_time_a_call_does_nothing_and_comes_again(self):
        for job, model in (
            ("ir_cron_process_events", "viber.event"),
            ("ir_cron_send_messages", "viber.message"),
            ("ir_cron_fetch_media", "viber.media"),
        ):
            self.triggers(f"viber_connector.{job}").unlink()
            with (
                self.subTest(job),
                self.enter_registry_test_mode(),
                self.env.registry.cursor() as cr,
                patch.object(type(self.env[model]), "_work") as work,
            ):
                env = self.env(cr=cr, context={"cron_end_time": time.monotonic()})
                env[model]._process_queue()
                work.assert_not_called()
            self.assertTrue(self.triggers(f"viber_connector.{job}"))

    def test_the_time_is_looked_at_after_each_customer(self):
        rows = self.receive(
            *(self.text("Hello", user_id=f"{number}==") for number in range(6))
        )
        with (
            self.slow(type(self.env["viber.event"]), "_post", 0.3),
            patch.object(type(rows), "_job_seconds", 0.5),
        ):
            self.process()
        self.assertIn(self.pending(), range(1, 6))
        self.assertTrue(self.triggers("viber_connector.ir_cron_process_events"))
        self.process()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_the_time_is_looked_at_within_one_customer(self):
        rows = self.receive(*(self.text(f"{number}") for number in range(6)))
        with (
            self.slow(type(self.env["viber.event"]), "_post", 0.3),
            patch.object(type(rows), "_job_seconds", 0.5),
        ):
            self.process()
        self.assertIn(self.pending(), range(1, 6))
        self.process()
        [task] = {self.conversation(row) for row in rows}
        self.assertEqual(
            [str(body) for body in self.comments(task).mapped("body")],
            [f"<p>{number}</p>" for number in range(6)],
        )

    def test_customers_who_are_locked_take_no_more_time_than_there_is(self):
        rows = self.receive(
            *(self.text("Hello", user_id=f"{number}==") for number in range(20))
        )

        def be_locked(*_args):
            time.sleep(0.2)
            raise psycopg2.errors.LockNotAvailable()

        start = time.monotonic()
        with (
            patch.object(type(rows), "_process_events_of", be_locked),
            patch.object(type(rows), "_job_seconds", 0.5),
        ):
            self.process()
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(self.pending(), 20)
        self.process()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_a_run_gives_way_when_another_job_is_due(self):
        rows = self.receive(
            *(self.text("Hello", user_id=f"{number}==") for number in range(8))
        )
        outbox = self.env["viber.message"]
        with (
            self.slow(type(self.env["viber.event"]), "_post", 0.2),
            patch.object(const, "JOB_SLICE", 0.3),
            patch.object(const, "JOB_LOOK_AGAIN", 0),
        ):
            outbox._wake()
            self.process()
            self.assertIn(self.pending(), range(4, 8))
            self.assertTrue(self.triggers("viber_connector.ir_cron_process_events"))
        self.process()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_a_slow_file_is_not_begun_anew_by_the_next_run(self):
        self.viber.serve(URL, JPEG)
        message = {"type": "picture", "media": URL}
        [row] = self.receive(self.event(message=message))
        with self.slow(media, "try_fetch", 0.6):
            with patch.object(type(row), "_job_seconds", 0.3):
                self.process()
            self.assertEqual(row.state, "pending")
            self.process()
        self.assertEqual(row.state, "done", row.error)
        self.assertEqual(row.mail_message_id.attachment_ids.raw, JPEG)
        self.assertEqual(len(self.viber.downloads), 1)

    def test_late_files_hold_no_worker(self):
        self.viber.serve(URL, requests.ReadTimeout())
        [row] = self.receive(self.event(message={"type": "picture", "media": URL}))
        self.process()
        self.viber.serve(URL, JPEG)
        files = self.env["viber.media"].search([("event_id", "=", row.id)])
        files.next_attempt_date = False
        self.viber.downloads.clear()
        start = time.monotonic()
        with self.slow(media, "try_fetch", 3):
            with patch.object(type(files), "_job_seconds", 0.3):
                self.run_job("ir_cron_fetch_media")
            self.assertLess(time.monotonic() - start, 2.9)
            self.assertEqual(files.state, "pending")
            self.run_job("ir_cron_fetch_media")
        self.assertEqual(files.state, "done")
        self.assertEqual(row.mail_message_id.attachment_ids.raw, JPEG)
        self.assertEqual(len(self.viber.downloads), 1)

    def test_accounts_out_of_reach_are_asked_at_the_same_time(self):
        accounts = self.account.browse()
        for number in range(8):
            account = self.account.create(
                {"auth_token": f"{TOKEN}-{number}", "base_url": "https://a.example.com"}
            )
            accounts |= account
        accounts.write(
            {
                "state": "connected",
                "paused_since": fields.Datetime.now(),
                "paused_until": fields.Datetime.now(),
                "pause_count": 1,
            }
        )
        handle = self.viber.handle

        def hang(request):
            time.sleep(1)
            return handle(request)

        start = time.monotonic()
        with patch.object(self.viber, "handle", hang):
            self.send()
        self.assertLess(time.monotonic() - start, 4)
        self.assertFalse(any(accounts.mapped("paused_until")))
