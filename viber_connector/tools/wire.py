"""Connections to what others name: to public addresses only, with an end in time.

The address that was checked is the one that is connected to: names are resolved here,
once, and a name that leads to a private address as well leads nowhere.
"""

import contextlib
import socket
import threading
import time
from socket import SOCK_STREAM

from .address import is_public_ip


class NotPublic(Exception):
    """A name leads to an address that is not public."""


class Watchdog:
    """Cuts all connections of one undertaking when its time is over.

    Time-outs of a socket only bound the wait for the next byte: who sends one every
    second would never be done.

    :param float deadline: by ``time.monotonic()``
    """

    def __init__(self, deadline):
        self._deadline = deadline
        self._sockets = []
        self._is_over = False
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self._timer.daemon = True

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *exc_info):
        self._timer.cancel()
        for connection in self._sockets:
            connection.close()

    def time_left(self):
        """:return: seconds, more than 0
        :raise TimeoutError: when there are none
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def watch(self, connection):
        """:param socket.socket connection: to be cut in time"""
        # A copy of the handle: TLS takes the socket itself over.
        self._sockets.append(connection.dup())
        # It may have been made at the last moment.
        if self._is_over:
            self._cut()

    def _cut(self):
        self._is_over = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def connect(host, port, timeout, watchdog, public_only=True):
    """Connect under watch to the first address of a host that answers.

    :param str host: name or IP address
    :param float timeout: seconds for each address, and for each wait later on
    :param Watchdog watchdog: of the undertaking
    :param bool public_only: whether no address of the host may be private
    :rtype: socket.socket
    :raise NotPublic: when one is
    :raise OSError: when the name is unknown (``socket.gaierror``) or nobody answers
    """
    addresses = [entry[4] for entry in socket.getaddrinfo(host, port, type=SOCK_STREAM)]
    # All of them: one private address among public ones is no mistake.
    if public_only and not all(is_public_ip(a[0]) for a in addresses):
        raise NotPublic(host)
    failure = OSError("no address")
    for address in addresses:
        timeout = min(timeout, watchdog.time_left())
        try:
            connection = socket.create_connection(address[:2], timeout)
        except OSError as error:
            failure = error
            continue
        watchdog.watch(connection)
        return connection
    raise failure
