"""Web pages of others, in a developer's browser, get nothing from the simulator."""

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
import requests

from viber_simulator.server import Server

from .support import png

EVIL = "http://evil.example"


@pytest.fixture
def call(viber):
    """A function: one call of the simulator as a browser makes it."""

    def call(method, path, **options):
        return requests.request(method, viber.url + path, timeout=30, **options)

    return call


@pytest.fixture
def port(viber):
    return urlsplit(viber.url).port


def host_names(port):
    """:return: what somebody else's page could call this machine by"""
    return [
        "evil.example",
        f"evil.example:{port}",
        f"localhost.evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        f"127.0.0.1:{port}@evil.example:{port}",
        f"[::1]evil.example:{port}",
        f"localhost.:{port}",
        f"127.0.0.2:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        "",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/control/bots"),
        ("POST", "/control/users"),
        ("POST", "/control/media?name=a.png"),
        ("GET", "/control/users/{user}/live"),
        ("GET", "/"),
        ("GET", "/static/js/api.js"),
        ("GET", "/no/such/page"),
        ("POST", "/pa/get_account_info"),
    ],
)
def test_nothing_is_served_under_a_name_of_others(
    viber, call, port, olena, method, path
):
    path = path.format(user=olena["id"])
    known = len(viber.users())
    for name in host_names(port):
        answer = call(method, path, headers={"Host": name}, json={}, stream=True)
        assert answer.status_code == 403, name
    assert len(viber.users()) == known


def test_a_request_without_a_host_is_refused(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /control/bots HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"403"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_names_of_this_machine_are_its_own(call, port, name):
    host = f"{name}:{port}"
    own = {"Host": host, "Origin": f"http://{host.lower()}"}
    assert call("GET", "/control/bots", headers=own).status_code == 200
    assert call("GET", "/", headers=own).status_code == 200


def test_the_control_port_has_a_host_of_its_own(viber):
    control = viber._control_url
    assert requests.get(f"{control}/control/bots", timeout=30).status_code == 200
    other = {"Host": urlsplit(viber.url).netloc}
    answer = requests.get(f"{control}/control/bots", headers=other, timeout=30)
    assert answer.status_code == 403


CALLS = {
    "create": ("POST", "/control/users"),
    "change": ("PATCH", "/control/users/{user}"),
    "act": ("POST", "/control/users/{user}/chats/{bot}/send"),
    "upload": ("POST", "/control/media?name=a.png"),
    "faults": ("DELETE", "/control/faults"),
    "clock": ("POST", "/control/clock"),
    "bots": ("GET", "/control/bots"),
    "live": ("GET", "/control/users/{user}/live"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_pages_of_others_reach_nothing(viber, call, port, bot, olena, kind):
    method, path = CALLS[kind]
    path = path.format(user=olena["id"], bot=bot.record["uri"])
    foreign = [
        EVIL,
        "null",
        "",
        f"http://localhost:{port}",  # another name is another origin
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port + 1}",
        f"http://127.0.0.1:{port}.evil.example",
    ]
    marks = [{"Origin": origin} for origin in foreign]
    # What a browser says of pictures, scripts and forms, which may lack an origin.
    marks += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "?")]
    before = viber.users(), viber.now() // 3_600_000
    for mark in marks:
        body = {"json": {"advance": 9_000_000, "name": "Eve"}}
        answer = call(method, path, headers=mark, stream=True, **body)
        assert answer.status_code == 403, mark
        assert not [name for name in answer.headers if "access-control" in name.lower()]
    assert (viber.users(), viber.now() // 3_600_000) == before


def test_no_page_of_others_gets_leave_for_a_call(call):
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}
    answer = call("OPTIONS", "/control/faults", headers=asked)
    assert not answer.ok
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_phone_and_whoever_types_the_address_are_served(viber, call, site):
    own = {"Origin": viber.url, "Sec-Fetch-Site": site}
    assert call("GET", "/control/bots", headers=own).status_code == 200
    assert call("POST", "/control/users", headers=own, json={}).status_code == 200
    upload = call("POST", "/control/media?name=a.png", headers=own, data=png())
    assert upload.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None],
)
def test_what_a_form_can_send_is_no_order(viber, call, content_type):
    known = len(viber.users())
    headers = {"Content-Type": content_type} if content_type else {}
    answer = call("POST", "/control/users", data=b"{}", headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]
    assert len(viber.users()) == known


def test_links_open_the_phone_and_frames_do_not(call):
    """As with Viber's own links; but nobody taps through a page laid over it."""
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = call("GET", "/open?chatURI=desk", headers=linked)
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_what_is_no_control_call_is_served_to_pages_of_others(viber, call, bot):
    """Odoo's pages show what the service hosts; the Bot API asks for its token."""
    media = viber.upload("a.png", png(), "image/png")
    foreign = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    picture = call("GET", f"/download_photo?dlid={media}", headers=foreign)
    assert picture.content == png()
    answer = call("POST", "/pa/get_account_info", headers=foreign, data=b"{}")
    assert answer.json()["status_message"] == "missing_auth_token"


def test_an_address_that_was_asked_for_is_its_own():
    """Whoever lets it listen elsewhere reaches it there, by the address."""

    async def statuses():
        server = Server("0.0.0.0", 0)
        url, _control = await server.start()
        address = f"127.0.0.2:{urlsplit(url).port}"
        found = []
        async with aiohttp.ClientSession() as session:
            for host in address, address.replace("127.0.0.2", "evil.example"):
                async with session.get(
                    f"http://{address}/control/bots", headers={"Host": host}
                ) as answer:
                    found.append(answer.status)
        await server.close()
        return found

    assert asyncio.run(statuses()) == [200, 403]
