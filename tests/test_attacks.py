"""Bodies and files that mean ill, at a real server with two workers."""

import gzip
import io
import socket
import struct
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import requests

from viber_simulator.testing import wait_until

from .support.bodies import INDIGESTIBLE, generate
from .support.callbacks import message, post, sign
from .support.hostile import Canary, hostile_server
from .support.pace import check_prompt

UNSIGNED = SIGNED = 5000
CONNECTIONS = 4
MEGABYTE = 1024 * 1024
# Promised: a message waits no longer than this for its file.
PATIENCE_SECONDS = 10
# What else could end the wait for a file does not come before 30 seconds.
MUCH_PATIENCE_SECONDS = 25
PROMPT_SECONDS = 1
# How long the message with a text has waited.
WAITED = """
    SELECT extract(epoch FROM posted.create_date - event.create_date)
      FROM mail_message posted, viber_event event
     WHERE posted.model = 'project.task' AND posted.body LIKE %(text)s
       AND event.account_id = %(account)s AND event.payload LIKE %(text)s
"""


@pytest.fixture
def url(account):
    return account.read("webhook_url")["webhook_url"]


@pytest.fixture
def canary():
    with Canary() as found:
        yield found


def _count(account):
    [(count,)] = account.odoo.sql("SELECT count(*) FROM viber_event")
    return count


