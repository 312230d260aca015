"""The HTTP side of the Bot API: reading calls, answering them, going wrong."""

import asyncio
import itertools
import json
import socket
import struct
import time
from collections import deque
from dataclasses import asdict, dataclass

from aiohttp import web

from . import const
from .errors import ApiError, bad

KEPT_CALLS = 50_000
HOSTNAME = "SN-CHAT-05_"


@dataclass
class Call:
    """One call of the API, and what became of it."""

    number: int
    method: str
    started: int  # ms
    bot: str | None = None
    user: str | None = None  # the receiver's Viber id
    latency: float | None = None  # ms
    status: int | None = None
    fault: str | None = None
    accepted: bool = False


class Gateway:
    """Serves ``/pa/<method>``."""

    def __init__(self, service):
        self.calls = deque(maxlen=KEPT_CALLS)
        self._service = service
        self._numbers = itertools.count(1)

    async def serve(self, request):
        """Answer a call; API errors have HTTP status 200, as with the service."""
        method = request.match_info["method"]
        if method not in self._service.api.methods:
            raise web.HTTPNotFound
        call = Call(next(self._numbers), method, self._service.clock.now_ms())
        self.calls.append(call)
        start = time.monotonic()
        try:
            return await self._serve(request, call)
        finally:
            call.latency = (time.monotonic() - start) * 1000
            self._service.holds.settle(call)

    async def _serve(self, request, call):
        body = await request.read()
        bot, values, refusal = self._read(request, body, call)
        before, after, fault = self._service.faults.take(
            call.method, call.bot, call.user
        )
        call.fault = fault.kind if fault else None
        await self._delay(call, before)
        if fault and fault.kind not in ("no_status_message", "failed"):
            if fault.accepted and not refusal:
                await self._execute(call, bot, values, None)
            await self._delay(call, after)
            return self._go_wrong(request, call, fault)
        if refusal:
            answer = _refusal(refusal)
        else:
            failing = fault if fault and fault.kind == "failed" else None
            answer = await self._execute(call, bot, values, failing)
        if fault and fault.kind == "no_status_message":
            answer.pop("status_message", None)
        await self._delay(call, after)
        call.status = answer["status"]
        return web.json_response(answer)

    async def _delay(self, call, faults):
        for fault in faults:
            if fault.kind != "hold":
                await asyncio.sleep(fault.seconds)
            elif self._service.faults.stands(fault):
                await self._service.holds.keep(call, fault)

    # -- reading -----------------------------------------------------------------

    def _read(self, request, body, call):
        """:return: (Bot or None, dict of the request, ApiError or None)"""
        values, trouble = {}, None
        try:
            values = _parse(body)
        except ApiError as error:
            trouble = error
        token = request.headers.get("X-Viber-Auth-Token") or values.get("auth_token")
        if not isinstance(token, str) or not token:
            error = ApiError(const.INVALID_AUTH_TOKEN, "missing_auth_token")
            return None, values, error
        bot = self._service.world.bot_by_token(token.strip())
        if bot is None:
            return None, values, ApiError(const.INVALID_AUTH_TOKEN)
        call.bot = bot.key
        receiver = values.get("receiver") or values.get("id")
        call.user = receiver if isinstance(receiver, str) else None
        return bot, values, trouble

    async def _execute(self, call, bot, values, failing):
        try:
            more = await self._service.api.methods[call.method](bot, values, failing)
        except ApiError as error:
            return _refusal(error)
        call.accepted = True
        return {
            "status": const.OK,
            "status_message": "ok",
            **more,
            "chat_hostname": HOSTNAME,
        }

    # -- going wrong -------------------------------------------------------------

    def _go_wrong(self, request, call, fault):
        if fault.kind == "reset":
            return reset(request.transport)
        if fault.kind == "status":
            call.status = fault.status
            answer = {"status": fault.status, "chat_hostname": HOSTNAME}
            if fault.status_message is not None:
                answer["status_message"] = fault.status_message
            return web.json_response(answer)
        if fault.kind == "http":
            page = f"<html><body>{fault.http_status}</body></html>"
            return web.Response(
                status=fault.http_status, text=page, content_type="text/html"
            )
        if fault.kind == "body":
            return web.Response(text=fault.body, content_type="application/json")
        # Delays alone never come here; a new kind must say what it does.
        raise AssertionError(fault.kind)

    def find(self, method=None, after=0):
        """The calls that match, in the order of their arrival, as dictionaries."""
        return [
            asdict(call)
            for call in self.calls
            if call.number > after and method in (None, call.method)
        ]


def reset(transport):
    """Cut a connection so that its peer sees a reset, not an end."""
    # Who has hung up while the call was late has no connection to reset.
    if transport is not None and not transport.is_closing():
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        transport.abort()
    # aiohttp wants an answer from its handler; nobody is there to get it.
    return web.Response()


def _parse(body):
    """The request as a dictionary; an empty body, as of a GET, is an empty one."""
    if len(body) > const.MAX_BODY:
        raise bad("request body is too long, maximum 30 KB")
    try:
        values = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise bad("request is not valid JSON") from None
    if not isinstance(values, dict):
        raise bad("request must be a JSON object")
    return values


def _refusal(error):
    return {**error.answer(), "chat_hostname": HOSTNAME}
