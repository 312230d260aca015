"""The service's socket, which tests can close or make reset its connections."""

import asyncio

from .gateway import reset

MODES = ("open", "refuse", "reset")


class _Reset(asyncio.Protocol):
    """Resets a connection before anything of it is read."""

    def connection_made(self, transport):
        reset(transport)


class Listener:
    """Listens for an aiohttp server.

    :param runner: AppRunner, set up by the time of :meth:`open`
    :param str host: address to listen on
    :param int port: 0 takes a free one, see :attr:`port`
    """

    def __init__(self, runner, host, port):
        self.port = port
        self._runner = runner
        self._host = host
        self._mode = "open"
        self._socket = None

    async def set_mode(self, mode):
        """Listen, refuse or reset; the latter two cut open connections.

        :raise ValueError: for an unknown mode
        """
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode!r}, but {', '.join(MODES)}.")
        self._mode = mode
        if mode == "refuse":
            await self.close()
        elif self._socket is None:
            await self.open()
        if mode != "open":
            self._cut()

    async def open(self):
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._socket = await loop.create_server(
            self._protocol, self._host, self.port, reuse_address=True, backlog=1024
        )
        self.port = self._socket.sockets[0].getsockname()[1]

    async def close(self):
        """Listen no more; connections go on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _protocol(self):
        if self._mode == "reset":
            return _Reset()
        return self._runner.server()

    def _cut(self):
        # The server also has the connections of the control port.
        for protocol in self._runner.server.connections:
            transport = protocol.transport
            if transport and transport.get_extra_info("sockname")[1] == self.port:
                reset(transport)
