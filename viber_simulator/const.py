"""Numbers and names of the Viber service, as its documentation states them.

Sources: creators.viber.com/docs/bots-api (CH) and developers.viber.com/docs/api
(DV); where they differ, the stricter value stands here.
"""

# Status codes of the API (DV, "Error Codes").
OK = 0
INVALID_URL = 1
INVALID_AUTH_TOKEN = 2
BAD_DATA = 3
MISSING_DATA = 4
RECEIVER_NOT_REGISTERED = 5
RECEIVER_NOT_SUBSCRIBED = 6
WEBHOOK_NOT_SET = 10
TOO_MANY_REQUESTS = 12
API_VERSION_NOT_SUPPORTED = 13
INCOMPATIBLE_WITH_VERSION = 14
BROADCAST_NOT_ALLOWED = 20
FREE_MESSAGES_EXCEEDED = 23
NO_BALANCE = 24
BAD_RECEIVER_ID = 999

STATUS_NAMES = {
    0: "ok",
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "Not found",
    6: "Not subscribed",
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
    21: "unsupportedCountry",
    22: "paymentUnsupported",
    23: "freeMessagesExceeded",
    24: "noBalance",
    999: "Bad receiver ID",
}

# Events in the order in which set_webhook answers them.
EVENTS = (
    "subscribed",
    "unsubscribed",
    "webhook",
    "conversation_started",
    "client_status",
    "action",
    "delivered",
    "failed",
    "message",
    "seen",
)
MANDATORY_EVENTS = {"message", "subscribed", "unsubscribed"}

# Limits of what a bot sends (CH, "Send message"; caption: DV).
MAX_BODY = 30_000
MAX_TEXT = 7000
MAX_SENDER_NAME = 28
MAX_TRACKING_DATA = 4000
MAX_URL = 2000
MAX_FILE_NAME = 256
MAX_CONTACT_NAME = 28
MAX_CONTACT_PHONE = 18
MAX_VIDEO_DURATION = 180
MAX_STICKER = 10**9  # no document names a limit
MAX_BROADCAST = 300
MAX_ONLINE_IDS = 100
API_VERSION = 10  # the highest level that the service knows

MAX_VIDEO = 26 * 1024 * 1024
MAX_FILE = 50 * 1024 * 1024
MAX_THUMBNAIL = 100 * 1024
MAX_AVATAR = 100 * 1024
MAX_PICTURE = {"ios": 1024 * 1024, "android": 3 * 1024 * 1024}

PICTURE_EXTENSIONS = {"jpeg", "jpg", "png", "gif"}
FORBIDDEN_EXTENSIONS = set(
    "action apk app bat bin cmd com command cpl csh exe gadget inf1 ins inx ipa isu"
    " job jse ksh lnk msc msi msp mst osx out paf pif ps1 reg rgs run sct shb shs u3p"
    " vb vbe vbs vbscript workflow ws wsf".split()
)

# Rates and spans, in seconds.
WEBHOOK_TIMEOUT = 5.0
MESSAGES_PER_HOUR = 100
DETAILS_PER_SPAN = 2
DETAILS_SPAN = 12 * 3600
BROADCASTS_PER_SPAN = 500
BROADCASTS_SPAN = 10
SESSION_SPAN = 24 * 3600
MEDIA_LIFE = 3600
QUICK_REPEATS = 3
QUICK_REPEAT_SPAN = 1
SLOW_REPEAT_SPAN = 60
REPEATS_END = 3600

PLACEHOLDER_NAME = "Subscriber"
PLACEHOLDER_AVATAR = (
    "http://dl-media.viber.com/1/share/2/long/bots/generic-avatar%402x.png"
)
