"""Fixtures: the simulator as its own process, and a bot's server; real sockets."""

import pytest

from viber_simulator.settings import Settings
from viber_simulator.testing import Simulator

from .support import Bot, BotServer


@pytest.fixture(scope="module")
def running_simulator():
    """One process for a module: its clock only goes forward."""
    with Simulator() as viber:
        yield viber


@pytest.fixture
def viber(running_simulator):
    """The simulator without faults, and with all switches as they come."""
    running_simulator.clear_faults()
    running_simulator.settings(**Settings().as_dict())
    return running_simulator


@pytest.fixture
def server():
    """The server of a bot."""
    bot_server = BotServer()
    yield bot_server
    bot_server.close()


@pytest.fixture
def bot(viber, server):
    """A bot whose webhook is set."""
    return Bot(viber, server).connect()


@pytest.fixture
def olena(viber):
    """A customer."""
    return viber.create_user("Olena Koval")
