"""The statuses of Viber's answers (docs/viber_bot_api.rst, "Statuses"): one table,
number -> name, what it means for a message, words for people."""

from dataclasses import dataclass

from .errors import (
    ViberAccountError,
    ViberQuotaUsedUp,
    ViberRateLimited,
    ViberRecipientError,
    ViberRequestError,
    ViberTooNew,
    ViberUnavailable,
    ViberUncertain,
)


def _lt(words):
    """Mark words for translators: Odoo's export looks for calls of this name."""
    return words


@dataclass(frozen=True)
class Status:
    """What one status means."""

    #: Viber's name for it, for administrators
    name: str
    #: class of :class:`.errors.ViberError`: what becomes of the message
    error: type
    #: what happened and what to do, for the agent who wrote the message
    said: str
    #: the same for those who look after the account
    advice: str = _lt(
        "Viber refuses this. Try again in a few minutes; if it stays so, ask Viber's "
        "support what to do."
    )


OK = 0
INVALID_URL = 1
TOO_MANY_REQUESTS = 12
FREE_MESSAGES_EXCEEDED = 23

_NOT_AS_IT_IS = _lt(
    "Viber does not accept this message as it is. Change its text or its files and "
    "send it again; if that does not help, ask your administrator."
)
_NOT_THIS_KIND = _lt(
    "Viber does not let this bot send messages of this kind. Reach the customer "
    "another way, and tell your administrator."
)
_TOO_OLD = _lt(
    "The customer's Viber is too old to show this message. Send a plain text instead, "
    "or reach them another way."
)

