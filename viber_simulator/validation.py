"""What the service demands of the messages that bots send."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from . import const, keyboard
from .errors import ApiError, bad, missing
from .values import check_string, check_url, is_within, whole_number

REFUSED_FROM_BOTS = ("payment",)  # known to the service; not simulated


def check_message(request, settings, is_welcome=False):
    """Check everything about a message but its receiver.

    A null counts as absent, as with the service, where the key may be absent at all.

    :param dict request: body of ``send_message``, ``broadcast_message``, or a welcome
    :param Settings settings: for what the documents leave open
    :param bool is_welcome: it needs no sender: the official Node library gives none
    :raise ApiError: status 3, 4, 13 or 14 with the reason
    """
    level = _level(request)
    _check_sender(request, required=not is_welcome)
    # The one null that the service does not take ("bug in production", ND).
    has_data = "tracking_data" in request
    check_string(request, "tracking_data", const.MAX_TRACKING_DATA, required=has_data)
    board = request.get("keyboard")
    if board is not None:
        keyboard.check(board, level)
    if "type" not in request and board is not None:
        return  # a message that is a keyboard only
    kind = check_string(request, "type", 32, required=True)
    check = CHECKS.get(kind)
    if kind in REFUSED_FROM_BOTS:
        raise ApiError(22)
    if check is None:
        raise bad(f"instance value ({kind!r}) of 'type' not found in enum")
    check(request, settings, level)


def level_of(request):
    """:return: the API level that a checked message asks for (int)"""
    level = request.get("min_api_version")
    return 1 if level is None else whole_number(level)


def _level(request):
    level = level_of(request)
    if level is None or level < 1:
        raise bad("'min_api_version' must be a positive integer")
    if level > const.API_VERSION:
        raise ApiError(const.API_VERSION_NOT_SUPPORTED)
    return level


def _check_sender(request, required):
    sender = request.get("sender")
    if sender is None and not required:
        return
    sender = _object(request, "sender")
    if sender.get("name") is None:
        raise missing("sender.name")
    if not check_string(sender, "name", const.MAX_SENDER_NAME).strip():
        raise missing("sender.name")
    check_url(sender, "avatar")


def _check_text(request, settings, _level):
    check_string(request, "text", const.MAX_TEXT, required=True)
    if not request["text"]:
        raise missing("text")


def _check_picture(request, settings, _level):
    check_string(request, "text", settings.max_caption)
    check_url(request, "media", required=True)
    check_url(request, "thumbnail")
    if settings.strict_extensions:
        _check_extension("picture", url_extension(request["media"]))


def _check_video(request, settings, _level):
    check_string(request, "text", settings.max_caption)
    check_url(request, "media", required=True)
    check_url(request, "thumbnail")
    _check_size(request, const.MAX_VIDEO)
    duration = request.get("duration")
    if duration is not None and not is_within(duration, 0, const.MAX_VIDEO_DURATION):
        raise bad(f"'duration' must be 0 to {const.MAX_VIDEO_DURATION} seconds")
    if settings.strict_extensions:
        _check_extension("video", url_extension(request["media"]))


def _check_file(request, settings, _level):
    check_url(request, "media", required=True)
    _check_size(request, const.MAX_FILE)
    name = check_string(request, "file_name", const.MAX_FILE_NAME, required=True)
    if not name:
        raise missing("file_name")
    if settings.strict_extensions:
        _check_extension("file", url_extension(request["media"]))
        _check_extension("file", extension(name))


def _check_contact(request, _settings, _level):
    contact = _object(request, "contact")
    check_string(contact, "name", const.MAX_CONTACT_NAME, required=True)
    check_string(contact, "phone_number", const.MAX_CONTACT_PHONE, required=True)
    check_url(contact, "avatar")


def _check_location(request, _settings, _level):
    location = _object(request, "location")
    for key, most in (("lat", 90), ("lon", 180)):
        value = location.get(key)
        if isinstance(value, str):
            value = _as_float(value)
        if not is_within(value, -most, most):
            raise bad(f"'location.{key}' must be a number within ±{most}")


def _check_url(request, _settings, _level):
    check_url(request, "media", required=True)


def _check_sticker(request, _settings, _level):
    sticker = request.get("sticker_id")
    if sticker is None:
        raise missing("sticker_id")
    if not is_within(whole_number(sticker), 0, const.MAX_STICKER):
        raise bad("'sticker_id' must be an integer")


def _check_rich_media(request, _settings, level):
    if level < 2:
        raise ApiError(const.INCOMPATIBLE_WITH_VERSION)
    check_string(request, "alt_text", const.MAX_TEXT)
    keyboard.check_rich_media(_object(request, "rich_media"), level)


CHECKS = {
    "text": _check_text,
    "picture": _check_picture,
    "video": _check_video,
    "file": _check_file,
    "contact": _check_contact,
    "location": _check_location,
    "url": _check_url,
    "sticker": _check_sticker,
    "rich_media": _check_rich_media,
}


# -- single values ---------------------------------------------------------------


def url_extension(url):
    """The extension of the last path segment, lower case; "" without one."""
    return extension(unquote(urlsplit(url).path))


def extension(name):
    """The extension of a file name, lower case; "" without one."""
    return PurePosixPath(name).suffix[1:].lower()


def is_extension_good(kind, found):
    """Whether a ``picture``, ``video`` or ``file`` may have this extension."""
    if kind == "picture":
        return found in const.PICTURE_EXTENSIONS
    if kind == "video":
        return found == "mp4"
    return bool(found) and found not in const.FORBIDDEN_EXTENSIONS


def _check_extension(kind, found):
    if not is_extension_good(kind, found):
        raise bad(f"extension {found!r} is not allowed for a {kind}")


def _check_size(request, limit):
    size = request.get("size")
    if size is None:
        raise missing("size")
    if not is_within(whole_number(size), 1, limit):
        raise bad(f"'size' must be 1 to {limit} bytes")


def _object(request, key):
    value = request.get(key)
    if value is None:
        raise missing(key)
    if not isinstance(value, dict):
        raise bad(f"{key!r} must be an object")
    return value


def _as_float(text):
    try:
        return float(text)
    except ValueError:
        return None
