import contextlib
import gzip
import io
import json
import logging
import socket
import struct
import threading
import time
import traceback
import tracemalloc

import requests
import urllib3

from odoo.tests import tagged
from odoo.tests.common import BaseCase, _super_send

from .. import const
from ..tools import errors
from ..tools import status as status_tools
from ..tools.viber_api import SendResult, ViberApi
from .common import API_URL, TOKEN

PAYLOAD = {"receiver": "G9w+whL4SNhsQnmLa/NccA==", "type": "text", "text": "Привіт 🙂"}

#: What each status means for the message that got it (CH and DV "Error codes").
STATUS_ERRORS = {
    errors.ViberUnavailable: {19},
    errors.ViberRateLimited: {12},
    errors.ViberQuotaUsedUp: {23},
    errors.ViberRecipientError: {5, 6, 999},
    errors.ViberAccountError: {2, 7, 8, 9, 10, 15, 24},
    errors.ViberRequestError: {1, 3, 4, 11, 16, 17, 18, 20, 21, 22},
    errors.ViberTooNew: {13, 14},
}


class ApiCase(BaseCase):
    """Calls the API with the key that may never be seen anywhere."""

    def fail_to_send(self, api):
        """Send a message in vain; whatever is told of it must not hold the key.

        :return: the error that was raised
        :rtype: errors.ViberError
        """
        log = []
        handler = logging.Handler()
        handler.emit = lambda record: log.append(
            f"{record.getMessage()} {vars(record)}"
        )
        with _logging_to(handler), self.assertRaises(errors.ViberError) as caught:
            api.send_message(PAYLOAD)
        told = "".join([*traceback.format_exception(caught.exception), *log])
        self.assertNotIn(TOKEN, told)
        self.assertTrue(str(caught.exception))
        return caught.exception


