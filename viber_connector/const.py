"""Names and limits of the Viber Bot API that the addon relies on.

Every number has its source, under the keys of docs/viber_bot_api.rst, "Sources":
``CH`` and ``DV`` are Viber's documents, "seen" means captured traffic.
This module imports nothing of ours, so that everything may import it.
"""

# -- Addresses ---------------------------------------------------------------

#: System parameter with the address of the Bot API.
API_URL_PARAMETER = "viber_connector.api_url"
API_URL = "https://chatapi.viber.com/pa"
WEBHOOK_PATH = "/viber/webhook/"
MEDIA_PATH = "/viber/media/"
LINK_PATH = "/viber/go/"
#: CH "Deep links": opens the chat with a bot.
DEEP_LINK = "viber://pa?chatURI={uri}"
#: CH "Deep links": this comes back in ``conversation_started`` as ``context``.
DEEP_LINK_CONTEXT = "&context={code}"
#: Hours after its opening in which a link presets what the customer begins.
LINK_HOURS = 24
#: Pixels of each side of a QR code that is downloaded: sharp on paper, some 10 cm wide.
QR_PIXELS = 1024
#: Random bytes of a link's code: 16 characters of ``[A-Za-z0-9_-]``.
LINK_CODE_BYTES = 12
#: How long a personal link works, and for how long still when it is handed out again.
PERSONAL_LINK_DAYS = 30
PERSONAL_LINK_DAYS_LEFT = 15
#: How long one that nobody opened is kept after its last day, to say that it expired.
PERSONAL_LINK_KEPT_DAYS = 365
PERSONAL_LINK_BATCH = 2_000

# -- Callbacks ---------------------------------------------------------------

#: CH "Callbacks": lower-case hexadecimal HMAC-SHA256 of the raw body.
SIGNATURE_HEADER = "X-Viber-Content-Signature"
#: The longest text (7,000 characters, each at most a ``\uXXXX\uXXXX`` pair) makes
#: 84 kB; the rest of a callback is small.
CALLBACK_MAX_BYTES = 256 * 1024
#: Why a customer's client refused a message: it may quote all of what we sent, which
#: has 30 kB at the most.
REASON_MAX_LENGTH = 32_000
#: Optional events we ask for; message, subscribed and unsubscribed always come (CH).
EVENT_TYPES = ["delivered", "seen", "failed", "conversation_started"]
#: Viber's own check of the address during ``set_webhook``; may come unsigned (seen).
PROBE_EVENT = "webhook"
#: An unsigned probe is looked for in no more than this; Viber's has 110 bytes (seen).
PROBE_MAX_BYTES = 4 * 1024
#: Types of messages whose ``media`` is a file.
#: Source: docs/viber_bot_api.rst, "Types of messages".
FILE_TYPES = ("picture", "video", "file", "sticker")
#: Types of messages that are understood.
KNOWN_TYPES = (*FILE_TYPES, "text", "url", "location", "contact")
#: What Viber sends as the text beside the number when our button is pressed.
SHARE_PHONE_BODY = "phone"
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
#: Far above the longest answer: that about the account, which names its members.
ANSWER_MAX_BYTES = 1024 * 1024

# -- Limits of one message (CH "Send message") ---------------------------------

PAYLOAD_MAX_BYTES = 30_000
TEXT_MAX_LENGTH = 7_000
SENDER_NAME_MAX_LENGTH = 28
#: API levels that plain messages and the share-phone button need.
MIN_API_VERSION = 1
KEYBOARD_API_VERSION = 3
#: 512 in DV, 768 in CH: the smaller one is right in both.
CAPTION_MAX_LENGTH = 512
#: JPEG, PNG and GIF that does not move; 1 MB on iOS, 3 MB on Android.
PICTURE_TYPES = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}
PICTURE_MAX_BYTES = 1024 * 1024
#: How often a bigger one is made smaller before it leaves as a file, and seconds after
#: which a process counts for dead that had begun with it.
PICTURE_TRIES = 2
PICTURE_PATIENCE = 60
VIDEO_TYPE = "video/mp4"
VIDEO_MAX_BYTES = 26 * 1024 * 1024
FILE_MAX_BYTES = 50 * 1024 * 1024
FILE_NAME_MAX_LENGTH = 256
#: CH "Forbidden file extensions".
FORBIDDEN_EXTENSIONS = frozenset(
    "action apk app bat bin cmd com command cpl csh exe gadget inf1 ins inx ipa isu"
    " job jse ksh lnk msc msi msp mst osx out paf pif ps1 reg rgs run sct shb shs u3p"
    " vb vbe vbs vbscript workflow ws wsf".split()
)

# -- The jobs ----------------------------------------------------------------

