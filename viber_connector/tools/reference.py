"""The signed reference to a conversation that travels in ``tracking_data``.

Viber gives it back with the customer's next messages, by way of their device: it tells
which conversation they answer, and is never taken as a right to anything.
"""

import hashlib
import hmac
import re

# The first references knew tasks only, and said so nowhere.
_FIRST_MODEL = "project.task"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNATURE_LENGTH = 16
_REFERENCE = re.compile(
    # 2^31 has six digits in base 36.
    r"(?:vc1|vc2\.([a-z][a-z0-9_.]*))\.([0-9a-z]{1,6})"
    rf"\.([0-9a-f]{{{_SIGNATURE_LENGTH}}})"
)


def make(secret, account_id, subscriber_id, model, res_id):
    """Make the reference to a conversation.

    :param str secret: known to this database only
    :param int account_id: the account, and so on
    :param str model: of the record
    :return: e.g. ``vc1.6hk.0123456789abcdef`` for a task, else
        ``vc2.helpdesk.ticket.6hk.0123456789abcdef``
    :rtype: str
    """
    prefix = "vc1" if model == _FIRST_MODEL else f"vc2.{model}"
    signed = _sign(secret, account_id, subscriber_id, model, res_id)
    return f"{prefix}.{_to_base36(res_id)}.{signed}"


def read(reference, secret, account_id, subscriber_id):
    """Find the conversation that a reference names.

    :param str reference: what came back, from whoever
    :return: model and id of the record; ``None`` when it is none of ours, or another
        customer's
    :rtype: tuple[str, int] | None
    """
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return None
    model = match[1] or _FIRST_MODEL
    res_id = int(match[2], 36)
    expected = _sign(secret, account_id, subscriber_id, model, res_id)
    if not hmac.compare_digest(expected, match[3]):
        return None
    return model, res_id


def _sign(secret, account_id, subscriber_id, model, res_id):
    # Task 1 and ticket 1 of one customer are two conversations.
    parts = [account_id, subscriber_id, res_id]
    if model != _FIRST_MODEL:
        parts.insert(2, model)
    text = ":".join(map(str, parts))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return digest[:_SIGNATURE_LENGTH]


def _to_base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
