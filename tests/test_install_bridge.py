"""The bridge's life: it comes by itself, and goes with what it leads to."""

import re

import pytest

from devtools import databases, odoo
from devtools.paths import ADDON
from devtools.server import OdooServer
from devtools.shell import run

from .support import Account
from .test_install import check_install, problems

pytestmark = pytest.mark.patient

HELPDESK = "helpdesk_mgmt"
BRIDGE = f"{ADDON.name}_{HELPDESK}"
# Its tickets refer to what it would delete first; so it is without us, too.
OF_THE_HELPDESK = re.compile(r'odoo\.sql_db: bad query: .*DELETE FROM "helpdesk_ticket')


@pytest.fixture(scope="module")
def database(variables):
    """A database with OCA's helpdesk, without the addon."""
    with databases.temporary(variables, "bridge", databases.BASE) as name:
        databases.upgrade(variables, name, "-i", HELPDESK)
        yield name


def test_it_comes_by_itself_and_passes_under_odoos_own_runner(variables, database):
    """Here the helpdesk was first; in the last test of this file it comes second."""
    check_install(variables, database, BRIDGE)


def _converse(server, simulator):
    """:return: account, customer, and the ticket's id, after a word from both."""
    parameter = "viber_connector.api_url", simulator.api_url
    server.rpc("ir.config_parameter", "set_param", *parameter)
    account = Account(server, simulator, conversation_model="helpdesk.ticket")
    customer = simulator.create_user("Taras Melnyk")
    ticket = account.write(customer, "Where is my order?")
    account.comment(ticket, "On its way to you.")
    simulator.wait_for_message(customer, account.bot, "On its way")
    return account, customer, ticket


def test_the_helpdesk_goes_while_tickets_carry_conversations(
    variables, database, simulator
):
    # Viber knows its port.
    server = OdooServer(variables, database)
    with server:
        account, customer, _ticket = _converse(server, simulator)
        assert problems(server.log_text()) == []

    update = databases.upgrade(variables, database, "-u", BRIDGE)
    assert problems(update) == []
    uninstall = odoo.command("module", "uninstall", "-d", database, HELPDESK)
    found = problems(run(*uninstall, env=variables))
    assert [line for line in found if not OF_THE_HELPDESK.match(line)] == []

    with server:
        account.carrier = "project.task"
        assert account.read("conversation_model")["conversation_model"] == (
            "project.task"
        )
        for queue in ("viber.event", "viber.message"):
            specification = {
                "payload": {},
                "res_id": {"fields": {"display_name": {}}},
                "res_model": {},
            }
            found = server.rpc(queue, "web_search_read", [], specification)
            assert found["records"]
            for row in found["records"]:
                assert row["payload"]
                assert not row["res_id"] and not row["res_model"]
        account.write(customer, "Is anybody still there?")
        assert problems(server.log_text()) == []


def test_the_connector_goes_while_tickets_carry_conversations(variables, simulator):
    """Here the helpdesk came second; its tickets stay, and keep their words."""
    with databases.temporary(variables, "leaving") as database:
        install = databases.upgrade(variables, database, "-i", HELPDESK)
        assert problems(install) == []
        # Viber knows its port.
        server = OdooServer(variables, database)
        with server:
            _account, _customer, ticket = _converse(server, simulator)
        uninstall = odoo.command("module", "uninstall", "-d", database, ADDON.name)
        assert problems(run(*uninstall, env=variables)) == []
        with server:
            domain = [("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket)]
            chatter = server.rpc("mail.message", "search_read", domain, ["body"])
            left = server.sql(
                "SELECT name FROM ir_model_fields WHERE name LIKE 'viber%'"
            )
            assert problems(server.log_text()) == []
    bodies = " ".join(message["body"] for message in chatter)
    assert "Where is my order?" in bodies
    assert "On its way to you." in bodies
    assert not left
