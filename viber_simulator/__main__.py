"""``python -m viber_simulator``: run the simulator until it is interrupted."""

import argparse
import asyncio
import logging
import random
import signal

from .server import Server


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="viber_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument(
        "--control-port",
        type=int,
        help="second port, for tests that make the first one refuse connections",
    )
    parser.add_argument("--state", help="file that keeps bots, users and chats")
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="how many times faster the service's own waits pass",
    )
    parser.add_argument(
        "--seed", help="makes the choices left to chance (key order, delays) repeatable"
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = parser.parse_args()
    random.seed(options.seed)
    asyncio.run(_run(options))


async def _run(options):
    server = Server(
        options.host,
        options.port,
        options.control_port,
        state=options.state,
        time_scale=options.time_scale,
    )
    url, control = await server.start()
    print(f"Viber simulator: {url} (control: {control})", flush=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    await server.close()


if __name__ == "__main__":
    main()
