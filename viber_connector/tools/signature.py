"""Who speaks? The signature of Viber's callbacks."""

import hashlib
import hmac


def compute(body, auth_token):
    """Sign a callback as Viber does.

    Source: CH "Callbacks": HMAC-SHA256 over the raw body, keyed with the text of the
    token, hyphens included.

    :param bytes body: the body exactly as it travels
    :param str auth_token: the token of the bot
    :return: 64 lower-case hexadecimal digits
    :rtype: str
    """
    return hmac.new(auth_token.encode(), body, hashlib.sha256).hexdigest()


def is_valid(body, signature, auth_token):
    """Tell, in constant time, whether a callback was signed with our token.

    :param bytes body: the raw body
    :param str | None signature: what came in the header
    :param str | None auth_token: the token of the bot; without one nothing is valid
    :rtype: bool
    """
    if not signature or not auth_token:
        return False
    # Bytes, because compare_digest refuses strings that are not ASCII.
    expected = compute(body, auth_token).encode()
    return hmac.compare_digest(expected, signature.lower().encode())
