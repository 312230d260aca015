"""Promises in seconds, on machines of any speed.

A promise is for a machine that has nothing else to do. So it is tried several times,
and once is enough; and a machine on which Odoo's own work takes long may take longer
for ours.
"""

import time

TRIES = 5
# So many times what Odoo's own work takes may ours take, where that is more than was
# promised. Low enough to find what waits for a time-out or a regular job.
STRETCH = 30


def bare_seconds(odoo):
    """:return: seconds (float) that a bare call of the server takes, at its best
    :param OdooServer odoo: running
    """

    def call():
        started = time.monotonic()
        odoo.rpc("res.users", "search_count", [("login", "=", "admin")])
        return time.monotonic() - started

    return min(call() for _try in range(TRIES))


def check_prompt(odoo, promised, attempt):
    """Check that something can be done in the time that is promised.

    :param OdooServer odoo: running
    :param float promised: seconds
    :param attempt: callable that does it anew, with the number of the try, and gives
        the seconds that it took
    :raise AssertionError: with the seconds of all tries, when all took longer
    """
    taken = []
    for number in range(TRIES):
        allowed = max(promised, STRETCH * bare_seconds(odoo))
        taken.append(attempt(number))
        if taken[-1] < allowed:
            return
    raise AssertionError(f"{taken} s, where {allowed:.2f} s are allowed")
