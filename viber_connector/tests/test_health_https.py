"""Our public address as Viber sees it: each way in which it can be broken, for real.

The servers are on loopback, with certificates of an authority of the tests' own. Two
things are put in their place, both at the edge of the network: which addresses count as
public, and which authorities are trusted.
"""

import socket
import tempfile
import threading
import time
from datetime import datetime

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import https_check, wire
from .tls import ANSWER, HOST, Authority, Server


@tagged("post_install", "-at_install")
class TestHttps(BaseCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = Authority(folder.name)
        bundle = self.authority.bundle()
        # The two edges.
        self.patch(https_check, "where", lambda: str(bundle))
        self.patch(wire, "is_public_ip", lambda ip: self.are_public)
        self.are_public = True
        # A number is its own name, also for who connects.
        self.names = {HOST: ["127.0.0.1"], "127.0.0.1": ["127.0.0.1"]}
        self.patch(wire.socket, "getaddrinfo", self.resolve)
        self.servers = []

    def resolve(self, host, port, *args, **kwargs):
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        ips = self.names[host]
        return [(2, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    def serve(self, pem, answer=ANSWER):
        """:return: port of a server with this certificate"""
        server = Server(pem, answer)
        self.addCleanup(server.close)
        self.servers.append(server)
        return server.port

    @property
    def seen(self):
        """What all servers were asked."""
        return [request for server in self.servers for request in server.seen]

    def look(self, port, host=HOST, seconds=5):
        return https_check.look(f"https://{host}:{port}/viber/webhook/key", seconds)

    def test_all_is_well(self):
        finding = self.look(self.serve(self.authority.issue()))
        self.assertEqual(finding.kind, "fine")
        days = (finding.values["until"] - datetime.now()).days
        self.assertIn(days, (58, 59, 60))
        [request] = self.seen
        self.assertTrue(request.startswith(b"POST /viber/webhook/key HTTP/1.1\r\n"))
        self.assertNotIn(b"Signature", request)
        self.assertTrue(request.endswith(b"\r\n\r\n"), "a body")

    def test_a_certificate_that_ends_soon(self):
        for days, kind in (
            ((-80, 20), "fine"),
            ((-80, 10), "renew"),
            ((-80, 2), "ending"),
            # One of six days.
            ((-3, 3), "fine"),
            ((-5, 1), "renew"),
            ((-5.9, 0.1), "ending"),
        ):
            with self.subTest(days=days):
                port = self.serve(self.authority.issue(days=days))
                self.assertEqual(self.look(port).kind, kind)

    def test_certificates_that_prove_nothing(self):
        stranger = Authority(self.authority.folder, name="Stranger")
        middle = Authority(self.authority.folder, self.authority, "Middle")
        for pem, kind in (
            (self.authority.issue(days=(-90, -1)), "expired"),
            (self.authority.issue(itself=True), "self_signed"),
            (self.authority.issue("other.example.com"), "other_name"),
            (stranger.issue(), "chain"),
            (middle.issue(), "chain"),
            (middle.issue(chain=[middle]), "fine"),
            (self.authority.issue(days=(1, 9)), "untrusted"),
        ):
            with self.subTest(kind):
                self.servers.clear()
                self.assertEqual(self.look(self.serve(pem)).kind, kind)
                self.assertEqual(bool(self.seen), kind == "fine", "was told something")

    def test_an_address_that_is_a_number(self):
        port = self.serve(self.authority.issue())
        self.assertEqual(self.look(port, "127.0.0.1").kind, "other_name")
        port = self.serve(self.authority.issue("127.0.0.1"))
        self.assertEqual(self.look(port, "127.0.0.1").kind, "fine")

    def test_a_redirect_names_its_host_and_nothing_else(self):
        for target, host in (
            (b"https://www.example.com/secret?token=1", "www.example.com"),
            (b"/login", HOST),
            (b"//other.example.com", "other.example.com"),
            (b"https://user:password@a.example.com", "a.example.com"),
            (b"javascript:alert(1)", ""),
            (b"", HOST),
            (b"https://" + "ﷺ".encode() * 20_000, ""),
        ):
            with self.subTest(target):
                answer = b"HTTP/1.1 301 x\r\nLocation: " + target + b"\r\n\r\n"
                finding = self.look(self.serve(self.authority.issue(), answer))
                self.assertEqual(finding.kind, "redirect")
                self.assertEqual(finding.values, {"host": host})

    def test_statuses_that_are_not_ours(self):
        for status in (200, 204, 401, 404, 500, 502):
            with self.subTest(status):
                answer = b"HTTP/1.1 %d <b>x</b>\r\n\r\nsecret" % status
                finding = self.look(self.serve(self.authority.issue(), answer))
                self.assertEqual(finding.kind, "status")
                self.assertEqual(finding.values, {"status": status})
                self.assertNotIn("secret", str(finding))

    def test_a_closed_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assertEqual(self.look(port).kind, "closed")

    def test_an_unknown_name(self):
        self.assertEqual(self.look(443, "nobody.example.com").kind, "no_name")
        self.assertIn(self.look(443, "a" * 300 + ".com").kind, ("closed", "no_name"))

    def test_only_public_addresses_are_called(self):
        port = self.serve(self.authority.issue())
        self.are_public = False
        self.assertEqual(self.look(port).kind, "private")
        self.assertFalse(self.seen)

    def test_a_name_with_a_private_address_among_others_is_not_called(self):
        port = self.serve(self.authority.issue())
        self.names[HOST] = ["203.0.113.5", "127.0.0.1"]
        self.patch(wire, "is_public_ip", lambda ip: ip != "127.0.0.1")
        self.assertEqual(self.look(port).kind, "private")
        self.assertFalse(self.seen)

    def test_what_is_no_tls(self):
        port = self.serve(None, b"HTTP/1.1 400 plain\r\n\r\n")
        self.assertEqual(self.look(port).kind, "no_tls")

    def test_what_breaks_off(self):
        port = self.serve(self.authority.issue(), b"")
        self.assertEqual(self.look(port).kind, "broken")
        port = self.serve(self.authority.issue(), b"\x00\x01 no HTTP\r\n\r\n")
        self.assertEqual(self.look(port).kind, "broken")

    def test_nobody_is_waited_for(self):
        silent = threading.Event()
        self.addCleanup(silent.set)

        def drip(connection):
            connection.sendall(b"HTTP/1.1 403 x\r\n")
            while not silent.wait(0.05):
                connection.sendall(b"X: y\r\n")

        for pem, answer in (
            (self.authority.issue(), lambda connection: silent.wait(20)),
            (self.authority.issue(), drip),
            (None, lambda connection: silent.wait(20)),
        ):
            port = self.serve(pem, answer)
            start = time.monotonic()
            self.assertEqual(self.look(port, seconds=0.5).kind, "slow")
            self.assertLess(time.monotonic() - start, 3)

    def test_what_is_connected_at_the_last_moment_is_cut_too(self):
        ours, theirs = socket.socketpair()
        theirs.settimeout(5)
        with ours, theirs, wire.Watchdog(time.monotonic()) as watchdog:
            watchdog._timer.join()
            watchdog.watch(ours)
            self.assertEqual(theirs.recv(1), b"")

    def test_an_answer_without_end_is_not_read(self):
        def endless(connection):
            connection.sendall(b"HTTP/1.1 403 x\r\nContent-Length: 9999999999\r\n\r\n")
            while True:
                connection.sendall(bytes(65536))

        start = time.monotonic()
        port = self.serve(self.authority.issue(), endless)
        self.assertEqual(self.look(port).kind, "fine")
        self.assertLess(time.monotonic() - start, 3)
