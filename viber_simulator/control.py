"""The control API: what tests and the phone page use (`testing.py` wraps it)."""

from dataclasses import asdict

from aiohttp import web

from .service import message_view
from .spoiling import Spoiling
from .world import Bot, NotKnown, User, assign

FIXED_BOT = ("id", "webhook", "event_types", "send_name", "send_photo")


@web.middleware
async def explain(request, handler):
    """Turn refused control calls into readable answers."""
    try:
        return await handler(request)
    except NotKnown as error:
        return web.json_response({"error": str(error)}, status=404)
    except (ValueError, TypeError, LookupError) as error:
        if not request.path.startswith("/control/"):
            raise
        text = f"{type(error).__name__}: {error}"
        return web.json_response({"error": text}, status=400)


class Control:
    """Handlers of ``/control/…``; all answer JSON."""

    def __init__(self, service, gateway, listener):
        self._service = service
        self._gateway = gateway
        self._listener = listener

    def routes(self):
        """What the server has to route here."""
        chat = "/control/users/{user}/chats/{bot}"
        return [
            web.get("/control/bots", self.list_bots),
            web.post("/control/bots", self.create_bot),
            web.get("/control/bots/{bot}", self.show_bot),
            web.patch("/control/bots/{bot}", self.update_bot),
            web.post("/control/bots/{bot}/callbacks", self.send_callback),
            web.get("/control/users", self.list_users),
            web.post("/control/users", self.create_user),
            web.get("/control/users/{user}", self.show_user),
            web.patch("/control/users/{user}", self.update_user),
            web.get("/control/users/{user}/chats", self.list_chats),
            web.get("/control/users/{user}/live", self.follow),
            web.get(chat, self.show_chat),
            web.post(chat + "/{action}", self.act),
            web.post("/control/media", self.upload),
            web.get("/control/media/{file}", self.download),
            web.put("/control/media/{file}/spoiling", self.spoil),
            web.get("/control/callbacks", self.list_callbacks),
            web.get("/control/calls", self.list_calls),
            web.patch("/control/settings", self.change_settings),
            web.get("/control/faults", self.list_faults),
            web.post("/control/faults", self.add_fault),
            web.delete("/control/faults", self.clear_faults),
            web.get("/control/held", self.list_held),
            web.delete("/control/held", self.release),
            web.post("/control/connections", self.set_connections),
            web.get("/control/clock", self.show_clock),
            web.post("/control/clock", self.advance_clock),
        ]

    # -- bots --------------------------------------------------------------------

    async def list_bots(self, _request):
        bots = self._service.world.bots.values()
        return web.json_response([self._bot_view(bot) for bot in bots])

    async def create_bot(self, request):
        values = await request.json()
        uri = values.pop("uri", _uri(values["name"], self._service.world))
        bot = Bot(name=values.pop("name"), uri=uri)
        assign(bot, values, FIXED_BOT)
        return web.json_response(self._bot_view(self._service.world.add_bot(bot)))

    async def show_bot(self, request):
        return web.json_response(self._bot_view(self._bot(request)))

    async def update_bot(self, request):
        bot = self._bot(request)
        assign(bot, await request.json(), FIXED_BOT)
        self._service.world.changed = True
        return web.json_response(self._bot_view(bot))

    async def send_callback(self, request):
        values = await request.json()
        token = self._service.courier.send(
            self._bot(request), values["body"], copies=values.get("times", 1)
        )
        return web.json_response({"token": token})

    def _bot(self, request):
        return self._service.world.bot(request.match_info["bot"])

    def _bot_view(self, bot):
        icon = f"/control/media/{bot.icon}" if bot.icon else None
        return {**vars(bot), "key": bot.key, "icon_path": icon}

    # -- users -------------------------------------------------------------------

    async def list_users(self, _request):
        users = self._service.world.users.values()
        return web.json_response([_user_view(user) for user in users])

    async def create_user(self, request):
        user = User()
        assign(user, await request.json())
        return web.json_response(_user_view(self._service.world.add_user(user)))

    async def show_user(self, request):
        return web.json_response(_user_view(self._user(request)))

    async def update_user(self, request):
        user = self._user(request)
        assign(user, await request.json())
        self._service.world.changed = True
        if user.online:
            self._service.arrivals.come_online(user)
        return web.json_response(_user_view(user))

    def _user(self, request):
        return self._service.world.user(request.match_info["user"])

    # -- chats -------------------------------------------------------------------

    async def list_chats(self, request):
        """The phone's first screen: all bots, with the last message of each."""
        user, world = self._user(request), self._service.world
        chats = [world.chat(user, bot) for bot in world.bots.values()]
        return web.json_response([self._chat_line(chat) for chat in chats])

    def _chat_line(self, chat):
        shown = [message for message in chat.messages if message.arrived]
        return {
            **self._service.chat_view(chat),
            "last": message_view(shown[-1]) if shown else None,
        }

    async def show_chat(self, request):
        chat = self._chat(request)
        messages = [message_view(message) for message in chat.messages]
        return web.json_response(
            {**self._service.chat_view(chat), "messages": messages}
        )

    async def act(self, request):
        """What the user does; answers the message that it made, or the chat."""
        chat, action = self._chat(request), request.match_info["action"]
        if action not in ACTIONS:
            raise web.HTTPNotFound
        values = await request.json() if request.can_read_body else {}
        message = ACTIONS[action](self._service, chat, **values)
        if action in MESSAGE_ACTIONS:
            return web.json_response(message and message_view(message))
        return web.json_response(self._service.chat_view(chat))

    def _chat(self, request):
        return self._service.world.chat(self._user(request), self._bot(request))

    async def follow(self, request):
        return await self._service.live.stream(request, self._user(request).id)

    # -- files -------------------------------------------------------------------

    async def upload(self, request):
        file_id = await self._service.media.keep(
            request.query["name"], request.content_type, request.content.iter_any()
        )
        return web.json_response({"id": file_id})

    async def download(self, request):
        return self._service.media.serve(request, request.match_info["file"])

    async def spoil(self, request):
        """Let a hosted file go wrong; an empty object makes it good again."""
        values = await request.json()
        self._service.media.spoilt[request.match_info["file"]] = Spoiling(**values)
        return web.json_response(values)

    # -- what happened -----------------------------------------------------------

    async def list_callbacks(self, request):
        query = request.query
        attempts = self._service.courier.find(
            query.get("bot"),
            query.get("event"),
            query.get("user"),
            int(query.get("after", 0)),
        )
        pending = self._service.courier.pending + self._service.arrivals.pending
        return web.json_response({"attempts": attempts, "pending": pending})

    async def list_calls(self, request):
        after = int(request.query.get("after", 0))
        return web.json_response(self._gateway.find(request.query.get("method"), after))

    # -- switches ----------------------------------------------------------------

    async def change_settings(self, request):
        self._service.settings.update(await request.json())
        return web.json_response(self._service.settings.as_dict())

    async def list_faults(self, _request):
        return web.json_response(self._service.faults.list())

    async def add_fault(self, request):
        return web.json_response(self._service.faults.add(**await request.json()))

    async def clear_faults(self, _request):
        self._service.faults.clear()
        await self._service.holds.release()
        await self._listener.set_mode("open")
        return web.json_response({})

    async def list_held(self, request):
        held = self._service.holds.calls(_fault_number(request))
        return web.json_response([asdict(call) for call in held])

    async def release(self, request):
        """Let go what is held, and hold no more; answers the calls as they then are."""
        number = _fault_number(request)
        self._service.faults.end_holds(number)
        calls = await self._service.holds.release(number)
        return web.json_response([asdict(call) for call in calls])

    async def set_connections(self, request):
        await self._listener.set_mode((await request.json())["mode"])
        return web.json_response({})

    async def show_clock(self, _request):
        return web.json_response({"now": self._service.clock.now_ms()})

    async def advance_clock(self, request):
        self._service.clock.advance((await request.json())["advance"])
        return await self.show_clock(request)


ACTIONS = {
    "open": lambda service, chat, **values: service.customer.open(chat, **values),
    "send": lambda service, chat, message, **values: service.customer.send(
        chat, message, **values
    ),
    "tap": lambda service, chat, **values: service.customer.tap(chat, **values),
    "read": lambda service, chat: service.arrivals.read(chat),
    "subscribe": lambda service, chat: service.customer.subscribe(chat),
    "unsubscribe": lambda service, chat: service.customer.unsubscribe(chat),
}
MESSAGE_ACTIONS = ("send", "tap")


def _fault_number(request):
    number = request.query.get("fault")
    return number and int(number)


def _user_view(user):
    avatar = f"/control/media/{user.avatar}" if user.avatar else None
    return {**vars(user), "avatar_path": avatar}


def _uri(name, world):
    """A uri from a bot's name that no other bot has."""
    base = "".join(letter for letter in name.lower() if letter.isascii())
    base = "".join(letter for letter in base if letter.isalnum()) or "bot"
    taken = {bot.uri for bot in world.bots.values()}
    uri, number = base, 1
    while uri in taken:
        number += 1
        uri = f"{base}{number}"
    return uri
