"""Delivers callbacks to webhooks: signed, repeated until answered with 200."""

import asyncio
import contextlib
import ipaddress
import random
import time
from collections import deque
from dataclasses import asdict, dataclass

import aiohttp
from yarl import URL

from . import const
from .events import Writer, complete, sign

KEPT_ATTEMPTS = 50_000
KEPT_ANSWER = 20_000  # bytes; more than any message that an answer may carry


@dataclass
class Attempt:
    """One request to a webhook, and what became of it."""

    number: int
    bot: str
    event: str
    user: str | None
    token: str
    attempt: int
    started: int  # ms
    body: str
    latency: float | None = None  # ms
    status: int | None = None
    error: str | None = None
    answer: str = ""


@dataclass
class Letter:
    """A callback on its way; every attempt carries the same bytes."""

    bot: object
    event: str
    user: str | None
    token: str
    body: bytes


class Courier:
    """Carries callbacks to the bots, several at a time."""

    def __init__(self, clock, tokens, settings):
        self.attempts = deque(maxlen=KEPT_ATTEMPTS)
        self.pending = 0
        self._clock = clock
        self._tokens = tokens
        self._settings = settings
        self._writer = Writer(settings)
        self._numbers = 0
        self._tasks = set()
        self._slots = self._slot_count = None
        self._session = None

    async def start(self):
        """Open the session that all callbacks share; it carries no cookies."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Without the threshold, aiohttp rounds five seconds up to six.
            timeout=aiohttp.ClientTimeout(
                total=const.WEBHOOK_TIMEOUT, ceil_threshold=2 * const.WEBHOOK_TIMEOUT
            ),
            headers={"User-Agent": "ViberSimulator"},
        )

    async def close(self):
        """Give up what is pending."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    # -- sending -----------------------------------------------------------------

    def send(self, bot, body, on_answer=None, copies=None):
        """Send an event, if the bot has a webhook that wants it.

        :param Bot bot: the receiver
        :param dict body: the event, see :func:`events.complete`
        :param on_answer: called once, with the bytes of the first answer with 200, or
            with None when nobody answered so within an hour
        :param copies: how many go out; by default as the settings say
        :return: str, the token
        """
        body = complete(body, self._clock, self._tokens)
        letter = Letter(
            bot=bot,
            event=str(body.get("event")),
            user=_user_of(body),
            token=str(body.get("message_token")),
            body=self._writer.encode(body),
        )
        if bot.webhook and (
            letter.event in bot.event_types or letter.event not in const.EVENTS
        ):
            first_answer = _once(on_answer)
            for _copy in range(copies or self._copies()):
                self._begin(self._deliver(letter, first_answer))
        return letter.token

    def _copies(self):
        shared = random.random() < self._settings.duplicate_share
        return self._settings.duplicates if shared else 1

    def _begin(self, coroutine):
        self.pending += 1
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task):
        self.pending -= 1
        self._tasks.discard(task)

    async def _deliver(self, letter, on_answer):
        late = self._settings.delay + random.uniform(0, self._settings.disorder)
        if late:
            await asyncio.sleep(late)
        async for number in self._repeats():
            if not letter.bot.webhook:
                break
            async with self._slot():
                attempt, answer = await self._post(letter, letter.bot.webhook, number)
            if attempt.status == 200:
                on_answer(answer)
                return
        on_answer(None)

    async def _repeats(self):
        """Count attempts: at once, quickly some times, each minute for an hour."""
        end = self._clock.now() + self._clock.span(const.REPEATS_END)
        number = 1
        while self._clock.now() <= end:
            yield number
            quick = number <= const.QUICK_REPEATS
            await self._clock.sleep(
                const.QUICK_REPEAT_SPAN if quick else const.SLOW_REPEAT_SPAN
            )
            number += 1

    def _slot(self):
        if self._slot_count != self._settings.parallel:
            self._slot_count = self._settings.parallel
            self._slots = asyncio.Semaphore(self._slot_count)
        return self._slots

    # -- one request -------------------------------------------------------------

    async def _post(self, letter, url, number, signed=True):
        """One attempt.

        :return: (Attempt, bytes of the answer)
        """
        attempt = self._note(letter, number)
        headers = {"Content-Type": "application/json"}
        url = URL(url, encoded=True)
        if signed and (signature := self._signature(letter)):
            headers[self._writer.header()] = signature
            url = url.with_query(sig=signature)
        answer = b""
        start = time.monotonic()
        try:
            async with self._session.post(
                url, data=letter.body, headers=headers, allow_redirects=False
            ) as response:
                answer = await response.content.read(KEPT_ANSWER)
                attempt.status = response.status
                attempt.error = response.reason
        except asyncio.TimeoutError:
            attempt.error = "timeout"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            attempt.error = f"{type(error).__name__}: {error}"
        attempt.latency = (time.monotonic() - start) * 1000
        attempt.answer = answer.decode("utf-8", "replace")
        return attempt, answer

    def _signature(self, letter):
        kind = self._settings.signature
        if kind == "missing":
            return None
        key = letter.bot.token if kind == "valid" else f"not-{letter.bot.token}"
        return sign(key, letter.body)

    def _note(self, letter, number):
        self._numbers += 1
        attempt = Attempt(
            number=self._numbers,
            bot=letter.bot.key,
            event=letter.event,
            user=letter.user,
            token=letter.token,
            attempt=number,
            started=self._clock.now_ms(),
            body=letter.body.decode("utf-8", "replace"),
        )
        self.attempts.append(attempt)
        return attempt

    # -- the probe of set_webhook ------------------------------------------------

    async def probe(self, bot, url):
        """Ask a webhook whether it is there, as ``set_webhook`` does.

        :return: str, what is wrong with it, or None when it answered with 200 in time
        """
        body = complete({"event": "webhook"}, self._clock, self._tokens)
        text = self._writer.encode(body)
        letter = Letter(bot, "webhook", None, str(body["message_token"]), text)
        attempt, _answer = await self._post(
            letter, url, number=1, signed=self._settings.probe_signed
        )
        if attempt.status == 200:
            return None
        return _java_trace(attempt, url)

    def find(self, bot=None, event=None, user=None, after=0):
        """The attempts that match, oldest first, as dictionaries."""
        return [
            asdict(attempt)
            for attempt in self.attempts
            if attempt.number > after
            and bot in (None, attempt.bot)
            and event in (None, attempt.event)
            and user in (None, attempt.user)
        ]


