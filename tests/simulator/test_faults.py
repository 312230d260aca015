"""The Bot API going wrong on demand."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from viber_simulator import holds
from viber_simulator.testing import Simulator

from .support import Bot

LATE = 0.3  # seconds
ROUNDED = 2  # milliseconds


@pytest.fixture
def receiver(bot, olena):
    """A subscriber's Viber id."""
    return bot.subscribe(olena)


@pytest.fixture
def accepted(viber, bot, olena):
    """A function: how many messages the service has taken."""
    return lambda: len(viber.messages(olena, bot.record, "bot"))


@pytest.fixture
def pool(viber):
    """Threads of clients that wait for an answer; none is left waiting."""
    with ThreadPoolExecutor() as executor:
        yield executor
        viber.clear_faults()


@pytest.mark.parametrize("status", [*range(2, 25), 999])
def test_each_status_on_demand(viber, bot, receiver, accepted, status):
    viber.fault("status", status=status, status_message="because", count=1)
    answer = bot.send(receiver)
    assert (answer["status"], answer["status_message"]) == (status, "because")
    assert accepted() == 0
    assert bot.send(receiver)["status"] == 0


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("taken", [True, False])
def test_http_errors(viber, bot, receiver, accepted, status, taken):
    viber.fault("http", http_status=status, accepted=taken, count=1)
    response = bot.request("send_message", _body(receiver))
    assert response.status_code == status
    assert accepted() == taken


@pytest.mark.parametrize("taken", [True, False])
def test_a_reset_connection(viber, bot, receiver, accepted, taken):
    viber.fault("reset", accepted=taken, count=1)
    with pytest.raises(requests.ConnectionError, match="reset"):
        bot.send(receiver)
    assert accepted() == taken
    assert viber.calls("send_message")[-1]["accepted"] == taken


def test_answers_that_are_no_json(viber, bot, receiver, accepted):
    viber.fault("body", body="<html>busy</html>", accepted=True, count=1)
    response = bot.request("send_message", _body(receiver))
    assert (response.status_code, response.text) == (200, "<html>busy</html>")
    assert accepted() == 1


def test_answers_without_status_message(viber, bot, receiver, accepted):
    viber.fault("no_status_message")
    answer = bot.send(receiver)
    assert answer["status"] == 0
    assert "status_message" not in answer
    assert accepted() == 1


@pytest.mark.parametrize("taken", [True, False])
def test_latency_before_and_after_a_message_is_taken(
    viber, bot, olena, receiver, taken
):
    viber.fault("latency", seconds=LATE, accepted=taken)
    assert bot.send(receiver)["status"] == 0
    [message] = viber.messages(olena, bot.record, "bot")
    call = viber.calls("send_message")[-1]
    before = message["timestamp"] - call["started"]
    after = call["latency"] - before
    assert (after if taken else before) >= LATE * 1000 - ROUNDED


@pytest.mark.parametrize("taken", [True, False])
def test_a_held_call_waits_for_its_release(viber, bot, receiver, accepted, pool, taken):
    hold = viber.fault("hold", method="send_message", accepted=taken)
    assert viber.held() == viber.release(hold) == []
    hold = viber.fault("hold", method="send_message", accepted=taken)
    answers = [pool.submit(bot.send, receiver) for _ in range(2)]
    held = viber.wait_held(2, hold)
    assert [call["accepted"] for call in held] == [taken] * 2
    assert accepted() == 2 * taken
    assert not any(answer.done() for answer in answers)
    assert bot.call("get_account_info")["status"] == 0

    released = viber.release(hold)
    assert [call["number"] for call in released] == [call["number"] for call in held]
    assert [(call["accepted"], call["status"]) for call in released] == [(True, 0)] * 2
    assert accepted() == 2
    assert [answer.result()["status"] for answer in answers] == [0, 0]
    assert viber.held() == []
    # The order has ended, too.
    assert bot.send(receiver)["status"] == 0


def test_what_is_held_goes_wrong_when_it_is_released(viber, bot, receiver, pool):
    viber.fault("hold", count=1)
    viber.fault("status", status=12)
    answer = pool.submit(bot.send, receiver)
    viber.wait_held()
    assert [call["status"] for call in viber.release()] == [12]
    assert answer.result()["status"] == 12
    assert bot.send(receiver)["status"] == 12


def test_a_released_call_may_come_to_the_next_hold(viber, bot, receiver, pool):
    before = viber.fault("hold")
    after = viber.fault("hold", accepted=True)
    answer = pool.submit(bot.send, receiver)
    viber.wait_held(1, before)
    assert viber.held(after) == []
    assert [call["accepted"] for call in viber.release(before)] == [True]
    assert len(viber.held(after)) == 1
    assert not answer.done()
    viber.release(after)
    assert answer.result()["status"] == 0


