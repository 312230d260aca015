"""The schema of keyboards and rich media (DV, "Keyboards"; error texts as captured)."""

import json
import re

from .const import INCOMPATIBLE_WITH_VERSION
from .errors import ApiError, bad
from .values import check_string, check_url, is_within, whole_number

COLUMNS = 6
MAX_ROWS = 24
CARD_ROWS = 7
MAX_CARDS = 6
MAX_PADDING = 12
MAX_BUTTON_TEXT = 250

# Attributes and the API level from which on they exist.
KEYBOARD_LEVELS = {
    "CustomDefaultHeight": 3,
    "HeightScale": 3,
    "ButtonsGroupColumns": 4,
    "ButtonsGroupRows": 4,
    "InputFieldState": 4,
    "FavoritesMetadata": 6,
}
BUTTON_LEVELS = {
    "InternalBrowser": 3,
    "TextPaddings": 4,
    "TextShouldFit": 6,
    "Map": 6,
    "MediaPlayer": 6,
    "Frame": 6,
}
ACTION_LEVELS = {
    "reply": 1,
    "open-url": 1,
    "": 1,
    "location-picker": 3,
    "share-phone": 3,
    "none": 3,
    "open-map": 6,
}
ENUMS = {
    "InputFieldState": ("regular", "minimized", "hidden"),
    "TextSize": ("small", "regular", "large"),
    "TextVAlign": ("top", "middle", "bottom"),
    "TextHAlign": ("left", "center", "right"),
    "BgMediaType": ("picture", "gif"),
    "OpenURLType": ("internal", "external"),
    "OpenURLMediaType": ("not-media", "video", "gif", "picture"),
}
RANGES = {
    "CustomDefaultHeight": (40, 70),
    "HeightScale": (20, 100),
    "ButtonsGroupColumns": (1, COLUMNS),
    "Columns": (1, COLUMNS),
    "TextOpacity": (0, 100),
}
FLAGS = ("DefaultHeight", "Silent", "BgLoop", "TextShouldFit")
COLOUR = re.compile("#[0-9A-Fa-f]{6}")
ADDRESSES = ("BgMedia", "Image")
OBJECTS = ("FavoritesMetadata", "InternalBrowser", "Map", "MediaPlayer", "Frame")


def check(keyboard, level):
    """Check a keyboard.

    :param keyboard: the value of ``keyboard``
    :param int level: the message's ``min_api_version``
    :raise ApiError: 3 with the validator's text, or 14
    """
    _check_board(keyboard, level, name="keyboard", most_rows=2)
    if sum(_cells(button) for button in keyboard["Buttons"]) > MAX_ROWS * COLUMNS:
        raise _invalid(f"too many rows, maximum {MAX_ROWS}")


def check_rich_media(board, level):
    """Check the carousel of a ``rich_media`` message; as :func:`check`."""
    _check_board(board, level, name="rich_media", most_rows=CARD_ROWS, levels={})
    columns = whole_number(board.get("ButtonsGroupColumns", COLUMNS))
    card = columns * whole_number(board.get("ButtonsGroupRows", CARD_ROWS))
    if sum(_cells(button) for button in board["Buttons"]) > MAX_CARDS * card:
        raise _invalid(f"too many cards, maximum {MAX_CARDS}")


def _check_board(board, level, name, most_rows, levels=KEYBOARD_LEVELS):
    if not isinstance(board, dict):
        raise _invalid("instance type does not match any allowed primitive type")
    _check_required(board, ("Type", "Buttons"))
    if board["Type"] != name:
        raise _invalid(_enum_text(board["Type"], [name]))
    if not isinstance(board["Buttons"], list):
        raise _invalid("instance type of Buttons does not match (allowed: array)")
    if not board["Buttons"]:
        raise _invalid(
            "array is too short: must have at least 1 elements but instance has 0"
            " elements"
        )
    _check_levels(board, levels, level)
    _check_values(board)
    _check_range(board, "ButtonsGroupRows", 1, most_rows)
    for button in board["Buttons"]:
        _check_button(button, level, most_rows)


def _check_button(button, level, most_rows):
    if not isinstance(button, dict):
        raise _invalid("instance type of a button does not match (allowed: object)")
    _check_required(button, ("ActionBody",))
    action = button.get("ActionType", "reply")
    allowed = [name for name, needed in ACTION_LEVELS.items() if needed <= level]
    if action not in allowed:
        raise _invalid(_enum_text(action, allowed))
    _check_levels(button, BUTTON_LEVELS, level)
    _check_values(button)
    _check_range(button, "Rows", 1, most_rows)
    if not isinstance(button["ActionBody"], str):
        raise _invalid("ActionBody must be a string")
    check_string(button, "Text", MAX_BUTTON_TEXT, required="Text" in button)
    _check_paddings(button.get("TextPaddings", [0, 0, 0, 0]))


def _cells(button):
    columns = whole_number(button.get("Columns", COLUMNS))
    return columns * whole_number(button.get("Rows", 1))


def _check_required(data, names):
    absent = [name for name in names if name not in data]
    if absent:
        raise _invalid(f"object has missing required properties ({json.dumps(absent)})")


def _check_levels(data, levels, level):
    for name in data:
        if levels.get(name, 1) > level:
            raise ApiError(
                INCOMPATIBLE_WITH_VERSION, f"{name} needs version {levels[name]}"
            )


def _check_values(data):
    """Check what is the same for boards and buttons."""
    for name, allowed in ENUMS.items():
        if name in data and data[name] not in allowed:
            raise _invalid(_enum_text(data[name], allowed))
    for name, (least, most) in RANGES.items():
        _check_range(data, name, least, most)
    for name in FLAGS:
        if str(data.get(name, False)).lower() not in ("true", "false"):
            raise _invalid(f"{name} must be true or false")
    if not COLOUR.fullmatch(str(data.get("BgColor", "#FFFFFF"))):
        raise _invalid("BgColor must be a colour such as #7360F2")
    for name in ADDRESSES:
        check_url(data, name, required=name in data)
    for name in OBJECTS:
        if not isinstance(data.get(name, {}), dict):
            raise _invalid(f"{name} must be an object")


def _check_paddings(paddings):
    is_good = isinstance(paddings, list) and len(paddings) == 4
    if not is_good or not all(is_within(one, 0, MAX_PADDING) for one in paddings):
        raise _invalid(f"TextPaddings must be four numbers of 0 to {MAX_PADDING}")


def _check_range(data, name, least, most):
    """Numbers may also come as strings, as with the service."""
    if name in data and not is_within(whole_number(data[name]), least, most):
        raise _invalid(f"{name} must be {least} to {most}")


def _enum_text(value, allowed):
    values = json.dumps(list(allowed), separators=(",", ":"))
    return (
        f"instance value ({json.dumps(value)}) not found in enum"
        f" (possible values: {values})"
    )


def _invalid(text):
    return bad(f"keyboard is not valid. [{text}]")