def webhook_url(url):
    """The address as the service keeps it: without its query.

    :return: str, or None when it is neither https nor http to this machine
    """
    with contextlib.suppress(ValueError):
        parts = URL(url, encoded=True)
        if parts.host and (
            parts.scheme == "https" or (parts.scheme == "http" and is_local(parts.host))
        ):
            return str(parts.with_query(None).with_fragment(None))
    return None


def is_local(host):
    """Whether a host name or address is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _java_trace(attempt, url):
    """What went wrong, in the words of the service's HTTP client."""
    response = f"HttpResponse[HTTP/1.1 {attempt.status} {attempt.error}]@5f9d02cb"
    if attempt.status:
        return f"Result[HttpRequest[POST {url} HTTP/1.1]@1b2c {response}] null"
    if attempt.error == "timeout":
        cause = "java.util.concurrent.TimeoutException: Total timeout 5000 ms elapsed"
    elif "certificate" in attempt.error.lower() or "SSL" in attempt.error:
        cause = "javax.net.ssl.SSLHandshakeException: General SSLEngine problem"
    else:
        cause = "java.net.ConnectException: Connection refused"
    return (
        f"Result[HttpRequest[POST {url} HTTP/1.1]@1b2c"
        f" HttpResponse[null 0 null]@0] {cause}"
    )


def _user_of(body):
    """The Viber id that an event is about, wherever it stands."""
    for key in ("user", "sender"):
        if isinstance(body.get(key), dict):
            return body[key].get("id")
    return body.get("user_id")


def _once(function):
    """Let only the first call through; None stands for nothing to call."""
    waiting = [function] if function else []

    def call(*args):
        if waiting:
            waiting.pop()(*args)

    return call
