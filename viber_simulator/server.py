"""The web server: the Bot API, hosted files, the phone page, the control API."""

from pathlib import Path

from aiohttp import web

from .control import Control, explain
from .doors import guard
from .gateway import Gateway
from .listener import Listener
from .service import Service

PHONE = Path(__file__).parent / "phone"
PHONE_PAGES = ("/", "/phone/{user}", "/phone/{user}/{bot}", "/open")
SHUTDOWN_TIMEOUT = 1.0


class Server:
    """A running simulator.

    :param str host: address to listen on
    :param int port: of API, files and phone; 0 takes a free one
    :param control_port: where the control API stays reachable while connections to
        ``port`` are refused; 0 takes a free one, None for no such port
    :param options: of :class:`Service`
    """

    def __init__(self, host, port, control_port=None, **options):
        self.service = Service(**options)
        self._host = host
        self._port = port
        self._control_port = control_port
        self._runner = None

    async def start(self):
        """Listen.

        :return: (address of the service, address of the control API)
        """
        gateway = Gateway(self.service)
        app = web.Application(middlewares=[guard, explain])
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT
        )
        app.router.add_route("*", "/pa/{method}", gateway.serve)
        _add_files(app, self.service.media)
        _add_phone(app)
        # Routes are frozen by setup(), but handlers need the listener, and the
        # listener the runner's server: so the listener asks for it when it opens.
        self._listener = Listener(self._runner, self._host, self._port)
        app.add_routes(Control(self.service, gateway, self._listener).routes())
        await self._runner.setup()
        await self.service.start()
        await self._listener.open()
        url = self._address(self._listener.port)
        self.service.media.base_url = url
        return url, await self._open_control(url)

    async def _open_control(self, url):
        if self._control_port is None:
            return url
        control = Listener(self._runner, self._host, self._control_port)
        await control.open()
        return self._address(control.port)

    def _address(self, port):
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}"

    async def close(self):
        """Stop, and write the state."""
        self.service.live.close()
        await self._listener.close()
        await self._runner.cleanup()
        await self.service.close()


def _add_files(app, media):
    app.router.add_get("/5/media/{path:.+}", media.serve_signed)
    app.router.add_get("/download_photo", media.serve_lasting)
    app.router.add_get("/pg_download", media.serve_lasting)
    app.router.add_static("/stickers", PHONE / "stickers")


def _add_phone(app):
    for path in PHONE_PAGES:
        app.router.add_get(path, _phone_page)
    app.router.add_static("/static", PHONE)


async def _phone_page(_request):
    """One page for all addresses: its script reads the rest from the address."""
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:;"
        " img-src http: https: data: blob:; style-src 'self' 'unsafe-inline';"
        " frame-ancestors 'none'",
    }
    return web.FileResponse(PHONE / "index.html", headers=headers)