@contextlib.contextmanager
def _logging_to(handler):
    """Have everything logged, down to the debugging of urllib3."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, ("urllib3", "requests", "odoo"))]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@tagged("post_install", "-at_install")
class TestViberApi(ApiCase):
    """What is asked and how answers are understood; Viber is played behind `send`."""

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        cls.calls.append((request, kwargs))
        if isinstance(cls.answer, Exception):
            raise cls.answer
        status, body = cls.answer
        response = requests.Response()
        response.status_code = status
        response.raw = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)
        return response

    def setUp(self):
        super().setUp()
        type(self).calls = []
        self.api = ViberApi(TOKEN, API_URL)

    def play(self, answer=None, *, http=200, **values):
        """Set the next answer: JSON of the values, or what is given.

        :param bytes | Exception answer: the body, or what is raised
        """
        if isinstance(answer, Exception):
            type(self).answer = answer
            return
        body = json.dumps({"status": 0} | values).encode() if answer is None else answer
        type(self).answer = http, body

    # -- requests --------------------------------------------------------------------

    def test_key_travels_in_the_header_only(self):
        self.play(message_token=1)
        self.api.send_message(PAYLOAD)
        [(request, _options)] = self.calls
        self.assertEqual(request.headers["X-Viber-Auth-Token"], TOKEN)
        self.assertNotIn(TOKEN, request.url)
        self.assertNotIn(TOKEN.encode(), request.body)
        self.assertNotIn(TOKEN, repr(self.api))

    def test_message_is_posted_as_json(self):
        self.play(message_token=1)
        self.api.send_message(PAYLOAD)
        [(request, _options)] = self.calls
        self.assertEqual(request.method, "POST")
        self.assertEqual(request.url, f"{API_URL}/send_message")
        self.assertEqual(request.headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(request.body), PAYLOAD)

    def test_every_call_ends_in_time_and_follows_no_redirect(self):
        self.play()
        self.api.send_message(PAYLOAD)
        self.api.get_account_info()
        self.api.set_webhook("https://odoo.example.com/viber/webhook/k")
        timeouts = [options["timeout"] for _request, options in self.calls]
        usual = const.REQUEST_TIMEOUT
        self.assertEqual(timeouts, [usual, usual, const.SET_WEBHOOK_TIMEOUT])
        for _request, options in self.calls:
            self.assertFalse(options["allow_redirects"])

    def test_webhook_is_registered_with_real_names(self):
        self.play()
        self.api.set_webhook("https://odoo.example.com/viber/webhook/k", ("seen",))
        [(request, _options)] = self.calls
        self.assertEqual(request.url, f"{API_URL}/set_webhook")
        self.assertEqual(
            json.loads(request.body),
            {
                "url": "https://odoo.example.com/viber/webhook/k",
                "event_types": ["seen"],
                "send_name": True,
                "send_photo": True,
            },
        )

    def test_webhook_is_removed_by_an_empty_address(self):
        self.play()
        self.api.set_webhook("")
        [(request, _options)] = self.calls
        self.assertEqual(json.loads(request.body), {"url": ""})

    def test_account_is_asked_for_with_an_empty_object(self):
        self.play(name="Service desk", uri="servicedesk")
        info = self.api.get_account_info()
        [(request, _options)] = self.calls
        self.assertEqual(request.url, f"{API_URL}/get_account_info")
        self.assertEqual(request.body, b"{}")
        self.assertEqual(info["name"], "Service desk")

    # -- answers ---------------------------------------------------------------------

    def test_accepted_message_has_its_token_to_the_last_digit(self):
        self.play(message_token=6209204876437859523, billing_status=1)
        result = self.api.send_message(PAYLOAD)
        self.assertEqual(result, SendResult("6209204876437859523", 1))

    def test_price_that_is_no_number_is_none(self):
        for price in (None, True, "", "a", "1.0", "-1", "٣", "9" * 5000, [1]):
            with self.subTest(price=price):
                self.play(billing_status=price)
                self.assertIsNone(self.api.send_message(PAYLOAD).billing_status)

    def test_price_may_be_text(self):
        for price in range(6):
            with self.subTest(price=price):
                self.play(message_token="7", billing_status=str(price))
                self.assertEqual(self.api.send_message(PAYLOAD), SendResult("7", price))

    def test_answer_may_tell_no_more_than_its_status(self):
        self.play()
        self.assertEqual(self.api.send_message(PAYLOAD), SendResult("", None))

    def test_every_status_has_the_one_class_of_its_policy(self):
        expected = {
            status: error for error, found in STATUS_ERRORS.items() for status in found
        }
        self.assertEqual(expected.keys(), status_tools.STATUSES.keys())
        for status, error_class in expected.items():
            with self.subTest(status=status):
                # A refusal may name a token too: only the status counts.
                self.play(status=status, status_message="no", message_token=1)
                error = self.fail_to_send(self.api)
                self.assertIs(type(error), error_class)
                self.assertEqual(error.status, status)

    def test_unknown_status_is_tried_again(self):
        for status in (25, 998, 1000, -1, 10**30):
            with self.subTest(status=status):
                self.play(status=status)
                error = self.fail_to_send(self.api)
                self.assertIs(type(error), errors.ViberUnavailable)
                self.assertEqual(error.status, status)

    def test_refusal_says_why(self):
        self.play(status=6, status_message="notSubscribed")
        error = self.fail_to_send(self.api)
        self.assertEqual(str(error), "notSubscribed (Viber status 6)")

    def test_refusal_without_a_reason_has_its_name(self):
        for message in (None, "", [], {"a": 1}):
            with self.subTest(message=message):
                self.play(status=1, status_message=message)
                error = self.fail_to_send(self.api)
                self.assertEqual(str(error), "invalidUrl (Viber status 1)")
        self.play(status=1)
        error = self.fail_to_send(self.api)
        self.assertEqual(str(error), "invalidUrl (Viber status 1)")

    def test_stack_trace_as_a_reason_is_cut_to_one_line(self):
        trace = (
            "java.net.ConnectException: Connection refused\n" + "\tat x\x00y\n" * 500
        )
        self.play(status=1, status_message=trace)
        reason = str(self.fail_to_send(self.api))
        self.assertTrue(reason.startswith("java.net.ConnectException: Connection"))
        self.assertLess(len(reason), 350)
        self.assertTrue(reason.isprintable())

    def test_key_that_viber_repeats_is_hidden(self):
        self.play(status=2, status_message=f"bad token {TOKEN}!")
        error = self.fail_to_send(self.api)
        self.assertIn("bad token ***!", str(error))

    def test_answer_that_is_no_verdict_leaves_it_uncertain(self):
        for body in (
            b"",
            b"<html>Bad gateway</html>",
            b"java.lang.NullPointerException\n\tat com.viber",
            b"null",
            b"[]",
            b'"ok"',
            b"{}",
            b'{"status":null}',
            b'{"status":"0"}',
            b'{"status":0.0}',
            b'{"status":false}',
            b'{"status":true}',
            b'{"status":0',
            b"\xff\xfe",
            b"[" * 100_000,
        ):
            with self.subTest(body=body[:40]):
                self.play(body)
                self.assertIs(type(self.fail_to_send(self.api)), errors.ViberUncertain)

    def test_answer_that_is_far_too_long_is_none(self):
        self.play(b'{"status":0,"x":"%s"}' % (b"x" * 2**20))
        self.assertIs(type(self.fail_to_send(self.api)), errors.ViberUncertain)
        self.play(x="x" * (2**20 - 100), message_token=1)
        self.assertEqual(self.api.send_message(PAYLOAD).message_token, "1")

    def test_http_status_tells_whether_the_message_may_have_been_taken(self):
        for error_class, statuses in (
            (errors.ViberUnavailable, (301, 302, 307, 308, 400, 403, 404, 429, 503)),
            (errors.ViberUncertain, (201, 204, 500, 501, 502, 504, 520, 599)),
        ):
            for status in statuses:
                with self.subTest(status=status):
                    # Not even a body that says "accepted" changes it.
                    self.play(http=status, message_token=1)
                    error = self.fail_to_send(self.api)
                    self.assertIs(type(error), error_class)
                    self.assertIn(str(status), str(error))

    def test_connection_that_takes_too_long_to_stand_took_nothing(self):
        self.play(requests.ConnectTimeout(f"to {TOKEN}"))
        self.assertIs(type(self.fail_to_send(self.api)), errors.ViberUnavailable)

    def test_tls_that_breaks_within_the_answer_leaves_it_uncertain(self):
        # So does requests wrap it; before the answer began, it is a MaxRetryError.
        broken = urllib3.exceptions.SSLError("bad record mac")
        self.play(requests.exceptions.SSLError(broken))
        self.assertIs(type(self.fail_to_send(self.api)), errors.ViberUncertain)

    def test_fault_that_nobody_foresaw_leaves_it_uncertain(self):
        self.play(requests.RequestException(f"with {TOKEN}"))
        self.assertIs(type(self.fail_to_send(self.api)), errors.ViberUncertain)


# -- faults on a real connection -----------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ACCEPTED = b'{"status":0,"message_token":6209204876437859522}'


def _read(connection):
    """Take a whole request, as Viber does before it acts on it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _blank, body = data.partition(b"\r\n\r\n")
    [length] = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < length:
        body += connection.recv(65536)


