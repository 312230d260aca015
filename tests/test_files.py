"""Every kind and size of file that an agent may attach reaches the customer: as what it
is, or as a link that opens."""

import base64
import hashlib
import hmac
import io
import re
import time
from urllib.parse import unquote, urlsplit

import pytest
import requests
from PIL import Image

from viber_simulator.testing import wait_until

from .support import Account
from .support.uploads import PDF, PROGRAM, VIDEO, Uploader, fill, noise, picture

# docs/viber_bot_api.rst, "Limits of a message"
PICTURE_MAX = 1024 * 1024
VIDEO_MAX = 26 * 1024 * 1024
FILE_MAX = 50 * 1024 * 1024
HUGE = 60 * 1024 * 1024
DAY = 24 * 3600

PNG, JPEG, GIF = picture("PNG"), picture("JPEG"), picture("GIF")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"

# Name, beginning of the content, what Viber gets of it, and as which type.
PICTURES = {
    "png": ("Схема.png", PNG, "picture", "image/png"),
    "jpeg": ("scheme.jpg", JPEG, "picture", "image/jpeg"),
    "gif": ("scheme.gif", GIF, "picture", "image/gif"),
}
VIDEOS = {"mp4": ("howto.mp4", VIDEO, "video", "video/mp4")}
FILES = {
    "pdf": ("act.pdf", PDF, "file", "application/pdf"),
    "text": ("notes.txt", b"Plain words. ", "file", "text/plain"),
    "zip": ("all.zip", b"PK\x05\x06", "file", "application/zip"),
    "moving gif": ("cat.gif", picture("GIF", frames=3), "file", "image/gif"),
    "webp": ("new.webp", picture("WEBP"), "file", "image/webp"),
}
SIZES = [
    *((PICTURES, size) for size in (PICTURE_MAX - 1, PICTURE_MAX)),
    *((VIDEOS, size) for size in (VIDEO_MAX - 1, VIDEO_MAX)),
    *((FILES, size) for size in (1000, PICTURE_MAX + 1)),
]
WHOLE = [
    (name, fill(content, size), kind, content_type)
    for kinds, size in SIZES
    for name, content, kind, content_type in kinds.values()
]
LARGE = [
    ("act.pdf", fill(PDF, FILE_MAX - 1), "file", "application/pdf"),
    ("act.pdf", fill(PDF, FILE_MAX), "file", "application/pdf"),
    ("howto.mp4", fill(VIDEO, VIDEO_MAX + 1), "file", "video/mp4"),
]
ODD = [
    ("one.pdf", b"%", "file", "application/pdf"),
    ("one.txt", b"1", "file", "text/plain"),
    ("one.mp4", b"\0", "file", "video/mp4"),
    ("one.png", b"\x89", "file", "application/octet-stream"),
    # The type is that of the bytes, and so is the extension then.
    ("wrong.jpg", PNG, "picture", "image/png"),
    ("wrong.png", PDF, "file", "application/pdf"),
    ("wrong.pdf", PNG, "file", "application/pdf"),
    ("README", b"Read me. ", "file", "text/plain"),
    ("page.html", HTML, "file", "text/html"),
    ("drawing.svg", SVG, "file", "image/svg+xml"),
    ("Рахунок за січень.pdf", PDF, "file", "application/pdf"),
    ("Ж" * 300 + ".pdf", PDF, "file", "application/pdf"),
    ("a/b\\c:d\u202e?.pdf", PDF, "file", "application/pdf"),
]
LINKED = [
    ("setup.exe", PROGRAM),
    ("empty.pdf", b""),
    ("empty.png", b""),
    ("empty.mp4", b""),
    ("act.pdf", fill(PDF, FILE_MAX + 1)),
    ("act.pdf", fill(PDF, HUGE)),
    ("howto.mp4", fill(VIDEO, HUGE)),
    ("cat.gif", fill(picture("GIF", frames=3), HUGE)),
]
SCALED = [
    *(
        (name, fill(content, size))
        for name, content, *_more in PICTURES.values()
        for size in (PICTURE_MAX + 1, HUGE)
    ),
    ("photo.jpg", noise(2500)),
]


