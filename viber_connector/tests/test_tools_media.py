import contextlib
import gzip
import http.server
import os
import socket
import threading
import time
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tests.common import BaseCase, _super_send

from ..tools import media, wire

MEGABYTE = 1024 * 1024
#: Addresses of networks that are nobody's business.
PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        with contextlib.suppress(OSError):
            self.server.answers[self.path.partition("?")[0]](self)

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        headers = {"Content_Length": len(body)} | headers
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data, pause=0.05):
        """Send without end, slowly."""
        while not self.server.closing.wait(pause):
            self.wfile.write(data)

    def log_message(self, *args):
        pass


class MediaCase(BaseCase):
    """Fetches for real, from servers on loopback."""

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        return _super_send(session, request, **kwargs)

    def start_server(self):
        """:return: a server whose ``answers`` are by path, ``seen`` what was asked"""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.seen, server.answers = [], {}
        server.closing = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.closing.set)
        return server

    def serve(self, answer):
        """:return: address of a file that is answered so"""
        self.server.answers["/file"] = answer
        return self.server.url + "/file"

    def setUp(self):
        super().setUp()
        self.server = self.start_server()

    def fetch(self, url, **options):
        options = {
            "max_bytes": MEGABYTE,
            "seconds": 5,
            "trusted_url": self.server.url + "/pa",
        } | options
        return media.fetch(url, **options)

    def assertFails(self, url, reason, **options):
        with self.assertRaises(media.MediaError) as caught:
            self.fetch(url, **options)
        self.assertEqual(caught.exception.reason, reason, str(caught.exception))

    def resolve(self, *answers):
        """Play the name service.

        :param answers: for each question the addresses it gives; the last for all
            that follow
        :return: what was asked, and the addresses that were connected to
        """
        asked, connected = [], []

        def getaddrinfo(host, port, *args, **kwargs):
            ips = answers[min(len(asked), len(answers) - 1)]
            asked.append(host)
            return [(2, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

        def create_connection(address, timeout):
            connected.append(address)
            raise ConnectionRefusedError

        for name, double in (
            ("getaddrinfo", getaddrinfo),
            ("create_connection", create_connection),
        ):
            patcher = patch.object(wire.socket, name, double)
            patcher.start()
            self.addCleanup(patcher.stop)
        return asked, connected


@tagged("post_install", "-at_install")
class TestFetch(MediaCase):
    def test_a_file_comes_with_its_type(self):
        url = self.serve(
            lambda request: request.answer(b"data", Content_Type="Image/PNG; x=y")
        )
        fetched = self.fetch(url + "?Expires=1&Signature=~-_")
        self.assertEqual(fetched, media.Fetched(b"data", "image/png"))
        self.assertEqual(self.server.seen, ["/file?Expires=1&Signature=~-_"])

    def test_statuses_tell_whether_another_try_may_help(self):
        for status, reason, may_pass in (
            (403, "refused", False),
            (404, "refused", False),
            (204, "refused", False),
            (429, "unavailable", True),
            (500, "unavailable", True),
            (503, "unavailable", True),
        ):
            with self.subTest(status):
                url = self.serve(lambda request, s=status: request.answer(status=s))
                self.assertFails(url, reason)
                self.assertIs(media.MediaError(reason).may_pass, may_pass)

    def test_what_is_too_big_is_left_alone(self):
        url = self.serve(lambda request: request.answer(bytes(MEGABYTE + 1)))
        self.assertFails(url, "too_big")
        self.assertEqual(len(self.fetch(url, max_bytes=MEGABYTE + 1).content), 1048577)

    def test_a_stream_without_end_is_cut(self):
        def endless(request):
            request.answer(Content_Length=10**12)
            request.drip(bytes(256 * 1024), pause=0)

        self.assertFails(self.serve(endless), "too_big")

    def test_what_is_compressed_is_not_unpacked(self):
        bomb = gzip.compress(bytes(100 * MEGABYTE))
        url = self.serve(lambda request: request.answer(bomb, Content_Encoding="gzip"))
        self.assertFails(url, "encoded")

    def test_a_connection_that_breaks_off_is_no_file(self):
        url = self.serve(lambda request: request.answer(b"half", Content_Length=8))
        self.assertFails(url, "unavailable")
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        trusted = f"http://127.0.0.1:{port}"
        self.assertFails(trusted, "unavailable", trusted_url=trusted)

    def test_who_drips_is_cut_when_the_time_is_over(self):
        def body_with_length(request):
            request.answer(Content_Length=MEGABYTE)
            request.drip(b"x")

        def body_without_length(request):
            request.send_response(200)
            request.end_headers()
            request.drip(b"x")

        def headers(request):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            request.drip(b"X-Header: value\r\n")

        def status(request):
            request.drip(b"H")

        def nothing(request):
            request.server.closing.wait()

        for answer in (body_with_length, body_without_length, headers, status, nothing):
            with self.subTest(answer.__name__):
                start = time.monotonic()
                self.assertFails(self.serve(answer), "slow", seconds=0.5)
                self.assertLess(time.monotonic() - start, 2)

    def test_proxies_and_passwords_of_the_machine_are_not_used(self):
        url = self.serve(lambda request: request.answer(b"data"))
        proxy = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        with patch.dict(os.environ, proxy):
            self.assertEqual(self.fetch(url).content, b"data")


@tagged("post_install", "-at_install")
class TestAddresses(MediaCase):
    """Nothing is fetched from networks that are nobody's business."""

    def test_only_https_to_a_host_without_password_is_fetched(self):
        _asked, connected = self.resolve(["8.8.8.8"])
        port = self.server.server_port
        for url in (
            "",
            "file.png",
            "//a.example/x",
            "http://a.example/x",
            "http://viber.com.a.example/x",
            "http://aviber.com/x",
            "http://dl.viber.com:8080/x",
            "ftp://a.example/x",
            "file:///etc/passwd",
            "data:text/plain,x",
            "gopher://127.0.0.1:6379/_x",
            "https://",
            "https://a.example:x/",
            "https://[::1/",
            "https://user:password@a.example/",
            "https://user@a.example/",
            f"http://10.0.0.1\\@127.0.0.1:{port}/",
            f"http://127.0.0.1:{port}\\@10.0.0.1/",
            f"http://127.0.0.1:{port}@10.0.0.1/",
        ):
            with self.subTest(url):
                self.assertFails(url, "forbidden")
        self.assertFalse(connected)

    def test_no_private_address_is_connected_to(self):
        for ip in PRIVATE:
            for addresses in ([ip], ["8.8.8.8", ip]):
                with self.subTest(addresses):
                    _asked, connected = self.resolve(addresses)
                    self.assertFails("https://a.example/", "forbidden")
                    self.assertFails("http://dl.viber.com/", "forbidden")
                    self.assertFalse(connected)

    def test_no_spelling_of_a_private_address_helps(self):
        for host in (
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:7f00:1]",
            "①②⑦.0.0.1",
        ):
            with (
                self.subTest(host),
                patch.object(wire.socket, "create_connection") as connect,
                self.assertRaises(media.MediaError) as caught,
            ):
                self.fetch(f"https://{host}/file")
            # A spelling that the name service does not know is just as good.
            self.assertIn(caught.exception.reason, ("forbidden", "unavailable"))
            connect.assert_not_called()

    def test_the_address_that_was_checked_is_the_one_connected_to(self):
        asked, connected = self.resolve(["8.8.8.8"], ["127.0.0.1"])
        self.assertFails("https://rebinding.example/", "unavailable")
        self.assertEqual(asked, ["rebinding.example"])
        self.assertEqual(connected, [("8.8.8.8", 443)])

    def test_a_name_with_many_dead_addresses_takes_no_longer(self):
        _asked, connected = self.resolve(["8.8.8.8"] * 50)

        def time_out(address, timeout):
            connected.append(address)
            time.sleep(min(timeout, 0.1))
            raise TimeoutError

        with patch.object(wire.socket, "create_connection", time_out):
            self.assertFails("https://a.example/", "slow", seconds=0.35)
        self.assertLess(len(connected), 6)

    def test_each_redirect_is_checked_again(self):
        other = self.start_server()
        other.answers["/file"] = lambda request: request.answer(b"secret")
        port = other.server_port
        for target in (
            f"{other.url}/file",
            f"https://127.0.0.1:{port}/file",
            f"https://[::ffff:127.0.0.1]:{port}/file",
            f"//localhost:{port}/file",
            "http://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://[fe80::1]/",
            "file:///etc/passwd",
            "https://user:password@a.example/",
        ):
            with self.subTest(target):
                url = self.serve(
                    lambda request, to=target: request.answer(status=302, Location=to)
                )
                self.assertFails(url, "forbidden")
        self.assertFalse(other.seen)

    def test_a_few_redirects_are_followed(self):
        self.server.answers["/end"] = lambda request: request.answer(b"data")
        for status in (301, 302, 303, 307, 308):
            url = self.serve(
                lambda request, s=status: request.answer(status=s, Location="end")
            )
            self.assertEqual(self.fetch(url).content, b"data")
        url = self.serve(
            lambda request: request.answer(status=302, Location="http://[")
        )
        self.assertFails(url, "unavailable")
        url = self.serve(lambda request: request.answer(status=302, Location="file"))
        self.server.seen.clear()
        self.assertFails(url, "refused")
        self.assertEqual(self.server.seen, ["/file"] * 4)

    def test_only_the_very_origin_is_trusted(self):
        url = self.serve(lambda request: request.answer(b"data"))
        port = self.server.server_port
        for trusted in (
            "",
            f"http://127.0.0.1:{port + 1}",
            f"https://127.0.0.1:{port}",
            f"http://localhost:{port}",
            "http://127.0.0.1",
        ):
            with self.subTest(trusted):
                self.assertFails(url, "forbidden", trusted_url=trusted)
        self.assertFalse(self.server.seen)
