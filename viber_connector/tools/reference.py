"""The signed reference to a task that travels in ``tracking_data``.

Viber gives it back with the customer's next messages, by way of their device: it tells
which conversation they answer, and is never taken as a right to anything.
"""

import hashlib
import hmac

_PREFIX = "vc1"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNATURE_LENGTH = 16


def make(secret, account_id, subscriber_id, task_id):
    """Make the reference to a conversation.

    :param str secret: known to this database only
    :param int account_id: the account, and so on
    :return: e.g. ``vc1.6hk.0123456789abcdef``
    :rtype: str
    """
    signed = _sign(secret, account_id, subscriber_id, task_id)
    return f"{_PREFIX}.{_to_base36(task_id)}.{signed}"


def read(reference, secret, account_id, subscriber_id):
    """Find the task that a reference names.

    :param str reference: what came back, from whoever
    :return: id of the task; ``None`` when it is none of ours, or another customer's
    :rtype: int | None
    """
    prefix, _dot, rest = reference.partition(".")
    number, _dot, signed = rest.partition(".")
    # 2^31 has six digits in base 36.
    if prefix != _PREFIX or not number.isalnum() or len(number) > 6:
        return None
    if not number.isascii():
        return None
    task_id = int(number, 36)
    expected = _sign(secret, account_id, subscriber_id, task_id)
    if not hmac.compare_digest(expected.encode(), signed.encode()):
        return None
    return task_id


def _sign(secret, *ids):
    text = ":".join(map(str, ids))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return digest[:_SIGNATURE_LENGTH]


def _to_base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
