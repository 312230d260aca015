"""send_message and broadcast_message: what is refused, and what becomes of the rest."""

import hashlib
import json

import pytest

from viber_simulator.testing import wait_until

from .support import Bot, png

MB = 1024 * 1024
URL = "https://example.com/"
LOCAL = "http://127.0.0.1:9/"  # is fetched, and nobody answers
BUTTON = {"ActionType": "reply", "ActionBody": "x", "Text": "X"}
TEXT = {"type": "text", "text": "hello", "sender": {"name": "Service desk"}}


def keyboard(**values):
    return {"Type": "keyboard", "Buttons": [BUTTON], **values}


REFUSED = {
    "no receiver": (4, {"receiver": ...}),
    "no type": (4, {"type": ...}),
    "invented type": (3, {"type": "dance"}),
    "empty text": (4, {"text": ""}),
    "no text": (4, {"text": ...}),
    "null text": (3, {"text": None}),
    "null tracking_data": (3, {"tracking_data": None}),
    "text of 7001": (3, {"text": "x" * 7001}),
    "text of 3501 emoji": (3, {"text": "🙁" * 3501}),
    "null type": (3, {"type": None}),
    "null media": (3, {"type": "url", "media": None}),
    "no sender": (4, {"sender": ...}),
    "null sender": (4, {"sender": None}),
    "sender as text": (3, {"sender": "Service desk"}),
    "no sender's name": (4, {"sender": {"avatar": URL + "a.png"}}),
    "null sender's name": (4, {"sender": {"name": None}}),
    "empty sender's name": (4, {"sender": {"name": ""}}),
    "blank sender's name": (4, {"sender": {"name": " \t"}}),
    "number as sender's name": (3, {"sender": {"name": 5}}),
    "sender's name of 29": (3, {"sender": {"name": "x" * 29}}),
    "tracking_data of 4001": (3, {"tracking_data": "x" * 4001}),
    "caption of 513": (
        3,
        {"type": "picture", "media": URL + "a.png", "text": "x" * 513},
    ),
    "picture as .bmp": (3, {"type": "picture", "media": URL + "a.bmp", "text": ""}),
    "picture's extension in the query": (
        3,
        {"type": "picture", "media": URL + "a?b=.png", "text": ""},
    ),
    "media of ftp": (3, {"type": "picture", "media": "ftp://x/a.png", "text": ""}),
    "video without size": (4, {"type": "video", "media": URL + "a.mp4"}),
    "video too big": (
        3,
        {"type": "video", "media": URL + "a.mp4", "size": 26 * MB + 1},
    ),
    "video too long": (
        3,
        {"type": "video", "media": URL + "a.mp4", "size": 1, "duration": 181},
    ),
    "video as .avi": (3, {"type": "video", "media": URL + "a.avi", "size": 1}),
    "file without name": (4, {"type": "file", "media": URL + "a.pdf", "size": 1}),
    "file too big": (
        3,
        {
            "type": "file",
            "media": URL + "a.pdf",
            "size": 50 * MB + 1,
            "file_name": "a.pdf",
        },
    ),
    "file of size 0": (
        3,
        {"type": "file", "media": URL + "a.pdf", "size": 0, "file_name": "a.pdf"},
    ),
    "file name of 257": (
        3,
        {
            "type": "file",
            "media": URL + "a.pdf",
            "size": 1,
            "file_name": "x" * 253 + ".pdf",
        },
    ),
    "forbidden file": (
        3,
        {"type": "file", "media": URL + "a.exe", "size": 1, "file_name": "a.exe"},
    ),
    "file without extension": (
        3,
        {"type": "file", "media": URL + "a", "size": 1, "file_name": "a.pdf"},
    ),
    "contact's name of 29": (
        3,
        {"type": "contact", "contact": {"name": "x" * 29, "phone_number": "1"}},
    ),
    "contact's number of 19": (
        3,
        {"type": "contact", "contact": {"name": "x", "phone_number": "1" * 19}},
    ),
    "contact without number": (4, {"type": "contact", "contact": {"name": "x"}}),
    "latitude of 91": (3, {"type": "location", "location": {"lat": 91, "lon": 0}}),
    "longitude of -181": (3, {"type": "location", "location": {"lat": 1, "lon": -181}}),
    "url of 2001": (3, {"type": "url", "media": URL + "x" * 1982}),
    "sticker of a name": (3, {"type": "sticker", "sticker_id": "smile"}),
    "payment": (22, {"type": "payment"}),
    "rich media without version": (
        14,
        {
            "type": "rich_media",
            "rich_media": {"Type": "rich_media", "Buttons": [BUTTON]},
        },
    ),
    "version 11": (13, {"min_api_version": 11}),
    "version 0": (3, {"min_api_version": 0}),
    "version 1.5": (3, {"min_api_version": 1.5}),
    "version of no number": (3, {"min_api_version": "²"}),
    "version of no end": (3, {"min_api_version": float("nan")}),
    "version of 5000 digits": (3, {"min_api_version": "9" * 5000}),
    "sticker of a digit that is none": (3, {"type": "sticker", "sticker_id": "²"}),
    "keyboard without Type": (3, {"keyboard": {"Buttons": [BUTTON]}}),
    "keyboard without buttons": (3, {"keyboard": keyboard(Buttons=[])}),
    "keyboard feature above version": (
        14,
        {"keyboard": keyboard(InputFieldState="hidden")},
    ),
    "too many columns": (3, {"keyboard": keyboard(Buttons=[{**BUTTON, "Columns": 7}])}),
    "receiver is a phone number": (999, {"receiver": "380501112233"}),
    "receiver is unknown": (5, {"receiver": "AAAAAAAAAAAAAAAAAAAAAA=="}),
}

