"""Callbacks: their bytes, their signatures, their repeats, and what they tell."""

import json
import re

import pytest

from viber_simulator.clock import TOKEN_EPOCH_MS
from viber_simulator.const import QUICK_REPEATS
from viber_simulator.events import sign
from viber_simulator.testing import LIMIT, Simulator, wait_until

from .support import Bot, png

# Of the reference document; bodies that differ only in how they are escaped.
VECTOR_TOKEN = "5b0e7c1f9a2d4463-8e15d0b7c6f3a92e-17c4f8a0e39b5d62"
VECTORS = [
    (
        b'{"event":"webhook","timestamp":1772446527318,"chat_hostname":"SN-CHAT-03_",'
        b'"message_token":6209200460671312593}',
        "229d8c81a20f1b9c325ee889d7101d66150638de7cee066b1f13a00033389103",
    ),
    (
        b'{"event":"seen","timestamp":1772447606528,"chat_hostname":"SN-CALLBACK-04_",'
        b'"message_token":6209204876437859522,"user_id":"G9w+whL4SNhsQnmLa/NccA=="}',
        "7b61c48b4b23176c05a8265c5ff874b51215c56edf06ed4b71ce7b99e2a3e115",
    ),
]


@pytest.mark.parametrize(("body", "signature"), VECTORS)
def test_signatures_of_the_reference(body, signature):
    assert sign(VECTOR_TOKEN, body) == signature


# -- the bytes -------------------------------------------------------------------


def test_each_callback_is_signed_over_its_bytes(viber, bot, olena):
    for text in "Привіт 🙁", "plain", 'a\\u0041 \\ " \n':
        viber.write(olena, bot.record, text)
    for received in bot.server.wait_for("message", 3):
        assert received.is_signed_with(bot.token)
    texts = {received.json["message"]["text"] for received in bot.server.received}
    assert texts == {"Привіт 🙁", "plain", 'a\\u0041 \\ " \n'}


def test_escapes_and_raw_utf8_take_turns(viber, bot, olena):
    viber.settings(parallel=1)
    for _ in range(4):
        viber.write(olena, bot.record, "я🙁")
    bodies = [received.body for received in bot.server.wait_for("message", 4)]
    escaped = [rb"\u044F\uD83D\uDE41" in body for body in bodies]
    raw = ["я🙁".encode() in body for body in bodies]
    assert escaped in ([True, False] * 2, [False, True] * 2)
    assert raw == [not found for found in escaped]


def test_keys_come_in_changing_order(viber, bot, olena):
    for number in range(8):
        viber.write(olena, bot.record, str(number))
    received = bot.server.wait_for("message", 8)
    assert len({tuple(callback.json) for callback in received}) > 1


def test_the_header_comes_in_changing_case(viber, bot, olena):
    for number in range(12):
        viber.write(olena, bot.record, str(number))
    names = {
        name
        for received in bot.server.wait_for("message", 12)
        for name in received.headers
        if name.lower() == "x-viber-content-signature"
    }
    assert len(names) > 1


def test_hostnames_are_missing_at_times(viber, bot, olena):
    for share in 1.0, 0.0:
        viber.settings(omit_hostname=share)
        viber.write(olena, bot.record, "hello")
        viber.wait_idle()
    has_hostname = [
        "chat_hostname" in callback.json for callback in bot.server.received
    ]
    assert has_hostname == [False, True]


@pytest.mark.parametrize("signature", ["wrong", "missing"])
def test_forged_callbacks_on_demand(viber, bot, olena, signature):
    viber.settings(signature=signature)
    viber.write(olena, bot.record, "hello")
    [received] = bot.server.wait_for("message")
    assert not received.is_signed_with(bot.token)
    assert (received.signature is None) == (signature == "missing")


def test_tokens_tell_their_time_and_are_unique(viber, bot, olena):
    for number in range(20):
        viber.write(olena, bot.record, str(number))
    tokens = set()
    for received in bot.server.wait_for("message", 20):
        token, timestamp = received.json["message_token"], received.json["timestamp"]
        assert 0 <= (token >> 22) + TOKEN_EPOCH_MS - timestamp < 300
        assert abs(timestamp - viber.now()) < 60_000
        tokens.add(token)
    assert len(tokens) == 20


# -- delivery --------------------------------------------------------------------


@pytest.fixture
def hasty():
    """A simulator whose repeats come fast: an hour is a minute."""
    with Simulator(time_scale=60) as viber:
        yield viber


def test_a_callback_is_repeated_until_200_with_the_same_bytes(hasty, server):
    bot, olena = Bot(hasty, server).connect(), hasty.create_user()
    server.answers["message"] = 500, b""
    hasty.write(olena, bot.record, "hello")
    server.wait_for("message", 5)
    server.answers["message"] = 200, b""
    hasty.wait_idle()
    assert len({received.body for received in server.events("message")}) == 1
    attempts = hasty.callbacks(bot.record, event="message")
    assert [attempt["status"] for attempt in attempts][-2:] == [500, 200]
    assert [attempt["attempt"] for attempt in attempts] == list(
        range(1, len(attempts) + 1)
    )


def test_repeats_come_quickly_at_first_and_then_each_minute(viber, bot, olena):
    bot.server.answers["message"] = 403, b""
    viber.write(olena, bot.record, "hello")
    for number in range(1, 7):
        wait_until(lambda n=number: len(_finished(viber, bot)) == n)
        if number == 6:
            bot.server.answers["message"] = 200, b""
        # What is not due moves by this, but does not come.
        viber.advance(1 if number <= QUICK_REPEATS else 60)
    wait_until(lambda: len(_finished(viber, bot)) == 7)
    starts = [attempt["started"] / 1000 for attempt in _finished(viber, bot)]
    gaps = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert all(1 <= gap < 60 for gap in gaps[:QUICK_REPEATS])
    assert all(60 <= gap < 120 for gap in gaps[QUICK_REPEATS:])
    viber.wait_idle()


def test_after_an_hour_a_callback_is_lost(hasty, server):
    bot, olena = Bot(hasty, server).connect(), hasty.create_user()
    server.answers["message"] = 500, b""
    hasty.write(olena, bot.record, "hello")
    server.wait_for("message")
    hasty.advance(3601)
    hasty.wait_idle()
    assert hasty.messages(olena, bot.record)[0]["state"] == "failed"


def test_a_slow_answer_counts_as_none(viber, bot, olena):
    bot.server.hold("message")
    viber.write(olena, bot.record, "hello")
    for number in range(1, 1 + QUICK_REPEATS):
        late = wait_until(lambda n=number: _finished(viber, bot)[n - 1 :])[0]
        assert (late["status"], late["error"]) == (None, "timeout")
        assert late["latency"] > 4900
        # A busy machine may notice it later; once is enough.
        if late["latency"] < 5250:
            break
    assert late["latency"] < 5250
    bot.server.release("message")
    viber.wait_idle()
    assert len({callback.body for callback in bot.server.events("message")}) == 1


def _finished(viber, bot):
    """:return: the attempts to tell of messages that have come to their end."""
    attempts = viber.callbacks(bot.record, event="message")
    return [attempt for attempt in attempts if attempt["latency"] is not None]


def test_duplicates_carry_the_same_bytes(viber, bot, olena):
    viber.settings(duplicates=5)
    viber.write(olena, bot.record, "hello")
    received = bot.server.wait_for("message", 5)
    assert len({callback.body for callback in received}) == 1
    viber.wait_idle()
    assert len(received) == 5


def test_disorder_delivers_later_messages_first(viber, bot, olena):
    # Seconds: many times what it takes to write all of them.
    viber.settings(disorder=2.0, parallel=20)
    texts = [str(number) for number in range(15)]
    for text in texts:
        viber.write(olena, bot.record, text)
    received = bot.server.wait_for("message", 15)
    arrived = [callback.json["message"]["text"] for callback in received]
    assert arrived != texts
    assert sorted(arrived, key=int) == texts


def test_no_more_connections_than_told(viber, bot, olena):
    viber.settings(parallel=2)
    bot.server.hold("message")
    for number in range(6):
        viber.write(olena, bot.record, str(number))
    bot.server.wait_held("message", 2)
    assert len(viber.callbacks(bot.record, event="message")) == 2
    bot.server.release("message")
    viber.wait_idle()
    attempts = viber.callbacks(bot.record, event="message")
    # The start is rounded to milliseconds.
    spans = [(a["started"], a["started"] + a["latency"] - 2) for a in attempts]
    at_once = max(sum(s <= start < e for s, e in spans) for start, _end in spans)
    assert len(attempts) == 6
    assert at_once == 2


def test_only_chosen_events_are_sent(viber, server, olena):
    bot = Bot(viber, server).connect(event_types=[])
    viber.open(olena, bot.record)
    receiver = bot.subscribe(olena)
    bot.send(receiver)
    viber.wait_for_message(olena, bot.record)
    viber.read(olena, bot.record)
    viber.unsubscribe(olena, bot.record)
    viber.wait_idle()
    assert [callback.event for callback in server.received] == [
        "message",
        "unsubscribed",
    ]


def test_any_body_can_be_sent_signed(viber, bot):
    body = {"event": "invented", "chat_hostname": None, "deep": {"er": [1, "ї"]}}
    token = viber.callback(bot.record, body, times=3)
    received = bot.server.wait_for("invented", 3)
    assert all(callback.is_signed_with(bot.token) for callback in received)
    assert received[0].json["deep"] == {"er": [1, "ї"]}
    assert "chat_hostname" not in received[0].json
    assert str(received[0].json["message_token"]) == token


# -- what they tell --------------------------------------------------------------


def test_names_and_photos_need_flag_and_consent(viber, server, olena):
    private = viber.create_user("Private Person", personalised=False)
    picture = viber.upload("face.jpg", b"\xff\xd8\xff", "image/jpeg")
    viber.update_user(olena, avatar=picture)
    shown = []
    for flag in True, False:
        bot = Bot(viber, server).connect(send_name=flag, send_photo=flag)
        for user in olena, private:
            server.received.clear()
            viber.write(user, bot.record, "hello")
            sender = server.wait_for("message")[0].json["sender"]
            shown.append((sender["name"], "generic-avatar" in sender["avatar"]))
    assert shown[0] == ("Olena Koval", False)
    assert shown[1:] == [("Subscriber", True)] * 3


def test_a_user_without_photo_has_no_avatar_key(viber, bot, olena):
    viber.write(olena, bot.record, "hello")
    assert "avatar" not in bot.server.wait_for("message")[0].json["sender"]


def test_conversation_started_and_its_welcome(viber, bot, olena):
    welcome = {"type": "text", "text": "Welcome!", "tracking_data": "welcome:1"}
    bot.server.answers["conversation_started"] = 200, json.dumps(welcome).encode()
    viber.open(olena, bot.record, context="lnk-7Qd2")
    started = bot.server.wait_for("conversation_started")[0].json
    assert started["type"] == "open"
    assert started["context"] == "lnk-7Qd2"
    assert started["subscribed"] is False
    message = viber.wait_for_message(olena, bot.record, "Welcome!")
    assert message["welcome"]
    [delivered] = bot.server.wait_for("delivered")
    assert str(delivered.json["message_token"]) == message["token"]
    viber.write(olena, bot.record, "Thank you")
    sent = bot.server.wait_for("message")[0].json["message"]
    assert sent["tracking_data"] == "welcome:1"


def test_one_opening_brings_one_welcome_however_often_it_is_repeated(viber, bot, olena):
    viber.settings(duplicates=4)
    welcome = {"type": "text", "text": "Welcome!"}
    bot.server.answers["conversation_started"] = 200, json.dumps(welcome).encode()
    viber.open(olena, bot.record)
    viber.wait_for_message(olena, bot.record, "Welcome!")
    viber.wait_idle()
    assert len(bot.server.events("conversation_started")) == 4
    assert len(viber.messages(olena, bot.record)) == 1


@pytest.mark.parametrize("answer", [b"", b"{}", b"<html>", b'{"type":"text"}'])
def test_no_welcome_from_an_answer_that_is_none(viber, bot, olena, answer):
    bot.server.answers["conversation_started"] = 200, answer
    viber.open(olena, bot.record)
    viber.wait_idle()
    assert viber.messages(olena, bot.record) == []


