"""The Bot API around the account: keys, webhook, descriptions."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from .support import Bot

ALL_EVENTS = [
    "subscribed",
    "unsubscribed",
    "webhook",
    "conversation_started",
    "client_status",
    "action",
    "delivered",
    "failed",
    "message",
    "seen",
]


def test_a_wrong_key_is_answered_with_status_2(bot):
    response = bot.request("get_account_info", b"{}", token="0-0-0")
    assert response.status_code == 200
    assert response.json()["status"] == 2


def test_a_missing_key_is_named(viber):
    answer = requests.post(f"{viber.api_url}/get_account_info", json={}).json()
    assert answer["status_message"] == "missing_auth_token"


def test_the_key_may_stand_in_the_body(viber, bot):
    values = {"auth_token": bot.token}
    answer = requests.post(f"{viber.api_url}/get_account_info", json=values).json()
    assert answer["id"] == bot.record["id"]


def test_account_info_may_be_asked_for_by_get(viber, bot):
    headers = {"X-Viber-Auth-Token": bot.token}
    answer = requests.get(f"{viber.api_url}/get_account_info", headers=headers).json()
    assert answer["webhook"] == bot.server.webhook


def test_a_replaced_key_takes_the_place_of_the_old_one(viber, bot):
    old = bot.token
    bot.record = viber.update_bot(bot.record, token="a1-b2-c3")
    assert bot.call("get_account_info")["status"] == 0
    assert bot.request("get_account_info", b"{}", token=old).json()["status"] == 2


@pytest.mark.parametrize("body", [b"{", b"[]", b"3", b"\xff", b"[" * 20_000])
def test_a_body_that_is_no_object_is_bad_data(bot, body):
    assert bot.request("send_message", body).json()["status"] == 3


def test_set_webhook_probes_while_the_call_is_open(viber, server):
    bot = Bot(viber, server)
    server.hold("webhook")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(bot.call, "set_webhook", url=server.webhook)
        server.wait_held("webhook")
        assert not answer.done()
        server.release("webhook")
    assert answer.result()["status"] == 0
    [probe] = server.received
    assert probe.json.keys() >= {"event", "timestamp", "message_token"}
    assert probe.is_signed_with(bot.token)


def test_the_probe_may_come_unsigned(viber, server):
    viber.settings(probe_signed=False)
    Bot(viber, server).call("set_webhook", url=server.webhook)
    [probe] = server.received
    assert probe.signature is None
    assert probe.query == {}


@pytest.mark.parametrize("status", [201, 204, 301, 403, 500])
def test_only_200_answers_the_probe(viber, server, status):
    server.answers["webhook"] = status, b""
    answer = Bot(viber, server).call("set_webhook", url=server.webhook)
    assert answer["status"] == 1
    assert str(status) in answer["status_message"]


def test_a_probe_that_nobody_answers_reads_like_java(viber, server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        answer = Bot(viber, server).call("set_webhook", url=url)
    assert answer["status"] == 1
    assert "java.net.ConnectException" in answer["status_message"]


def test_a_slow_probe_fails_after_five_seconds(viber, server):
    server.hold("webhook")
    answer = Bot(viber, server).call("set_webhook", url=server.webhook)
    assert answer["status"] == 1
    assert "5000 ms" in answer["status_message"]


def test_a_failed_probe_may_come_without_a_text(viber, server):
    viber.settings(probe_error_text=False)
    server.answers["webhook"] = 500, b""
    answer = Bot(viber, server).call("set_webhook", url=server.webhook)
    assert answer["status"] == 1
    assert "status_message" not in answer


def test_a_failed_probe_leaves_the_former_webhook(bot):
    bot.server.answers["webhook"] = 500, b""
    bot.call("set_webhook", url=f"{bot.server.url}/other")
    assert bot.call("get_account_info")["webhook"] == bot.server.webhook


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://127.0.0.1/x", "nonsense", "https://"]
)
def test_an_address_without_tls_is_refused(viber, server, url):
    answer = Bot(viber, server).call("set_webhook", url=url)
    assert answer["status"] == 1
    assert "not HTTPS" in answer["status_message"]


def test_the_query_of_the_webhook_is_dropped(viber, server):
    bot = Bot(viber, server)
    bot.call("set_webhook", url=f"{server.webhook}?account=1")
    assert bot.call("get_account_info")["webhook"] == server.webhook
    assert "account" not in server.received[0].query


def test_without_a_list_all_events_are_answered(viber, server):
    answer = Bot(viber, server).call("set_webhook", url=server.webhook)
    assert answer["event_types"] == ALL_EVENTS


def test_mandatory_events_are_added(viber, server):
    answer = Bot(viber, server).call(
        "set_webhook", url=server.webhook, event_types=["seen", "delivered"]
    )
    wanted = ["subscribed", "unsubscribed", "delivered", "message", "seen"]
    assert answer["event_types"] == wanted


def test_an_empty_address_removes_the_webhook(bot, olena):
    receiver = bot.subscribe(olena)
    assert bot.call("set_webhook", url="")["status"] == 0
    assert "webhook" not in bot.call("get_account_info")
    assert bot.send(receiver)["status"] == 10


def test_account_info_counts_subscribers(bot, olena):
    assert bot.call("get_account_info")["subscribers_count"] == 0
    bot.subscribe(olena)
    assert bot.call("get_account_info")["subscribers_count"] == 1


def test_account_info_leaves_out_what_the_bot_has_not(viber, server):
    bot = Bot(viber, server, uri=None)
    info = bot.call("get_account_info")
    assert info["id"].startswith("pa:")
    assert not {"uri", "icon", "webhook"} & info.keys()


def test_a_person_has_another_id_at_each_bot(viber, server, bot, olena):
    other = Bot(viber, server).connect()
    ids = {bot.subscribe(olena), other.subscribe(olena)}
    assert len(ids) == 2
    assert all(len(found) == 24 and found.endswith("==") for found in ids)


def test_user_details_are_given_twice_in_twelve_hours(viber, bot, olena):
    receiver = bot.subscribe(olena)
    details = bot.call("get_user_details", id=receiver)
    assert details["user"]["name"] == "Olena Koval"
    assert details["user"]["primary_device_os"].startswith("iOS")
    assert bot.call("get_user_details", id=receiver)["status"] == 0
    assert bot.call("get_user_details", id=receiver)["status"] == 12
    viber.advance(12 * 3600 + 1)
    assert bot.call("get_user_details", id=receiver)["status"] == 0


def test_online_states(viber, bot, olena):
    taras = viber.create_user("Taras Melnyk", online=False)
    ids = [bot.subscribe(olena), bot.subscribe(taras), "c3RyYW5nZXI="]
    users = bot.call("get_online", ids=ids)["users"]
    assert [user["online_status"] for user in users] == [0, 1, 4]
    assert bot.call("get_online", ids=["x"] * 101)["status"] == 3


def test_an_unknown_method_is_not_found(bot):
    assert bot.request("no_such_method", json.dumps({})).status_code == 404
