"""Which addresses may be used: public https ones, and the simulator's."""

import ipaddress
from urllib.parse import urlsplit

from .. import const


def is_public_https(url):
    """Tell whether an address can, by its looks, be reached by Viber over https.

    Whether its name resolves and something answers is found out by Viber's probe.

    :param str url: e.g. ``https://odoo.example.com``
    :rtype: bool
    """
    parts = _split(url)
    if not parts or parts.scheme != "https":
        return False
    host = parts.hostname
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal"))


def is_loopback(url):
    """Tell whether an address is one of this very machine.

    :param str url: http or https address
    :rtype: bool
    """
    parts = _split(url)
    if not parts:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def origin(url):
    """:return: scheme, host and port of an http(s) address; ``None`` when it is none
    :rtype: tuple[str, str, int] | None
    """
    parts = _split(url)
    if not parts:
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    return parts.scheme, parts.hostname, parts.port or default


def _split(url):
    """:return: the parts of an http(s) address with a host, else ``None``"""
    # The parser normalises a host: n² steps for what no address is.
    if len(url or "") > const.TEXT_MAX_LENGTH:
        return None
    try:
        parts = urlsplit(url or "")
        _port = parts.port  # raises when it is no number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts
