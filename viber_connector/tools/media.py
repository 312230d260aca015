"""Fetching what customers sent: from public addresses only, with bounds, in threads."""

import logging
import math
import time
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from .. import const
from .address import origin
from .wire import NotPublic, Watchdog, connect

_logger = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 5
_READ_TIMEOUT = 10
_REDIRECTS_MAX = 3
_REDIRECTS = (301, 302, 303, 307, 308)
#: Viber names stickers and the placeholder avatar by plain http (seen).
_VIBER_DOMAIN = ".viber.com"
#: Files at the most that are fetched ahead and wait in memory for their customer.
_AHEAD_MAX = 16


class MediaError(Exception):
    """A file could not be fetched.

    :param str reason: one of the keys of :data:`REASONS`
    :param str detail: more for a person, e.g. ``HTTP 403``
    """

    #: whether another try may help, by reason
    REASONS = {
        "forbidden": False,  # no address that we may fetch from
        "refused": False,  # the server said no, for good
        "too_big": False,
        "encoded": False,
        "unavailable": True,
        "slow": True,
    }

    def __init__(self, reason, detail=""):
        super().__init__(detail or reason)
        self.reason = reason
        self.may_pass = self.REASONS[reason]


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched."""

    content: bytes
    #: as the server said, lower case, without parameters; maybe ""
    content_type: str


def fetch(url, *, max_bytes, seconds, trusted_url=""):
    """Fetch a file.

    Plain http is raised to https where Viber is known to answer that too, and used only
    if that fails; other plain addresses are not fetched.

    :param str url: from outside
    :param int max_bytes: of the file at the most
    :param float seconds: for all of it, redirects included
    :param str trusted_url: address whose scheme, host and port may be private (the
        simulator's); empty: none
    :rtype: Fetched
    :raise MediaError: see its reasons
    """
    deadline = time.monotonic() + seconds
    options = {"max_bytes": max_bytes, "deadline": deadline, "trusted": trusted_url}
    parts = _split(url)
    if not _is_viber_http(parts):
        return _fetch(url, **options)
    try:
        return _fetch(parts._replace(scheme="https").geturl(), **options)
    except MediaError as error:
        if not error.may_pass:
            raise
    return _fetch(url, **options)


def try_fetch(url, **options):
    """Like :func:`fetch`, but what goes wrong is a result as well.

    :rtype: Fetched | MediaError
    """
    try:
        return fetch(url, **options)
    except MediaError as error:
        return error
    except Exception as error:
        # What comes from outside may find a way to fail that nobody thought of.
        _logger.exception("A file could not be fetched")
        return MediaError("unavailable", type(error).__name__)


def _split(url):
    """:raise MediaError: when it is no http(s) address with a host, or has a password,
    which Viber's have not and about whose end parsers disagree"""
    # The parser normalises a host: n² steps for what no address is.
    if len(url) > const.TEXT_MAX_LENGTH:
        raise MediaError("forbidden")
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises when it is no number
    except ValueError:
        raise MediaError("forbidden") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise MediaError("forbidden")
    if parts.username is not None or "\\" in parts.netloc:
        raise MediaError("forbidden")
    return parts


def _is_viber_http(parts):
    host = "." + parts.hostname
    return parts.scheme == "http" and host.endswith(_VIBER_DOMAIN) and not parts.port


def _fetch(url, *, max_bytes, deadline, trusted):
    """Fetch, following a few redirects, each checked like the first address."""
    with requests.Session() as session, Watchdog(deadline) as watchdog:
        # No proxy: it would resolve the name itself. No netrc: it holds passwords.
        session.trust_env = False
        for _redirect in range(_REDIRECTS_MAX + 1):
            parts = _split(url)
            is_trusted = bool(trusted) and origin(url) == origin(trusted)
            if parts.scheme != "https" and not is_trusted and not _is_viber_http(parts):
                raise MediaError("forbidden")
            adapter = _Adapter(watchdog, public_only=not is_trusted)
            session.mount(f"{parts.scheme}://", adapter)
            with _get(session, url, deadline) as response:
                if response.status_code not in _REDIRECTS:
                    return _read(response, max_bytes, deadline)
                url = urljoin(url, response.headers.get("Location", ""))
    raise MediaError("refused", "too many redirects")


def _get(session, url, deadline):
    left = max(deadline - time.monotonic(), 0.001)
    try:
        return session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(min(_CONNECT_TIMEOUT, left), min(_READ_TIMEOUT, left)),
            # What is compressed may grow without bounds.
            headers={"Accept-Encoding": "identity"},
        )
    except NotPublic:
        raise MediaError("forbidden") from None
    except requests.Timeout:
        raise MediaError("slow") from None
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise _broken(error, deadline) from None


