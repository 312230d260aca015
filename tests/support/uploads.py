"""Files of any kind and size, attached as the web client does it."""

import io
import re

import requests
from PIL import Image

TIMEOUT = 60

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08free"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"


def picture(kind, frames=1, size=(64, 48)):
    """Draw a picture.

    :param str kind: ``PNG``, ``JPEG``, ``GIF`` or ``WEBP``
    :param int frames: more than one make it move
    :return: bytes
    """
    images = [
        Image.new("RGB", size, (90 * number % 256, 60, 150)) for number in range(frames)
    ]
    file = io.BytesIO()
    if frames > 1:
        images[0].save(file, kind, save_all=True, append_images=images[1:])
    else:
        images[0].save(file, kind)
    return file.getvalue()


def noise(side):
    """:return: bytes of a JPEG that can't be compressed, square, of so many pixels"""
    file = io.BytesIO()
    Image.effect_noise((side, side), 100).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


def fill(content, size):
    """:return: exactly ``size`` bytes that begin as ``content`` (bytes) does; decoders
    of pictures and videos do not mind what follows"""
    return content[:size].ljust(size, b"\0")


class Uploader:
    """Attaches files as an agent's browser does.

    :param OdooServer odoo: running
    """

    def __init__(self, odoo, login="admin"):
        self._url = odoo.url
        self._session = requests.Session()
        self._session.trust_env = False
        credentials = {"db": odoo.database, "login": login, "password": login}
        self._session.post(
            f"{odoo.url}/web/session/authenticate",
            json={"jsonrpc": "2.0", "params": credentials},
            timeout=TIMEOUT,
        )
        page = self._session.get(f"{odoo.url}/odoo", timeout=TIMEOUT).text
        self._csrf_token = re.search(r'csrf_token: "(\w+)"', page)[1]

    def upload(self, task, name, content):
        """Upload a file for a message that is not posted yet.

        :param int task: in whose chatter it is written
        :return: id of the attachment (int)
        """
        values = {
            "csrf_token": self._csrf_token,
            "thread_model": "project.task",
            "thread_id": task,
            "is_pending": "true",
        }
        response = self._session.post(
            f"{self._url}/mail/attachment/upload",
            values,
            files={"ufile": (name, content)},
            timeout=TIMEOUT,
        )
        response.raise_for_status()
        return response.json()["data"]["attachment_id"]
