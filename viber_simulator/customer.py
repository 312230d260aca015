"""What users do on their phones."""

import json

from . import validation
from .api import content_of
from .billing import note_user_message
from .errors import ApiError
from .world import Message

TOKEN_LAG_MS = 120  # a message's token is that much later than its timestamp
THUMBNAIL_BOX = "400x400"
CITY_CENTRE = {"lat": 50.450101, "lon": 30.523399}


class CannotDo(ValueError):
    """The phone does not offer that, with the reason."""


class Customer:
    """The actions of users; each takes the chat that it happens in."""

    def __init__(self, service):
        self._service = service

    # -- opening and subscribing -------------------------------------------------

    def open(self, chat, context=None):
        """Open the chat by a deep link or the "Message" button.

        The webhook's answer may carry one message, the welcome.
        """
        body = {
            "event": "conversation_started",
            "type": "open",
            "user": self._service.user_object(chat),
            "subscribed": chat.subscribed,
        }
        if context:
            body["context"] = context
        self._send(chat, body, lambda answer: self._welcome(chat, answer))

    def _welcome(self, chat, answer):
        request = _json_object(answer)
        if not request:
            return
        try:
            validation.check_message(request, self._service.settings, is_welcome=True)
        except ApiError:
            return  # the service says nothing of welcomes that it cannot use
        clock = self._service.clock
        message = Message(
            token=self._service.tokens.new(clock.now_ms()),
            side="bot",
            timestamp=clock.now_ms(),
            content=content_of(request),
            welcome=True,
            billing_status=0,
        )
        self._service.arrivals.accept(chat, message)

    def subscribe(self, chat):
        """Switch "Receive messages" on: the service forgets what it knew."""
        chat.subscribed = True
        chat.tracking_data = None
        self._service.changed(chat)
        user = self._service.user_object(chat)
        self._send(chat, {"event": "subscribed", "user": user})

    def unsubscribe(self, chat):
        """Switch "Receive messages" off."""
        chat.subscribed = False
        self._service.changed(chat)
        self._send(chat, {"event": "unsubscribed", "user_id": chat.viber_id})

    # -- writing -----------------------------------------------------------------

    def send(self, chat, content, media=None, thumbnail=None, silent=False):
        """Send a message of any type.

        :param dict content: ``message`` of the callback
        :param media: id of a file on the phone, or None
        :param thumbnail: id of another one; a picture without is its own thumbnail
        :return: Message
        :raise CannotDo: when the bot takes no messages, or there is no such file
        """
        if not self._bot(chat).webhook:
            raise CannotDo("This bot has no webhook: its chat takes no messages.")
        clock = self._service.clock
        chat.subscribed = True  # silently, without a `subscribed` event
        chat.hour_count = 0
        note_user_message(chat, clock)
        now = clock.now_ms()
        message = Message(
            token=self._service.tokens.new(now + TOKEN_LAG_MS),
            side="user",
            timestamp=now,
            content=dict(content),
            silent=silent,
            arrived=True,
        )
        self._add_files(message, media=media, thumbnail=thumbnail)
        chat.messages.append(message)
        self._service.changed(chat, message)
        self._send_message(chat, message)
        return message

    def _send_message(self, chat, message):
        content = dict(message.content)
        if chat.tracking_data is not None:
            content.setdefault("tracking_data", chat.tracking_data)
        body = {
            "event": "message",
            "timestamp": message.timestamp,
            "message_token": message.token,
            "sender": self._service.user_object(chat),
            "message": content,
            "silent": message.silent,
        }
        self._send(chat, body, lambda answer: self._sent(chat, message, answer))

    def _sent(self, chat, message, answer):
        message.state = "failed" if answer is None else "delivered"
        self._service.changed(chat, message)
        if answer is None or not self._service.settings.delivered_incoming:
            return
        self._send(
            chat,
            {
                "event": "delivered",
                "message_token": message.token,
                "user_id": chat.viber_id,
            },
        )

    def _add_files(self, message, media, thumbnail):
        """Fill in what a message says of its files, key by key as captured."""
        if not media:
            return
        files, content = self._service.media, message.content
        kind = content.get("type")
        host_kind = {"picture": "image", "video": "video"}.get(kind, "file")
        file = files.file(media)
        content.setdefault("media", files.signed_url(media, host_kind))
        content.setdefault("file_name", "null" if kind == "video" else file["name"])
        content.setdefault("size", file["size"])
        message.files = {"media": files.local(media)}
        if kind == "picture":
            thumbnail = thumbnail or media
        if thumbnail:
            url = files.signed_url(thumbnail, "image", THUMBNAIL_BOX)
            content.setdefault("thumbnail", url)
            message.files["thumbnail"] = files.local(thumbnail)

    # -- the keyboard ------------------------------------------------------------

    def tap(self, chat, button, location=None):
        """Tap a button of the keyboard that the chat shows.

        :param int button: its number, from 0
        :param location: ``{"lat", "lon"}`` picked for a ``location-picker``
        :return: the Message that it sends, or None
        :raise CannotDo: when there is no such button
        """
        buttons = (chat.keyboard or {}).get("Buttons", [])
        if not 0 <= button < len(buttons):
            raise CannotDo(f"The chat shows no button {button}.")
        tapped = buttons[button]
        silent = str(tapped.get("Silent", False)).lower() == "true"
        content = self._answer(chat, tapped, location or CITY_CENTRE)
        return self.send(chat, content, silent=silent) if content else None

    def _answer(self, chat, button, location):
        action, body = button.get("ActionType", "reply"), button["ActionBody"]
        user = self._service.world.user(chat.user)
        if action in ("reply", "open-url", ""):
            return {"type": "text", "text": body}
        if action == "share-phone":
            contact = {"name": user.name, "phone_number": user.phone}
            return {"type": "contact", "contact": contact, "text": body}
        if action == "location-picker":
            return {"type": "location", "location": location, "text": body}
        return None  # `none` and `open-map` tell the bot nothing

    def _send(self, chat, body, on_answer=None):
        self._service.courier.send(self._bot(chat), body, on_answer)

    def _bot(self, chat):
        return self._service.world.bot(chat.bot)


def _json_object(answer):
    """The object in an answer's body, or None."""
    try:
        value = json.loads(answer or b"null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