def _name(value):
    if isinstance(value, bytes):
        return str(len(value))
    return value[:20]


@pytest.fixture(scope="module")
def chat(odoo, simulator):
    return Chat(odoo, simulator)


class Chat:
    """A conversation into which an agent puts files."""

    def __init__(self, odoo, viber):
        self.account = Account(odoo, viber)
        self.customer = viber.create_user("Olena Koval")
        self.task = self.account.write(self.customer, "Please send me the files")
        self._uploader = Uploader(odoo)

    def send(self, *files):
        """Attach files to one message.

        :param files: name and content of each
        :return: what arrived at the phone, in that order (list of dict)
        """
        before = len(self._messages())
        attachments = [
            self._uploader.upload(self.task, name, content) for name, content in files
        ]
        # Who does not answer may get 100 messages an hour.
        self.account.viber.write(self.customer, self.account.bot, "Thank you")
        self.account.comment(self.task, "", attachment_ids=attachments)
        wait_until(lambda: len(self._settled()) >= before + len(files))
        return self._messages()[before:]

    def _messages(self):
        return self.account.viber.messages(self.customer, self.account.bot, side="bot")

    def _settled(self):
        return [m for m in self._messages() if m["state"] in ("delivered", "failed")]


@pytest.mark.parametrize(
    ("name", "content", "kind", "content_type"), WHOLE + LARGE + ODD, ids=_name
)
def test_a_file_arrives_as_what_it_is(chat, name, content, kind, content_type):
    [message] = chat.send((name, content))
    file = message["files"]["media"]
    assert message["state"] == "delivered", message
    assert (message["content"]["type"], file["content_type"]) == (kind, content_type)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    if kind != "picture":
        assert message["content"]["size"] == len(content)


@pytest.mark.parametrize(("name", "content"), SCALED, ids=_name)
def test_a_picture_that_is_too_big_arrives_smaller(chat, name, content):
    [message] = chat.send((name, content))
    file = message["files"]["media"]
    assert message["state"] == "delivered", message
    assert (message["content"]["type"], file["content_type"]) == (
        "picture",
        "image/jpeg",
    )
    arrived = _get(message["content"]["media"]).content
    assert file["sha256"] == hashlib.sha256(arrived).hexdigest()
    assert file["size"] == len(arrived) <= PICTURE_MAX
    was, now = (Image.open(io.BytesIO(data)) for data in (content, arrived))
    assert abs(now.width / now.height - was.width / was.height) < 0.01
    assert min(was.width, 640) <= now.width <= was.width


@pytest.mark.parametrize(("name", "content"), LINKED, ids=_name)
def test_what_viber_does_not_take_arrives_as_a_link_that_opens(chat, name, content):
    [message] = chat.send((name, content))
    assert message["state"] == "delivered", message
    assert message["content"]["type"] == "text"
    text = message["content"]["text"]
    assert name in text
    [url] = re.findall(r"http\S+", text)
    response = _get(url)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert hashlib.sha256(response.content).digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    "name", ["Рахунок за січень.pdf", "Ж" * 300 + ".pdf", "no extension"]
)
def test_a_file_keeps_its_name(chat, name):
    [message] = chat.send((name, PDF))
    shown = message["content"]["file_name"]
    assert shown.endswith(".pdf")
    assert shown[:-4] == name.removesuffix(".pdf")[: len(shown) - 4]
    assert len(shown) >= min(len(name), 100)
    assert unquote(urlsplit(message["content"]["media"]).path).endswith(".pdf")


def test_several_files_arrive_in_their_order(chat):
    files = [("b.pdf", PDF), ("a.png", PNG), ("c.mp4", fill(VIDEO, 500))]
    messages = chat.send(*files)
    assert [m["content"]["type"] for m in messages] == ["file", "picture", "video"]
    assert [m["state"] for m in messages] == ["delivered"] * 3


