"""An update while the server is at work."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from devtools import databases
from devtools.paths import ADDON
from devtools.server import OdooError
from viber_simulator.testing import wait_until

from .support import Account
from .support.locks import held
from .test_install import problems

pytestmark = pytest.mark.patient

JOBS = """
    SELECT cron.id FROM ir_cron cron
      JOIN ir_model_data data ON data.res_id = cron.id AND data.model = 'ir.cron'
     WHERE data.module = 'viber_connector' ORDER BY cron.id
"""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def conversation(odoo, simulator):
    """An account, a customer and their task."""
    account = Account(odoo, simulator)
    customer = simulator.create_user("Olena Koval")
    return account, customer, account.write(customer, "Good day")


def running(odoo, variables, job):
    """Have a job run as long as this lasts: the scheduler keeps its row locked, and
    writes into it at the end."""
    lock = "UPDATE ir_cron SET failure_count = failure_count WHERE id = %s"
    return held(variables, odoo.database, lock, [job], is_kept=True)


def test_an_update_waits_for_the_job_and_leaves_it_as_it_was_set(
    odoo, variables, simulator, conversation
):
    account, customer, task = conversation
    jobs = [row[0] for row in odoo.sql(JOBS)]
    chosen = {"interval_number": 7, "priority": 9, "name": "Ours", "active": False}
    for job in jobs:
        wait_until(lambda job=job: _change(odoo, job, chosen), what="the job to end")
    with ThreadPoolExecutor() as pool:
        with running(odoo, variables, jobs[0]):
            update = pool.submit(
                databases.upgrade, variables, odoo.database, "-u", ADDON.name
            )
            _wait_until_it_waits(odoo, update)
        assert problems(update.result()) == []
    for job in jobs:
        [kept] = odoo.rpc("ir.cron", "read", [job], list(chosen))
        assert kept == {"id": job} | chosen
        wait_until(lambda job=job: _change(odoo, job, {"active": True}))
    account.comment(task, "After the update")
    simulator.wait_for_message(customer, account.bot, "After the update")


def _change(odoo, job, values):
    """:return: whether a job was changed; Odoo refuses that while it is executed"""
    try:
        return odoo.rpc("ir.cron", "write", [job], values)
    except OdooError as error:
        if "currently being executed" not in str(error):
            raise
        return False


def _wait_until_it_waits(odoo, future):
    wait_until(
        lambda: future.done() or odoo.sql(WAITING) > [(0,)],
        what="it to wait for the job",
    )
    assert not future.done(), future.exception()
