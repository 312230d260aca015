"""A thousand events, repeated and in disorder, two workers, two crashes."""

import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest
import requests

from viber_simulator.testing import wait_until

from .support.callbacks import message, post, sign
from .support.locks import held
from .support.worker import second_worker

CUSTOMERS = 50
EVENTS = 1000
REPEATED = 300
CONNECTIONS = 8
DISORDER_MS = 5000
# Between two events of a customer.
STEP_MS = 1000
CRASHES_AFTER = (EVENTS // 3, 2 * EVENTS // 3)
# Viber repeats what got no 200; not as soon as this, but as stubbornly.
REPEAT_SECONDS = 0.2
DELIVERY_SECONDS = 400

POSTED = """
    SELECT subscriber.name, message.body, message.date, message.create_date
      FROM mail_message message
      JOIN project_task task ON task.id = message.res_id
      JOIN viber_subscriber subscriber ON subscriber.id = task.viber_subscriber_id
     WHERE message.model = 'project.task' AND message.message_type = 'comment'
       AND subscriber.account_id = %s
  ORDER BY message.id
"""
# What an agent does who has the customer's form saved by a slow module.
HOLD_CUSTOMER = """
    UPDATE viber_subscriber SET write_date = now() WHERE account_id = %s AND name = %s
"""
WAITING = """
    SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True)
class Event:
    """What a customer wrote."""

    customer: str
    text: str
    timestamp: int
    token: int

    @property
    def moment(self):
        """Its place in the order that is promised."""
        return self.timestamp, self.token

    @property
    def body(self):
        sender = {"id": f"{self.customer} at this bot", "name": self.customer}
        content = {"type": "text", "text": self.text}
        return message(sender, self.timestamp, self.token, **content)


@pytest.fixture
def events():
    rng = random.Random(19)
    begin = int(time.time() * 1000) - EVENTS // CUSTOMERS * STEP_MS
    found = []
    for number in range(EVENTS):
        step, customer = divmod(number, CUSTOMERS)
        # Each fourth is of the same millisecond as the one before it.
        step -= step % 4 == 3
        found.append(
            Event(
                customer=f"Customer {customer:02}",
                text=f"Event {number:04}",
                timestamp=begin + step * STEP_MS + customer,
                token=rng.getrandbits(60),
            )
        )
    return found


@pytest.mark.timeout(900)
def test_nothing_is_lost_doubled_or_disordered(account, variables, events):
    rng = random.Random(3)
    deliveries = events + rng.sample(events, REPEATED)
    deliveries.sort(key=lambda event: event.timestamp + rng.uniform(0, DISORDER_MS))
    with second_worker(variables, account.odoo.database) as worker:
        answered = _deliver(account, deliveries)
        _wait_until_processed(account)
        assert worker.poll() is None

    posted = account.odoo.sql(POSTED, [account.id])
    texts = [re.search(r"Event \d{4}", body)[0] for _name, body, *_dates in posted]
    assert sorted(texts) == [event.text for event in events]
    by_text = {event.text: event for event in events}
    history = [(by_text[text], *row) for text, row in zip(texts, posted, strict=True)]
    for event, name, _body, date, _created in history:
        assert name == event.customer
        assert date == _second(event.timestamp)
    _assert_in_order(history, answered)
    _assert_one_of_each(account)
    _assert_both_have_worked(account)
    assert not re.findall(r".* (?:ERROR|CRITICAL) .*", account.odoo.log_text())


def _deliver(account, deliveries):
    """Post until each delivery has got its 200, while the server crashes twice.

    :return: when (naive UTC datetime) each text was first answered with 200
    """
    url = account.read("webhook_url")["webhook_url"]
    answered = {}
    deadline = time.monotonic() + DELIVERY_SECONDS

    def deliver(event):
        body = event.body
        signature = sign(body, account.bot["token"])
        while _status(url, body, signature) != 200:
            assert time.monotonic() < deadline, f"{event.text} is not taken"
            time.sleep(REPEAT_SECONDS)
        answered.setdefault(event.text, datetime.now(timezone.utc).replace(tzinfo=None))

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = [pool.submit(deliver, event) for event in deliveries]
        for count in CRASHES_AFTER:
            wait_until(
                lambda count=count: len(answered) >= count,
                timeout=DELIVERY_SECONDS,
                what=f"{count} answers",
            )
            account.odoo.kill()
            account.odoo.start()
        for delivery in running:
            delivery.result()
    return answered


def _status(url, body, signature):
    """:return: the HTTP status, or None from a server that has crashed"""
    try:
        return post(url, body, signature)
    except requests.RequestException:
        return None


def _wait_until_processed(account):
    pending = "SELECT count(*) FROM viber_event WHERE state = 'pending'"
    wait_until(
        lambda: account.odoo.sql(pending) == [(0,)],
        timeout=400,
        interval=0.5,
        what="an empty inbox",
    )
    states = "SELECT DISTINCT state FROM viber_event"
    assert account.odoo.sql(states) == [("done",)]


def _second(timestamp):
    moment = datetime.fromtimestamp(timestamp // 1000, timezone.utc)
    return moment.replace(tzinfo=None)


def _assert_in_order(history, answered):
    """An earlier event stands after a later one only if it came later, too: was taken
    after the transaction had begun that posted the later one."""
    latest = {}
    for event, name, _body, _date, created in history:
        before = latest.get(name)
        if before and before[0].moment > event.moment:
            assert answered[event.text] > before[1], f"{event} after {before[0]}"
        else:
            latest[name] = event, created


def _assert_one_of_each(account):
    counts = """
        SELECT count(*), count(DISTINCT subscriber.id), count(DISTINCT task.partner_id),
               count(*) FILTER (WHERE task.active AND task.state = '01_in_progress')
          FROM project_task task
          JOIN viber_subscriber subscriber ON subscriber.id = task.viber_subscriber_id
         WHERE subscriber.account_id = %s
    """
    assert account.odoo.sql(counts, [account.id]) == [(CUSTOMERS,) * 4]
    contacts = "SELECT count(*) FROM res_partner WHERE name LIKE 'Customer __'"
    assert account.odoo.sql(contacts) == [(CUSTOMERS,)]


def _assert_both_have_worked(account):
    workers = "SELECT count(DISTINCT write_uid) FROM viber_event"
    assert account.odoo.sql(workers) == [(2,)]


def _write(account, name, text):
    """Let a customer write, on an idle server.

    :return: callable that tells how often it stands in the chatter
    """
    url = account.read("webhook_url")["webhook_url"]
    sender = {"id": f"{name} at this bot", "name": name}
    body = message(sender, type="text", text=text)
    assert post(url, body, sign(body, account.bot["token"])) == 200
    domain = [("body", "ilike", text), ("model", "=", "project.task")]
    return lambda: account.odoo.rpc("mail.message", "search_count", domain)


def test_a_lock_that_somebody_holds_delays_and_no_more(account, variables):
    for name in ("Somebody", "Bystander"):
        wait_until(_write(account, name, f"{name} before the lock"))
    customer = account.id, "Somebody"
    with held(variables, account.odoo.database, HOLD_CUSTOMER, customer):
        during = _write(account, "Somebody", "Somebody during the lock")
        behind = _write(account, "Bystander", "Bystander during the lock")
        # The inbox has been there: it waits, or serves those behind meanwhile.
        wait_until(lambda: account.odoo.sql(WAITING) or behind())
        assert not during()
    for found in (during, behind):
        wait_until(found)
        assert found() == 1
