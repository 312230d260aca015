"""Files that do not come at once: the message stands, the file follows or not."""

import threading
import time
from datetime import timedelta
from unittest.mock import patch

import psycopg2
import requests

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user
from odoo.tools import mute_logger

from .. import const
from ..tools import media
from .common import ViberCase
from .test_kinds import JPEG, URL


class TestLateFiles(ViberCase):
    def post(self, text="look", url=URL, **values):
        """Have a customer send a picture that is not there yet.

        :return: the chatter message
        """
        message = {"type": "picture", "text": text, "media": url}
        [row] = self.receive(self.event(message=message, **values))
        self.process()
        self.assertEqual(row.state, "done", row.error)
        return row.mail_message_id

    def fetch(self):
        """Have the files fetched that are late."""
        self.waiting().next_attempt_date = False
        self.run_job("ir_cron_fetch_media")

    def waiting(self):
        return self.env["viber.media"].search([("state", "=", "pending")])

    def row_of(self, message):
        return self.env["viber.media"].search([("mail_message_id", "=", message.id)])

    def test_the_message_is_there_before_its_file(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = self.post()
        self.assertIn("look", message.body)
        self.assertIn("picture is being fetched…", message.body)
        self.assertFalse(message.attachment_ids)

        self.viber.serve(URL, JPEG)
        self.fetch()
        self.assertEqual(message.attachment_ids.raw, JPEG)
        self.assertEqual(message.attachment_ids.name, "picture.jpg")
        self.assertEqual(message.attachment_ids.mimetype, "image/jpeg")
        self.assertEqual(message.attachment_ids.res_id, message.res_id)
        self.assertIn("look", message.body)
        self.assertNotIn("fetched", message.body)
        self.assertEqual(self.row_of(message).state, "done")
        self.assertFalse(self.waiting())

    def test_a_slow_file_holds_no_message_up(self):
        self.viber.serve(URL, JPEG)
        with patch.object(const, "MEDIA_PATIENCE", 0):
            message = self.post()
        self.assertIn("being fetched", message.body)
        self.fetch()
        self.assertEqual(message.attachment_ids.raw, JPEG)

    def test_a_file_on_its_way_is_seen_through_when_the_time_of_the_job_is_over(self):
        self.viber.serve(URL, JPEG)
        fetch = media.try_fetch

        def be_slow(*args, **options):
            time.sleep(0.5)
            return fetch(*args, **options)

        cron = type(self.env["ir.cron"])
        with (
            patch.object(media, "try_fetch", be_slow),
            patch.object(cron, "_commit_progress", lambda *_args, **_options: 0),
        ):
            message = self.post()
        self.assertEqual(message.attachment_ids.raw, JPEG)
        self.assertEqual(len(self.viber.downloads), 1)

    def test_a_thread_that_hangs_holds_nothing_up(self):
        end = threading.Event()
        self.addCleanup(end.set)

        def hang(*_args, **_options):
            end.wait(10)
            return media.MediaError("slow")

        start = time.monotonic()
        with (
            patch.object(media, "try_fetch", hang),
            patch.object(const, "MEDIA_PATIENCE", 0.3),
        ):
            message = self.post()
        self.assertLess(time.monotonic() - start, 5)
        self.assertIn("being fetched", message.body)

    def test_a_thread_that_hangs_does_not_hold_the_job_up(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = self.post()
        end = threading.Event()
        self.addCleanup(end.set)

        def hang(*_args, **_options):
            end.wait(10)

        start = time.monotonic()
        with (
            patch.object(media, "try_fetch", hang),
            patch.object(const, "MEDIA_TIMEOUT", 0.3),
        ):
            self.fetch()
        self.assertLess(time.monotonic() - start, 5)
        row = self.row_of(message)
        self.assertEqual(
            (row.state, row.reason), ("pending", "Viber's server was too slow.")
        )
        self.assertGreater(row.next_attempt_date, fields.Datetime.now())

    def test_a_remark_stays_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        company = self.env["res.company"].create({"name": "Branch"})
        company.partner_id.lang = "uk_UA"
        self.move_to_company(company)
        self.account.company_id = company
        self.viber.serve(URL, requests.ReadTimeout())
        said = []
        events = type(self.env["viber.event"])
        remark = events._small_print

        def listen(event, lines):
            said.append((event.env.lang, event.env.company))
            return remark(event, lines)

        with patch.object(events, "_small_print", listen):
            message = self.post()
            self.viber.serve(URL, status=404)
            self.fetch()
            row = self.row_of(message)
            self.assertEqual(row.state, "failed")
            companies = self.agent.company_id | company
            self.agent.company_ids = companies
            agents_row = row.with_user(self.agent)
            agents_row.with_context(allowed_company_ids=companies.ids).action_retry()
            self.viber.serve(URL, JPEG)
            self.fetch()
        self.assertEqual(row.state, "done")
        self.assertEqual(said, [("uk_UA", company)] * 4)

    def test_who_looks_at_the_conversation_sees_the_file_come(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = self.post()
        self.viber.serve(URL, JPEG)
        task = type(self.env[self.carrier])
        with patch.object(task, "_viber_push_content", autospec=True) as push:
            self.fetch()
        [(_task, pushed)] = [call.args for call in push.call_args_list]
        self.assertEqual(pushed.ids, message.ids)

    def test_a_file_of_the_service_that_is_ill_is_tried_until_the_link_is_dead(self):
        self.viber.serve(URL, status=503)
        message = self.post()
        row = self.row_of(message)
        self.assertEqual(
            row.expiry_date,
            message.date + timedelta(hours=1),
            "Viber's links live one hour",
        )
        delays = []
        while row.state == "pending" and len(delays) < 20:
            now = fields.Datetime.now()
            # A second may have gone by since the try was planned.
            delays.append(round((row.next_attempt_date - now).total_seconds(), -1))
            self.fetch()
            if len(delays) == 7:
                row.expiry_date = now
        self.assertEqual(len(delays), 8)
        self.assertEqual(delays, sorted(delays))
        self.assertEqual(row.state, "failed")
        self.assertIn("picture could not be fetched", message.body)
        self.assertIn("can't be reached", message.body)
        self.assertIn("Try again", message.body)
        self.assertIn("look", message.body)

    def test_what_cannot_get_better_is_given_up_at_once_and_says_why(self):
        for url, content, options, reason in (
            (URL, b"", {"status": 403}, "does not have it any more"),
            (URL, b"x", {"Content-Encoding": "gzip"}, "packed it in a way"),
            ("http://127.0.0.1/x.png", b"x", {}, "does not lead to Viber"),
            ("javascript:alert(1)", b"x", {}, "does not lead to Viber"),
            (URL, bytes(2 * 1024 * 1024), {}, "larger than this Odoo"),
        ):
            with self.subTest(reason):
                parameters = self.env["ir.config_parameter"]
                parameters.set_param(const.MEDIA_MAX_MB_PARAMETER, "1")
                self.viber.serve(url, content, **options)
                message = self.post(url=url)
                self.assertEqual(self.row_of(message).state, "failed")
                self.assertIn(reason, message.body)
                self.assertNotIn("javascript:", message.body)
                self.assertFalse(message.attachment_ids)

    def test_the_size_limit_is_a_parameter_with_a_default(self):
        for value, megabytes in (
            (False, 50),
            ("", 50),
            ("many", 50),
            ("-1", 50),
            ("7", 7),
        ):
            with self.subTest(value):
                key = const.MEDIA_MAX_MB_PARAMETER
                self.env["ir.config_parameter"].set_param(key, value)
                options = self.env["viber.media"]._fetch_options()
                self.assertEqual(options["max_bytes"], megabytes * 1024 * 1024)

    def test_a_person_can_try_again(self):
        self.viber.serve(URL, status=403)
        message = self.post()
        row = self.row_of(message)
        row.with_user(self.agent).action_retry()
        self.assertEqual(row.state, "pending")
        self.assertIn("being fetched", message.body)
        self.assertNotIn("Try again", message.body)
        self.fetch()
        self.assertEqual(row.state, "failed")
        self.assertIn("Try again", message.body)

        self.viber.serve(URL, JPEG)
        row.expiry_date = fields.Datetime.now() - timedelta(days=1)
        row.with_user(self.agent).action_retry()
        self.fetch()
        self.assertEqual(row.state, "done")
        self.assertEqual(message.attachment_ids.raw, JPEG)
        row.with_user(self.agent).action_retry()
        self.assertEqual(row.state, "done", "once is enough")

    def test_who_may_not_see_the_conversation_may_not_ask_for_its_files(self):
        self.viber.serve(URL, status=403)
        self.open_to("followers")
        row = self.row_of(self.post())
        stranger = new_test_user(self.env, "viber_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            row.with_user(stranger).action_retry()
        self.assertEqual(row.state, "failed")

    def test_two_workers_never_fetch_the_same_file(self):
        self.viber.serve(URL, requests.ReadTimeout())
        self.post()
        self.waiting().next_attempt_date = False
        self.env.flush_all()
        rows = self.env["viber.media"]
        with patch.object(type(rows), "_commit"):
            self.assertTrue(rows._claim())
            self.assertFalse(rows._claim())

    def test_somebody_else_at_the_same_rows_is_no_failure_of_the_job(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = self.post()
        self.viber.serve(URL, JPEG)
        self.waiting().next_attempt_date = False
        self.env["ir.cron.trigger"].search([]).unlink()
        job = self.env.ref("viber_connector.ir_cron_fetch_media")
        files = type(self.env["viber.media"])
        collision = psycopg2.errors.SerializationFailure
        with (
            patch.object(files, "_claim", side_effect=collision),
            self.assertNoLogs("odoo.addons.viber_connector", "ERROR"),
        ):
            self.run_job("ir_cron_fetch_media")
        self.assertFalse(message.attachment_ids)
        called = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        # At once, not after the pause for a job that failed.
        self.assertLessEqual(called.call_at, fields.Datetime.now())

        self.run_job("ir_cron_fetch_media")
        self.assertEqual(message.attachment_ids.raw, JPEG)

    def test_a_file_whose_task_is_gone_is_gone(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = self.post()
        self.env[self.carrier].browse(message.res_id).unlink()
        self.assertFalse(self.waiting())
        self.run_job("ir_cron_fetch_media")

    def test_each_file_goes_to_its_own_message(self):
        urls = [f"{URL}?{number}" for number in range(10)]
        messages = []
        for url in urls:
            self.viber.serve(url, requests.ReadTimeout())
            messages.append(self.post(text=url, url=url))
        for url in urls:
            self.viber.serve(url, JPEG + url.encode())
        self.waiting().next_attempt_date = False
        self.run_job("ir_cron_fetch_media")
        for url, message in zip(urls, messages, strict=True):
            self.assertEqual(message.attachment_ids.raw, JPEG + url.encode())

    def test_a_file_that_cannot_be_kept_is_no_loss_of_the_others(self):
        urls = [f"{URL}?{number}" for number in range(3)]
        for url in urls:
            self.viber.serve(url, requests.ReadTimeout())
        messages = [self.post(text=url, url=url) for url in urls]
        for url in urls:
            self.viber.serve(url, JPEG)
        rows = type(self.env["viber.media"])
        attach = rows._attach

        def fail(row, content, result):
            if row.url == urls[1]:
                raise OSError("disk full")
            return attach(row, content, result)

        self.waiting().next_attempt_date = False
        with (
            patch.object(rows, "_attach", fail),
            mute_logger("odoo.addons.viber_connector.models.viber_media"),
        ):
            self.run_job("ir_cron_fetch_media")
        self.assertEqual(
            [len(message.attachment_ids) for message in messages], [1, 0, 1]
        )
        row = self.row_of(messages[1])
        self.assertEqual(row.state, "failed")
        self.assertIn("fault in Odoo", messages[1].body)
        row.action_retry()
        self.fetch()
        self.assertEqual(messages[1].attachment_ids.raw, JPEG)

    def test_no_transaction_is_open_while_files_are_fetched(self):
        self.viber.serve(URL, requests.ReadTimeout())
        self.post()
        self.waiting().next_attempt_date = False
        steps = []
        rows = type(self.env["viber.media"])

        def fetch(url, **_options):
            # The main thread commits before it waits.
            committed.wait(5)
            steps.append("fetched")
            return media.MediaError("refused")

        committed = threading.Event()
        commit = rows._commit

        def note(model):
            commit(model)
            steps.append("committed")
            if len(steps) == 2:
                committed.set()

        with (
            patch.object(media, "try_fetch", fetch),
            patch.object(rows, "_commit", note),
        ):
            self.run_job("ir_cron_fetch_media")
        self.assertEqual(steps[:3], ["committed", "committed", "fetched"])