def test_a_subscriber_who_opens_says_so(viber, bot, olena):
    bot.subscribe(olena)
    viber.open(olena, bot.record)
    started = bot.server.wait_for("conversation_started")[0].json
    assert started["subscribed"] is True
    assert "context" not in started


def test_tracking_data_is_echoed_until_the_next_subscription(viber, bot, olena):
    receiver = bot.subscribe(olena)
    bot.send(receiver, tracking_data="task:1")
    bot.send(receiver)  # without one: the former stays
    for _ in range(2):
        viber.write(olena, bot.record, "hello")
    # Callbacks may overtake each other.
    viber.wait_idle()
    viber.unsubscribe(olena, bot.record)
    viber.subscribe(olena, bot.record)
    viber.write(olena, bot.record, "hello again")
    viber.wait_idle()
    messages = [callback.json["message"] for callback in bot.server.events("message")]
    tracking = [message.get("tracking_data") for message in messages]
    assert tracking == [None, "task:1", "task:1", None]


def test_subscribed_and_unsubscribed(viber, bot, olena):
    viber.subscribe(olena, bot.record)
    viber.unsubscribe(olena, bot.record)
    user_id = viber.viber_id(olena, bot.record)
    assert bot.server.wait_for("subscribed")[0].json["user"]["id"] == user_id
    unsubscribed = bot.server.wait_for("unsubscribed")[0].json
    assert unsubscribed["user_id"] == user_id
    assert "user" not in unsubscribed


# -- receipts --------------------------------------------------------------------


def test_delivered_comes_from_each_device(viber, bot):
    taras = viber.create_user("Taras Melnyk", devices=3)
    token = bot.send(bot.subscribe(taras))["message_token"]
    delivered = bot.server.wait_for("delivered", 3)
    assert {callback.json["message_token"] for callback in delivered} == {token}


def test_nothing_is_delivered_to_a_phone_that_is_offline(viber, bot, olena):
    receiver = bot.subscribe(olena)
    viber.update_user(olena, online=False)
    tokens = [bot.send(receiver)["message_token"] for _ in range(2)]
    viber.wait_idle()
    assert bot.server.events("delivered") == []
    viber.update_user(olena, online=True)
    delivered = bot.server.wait_for("delivered", 2)
    assert {callback.json["message_token"] for callback in delivered} == set(tokens)


def test_seen_names_the_newest_message_only(viber, bot, olena):
    receiver = bot.subscribe(olena)
    tokens = [bot.send(receiver)["message_token"] for _ in range(3)]
    bot.server.wait_for("delivered", 3)
    viber.read(olena, bot.record)
    viber.read(olena, bot.record)
    viber.wait_idle()
    seen = [callback.json["message_token"] for callback in bot.server.events("seen")]
    assert seen == tokens[-1:]
    states = {message["state"] for message in viber.messages(olena, bot.record, "bot")}
    assert states == {"seen"}


def test_delivered_for_the_users_own_messages_is_a_switch(viber, bot, olena):
    viber.settings(delivered_incoming=True)
    message = viber.write(olena, bot.record, "hello")
    [delivered] = bot.server.wait_for("delivered")
    assert str(delivered.json["message_token"]) == message["token"]


@pytest.mark.parametrize("desc", ["No suitable device", None])
def test_failed_with_and_without_a_reason(viber, bot, olena, desc):
    receiver = bot.subscribe(olena)
    viber.fault("failed", user=receiver, desc=desc, seconds=0.2, count=1)
    token = bot.send(receiver)["message_token"]
    [failed] = bot.server.wait_for("failed")
    assert failed.json["message_token"] == token
    assert failed.json.get("desc") == desc
    assert ("udid" in failed.json) == (desc is None)
    assert viber.messages(olena, bot.record, "bot")[0]["state"] == "failed"


# -- what customers send ---------------------------------------------------------


