"""The parts of the simulated service, put together."""

import asyncio
import contextlib

from .api import BotApi
from .arrivals import Arrivals
from .billing import session_end
from .callbacks import Courier
from .clock import Clock, Tokens
from .customer import Customer
from .events import user_object
from .faults import Faults
from .holds import Holds
from .live import Live
from .media import Media
from .settings import Settings
from .store import Store


class Service:
    """Everything behind the HTTP routes.

    :param state: path of the file that keeps the world, or None
    :param float time_scale: see :class:`Clock`
    """

    def __init__(self, state=None, time_scale=1.0):
        self.settings = Settings()
        self.clock = Clock(time_scale)
        self.tokens = Tokens()
        self.faults = Faults()
        self.holds = Holds()
        self.live = Live()
        self.store = Store(state)
        self.world = self.store.load()
        self.media = Media(self.store.media, self.world, self.clock)
        self.courier = Courier(self.clock, self.tokens, self.settings)
        self.arrivals = Arrivals(self)
        self.customer = Customer(self)
        self.api = BotApi(self)
        self._saving = None

    async def start(self):
        """Open what needs an event loop."""
        await self.courier.start()
        await self.media.start()
        self._saving = asyncio.create_task(self.store.keep_saving(self.world))

    async def close(self):
        """Give up what is on its way, and write the state."""
        self._saving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._saving
        await self.arrivals.close()
        await self.courier.close()
        await self.media.close()
        self.store.save(self.world)
        self.store.close()

    # -- what several parts need -------------------------------------------------

    def user_object(self, chat):
        """How callbacks and ``get_user_details`` describe the chat's user."""
        user, bot = self.world.user(chat.user), self.world.bot(chat.bot)
        return user_object(user, chat, bot, self.media.avatar_url(user.avatar))

    def changed(self, chat, message=None):
        """Note that a chat, or a message of it, has changed."""
        self.world.changed = True
        if not self.live.has_listener(chat.user):
            return
        event = {"chat": self.chat_view(chat)}
        if message:
            event["message"] = message_view(message)
        self.live.publish(chat.user, event)

    def chat_view(self, chat):
        """A chat without its messages, as control API and phone show it."""
        end = session_end(chat, self.clock)
        return {
            "bot": self.world.bot(chat.bot).key,
            "user": chat.user,
            "viber_id": chat.viber_id,
            "subscribed": chat.subscribed,
            "tracking_data": chat.tracking_data,
            "session_until": None if end is None else int(end * 1000),
            "unread": len(chat.unread()),
            "keyboard": chat.keyboard,
        }


def message_view(message):
    """A message as control API and phone show it; see ``Simulator.messages``."""
    return {**vars(message), "token": str(message.token)}
