"""Callbacks as Viber sends them, many at once."""

import asyncio
import hashlib
import hmac
import json
import time

import aiohttp

CONNECTIONS = 8


def callbacks(count, customers, event="message", tokens=None, start=0):
    """Make bodies of callbacks.

    :param int count: how many
    :param int customers: among how many customers they go round
    :param list tokens: of receipts, in place of new ones
    :param int start: number of the first, so that no two runs are alike
    :return: list of bytes
    """
    bodies = []
    for number in range(start, start + count):
        user = f"bench-{number % customers:06}=="
        data = {
            "event": event,
            "timestamp": int(time.time() * 1000),
            "message_token": tokens[number - start] if tokens else 10**18 + number,
        }
        if event == "message":
            data["sender"] = {"id": user, "name": f"Customer {number % customers}"}
            data["message"] = {"type": "text", "text": f"Message {number}"}
        else:
            data["user_id"] = user
        bodies.append(json.dumps(data).encode())
    return bodies


def post(url, bodies, key):
    """Post callbacks over a few connections.

    :param str key: they are signed with
    :return: how many were answered with 200 in a second (float)
    """
    signed = [
        (body, hmac.new(key.encode(), body, hashlib.sha256).hexdigest())
        for body in bodies
    ]
    started = time.monotonic()
    asyncio.run(_post_all(url, signed))
    return len(bodies) / (time.monotonic() - started)


async def _post_all(url, signed):
    queue = iter(signed)

    async def connection(session):
        for body, signature in queue:
            headers = {"X-Viber-Content-Signature": signature}
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status == 200, response.status

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(connection(session) for _ in range(CONNECTIONS)))
