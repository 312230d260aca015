"""An update from the release before this one needs no hand."""

import re
import subprocess
from collections import Counter

import pytest

from devtools import databases, odoo, odoo_tree
from devtools.paths import ADDON, DATA, ROOT
from devtools.server import OdooError, OdooServer, free_port
from devtools.shell import run
from viber_simulator.testing import wait_until

from .support import Account
from .test_install import problems

pytestmark = pytest.mark.patient

EVENT_STATES = "pending", "done", "ignored", "failed"
MESSAGE_STATES = "outgoing", "sent", "delivered", "seen", "failed", "canceled"
MESSAGE_STATES += ("uncertain",)

# A copy of a row in another state; tokens are unique.
COPY_EVENT = """
    INSERT INTO viber_event (account_id, event_type, message_token, viber_user_id,
                             event_date, payload, state, attempt_count, create_date)
    SELECT account_id, event_type, 'copy-' || %(state)s, viber_user_id, event_date,
           replace(payload, 'Good day', 'Copied ' || %(state)s), %(state)s, 0,
           create_date
      FROM viber_event WHERE event_type = 'message' ORDER BY id LIMIT 1
"""
COPY_MESSAGE = """
    INSERT INTO viber_message (account_id, subscriber_id, task_id, mail_message_id,
                               payload, state, attempt_count)
    SELECT account_id, subscriber_id, task_id, mail_message_id,
           replace(payload, 'Waits', 'Copied ' || %(state)s), %(state)s, 1
      FROM viber_message WHERE state = 'outgoing' ORDER BY id LIMIT 1
"""
KEYS = """
    SELECT key.auth_token FROM viber_account_key key
      JOIN viber_account account ON account.id = key.account_id
"""
JOBS = """
    SELECT cron.id FROM ir_cron cron
      JOIN ir_model_data data ON data.res_id = cron.id AND data.model = 'ir.cron'
     WHERE data.module = 'viber_connector' ORDER BY cron.id
"""
IS_OURS_TO_RESET = """
    SELECT name FROM ir_model_data
     WHERE module = 'viber_connector' AND model = 'ir.cron' AND NOT noupdate
"""
PARKED = "SELECT count(*) FROM viber_event WHERE state = 'pending' AND is_parked"


@pytest.fixture(scope="module")
def previous(variables, tmp_path_factory):
    """The environment (dict) in which Odoo finds the release before this one: the
    addon as it stood before its manifest got this version."""
    folder = tmp_path_factory.mktemp("previous")
    manifest = f"{ADDON.name}/__manifest__.py"
    version = re.search(r'"version": "([\d.]+)"', (ROOT / manifest).read_text())[1]
    log = "log", "-1", "--format=%H", f"-S{version}", "--", manifest
    commit = run("git", "-C", ROOT, *log).strip()
    assert commit, "the history of the repository is needed: git fetch --unshallow"
    archive = "git", "-C", ROOT, "archive", f"{commit}^", ADDON.name
    files = subprocess.run(archive, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(("tar", "-x", "-C", folder), input=files, check=True)
    addons_path = f"{folder},{odoo_tree.addons_path()}"
    configuration = folder / "odoo.conf"
    configuration.write_text(
        odoo.CONFIGURATION.format(addons_path=addons_path, data=DATA)
    )
    return variables | {"ODOO_RC": str(configuration)}


def test_an_update_keeps_all_that_waits_and_all_that_was_set(
    variables, previous, simulator
):
    port = free_port()
    chosen = {"interval_number": 7, "priority": 9}
    with databases.temporary(variables, "upgrade", databases.BASE) as database:
        databases.upgrade(previous, database, "-i", ADDON.name)
        with OdooServer(previous, database, port=port) as server:
            parameter = "viber_connector.api_url", simulator.api_url
            server.rpc("ir.config_parameter", "set_param", *parameter)
            account = Account(server, simulator)
            customer = simulator.create_user("Olena Koval")
            task = account.write(customer, "Good day")
            account.comment(task, "Before the update")
            simulator.wait_for_message(customer, account.bot, "Before the update")
            blocked = simulator.create_user("Taras Melnyk")
            account.write(blocked, "Good morning")
            subscriber = [
                ("viber_user_id", "=", simulator.viber_id(blocked, account.bot))
            ]
            subscriber = server.rpc("viber.subscriber", "search", subscriber)
            server.rpc("viber.subscriber", "write", subscriber, {"is_blocked": True})
            simulator.write(blocked, account.bot, "Let me in")
            simulator.connections("refuse")
            account.comment(task, "Waits")
            wait_until(lambda: account.read("paused_until")["paused_until"])
            jobs = [row[0] for row in server.sql(JOBS)]
            for job in jobs:
                wait_until(lambda job=job: _set(server, job, chosen), what="the job")
        for query, states in (
            (COPY_EVENT, EVENT_STATES),
            (COPY_MESSAGE, MESSAGE_STATES),
        ):
            for state in states:
                server.sql(query, {"state": state})
        before = _states(server)
        token = account.bot["token"]
        assert server.sql(KEYS) == [(token,)]

        update = databases.upgrade(variables, database, "-u", ADDON.name)
        assert problems(update) == []
        assert token not in update
        assert _states(server) == before
        assert server.sql(KEYS) == [(token,)]
        assert server.sql(IS_OURS_TO_RESET) == []

        simulator.connections("open")
        with OdooServer(variables, database, port=port) as server:
            account.odoo = server
            for job in jobs:
                [kept] = server.rpc("ir.cron", "read", [job], list(chosen))
                assert kept == {"id": job} | chosen
            assert account.read("state") == {"id": account.id, "state": "connected"}
            wait_until(lambda: server.sql(PARKED) == [(1,)], what="what is parked")
            server.rpc("viber.subscriber", "write", subscriber, {"is_blocked": False})
            server.rpc("viber.account", "action_check", [account.id])
            for text in ("Waits", "Copied outgoing"):
                simulator.wait_for_message(customer, account.bot, text)
            assert account.write(customer, "After the update") == task
            account.comment(task, "All is as it was")
            simulator.wait_for_message(customer, account.bot, "All is as it was")
            chatter = server.rpc(
                *("mail.message", "search_read"),
                [("model", "=", "project.task"), ("res_id", "=", task)],
                ["body"],
            )
            assert problems(server.log_text()) == []
            let_in = [("body", "ilike", "Let me in")]
            wait_until(
                lambda: server.rpc("mail.message", "search_count", let_in) == 1,
                what="what was parked in the chatter",
            )
    bodies = " ".join(message["body"] for message in chatter)
    assert bodies.count("Copied pending") == 1
    assert "Copied failed" not in bodies


def _set(server, job, values):
    """Change a job.

    :return: whether it was not just running (bool).
    """
    try:
        return server.rpc("ir.cron", "write", [job], values)
    except OdooError:
        return False


def _states(server):
    """:return: how many events and messages there are in each state (Counter)."""
    rows = server.sql(
        "SELECT 'event', state FROM viber_event"
        " UNION ALL SELECT 'message', state FROM viber_message"
    )
    return Counter(rows)
