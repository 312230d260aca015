"""Buttons below a message: how they look, and what they ask the customer."""

import json

from .. import const


class Keyboard(dict):
    """Buttons that this code made. A client may name any dict in a remote call, with
    words and links that would stand below a message in the company's voice.

    :param dict values: as Viber takes them
    :param str asks: what a tap on them answers (``viber.message.asks``)
    """

    def __init__(self, values, asks):
        super().__init__(values)
        self.asks = asks


def share_phone(label):
    """Build a keyboard with one button, by which a customer shares their number.

    :param str label: what stands on the button
    :rtype: Keyboard
    """
    button = {
        "Columns": 6,
        "Rows": 1,
        "ActionType": "share-phone",
        "ActionBody": const.SHARE_PHONE_BODY,
        "Text": label,
    }
    values = {"Type": "keyboard", "DefaultHeight": False, "Buttons": [button]}
    return Keyboard(values, asks="phone")


def find(bodies, asks):
    """Find the buttons below a message that was built before.

    :param bodies: texts that :func:`payload.encode` made of its payloads
    :param str asks: what they ask
    :rtype: Keyboard | None
    """
    for body in bodies:
        try:
            return Keyboard(json.loads(body)["keyboard"], asks)
        # Without buttons, as most are; or kept by something that is not ours.
        except (KeyError, TypeError, ValueError):
            continue
    return None