# -- Links ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content():
    return bytes(range(256)) * 64


@pytest.fixture(scope="module")
def link(chat, content):
    """The address of a file."""
    [message] = chat.send(("data.dat", content))
    return message["content"]["media"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("page.html", HTML), ("drawing.svg", SVG), ("setup.exe", PROGRAM)],
    ids=_name,
)
def test_what_could_harm_is_saved_and_never_shown(chat, name, content):
    [message] = chat.send((name, content))
    said = message["content"]
    [url] = re.findall(r"http\S+", said.get("media") or said["text"])
    headers = _get(url).headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_link_can_be_asked_for_its_head(link, content):
    response = requests.head(link, timeout=30)
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert not response.content


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("0-0", 0, 1), ("300-999", 300, 1000), ("16000-", 16000, None), ("-5", -5, None)],
)
def test_a_link_gives_parts(link, content, asked, begin, end):
    response = _get(link, {"Range": f"bytes={asked}"})
    assert response.status_code == 206
    assert response.content == content[begin:end]


def test_a_part_that_there_is_not_is_refused(link, content):
    assert _get(link, {"Range": f"bytes={len(content)}-"}).status_code == 416


def test_a_link_is_for_one_file_only(link):
    token = _token(link)
    raw = _decode(token)
    # What it names stands last, in clear, behind the signature.
    other = raw.replace(b'"ir.attachment", ', b'"ir.attachment", 1')
    assert other != raw
    for forged in (
        _encode(other),
        _encode(raw[:9] + bytes([raw[9] ^ 1]) + raw[10:]),
        token[:-1],
        token + "A",
        "AAAA",
        "%F0%9F%98%80",
        "0" * 3000,
    ):
        assert _get(link.replace(token, forged)).status_code == 404, forged
    assert _get(link).status_code == 200


def test_a_link_ends_some_day(chat, odoo):
    before = time.time()
    [message] = chat.send(("data.dat", b"content"))
    after = time.time()
    link = message["content"]["media"]
    assert _get(_dated(link, odoo, time.time() + 3600)).status_code == 200
    assert _get(_dated(link, odoo, time.time() - 60)).status_code == 404
    expiry = _expiry(_token(link))
    assert before + 30 * DAY <= expiry <= after + 31 * DAY


def test_a_link_of_a_deleted_file_leads_nowhere(chat, odoo):
    [message] = chat.send(("secret.dat", b"secret"))
    url = message["content"]["media"]
    assert _get(url).content == b"secret"
    found = odoo.rpc("ir.attachment", "search", [("name", "=", "secret.dat")])
    odoo.rpc("ir.attachment", "unlink", found)
    assert _get(url).status_code == 404


def _get(url, headers=None):
    """As a customer's phone does: without login, and no redirect followed."""
    return requests.get(url, headers=headers, allow_redirects=False, timeout=60)


def _token(url):
    return urlsplit(url).path.split("/")[3]


def _decode(token):
    return base64.urlsafe_b64decode(token + "===")


def _encode(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _expiry(token):
    return int.from_bytes(_decode(token)[1:9], "little")


def _dated(url, odoo, expiry):
    """:return: the address as Odoo would have signed it to end at another time"""
    token = _token(url)
    raw = _decode(token)
    [(secret,)] = odoo.sql(
        "SELECT value FROM ir_config_parameter WHERE key = 'database.secret'"
    )
    # odoo.tools.misc.hash_sign
    signed = f"1:{raw[41:].decode()}:{int(expiry)}"
    message = repr(("viber_connector.media", signed))
    signature = hmac.digest(secret.encode(), message.encode(), "sha256")
    dated = raw[:1] + int(expiry).to_bytes(8, "little") + signature + raw[41:]
    return url.replace(token, _encode(dated))
