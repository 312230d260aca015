"""Servers that mean ill, on the loopback device."""

import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

LOOPBACK = (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")
DRIP_SECONDS = 0.2


class Canary:
    """Sings when somebody connects.

    ``port`` is the same on all loopback addresses that this machine has; ``callers``
    are the addresses of those who connected.
    """

    def __init__(self):
        self.port = 0
        self.callers = []
        self._listeners = []

    def __enter__(self):
        for family, address in LOOPBACK:
            listener = socket.create_server((address, self.port), family=family)
            self.port = listener.getsockname()[1]
            self._listeners.append(listener)
            threading.Thread(target=self._listen, args=[listener], daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        for listener in self._listeners:
            # Wakes the thread that waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _listen(self, listener):
        with suppress(OSError):
            while True:
                connection, caller = listener.accept()
                self.callers.append(caller)
                connection.close()


class _Handler(BaseHTTPRequestHandler):
    """Answers by the first part of the path."""

    def do_GET(self):
        _root, kind, *rest = self.path.split("/", 2)
        with suppress(OSError):
            self._ANSWERS[kind](self, *rest)

    def log_message(self, *_args):
        pass

    def _start(self, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _to(self, target):
        self._start(302, Location=unquote(target))

    def _around(self):
        self._start(302, Location="/around")

    def _file(self, name):
        content, content_type = self.server.files[unquote(name)]
        self._start(Content_Length=len(content), Content_Type=content_type)
        self.wfile.write(content)

    def _endless(self):
        self._start(Content_Type="image/png")
        for _chunk in self._until_closed():
            self.wfile.write(b"\0" * 65536)

    def _drip(self):
        self._start(Content_Type="image/png")
        for _chunk in self._until_closed(DRIP_SECONDS):
            self.wfile.write(b"\0")

    def _headers(self):
        self.send_response(200)
        self.flush_headers()
        for number in self._until_closed(DRIP_SECONDS):
            self.wfile.write(f"X-{number}: {number}\r\n".encode())

    def _short(self):
        self._start(Content_Length=1000)
        self.wfile.write(b"short")

    def _compressed(self, encoding):
        self._start(Content_Encoding=encoding, Content_Type="image/png")
        self.wfile.write(self.server.bomb)

    def _until_closed(self, seconds=0):
        for number in itertools.takewhile(lambda _n: self.server.is_open, range(10**7)):
            yield number
            time.sleep(seconds)

    _ANSWERS = {
        "to": _to,
        "around": _around,
        "file": _file,
        "endless": _endless,
        "drip": _drip,
        "headers": _headers,
        "short": _short,
        "compressed": _compressed,
    }


class HostileServer(ThreadingHTTPServer):
    """Serves redirects, streams without end, bombs, and ``files``.

    :param dict files: content (bytes) and type (str) by name
    :param bytes bomb: what is sent as compressed content
    """

    daemon_threads = True

    def __init__(self, files, bomb):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.bomb = bomb
        self.is_open = True
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hostile_server(files, bomb):
    """:return: context manager, gives a running :class:`HostileServer`"""
    with HostileServer(files, bomb) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.is_open = False
        server.shutdown()
