"""Fixtures of the system tests: real servers and databases, made for them alone."""

import signal

import pytest
from playwright.sync_api import expect, sync_playwright

import devtools.browser
import devtools.odoo
from devtools import databases
from devtools.server import OdooServer
from viber_simulator.testing import LIMIT, Simulator

from .support import SCREENSHOTS, Account, open_page
from .support.browser import OPTIONS

PREFORK_WORKERS = 2
LOG_CHARACTERS = 4000


def pytest_configure():
    # `kill` shall end what the fixtures started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    expect.set_options(timeout=LIMIT * 1000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Show the end of the servers' logs with a failure."""
    report = yield
    if report.failed:
        for server in getattr(item, "funcargs", {}).values():
            if isinstance(server, OdooServer):
                end = server.log_text()[-LOG_CHARACTERS:]
                report.sections.append((f"end of {server.log.name}", end))
    return report


@pytest.fixture(scope="session")
def variables():
    """The environment (dict) in which Odoo and PostgreSQL's programs run."""
    with devtools.odoo.environment() as found:
        yield found


@pytest.fixture(scope="module")
def simulator():
    """The stand-in for Viber, for this module alone."""
    with Simulator() as viber:
        yield viber


@pytest.fixture(scope="module")
def odoo(request, variables, simulator):
    """Odoo with the addon in prefork mode, using the simulator."""
    yield from _serve(request, variables, simulator, workers=PREFORK_WORKERS)


@pytest.fixture(scope="module")
def odoo_threaded(request, variables, simulator):
    """The same in threaded mode: what needs a live page."""
    yield from _serve(request, variables, simulator, workers=0)


@pytest.fixture(scope="module")
def odoo_alone(request, variables, simulator):
    """The same with one worker process, which Viber's probe can't get by."""
    yield from _serve(request, variables, simulator, workers=1)


def _serve(request, variables, simulator, workers):
    purpose = request.module.__name__.rpartition(".")[2].replace("_", "-")
    if not workers:
        purpose += "-threaded"
    template = getattr(request.module, "TEMPLATE", databases.CONNECTOR)
    with databases.temporary(variables, purpose, template) as database:
        with OdooServer(variables, database, workers) as server:
            parameter = "viber_connector.api_url", simulator.api_url
            server.rpc("ir.config_parameter", "set_param", *parameter)
            # Its greeting would open over what is being tested.
            silent = "res.users", "odoobot_state", "disabled"
            server.rpc("ir.default", "set", *silent)
            users = server.rpc("res.users", "search", [])
            server.rpc("res.users", "write", users, {silent[1]: silent[2]})
            yield server


@pytest.fixture
def account(odoo, simulator):
    """A connected account at the prefork server."""
    return Account(odoo, simulator)


@pytest.fixture
def account_threaded(odoo_threaded, simulator):
    """A connected account at the threaded server."""
    return Account(odoo_threaded, simulator)


@pytest.fixture
def customer(simulator):
    """Somebody with a phone (dict of the simulator)."""
    return simulator.create_user("Olena Koval", language="uk-UA", country="UA")


@pytest.fixture(scope="session")
def browser():
    """Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=devtools.browser.executable(), args=OPTIONS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page in a fresh profile; an uncaught error on it fails the test."""
    with open_page(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def screenshots():
    """The folder (Path) for pictures to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
