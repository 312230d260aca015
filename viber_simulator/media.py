"""Files: those that the service hosts for users, those that it fetches from bots."""

import asyncio
import hashlib
import hmac
import secrets
from pathlib import PurePosixPath

import aiohttp
from aiohttp import web
from yarl import URL

from . import const
from .spoiling import Spoiling

FETCH_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)
FETCHES = 16  # at a time
CHUNK = 64 * 1024
MAX_UPLOAD = 256 * 1024 * 1024  # what tests may put on a phone, sent by it or not
PROPER = Spoiling()
# Types that a browser may show from the simulator's own address.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/")


class Media:
    """The files of users and bots, in a folder; their data in ``world.files``."""

    def __init__(self, folder, world, clock):
        self.base_url = ""  # the service's own address, known once it listens
        self.spoilt = {}  # Spoiling by file id: what tests let go wrong
        self._folder = folder
        self._world = world
        self._clock = clock
        self._slots = asyncio.Semaphore(FETCHES)
        self._session = None

    async def start(self):
        """Open the session that fetches: without cookies, as the service does."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=FETCH_TIMEOUT,
            headers={"User-Agent": "ViberSimulator"},
            auto_decompress=False,
        )

    async def close(self):
        await self._session.close()

    # -- hosting -----------------------------------------------------------------

    async def keep(self, name, content_type, chunks, limit=MAX_UPLOAD):
        """Store a file.

        :param chunks: async iterator of bytes
        :param int limit: bytes
        :return: str, its id
        :raise ValueError: when it is longer than ``limit``; nothing is kept then
        """
        file_id = secrets.token_hex(32)
        path = self._folder / file_id
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise ValueError(f"more than {limit} bytes")
                    digest.update(chunk)
                    file.write(chunk)
        except BaseException:
            path.unlink()
            raise
        self._world.files[file_id] = {
            "name": name,
            "content_type": content_type,
            "size": size,
            "sha256": digest.hexdigest(),
        }
        self._world.changed = True
        return file_id

    def file(self, file_id):
        """Name, type, size and hash of a file.

        :raise LookupError: when there is none
        """
        return self._world.files[file_id]

    def signed_url(self, file_id, kind="file", box="0x0"):
        """The address that a callback gives; it works for an hour.

        :param kind: ``image``, ``video`` or ``file``
        :param box: ``0x0`` for the file, ``400x400`` for its thumbnail
        """
        extension = PurePosixPath(self.file(file_id)["name"]).suffix
        path = f"/5/media/2/short/any/sig/{kind}/{box}/7c1e/{file_id}{extension}"
        expires = int(self._clock.now() + self._clock.span(const.MEDIA_LIFE))
        return str(
            URL(self.base_url + path).with_query(
                {
                    "Expires": expires,
                    "Signature": self._signature(path, expires),
                    "Key-Pair-Id": "APKASIMULATOR",
                }
            )
        )

    def _signature(self, path, expires):
        text = f"{path}?{expires}".encode()
        return hmac.new(self._world.media_secret.encode(), text, "sha256").hexdigest()

    def avatar_url(self, file_id):
        """The lasting address of a user's picture, or None when they have none."""
        if not file_id:
            return None
        return f"{self.base_url}/download_photo?dlid={file_id}&fltp=jpg&imsz=0000"

    def icon_url(self, file_id):
        """The lasting address of a bot's icon, or None when it has none."""
        if not file_id:
            return None
        return f"{self.base_url}/pg_download?pgtp=icons&dlid={file_id}"

    async def serve_signed(self, request):
        """Answer a request to :meth:`signed_url`; 403 when it is over or forged."""
        expires = request.query.get("Expires", "")
        good = (
            expires.isdigit()
            and hmac.compare_digest(
                self._signature(request.path, int(expires)),
                request.query.get("Signature", ""),
            )
            and self._clock.now() <= int(expires)
        )
        if not good:
            raise web.HTTPForbidden(text="<Error><Code>AccessDenied</Code></Error>")
        file_id = PurePosixPath(request.path).stem
        spoiling = self.spoilt.get(file_id, PROPER)
        return await spoiling.serve(request, lambda: self.serve(request, file_id))

    async def serve_lasting(self, request):
        """Answer a request to :meth:`avatar_url` or :meth:`icon_url`."""
        return self.serve(request, request.query.get("dlid"))

    def serve(self, request, file_id):
        """Answer with a file; only pictures, video and sound are shown inline."""
        if file_id not in self._world.files:
            raise web.HTTPNotFound
        file = self.file(file_id)
        headers = {
            "Content-Type": file["content_type"],
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        }
        if not file["content_type"].startswith(SHOWN):
            headers["Content-Disposition"] = "attachment"
        return web.FileResponse(self._folder / file_id, headers=headers)

    def local(self, file_id):
        """A file of the phone in the form of a :meth:`fetch` result."""
        file = self.file(file_id)
        return {**file, "error": None, "local": f"/control/media/{file_id}"}

    # -- fetching ----------------------------------------------------------------

    async def fetch(self, url, limit):
        """Fetch what a bot's message points to, as the service would.

        :param str url: http or https
        :param int limit: bytes
        :return: ``{"url", "status" (HTTP or None), "content_type", "size", "sha256",
            "error" (str or None), "local" (path of the copy, or None)}``
        """
        result = dict.fromkeys(("status", "content_type", "size", "sha256"))
        result |= {"url": url, "error": None, "local": None}
        try:
            async with self._slots:
                await self._head(url)
                await self._get(url, limit, result)
        except asyncio.TimeoutError:
            result["error"] = "timeout"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            result["error"] = str(error) or type(error).__name__
        return result

    async def _head(self, url):
        async with self._session.head(
            URL(url, encoded=True), allow_redirects=False
        ) as response:
            if response.status not in (200, 405, 501):
                raise ValueError(f"HEAD answered {response.status}")

    async def _get(self, url, limit, result):
        async with self._session.get(
            URL(url, encoded=True), allow_redirects=False
        ) as response:
            result["status"] = response.status
            result["content_type"] = response.content_type
            if response.status != 200:
                raise ValueError(f"GET answered {response.status}")
            name = response.url.name
            chunks = response.content.iter_chunked(CHUNK)
            file_id = await self.keep(name, response.content_type, chunks, limit)
        file = self.file(file_id)
        result |= {"size": file["size"], "sha256": file["sha256"]}
        result["local"] = f"/control/media/{file_id}"
