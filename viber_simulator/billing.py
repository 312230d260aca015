"""Who pays for a message: sessions of 24 hours, free quotas, balances."""

from . import const
from .errors import ApiError

IN_SESSION, IN_SESSION_BILLABLE = 1, 2
FREE_QUOTA, FREE_QUOTA_BILLABLE = 3, 4
CHARGED = 5


def session_end(chat, clock):
    """When the chat's session ends or ended, in Unix seconds; None without one."""
    if chat.session_start is None:
        return None
    return chat.session_start + clock.span(const.SESSION_SPAN)


def in_session(chat, clock):
    """Whether messages to the user are free now."""
    end = session_end(chat, clock)
    return end is not None and clock.now() < end


def note_user_message(chat, clock):
    """A user's message begins a session, unless one is running; it is not extended."""
    if not in_session(chat, clock):
        chat.session_start = clock.now()


def charge(bot, chat, clock):
    """Pay for a message to this chat.

    A billable bot is one under commercial terms; the others are of the legacy kind.

    :return: int, the answer's ``billing_status``
    :raise ApiError: 23 or 24 when nothing is left to pay with
    """
    if in_session(chat, clock):
        return IN_SESSION_BILLABLE if bot.billable else IN_SESSION
    if bot.quota > 0:
        bot.quota -= 1
        return FREE_QUOTA_BILLABLE if bot.billable else FREE_QUOTA
    if not bot.billable:
        raise ApiError(const.FREE_MESSAGES_EXCEEDED)
    if bot.balance <= 0:
        raise ApiError(const.NO_BALANCE)
    bot.balance -= 1
    return CHARGED
