"""The Viber Bot API: the only module that speaks HTTP to Viber.

It knows no ORM, retries nothing and never sleeps. Its errors hold no secret.
"""

import json
import string
from dataclasses import dataclass

import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

from .. import const
from . import payload as payload_tools
from . import status as status_tools
from .errors import ViberUnavailable, ViberUncertain
from .text import clean_line, shorten

_ERROR_TEXT_MAX_LENGTH = 300
# Small, for what is packed may be a thousand times as long.
_CHUNK = 4 * 1024


@dataclass(frozen=True)
class SendResult:
    """Viber's answer to an accepted message."""

    #: identifies the message in its receipts
    message_token: str
    #: 0 to 5 (``viber.message.billing_status``), ``None`` when not told
    billing_status: int | None


class ViberApi:
    """Calls one bot's API.

    :param str auth_token: the bot's key; only ever sent as a header
    :param str url: address of the API, without a slash at its end
    :param requests.Session session: reuses connections; may be shared by threads
    """

    def __init__(self, auth_token, url=const.API_URL, session=None):
        self._auth_token = auth_token
        self._url = url
        self._session = session or requests.Session()

    def set_webhook(self, url, event_types=()):
        """Register where Viber sends its callbacks; Viber probes it meanwhile.

        :param str url: public https address; ``""`` removes the webhook
        :param event_types: names of the optional events that are wanted
        :raise ViberError: when Viber refuses or can't be reached
        """
        body = {"url": url}
        if url:
            body |= {
                "event_types": list(event_types),
                "send_name": True,
                "send_photo": True,
            }
        self._post("set_webhook", body, timeout=const.SET_WEBHOOK_TIMEOUT)

    def get_account_info(self):
        """Ask Viber who this bot is.

        :return: Viber's answer: ``id``, ``name``, ``uri``, ``icon``, ``webhook``, …
        :rtype: dict
        :raise ViberError: when Viber refuses or can't be reached
        """
        return self._post("get_account_info", {})

    def send_message(self, payload):
        """Send one message to one customer.

        :param dict payload: from :func:`payload.build`
        :rtype: SendResult
        :raise ViberError: its class tells what to do next (see :mod:`.errors`)
        """
        answer = self._post("send_message", payload)
        return SendResult(
            message_token=clean_line(answer.get("message_token")),
            billing_status=_billing_status(answer.get("billing_status")),
        )

    def _post(self, method, body, timeout=const.REQUEST_TIMEOUT):
        """Call a method; the one place that touches the network.

        :return: the decoded answer, its ``status`` being 0
        :rtype: dict
        :raise ViberError: one of its sub-classes
        """
        try:
            with self._session.post(
                f"{self._url}/{method}",
                data=payload_tools.encode(body),
                headers={
                    "Content-Type": "application/json",
                    "X-Viber-Auth-Token": self._auth_token,
                },
                timeout=timeout,
                # A redirect would carry the key to wherever it points.
                allow_redirects=False,
                # What is read may have any length, and grow when it is unpacked.
                stream=True,
            ) as response:
                return self._read(response)
        except requests.RequestException as error:
            raise _transport_error(error) from None

    def _read(self, response):
        if response.status_code == 503 or 300 <= response.status_code < 500:
            raise ViberUnavailable(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise ViberUncertain(f"HTTP {response.status_code}")
        try:
            answer = json.loads(_content(response))
        # Besides bad JSON: an answer that is nested too deep.
        except (ValueError, RecursionError):
            raise ViberUncertain("The answer is not JSON") from None
        status = answer.get("status") if isinstance(answer, dict) else None
        if type(status) is not int:  # False is an int too, but no success
            raise ViberUncertain("The answer has no status")
        if status != status_tools.OK:
            raise self._status_error(status, answer.get("status_message"))
        return answer

    def _status_error(self, status, message):
        """Viber's verdict as an error; its text may be a Java stack trace or absent."""
        text = clean_line(message).replace(self._auth_token, "***")
        text = shorten(text, _ERROR_TEXT_MAX_LENGTH)
        known = status_tools.find(status)
        return known.error(text or known.name, status=status)


def _billing_status(value):
    """:return: what Viber takes for a message, by its number; CH has it as text, what
        was seen are numbers
    :rtype: int | None
    """
    if isinstance(value, str) and len(value) == 1 and value in string.digits:
        return int(value)
    return value if type(value) is int else None


def _content(response):
    """:return: what was answered
    :rtype: bytearray
    :raise ViberUncertain: when it is too long for any answer
    :raise requests.RequestException: when it breaks off
    """
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > const.ANSWER_MAX_BYTES:
            raise ViberUncertain("The answer is too long")
    return content


def _transport_error(error):
    """Tell whether Viber can have taken a request that found no answer.

    :param requests.RequestException error: what was raised
    :rtype: ViberError
    """
    reason = type(error).__name__
    if isinstance(error, requests.ReadTimeout):
        return ViberUncertain("Viber did not answer in time")
    # The connection stood and broke, or fell silent within the answer: the request may
    # have been read before.
    lost = (ProtocolError, ReadTimeoutError, SSLError)
    if any(isinstance(argument, lost) for argument in error.args):
        return ViberUncertain("The connection broke before the answer came")
    # A ValueError: the request could not even be built, e.g. for a wrong address.
    if isinstance(error, (requests.ConnectionError, ValueError)):
        return ViberUnavailable(f"No connection, {reason}")
    return ViberUncertain(f"The request failed, {reason}")
