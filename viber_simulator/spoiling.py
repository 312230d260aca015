"""Hosted files that go wrong: late, endless, elsewhere, or not at all."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

CHUNK = b"\0" * 64 * 1024


@dataclass
class Spoiling:
    """How a file is served instead of properly.

    :param seconds: to wait before anything is answered
    :param status: of an empty answer instead of the file's
    :param location: where that answer redirects to
    :param endless: whether a body is sent that never ends
    """

    seconds: float = 0.0
    status: int | None = None
    location: str | None = None
    endless: bool = False

    async def serve(self, request, proper):
        """Answer a request for the file.

        :param proper: callable that gives the proper response
        """
        await asyncio.sleep(self.seconds)
        if self.endless:
            return await self._never_end(request)
        if self.status is None:
            return proper()
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, headers=headers)

    async def _never_end(self, request):
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        while request.transport is not None:
            await response.write(CHUNK)
        return response
