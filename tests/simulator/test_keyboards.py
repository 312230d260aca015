"""Keyboards and rich media: every bound, at both its sides."""

import pytest

from viber_simulator.errors import ApiError
from viber_simulator.settings import Settings
from viber_simulator.validation import check_message

BUTTON = {"ActionBody": "x"}
URL = "https://example.com/a.png"


def status(level=10, type="text", **parts):
    """:return: int, how the service takes a text with these further keys"""
    request = {
        "type": type,
        "text": "hello",
        "sender": {"name": "Service desk"},
        "min_api_version": level,
        **parts,
    }
    try:
        check_message(request, Settings())
    except ApiError as error:
        return error.status
    return 0


def keyboard(level=10, buttons=(BUTTON,), **values):
    board = {"Type": "keyboard", "Buttons": list(buttons), **values}
    return status(level, keyboard=board)


def rich_media(level=10, buttons=(BUTTON,), **values):
    board = {"Type": "rich_media", "Buttons": list(buttons), **values}
    return status(level, type="rich_media", rich_media=board)


# For each attribute: what is taken, and what is refused beside it.
BUTTON_BOUNDS = {
    "Columns": ([1, 6, "1", "6"], [0, 7, "0", "7", -1, 1.5, "", "²", None, True, [1]]),
    "ActionType": (
        ["reply", "open-url", "location-picker", "share-phone", "open-map", "none", ""],
        ["call", "Reply", None, 1, ["reply"]],
    ),
    "ActionBody": (["x", "x" * 1000, ""], [..., None, 1, ["x"]]),
    "Text": (["", "x" * 250, "🙁" * 125], ["x" * 251, "🙁" * 126, None, 5]),
    "TextSize": (["small", "regular", "large"], ["huge", "", None, 1]),
    "TextVAlign": (["top", "middle", "bottom"], ["center", None]),
    "TextHAlign": (["left", "center", "right"], ["middle", None]),
    "TextOpacity": ([0, 100, "100"], [-1, 101, None]),
    "TextPaddings": (
        [[0, 0, 0, 0], [12, 12, 12, 12]],
        [[0, 0, 0], [0] * 5, [13, 0, 0, 0], [0, 0, 0, -1], ["1"] * 4, 12, None],
    ),
    "TextShouldFit": ([True, False], ["yes", None]),
    "BgColor": (["#7360F2", "#ffffff"], ["7360F2", "#7360F", "#7360F2F", "red", None]),
    "BgMedia": ([URL], ["a.png", "ftp://example.com/a.png", "", None, 1]),
    "Image": ([URL], ["a.png", "data:image/png;base64,x", "", None, 1]),
    "BgMediaType": (["picture", "gif"], ["video", None]),
    "BgLoop": ([True, False, "true"], ["no", None, 1]),
    "Silent": ([True, False, "false"], ["no", None, 1]),
    "OpenURLType": (["internal", "external"], ["extern", None]),
    "OpenURLMediaType": (["not-media", "video", "gif", "picture"], ["sound", None]),
    "InternalBrowser": ([{}], [[], "x", None]),
    "Map": ([{"Latitude": "50", "Longitude": "30"}], ["50,30", None]),
    "Frame": ([{"BorderWidth": 1}], [1, None]),
    "MediaPlayer": ([{"Title": "x"}], ["x", None]),
}
BOARD_BOUNDS = {
    "BgColor": (["#000000"], ["black", "#00000", None]),
    "DefaultHeight": ([True, False], ["tall", None, 1]),
    "CustomDefaultHeight": ([40, 70, "40"], [39, 71, "39", None]),
    "HeightScale": ([20, 100], [19, 101]),
    "ButtonsGroupColumns": ([1, 6], [0, 7]),
    "InputFieldState": (["regular", "minimized", "hidden"], ["shown", None]),
    "FavoritesMetadata": ([{"type": "url"}], ["url", None]),
    "Buttons": ([[BUTTON]], [..., [], None, {}, "x", [None], ["x"], [[]], [{}]]),
}
TAKEN, REFUSED = 0, 3


def both_sides(bounds):
    """:return: list of (attribute, value, status)"""
    return [
        (name, value, status)
        for name, values in bounds.items()
        for status, sides in zip((TAKEN, REFUSED), values, strict=True)
        for value in sides
    ]