STATUSES = {
    INVALID_URL: Status(
        "invalidUrl",
        ViberRequestError,
        _lt(
            "Viber can't open an address that is in this message, such as that of a "
            "file. Send it without; if it has to be there, ask your administrator."
        ),
        _lt(
            "Viber can't reach this Odoo at %(url)s. The address must be public, https "
            "with a valid certificate and its whole chain, and lead to this database "
            "without a redirect."
        ),
    ),
    2: Status(
        "invalidAuthToken",
        ViberAccountError,
        _lt(
            "Viber does not know the bot's API key any more. The message leaves when "
            "an administrator has entered the right one: tell them if it is urgent."
        ),
        _lt(
            "Viber does not know this API key. Copy it again from partners.viber.com "
            "and paste it whole."
        ),
    ),
    3: Status("badData", ViberRequestError, _NOT_AS_IT_IS),
    4: Status("missingData", ViberRequestError, _NOT_AS_IT_IS),
    5: Status(
        "receiverNotRegistered",
        ViberRecipientError,
        _lt(
            "This customer has no Viber any more. Reach them another way; they can "
            "write to the bot again when they have it back."
        ),
    ),
    6: Status(
        "receiverNotSubscribed",
        ViberRecipientError,
        _lt(
            "The customer has left the bot, so that nothing reaches them in Viber. "
            "Reach them another way; when they write to the bot again you can answer."
        ),
    ),
    7: Status(
        "publicAccountBlocked",
        ViberAccountError,
        _lt(
            "Viber has blocked the bot. The message leaves when an administrator has "
            "settled this with Viber: if it is urgent, reach the customer another way."
        ),
        _lt("Viber has blocked this bot. Ask Viber's support what to do."),
    ),
    8: Status(
        "publicAccountNotFound",
        ViberAccountError,
        _lt(
            "Viber does not know the bot any more. The message leaves when an "
            "administrator has settled this: if it is urgent, reach the customer "
            "another way."
        ),
        _lt(
            "Viber knows no bot with this API key any more. See whether it is still at "
            "partners.viber.com; if it is, ask Viber's support what to do."
        ),
    ),
    9: Status(
        "publicAccountSuspended",
        ViberAccountError,
        _lt(
            "Viber has suspended the bot. The message leaves when an administrator has "
            "settled this with Viber: if it is urgent, reach the customer another way."
        ),
        _lt("Viber has suspended this bot. Ask Viber's support what to do."),
    ),
    10: Status(
        "webhookNotSet",
        ViberAccountError,
        _lt(
            "Viber takes no messages, because the bot is not connected to this Odoo "
            "any more. The message leaves when an administrator has connected it "
            "again: tell them if it is urgent."
        ),
        _lt(
            "Viber does not know any more where to send what customers write to this "
            "bot. Press Connect."
        ),
    ),
    11: Status(
        "receiverNoSuitableDevice",
        ViberRequestError,
        _lt(
            "None of the customer's devices can show this message. Send a plain text "
            "instead, or reach them another way."
        ),
    ),
    TOO_MANY_REQUESTS: Status(
        "tooManyRequests",
        ViberRateLimited,
        _lt(
            "Viber allows %(limit)s messages an hour to a customer who does not "
            "answer. It leaves in the next hour, or when they write."
        ),
    ),
    13: Status("apiVersionNotSupported", ViberTooNew, _TOO_OLD),
    14: Status("incompatibleWithVersion", ViberTooNew, _TOO_OLD),
    15: Status(
        "publicAccountNotAuthorized",
        ViberAccountError,
        _lt(
            "Viber does not let the bot send messages. The message leaves when an "
            "administrator has settled this with Viber: if it is urgent, reach the "
            "customer another way."
        ),
        _lt(
            "Viber does not let this bot send messages. Ask Viber's support what to do."
        ),
    ),
    16: Status("inchatReplyMessageNotAllowed", ViberRequestError, _NOT_THIS_KIND),
    17: Status("publicAccountIsNotInline", ViberRequestError, _NOT_THIS_KIND),
    18: Status("noPublicChat", ViberRequestError, _NOT_THIS_KIND),
    19: Status(
        "cannotSendBroadcast",
        ViberUnavailable,
        _lt("Viber could not send this message just now. It is tried again by itself."),
    ),
    20: Status("broadcastNotAllowed", ViberRequestError, _NOT_THIS_KIND),
    21: Status(
        "unsupportedCountry",
        ViberRequestError,
        _lt(
            "Viber does not let the bot write to the country of this customer. Reach "
            "them another way."
        ),
    ),
    22: Status("paymentUnsupported", ViberRequestError, _NOT_THIS_KIND),
    FREE_MESSAGES_EXCEEDED: Status(
        "freeMessagesExceeded",
        ViberQuotaUsedUp,
        _lt(
            "The bot has used up its free messages of this month at Viber. This leaves "
            "when the customer writes, or on %(date)s. If that is too late, cancel it "
            "and reach them another way."
        ),
    ),
    24: Status(
        "noBalance",
        ViberAccountError,
        _lt(
            "The bot's balance at Viber is used up. The message leaves when an "
            "administrator has topped it up: tell them if it is urgent."
        ),
        _lt(
            "This bot's balance at Viber is used up. Top it up with Viber, or with the "
            "partner who bills you for it."
        ),
    ),
    999: Status(
        "badReceiverId",
        ViberRecipientError,
        _lt(
            "Viber does not know this customer at this bot. Reach them another way, "
            "and ask them to write to the bot again."
        ),
    ),
}
_UNKNOWN = Status(
    "unknown",
    ViberUnavailable,
    _lt(
        "Viber did not take this message, and the reason is not known here. It is "
        "tried again by itself."
    ),
)
_UNREACHABLE_ADVICE = _lt(
    "Viber does not answer. Check that this server may open connections to the "
    "internet, then try again."
)
# Without an answer there is no status.
_WITHOUT_ANSWER = {
    ViberUnavailable: Status(
        "",
        ViberUnavailable,
        _lt(
            "Viber can't be reached at the moment. The message leaves by itself when "
            "Viber answers again."
        ),
        _UNREACHABLE_ADVICE,
    ),
    ViberUncertain: Status(
        "",
        ViberUncertain,
        _lt(
            "Viber's answer was lost, so this message may have arrived or not. Ask the "
            "customer, then say that it arrived or send it again."
        ),
        _UNREACHABLE_ADVICE,
    ),
    # The account can't be used, and says why.
    ViberAccountError: Status(
        "",
        ViberAccountError,
        _lt(
            "The bot can't send at the moment. The message leaves when an "
            "administrator has looked after its account: tell them if it is urgent."
        ),
        "",
    ),
}


def find(number):
    """Tell what a status means.

    :param int number: ``status`` of an answer
    :rtype: Status
    """
    return STATUSES.get(number, _UNKNOWN)


def of(error):
    """Tell what an error means.

    :param ViberError error: Viber's verdict, or why there is none
    :rtype: Status
    """
    if error.status is None:
        return _WITHOUT_ANSWER.get(type(error), _UNKNOWN)
    return find(error.status)