ACCEPTED = {
    "text of 7000": {"text": "я" * 7000},
    "text of 3500 emoji": {"text": "🙁" * 3500},
    "sender's name of 28": {"sender": {"name": "x" * 28}},
    "nulls for what may be absent": {
        **dict.fromkeys(("keyboard", "thumbnail", "min_api_version", "chat_id")),
        "sender": {"name": "Service desk", "avatar": None},
    },
    "nulls of a picture": {
        "type": "picture",
        "media": LOCAL + "a.png",
        **dict.fromkeys(("text", "thumbnail")),
    },
    "nulls of a video": {
        "type": "video",
        "media": LOCAL + "a.mp4",
        "size": 1,
        **dict.fromkeys(("text", "thumbnail", "duration")),
    },
    "null face of a contact": {
        "type": "contact",
        "contact": {"name": "x", "phone_number": "1", "avatar": None},
    },
    "null alt_text": {
        "type": "rich_media",
        "min_api_version": 2,
        "alt_text": None,
        "rich_media": {"Type": "rich_media", "Buttons": [BUTTON]},
    },
    "caption of 512": {"type": "picture", "media": LOCAL + "a.png", "text": "x" * 512},
    "video of 26 MB and 180 s": {
        "type": "video",
        "media": LOCAL + "a.mp4",
        "size": 26 * MB,
        "duration": 180,
    },
    "file of 50 MB and a name of 256": {
        "type": "file",
        "media": LOCAL + "a.pdf",
        "size": 50 * MB,
        "file_name": "x" * 252 + ".pdf",
    },
    "contact of 28 and 18": {
        "type": "contact",
        "contact": {"name": "x" * 28, "phone_number": "1" * 18},
    },
    "version 10": {"min_api_version": 10},
    "tracking_data of 4000": {"tracking_data": "x" * 4000},
    "url of 2000": {"type": "url", "media": URL + "x" * 1980},
    "location": {"type": "location", "location": {"lat": -90, "lon": 180.0}},
    "contact": {"type": "contact", "contact": {"name": "x", "phone_number": "+38"}},
    "sticker": {"type": "sticker", "sticker_id": 40133},
    "keyboard only": {"type": ..., "text": ..., "keyboard": keyboard()},
    "keyboard of version 4": {
        "keyboard": keyboard(InputFieldState="hidden"),
        "min_api_version": 4,
    },
    "numbers as strings": {"keyboard": keyboard(Buttons=[{**BUTTON, "Columns": "3"}])},
    "rich media": {
        "type": "rich_media",
        "min_api_version": 2,
        "rich_media": {"Type": "rich_media", "Buttons": [{**BUTTON, "Rows": 7}]},
    },
}


