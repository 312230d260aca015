"""The schema of keyboards and rich media (DV, "Keyboards"; error texts as captured)."""

import json

from .const import INCOMPATIBLE_WITH_VERSION
from .errors import ApiError, bad

COLUMNS = 6
MAX_ROWS = 24
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
    "OpenURLType": ("internal", "external"),
}


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
    _check_board(board, level, name="rich_media", most_rows=7, levels={})
    _check_range(board, "ButtonsGroupColumns", 1, 6)
    _check_range(board, "ButtonsGroupRows", 1, 7)


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
    _check_enums(board)
    _check_range(board, "CustomDefaultHeight", 40, 70)
    _check_range(board, "HeightScale", 20, 100)
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
    _check_enums(button)
    _check_range(button, "Columns", 1, 6)
    _check_range(button, "Rows", 1, most_rows)
    if len(str(button.get("Text", ""))) > MAX_BUTTON_TEXT:
        raise _invalid(f"Text is too long, maximum {MAX_BUTTON_TEXT}")


def _cells(button):
    return int(button.get("Rows", 1)) * int(button.get("Columns", COLUMNS))


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


def _check_enums(data):
    for name in ENUMS.keys() & data.keys():
        if data[name] not in ENUMS[name]:
            raise _invalid(_enum_text(data[name], ENUMS[name]))


def _check_range(data, name, least, most):
    """Numbers may also come as strings, as with the service."""
    if name not in data:
        return
    text = str(data[name])
    if not text.isdigit() or not least <= int(text) <= most:
        raise _invalid(f"{name} must be {least} to {most}")


def _enum_text(value, allowed):
    values = json.dumps(list(allowed), separators=(",", ":"))
    return (
        f"instance value ({json.dumps(value)}) not found in enum"
        f" (possible values: {values})"
    )


def _invalid(text):
    return bad(f"keyboard is not valid. [{text}]")
