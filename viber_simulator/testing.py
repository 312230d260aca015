"""Start the simulator from a test (or the demo) and drive it.

    with Simulator() as viber:
        bot = viber.create_bot("Service desk")
        olena = viber.create_user("Olena Koval")
        ...  # connect something that answers at the bot's webhook
        viber.write(olena, bot, "My printer is on fire")

``client.Client`` has the methods that drive it, also for one that runs already.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .client import LIMIT, Client, SimulatorError, wait_until

__all__ = ["LIMIT", "Client", "Simulator", "SimulatorError", "wait_until"]

READY = re.compile(r"^Viber simulator: (\S+) \(control: (\S+)\)$", re.MULTILINE)
ROOT = Path(__file__).resolve().parent.parent


class Simulator(Client):
    """One simulator process on a free loopback port.

    :param int port: fixed port; 0 takes a free one (kept over :meth:`restart`)
    :param state: path of a file that keeps bots, users and conversations
    :param float time_scale: how many times faster the service's own waits (repeats of
        callbacks, life of media links, sessions) pass; timestamps stay true
    :param seed: makes the choices left to chance (key order, delays) repeatable
    :param log: path of the log file; a temporary one by default
    """

    def __init__(self, port=0, state=None, time_scale=1.0, seed=None, log=None):
        super().__init__(url=None)
        self.state = state
        self.time_scale = time_scale
        self.seed = seed
        self.log = Path(log or f"{tempfile.mkdtemp(prefix='viber-')}/simulator.log")
        self._ports = (port, 0)
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc_info):
        self.stop()

    # -- the process -------------------------------------------------------------

    def start(self):
        """Start the process and wait until it answers.

        :return: self, with :attr:`url` (the phone) and :attr:`api_url` (the Bot API)
        :raise SimulatorError: with the end of the log when it does not start
        """
        port, control_port = self._ports
        command = [sys.executable, "-m", "viber_simulator"]
        command += ["--port", str(port), "--control-port", str(control_port)]
        command += ["--time-scale", str(self.time_scale)]
        if self.seed is not None:
            command += ["--seed", str(self.seed)]
        if self.state:
            command += ["--state", str(self.state)]
        offset = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        try:
            self.url, self._control_url = wait_until(
                lambda: self._ready(offset), what="the simulator's start"
            )
        except BaseException:
            self.kill()
            raise
        self._ports = tuple(
            int(address.rpartition(":")[2]) for address in (self.url, self._control_url)
        )
        return self

    def _ready(self, offset):
        log = self.log.read_bytes()[offset:].decode(errors="replace")
        if match := READY.search(log):
            return match.groups()
        if self._process.poll() is not None:
            raise SimulatorError(f"the simulator did not start:\n{log[-2000:]}")
        return None

    def stop(self):
        """End the process; the state file, if any, is written."""
        self._end(subprocess.Popen.terminate)

    def kill(self):
        """End the process at once, as a crash would (SIGKILL)."""
        self._end(subprocess.Popen.kill)

    def _end(self, how):
        if self._process is None:
            return
        how(self._process)
        self._process.wait(LIMIT)
        self._process = None

    def restart(self):
        """Stop and start again on the same ports."""
        self.stop()
        return self.start()