def request(receiver, change):
    """A good text message with some keys changed; `...` takes one away."""
    values = {"receiver": receiver, **TEXT, **change}
    return {key: value for key, value in values.items() if value is not ...}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(viber, bot, olena, case):
    status, change = REFUSED[case]
    receiver = bot.subscribe(olena)
    assert bot.call("send_message", **request(receiver, change))["status"] == status
    assert viber.messages(olena, bot.record, "bot") == []


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(viber, bot, olena, case):
    values = request(bot.subscribe(olena), ACCEPTED[case])
    # As the documentation advises: escapes would make 42 KB of 7000 letters.
    body = json.dumps(values, ensure_ascii=False).encode()
    answer = bot.request("send_message", body).json()
    assert answer["status"] == 0, answer
    [message] = viber.messages(olena, bot.record, "bot")
    assert message["token"] == str(answer["message_token"])


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"Type": ...}, '[object has missing required properties (["Type"])]'),
        ({"Buttons": []}, "must have at least 1 elements but instance has 0 elements"),
        (
            {"Buttons": [{"ActionType": "share-phone", "ActionBody": "x"}]},
            'instance value ("share-phone") not found in enum'
            ' (possible values: ["reply","open-url",""])',
        ),
    ],
)
def test_texts_of_the_keyboard_validator(bot, olena, keys, text):
    board = keyboard(**keys)
    board = {key: value for key, value in board.items() if value is not ...}
    answer = bot.send(bot.subscribe(olena), keyboard=board)
    assert answer["status"] == 3
    assert answer["status_message"].startswith("keyboard is not valid.")
    assert text in answer["status_message"]


def test_a_body_of_30001_bytes_is_refused(bot, olena):
    receiver = bot.subscribe(olena)
    body = json.dumps(request(receiver, {"padding": ""}))
    for extra, status in (30_000 - len(body), 0), (30_001 - len(body), 3):
        padded = request(receiver, {"padding": "x" * extra})
        response = bot.request("send_message", json.dumps(padded).encode())
        assert response.json()["status"] == status


def test_the_caption_limit_of_the_newer_document_is_a_switch(viber, bot, olena):
    viber.settings(max_caption=768)
    media = bot.server.host("/a.png", png(), "image/png")
    receiver = bot.subscribe(olena)
    for length, status in (768, 0), (769, 3):
        answer = bot.send(receiver, "picture", media=media, text="x" * length)
        assert answer["status"] == status


# -- who may get it --------------------------------------------------------------


def test_an_id_of_another_bot_is_refused(viber, server, bot, olena):
    foreign = Bot(viber, server).connect().subscribe(olena)
    assert bot.send(foreign)["status"] == 999


def test_opening_the_chat_is_no_subscription_but_a_message_is(viber, bot, olena):
    viber.open(olena, bot.record)
    receiver = viber.viber_id(olena, bot.record)
    assert bot.send(receiver)["status"] == 6
    viber.write(olena, bot.record, "hello")
    assert bot.send(receiver)["status"] == 0


def test_unsubscribing_stops_messages_until_the_user_returns(viber, bot, olena):
    receiver = bot.subscribe(olena)
    viber.unsubscribe(olena, bot.record)
    assert bot.send(receiver)["status"] == 6
    viber.subscribe(olena, bot.record)
    assert bot.send(receiver)["status"] == 0


def test_an_old_client_gets_no_newer_messages(viber, bot):
    old = viber.create_user("Old Phone", api_version=3)
    receiver = bot.subscribe(old)
    assert bot.send(receiver, min_api_version=4)["status"] == 13
    assert bot.send(receiver, min_api_version=3)["status"] == 0


def test_a_silent_user_gets_100_messages_per_clock_hour(viber, bot, olena):
    receiver = bot.subscribe(olena)
    _wait_for_the_middle_of_an_hour(viber)
    statuses = [bot.send(receiver)["status"] for _ in range(101)]
    assert statuses == [0] * 100 + [12]
    viber.write(olena, bot.record, "I am here")
    assert bot.send(receiver)["status"] == 0
    for _ in range(99):
        bot.send(receiver)
    assert bot.send(receiver)["status"] == 12
    viber.advance(3600)
    assert bot.send(receiver)["status"] == 0


def _wait_for_the_middle_of_an_hour(viber):
    """Move the clock so that no hour ends while the test runs."""
    into_hour = viber.now() / 1000 % 3600
    viber.advance(5400 - into_hour)


# -- billing ---------------------------------------------------------------------


def test_a_legacy_bot_has_sessions_then_a_quota_then_nothing(viber, server, olena):
    bot = Bot(viber, server, quota=1).connect()
    receiver = bot.subscribe(olena)
    assert bot.send(receiver)["billing_status"] == 1
    viber.advance(24 * 3600 + 1)
    assert bot.send(receiver)["billing_status"] == 3
    assert bot.send(receiver)["status"] == 23
    viber.write(olena, bot.record, "I am here")
    assert bot.send(receiver)["billing_status"] == 1


