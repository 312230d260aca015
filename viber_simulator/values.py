"""Single values of requests: strings, addresses, numbers."""

import re
from urllib.parse import urlsplit

from . import const
from .errors import bad, missing

WHOLE_NUMBER = re.compile("[0-9]{1,15}")


def check_string(data, key, limit, required=False):
    """A string of at most ``limit`` UTF-16 units, the stricter way of counting.

    :return: str, or None when it is absent and need not be there
    :raise ApiError: 3 or 4
    """
    value = data.get(key)
    if value is None and not required:
        return None
    if key not in data:
        raise missing(key)
    if not isinstance(value, str):
        raise bad(f"{key!r} must be a string")
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > limit:
        raise bad(f"{key!r} is too long ({length}, maximum allowed: {limit})")
    return value


def check_url(data, key, required=False):
    """An absolute address of http or https.

    The official libraries send null, or nothing between quotes, for what they have not.

    :raise ApiError: 3 or 4
    """
    if data.get(key) in (None, "") and not required:
        return
    value = check_string(data, key, const.MAX_URL, required)
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        good = False
    if not good:
        raise bad(f"{key!r} is not a valid URL")


def whole_number(value):
    """The integer that a number, or as with the service a string of digits, means.

    :return: int, or None when it is none
    """
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return value if type(value) is int else None


def is_within(value, least, most):
    """Whether it is a number, and within these."""
    return type(value) in (int, float) and least <= value <= most
