"""The addon's life in a database: installed and tested, used, updated, uninstalled."""

import re

import pytest

from devtools import databases, odoo
from devtools.paths import ADDON
from devtools.server import OdooServer, free_port
from devtools.shell import run

from .support import Account

pytestmark = pytest.mark.patient

PROBLEM = re.compile(
    r"^[\d-]+ [\d:,]+ \d+ (WARNING|ERROR|CRITICAL) \S+ (?P<logger>\S+): (?P<text>.*)$",
    re.MULTILINE,
)

# What Odoo itself complains of on a machine like this one, with or without the addon.
CORE_COMPLAINTS = ()


def problems(log):
    """:return: the log's lines (list of str) that ask for attention."""
    found = (f"{line['logger']}: {line['text']}" for line in PROBLEM.finditer(log))
    return [
        line for line in found if not any(re.match(c, line) for c in CORE_COMPLAINTS)
    ]


@pytest.fixture(scope="module")
def database(variables):
    """A database with Odoo's Project, without the addon."""
    with databases.temporary(variables, "install", databases.BASE) as name:
        yield name


def check_install(variables, database, tested):
    """Install the addon, and run an addon's tests as Odoo itself does.

    :param str database: without the addon
    :param str tested: name of the addon whose tests run
    """
    log = run(
        *odoo.command("-d", database, "-i", ADDON.name, "--stop-after-init"),
        *("--test-tags", f"/{tested}", "--http-port", free_port()),
        env=variables,
    )
    result = re.search(r"0 failed, 0 error\(s\) of (\d+) tests", log)
    assert result, log[-5000:]
    assert int(result[1]) > 0
    assert problems(log) == []


def test_install_under_odoos_own_test_runner(variables, database):
    check_install(variables, database, ADDON.name)


def test_use_update_and_uninstall(variables, database, simulator):
    with OdooServer(variables, database) as server:
        parameter = "viber_connector.api_url", simulator.api_url
        server.rpc("ir.config_parameter", "set_param", *parameter)
        account = Account(server, simulator)
        customer = simulator.create_user("Taras Melnyk")
        task = account.write(customer, "Where is my order?")
        account.comment(task, "On its way to you.")
        simulator.wait_for_message(customer, account.bot, "On its way")
        used = server.log_text()
    assert problems(used) == []

    update = databases.upgrade(variables, database, "-u", ADDON.name)
    assert problems(update) == []

    uninstall = odoo.command("module", "uninstall", "-d", database, ADDON.name)
    assert problems(run(*uninstall, env=variables)) == []

    with OdooServer(variables, database) as server:
        chatter = server.rpc(
            *("mail.message", "search_read"),
            [("model", "=", "project.task"), ("res_id", "=", task)],
            ["body"],
        )
        left = server.sql("SELECT name FROM ir_model_fields WHERE name LIKE 'viber%'")
        tables = server.sql("SELECT relname FROM pg_class WHERE relname LIKE 'viber%'")
    bodies = " ".join(message["body"] for message in chatter)
    assert "Where is my order?" in bodies
    assert "On its way to you." in bodies
    assert not left
    assert not tables
