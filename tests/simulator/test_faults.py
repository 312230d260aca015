"""The Bot API going wrong on demand."""

import time

import pytest
import requests


@pytest.fixture
def receiver(bot, olena):
    """A subscriber's Viber id."""
    return bot.subscribe(olena)


@pytest.fixture
def accepted(viber, bot, olena):
    """A function: how many messages the service has taken."""
    return lambda: len(viber.messages(olena, bot.record, "bot"))


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
    viber, bot, receiver, accepted, taken
):
    viber.fault("latency", seconds=0.6, accepted=taken)
    with pytest.raises(requests.Timeout):
        bot.session.post(
            f"{viber.api_url}/send_message",
            data=_body(receiver),
            headers={"X-Viber-Auth-Token": bot.token},
            timeout=0.3,
        )
    assert accepted() == taken


def test_latency_adds_to_other_faults(viber, bot, receiver):
    viber.fault("latency", seconds=0.2)
    viber.fault("status", status=12, count=1)
    start = time.monotonic()
    assert bot.send(receiver)["status"] == 12
    assert time.monotonic() - start >= 0.2


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
    return b'{"receiver": "%s", "type": "text", "text": "hello"}' % receiver.encode()
