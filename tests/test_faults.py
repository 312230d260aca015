"""Sending while Viber, or the server, is ill: each message arrives once, in order, or
the agent sees that it did not, or may not have."""

import pytest

from viber_simulator.testing import wait_until

from .support import Account
from .support.outbox import Outbox

# What each status means: docs/viber_bot_api.rst, "Statuses". These are all that it
# names, and one that is unknown.
OUR_MISTAKE = [1, 3, 4, 11, 13, 14, 16, 17, 18, 20, 21, 22]
TOO_NEW = [13, 14]
TOO_MANY = [12, 23]
RECIPIENT_GONE = [5, 6, 999]
ACCOUNT_REFUSED = [2, 7, 8, 9, 10, 15, 24]
FOR_A_WHILE = [19, 77]

# Tries to keep a slow answer waiting while others are served, on a machine that may
# itself be too slow for the time that the addon waits for an answer.
TRIES = 3
# Seconds that a message, refused for a while, surely waits for its next try.
REST = 2

SENDING = "SELECT count(*) FROM viber_message WHERE account_id = %s AND state='sending'"
# A message that waits for the customer, or the next hour: it is not near.
KEEP_WAITING = """
    UPDATE viber_message SET next_attempt_date = next_attempt_date + interval '1 hour'
     WHERE account_id = %s AND next_attempt_date IS NOT NULL
"""
# For messages on the way: no time passes, whatever a restart takes; then a minute has.
STOP_TIME = """
    UPDATE viber_message SET sending_date = now() AT TIME ZONE 'UTC' + interval '1 hour'
     WHERE account_id = %s AND state = 'sending'
"""
LET_TIME_PASS = """
    UPDATE viber_message SET sending_date = now() AT TIME ZONE 'UTC' - interval '61 s'
     WHERE account_id = %s AND state = 'sending'
"""


@pytest.fixture(autouse=True)
def healthy(simulator):
    """Every test leaves a service that is well."""
    yield
    simulator.clear_faults()
    simulator.settings(delivered=True)


@pytest.fixture
def open_outbox(odoo, simulator):
    """Make an account with so many customers who have written."""

    def open_(count=1):
        names = [f"Customer {number}" for number in range(count)]
        account = Account(odoo, simulator)
        return Outbox(account, [simulator.create_user(name) for name in names])

    return open_


def _refuse(outbox, customer, status, **values):
    """The next message to a customer gets a status."""
    bot = outbox.account.bot
    values = {"method": "send_message", "user": customer, "bot": bot} | values
    outbox.account.viber.fault("status", status=status, count=1, **values)


# -- Viber answers: no -------------------------------------------------------------


def test_what_viber_refuses_has_failed_and_holds_nothing_back(open_outbox):
    outbox = open_outbox(len(OUR_MISTAKE))
    for customer, status in zip(outbox.customers, OUR_MISTAKE, strict=True):
        _refuse(outbox, customer, status)
    outbox.post("First", "Second")
    outbox.wait("failed", "delivered")
    outbox.check()
    for customer in outbox.customers:
        reason = outbox.reasons(customer)[0]
        assert reason and "status" not in reason


def test_an_answer_needs_no_text(open_outbox, simulator):
    outbox = open_outbox(2)
    refused, taken = outbox.customers
    _refuse(outbox, refused, 3, status_message=None)
    values = {"user": taken, "bot": outbox.account.bot, "count": 1}
    simulator.fault("no_status_message", **values)
    outbox.post("Only")
    outbox.wait("failed", customers=[refused])
    outbox.wait("delivered", customers=[taken])
    outbox.check()


def test_what_a_client_does_not_know_is_left_out(open_outbox, odoo, simulator):
    outbox = open_outbox(len(TOO_NEW))
    for customer, status in zip(outbox.customers, TOO_NEW, strict=True):
        _refuse(outbox, customer, status)
    for task in outbox.tasks:
        odoo.rpc("project.task", "action_viber_ask_phone", [task])
    outbox.wait("delivered")
    outbox.check()
    for customer in outbox.customers:
        [message] = simulator.messages(customer, outbox.account.bot, side="bot")
        assert "keyboard" not in message["content"]


def test_who_has_left_gets_nothing_until_they_are_back(open_outbox, odoo, simulator):
    outbox = open_outbox(len(RECIPIENT_GONE))
    for customer, status in zip(outbox.customers, RECIPIENT_GONE, strict=True):
        _refuse(outbox, customer, status)
    outbox.post("First")
    outbox.wait("failed")
    # What it says of the customer is kept a moment later; Viber would refuse meanwhile.
    there = [("account_id", "=", outbox.account.id), ("is_subscribed", "=", True)]
    wait_until(
        lambda: not odoo.rpc("viber.subscriber", "search_count", there),
        what="nobody who is there",
    )
    outbox.post("Second")
    outbox.wait("failed", "failed")
    outbox.check()

    for customer in outbox.customers:
        outbox.account.write(customer, "I am back")
    rows = "viber.message", "search", [("account_id", "=", outbox.account.id)]
    odoo.rpc("viber.message", "action_retry", odoo.rpc(*rows))
    outbox.wait("delivered", "delivered")
    outbox.check()


