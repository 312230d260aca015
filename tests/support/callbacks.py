"""Callbacks made by hand, for what the simulator's customers would never do."""

import hashlib
import hmac
import json
import secrets
import time

import requests

ANSWER_TIMEOUT = 30


def message(sender, timestamp=None, token=None, **content):
    """Make the body of a customer's message.

    :param dict sender: ``id``, ``name`` and what else Viber tells of the customer
    :param int timestamp: Unix milliseconds; now by default
    :param int token: the message token; a random one by default
    :param content: the message itself, such as ``type`` and ``text``
    :return: bytes
    """
    data = {
        "event": "message",
        "timestamp": timestamp or int(time.time() * 1000),
        "message_token": token or secrets.randbits(60),
        "sender": sender,
        "message": content,
    }
    return json.dumps(data).encode()


def sign(body, token):
    """:return: the signature (str) that Viber sends with a body (bytes)."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def post(url, body, signature=None, session=requests):
    """Post a callback.

    :param body: bytes, or an iterable of bytes to be sent in chunks
    :param str signature: its header; without one by default
    :param session: of ``requests``, when one is there
    :return: the HTTP status (int)
    :raise requests.RequestException: when no answer came
    """
    headers = {"X-Viber-Content-Signature": signature} if signature else {}
    return session.post(url, body, headers=headers, timeout=ANSWER_TIMEOUT).status_code
