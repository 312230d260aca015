"""A wire between browser and server that can be cut."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65536


class Wire:
    """Hands on what comes at a port of its own, and back, till it is cut.

    :param str url: of the server
    """

    def __init__(self, url):
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._ends = set()
        self._is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        #: Of the server, through this wire.
        self.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *exc_info):
        self.cut()
        # Wakes who accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self):
        """End all connections; new ones end at once, until it is mended."""
        self._is_cut = True
        for end in list(self._ends):
            _close(end)

    def mend(self):
        self._is_cut = False

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._ends |= {near, far}
                self._start(self._hand_on, near, far)
                self._start(self._hand_on, far, near)

    def _hand_on(self, source, target):
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                target.sendall(data)
        for end in (source, target):
            self._ends.discard(end)
            _close(end)

    @staticmethod
    def _start(function, *args):
        threading.Thread(target=function, args=args, daemon=True).start()


def _close(end):
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
