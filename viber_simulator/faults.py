"""Faults of the Bot API that tests order."""

import itertools
from dataclasses import asdict, dataclass

KINDS = {
    "status": "the answer has this `status` and `status_message` (None: without one)",
    "http": "the answer has this `http_status` and an HTML page as its body",
    "body": "the answer has HTTP status 200 and this `body`, JSON or not",
    "reset": "the connection is reset instead of answered",
    "latency": "the answer comes `seconds` later; adds to the other kinds",
    "hold": "the call waits until it is released, before it takes effect (`accepted`:"
    " after that, before the answer); adds to the other kinds",
    "no_status_message": "the answer lacks its `status_message`",
    "failed": "status 0, then a `failed` callback with `desc` after `seconds`",
}
# They come before, or after, whatever else happens to the call.
DELAYS = ("latency", "hold")


@dataclass
class Fault:
    """One order. ``accepted`` calls take effect before their answer goes wrong."""

    number: int
    kind: str
    method: str | None = None
    bot: str | None = None
    user: str | None = None  # Viber id
    count: int | None = None  # how many calls are left; None: until cleared
    accepted: bool = False
    status: int = 3
    status_message: str | None = "badData"
    http_status: int = 500
    body: str = "<html>Service Unavailable</html>"
    seconds: float = 0.0
    desc: str | None = None

    def fits(self, method, bot, user):
        """Whether it is for this call."""
        return (
            self.count != 0
            and self.method in (None, method)
            and self.bot in (None, bot)
            and self.user in (None, user)
        )

    def use(self):
        """Count one call down."""
        if self.count:
            self.count -= 1


class Faults:
    """The orders that stand, oldest first."""

    def __init__(self):
        self._faults = []
        self._numbers = itertools.count(1)

    def add(self, kind, **values):
        """Order a fault.

        :raise ValueError: for a kind or value that there is not
        """
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}, but {', '.join(KINDS)}.")
        try:
            fault = Fault(next(self._numbers), kind, **values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        self._faults.append(fault)
        return asdict(fault)

    def clear(self):
        """Take all orders away."""
        self._faults.clear()

    def end_holds(self, number=None):
        """Hold no further calls.

        :param number: of one order (int), or None for all that hold
        """
        self._faults = [
            fault
            for fault in self._faults
            if fault.kind != "hold" or number not in (None, fault.number)
        ]

    def stands(self, fault):
        """Whether an order has not been taken away since a call has come under it."""
        return any(fault is order for order in self._faults)

    def list(self):
        """The orders that stand."""
        return [asdict(fault) for fault in self._faults if fault.count != 0]

    def take(self, method, bot, user):
        """The faults of one call, used up by it.

        :param str method: of the API
        :param bot: the bot's key, or None
        :param user: the receiver's Viber id, or None
        :return: (delays before the call takes effect, delays after, both lists of
            Fault, and the first Fault of another kind or None)
        """
        before, after, first = [], [], None
        for fault in self._faults:
            if not fault.fits(method, bot, user):
                continue
            if fault.kind not in DELAYS:
                if first is None:
                    first = fault
                    fault.use()
                continue
            fault.use()
            (after if fault.accepted else before).append(fault)
        return before, after, first
