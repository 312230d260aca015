"""How a call of the Bot API ends when it is refused."""

from .const import BAD_DATA, MISSING_DATA, STATUS_NAMES


class ApiError(Exception):
    """The answer's ``status`` is not 0.

    :param int status: see ``const.STATUS_NAMES``
    :param text: the answer's ``status_message``; by default the status's name, and
        None for an answer without one
    """

    def __init__(self, status, text=...):
        super().__init__(STATUS_NAMES[status] if text is ... else text)
        self.status = status

    def answer(self):
        """What the answer says of it."""
        text = self.args[0]
        return {"status": self.status} | ({"status_message": text} if text else {})


def bad(text):
    """:return: ApiError, the request does not fit the schema"""
    return ApiError(BAD_DATA, text)


def missing(name):
    """:return: ApiError, a required field is not there"""
    return ApiError(MISSING_DATA, f"missing parameter: {name}")
