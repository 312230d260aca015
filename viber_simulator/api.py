"""The methods of the Bot API, as functions of a bot and a request."""

import base64
import binascii
import time
from collections import deque

from . import const
from .billing import charge
from .callbacks import webhook_url
from .errors import ApiError, bad, missing
from .validation import check_message, level_of
from .values import check_string
from .world import Message

# What is not part of a message's content.
ADDRESSING = ("receiver", "broadcast_list", "auth_token", "min_api_version")


class BotApi:
    """Each method returns what its answer adds to ``status`` 0.

    Methods take the bot, the request (dict) and the fault of kind ``failed`` that
    stands for this call, or None; they raise :class:`ApiError`.
    """

    def __init__(self, service):
        self._service = service
        self._broadcasts = deque()  # monotonic seconds of the last ones
        self.methods = {
            "set_webhook": self.set_webhook,
            "get_account_info": self.get_account_info,
            "get_user_details": self.get_user_details,
            "get_online": self.get_online,
            "send_message": self.send_message,
            "broadcast_message": self.broadcast_message,
        }

    # -- the account -------------------------------------------------------------

    async def set_webhook(self, bot, request, _fault):
        """Probe the address while the call is open; only then keep it."""
        url = check_string(request, "url", const.MAX_URL, required=True)
        events = _event_types(request)
        if not url:
            bot.webhook, bot.event_types = None, []
            self._service.world.changed = True
            return {"event_types": events}
        address = webhook_url(url)
        if address is None:
            raise ApiError(const.INVALID_URL, "URL not valid or not HTTPS")
        if trouble := await self._service.courier.probe(bot, address):
            text = trouble if self._service.settings.probe_error_text else None
            raise ApiError(const.INVALID_URL, text)
        bot.webhook, bot.event_types = address, events
        bot.send_name = bool(request.get("send_name"))
        bot.send_photo = bool(request.get("send_photo"))
        self._service.world.changed = True
        return {"event_types": events}

    async def get_account_info(self, bot, _request, _fault):
        """Describe the bot; keys without a value are left out."""
        world = self._service.world
        subscribers = [chat for chat in world.chats(bot=bot) if chat.subscribed]
        info = {
            "id": bot.id,
            "name": bot.name,
            "uri": bot.uri,
            "icon": self._service.media.icon_url(bot.icon),
            "category": "Business",
            "subcategory": "IT services",
            "location": {"lon": 30.5234, "lat": 50.4501},
            "country": "UA",
            "webhook": bot.webhook,
            "event_types": bot.event_types,
            "members": [],
            "subscribers_count": len(subscribers),
            "chat_flags": [],
        }
        return {key: value for key, value in info.items() if value is not None}

    # -- users -------------------------------------------------------------------

    async def get_user_details(self, bot, request, _fault):
        """Describe a user, twice in 12 hours at most."""
        user_id = check_string(request, "id", 64, required=True)
        chat = self._subscriber(bot, user_id)
        clock = self._service.clock
        since = clock.now() - clock.span(const.DETAILS_SPAN)
        chat.details_asked = [at for at in chat.details_asked if at > since]
        if len(chat.details_asked) >= const.DETAILS_PER_SPAN:
            raise ApiError(const.TOO_MANY_REQUESTS)
        chat.details_asked.append(clock.now())
        user = self._service.world.user(chat.user)
        return {
            "message_token": self._service.tokens.new(clock.now_ms()),
            "user": {
                **self._service.user_object(chat),
                "primary_device_os": _operating_system(user),
                "viber_version": "22.8.1.3",
                "mcc": 255,
                "mnc": 3,
                "device_type": "iPhone14,5" if user.device == "ios" else "SM-G991B",
            },
        }

    async def get_online(self, bot, request, _fault):
        """Say of up to 100 users whether they are online."""
        ids = request.get("ids")
        if ids is None:
            raise missing("ids")
        if not isinstance(ids, list) or len(ids) > const.MAX_ONLINE_IDS:
            raise bad(f"'ids' must be a list of at most {const.MAX_ONLINE_IDS}")
        return {"users": [self._online(bot, user_id) for user_id in ids]}

    def _online(self, bot, user_id):
        status, text = 4, "unavailable"
        chat = self._service.world.chat_by_viber_id(user_id)
        if chat and chat.bot == bot.id and chat.subscribed:
            online = self._service.world.user(chat.user).online
            status, text = (0, "online") if online else (1, "offline")
        return {"id": user_id, "online_status": status, "online_status_message": text}

    # -- messages ----------------------------------------------------------------

    async def send_message(self, bot, request, fault):
        """Accept one message for one user."""
        receiver = check_string(request, "receiver", 256, required=True)
        check_message(request, self._service.settings)
        token = self._service.tokens.new(self._service.clock.now_ms())
        billing_status = self._accept(bot, request, receiver, token, fault)
        return {"message_token": token, "billing_status": billing_status}

    async def broadcast_message(self, bot, request, fault):
        """Accept one message for many users; all copies have the same token."""
        receivers = request.get("broadcast_list")
        if receivers is None:
            raise missing("broadcast_list")
        if not isinstance(receivers, list) or not receivers:
            raise bad("'broadcast_list' must be a list of ids")
        if len(receivers) > const.MAX_BROADCAST:
            raise bad(f"at most {const.MAX_BROADCAST} receivers")
        check_message(request, self._service.settings)
        if not bot.broadcast_allowed:
            raise ApiError(const.BROADCAST_NOT_ALLOWED)
        self._count_broadcast()
        token = self._service.tokens.new(self._service.clock.now_ms())
        failed, billing_statuses = [], [0]
        for receiver in receivers:
            try:
                billing_statuses.append(
                    self._accept(bot, request, receiver, token, fault)
                )
            except ApiError as error:
                failed.append({"receiver": receiver, **error.answer()})
        return {
            "message_token": token,
            "billing_status": billing_statuses[-1],
            "failed_list": failed,
        }

    def _count_broadcast(self):
        now = time.monotonic()
        while self._broadcasts and self._broadcasts[0] < now - const.BROADCASTS_SPAN:
            self._broadcasts.popleft()
        if len(self._broadcasts) >= const.BROADCASTS_PER_SPAN:
            raise ApiError(const.TOO_MANY_REQUESTS)
        self._broadcasts.append(now)

    def _accept(self, bot, request, receiver, token, fault):
        """Take a checked message for a user.

        :return: int, the billing status
        :raise ApiError: when this user cannot get it
        """
        if not bot.webhook:
            raise ApiError(const.WEBHOOK_NOT_SET)
        chat = self._subscriber(bot, receiver)
        user = self._service.world.user(chat.user)
        if level_of(request) > user.api_version:
            raise ApiError(const.API_VERSION_NOT_SUPPORTED)
        clock = self._service.clock
        hour = int(clock.now() // 3600)
        if chat.hour != hour:
            chat.hour, chat.hour_count = hour, 0
        if chat.hour_count >= const.MESSAGES_PER_HOUR:
            raise ApiError(const.TOO_MANY_REQUESTS)
        billing_status = charge(bot, chat, clock)
        chat.hour_count += 1
        message = Message(
            token=token,
            side="bot",
            timestamp=clock.now_ms(),
            content=content_of(request),
            billing_status=billing_status,
        )
        self._service.arrivals.accept(chat, message, fault)
        return billing_status

    def _subscriber(self, bot, viber_id):
        """The chat of a subscriber.

        :raise ApiError: 5, 6 or 999
        """
        chat = self._service.world.chat_by_viber_id(viber_id)
        if (chat and chat.bot != bot.id) or not _is_viber_id(viber_id):
            raise ApiError(const.BAD_RECEIVER_ID)
        if chat is None:
            raise ApiError(const.RECEIVER_NOT_REGISTERED)
        if not chat.subscribed:
            raise ApiError(const.RECEIVER_NOT_SUBSCRIBED)
        return chat


def content_of(request):
    """What of a request is the message itself; a null is not there."""
    return {
        key: value
        for key, value in request.items()
        if key not in ADDRESSING and value is not None
    }


def _event_types(request):
    """The events that a webhook will get, in the service's own order."""
    chosen = request.get("event_types")
    if chosen is None:
        return list(const.EVENTS)
    if not isinstance(chosen, list) or not set(chosen) <= set(const.EVENTS):
        raise bad(f"'event_types' must be a list out of {list(const.EVENTS)}")
    wanted = const.MANDATORY_EVENTS | set(chosen)
    return [event for event in const.EVENTS if event in wanted]


def _is_viber_id(text):
    if not isinstance(text, str):
        return False
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _operating_system(user):
    return "iOS 17.5.1" if user.device == "ios" else "Android 14"