def _read(response, max_bytes, deadline):
    status = response.status_code
    if status != 200:
        reason = "unavailable" if status >= 500 or status == 429 else "refused"
        raise MediaError(reason, f"HTTP {status}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise MediaError("encoded")
    content = bytearray()
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            content += chunk
            if len(content) > max_bytes:
                raise MediaError("too_big")
    except (HTTPError, OSError) as error:
        raise _broken(error, deadline) from None
    # A stream of unknown length ends where the watchdog cut it.
    if time.monotonic() >= deadline:
        raise MediaError("slow")
    content_type = response.headers.get("Content-Type", "").partition(";")[0]
    return Fetched(bytes(content), content_type.strip().lower())


def _broken(error, deadline):
    """:return: why a connection broke off: maybe we cut it ourselves
    :rtype: MediaError
    """
    if time.monotonic() >= deadline:
        return MediaError("slow")
    return MediaError("unavailable", type(error).__name__)


class _Adapter(HTTPAdapter):
    """Connects under watch, and to public addresses only unless told otherwise."""

    def __init__(self, watchdog, public_only):
        self._watchdog = watchdog
        self._public_only = public_only
        super().__init__()

    def init_poolmanager(self, connections, maxsize, block=False, **options):
        result = super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": self._pool_class(HTTPConnectionPool, HTTPConnection),
            "https": self._pool_class(HTTPSConnectionPool, HTTPSConnection),
        }
        return result

    def _pool_class(self, pool, connection):
        """:return: the pool of urllib3, its connections made by :meth:`_connect`"""
        connect = self._connect

        class Connection(connection):
            def _new_conn(self):
                return connect(self._dns_host, self.port, self.timeout)

        return type("Pool", (pool,), {"ConnectionCls": Connection})

    def _connect(self, host, port, timeout):
        return connect(host, port, timeout, self._watchdog, self._public_only)


class Downloads:
    """Files that are fetched ahead, in threads, for those who will want them.

    :param concurrent.futures.Executor pool: runs the downloads
    :param float seconds: how long a file may take, waiting for its turn included
    :param options: of :func:`fetch`
    """

    def __init__(self, pool, seconds, **options):
        #: set it to have nothing new begun
        self.is_closed = False
        #: who wants which addresses; theirs to keep
        self.named = {}
        self._pool = pool
        self._seconds = seconds
        self._options = options
        self._deadlines = {}
        self._futures = {}

    def want(self, urls):
        """Fetch these files, as far as there is room; forget all others.

        :param list[str] urls: from outside, the most urgent first
        """
        now = time.monotonic()
        known = self._deadlines
        self._deadlines = {url: known.get(url, now + self._seconds) for url in urls}
        for url in self._futures.keys() - self._deadlines.keys():
            self._futures.pop(url).cancel()
        for url, deadline in self._deadlines.items():
            if self.is_closed or len(self._futures) >= _AHEAD_MAX:
                break
            if url not in self._futures:
                self._futures[url] = self._pool.submit(self._fetch, url, deadline)

    def _fetch(self, url, deadline):
        seconds = deadline - time.monotonic()
        return try_fetch(url, seconds=seconds, **self._options)

    @property
    def is_busy(self):
        """bool: whether somebody waits for a file that is on its way."""
        return not all(map(self.is_ready, self._futures))

    def is_ready(self, url):
        """:return: whether there is a result (:meth:`result`), maybe that it is slow
        :rtype: bool
        """
        future = self._futures.get(url)
        is_late = time.monotonic() >= self._deadlines.get(url, math.inf)
        return is_late or bool(future and future.done())

    def result(self, url):
        """:return: the file, or why there is none
        :rtype: Fetched | MediaError
        """
        future = self._futures.get(url)
        if not future or not future.done():
            return MediaError("slow")
        return future.result()

    def shut_down(self):
        """Begin nothing more, and wait for nothing: a thread may hang in the name
        service, say."""
        self.is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self, seconds):
        """Wait until another file is there, or the time is over.

        :param float seconds: at the most
        """
        pending = [future for future in self._futures.values() if not future.done()]
        if pending:
            wait(pending, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            time.sleep(seconds)
