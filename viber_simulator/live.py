"""Tells open phone pages what has changed (server-sent events)."""

import asyncio
import json

from aiohttp import web

BACKLOG = 1000  # events; a page that lags further behind loads everything anew
KEEP_ALIVE = 15  # seconds


class Live:
    """The phone pages that listen, each to one user."""

    def __init__(self):
        self._listeners = {}  # queue -> user id

    def has_listener(self, user_id):
        """Whether a page shows this user's phone."""
        return user_id in self._listeners.values()

    def publish(self, user_id, event):
        """Tell the pages of a user. :param dict event: JSON-able"""
        text = json.dumps(event)
        for queue, listener in list(self._listeners.items()):
            if listener != user_id:
                continue
            if queue.full():
                self._hang_up(queue)
            else:
                queue.put_nowait(text)

    def close(self):
        """End all streams, so that the server can stop."""
        for queue in list(self._listeners):
            self._hang_up(queue)

    def _hang_up(self, queue):
        self._listeners.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    async def stream(self, request, user_id):
        """Answer a page's request with the stream of its user's events."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        queue = asyncio.Queue(BACKLOG)
        self._listeners[queue] = user_id
        try:
            await response.prepare(request)
            # The page loads what it missed when the stream (again) begins.
            await response.write(b"event: ready\ndata: {}\n\n")
            while (text := await self._next(queue)) is not None:
                await response.write(text.encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._listeners.pop(queue, None)
        return response

    async def _next(self, queue):
        try:
            text = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
        except asyncio.TimeoutError:
            return ": still here\n\n"
        return None if text is None else f"data: {text}\n\n"
