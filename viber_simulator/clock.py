"""The service's time: real time that tests can move forward."""

import asyncio
import contextlib
import random
import time

# A message token is (ms since this moment) << 22 | 22 random bits.
TOKEN_EPOCH_MS = 292_057_776_128


class Clock:
    """Real time plus what :meth:`advance` added.

    The ``scale`` shortens only what the service waits for (repeats, life of links,
    sessions). Timestamps stay true, so that they can be compared with those of the
    software under test.
    """

    def __init__(self, scale=1.0):
        self.scale = scale
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self):
        """Unix seconds, as float."""
        return time.time() + self._offset

    def now_ms(self):
        """Unix milliseconds, as int."""
        return int(self.now() * 1000)

    def span(self, seconds):
        """How many seconds of this clock a documented span takes."""
        return seconds / self.scale

    def advance(self, seconds):
        """Move forward and wake up everyone who sleeps."""
        self._offset += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds):
        """Sleep for a documented span, or until the clock was moved past its end."""
        end = self.now() + self.span(seconds)
        while (left := end - self.now()) > 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)


class Tokens:
    """Message tokens as the service makes them: unique, and telling their time."""

    def __init__(self):
        self._last = 0

    def new(self, ms):
        """:param int ms: Unix milliseconds; :return: int, a fresh token"""
        token = (ms - TOKEN_EPOCH_MS) << 22 | random.getrandbits(22)
        if token == self._last:
            token ^= 1
        self._last = token
        return token
