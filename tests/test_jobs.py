"""One cron worker, and all of the jobs get their turn in time."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import pytest

from viber_simulator.testing import wait_until

from .support import Account
from .support.outbox import Outbox

pytestmark = pytest.mark.alone

# What customers write, faster than it can be posted.
FILL = """
    INSERT INTO viber_event
           (account_id, event_type, message_token, viber_user_id, event_date, payload,
            state, attempt_count, create_date, write_date)
    SELECT event.account_id, 'message', (%(first)s + number)::text,
           'flood ' || number %% 100, now() AT TIME ZONE 'UTC',
           replace(event.payload, event.viber_user_id, 'flood ' || number %% 100),
           'pending', 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM (SELECT * FROM viber_event
             WHERE account_id = %(account)s AND event_type = 'message'
          ORDER BY id LIMIT 1) AS event, generate_series(1, %(count)s) AS number
"""
PENDING = "SELECT count(*) FROM viber_event WHERE state = 'pending'"
FULL = 300


@contextmanager
def full_inbox(odoo, account):
    """Keep hundreds of events pending while this lasts."""
    end = threading.Event()
    token = iter(range(10**18, 10**19, 10**6))

    def fill():
        while not end.is_set():
            [(pending,)] = odoo.sql(PENDING)
            if pending < FULL:
                values = {"account": account.id, "first": next(token), "count": FULL}
                odoo.sql(FILL, values)
            end.wait(0.2)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        wait_until(lambda: odoo.sql(PENDING)[0][0] >= FULL, what="a full inbox")
        yield
    finally:
        end.set()
        thread.join()
        odoo.sql("UPDATE viber_event SET state = 'ignored' WHERE state = 'pending'")


@pytest.mark.timeout(300)
def test_answers_leave_while_the_inbox_is_always_full(odoo, simulator):
    account = Account(odoo, simulator)
    outbox = Outbox(account, [simulator.create_user("Olena")])
    [customer], [task] = outbox.customers, outbox.tasks
    waited = []
    with full_inbox(odoo, account):
        simulator.write(simulator.create_user("Taras"), account.bot, "One of many")
        for number in range(4):
            start = time.monotonic()
            account.comment(task, f"Answer {number}")
            wait_until(
                lambda n=number: f"Answer {n}" in outbox.accepted(customer),
                timeout=60,
                what="the answer at Viber",
            )
            waited.append(time.monotonic() - start)
            # Not in step with the job.
            time.sleep(1.3)
        done = odoo.sql("SELECT count(*) FROM viber_event WHERE state = 'done'")
        assert odoo.sql(PENDING) > [(0,)]
    print(f"an answer waits {max(waited):.1f} s at the most; {done[0][0]} were posted")
    assert max(waited) < 15
    assert done[0][0] > FULL


@pytest.mark.timeout(300)
def test_what_one_run_leaves_the_next_takes_up_at_once(odoo, simulator):
    account = Account(odoo, simulator)
    account.write(simulator.create_user("Olena"), "Good day")
    odoo.sql(FILL, {"account": account.id, "first": 10**17, "count": 2500})
    # Nobody wakes the job but this one.
    simulator.write(simulator.create_user("Taras"), account.bot, "Good evening")
    wait_until(lambda: odoo.sql(PENDING) == [(0,)], timeout=120, what="an empty inbox")


def test_a_run_tells_the_bus_of_many_at_once(odoo, simulator, variables):
    account = Account(odoo, simulator)
    account.write(simulator.create_user("Olena"), "Good day")
    [(before,)] = odoo.sql("SELECT max(id) FROM bus_bus")
    listener = psycopg2.connect(
        dbname="postgres",
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables["PGUSER"],
        password=variables["PGPASSWORD"],
    )
    listener.autocommit = True
    listener.cursor().execute("LISTEN imbus")
    odoo.sql(FILL, {"account": account.id, "first": 10**17, "count": 100})
    simulator.write(simulator.create_user("Taras"), account.bot, "Good evening")
    wait_until(lambda: odoo.sql(PENDING) == [(0,)], timeout=60, what="an empty inbox")

    def told():
        listener.poll()
        return {
            json.dumps(channel)
            for notice in listener.notifies
            for channel in json.loads(notice.payload)
            if channel[0] == odoo.database
        }

    rows = odoo.sql("SELECT DISTINCT channel FROM bus_bus WHERE id > %s", [before])
    sent = {json.dumps(json.loads(channel)) for [channel] in rows}
    assert len(sent) > 100
    wait_until(lambda: told() >= sent, what="whoever listens")
    print(f"{len(sent)} channels were told by {len(listener.notifies)} notices")
    assert len(listener.notifies) < 50
    listener.close()


class _Silent(BaseHTTPRequestHandler):
    """A push service that takes what comes, and never answers."""

    def do_POST(self):
        time.sleep(30)

    def log_message(self, *args):
        pass


@pytest.mark.timeout(300)
def test_a_silent_push_service_keeps_no_text_from_the_chatter(odoo, simulator):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Silent)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    account = Account(odoo, simulator)
    customers = [simulator.create_user(f"Customer {n}") for n in range(8)]
    outbox = Outbox(account, customers)
    odoo.rpc("mail.push.device", "get_web_push_vapid_public_key")
    admin = odoo.rpc("res.users", "read", [2], ["partner_id"])[0]["partner_id"][0]
    keys = (
        '{"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1'
        'XbjhazAkj7I99e8QcYP7DkM", "auth": "tBHItJI5svbpez7KI4CCXg"}'
    )
    odoo.sql(
        "INSERT INTO mail_push_device (partner_id, endpoint, keys) VALUES (%s, %s, %s)",
        [admin, f"http://127.0.0.1:{server.server_port}/push", keys],
    )
    try:
        odoo.rpc("project.task", "write", outbox.tasks, {"user_ids": [(4, 2)]})
        start = time.monotonic()
        for customer in customers:
            simulator.write(customer, account.bot, "Are you there?")
        texts = [("body", "ilike", "Are you there?"), ("res_id", "in", outbox.tasks)]
        wait_until(
            lambda: odoo.rpc("mail.message", "search_count", texts) == 8,
            timeout=60,
            what="all texts in the chatter",
        )
        seconds = time.monotonic() - start
    finally:
        odoo.sql("DELETE FROM mail_push_device")
        server.shutdown()
    print(f"all texts were there after {seconds:.1f} s")
    assert seconds < 15