def test_too_many_messages_wait_for_the_customer(open_outbox):
    outbox = open_outbox(len(TOO_MANY))
    for customer, status in zip(outbox.customers, TOO_MANY, strict=True):
        _refuse(outbox, customer, status)
    outbox.post("First")
    wait_until(lambda: all(map(any, map(outbox.reasons, outbox.customers))))
    outbox.account.odoo.sql(KEEP_WAITING, [outbox.account.id])
    outbox.post("Second")
    outbox.wait("outgoing", "outgoing")
    outbox.check()

    for customer in outbox.customers:
        outbox.account.write(customer, "Yes?")
    outbox.wait("delivered", "delivered")
    outbox.check()


def test_what_viber_refuses_for_a_while_is_sent_later(open_outbox):
    outbox = open_outbox(len(FOR_A_WHILE) + 1)
    *refused, lucky = outbox.customers
    for customer, status in zip(refused, FOR_A_WHILE, strict=True):
        _refuse(outbox, customer, status)
    outbox.post("First", "Second")
    outbox.wait("delivered", "delivered")
    outbox.check()
    assert [status for status, _moment in _calls(outbox, lucky)] == [0, 0]
    for customer, status in zip(refused, FOR_A_WHILE, strict=True):
        (first, tried), (second, tried_again), last = _calls(outbox, customer)
        assert (first, second, last[0]) == (status, 0, 0)
        assert tried_again - tried >= REST


def _calls(outbox, customer):
    """:return: status and moment (seconds) of each try to send to a customer."""
    viber, bot = outbox.account.viber, outbox.account.bot
    user = viber.viber_id(customer, bot)
    return [
        (call["status"], call["started"] / 1000)
        for call in viber.calls("send_message")
        if call["user"] == user
    ]


@pytest.mark.parametrize("status", ACCOUNT_REFUSED)
def test_a_refused_account_keeps_everything(open_outbox, odoo, simulator, status):
    outbox = open_outbox(2)
    account = outbox.account
    simulator.fault("status", method="send_message", status=status, bot=account.bot)
    outbox.post("First")
    wait_until(lambda: account.read("state")["state"] == "error", what="the error")
    outbox.post("Second")
    outbox.wait("outgoing", "outgoing")
    outbox.check()

    simulator.clear_faults()
    odoo.rpc("viber.account", "action_check", [account.id])
    outbox.wait("delivered", "delivered")
    outbox.check()


# -- Viber does not answer ---------------------------------------------------------


LOST_ANSWERS = {
    "HTTP 500": ("http", {"http_status": 500}),
    "HTTP 502": ("http", {"http_status": 502}),
    "HTTP 504": ("http", {"http_status": 504}),
    "reset": ("reset", {}),
    "not JSON": ("body", {"body": "<html>Service Unavailable</html>"}),
    "no object": ("body", {"body": "[]"}),
    "no status": ("body", {"body": "{}"}),
}


@pytest.mark.parametrize("accepted", [False, True], ids=["not taken", "taken"])
def test_a_lost_answer_leaves_one_message_in_doubt(open_outbox, simulator, accepted):
    outboxes = [open_outbox() for _kind in LOST_ANSWERS]
    for outbox, (kind, values) in zip(outboxes, LOST_ANSWERS.values(), strict=True):
        values = {"method": "send_message", "bot": outbox.account.bot} | values
        simulator.fault(kind, count=1, accepted=accepted, **values)
        outbox.post("First", "Second", "Third")
    for outbox in outboxes:
        # Viber's receipt tells that it has arrived.
        outbox.wait("delivered" if accepted else "uncertain", "delivered", "delivered")
        outbox.check()


def test_without_a_receipt_the_doubt_remains(open_outbox, simulator):
    simulator.settings(delivered=False)
    outbox = open_outbox()
    values = {"method": "send_message", "bot": outbox.account.bot, "count": 1}
    simulator.fault("http", http_status=500, accepted=True, **values)
    outbox.post("First", "Second")
    outbox.wait("uncertain", "sent")
    outbox.check()
    assert outbox.accepted(outbox.customers[0]) == ["First", "Second"]


def test_a_service_that_is_away_gets_everything_later(open_outbox, simulator):
    outbox = open_outbox(2)
    # Nor is it asked for by the call that looks whether it is back.
    simulator.fault("http", http_status=503, bot=outbox.account.bot)
    outbox.post("First", "Second")
    _wait_for_pause(outbox)
    outbox.wait("outgoing", "outgoing")
    outbox.check()
    simulator.clear_faults()
    outbox.wait("delivered", "delivered")
    outbox.check()


