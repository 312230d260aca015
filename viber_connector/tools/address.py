"""Which addresses may be used: public https ones, and the simulator's."""

import ipaddress
import re
from urllib.parse import quote, urlsplit

from .. import const

# What is not routed in public, or to whoever is nearest (IANA, "IPv4" and "IPv6
# Special-Purpose Address Registry", 2025-10). Not ``is_global``: it says something else
# in each release of Python.
_NOT_PUBLIC_IPV4 = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# All that is routed in public (IANA, "IPv6 Global Unicast Address Assignments"). What
# is translated to IPv4 elsewhere (NAT64) may end in a private network.
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_IPV6 = tuple(
    map(
        ipaddress.ip_network,
        (
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID, …
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
# Names that no public name server knows (IANA, "Special-Use Domain Names", and
# ``internal``, reserved by ICANN in 2024).
_NOT_PUBLIC_NAMES = (
    ".alt",
    ".example",
    ".home.arpa",
    ".internal",
    ".invalid",
    ".local",
    ".localhost",
    ".onion",
    ".test",
)
# A host whose last part begins with a digit is an IPv4 address in one of its many
# guises, such as 127.1 (URL Standard, "ends in a number").
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)\d[^.]*$")
# What has no place in the address of a server: user, query, fragment, and what parsers
# drop silently or take for something else.
_NOT_BASE = re.compile(r"[?#@\\\s\x00-\x1f\x7f]")


def is_base(url):
    """Tell whether an address can have a path put behind it: it names a server, maybe
    a folder, and nothing else.

    :param str url: e.g. ``https://odoo.example.com``
    :rtype: bool
    """
    return bool(_split(url)) and not _NOT_BASE.search(url)


def is_public_ip(ip):
    """Tell whether an IP address belongs to the internet that everybody reaches.

    :param str ip: IPv4 or IPv6, maybe with a zone (``fe80::1%eth0``)
    :rtype: bool
    :raise ValueError: when it is no IP address
    """
    ip = ipaddress.ip_address(ip.partition("%")[0])
    # An IPv4 address in the guise of IPv6 is as private as it is without.
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.version == 4:
        return not any(ip in network for network in _NOT_PUBLIC_IPV4)
    return ip in _PUBLIC_IPV6 and not any(ip in network for network in _NOT_PUBLIC_IPV6)


def is_public_https(url):
    """Tell whether an address can, by its looks, be reached by Viber over https.

    Whether its name resolves and something answers is found out by Viber's probe.

    :param str url: e.g. ``https://odoo.example.com``
    :rtype: bool
    """
    parts = _split(url)
    if not parts or parts.scheme != "https":
        return False
    host = parts.hostname.rstrip(".")
    try:
        return is_public_ip(host)
    except ValueError:
        is_name = "." in host and not _ENDS_IN_NUMBER.search(host)
        return is_name and not host.endswith(_NOT_PUBLIC_NAMES)


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


def deep_link(uri, code=""):
    """Make the address that opens the chat with a bot in Viber.

    :param str | bool uri: the bot's name in such addresses; Viber may not tell one
    :param str code: comes back as the context of who opens it; maybe empty
    :return: the address; ``False`` when there is none
    :rtype: str | bool
    """
    if not uri:
        return False
    link = const.DEEP_LINK.format(uri=quote(uri, safe=""))
    return link + (code and const.DEEP_LINK_CONTEXT.format(code=quote(code, safe="")))


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
