"""``make demo`` as a newcomer has it: start, look, Ctrl-C, start again."""

import re
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from devtools import databases
from devtools.demo import ANSWER, QUESTION
from devtools.paths import DEV, ROOT
from devtools.python_env import PYTHON
from devtools.server import OdooSession

from .support import log_in, open_page

NAME = "demo-trial"
STOP_SECONDS = 180
ADDRESSES = re.compile(r"Odoo +(\S+)/odoo/\S+ .*\n +Phone +(\S+)")


class Demo:
    """A running demo: its process and the two addresses that it printed."""

    def __init__(self, process, odoo, phone):
        self.process = process
        self.url = odoo
        self.phone = phone
        self.rpc = OdooSession(odoo, NAME).rpc


@contextmanager
def running_demo():
    process = subprocess.Popen(
        [PYTHON, "-m", "devtools.demo", NAME],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Demo(process, *_addresses(process))
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, rest
    assert "The demo has ended" in rest


def _addresses(process):
    printed = ""
    for line in process.stdout:
        printed += line
        if found := ADDRESSES.search(printed):
            return found.groups()
    raise AssertionError(f"the demo ended by itself:\n{printed}")


@pytest.fixture
def fresh_place(variables):
    """A database and a folder for the demo that no demo has used."""

    def clear():
        databases.drop(variables, NAME)
        shutil.rmtree(DEV / NAME, ignore_errors=True)

    clear()
    yield
    clear()


def test_demo(fresh_place, browser, screenshots):
    with running_demo() as demo:
        tasks = _conversations(demo)
        assert len(tasks) == 1
        with open_page(browser) as page:
            log_in(page, demo)
            page.goto(f"{demo.url}/odoo/project.task/{tasks[0]}")
            page.get_by_text(ANSWER).wait_for()
            page.get_by_text(QUESTION).first.wait_for()
            page.screenshot(path=screenshots / "demo_odoo.png")
        with open_page(browser) as page:
            page.goto(demo.phone)
            page.get_by_text(ANSWER).first.wait_for()
            page.screenshot(path=screenshots / "demo_phone.png")
        again = subprocess.run(
            [PYTHON, "-m", "devtools.demo", NAME],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert "is running already" in again.stderr
        first_url = demo.url
    # Somebody else took the port meanwhile: the account has to follow.
    with _occupied(first_url), running_demo() as demo:
        assert demo.url != first_url
        assert _conversations(demo) == tasks
        account = demo.rpc("viber.account", "search_read", [], ["state", "base_url"])
        assert [(one["state"], one["base_url"]) for one in account] == [
            ("connected", demo.url)
        ]


@contextmanager
def _occupied(url):
    """Listen where a server was."""
    address = urlsplit(url)
    with socket.create_server((address.hostname, address.port)):
        yield


def _conversations(demo):
    domain = [("viber_subscriber_id", "!=", False)]
    return demo.rpc("project.task", "search", domain)