#: Seconds after which a wake-up of a job that has not begun counts for lost.
WAKE_UP_PATIENCE = 5
#: Seconds that a run of a job may take, and after which it gives way to others that
#: wait; they are looked for so often.
JOB_SECONDS = 8
JOB_SLICE = 3
JOB_LOOK_AGAIN = 0.5
#: Seconds after which Odoo's job of web pushes gives way.
PUSH_SLICE = 1
#: Seconds before the next try of a job that failed.
JOB_RETRY_DELAY = 60
#: How often an update asks whether a job has ended, for 15 s each time (Odoo's limit).
JOB_STOP_TRIES = 10
#: Characters of an account's public address; longer links than it makes fit no QR code.
BASE_URL_MAX_LENGTH = 255
#: Seconds within which a busy job tells the bus once: so much later one sees it.
BUS_SECONDS = 0.2
#: Seconds that a job waits for a row which somebody else has locked.
LOCK_SECONDS = 1
#: Seconds between the tries to write down what others write at the same time.
CONFLICT_PAUSES = (0.05, 0.1, 0.2)
#: Odoo's scheduler looks only once a minute for jobs that are due at a later time.
WAKE_UP_SOON = 70

# -- The outbox --------------------------------------------------------------

#: Seconds to wait before the next try of a message that Viber refused for a while, and
#: by which share of it the wait may vary, so that not all come back at once.
SEND_RETRY_DELAYS = (5, 15, 60, 300, 900)
SEND_RETRY_JITTER = 0.2
#: While Viber can't be reached an account's queue rests. It is opened again by a
#: harmless call, tried after so many seconds at first, then at doubled delays.
PAUSE_FIRST = 5
PAUSE_MAX = 300
#: After a day an administrator has to look.
PAUSE_GIVE_UP = 24 * 3600
#: CH "Rate limits": to one customer, in an hour by the clock, without an answer.
MESSAGES_PER_HOUR_MAX = 100
#: Far above what Viber takes from any bot.
SEND_RATE_MAX = 10_000
#: Seconds within which ``send_rate`` is kept; a little more than one, as the way to
#: Viber does not take the same time for each message.
RATE_WINDOW = 1.1
#: Seconds between a run of the outbox's job and the next that it plans, at the least.
SEND_REST = 2
#: Seconds that a message may wait for Undo.
HOLD_SECONDS_MAX = 60
#: Seconds between two looks for more to send, while some is on the way or
#: ``send_rate`` is used up.
SEND_LOOK_AGAIN = 0.1
#: Seconds that a run claims messages for, and that it then waits for answers; an answer
#: that takes longer than some seconds keeps no run from claiming others meanwhile.
SEND_SECONDS = 5
SEND_DRAIN = 16
SEND_SLOW = 1
#: Paused accounts that are asked at the same time whether Viber answers again.
PROBE_CONNECTIONS = 32
#: A row that is "sending" for longer than any request can take belonged to a
#: process that died: nobody knows whether Viber took it.
SENDING_TIMEOUT = 60

#: Messages that are on the way at the same time.
SEND_CONNECTIONS = 16
SEND_CONNECTIONS_PARAMETER = "viber_connector.send_connections"
#: CH: an avatar of 100 kB at the most; 720 pixels square are advised.
AVATAR_FIELD = "image_256"
#: Characters of a file's name in its address.
URL_NAME_MAX_LENGTH = 60
#: Days that links to our files live: a customer's phone fetches when they open them.
MEDIA_LINK_DAYS = 30
MEDIA_LINK_DAYS_PARAMETER = "viber_connector.media_link_days"
#: When an update made the links to files say of which bytes they are.
OLD_LINKS_PARAMETER = "viber_connector.old_links_until"
WAITING_STATES = {"outgoing", "sending"}
BROKEN_STATES = {"failed", "uncertain"}
#: Of Odoo's notifications: the recipient has got nothing, and will get nothing.
LOST_STATUSES = {"bounce", "canceled", "exception"}
#: In which nothing of a message can have reached the customer.
CHANGEABLE_STATES = {"outgoing", "failed", "canceled"}

# -- The inbox ---------------------------------------------------------------

#: Seconds to wait before an event that failed is tried again; all of them together
#: are less than ``EVENT_PATIENCE``.
EVENT_RETRY_DELAYS = (5, 15, 40, 50)
#: Seconds after the first failure when the last try is due: Odoo's scheduler may be
#: late by one minute, and the customer's next message waits for 3 minutes at the most.
EVENT_PATIENCE = 120
#: A receipt can overtake the commit of the message that it is about; one that still
#: is about nothing of ours after so many seconds never will be.
RECEIPT_PATIENCE = 180

# -- What customers send -----------------------------------------------------