@pytest.mark.parametrize("order", ["clear_faults", "release"])
def test_no_call_comes_to_a_hold_that_was_taken_away(viber, bot, receiver, pool, order):
    viber.fault("hold")
    viber.fault("hold", accepted=True)
    answer = pool.submit(bot.send, receiver)
    viber.wait_held(1)
    getattr(viber, order)()
    assert answer.result(60)["status"] == 0
    assert viber.held() == []


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("kind", ["latency", "http", "reset"])
def test_a_held_call_takes_effect_though_nobody_waits_for_it(
    viber, bot, receiver, accepted, kind, taken
):
    viber.fault("hold", accepted=taken)
    viber.fault(kind, accepted=True)
    client = HTTPConnection(urlsplit(viber.url).netloc)
    headers = {"X-Viber-Auth-Token": bot.token}
    client.request("POST", "/pa/send_message", _body(receiver), headers)
    viber.wait_held()
    client.close()
    assert accepted() == taken
    [call] = viber.release()
    assert call["accepted"]
    assert accepted() == 1


@pytest.mark.parametrize("mode", ["refuse", "reset"])
def test_a_held_call_survives_its_connection(
    viber, bot, receiver, accepted, pool, mode
):
    viber.fault("hold")
    answer = pool.submit(bot.send, receiver)
    viber.wait_held()
    viber.connections(mode)
    with pytest.raises(requests.ConnectionError):
        answer.result()
    assert accepted() == 0
    viber.clear_faults()
    assert accepted() == 1
    assert bot.send(receiver)["status"] == 0


def test_clearing_lets_go_what_is_held(viber, bot, receiver, pool):
    viber.fault("hold", method="send_message", count=1)
    answer = pool.submit(bot.send, receiver)
    viber.wait_held()
    viber.clear_faults()
    assert viber.held() == []
    assert answer.result()["status"] == 0


def test_what_is_held_ends_without_effect_when_the_simulator_stops(
    tmp_path, server, pool
):
    with Simulator(state=tmp_path / "state.json") as viber:
        bot, olena = Bot(viber, server).connect(), viber.create_user()
        receiver = bot.subscribe(olena)
        viber.fault("hold")
        answer = pool.submit(bot.send, receiver)
        viber.wait_held()
        viber.restart()
        with pytest.raises(requests.ConnectionError):
            answer.result()
        assert viber.messages(olena, bot.record, "bot") == []
        assert bot.send(receiver)["status"] == 0


def test_a_hold_that_is_forgotten_ends(monkeypatch):
    monkeypatch.setattr(holds, "LONGEST", 0.01)

    async def forget():
        kept = holds.Holds()
        await asyncio.wait_for(kept.keep(object(), None), 60)
        return kept.calls()

    assert asyncio.run(forget()) == []


def test_latency_adds_to_other_faults(viber, bot, receiver):
    viber.fault("latency", seconds=LATE)
    viber.fault("status", status=12, count=1)
    start = time.monotonic()
    assert bot.send(receiver)["status"] == 12
    assert time.monotonic() - start >= LATE


def test_faults_are_used_up_one_after_the_other(viber, bot, receiver):
    viber.fault("status", status=12, count=2)
    viber.fault("status", status=6, count=1)
    assert [bot.send(receiver)["status"] for _ in range(4)] == [12, 12, 6, 0]


def test_a_fault_may_be_for_one_user_one_bot_one_method(viber, bot, receiver):
    taras = bot.subscribe(viber.create_user("Taras Melnyk"))
    viber.fault("status", status=6, user=taras, bot=bot.record, method="send_message")
    assert bot.send(receiver)["status"] == 0
    assert bot.send(taras)["status"] == 6
    assert bot.call("get_user_details", id=taras)["status"] == 0


@pytest.mark.parametrize("mode", ["refuse", "reset"])
def test_connections_refused_or_reset_while_control_works(
    viber, bot, receiver, accepted, mode
):
    viber.connections(mode)
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            bot.send(receiver)
    assert accepted() == 0
    viber.connections("open")
    assert bot.send(receiver)["status"] == 0


def test_unknown_faults_are_refused(viber):
    with pytest.raises(Exception, match="no fault 'explode'"):
        viber.fault("explode")
    with pytest.raises(Exception, match="colour"):
        viber.fault("status", colour="red")


def test_calls_are_listed_in_order_with_their_fate(viber, bot, receiver):
    viber.fault("status", status=12, count=1)
    before = viber.calls()[-1]["number"]
    bot.send(receiver)
    bot.send(receiver)
    calls = viber.calls("send_message", after=before)
    assert [call["status"] for call in calls] == [12, 0]
    assert [call["accepted"] for call in calls] == [False, True]
    assert {call["user"] for call in calls} == {receiver}


def _body(receiver):
    values = {"receiver": receiver, "type": "text", "text": "hello"}
    return json.dumps({**values, "sender": {"name": "Service desk"}}).encode()
