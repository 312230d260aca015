"""What exists: bots, users, and the chats between them."""

import base64
import os
import secrets
from dataclasses import dataclass, field, fields


class NotKnown(LookupError):
    """There is no such bot, user or chat."""


@dataclass
class Bot:
    """A bot account."""

    name: str
    uri: str | None
    id: str = field(default_factory=lambda: f"pa:{secrets.randbits(62)}")
    token: str = field(default_factory=lambda: _auth_token())
    icon: str | None = None  # media id
    webhook: str | None = None
    event_types: list = field(default_factory=list)
    send_name: bool = False
    send_photo: bool = False
    billable: bool = False
    quota: int = 10_000  # free messages out of session that are left
    balance: int = 0  # paid messages that are left
    broadcast_allowed: bool = True

    @property
    def key(self):
        """What the control API calls it by."""
        return self.uri or self.id


@dataclass
class User:
    """A person with a phone."""

    name: str = "Olena Koval"
    language: str = "uk-UA"
    country: str = "UA"
    phone: str = "380501112233"
    avatar: str | None = None  # media id
    api_version: int = 10
    device: str = "ios"
    devices: int = 1
    personalised: bool = True  # lets bots see name and avatar
    online: bool = True
    id: str = field(default_factory=lambda: secrets.token_hex(6))


@dataclass
class Message:
    """One message of a chat; ``side`` says who sent it."""

    token: int
    side: str  # "bot" or "user"
    timestamp: int  # ms
    content: dict
    state: str = "sent"  # then "delivered", "seen" or "failed"
    arrived: bool = False  # it is on the phone's screen
    welcome: bool = False
    silent: bool = False
    billing_status: int | None = None
    reason: str | None = None  # why it failed
    files: dict = field(default_factory=dict)  # media, thumbnail, avatar


@dataclass
class Chat:
    """What a user and a bot have with each other."""

    bot: str  # Bot.id
    user: str  # User.id
    viber_id: str = field(
        default_factory=lambda: base64.b64encode(os.urandom(16)).decode()
    )
    subscribed: bool = False
    tracking_data: str | None = None
    session_start: float | None = None  # Unix seconds
    hour: int | None = None  # the clock hour that `hour_count` counts
    hour_count: int = 0  # messages to the silent user in this hour
    details_asked: list = field(default_factory=list)  # Unix seconds
    keyboard: dict | None = None
    messages: list = field(default_factory=list)

    def last_arrived(self):
        """The bot's newest message on the phone; its keyboard is the one that shows."""
        return next(
            message
            for message in reversed(self.messages)
            if message.side == "bot" and message.arrived
        )

    def unread(self):
        """The bot's messages that are on the phone and were not read."""
        return [
            message
            for message in self.messages
            if message.side == "bot"
            and message.arrived
            and message.state in ("sent", "delivered")
        ]


class World:
    """All bots, users and chats, with the ways to find them."""

    def __init__(self):
        self.media_secret = secrets.token_hex(16)
        self.bots = {}  # by id
        self.users = {}  # by id
        self.files = {}  # what `Media` knows of each file, by id
        self._chats = {}  # by (user id, bot id)
        self._by_viber_id = {}
        self.changed = False

    # -- bots --------------------------------------------------------------------

    def add_bot(self, bot):
        """:raise ValueError: when its uri is taken"""
        if bot.uri and any(other.uri == bot.uri for other in self.bots.values()):
            raise ValueError(f"The uri {bot.uri!r} is taken.")
        self.bots[bot.id] = bot
        self.changed = True
        return bot

    def bot(self, key):
        """The bot with this id or uri.

        :raise NotKnown: when there is none
        """
        for bot in self.bots.values():
            if key in (bot.id, bot.uri):
                return bot
        raise NotKnown(f"There is no bot {key!r}.")

    def bot_by_token(self, token):
        """The bot that this API key belongs to, or None."""
        for bot in self.bots.values():
            if secrets.compare_digest(bot.token.encode(), token.encode()):
                return bot
        return None

    # -- users and chats ---------------------------------------------------------

    def add_user(self, user):
        self.users[user.id] = user
        self.changed = True
        return user

    def user(self, key):
        """The user with this id.

        :raise NotKnown: when there is none
        """
        if key not in self.users:
            raise NotKnown(f"There is no user {key!r}.")
        return self.users[key]

    def chat(self, user, bot):
        """The chat of these two; it is made at the first call."""
        key = user.id, bot.id
        if key not in self._chats:
            self._keep(Chat(bot=bot.id, user=user.id))
        return self._chats[key]

    def chats(self, user=None, bot=None):
        """All chats, or those of a user, or of a bot."""
        return [
            chat
            for chat in self._chats.values()
            if (user is None or chat.user == user.id)
            and (bot is None or chat.bot == bot.id)
        ]

    def chat_by_viber_id(self, viber_id):
        """The chat in which the user is known by this id, or None."""
        return self._by_viber_id.get(viber_id)

    def _keep(self, chat):
        self._chats[chat.user, chat.bot] = chat
        self._by_viber_id[chat.viber_id] = chat
        self.changed = True

    # -- to and from a file ------------------------------------------------------

    def dump(self):
        """Everything, as JSON can hold it."""
        return {
            "media_secret": self.media_secret,
            "files": self.files,
            "bots": [vars(bot) for bot in self.bots.values()],
            "users": [vars(user) for user in self.users.values()],
            "chats": [
                {**vars(chat), "messages": [vars(message) for message in chat.messages]}
                for chat in self._chats.values()
            ],
        }

    @classmethod
    def load(cls, values):
        """A world from what :meth:`dump` gave."""
        world = cls()
        world.media_secret = values["media_secret"]
        world.files = values["files"]
        world.bots = {bot["id"]: Bot(**bot) for bot in values["bots"]}
        world.users = {user["id"]: User(**user) for user in values["users"]}
        for chat in values["chats"]:
            messages = [Message(**message) for message in chat.pop("messages")]
            world._keep(Chat(**chat, messages=messages))
        world.changed = False
        return world


def assign(record, values, refused=("id",)):
    """Set attributes of a bot or user from a control call.

    :raise ValueError: for names that it has not, or of the wrong type
    """
    known = {item.name: item.type for item in fields(record)}
    for name, value in values.items():
        if name not in known or name in refused:
            raise ValueError(f"{type(record).__name__} takes no {name!r}.")
        if not isinstance(value, known[name]):
            raise ValueError(f"{name} takes {known[name]}, not {value!r}.")
    for name, value in values.items():
        setattr(record, name, value)


def _auth_token():
    return "-".join(secrets.token_hex(8) for _ in range(3))