def changed(data, name, value):
    """A copy with one value changed; `...` takes it away."""
    values = {**data, name: value}
    return {key: value for key, value in values.items() if value is not ...}


@pytest.mark.parametrize(("name", "value", "expected"), both_sides(BUTTON_BOUNDS))
def test_bounds_of_buttons(name, value, expected):
    buttons = [BUTTON, changed(BUTTON, name, value)]
    assert keyboard(buttons=buttons) == expected
    assert rich_media(buttons=buttons) == expected


@pytest.mark.parametrize(("name", "value", "expected"), both_sides(BOARD_BOUNDS))
def test_bounds_of_boards(name, value, expected):
    for kind, key in ("text", "keyboard"), ("rich_media", "rich_media"):
        board = changed({"Type": key, "Buttons": [BUTTON]}, name, value)
        assert status(type=kind, **{key: board}) == expected


@pytest.mark.parametrize("type", [..., "rich_media", "Keyboard", "", None, 1])
def test_a_keyboard_says_that_it_is_one(type):
    board = changed({"Buttons": [BUTTON]}, "Type", type)
    assert status(keyboard=board) == REFUSED


@pytest.mark.parametrize("board", [{}, [], "keyboard", 5, False, [BUTTON]])
def test_what_is_no_keyboard_is_refused(board):
    assert status(keyboard=board) == REFUSED
    assert status(type="rich_media", rich_media=board) == REFUSED


def test_rows():
    """A keyboard's button has two at most, a card's has seven."""
    for rows, expected in (0, REFUSED), (1, TAKEN), (2, TAKEN), (3, REFUSED):
        assert keyboard(buttons=[{**BUTTON, "Rows": rows}]) == expected
        assert keyboard(ButtonsGroupRows=rows) == expected
    for rows, expected in (0, REFUSED), (1, TAKEN), (7, TAKEN), (8, REFUSED):
        assert rich_media(buttons=[{**BUTTON, "Rows": rows}]) == expected
        assert rich_media(ButtonsGroupRows=rows) == expected


def test_a_keyboard_has_24_rows_at_most():
    for count, expected in (24, TAKEN), (25, REFUSED):
        assert keyboard(buttons=[BUTTON] * count) == expected
        small = {**BUTTON, "Columns": "1", "Rows": 1}
        assert keyboard(buttons=[small] * (count * 6)) == expected
    assert keyboard(buttons=[{**BUTTON, "Rows": "2"}] * 12) == TAKEN
    assert keyboard(buttons=[{**BUTTON, "Rows": "2"}] * 13) == REFUSED


def test_rich_media_has_six_cards_at_most():
    for count, expected in (6, TAKEN), (7, REFUSED):
        assert rich_media(buttons=[{**BUTTON, "Rows": 7}] * count) == expected
        small = {"ButtonsGroupColumns": 3, "ButtonsGroupRows": 2}
        button = {**BUTTON, "Columns": 3, "Rows": 2}
        assert rich_media(buttons=[button] * count, **small) == expected


@pytest.mark.parametrize(
    ("needed", "values"),
    [
        (3, {"CustomDefaultHeight": 40}),
        (3, {"HeightScale": 50}),
        (4, {"ButtonsGroupColumns": 3}),
        (4, {"ButtonsGroupRows": 1}),
        (4, {"InputFieldState": "hidden"}),
        (6, {"FavoritesMetadata": {}}),
    ],
)
def test_features_of_keyboards_need_a_level(needed, values):
    assert keyboard(needed, **values) == TAKEN
    assert keyboard(needed - 1, **values) == 14


@pytest.mark.parametrize(
    ("needed", "status", "values"),
    [
        (3, 3, {"ActionType": "share-phone"}),
        (3, 3, {"ActionType": "location-picker"}),
        (3, 14, {"InternalBrowser": {}}),
        (4, 14, {"TextPaddings": [1, 1, 1, 1]}),
        (6, 14, {"TextShouldFit": True}),
        (6, 14, {"Map": {}}),
        (6, 3, {"ActionType": "open-map"}),
    ],
)
def test_features_of_buttons_need_a_level(needed, status, values):
    assert keyboard(needed, buttons=[BUTTON | values]) == TAKEN
    assert keyboard(needed - 1, buttons=[BUTTON | values]) == status


def test_rich_media_needs_level_two():
    assert rich_media(2) == TAKEN
    assert rich_media(1) == 14
