import json
import time
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .. import const
from ..tools import callback
from .common import TOKEN, ViberCase, sign


@tagged("post_install", "-at_install")
class TestWebhook(ViberCase, HttpCase):
    def post(self, body, key=None, signature=None, **headers):
        key = self.account.webhook_key if key is None else key
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        if signature is None:
            signature = sign(body)
        if signature:
            headers["X-Viber-Content-Signature"] = signature
        return self.url_open(
            f"/viber/webhook/{key}?sig={signature}",
            data=body,
            headers={"Content-Type": "application/json"} | headers,
        )

    def rows(self):
        return self.env["viber.event"].search([("account_id", "=", self.account.id)])

    def test_a_signed_event_is_stored_and_answered_with_200(self):
        event = self.text("Hello")
        response = self.post(event)
        self.assertEqual(response.status_code, 200)
        [row] = self.rows()
        self.assertEqual(row.message_token, str(event["message_token"]))
        self.assertEqual(row.state, "pending")
        self.assertEqual(json.loads(row.payload), event)
        self.assertNotIn("Set-Cookie", response.headers)

    def test_the_job_is_woken_once_for_many_events(self):
        cron = self.env.ref("viber_connector.ir_cron_process_events")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        for number in range(5):
            self.post(self.text(f"Message {number}"))
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), 1
        )

    def test_a_repeated_event_is_stored_once(self):
        event = self.text("Hello")
        for _attempt in range(5):
            self.assertEqual(self.post(event).status_code, 200)
        self.assertEqual(len(self.rows()), 1)

    def test_receipts_of_one_token_are_different_events(self):
        for name in ("delivered", "seen", "failed"):
            self.post(self.event(name, message_token=5))
        self.post(self.event("delivered", message_token=5, user_id="another=="))
        self.assertEqual(len(self.rows()), 4)

    def test_forgers_get_one_and_the_same_answer(self):
        body = json.dumps(self.text("Hello")).encode()
        answers = [
            self.post(body, signature="0" * 64),
            self.post(body, signature=""),
            self.post(body, signature=sign(body, "wrong")),
            self.post(body, signature=sign(body + b" ")),
            self.post(body, signature="ü".encode().decode("latin-1")),
            self.post(body, key="unknown"),
            self.post(body, key="unknown%00"),
            self.post(body, key="x" * 1000),
        ]
        self.assert_refused_alike(answers)

    def assert_refused_alike(self, answers):
        self.assertEqual({answer.status_code for answer in answers}, {403})
        self.assertEqual(len({answer.content for answer in answers}), 1)
        headers = [dict(answer.headers) for answer in answers]
        self.assertTrue(all(given.pop("Date") for given in headers))
        self.assertEqual(headers, headers[:1] * len(headers))
        self.assertFalse(self.rows())

    def test_a_request_of_odd_form_is_one_of_a_forger(self):
        body = json.dumps(self.text("Hello")).encode()
        url = f"/viber/webhook/{self.account.webhook_key}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        parts = {"Content-Type": "multipart/form-data; boundary=x"}
        part = b'--x\r\nContent-Disposition: form-data; name="self"\r\n\r\n1\r\n--x--'
        requests = [
            lambda: self.post(body, signature="9" * 60_000),
            lambda: self.post(body, signature="\x80\xff"),
            lambda: self.post(body, key="x" * 60_000),
            lambda: self.post(body, key="%ED%A0%80%FF"),
            # Names of what the controller's methods take.
            lambda: self.url_open(
                f"{url}?self=1&webhook_key=2&body=3&endpoint=4", data=body
            ),
            lambda: self.url_open(f"{url}?" + "&".join("abc" * 9999), data=body),
            lambda: self.post(b"self=1&webhook_key=2", signature="", **form),
            lambda: self.post(b"&".join([b"a"] * 100_000), signature="", **form),
            lambda: self.post(part, signature="", **parts),
            lambda: self.post(
                part, signature="", **{"Content-Type": "multipart/form-data"}
            ),
            lambda: self.url_open(url, data=iter([b"x" * 65536] * 5)),
            lambda: self.url_open(
                url, data=b"no chunk", headers={"Transfer-Encoding": "chunked"}
            ),
        ]
        # Of a body that breaks off the server of the tests complains, when it has
        # answered.
        with self.assertLogs("werkzeug", "ERROR") as log:
            answers = [request() for request in requests]
            deadline = time.monotonic() + 30
            while not log.output and time.monotonic() < deadline:
                time.sleep(0.05)
        self.assert_refused_alike(answers)

    def test_nothing_is_parsed_before_the_sender_is_known(self):
        body = json.dumps(self.text("Hello")).encode()
        long_probe = json.dumps(self.event("webhook", padding="x" * 4096)).encode()
        with patch.object(callback, "parse", wraps=callback.parse) as parse:
            self.post(body, key="unknown")
            self.post(b'{"event":"webhook"}', key="unknown", signature="")
            self.post(body + b" " * const.PROBE_MAX_BYTES, signature="")
            self.post(body + b" " * const.PROBE_MAX_BYTES, signature="0" * 64)
            refused = self.post(long_probe, signature="")
            parse.assert_not_called()
            self.assertEqual(refused.status_code, 403)
            # Signed, it may be as long as it likes.
            self.assertEqual(self.post(long_probe).status_code, 200)
            self.assertEqual(parse.call_count, 1)
        self.assertFalse(self.rows())

    def test_the_probe_may_come_unsigned_and_is_not_stored(self):
        probe = self.event("webhook")
        self.assertEqual(self.post(probe, signature="").status_code, 200)
        self.assertEqual(self.post(probe).status_code, 200)
        self.assertEqual(self.post(probe, key="unknown").status_code, 403)
        self.assertFalse(self.rows())

    def test_a_signed_body_that_nobody_understands_is_kept(self):
        for body in (
            b"not json",
            b"[1, 2]",
            b'"x"',
            b"\xff\x00\xfe",
            b"{}",
            b"[" * 9999,
        ):
            self.assertEqual(self.post(body).status_code, 200)
        self.assertEqual(set(self.rows().mapped("event_type")), {"unreadable"})
        self.assertEqual(len(self.rows()), 6)

    def test_an_event_for_an_archived_account_is_kept(self):
        self.account.active = False
        self.env.flush_all()
        self.assertEqual(self.post(self.text("Hello")).status_code, 200)
        self.assertEqual(len(self.rows()), 1)

    def test_a_huge_body_is_refused(self):
        body = json.dumps(self.text("x" * 300_000)).encode()
        self.assertIn(self.post(body).status_code, (403, 413))
        self.assertFalse(self.rows())

    def test_every_content_type_is_read(self):
        for content_type in (
            "text/plain",
            "application/json; charset=utf-8",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            event = self.text("Hello")
            response = self.post(event, **{"Content-Type": content_type})
            self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self.rows()), 4)

    def test_get_is_not_taken(self):
        response = self.url_open(f"/viber/webhook/{self.account.webhook_key}")
        self.assertEqual(response.status_code, 405)

    def test_the_token_is_in_no_answer(self):
        self.assertNotIn(TOKEN.encode(), self.post(self.text("Hello")).content)
