"""What the simulator is tested with: a bot's server, and a plain client of the API."""

import hashlib
import hmac
import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

from viber_simulator.testing import LIMIT, wait_until


class Received:
    """One callback as it came over the wire."""

    def __init__(self, path, headers, body):
        self.path = urlsplit(path).path
        self.query = parse_qs(urlsplit(path).query)
        self.headers = headers
        self.body = body
        self.json = json.loads(body)
        self.event = self.json.get("event")

    @property
    def signature(self):
        return self.headers.get("X-Viber-Content-Signature")

    def is_signed_with(self, token):
        expected = hmac.new(token.encode(), self.body, hashlib.sha256).hexdigest()
        return self.signature == expected and self.query == {"sig": [expected]}


class BotServer:
    """A bot's web server on loopback: takes callbacks, serves files.

    ``answers`` maps an event to (status, body); ``files`` maps a path to (status,
    headers, body). What is in ``waiting`` has come and is held, see :meth:`hold`.
    """

    def __init__(self):
        self.received = []
        self.fetched = []
        self.answers = {}
        self.waiting = []
        self._holds = {}
        self.files = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # A peer that hangs up on a slow answer is part of what is tested.
        self._server.handle_error = lambda *args: None
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.webhook = f"{self.url}/viber/webhook"
        threading.Thread(
            target=self._server.serve_forever, args=[0.02], daemon=True
        ).start()

    def close(self):
        for event in list(self._holds):
            self.release(event)
        self._server.shutdown()
        self._server.server_close()

    def events(self, event):
        """The callbacks of this event so far."""
        return [received for received in self.received if received.event == event]

    def hold(self, event):
        """Take no callback of this event, nor answer it, until it is released."""
        self._holds[event] = threading.Event()

    def wait_held(self, event, count=1):
        """Wait until so many callbacks of an event are held."""
        wait_until(
            lambda: sum(held.event == event for held in self.waiting) >= count,
            what=f"{count} {event} held",
        )

    def release(self, event):
        """Let the callbacks of an event go, and hold no further ones."""
        self._holds.pop(event).set()

    def _keep(self, received):
        if hold := self._holds.get(received.event):
            self.waiting.append(received)
            hold.wait()
            self.waiting.remove(received)

    def wait_for(self, event, count=1, timeout=LIMIT):
        """Wait for so many callbacks of an event, and return them."""
        wait_until(
            lambda: len(self.events(event)) >= count, timeout, what=f"{count} {event}"
        )
        return self.events(event)

    def host(self, path, body, content_type, **headers):
        """Serve a file, and return its address."""
        self.files[path] = 200, {"Content-Type": content_type, **headers}, body
        return self.url + path

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer: no delayed acknowledgement

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received = Received(self.path, self.headers, body)
                server._keep(received)
                server.received.append(received)
                status, answer = server.answers.get(received.event, (200, b""))
                self.reply(status, {}, answer)

            def do_GET(self):
                server.fetched.append((self.command, self.path, dict(self.headers)))
                path = urlsplit(self.path).path
                self.reply(*server.files.get(path, (404, {}, b"not found")))

            do_HEAD = do_GET

            def reply(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler


class Bot:
    """A bot with its server; calls the API as a program of the bot's owner would."""

    def __init__(self, viber, server, **values):
        self.viber = viber
        self.server = server
        self.record = viber.create_bot(**values)
        self.session = requests.Session()

    @property
    def token(self):
        return self.record["token"]

    def call(self, method, **values):
        """:return: the answer's JSON"""
        return self.request(method, json.dumps(values).encode()).json()

    def request(self, method, body, token=None):
        """:return: requests' response"""
        return self.session.post(
            f"{self.viber.api_url}/{method}",
            data=body,
            headers={"X-Viber-Auth-Token": token or self.token},
            timeout=LIMIT,
        )

    def connect(self, **values):
        """Set the webhook and forget the probe."""
        values = {"send_name": True, "send_photo": True, **values}
        answer = self.call("set_webhook", url=self.server.webhook, **values)
        assert answer["status"] == 0, answer
        self.server.received.clear()
        return self

    def subscribe(self, user):
        """Let a user write, and return their id at this bot."""
        self.viber.write(user, self.record, "hello")
        self.viber.wait_idle()
        return self.viber.viber_id(user, self.record)

    def send(self, receiver, type="text", **values):
        """Send a message; a text unless another type is named."""
        if type == "text":
            values.setdefault("text", "hello")
        values = {"sender": {"name": "Service desk"}, **values}
        return self.call("send_message", receiver=receiver, type=type, **values)


def png(width=8, height=8, colour=(115, 96, 242)):
    """:return: bytes of a PNG picture of one colour"""
    line = b"\0" + bytes(colour) * width

    def chunk(kind, data):
        length = struct.pack(">I", len(data))
        return length + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(line * height))
        + chunk(b"IEND", b"")
    )