def _read_a_byte_and_reset(connection):
    # Not at once: the reset could come while the other side still connects.
    connection.recv(1)
    _reset(connection)


def _reset(connection):
    """Close so that the other side is told "connection reset by peer"."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _read_and_reset(connection):
    _read(connection)
    _reset(connection)


def _answer(*pieces):
    """:return: a behaviour: read the request, send the pieces, hang up"""

    def behave(connection):
        _read(connection)
        for piece in pieces:
            connection.sendall(piece)

    return behave


def _answer_and_fall_silent(*pieces):
    def behave(connection):
        _answer(*pieces)(connection)
        connection.recv(1)  # until the other side gives up

    return behave


@contextlib.contextmanager
def serve(behave):
    """Listen on this machine.

    :param behave: what is done with a connection (callable)
    :return: address of the API, and a list that gets an item for each connection
    """
    connections = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                connections.append(time.monotonic())
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(10)
                    behave(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/pa", connections
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@tagged("post_install", "-at_install")
class TestTransport(ApiCase):
    """Real connections to this machine, for what a double can't play."""

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        # Patience is not what is tested here.
        return _super_send(session, request, **kwargs | {"timeout": (5, 0.3)})

    def assert_uncertain(self, behave):
        with serve(behave) as (url, connections):
            error = self.fail_to_send(ViberApi(TOKEN, url))
        self.assertIs(type(error), errors.ViberUncertain, error)
        self.assertEqual(len(connections), 1, "It must not be tried twice")

    def assert_not_taken(self, url):
        error = self.fail_to_send(ViberApi(TOKEN, url))
        self.assertIs(type(error), errors.ViberUnavailable, error)

    def test_whole_answer_is_understood(self):
        length = b"Content-Length: %d\r\n\r\n" % len(ACCEPTED)
        with serve(_answer(HEAD, length, ACCEPTED)) as (url, _connections):
            result = ViberApi(TOKEN, url).send_message(PAYLOAD)
        self.assertEqual(result.message_token, "6209204876437859522")

    def test_refused_connection_took_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assert_not_taken(f"http://127.0.0.1:{port}/pa")

    def test_name_that_nobody_knows_took_nothing(self):
        unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.patch(socket, "getaddrinfo", lambda *args, **kwargs: _raise(unknown))
        self.assert_not_taken("http://viber.invalid/pa")

    def test_address_that_is_none_took_nothing(self):
        for url in ("chatapi.viber.com/pa", "viber://pa", "https://", "http://[::1/pa"):
            with self.subTest(url=url):
                self.assert_not_taken(url)

    def test_broken_tls_took_nothing(self):
        def no_tls(connection):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with serve(no_tls) as (url, _connections):
            self.assert_not_taken(url.replace("http:", "https:"))

    def test_reset_before_the_request_was_read_is_uncertain(self):
        self.assert_uncertain(_read_a_byte_and_reset)

    def test_reset_after_the_request_was_read_is_uncertain(self):
        self.assert_uncertain(_read_and_reset)

    def test_hanging_up_without_an_answer_is_uncertain(self):
        self.assert_uncertain(_read)

    def test_silence_is_uncertain(self):
        self.assert_uncertain(_answer_and_fall_silent())

    def test_silence_after_the_headers_is_uncertain(self):
        headers = HEAD + b"Content-Length: 48\r\n\r\n"
        self.assert_uncertain(_answer_and_fall_silent(headers))

    def test_silence_within_the_answer_is_uncertain(self):
        headers = HEAD + b"Content-Length: 48\r\n\r\n"
        self.assert_uncertain(_answer_and_fall_silent(headers, ACCEPTED[:20]))

    def test_answer_that_breaks_off_is_uncertain(self):
        headers = HEAD + b"Content-Length: 48\r\n\r\n"
        self.assert_uncertain(_answer(headers, ACCEPTED[:20]))

    def test_chunks_that_break_off_are_uncertain(self):
        headers = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        self.assert_uncertain(_answer(headers, b"30\r\n" + ACCEPTED[:20]))

    def test_headers_that_break_off_are_uncertain(self):
        self.assert_uncertain(_answer(b"HTTP/1"))

    def test_answer_that_can_not_be_unpacked_is_uncertain(self):
        headers = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 48\r\n\r\n"
        self.assert_uncertain(_answer(headers, ACCEPTED))

    def test_answer_that_grows_when_it_is_unpacked_is_not_kept(self):
        bomb = gzip.compress(b" " * 200 * 2**20)
        headers = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assert_uncertain(_answer(headers % len(bomb), bomb))
        _now, peak = tracemalloc.get_traced_memory()
        self.assertLess(peak, 20 * 2**20)

    def test_answer_that_is_no_http_is_uncertain(self):
        self.assert_uncertain(_answer(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"))

    def test_no_redirect_is_followed(self):
        with serve(_answer(HEAD, b"\r\n", ACCEPTED)) as (target, followed):
            for status in (301, 302, 303, 307, 308):
                with self.subTest(status=status):
                    head = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\n\r\n"
                    with serve(_answer(head.encode())) as (url, _connections):
                        self.assert_not_taken(url)
        self.assertEqual(followed, [])


def _raise(error):
    raise error
