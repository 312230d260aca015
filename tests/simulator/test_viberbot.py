"""The official Python library, which others wrote, talks to the simulator."""

import pytest
from viberbot import Api, BotConfiguration
from viberbot.api import api as viberbot_api
from viberbot.api import messages
from viberbot.api.messages.data_types.contact import Contact
from viberbot.api.messages.data_types.location import Location
from viberbot.api.viber_requests import (
    ViberConversationStartedRequest,
    ViberDeliveredRequest,
    ViberFailedRequest,
    ViberMessageRequest,
    ViberSeenRequest,
    ViberSubscribedRequest,
    ViberUnsubscribedRequest,
)

from .support import png

BUTTON = {"ActionType": "reply", "ActionBody": "x", "Text": "X"}
KEYBOARD = {"Type": "keyboard", "Buttons": [BUTTON]}


@pytest.fixture
def library(monkeypatch, viber, bot):
    """The library's client of the bot."""
    monkeypatch.setattr(viberbot_api, "VIBER_BOT_API_URL", viber.api_url)
    return Api(BotConfiguration(auth_token=bot.token, name="Service", avatar=None))


@pytest.fixture
def parsed(library, bot):
    """A function: wait for an event; have the library check and parse it."""

    def parse(event):
        [received] = bot.server.wait_for(event)
        assert library.verify_signature(received.body, received.signature)
        return library.parse_request(received.body)

    return parse


def test_the_account(library, bot):
    assert library.get_account_info()["id"] == bot.record["id"]
    library.unset_webhook()
    assert "webhook" not in library.get_account_info()
    events = library.set_webhook(bot.server.webhook, ["seen"])
    assert events == ["subscribed", "unsubscribed", "message", "seen"]


def test_users(library, bot, olena):
    receiver = bot.subscribe(olena)
    assert library.get_user_details(receiver)["id"] == receiver
    assert library.get_online([receiver])[0]["online_status"] == 0


def sent_messages(server):
    picture = server.host("/a.png", png(), "image/png")
    video = server.host("/a.mp4", b"mp4", "video/mp4")
    document = server.host("/a.pdf", b"%PDF", "application/pdf")
    rich = {"Type": "rich_media", "Buttons": [BUTTON]}
    return [
        messages.TextMessage(text="Привіт", tracking_data="t"),
        messages.PictureMessage(media=picture, text="caption"),
        messages.VideoMessage(media=video, size=3, duration=1),
        messages.FileMessage(media=document, size=4, file_name="a.pdf"),
        messages.ContactMessage(contact=Contact(name="Ivan", phone_number="+38067")),
        messages.LocationMessage(location=Location(lat=50.45, lon=30.52)),
        messages.URLMessage(media="https://example.com/"),
        messages.StickerMessage(sticker_id=40133),
        messages.RichMediaMessage(rich_media=rich, min_api_version=2),
        messages.KeyboardMessage(keyboard=KEYBOARD),
    ]


def test_each_type_of_message_is_taken(viber, library, bot, olena):
    receiver = bot.subscribe(olena)
    tokens = library.send_messages(receiver, sent_messages(bot.server))
    bot.server.wait_for("delivered", len(tokens))
    found = viber.messages(olena, bot.record, "bot")
    assert [message["token"] for message in found] == [str(token) for token in tokens]
    assert {message["state"] for message in found} == {"delivered"}


def test_a_refusal_reaches_the_library(viber, library, bot, olena):
    viber.open(olena, bot.record)
    receiver = viber.viber_id(olena, bot.record)
    with pytest.raises(Exception, match="failed with status: 6"):
        library.send_messages(receiver, messages.TextMessage(text="hello"))


RECEIVED = {
    "text": ({"type": "text", "text": "Привіт 🙁"}, messages.TextMessage),
    "url": ({"type": "url", "media": "https://example.com/"}, messages.URLMessage),
    "location": (
        {"type": "location", "location": {"lat": 50.45, "lon": 30.52}},
        messages.LocationMessage,
    ),
    "contact": (
        {"type": "contact", "contact": {"name": "Ivan", "phone_number": "38067"}},
        messages.ContactMessage,
    ),
    "sticker": (
        {"type": "sticker", "sticker_id": 40101, "media": "http://x/1.png"},
        messages.StickerMessage,
    ),
}


@pytest.mark.parametrize("kind", RECEIVED)
def test_the_library_reads_what_customers_send(viber, bot, olena, parsed, kind):
    content, kind_of_message = RECEIVED[kind]
    viber.send(olena, bot.record, content)
    request = parsed("message")
    assert isinstance(request, ViberMessageRequest)
    assert isinstance(request.message, kind_of_message)
    assert request.sender.name == "Olena Koval"


@pytest.mark.parametrize("kind", ["picture", "video", "file"])
def test_the_library_reads_files(viber, bot, olena, parsed, kind):
    viber.send_file(olena, bot.record, "a.bin", b"content", kind=kind)
    message = parsed("message").message
    assert bot.session.get(message.media).content == b"content"


def test_the_library_reads_all_other_events(viber, bot, olena, parsed):
    viber.open(olena, bot.record, context="lnk")
    started = parsed("conversation_started")
    assert isinstance(started, ViberConversationStartedRequest)
    assert (started.context, started.subscribed) == ("lnk", False)
    viber.subscribe(olena, bot.record)
    assert isinstance(parsed("subscribed"), ViberSubscribedRequest)
    receiver = viber.viber_id(olena, bot.record)
    bot.send(receiver)
    assert isinstance(parsed("delivered"), ViberDeliveredRequest)
    viber.read(olena, bot.record)
    assert isinstance(parsed("seen"), ViberSeenRequest)
    viber.fault("failed", desc="No suitable device", count=1)
    bot.send(receiver)
    assert isinstance(parsed("failed"), ViberFailedRequest)
    viber.unsubscribe(olena, bot.record)
    assert isinstance(parsed("unsubscribed"), ViberUnsubscribedRequest)
