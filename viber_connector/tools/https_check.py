"""Looking at our own public address as Viber would: name, certificate, answer.

What is answered is never read: a status and a host are all that anybody is told.
"""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import urljoin, urlsplit

from requests.certs import where

from . import wire
from .address import origin

#: Nobody answered us; whether Viber gets an answer is not known by that.
UNREACHABLE = ("no_name", "private", "closed", "slow", "broken")
#: The certificate proves nothing to Viber.
BAD_CERTIFICATE = ("expired", "self_signed", "other_name", "chain", "untrusted")
#: What an address of ours answers to who has no signature.
_EXPECTED = 403
_CONNECT_TIMEOUT = 5
# The parser normalises a host: n² steps for what no address is.
_LOCATION_MAX_LENGTH = 1000
# OpenSSL, "x509_vfy.h": X509_V_ERR_…
_VERIFY_ERRORS = {
    10: "expired",
    18: "self_signed",
    19: "self_signed",
    20: "chain",
    21: "chain",
    62: "other_name",
    64: "other_name",
}
# When a certificate should have been renewed, in days, but never in more than this
# share of its life: some live for days only.
_RENEW_DAYS, _RENEW_SHARE = 14, 1 / 4
_ENDING_DAYS, _ENDING_SHARE = 3, 1 / 10
_DAY = 24 * 3600


@dataclass(frozen=True)
class Finding:
    """What somebody outside finds at an address."""

    #: ``fine``, ``renew`` (the certificate ends soon), ``ending`` (very soon), one of
    #: :data:`UNREACHABLE` or :data:`BAD_CERTIFICATE`, ``no_tls``, ``redirect``,
    #: ``status``
    kind: str
    #: ``until`` (when the certificate ends, naive UTC), ``host`` (of a redirect),
    #: ``status`` (HTTP)
    values: dict = field(default_factory=dict)


def look(url, seconds):
    """Post nothing, without a signature, to an address: it should be refused.

    :param str url: public https address of a webhook
    :param float seconds: for all of it; a name service that hangs may take longer
    :rtype: Finding
    """
    parts = urlsplit(url)
    port = parts.port or 443
    deadline = time.monotonic() + seconds
    try:
        with wire.Watchdog(deadline) as watchdog:
            plain = wire.connect(parts.hostname, port, _CONNECT_TIMEOUT, watchdog)
            with (
                plain,
                _context().wrap_socket(
                    plain, server_hostname=parts.hostname
                ) as connection,
            ):
                certificate = connection.getpeercert()
                status, location = _ask(connection, parts, port)
                # One that is cut looks as if it had ended.
                watchdog.time_left()
    except wire.NotPublic:
        return Finding("private")
    except ssl.SSLCertVerificationError as error:
        return Finding(_VERIFY_ERRORS.get(error.verify_code, "untrusted"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Finding(_trouble(error, deadline))
    if 300 <= status < 400:
        return Finding("redirect", {"host": _host(url, location)})
    if status != _EXPECTED:
        return Finding("status", {"status": status})
    return _of_certificate(certificate, time.time())


def _context():
    """:return: what trusts the same authorities as all that we fetch
    :rtype: ssl.SSLContext
    """
    context = ssl.create_default_context(cafile=where())
    # Formal demands that Python 3.13 has made and others do not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _ask(connection, parts, port):
    """:return: status of the answer, and where it redirects to, if that is an address
    :rtype: tuple[int, str | None]
    """
    client = http.client.HTTPSConnection(parts.hostname, port)
    client.sock = connection
    client.request("POST", parts.path, body=b"")
    answer = client.getresponse()
    location = answer.headers.get("Location") or ""
    is_short = len(location) <= _LOCATION_MAX_LENGTH
    return answer.status, location if is_short else None


def _trouble(error, deadline):
    """:return: what kept us from an answer"""
    if isinstance(error, socket.gaierror):
        return "no_name"
    # The watchdog may have cut the connection.
    if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
        return "slow"
    if isinstance(error, ssl.SSLEOFError):
        return "broken"
    if isinstance(error, ssl.SSLError):
        return "no_tls"
    if isinstance(error, (ConnectionRefusedError, UnicodeError)):
        return "closed"
    if isinstance(error, (ConnectionError, http.client.HTTPException)):
        return "broken"
    return "closed"


def _host(url, location):
    """:return: the host that an answer redirects to; ``""`` when it names none"""
    try:
        found = location is not None and origin(urljoin(url, location))
    except ValueError:
        return ""
    return found[1] if found else ""


def _of_certificate(certificate, now):
    """:param dict certificate: valid now
    :param float now: seconds since 1970
    :rtype: Finding
    """
    end = ssl.cert_time_to_seconds(certificate["notAfter"])
    life = end - ssl.cert_time_to_seconds(certificate["notBefore"])
    left = end - now
    kind = "fine"
    if left < min(_RENEW_DAYS * _DAY, life * _RENEW_SHARE):
        kind = "renew"
    if left < min(_ENDING_DAYS * _DAY, life * _ENDING_SHARE):
        kind = "ending"
    until = datetime.fromtimestamp(end, timezone.utc).replace(tzinfo=None)
    return Finding(kind, {"until": until})
