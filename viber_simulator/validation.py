"""What the service demands of the messages that bots send."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from . import const, keyboard
from .errors import ApiError, bad, missing

# A JSON null is not the same as a missing key: the service refuses it.
NEVER_NULL = (
    "type",
    "text",
    "media",
    "thumbnail",
    "tracking_data",
    "sender",
    "file_name",
    "keyboard",
    "min_api_version",
)
REFUSED_FROM_BOTS = ("payment",)  # known to the service; not simulated


def check_message(request, settings):
    """Check everything about a message but its receiver.

    :param dict request: body of ``send_message``, ``broadcast_message``, or a welcome
    :param Settings settings: for what the documents leave open
    :raise ApiError: status 3, 4, 13 or 14 with the reason
    """
    for key in NEVER_NULL:
        if key in request and request[key] is None:
            raise bad(f"instance type (null) of {key!r} is not allowed")
    level = _level(request)
    _check_sender(request)
    check_string(request, "tracking_data", const.MAX_TRACKING_DATA)
    if "keyboard" in request:
        keyboard.check(request["keyboard"], level)
    if "type" not in request and "keyboard" in request:
        return  # a message that is a keyboard only
    kind = check_string(request, "type", 32, required=True)
    check = CHECKS.get(kind)
    if kind in REFUSED_FROM_BOTS:
        raise ApiError(22)
    if check is None:
        raise bad(f"instance value ({kind!r}) of 'type' not found in enum")
    check(request, settings, level)


def _level(request):
    level = request.get("min_api_version", 1)
    if isinstance(level, str) and level.isdigit():
        level = int(level)
    if not _is_number(level) or level < 1:
        raise bad("'min_api_version' must be a positive integer")
    if level > const.API_VERSION:
        raise ApiError(const.API_VERSION_NOT_SUPPORTED)
    return level


def _check_sender(request):
    sender = request.get("sender", {})
    if not isinstance(sender, dict):
        raise bad("'sender' must be an object")
    check_string(sender, "name", const.MAX_SENDER_NAME)
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
    duration = request.get("duration", 1)
    if not _is_number(duration) or not 0 <= duration <= const.MAX_VIDEO_DURATION:
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
        if not _is_number(value) or not -most <= value <= most:
            raise bad(f"'location.{key}' must be a number within ±{most}")


def _check_url(request, _settings, _level):
    check_url(request, "media", required=True)


def _check_sticker(request, _settings, _level):
    sticker = request.get("sticker_id")
    if sticker is None:
        raise missing("sticker_id")
    if not str(sticker).isdigit():
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


def check_string(data, key, limit, required=False):
    """A string of at most ``limit`` UTF-16 units, the stricter way of counting.

    :return: str, or None when it is absent and need not be there
    :raise ApiError: 3 or 4
    """
    if key not in data:
        if required:
            raise missing(key)
        return None
    value = data[key]
    if not isinstance(value, str):
        raise bad(f"{key!r} must be a string")
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > limit:
        raise bad(f"{key!r} is too long ({length}, maximum allowed: {limit})")
    return value


def check_url(data, key, required=False):
    """An absolute address of http or https.

    The official Python library sends ``null`` for the avatars of sender and contact.

    :raise ApiError: 3 or 4
    """
    if not data.get(key) and not required:
        return
    value = check_string(data, key, const.MAX_URL, required)
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        good = False
    if not good:
        raise bad(f"{key!r} is not a valid URL")


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
    if isinstance(size, str) and size.isdigit():
        size = int(size)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= limit:
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


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