def test_hosted_files_work_for_an_hour(viber, bot, olena):
    viber.send_file(olena, bot.record, "scan.jpg", b"\xff\xd8\xff", kind="picture")
    message = bot.server.wait_for("message")[0].json["message"]
    assert message["type"] == "picture"
    assert message["size"] == 3
    path = r"/5/media/2/short/any/sig/image/\w+/\w{4}/\w{64}\.jpg\?Expires=\d+&"
    for key in "media", "thumbnail":
        assert re.search(path, message[key])
        response = bot.session.get(message[key])
        assert (response.status_code, response.content) == (200, b"\xff\xd8\xff")
    later = message["media"].replace("Expires=1", "Expires=2")
    assert bot.session.get(later).status_code == 403
    viber.advance(3400)
    assert bot.session.head(message["media"]).status_code == 200
    viber.advance(201)
    assert bot.session.get(message["media"]).status_code == 403


def test_hosted_files_go_wrong_on_demand(viber, bot, olena):
    media = viber.upload("a.png", png(), "image/png")
    viber.send(olena, bot.record, {"type": "picture"}, media=media)
    url = bot.server.wait_for("message")[0].json["message"]["media"]
    viber.spoil(media, seconds=0.3)
    response = bot.session.get(url)
    assert response.content == png()
    assert response.elapsed.total_seconds() >= 0.3
    viber.spoil(media, status=302, location="http://127.0.0.1:1/x")
    response = bot.session.get(url, allow_redirects=False)
    assert response.status_code == 302
    assert response.headers["Location"] == "http://127.0.0.1:1/x"
    viber.spoil(media, endless=True)
    with bot.session.get(url, stream=True, timeout=LIMIT) as response:
        assert len(response.raw.read(3_000_000)) == 3_000_000
    viber.spoil(media)
    assert bot.session.get(url).content == png()


def test_videos_come_as_captured(viber, bot, olena):
    viber.send_file(olena, bot.record, "a.mp4", b"x", kind="video", duration=4730)
    message = bot.server.wait_for("message")[0].json["message"]
    assert message["file_name"] == "null"
    assert message["duration"] == 4730
    assert "thumbnail" not in message


def test_a_forwarded_picture_has_no_address(viber, bot, olena):
    viber.send(olena, bot.record, {"type": "picture"})
    assert bot.server.wait_for("message")[0].json["message"] == {"type": "picture"}


def test_buttons_answer_as_the_documents_say(viber, bot, olena):
    receiver = bot.subscribe(olena)
    buttons = [
        {"ActionType": "share-phone", "ActionBody": "phone", "Text": "Share"},
        {"ActionBody": "status", "Text": "Status", "Silent": True},
        {"ActionType": "location-picker", "ActionBody": "where", "Text": "Where"},
        {"ActionType": "none", "ActionBody": "", "Text": "-"},
    ]
    keyboard = {"Type": "keyboard", "Buttons": buttons}
    assert bot.send(receiver, keyboard=keyboard, min_api_version=3)["status"] == 0
    wait_until(lambda: viber.chat(olena, bot.record)["keyboard"])
    bot.server.received.clear()
    place = {"lat": 48.5, "lon": 35.0}
    for number in range(4):
        viber.tap(olena, bot.record, number, location=place)
    viber.wait_idle()
    messages = [callback.json for callback in bot.server.events("message")]
    contents = sorted((m["message"] for m in messages), key=lambda m: m["type"])
    shared = {"name": "Olena Koval", "phone_number": olena["phone"]}
    assert contents == [
        {"type": "contact", "contact": shared, "text": "phone"},
        {"type": "location", "location": place, "text": "where"},
        {"type": "text", "text": "status"},
    ]
    assert [m["silent"] for m in messages if m["message"]["type"] == "text"] == [True]


def test_a_message_without_keyboard_removes_the_keyboard(viber, bot, olena):
    receiver = bot.subscribe(olena)
    button = {"ActionBody": "x", "Text": "X"}
    bot.send(receiver, keyboard={"Type": "keyboard", "Buttons": [button]})
    wait_until(lambda: viber.chat(olena, bot.record)["keyboard"])
    bot.send(receiver)
    wait_until(lambda: viber.chat(olena, bot.record)["keyboard"] is None)
