"""What can go wrong between us and Viber: one class, one policy.

Which status of Viber's is of which class, and what people are told: :mod:`.status`.
"""


class ViberError(Exception):
    """Base of all; ``str()`` is a text for a person and holds no secret.

    :param str message: what happened
    :param int | None status: the ``status`` of Viber's answer, when there was one
    """

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status

    def __str__(self):
        text = self.args[0]
        return text if self.status is None else f"{text} (Viber status {self.status})"

    @property
    def detail(self):
        """str: what happened, to stand in parentheses behind a sentence."""
        text = self.args[0]
        return text if self.status is None else f"{text}, Viber status {self.status}"


class ViberUnavailable(ViberError):
    """Viber surely has not taken the request: try again later."""


class ViberUncertain(ViberError):
    """Viber may have taken the request: never repeat it without a person's word."""


class ViberRateLimited(ViberError):
    """Too many messages to a customer who does not answer: wait."""


class ViberQuotaUsedUp(ViberError):
    """The bot has no free messages this month: wait for the customer, or the next."""


class ViberRecipientError(ViberError):
    """This customer can't be reached (any more)."""


class ViberAccountError(ViberError):
    """The bot itself is refused: nothing will pass until an administrator acts."""


class ViberTooNew(ViberError):
    """The customer's client does not know what the message asks for."""


class ViberRequestError(ViberError):
    """Viber does not accept what we sent; it would not accept it again."""
