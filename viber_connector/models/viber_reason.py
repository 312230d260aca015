"""Why something at Viber failed, in the words of those who have to act."""

from .. import const
from ..tools import status
from ..tools.errors import ViberError


def of_message(env, error):
    """Say what became of a message: to agents in words, to managers in Viber's.

    :param Environment env: in whose language
    :param Exception error: what came instead of Viber's approval
    :return: ``failure_reason`` and ``failure_detail``
    :rtype: dict
    """
    return {"failure_reason": for_agents(env, error), "failure_detail": detail(error)}


def for_agents(env, error):
    """Say what happened to a message and what to do.

    :param Environment env: in whose language
    :param Exception error: what came instead of Viber's approval
    :rtype: str
    """
    if not isinstance(error, ViberError):
        return env._(
            "This message can't be sent because of a fault in Odoo. Reach the customer "
            "another way, and tell your administrator."
        )
    return env._(status.of(error).said)


def detail(error):
    """:return: what Viber or the network said, or the kind of a fault of ours: its
        text may quote anything
    :rtype: str
    """
    return error.detail if isinstance(error, ViberError) else type(error).__name__


def for_managers(env, error, url):
    """Say what is wrong with an account and what to do.

    :param Environment env: in whose language
    :param ViberError error: what Viber or the network said
    :param str url: of the account's webhook
    :rtype: str
    """
    advice = status.of(error).advice
    return f"{env._(advice, url=url)} ({error.detail})" if advice else str(error)


def for_silence(env):
    """Say why a message waits for a customer who does not answer.

    :rtype: str
    """
    known = status.find(status.TOO_MANY_REQUESTS)
    return env._(known.said, limit=const.MESSAGES_PER_HOUR_MAX)


def for_quota(env, date):
    """Say why a message waits for the bot's free messages.

    :param str date: when there are new ones, as people write it
    :rtype: str
    """
    return env._(status.find(status.FREE_MESSAGES_EXCEEDED).said, date=date)
