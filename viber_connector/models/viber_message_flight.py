"""What is on its way to Viber during a run of the outbox; only HTTP and
pictures run in threads."""

import json
import math
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait

from .. import const
from ..tools import errors
from .ir_attachment import scale_down


class Flight:
    """What is on the way to Viber.

    :param concurrent.futures.Executor pool: sends
    :param requests.Session session: reuses connections
    :param int connections: messages at the most at the same time
    :param dict probes: of ``viber.account._start_probes``
    :param concurrent.futures.Executor picture_pool: makes pictures smaller
    """

    def __init__(self, pool, session, connections, probes, picture_pool):
        self.started = time.monotonic()
        #: id of the row, and when it left, by the answer to come
        self.running = {}
        self.probes = probes
        #: id of the row, and the picture's checksum, by the smaller copy to come
        self.pictures = {}
        #: what kept messages from being claimed, by id of the account
        self.failures = {}
        self._pool = pool
        self._session = session
        self._connections = connections
        self._picture_pool = picture_pool

    @property
    def free(self):
        """int: how many more may leave."""
        return self._connections - len(self.running)

    @property
    def is_busy(self):
        """bool: whether something is on the way."""
        return bool(self.running or self.probes or self.pictures)

    @property
    def is_slow(self):
        """bool: whether an answer, a probe or a picture takes long."""
        moments = [moment for _row_id, moment in self.running.values()]
        slowest = min(moments, default=math.inf)
        return (
            bool(self.probes or self.pictures)
            or time.monotonic() > slowest + const.SEND_SLOW
        )

    @property
    def is_over(self):
        """bool: whether no answer can come in time any more."""
        end = self.started + const.SEND_SECONDS + const.SEND_DRAIN
        return time.monotonic() >= end

    def begin(self, row):
        """Send a message, in a thread; what keeps it here is an answer as well.

        :param viber.message row: claimed
        """
        api = row.account_id._find_api(self._session)
        try:
            if isinstance(api, errors.ViberError):
                raise api
            future = self._pool.submit(api.send_message, json.loads(row.payload))
        except Exception as error:
            future = failed(error)
        self.running[future] = (row.id, time.monotonic())

    def begin_picture(self, row):
        """Make a picture smaller, in a thread.

        :param viber.message row: whose picture; claimed
        """
        try:
            checksum, raw = row._picture_to_scale()
            future = self._picture_pool.submit(scale_down, raw)
        except Exception as error:
            checksum, future = "", failed(error)
        self.pictures[future] = (row.id, checksum)

    def wait(self, seconds):
        """Wait for the first answers, but not for long: what is posted meanwhile has to
        leave, however slow those are.

        :param float seconds: at the most
        :return: those that are there
        :rtype: set[concurrent.futures.Future]
        """
        if not self.is_busy:
            time.sleep(seconds)
            return set()
        expected = self.running.keys() | self.probes.keys() | self.pictures.keys()
        return wait(expected, seconds, return_when=FIRST_COMPLETED).done


def failed(error):
    """Make an answer without having asked.

    :param Exception error: what it shall be
    :return: an answer that is this error
    :rtype: concurrent.futures.Future
    """
    future = Future()
    future.set_exception(error)
    return future
