"""A bot's messages on their way to the phones, and what the phones report."""

import asyncio

from . import const, validation

MIME_TYPES = {
    "picture": ("image/jpeg", "image/png", "image/gif"),
    "video": ("video/mp4",),
}


class Arrivals:
    """Fetches files, shows messages, reports delivered, seen and failed."""

    def __init__(self, service):
        self._service = service
        self._avatars = {}  # url -> result of the fetch
        self._tasks = set()

    @property
    def pending(self):
        """How many messages are on their way to phones that are online."""
        return len(self._tasks)

    def accept(self, chat, message, fault=None):
        """Take a message that the API has accepted.

        :param fault: one of kind ``failed``, or None
        """
        chat.messages.append(message)
        if "tracking_data" in message.content:
            chat.tracking_data = message.content["tracking_data"]
        self._service.changed(chat, message)
        if fault:
            self._begin(self._fail_later(chat, message, fault))
        else:
            self._begin(self._arrive(chat, message))

    def come_online(self, user):
        """Bring what waited for a phone that was offline."""
        for chat in self._service.world.chats(user=user):
            for message in chat.messages:
                if message.side == "bot" and message.state == "sent":
                    self._begin(self._arrive(chat, message))

    def _begin(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self):
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- one message -------------------------------------------------------------

    async def _arrive(self, chat, message):
        user = self._service.world.user(chat.user)
        await self._fetch_files(message)
        if trouble := _trouble(message, user):
            self._fail(chat, message, trouble)
            return
        await asyncio.sleep(self._service.settings.receipt_delay)
        if message.arrived or not user.online:
            return
        message.arrived = True
        chat.keyboard = chat.last_arrived().content.get("keyboard")
        if self._service.settings.delivered:
            self._report_delivered(chat, message, user.devices)
        self._service.changed(chat, message)
        if self._service.settings.seen:
            self.read(chat)

    def _report_delivered(self, chat, message, devices):
        message.state = "delivered"
        for _device in range(devices):
            self._report("delivered", chat, message)

    async def _fail_later(self, chat, message, fault):
        await asyncio.sleep(fault.seconds)
        self._fail(chat, message, fault.desc)

    def _fail(self, chat, message, reason):
        message.state, message.reason = "failed", reason
        self._service.changed(chat, message)
        # The newest form of this callback gives no reason, but this odd key.
        more = {"desc": reason} if reason else {"udid": None}
        self._report("failed", chat, message, more)

    def read(self, chat):
        """The user reads the chat: one ``seen``, for the newest message."""
        unread = chat.unread()
        for message in unread:
            message.state = "seen"
            self._service.changed(chat, message)
        if unread:
            self._report("seen", chat, unread[-1])

    def _report(self, event, chat, message, more=None):
        body = {
            "event": event,
            "message_token": message.token,
            "user_id": chat.viber_id,
            **(more or {}),
        }
        bot = self._service.world.bot(chat.bot)
        self._service.courier.send(bot, body)

    # -- its files ---------------------------------------------------------------

    async def _fetch_files(self, message):
        content = message.content
        if message.files:
            return
        avatar = content.get("sender", {}).get("avatar")
        wanted = {}
        if content.get("type") in ("picture", "video", "file"):
            wanted["media"] = self._service.media.fetch(
                content["media"], const.MAX_FILE
            )
            if content.get("thumbnail"):
                wanted["thumbnail"] = self._service.media.fetch(
                    content["thumbnail"], const.MAX_THUMBNAIL
                )
        if avatar:
            wanted["avatar"] = self._fetch_avatar(avatar)
        results = await asyncio.gather(*wanted.values())
        message.files = dict(zip(wanted, results, strict=True))

    async def _fetch_avatar(self, url):
        """Avatars repeat with each message, so they are fetched once."""
        if url not in self._avatars:
            fetch = self._service.media.fetch(url, const.MAX_AVATAR)
            self._avatars[url] = asyncio.ensure_future(fetch)
        result = await self._avatars[url]
        if result["error"]:
            self._avatars.pop(url, None)
        return result


def _trouble(message, user):
    """Why a phone would refuse the message, or None.

    The API looks at the request only; size and type of a file show when it is
    fetched, and end in a ``failed`` callback.
    """
    media = message.files.get("media")
    if media is None:
        return None
    if media["error"]:
        return f"Media could not be fetched: {media['error']}"
    kind = message.content["type"]
    limits = {"picture": const.MAX_PICTURE[user.device], "video": const.MAX_VIDEO}
    if media["size"] > limits.get(kind, const.MAX_FILE):
        return "Media is too large"
    if media["content_type"] not in MIME_TYPES.get(kind, (media["content_type"],)):
        return f"Media has the wrong mime type {media['content_type']}"
    extension = validation.url_extension(message.content["media"])
    if not validation.is_extension_good(kind, extension):
        return f"Media has the wrong extension {extension!r}"
    return None
