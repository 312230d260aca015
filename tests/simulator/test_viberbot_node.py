"""The official Node library, which others wrote, talks to the simulator."""

import hmac
import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devtools import node_env
from viber_simulator.testing import wait_until

from .support import png

PROGRAM = Path(__file__).with_name("viber_bot.js")
BUTTON = {"ActionType": "reply", "ActionBody": "x", "Text": "X"}
KEYBOARD = {"Type": "keyboard", "Buttons": [BUTTON]}
RICH_MEDIA = {"Type": "rich_media", "Buttons": [BUTTON]}


class Library:
    """A running bot of the library's, see ``viber_bot.js``.

    ``lines`` has what it told and nobody took yet, ``webhook`` its address.
    """

    def __init__(self, api_url, token):
        self.lines = []
        self._process = subprocess.Popen(
            [node_env.executable(), PROGRAM, api_url, token],
            env=os.environ | {"NODE_PATH": str(node_env.LIBRARIES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.webhook = self.heard("webhook")["webhook"]

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(json.loads(line))

    def close(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def heard(self, key, value=...):
        """Wait for a line with this key (and value); take it and return it."""

        def found():
            for line in list(self.lines):
                if key in line and value in (..., line[key]):
                    return line
            return None

        line = wait_until(found, what=f"{key} {value} of {self.lines}")
        self.lines.remove(line)
        return line

    def order(self, name, **values):
        """:return: the library's answer (dict with ``done`` or ``refused``)"""
        self._process.stdin.write(json.dumps({"do": name, **values}) + "\n")
        self._process.stdin.flush()
        is_answer = {"done", "refused"}.intersection
        wait_until(lambda: any(map(is_answer, self.lines)), what=f"answer to {name}")
        [answer] = filter(is_answer, self.lines)
        self.lines.remove(answer)
        return answer


@pytest.fixture
def record(viber):
    """A bot without webhook."""
    return viber.create_bot()


@pytest.fixture
def library(viber, record):
    """The library's client of the bot, with its webhook set by itself."""
    running = Library(viber.api_url, record["token"])
    try:
        answer = running.order("webhook", url=running.webhook)
        assert answer["done"]["status"] == 0, answer
        yield running
    finally:
        running.close()


@pytest.fixture
def receiver(viber, library, record, olena):
    """Olena's id at the bot, told by a first message."""
    viber.write(olena, record, "hello")
    return library.heard("event", "message")["userProfile"]["id"]


def message(kind, *values):
    return {"kind": kind, "values": values}


@pytest.fixture
def sendable(server):
    """What the library can send, by name: each of its messages with the least and the
    most that it takes."""
    picture = server.host("/a.png", png(), "image/png")
    video = server.host("/a.mp4", b"mp4", "video/mp4")
    document = server.host("/a.pdf", b"%PDF", "application/pdf")
    return {
        "text": message("Text", "Привіт 🙁"),
        "text and keyboard": message("Text", "Hello", KEYBOARD),
        "picture": message("Picture", picture),
        "picture with all": message("Picture", picture, "caption", picture, KEYBOARD),
        "video": message("Video", video, 3),
        "video with all": message("Video", video, 3, "caption", None, 1, KEYBOARD),
        "file": message("File", document, 4, "a.pdf"),
        "contact": message("Contact", "Ivan", "+38067"),
        "contact with face": message("Contact", "Ivan", "+38067", picture),
        "location": message("Location", 50.45, 30.52),
        "url": message("Url", "https://example.com/"),
        "sticker": message("Sticker", 40133),
        "rich media": message("RichMedia", RICH_MEDIA),
        "keyboard": message("Keyboard", KEYBOARD),
    }


KINDS = [
    "text",
    "text and keyboard",
    "picture",
    "picture with all",
    "video",
    "video with all",
    "file",
    "contact",
    "contact with face",
    "location",
    "url",
    "sticker",
    "rich media",
    "keyboard",
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_of_message_is_taken(
    viber, library, record, olena, receiver, sendable, kind
):
    answer = library.order("send", id=receiver, messages=[sendable[kind]])
    assert "done" in answer, answer
    assert library.heard("event", "delivered")["told"]["user_id"] == receiver
    [found] = viber.messages(olena, record, "bot")
    assert found["state"] == "delivered"
    # What was null is not there, for whoever looks at the message.
    assert None not in found["content"].values()


def test_several_messages_go_in_one_order(
    viber, library, record, olena, receiver, sendable
):
    assert list(sendable) == KINDS
    answer = library.order("send", id=receiver, messages=list(sendable.values()))
    assert len(answer["done"]) == len(KINDS), answer
    for _kind in KINDS:
        library.heard("event", "delivered")
    assert len(viber.messages(olena, record, "bot")) == len(KINDS)


def test_the_account_and_its_users(library, record, receiver):
    assert library.order("profile")["done"]["id"] == record["id"]
    assert library.order("details", id=receiver)["done"]["id"] == receiver
    [online] = library.order("online", id=receiver)["done"]["users"]
    assert online["online_status"] == 0


def test_a_refusal_reaches_the_library(viber, library, record, olena, receiver):
    viber.unsubscribe(olena, record)
    messages = [message("Text", "hello")]
    refused = library.order("send", id=receiver, messages=messages)["refused"]
    assert refused["status"] == 6


RECEIVED = {
    "TextMessage": {"type": "text", "text": "Привіт 🙁"},
    "UrlMessage": {"type": "url", "media": "https://example.com/"},
    "LocationMessage": {"type": "location", "location": {"lat": 50.4, "lon": 30.5}},
    "ContactMessage": {
        "type": "contact",
        "contact": {"name": "Ivan", "phone_number": "38067"},
    },
    "StickerMessage": {"type": "sticker", "sticker_id": 40101, "media": "http://x/1"},
    "PictureMessage": {"type": "picture", "media": "https://example.com/a.png"},
    "VideoMessage": {"type": "video", "media": "https://example.com/a.mp4"},
    "FileMessage": {"type": "file", "media": "https://example.com/a", "size": 1},
}


@pytest.mark.parametrize("kind", RECEIVED)
@pytest.mark.parametrize("escapes", ["raw", "escaped"])
def test_the_library_checks_and_reads_what_customers_send(
    viber, library, record, olena, kind, escapes
):
    viber.settings(escapes=escapes)
    viber.send(olena, record, RECEIVED[kind])
    told = library.heard("event", "message")
    assert told["kind"] == kind
    if kind == "TextMessage":
        assert told["message"]["text"] == "Привіт 🙁"


def test_the_library_takes_nothing_with_a_wrong_signature(library, record):
    """And leaves the sender without an answer; so this is no call of the simulator."""
    connections = []
    for text, token in ("forged", "another token"), ("true", record["token"]):
        body = json.dumps(
            {"event": "message", "message": {"type": "text", "text": text}}
        ).encode()
        signature = hmac.new(token.encode(), body, "sha256").hexdigest()
        head = f"POST /?sig={signature} HTTP/1.1\r\nHost: bot\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        address = urlsplit(library.webhook)
        connection = socket.create_connection((address.hostname, address.port))
        connection.sendall(head.encode() + body)
        connections.append(connection)
    assert library.heard("event", "message")["message"]["text"] == "true"
    assert library.lines == []
    for connection in connections:
        connection.close()


def test_the_library_reads_all_other_events_and_greets(viber, library, record, olena):
    viber.open(olena, record, context="lnk")
    started = library.heard("event", "conversation_started")
    assert (started["context"], started["subscribed"]) == ("lnk", False)
    # It asks for no names, and its welcome has no sender.
    viber.wait_for_message(olena, record, "Hello Subscriber")
    library.heard("event", "delivered")
    viber.read(olena, record)
    library.heard("event", "seen")
    viber.subscribe(olena, record)
    receiver = library.heard("event", "subscribed")["userProfile"]["id"]
    viber.unsubscribe(olena, record)
    assert library.heard("event", "unsubscribed")["told"] == receiver