def _statuses(url, cases):
    """Post over a few connections that are kept as far as the server keeps them.

    :param list cases: body and signature of each
    :return: set of the HTTP statuses
    """

    def post_all(part):
        with requests.Session() as session:
            return {post(url, *case, session=session) for case in part}

    parts = [cases[start::CONNECTIONS] for start in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return set().union(*pool.map(post_all, parts))


def _wait_until_processed(account):
    """Wait for all but receipts, which may be of a message that we know in a minute."""
    waiting = """
        SELECT 1 FROM viber_event
         WHERE state = 'pending' AND event_type NOT IN ('delivered', 'seen', 'failed')
    """
    wait_until(
        lambda: not account.odoo.sql(waiting),
        timeout=400,
        interval=0.5,
        what="an empty inbox",
    )


def _wait_until_jobs_rest(account):
    """Wait for all jobs that have started to end: they look at system parameters as
    these were at their start."""

    def has_ended():
        log = account.odoo.log_text()
        return log.count(") starting") == log.count(" (#loop ")

    wait_until(has_ended, what="an end of all jobs")


def _assert_nothing_broke(account):
    """What is nonsense may be kept as failed, but no code may have stumbled over it."""
    stumbled = "SELECT payload, error FROM viber_event WHERE attempt_count > 0"
    assert account.odoo.sql(stumbled) == []
    log = account.odoo.log_text().splitlines()
    assert not [line for line in log if " ERROR " in line or " CRITICAL " in line]


# -- Bodies --------------------------------------------------------------------


@pytest.mark.timeout(900)
def test_ten_thousand_bodies_signed_or_not(account, url):
    bodies = generate(UNSIGNED + SIGNED)
    assert len(bodies) == UNSIGNED + SIGNED
    before = _count(account)
    forged = [(body, sign(body, "of somebody else")) for body in bodies[::2]]
    assert _statuses(url, forged) == {403}
    assert _count(account) == before

    signed = [(body, sign(body, account.bot["token"])) for body in bodies[1::2]]
    assert _statuses(url, signed) == {200}
    kept = {row[0] for row in account.odoo.sql("SELECT payload FROM viber_event")}
    # Those with a token of their own may repeat each other's.
    expected = {_kept(body) for body, _sign in signed if b"message_token" not in body}
    assert len(expected) > SIGNED // 4
    assert expected <= kept
    _wait_until_processed(account)
    _assert_nothing_broke(account)


def _kept(body):
    return body.decode(errors="backslashreplace").replace("\x00", "\\x00")


@pytest.mark.parametrize("body", INDIGESTIBLE.values(), ids=INDIGESTIBLE)
def test_an_indigestible_body_is_kept_if_signed(account, url, body):
    before = _count(account)
    assert post(url, body) == 403
    assert _count(account) == before
    assert post(url, body, sign(body, account.bot["token"])) == 200
    assert _count(account) == before + 1
    _wait_until_processed(account)
    _assert_nothing_broke(account)


@pytest.mark.alone
@pytest.mark.parametrize("in_chunks", [False, True], ids=["plain", "in chunks"])
@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed"])
def test_ten_megabytes_are_refused(account, url, is_signed, in_chunks):
    body = message({"id": "one"}, type="text", text="x" * 10 * MEGABYTE)
    signature = sign(body, account.bot["token"]) if is_signed else None
    before = _count(account)

    def post_next(_number):
        pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
        try:
            # 403: Odoo does not read chunks at all, so the body is empty.
            assert post(url, pieces if in_chunks else body, signature) in (403, 413)
        except requests.ConnectionError:
            pass  # It was not even listened to.
        started = time.monotonic()
        assert post(url, b"{}") == 403
        return time.monotonic() - started

    check_prompt(account.odoo, PROMPT_SECONDS, post_next)
    assert _count(account) == before
    _assert_nothing_broke(account)


@pytest.mark.alone
def test_unsigned_bodies_cost_nothing(account, url):
    marks = b'{"event":"a%s"}' % ("\u0301\u0316" * 62_500).encode()
    escaped = b'{"event":"a%s"}' % (b"\\u0301\\u0316" * 20_000)
    deep = b'{"event":' * 25_000
    unknown = url.rpartition("/")[0] + "/" + "x" * 32
    before = _count(account)
    started = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = [
            pool.submit(post, *case)
            for body in (marks, escaped, deep)
            for case in ((unknown, body), (url, body), (url, body, "0" * 64))
        ]
        # Others are served meanwhile.
        assert post(url, b"{}", sign(b"{}", account.bot["token"])) == 200
        assert {answer.result() for answer in answers} == {403}
    # One alone took 16 s.
    assert time.monotonic() - started < 8
    assert _count(account) == before + 1
    # Signed, it costs little more.
    started = time.monotonic()
    assert post(url, marks, sign(marks, account.bot["token"])) == 200
    assert time.monotonic() - started < 4
    _wait_until_processed(account)
    _assert_nothing_broke(account)


# -- Files ---------------------------------------------------------------------


def _png(width, height):
    """:return: bytes of a picture of a few bytes that claims to be of any size"""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", checksum)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (10 * MEGABYTE))
    parts = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _zip_bomb():
    """:return: bytes of an office document that is a thousand times its size"""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (100 * MEGABYTE))
    return file.getvalue()


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE svg [<!ENTITY a0 "ha">%s]>
<svg xmlns="http://www.w3.org/2000/svg"><text>&a9;</text></svg>
""" % b"".join(b'<!ENTITY a%d "%s">' % (n + 1, b"&a%d;" % n * 10) for n in range(9))

FILES = {
    "harmless.png": (_png(1, 1), "image/png"),
    "huge.png": (_png(60_000, 60_000), "image/png"),
    "bomb.docx": (_zip_bomb(), "application/zip"),
    "laughs.svg": (LAUGHS, "image/svg+xml"),
}


@pytest.fixture
def hostile(account):
    """A server of files that Odoo is made to trust as it does the simulator."""
    parameter = "ir.config_parameter", "set_param", "viber_connector.api_url"
    with hostile_server(FILES, gzip.compress(b"\0" * (50 * MEGABYTE))) as server:
        account.odoo.rpc(*parameter, f"{server.url}/pa")
        _wait_until_jobs_rest(account)
        yield server
    account.odoo.rpc(*parameter, account.viber.api_url)


def _send(account, url, who, avatar="", **content):
    sender = {"id": f"{who} at {account.id}", "name": who, "avatar": avatar}
    body = message(sender, **content)
    assert post(url, body, sign(body, account.bot["token"])) == 200


def _posted(account, text):
    """:return: names of the files of the chatter message with this text (list of str),
    None while there is no such message"""
    domain = [("body", "ilike", text), ("model", "=", "project.task")]
    fields = ["attachment_ids"]
    found = account.odoo.rpc("mail.message", "search_read", domain, fields)
    if not found:
        return None
    ids = found[0]["attachment_ids"]
    return [
        row["name"] for row in account.odoo.rpc("ir.attachment", "read", ids, ["name"])
    ]


def _wait_until_posted(account, text):
    wait_until(lambda: _posted(account, text) is not None, what=f"{text!r} posted")
    return _posted(account, text)


def _private_urls(port, trusted):
    """:return: addresses that nothing may be fetched from (list of str)

    :param int port: of the canary
    :param str trusted: address of a server that may be private
    """
    hosts = (
        "127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 0.0.0.0 localhost LOCALHOST"
        " [::1] [::] [::ffff:127.0.0.1] [0:0:0:0:0:ffff:7f00:1] me:too@127.0.0.1"
    ).split()
    found = [
        f"{scheme}://{host}:{port}/" for scheme in ("http", "https") for host in hosts
    ]
    authority = trusted.partition("//")[2]
    found += [
        # Parsers disagree about where these lead to.
        f"http://127.0.0.1:{port}\\@{authority}/",
        f"http://127.0.0.1:{port}#@{authority}/",
        f"http://{authority}@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}%2f@{authority}/",
        f"https://{authority}/",
        *("https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/"),
        *("https://169.254.169.254/latest/meta-data/", "http://169.254.169.254/"),
        *("https://[fe80::1]/", "https://[fd00::1]/", "https://100.64.0.1/"),
        *(
            "file:///etc/passwd",
            f"ftp://127.0.0.1:{port}/",
            f"gopher://127.0.0.1:{port}/",
        ),
        f"//127.0.0.1:{port}/",
    ]
    return found + [f"{trusted}/to/{quote(target, safe='')}" for target in found]


def test_nothing_is_fetched_from_private_addresses(account, url, hostile, canary):
    urls = _private_urls(canary.port, hostile.url)
    for number, target in enumerate(urls):
        who = f"Customer {number % 10}"
        _send(
            account, url, who, target, type="picture", text=f"#{number}#", media=target
        )
    _wait_until_processed(account)
    fates = """
        SELECT media.url, media.state, media.attempt_count
          FROM viber_media media JOIN viber_event event ON event.id = media.event_id
         WHERE event.account_id = %s ORDER BY event.id
    """
    # Given up at once, for good.
    given_up = [(target, "failed", 1) for target in urls]
    assert account.odoo.sql(fates, [account.id]) == given_up
    assert canary.callers == []
    assert [_posted(account, f"#{number}#") for number in range(len(urls))] == [
        []
    ] * len(urls)
    _assert_nothing_broke(account)

    # The same way works for what may be fetched, and the canary does sing.
    good = f"{hostile.url}/to/{quote(f'{hostile.url}/file/harmless.png', safe='')}"
    _send(account, url, "Customer 0", type="picture", text="Harmless", media=good)
    assert _wait_until_posted(account, "Harmless") == ["picture.png"]
    socket.create_connection(("127.0.0.1", canary.port)).close()
    wait_until(lambda: canary.callers, what="the canary's song")


@pytest.mark.alone
def test_endless_files_hold_nobody_up(account, url, hostile):
    limit = "viber_connector.media_max_mb", "1"
    account.odoo.rpc("ir.config_parameter", "set_param", *limit)
    _wait_until_jobs_rest(account)
    slow = ["drip", "headers"]
    refused = ["endless", "around", "compressed/gzip", "compressed/br", "short"]
    for kind in slow + refused:
        target = f"{hostile.url}/{kind}"
        _send(
            account, url, f"Fan of {kind}", type="video", text=f"A {kind}", media=target
        )
    _send(account, url, "Bystander", type="text", text="Before")
    texts = ["Before", *(f"A {kind}" for kind in refused + slow)]
    for text in texts:
        assert _wait_until_posted(account, text) == []
    waited = {text: _seconds_waited(account, text) for text in texts}
    latecomers = [waited.pop(f"A {kind}") for kind in slow]
    assert all(
        PATIENCE_SECONDS <= seconds < MUCH_PATIENCE_SECONDS for seconds in latecomers
    )
    # Nobody else has waited for them.
    assert max(waited.values()) < min(latecomers)
    _assert_nothing_broke(account)


def _seconds_waited(account, text):
    values = {"text": f"%{text}%", "account": account.id}
    [(seconds,)] = account.odoo.sql(WAITED, values)
    return float(seconds)


@pytest.mark.parametrize("name", FILES)
def test_a_bomb_does_not_go_off(account, url, hostile, name):
    target = f"{hostile.url}/file/{name}"
    kind = "picture" if name.endswith(".png") else "file"
    content = {"type": kind, "text": f"Have {name}", "media": target, "file_name": name}
    _send(account, url, "Bomber", target, **content)
    assert _wait_until_posted(account, f"Have {name}") == [name]
    _assert_nothing_broke(account)