#: Files that are fetched at the same time.
MEDIA_CONNECTIONS = 8
#: A message waits so many seconds for its file, then it is posted without.
MEDIA_PATIENCE = 10
#: Seconds that a later try may take.
MEDIA_TIMEOUT = 30
#: Seconds between a run that left files on their way and the next.
MEDIA_REST = 2
#: Viber's links live one hour (docs/viber_bot_api.rst, "Links to customers' files").
MEDIA_LIFE = 3600
#: Seconds before the next try to fetch a file.
MEDIA_RETRY_DELAYS = (15, 60, 180, 600, 1200)
MEDIA_MAX_MB_PARAMETER = "viber_connector.media_max_mb"
MEDIA_MAX_MB = 50
#: Extensions of sounds and pictures that Python's :mod:`mimetypes` does not know, or
#: not everywhere.
SUFFIXES = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/wav": ".wav",
    "audio/webm": ".weba",
    "audio/x-hx-aac-adts": ".aac",
    "audio/x-m4a": ".m4a",
    "image/heic": ".heic",
    "image/webp": ".webp",
}
#: What a contact's picture may be, by its content.
AVATAR_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
#: Of a bot's picture; pixels of our copy; seconds that it may take to get it.
ICON_MAX_BYTES = 5 * 1000 * 1000
ICON_PIXELS = 128
ICON_SECONDS = 5
EVENT_RETENTION_PARAMETER = "viber_connector.event_retention_days"
EVENT_RETENTION_DAYS = 90
EVENT_RETENTION_BATCH = 2_000

# -- Customers ---------------------------------------------------------------

#: The name that Viber gives for everybody who hides their own (seen).
PLACEHOLDER_NAME = "Subscriber"
#: In the address of the avatar of everybody who hides their own (seen).
PLACEHOLDER_AVATAR = "generic-avatar"
#: Viber's own sample shows a country code that is none of ISO 3166 (CH).
COUNTRY_ALIASES = {"UK": "GB"}
CONTACT_NAME_MAX_LENGTH = 100
#: Characters of a customer's first line that become the name of the conversation.
CONVERSATION_NAME_MAX_LENGTH = 80
#: Characters of a customer's last message that lists and cards show.
PREVIEW_MAX_LENGTH = 100
#: Lines of a list that is made for one look: conversations of a customer, messages of
#: one who is blocked; who wants more looks in the boards and in the inbox.
LISTED_MAX = 100
#: Characters of a message that such a list shows.
WORDS_MAX_LENGTH = 1_000

# -- The web client ------------------------------------------------------------

#: Type of the bus notification that a conversation has a new message.
BUS_REFRESH = "viber_connector/refresh"
#: Type of the bus notification that the form of a conversation has changed.
BUS_RELOAD = "viber_connector/reload"
#: Type of the bus notification that the cards of a place (a project, say) have changed.
BUS_BOARD = "viber_connector/board"
#: Type of the bus notification that other customers wait for somebody than before.
BUS_COUNTER = "viber_connector/counter"
#: Those who work on conversations: they have the counter and the live boards.
AGENTS = "viber_connector.group_viber_agent"
#: Those who look after the accounts.
MANAGERS = "viber_connector.group_viber_manager"
#: The channel of a place beside its own.
BOARD = "viber_board"

# -- The health of an account ----------------------------------------------------

#: Seconds that Viber and our own address may take to answer, all in all, and accounts
#: that are looked at at the same time.
HEALTH_SECONDS = 12
HEALTH_CONNECTIONS = 16
#: Minutes after which an account is looked at again; hours after which one that was
#: not tells that the jobs do not run.
HEALTH_MINUTES = 50
HEALTH_STALE_HOURS = 3
#: Seconds that somebody who is at work on an account has for themselves.
HEALTH_REST_SECONDS = 30
#: Minutes after which a job that is due, or has never run, is late.
JOB_LATE_MINUTES = 10
#: Failures of a job in a row that are no accident; with two more, over a week, Odoo
#: switches it off.
JOB_FAILURES = 3
#: Minutes after which what waits in a queue makes a warning, and a problem.
BACKLOG_WARNING_MINUTES = 10
BACKLOG_PROBLEM_MINUTES = 60
#: Minutes in which a callback proves that Viber reaches us.
CALLBACK_PROOF_MINUTES = 60
#: Rows of the inbox before the newest at a look that may have been committed since.
EVENT_OVERLAP = 100
#: Seconds between two times that a process writes down which callbacks it refused, and
#: hours for which they are told of; so many without a good one in between are no
#: accident.
REFUSALS_SECONDS = 60
REFUSALS_HOURS = 24
REFUSALS_PROBLEM = 5
#: Days without anything from Viber after which an account tells so.
SILENCE_DAYS = 7
#: Seconds that callbacks signed with a bot's previous key are taken.
OLD_KEY_SECONDS = 3600
#: Type of the bus notification that an account's health has changed.
BUS_HEALTH = "viber_connector/health"