def test_a_commercial_bot_pays_out_of_session(viber, server, olena):
    bot = Bot(viber, server, billable=True, quota=1, balance=1).connect()
    receiver = bot.subscribe(olena)
    assert bot.send(receiver)["billing_status"] == 2
    viber.advance(24 * 3600 + 1)
    assert [bot.send(receiver).get("billing_status") for _ in range(3)] == [4, 5, None]
    assert bot.send(receiver)["status"] == 24


def test_a_session_is_not_extended_by_further_messages(viber, bot, olena):
    receiver = bot.subscribe(olena)
    viber.advance(23 * 3600)
    viber.write(olena, bot.record, "still here")
    viber.advance(2 * 3600)
    assert bot.send(receiver)["billing_status"] == 3


# -- files -----------------------------------------------------------------------


def test_media_are_really_fetched(viber, bot, olena):
    receiver = bot.subscribe(olena)
    content = png(64, 64)
    media = bot.server.host("/files/scheme.png", content, "image/png")
    assert bot.send(receiver, "picture", text="", media=media)["status"] == 0
    [message] = _arrived(viber, bot, olena)
    assert message["files"]["media"] | {"local": None} == {
        "url": media,
        "status": 200,
        "content_type": "image/png",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "error": None,
        "local": None,
    }
    commands = [(command, path) for command, path, _headers in bot.server.fetched]
    assert commands == [("HEAD", "/files/scheme.png"), ("GET", "/files/scheme.png")]
    assert not any("Cookie" in headers for _c, _p, headers in bot.server.fetched)


BAD_MEDIA = {
    "missing": (404, {}, b""),
    "login page": (303, {"Location": "/web/login"}, b""),
    "web page": (200, {"Content-Type": "text/html"}, b"<html>"),
    "too big": (200, {"Content-Type": "image/png"}, b"x" * (MB + 1)),
}


@pytest.mark.parametrize("case", BAD_MEDIA)
def test_bad_media_are_accepted_and_fail_later(viber, bot, olena, case):
    receiver = bot.subscribe(olena)
    bot.server.files["/a.png"] = BAD_MEDIA[case]
    answer = bot.send(receiver, "picture", text="", media=bot.server.url + "/a.png")
    assert answer["status"] == 0
    [failed] = bot.server.wait_for("failed")
    assert failed.json["message_token"] == answer["message_token"]
    assert failed.json["desc"]
    assert viber.messages(olena, bot.record, "bot")[0]["state"] == "failed"
    assert bot.server.events("delivered") == []


def test_forbidden_files_may_fail_at_the_phone_instead(viber, bot, olena):
    viber.settings(strict_extensions=False)
    receiver = bot.subscribe(olena)
    media = bot.server.host("/a.exe", b"MZ", "application/octet-stream")
    answer = bot.send(receiver, "file", media=media, size=2, file_name="a.exe")
    assert answer["status"] == 0
    bot.server.wait_for("failed")


def _arrived(viber, bot, user):
    def arrived():
        messages = viber.messages(user, bot.record, "bot")
        return messages if all(message["arrived"] for message in messages) else None

    return wait_until(arrived, what="arrival")


# -- broadcasts ------------------------------------------------------------------


def test_a_broadcast_has_one_token_and_lists_who_did_not_get_it(viber, bot, olena):
    taras = viber.create_user("Taras Melnyk")
    receivers = [bot.subscribe(olena), bot.subscribe(taras), "nobody"]
    viber.unsubscribe(taras, bot.record)
    answer = bot.call("broadcast_message", **TEXT, broadcast_list=receivers)
    assert answer["status"] == 0
    failed = [(line["receiver"], line["status"]) for line in answer["failed_list"]]
    assert failed == [(receivers[1], 6), ("nobody", 999)]
    [delivered] = bot.server.wait_for("delivered")
    assert delivered.json["message_token"] == answer["message_token"]
    assert delivered.json["user_id"] == receivers[0]


def test_a_broadcast_has_300_receivers_at_most(bot):
    values = {**TEXT, "broadcast_list": ["x"] * 301}
    assert bot.call("broadcast_message", **values)["status"] == 3


def test_a_bot_may_be_kept_from_broadcasts(viber, server, olena):
    bot = Bot(viber, server, broadcast_allowed=False).connect()
    values = {**TEXT, "broadcast_list": [bot.subscribe(olena)]}
    assert bot.call("broadcast_message", **values)["status"] == 20
