"""A client of the control API (`control.py`): what customers do, and switches.

Bots and users are plain dictionaries as the control API gives them; wherever one is
asked for, its identifier (a bot's ``uri``, a user's ``id``) does too. Message tokens
are strings, because 64 bits do not fit into the numbers of every JSON reader.
"""

import sys
import time
from urllib.parse import quote

import requests

# Seconds to wait for what has to come: of a slow or busy machine too. Only who waits in
# vain waits so long.
LIMIT = 60.0


class SimulatorError(Exception):
    """The simulator did not start, or refused a control call (with its reason)."""


def wait_until(probe, timeout=LIMIT, interval=0.05, what="the condition"):
    """Call ``probe`` until it gives something true, and return that.

    :param probe: callable without arguments
    :param timeout: seconds
    :raise TimeoutError: naming ``what`` when it stays false
    """
    deadline = time.monotonic() + timeout
    while True:
        if found := probe():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout} s")
        time.sleep(interval)


class Client:
    """Drives a simulator that runs.

    :param str url: its address, as it prints it when it starts
    :param control_url: the address of its control port, if it has one
    """

    def __init__(self, url, control_url=None):
        self.url = url
        self._control_url = control_url or url
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def api_url(self):
        """Where the Bot API is."""
        return f"{self.url}/pa"

    # -- bots and users ----------------------------------------------------------

    def create_bot(self, name="Service desk", **values):
        """Create a bot account.

        :param values: any of ``uri`` (None for a bot without), ``icon`` (media id),
            ``billable`` (bool), ``quota`` (free messages out of session left),
            ``balance`` (paid messages left), ``broadcast_allowed`` (bool)
        :return: ``{"id": "pa:…", "token", "uri", "name", "webhook", "event_types", …}``
        """
        return self._post("bots", name=name, **values)

    def bots(self):
        """All bots, as :meth:`create_bot` gives them."""
        return self._get("bots")

    def bot(self, bot):
        """The bot as it stands now; ``webhook`` is None when none is set."""
        return self._get(f"bots/{_key(bot)}")

    def update_bot(self, bot, **values):
        """Change what :meth:`create_bot` takes, or ``token`` (a replaced key)."""
        return self._patch(f"bots/{_key(bot)}", **values)

    def create_user(self, name="Olena Koval", **values):
        """Create a Viber user (a customer with a phone).

        :param values: any of ``language`` ("uk-UA"), ``country`` ("UA"), ``phone``
            (digits), ``avatar`` (media id of :meth:`upload`, None for none),
            ``api_version`` (int), ``device`` ("ios" or "android"), ``devices`` (how
            many, each reports ``delivered``), ``personalised`` (False: the service
            gives a placeholder for name and avatar), ``online`` (False: nothing
            arrives at the phone until it is True again)
        :return: ``{"id", "name", "language", "country", "phone", …}``; this ``id`` is
            the simulator's own, what the bot gets is :meth:`viber_id`
        """
        return self._post("users", name=name, **values)

    def users(self):
        """All users, as :meth:`create_user` gives them."""
        return self._get("users")

    def user(self, user):
        """The user as they stand now."""
        return self._get(f"users/{_key(user)}")

    def update_user(self, user, **values):
        """Change what :meth:`create_user` takes."""
        return self._patch(f"users/{_key(user)}", **values)

    def viber_id(self, user, bot):
        """The user's id at this bot (24 characters of base64, per bot another)."""
        return self.chat(user, bot)["viber_id"]

    # -- what the customer does --------------------------------------------------

    def open(self, user, bot, context=None):
        """Open the chat as by a deep link: ``conversation_started`` goes out.

        :param context: str, the deep link's ``context``
        :return: the chat, see :meth:`chat`
        """
        return self._act(user, bot, "open", context=context)

    def write(self, user, bot, text):
        """Write a text message; it subscribes silently, as with Viber.

        :return: the message, see :meth:`messages`
        """
        return self.send(user, bot, {"type": "text", "text": text})

    def send(self, user, bot, message, media=None, thumbnail=None, silent=False):
        """Send a message of any type, known or invented.

        :param dict message: goes out as it stands, plus ``tracking_data`` and what
            ``media`` fills in
        :param str media: id of an uploaded file (:meth:`upload`): fills ``media``,
            ``file_name`` and ``size``, and a picture's ``thumbnail``, where the
            message has no such key
        :param str thumbnail: id of another one, for a video
        :return: the message, see :meth:`messages`
        """
        values = {"media": media, "thumbnail": thumbnail, "silent": silent}
        return self._act(user, bot, "send", message=message, **values)

    def send_file(
        self, user, bot, name, content, kind="file", content_type=None, **more
    ):
        """Upload bytes and send them as ``picture``, ``video`` or ``file``.

        :param more: further keys of the message, such as ``text`` (the caption)
        :return: the message, see :meth:`messages`
        """
        media = self.upload(name, content, content_type)
        return self.send(user, bot, {"type": kind, **more}, media=media)

    def upload(self, name, content, content_type=None):
        """Put a file on the phone.

        :param bytes content: the file
        :return: str, its media id
        """
        headers = {"Content-Type": content_type} if content_type else {}
        return self._call(
            "POST", f"media?name={quote(name)}", data=content, headers=headers
        )["id"]

    def spoil(self, media, **values):
        """Let a file that customers send go wrong when the bot fetches it.

        :param str media: id of an uploaded file; its message is sent as usual
        :param values: any of ``seconds`` (to wait before the answer), ``status`` (of
            an empty answer), ``location`` (of a redirect, with its ``status``),
            ``endless`` (bool: a body that never ends); none: good again
        """
        self._call("PUT", f"media/{media}/spoiling", json=values)

    def tap(self, user, bot, button, location=None):
        """Tap a button of the keyboard that the chat shows.

        :param button: its number, from 0
        :param location: ``{"lat", "lon"}`` picked for a ``location-picker``
        :return: the message that the tap sent, or None when it sends none
        """
        return self._act(user, bot, "tap", button=button, location=location)

    def read(self, user, bot):
        """Read the chat: ``seen`` goes out for the bot's newest message."""
        return self._act(user, bot, "read")

    def subscribe(self, user, bot):
        """Switch "Receive messages" on."""
        return self._act(user, bot, "subscribe")

    def unsubscribe(self, user, bot):
        """Switch "Receive messages" off."""
        return self._act(user, bot, "unsubscribe")

    # -- what can be looked at ---------------------------------------------------

    def chat(self, user, bot):
        """The chat of a user with a bot.

        :return: ``{"viber_id", "subscribed", "tracking_data", "session_until" (ms or
            None), "unread", "keyboard", "messages": […]}``
        """
        return self._get(f"users/{_key(user)}/chats/{_key(bot)}")

    def messages(self, user, bot, side=None):
        """The messages of a chat in the order in which they were accepted.

        :param side: ``"bot"`` or ``"user"`` for those of one side only
        :return: list of ``{"token", "side", "timestamp" (ms), "state" ("sent",
            "delivered", "seen", "failed"), "content" (dict: a bot's request without
            receiver, or a user's message), "welcome", "silent", "billing_status",
            "reason", "files"}``; ``files`` says for each of ``media``, ``thumbnail``
            and ``avatar`` what was fetched: ``{"url", "status", "content_type",
            "size", "sha256", "error", "local"}``
        """
        found = self.chat(user, bot)["messages"]
        return [message for message in found if side in (None, message["side"])]

    def wait_for_message(self, user, bot, text=None, side="bot", timeout=LIMIT):
        """Wait for a message that arrived (with this text in it), and return it."""

        def newest():
            for message in reversed(self.messages(user, bot, side)):
                if message["arrived"] and (text or "") in message["content"].get(
                    "text", ""
                ):
                    return message
            return None

        return wait_until(newest, timeout, what=f"message {text!r}")

    def callbacks(self, bot=None, event=None, user=None, after=0):
        """The attempts to deliver callbacks, oldest first.

        :param user: only those about this user (a user with ``bot``, or a Viber id)
        :param int after: only those with a greater ``number``
        :return: list of ``{"number", "bot", "event", "user" (Viber id), "token",
            "attempt" (from 1), "started" (ms), "latency" (ms), "status" (HTTP or
            None), "error", "body" (the text sent), "answer" (the text received)}``
        """
        params = {"bot": bot and _key(bot), "event": event, "after": after}
        if user and bot:
            params["user"] = self.viber_id(user, bot)
        elif user:
            params["user"] = user
        return self._get("callbacks", params=params)["attempts"]

    def pending_callbacks(self):
        """How many callbacks have neither been answered with 200 nor given up, and how
        many messages are on their way to a phone and may cause further ones.
        """
        return self._get("callbacks", params={"after": sys.maxsize})["pending"]

    def wait_idle(self, timeout=LIMIT):
        """Wait until no callback is pending."""
        wait_until(
            lambda: self.pending_callbacks() == 0, timeout, what="an idle simulator"
        )

    def calls(self, method=None, after=0):
        """The calls of the Bot API, in the order in which they arrived.

        :return: list of ``{"number", "method", "bot", "user" (Viber id), "started"
            (ms), "latency" (ms), "status" (of the answer's JSON, None when the fault
            gave none), "fault" (kind or None), "accepted" (bool: it took effect)}``
        """
        return self._get("calls", params={"method": method, "after": after})

    # -- faults, switches, time --------------------------------------------------

    def callback(self, bot, body, times=1):
        """Send any callback, known or invented, signed like all others.

        :param dict body: ``timestamp``, ``message_token`` and ``chat_hostname`` are
            added unless they are there (None leaves one out)
        :param int times: how many copies, at the same instant
        :return: str, the token
        """
        return self._post(f"bots/{_key(bot)}/callbacks", body=body, times=times)[
            "token"
        ]

    def settings(self, **values):
        """Change switches (see ``settings.py``) and return all of them."""
        return self._patch("settings", **values)

    def fault(self, kind, **values):
        """Make calls of the Bot API go wrong (see ``faults.py`` for the kinds).

        :param str kind: ``status``, ``http``, ``reset``, ``body``, ``latency``,
            ``hold`` (see :meth:`release`), ``no_status_message`` or ``failed``
        :param values: the kind's own, and ``method``, ``bot``, ``user`` (those calls
            only), ``count`` (the next n calls, else until cleared), ``accepted``
            (True: the call takes effect before its answer goes wrong)
        :return: dict, the fault with its ``number``
        """
        if "user" in values and isinstance(values["user"], dict):
            values["user"] = self.viber_id(values["user"], values["bot"])
        if "bot" in values:
            values["bot"] = _key(values["bot"])
        return self._post("faults", kind=kind, **values)

    def clear_faults(self):
        """Take all faults away, let go what they hold (see :meth:`release`), and let
        connections in again."""
        self._call("DELETE", "faults")

    def held(self, fault=None):
        """The calls that a ``hold`` keeps waiting, whether or not somebody still waits
        for their answer.

        :param fault: the order, as :meth:`fault` gave it; all by default
        :return: list of dict as :meth:`calls` gives them, the first one held first
        """
        return self._call("GET", "held", params=_number(fault))

    def wait_held(self, count=1, fault=None, timeout=LIMIT):
        """Wait until so many calls are held, and return them as :meth:`held` does."""

        def enough():
            held = self.held(fault)
            return held if len(held) >= count else None

        return wait_until(enough, timeout, what=f"{count} held calls")

    def release(self, fault=None):
        """Let go the calls that are held, and hold no further ones.

        Back from here, all of them have taken effect and are answered, or have come to
        another ``hold``. A call that nobody releases goes on after five minutes, and
        ends without effect when the simulator stops.

        :param fault: the order, as :meth:`fault` gave it; all by default
        :return: these calls as they are then, see :meth:`calls`
        """
        return self._call("DELETE", "held", params=_number(fault))

    def connections(self, mode):
        """What happens to connections to the service; control stays reachable.

        :param str mode: ``open``, ``refuse`` (nobody listens) or ``reset`` (reset
            before anything is read); open connections are cut by the latter two
        """
        self._post("connections", mode=mode)

    def now(self):
        """The service's time in Unix milliseconds."""
        return self._get("clock")["now"]

    def advance(self, seconds):
        """Move the service's clock forward; what falls due happens at once."""
        return self._post("clock", advance=seconds)["now"]

    # -- the control API ---------------------------------------------------------

    def phone_url(self, user=None, bot=None, context=None):
        """Address of the phone page: of all, of one user, or of one of their chats.

        :param context: with ``bot``, the page that opens it as by a deep link
        """
        if context is not None:
            who = f"&user={_key(user)}" if user else ""
            return f"{self.url}/open?chatURI={_key(bot)}&context={quote(context)}{who}"
        parts = [_key(part) for part in (user, bot) if part]
        return "/".join([self.url, "phone", *parts]) if parts else f"{self.url}/"

    def _act(self, user, bot, action, **values):
        path = f"users/{_key(user)}/chats/{_key(bot)}/{action}"
        return self._post(path, **values)

    def _get(self, path, params=None):
        return self._call("GET", path, params=params)

    def _post(self, path, **values):
        return self._call("POST", path, json=values)

    def _patch(self, path, **values):
        return self._call("PATCH", path, json=values)

    def _call(self, method, path, **options):
        address = f"{self._control_url}/control/{path}"
        response = self._session.request(method, address, timeout=30, **options)
        if not response.ok:
            raise SimulatorError(f"{method} {path}: {response.text[:500]}")
        return response.json()


def _number(fault):
    """What names an order in a query."""
    return {"fault": fault["number"]} if fault else None


def _key(record):
    """The identifier of a bot or user in a path, from the record or itself."""
    if isinstance(record, dict):
        record = record.get("uri") or record["id"]
    return quote(record, safe="")