def test_refused_connections_lose_nothing(open_outbox, simulator):
    outbox = open_outbox(2)
    simulator.connections("refuse")
    outbox.post("First", "Second")
    _wait_for_pause(outbox)
    outbox.post("Third")
    outbox.wait("outgoing", "outgoing", "outgoing")
    simulator.connections("open")
    outbox.wait("delivered", "delivered", "delivered")
    outbox.check()


def test_reset_connections_leave_in_doubt_what_was_on_the_way(open_outbox, simulator):
    outbox = open_outbox(2)
    simulator.connections("reset")
    outbox.post("First", "Second", "Third")
    _wait_for_pause(outbox)
    simulator.connections("open")
    outbox.wait_settled()
    found = outbox.check()
    assert found["uncertain"] <= len(outbox.customers)
    assert found.keys() <= {"delivered", "sent", "uncertain"}
    assert found.total() == 6


@pytest.mark.parametrize("accepted", [False, True], ids=["late", "answered late"])
def test_a_slow_answer_delays_nobody_else(open_outbox, simulator, accepted):
    for _try in range(TRIES):
        outbox = open_outbox(2)
        slow, quick = outbox.customers
        values = {"method": "send_message", "bot": outbox.account.bot, "user": slow}
        simulator.fault("hold", accepted=accepted, **values)
        for texts in (["First"], ["First", "Second"]):
            outbox.post(texts[-1])
            wait_until(lambda t=texts, o=outbox, q=quick: o.accepted(q) == t)
        if outbox.states(slow) == ["sending", "outgoing"]:
            break
        simulator.release()
        outbox.wait_settled()
        outbox.check()
    else:
        raise AssertionError("others wait for the slow answer")
    # Nor is anything lost or doubled when the answer comes too late.
    wait_until(lambda: outbox.states(slow)[0] != "sending")
    simulator.release()
    outbox.wait("delivered", "delivered")
    outbox.check()


def _wait_for_pause(outbox):
    wait_until(lambda: outbox.account.read("paused_until")["paused_until"])


# -- The server dies ----------------------------------------------------------------


def test_a_crash_while_sending_leaves_in_doubt_what_was_on_the_way(
    open_outbox, odoo, simulator
):
    outbox = open_outbox(4)
    account = outbox.account
    values = {"method": "send_message", "bot": account.bot}
    *_taken, unlucky = outbox.customers
    simulator.fault("http", user=unlucky, count=1, **values)
    simulator.fault("hold", **values)
    # All leave together: none is given up before the last one is posted.
    outbox.pause()
    outbox.post("First", "Second", "Third")
    outbox.resume()
    simulator.wait_held(4)
    assert odoo.sql(SENDING, [account.id]) == [(4,)]
    odoo.kill()
    # What is taken now is told to nobody, nor is that it has arrived.
    simulator.settings(delivered=False)
    simulator.clear_faults()
    simulator.wait_idle()
    assert [outbox.accepted(c) for c in outbox.customers] == [["First"]] * 3 + [[]]
    simulator.settings(delivered=True)
    odoo.sql(STOP_TIME, [account.id])
    odoo.start()
    outbox.wait("sending", "outgoing", "outgoing", timeout=0)
    odoo.sql(LET_TIME_PASS, [account.id])
    outbox.post("Fourth")
    outbox.wait("uncertain", "delivered", "delivered", "delivered")
    outbox.check()
    assert [len(outbox.accepted(c)) for c in outbox.customers] == [4, 4, 4, 3]


# -- All of it ---------------------------------------------------------------------


def test_a_storm_passes(open_outbox, simulator):
    outbox = open_outbox(8)
    texts = [f"Message {number}" for number in range(7)]
    lost = outbox.customers[::2]
    for mode, burst in (("reset", texts[:3]), ("refuse", texts[3:6])):
        outbox.pause()
        outbox.post(*burst)
        values = {"method": "send_message", "bot": outbox.account.bot}
        simulator.fault("hold", **values)
        for customer in lost:
            simulator.fault("reset", user=customer, count=1, **values)
        outbox.resume()
        # The service fails while each customer has a message on the way.
        simulator.wait_held(8)
        simulator.connections(mode)
        _wait_for_pause(outbox)
        simulator.release()
        simulator.connections("open")
        outbox.resume()
    outbox.post(texts[-1])
    outbox.wait_settled()
    found = outbox.check()
    assert found.keys() <= {"delivered", "sent", "uncertain"}
    assert found["uncertain"] >= len(lost)
    assert found.total() == len(outbox.customers) * len(texts)
