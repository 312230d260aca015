"""Names, limits and tables of the Viber Bot API that the addon relies on.

Every number has its source: ``CH`` is creators.viber.com/docs/bots-api, ``DV`` is
developers.viber.com/docs/api/rest-bot-api; "seen" means captured traffic.
This module imports nothing of ours, so that everything may import it.
"""

# -- Addresses ---------------------------------------------------------------

#: System parameter with the address of the Bot API.
API_URL_PARAMETER = "viber_connector.api_url"
API_URL = "https://chatapi.viber.com/pa"
WEBHOOK_PATH = "/viber/webhook/"
MEDIA_PATH = "/viber/media/"
#: CH "Deep links": opens the chat with a bot.
DEEP_LINK = "viber://pa?chatURI={uri}"

# -- Callbacks ---------------------------------------------------------------

#: CH "Callbacks": lower-case hexadecimal HMAC-SHA256 of the raw body.
SIGNATURE_HEADER = "X-Viber-Content-Signature"
#: The longest text (7,000 characters, each at most a ``\uXXXX\uXXXX`` pair) makes
#: 84 kB; the rest of a callback is small.
CALLBACK_MAX_BYTES = 256 * 1024
#: Optional events we ask for; message, subscribed and unsubscribed always come (CH).
EVENT_TYPES = ["delivered", "seen", "failed", "conversation_started"]
#: Viber's own check of the address during ``set_webhook``; may come unsigned (seen).
PROBE_EVENT = "webhook"
#: Events that report on a message of ours, named by its token.
RECEIPT_EVENTS = ("delivered", "seen", "failed")
#: ``message_token >> 22`` counts the milliseconds since this moment (seen).
TOKEN_EPOCH_MS = 292057776128
TOKEN_SHIFT = 22

# -- Requests ----------------------------------------------------------------

#: Seconds to connect, seconds between two bytes of the answer.
REQUEST_TIMEOUT = (5, 10)
#: ``set_webhook`` answers only after its probe, which may take 5 s (seen).
SET_WEBHOOK_TIMEOUT = (5, 20)

# -- Status codes (viber_bot_api.md, 7; CH and DV "Error codes") ---------------

STATUS_OK = 0
STATUS_INVALID_URL = 1
STATUS_BAD_TOKEN = 2
STATUS_NAMES = {
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
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
    999: "badReceiverId",
}
#: What a status means for the message that got it: ``later`` try again after a while,
#: ``wait`` for the customer or the next hour, ``recipient`` can't be reached,
#: ``account`` nothing of this bot passes, ``request`` our own mistake.
STATUS_POLICY = {
    1: "request",
    2: "account",
    3: "request",
    4: "request",
    5: "recipient",
    6: "recipient",
    7: "account",
    8: "account",
    9: "account",
    10: "account",
    11: "recipient",
    12: "wait",
    13: "request",
    14: "request",
    15: "account",
    16: "request",
    17: "request",
    18: "request",
    19: "later",
    20: "request",
    21: "recipient",
    22: "request",
    23: "recipient",
    24: "account",
    999: "recipient",
}
STATUS_POLICY_UNKNOWN = "later"

# -- Limits of one message (CH "Send message") ---------------------------------

PAYLOAD_MAX_BYTES = 30_000
TEXT_MAX_LENGTH = 7_000
SENDER_NAME_MAX_LENGTH = 28
TRACKING_DATA_MAX_LENGTH = 4_000
#: API level that plain messages need.
MIN_API_VERSION = 1

#: Seconds after which a wake-up of a job that has not begun counts for lost.
WAKE_UP_PATIENCE = 5

# -- The outbox --------------------------------------------------------------

#: Seconds to wait before the next try of a message that Viber surely has not taken.
SEND_RETRY_DELAYS = (5, 15, 60, 300, 900)
#: A row that is "sending" for longer than any request can take belonged to a
#: process that died: nobody knows whether Viber took it.
SENDING_TIMEOUT = 60

#: Messages that are on the way at the same time.
SEND_CONNECTIONS = 16
WAITING_STATES = {"outgoing", "sending"}
BROKEN_STATES = {"failed", "uncertain"}

# -- The inbox ---------------------------------------------------------------

#: Seconds to wait before an event that failed is tried again; 3 minutes in all.
EVENT_RETRY_DELAYS = (5, 15, 40, 60)
#: A receipt can overtake the commit of the message that it is about; one that still
#: is about nothing of ours after so many seconds never will be.
RECEIPT_PATIENCE = 60

# -- What customers send -----------------------------------------------------

#: Files that are fetched at the same time.
MEDIA_CONNECTIONS = 8
#: A message waits so many seconds for its file, then it is posted without.
MEDIA_PATIENCE = 10
#: Seconds that a later try may take.
MEDIA_TIMEOUT = 90
#: Viber's links to files live one hour (viber_bot_api.md, 4.5).
MEDIA_LIFE = 3600
#: Seconds before the next try to fetch a file.
MEDIA_RETRY_DELAYS = (15, 60, 180, 600, 1200)
MEDIA_MAX_MB_PARAMETER = "viber_connector.media_max_mb"
MEDIA_MAX_MB = 50
#: CH does not say how big an avatar may be; Odoo keeps it as an image.
AVATAR_MAX_BYTES = 5 * 1024 * 1024
EVENT_RETENTION_PARAMETER = "viber_connector.event_retention_days"
EVENT_RETENTION_DAYS = 90
EVENT_RETENTION_BATCH = 10_000

# -- Customers ---------------------------------------------------------------

#: The name of everybody who keeps his own to himself (seen).
PLACEHOLDER_NAME = "Subscriber"
#: In the address of the avatar of everybody who keeps his own to himself (seen).
PLACEHOLDER_AVATAR = "generic-avatar"
#: Viber's own sample shows a country code that is none of ISO 3166 (CH).
COUNTRY_ALIASES = {"UK": "GB"}
CONTACT_NAME_MAX_LENGTH = 100
#: Characters of a customer's first line that become the name of the task.
TASK_NAME_MAX_LENGTH = 80

# -- The web client ------------------------------------------------------------

#: Type of the bus notification that a conversation has a new message.
BUS_REFRESH = "viber_connector/refresh"
