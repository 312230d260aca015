"""Calls of the Bot API that are held until a test lets them go."""

import asyncio
import contextlib

# Seconds. A test that forgets its hold does not hang for ever, and one that waits for
# a restart of the software under test has time for it.
LONGEST = 300.0
# Seconds that a release waits for the calls to go on.
PATIENCE = 20.0


class _Hold:
    """A call that is held: ``let_go`` ends that, ``went_on`` tells that it is past."""

    def __init__(self, call, fault):
        self.call = call
        self.fault = fault
        self.let_go = asyncio.Event()
        self.went_on = asyncio.Event()


class Holds:
    """The calls that are held, and those that were let go and have not gone on yet."""

    def __init__(self):
        self._held = []
        self._leaving = []

    async def keep(self, call, fault):
        """Hold a call until it is let go, or :data:`LONGEST` has passed.

        It is nothing to the call whether its client still waits.

        :param Call call: of the gateway
        :param Fault fault: the order, of kind ``hold``
        """
        self.settle(call)
        hold = _Hold(call, fault)
        self._held.append(hold)
        self._leaving.append(hold)
        try:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(hold.let_go.wait(), LONGEST)
        finally:
            self._held.remove(hold)

    def settle(self, call):
        """Note that a call has come to its end, or to its next hold."""
        for hold in self._leaving:
            if hold.call is call:
                hold.went_on.set()
        self._leaving = [hold for hold in self._leaving if hold.call is not call]

    def calls(self, fault=None):
        """:return: the calls that are held (list of Call), as long as that.

        :param fault: the number of one order (int), or None for all
        """
        return [hold.call for hold in self._find(fault)]

    async def release(self, fault=None):
        """Let calls go, and wait until they have: until each is answered (or nobody is
        there to get an answer), or held by the next order.

        :param fault: the number of one order (int), or None for all
        :return: these calls (list of Call), the one that was held first first
        """
        found = self._find(fault)
        for hold in found:
            hold.let_go.set()
        with contextlib.suppress(asyncio.TimeoutError):
            going = asyncio.gather(*(hold.went_on.wait() for hold in found))
            await asyncio.wait_for(going, PATIENCE)
        return [hold.call for hold in found]

    def _find(self, fault):
        return [hold for hold in self._held if fault in (None, hold.fault.number)]
