"""Many messages at once: all of them leave, in order, and never more in a second than
the account allows. How fast it is, is a figure of ``make bench``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from viber_simulator.testing import wait_until

from .support import Account
from .support.outbox import Outbox

pytestmark = pytest.mark.alone

LATENCY = 0.2
# A busy machine may hold calls up on their way, so that they arrive together.
TRIES = 3
# As many as the server has workers.
AGENTS = 2


@pytest.mark.parametrize(
    ("customers", "messages", "send_rate"),
    [(50, 10, 10_000), (20, 3, 20)],
    ids=["unlimited", "20 a second"],
)
@pytest.mark.timeout(900)
def test_what_has_piled_up_leaves_in_order(
    odoo, simulator, customers, messages, send_rate
):
    busiest = []
    for _try in range(TRIES):
        account = Account(odoo, simulator, send_rate=send_rate)
        moments = _send_all(account, customers, messages)
        seconds = (max(moments) - min(moments)) / 1000 + LATENCY
        print(f"{len(moments) / seconds:.0f} messages a second")
        # On the whole it is kept on any machine.
        assert (len(moments) - send_rate) / seconds <= send_rate
        busiest.append(_busiest_second(moments))
        if busiest[-1] <= send_rate:
            return
    raise AssertionError(f"up to {busiest} calls in a second")


def _send_all(account, customers, messages):
    """Let messages pile up for so many customers, and go.

    :return: when each call arrived (list of int, in ms)
    """
    simulator = account.viber
    names = [f"Customer {number}" for number in range(customers)]
    outbox = Outbox(account, [simulator.create_user(name) for name in names])
    outbox.pause()
    texts = [f"Message {number}" for number in range(messages)]
    with ThreadPoolExecutor(AGENTS) as pool:
        for task in outbox.tasks:
            pool.submit(_post, account, task, texts)
    for customer in outbox.customers:
        assert outbox.states(customer) == ["outgoing"] * messages
    values = {"method": "send_message", "bot": account.bot, "accepted": True}
    simulator.fault("latency", seconds=LATENCY, **values)
    outbox.resume()

    total = customers * messages
    sends = wait_until(
        lambda: (calls := _sends(simulator, account))[total - 1 :] and calls,
        timeout=400,
        what="all messages at Viber",
    )
    outbox.wait(*["delivered"] * messages)
    simulator.clear_faults()
    assert outbox.check() == {"delivered": total}
    assert all(outbox.accepted(customer) == texts for customer in outbox.customers)
    assert len(_sends(simulator, account)) == total
    return [call["started"] for call in sends]


def _post(account, task, texts):
    for text in texts:
        account.comment(task, text)


def _sends(simulator, account):
    calls = simulator.calls("send_message")
    return [call for call in calls if call["bot"] == account.bot["key"]]


def _busiest_second(moments):
    """:return: the most calls that began within any 1000 ms"""
    moments = sorted(moments)
    return max(
        sum(start <= moment < start + 1000 for moment in moments[index:])
        for index, start in enumerate(moments)
    )
