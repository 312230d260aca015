"""Ten thousand rows of each queue, as an older release left them: made by SQL out of
one of each kind, so that it takes seconds."""

CONVERSATIONS = 200
POSTS = 200
FILES = 100
# In these every row is compared.
TABLES = (
    "mail_message",
    "mail_notification",
    "project_task",
    "res_partner",
    "viber_account",
    "viber_account_key",
    "viber_event",
    "viber_event_digest",
    "viber_media",
    "viber_message",
    "viber_subscriber",
)

_COPY = """
    INSERT INTO {table}
    SELECT copied.*
      FROM {table} AS source
     CROSS JOIN ({wanted}) AS wanted
     CROSS JOIN LATERAL jsonb_populate_record(
            source, jsonb_build_object('id', nextval('{table}_id_seq'), {changes})
           ) AS copied
     WHERE source.id = ({source})
"""
_YESTERDAY = "now() AT TIME ZONE 'UTC' - interval '1 day'"

# -- Conversations -----------------------------------------------------------------

_SUBSCRIBER = "SELECT id FROM viber_subscriber WHERE viber_user_id = %(customer)s"
_PARTNER = "SELECT partner_id FROM viber_subscriber WHERE viber_user_id = %(customer)s"
_TASK = f"SELECT id FROM project_task WHERE viber_subscriber_id = ({_SUBSCRIBER})"
_PARTNERS = """
    SELECT 'Old customer ' || number AS new_name
      FROM generate_series(1, %(count)s) AS number
"""
_SUBSCRIBERS = """
    SELECT id AS new_partner, name AS new_name FROM res_partner
     WHERE name LIKE 'Old customer %%'
"""
_TASKS = """
    SELECT id AS new_subscriber, partner_id AS new_partner, name AS new_name
      FROM viber_subscriber WHERE name LIKE 'Old customer %%'
"""

# -- The inbox: all that there can be; of what will be worked off there are a few --

_EVENT_OF = """
    SELECT min(id) FROM viber_event
     WHERE event_type = 'message' AND viber_user_id = %(customer)s
"""
_EVENTS = """
    SELECT row_number() OVER () AS number, kind, new_type, has_task,
           CASE kind WHEN 'parked' THEN %(blocked)s ELSE %(customer)s END AS writer
      FROM unnest(ARRAY['pending', 'parked', 'done', 'ignored', 'failed']) AS kind,
           unnest(ARRAY['message', 'subscribed', 'unsubscribed', 'delivered', 'seen',
                        'failed', 'conversation_started']) AS new_type,
           unnest(ARRAY[TRUE, FALSE]) AS has_task,
           generate_series(1, CASE WHEN kind IN ('pending', 'parked') THEN 10
                                   ELSE 232 END)
"""
_PERSON = "jsonb_build_object('id', writer, 'name', 'Petro Bondar', 'api_version', 10)"
_TEXT = "format('Event %%s was %%s.', number, kind)"
_EVENT = {
    "event_type": "new_type",
    "message_token": "(1000000 + number)::text",
    "viber_user_id": "writer",
    "event_date": "source.event_date - number * interval '1 ms'",
    "create_date": _YESTERDAY,
    "payload": f"""jsonb_build_object(
        'event', new_type, 'message_token', 1000000 + number, 'user_id', writer,
        'timestamp', 1700000000000 + number, 'user', {_PERSON}, 'sender', {_PERSON},
        'message', jsonb_build_object('type', 'text', 'text', {_TEXT}))::text""",
    "state": "CASE kind WHEN 'parked' THEN 'pending' ELSE kind END",
    "is_parked": "kind = 'parked'",
    "error": "CASE kind WHEN 'failed' THEN 'ValueError: odd' END",
    "task_id": "CASE WHEN has_task THEN source.task_id END",
    "mail_message_id": "CASE kind WHEN 'done' THEN source.mail_message_id END",
}

# -- The outbox --------------------------------------------------------------------

_WAITING = "SELECT id FROM viber_message WHERE state = 'outgoing' ORDER BY id LIMIT 1"
_POST = f"SELECT mail_message_id FROM viber_message WHERE id = ({_WAITING})"
_FATE = f"SELECT mail_notification_id FROM viber_message WHERE id = ({_WAITING})"
_POSTS = "SELECT number FROM generate_series(1, %(count)s) AS number"
_FATES = """
    SELECT id AS new_post FROM mail_message WHERE body LIKE '<p>Old post %%'
"""
_MESSAGES = """
    SELECT wanted.*, post.*
      FROM (SELECT row_number() OVER () AS number, kind, has_task, has_post, has_fate
              FROM unnest(ARRAY['outgoing', 'sending', 'sent', 'delivered', 'seen',
                                'uncertain', 'failed', 'canceled']) AS kind,
                   unnest(ARRAY[TRUE, FALSE]) AS has_task,
                   unnest(ARRAY[TRUE, FALSE]) AS has_post,
                   unnest(ARRAY[TRUE, FALSE]) AS has_fate,
                   generate_series(1, CASE WHEN kind IN ('outgoing', 'sending') THEN 2
                                           ELSE 208 END)) AS wanted
      JOIN (SELECT row_number() OVER (ORDER BY message.id) AS place,
                   message.id AS new_post, fate.id AS new_fate
              FROM mail_message AS message
              JOIN mail_notification AS fate ON fate.mail_message_id = message.id
             WHERE message.body LIKE '<p>Old post %%') AS post
        ON post.place = 1 + wanted.number %% %(posts)s
"""
_MESSAGE = {
    "state": "kind",
    "payload": """replace(source.payload, %(text)s,
                          format('Message %%s was %%s.', number, kind))""",
    "task_id": "CASE WHEN has_task THEN source.task_id END",
    "mail_message_id": "CASE WHEN has_post THEN new_post END",
    "mail_notification_id": "CASE WHEN has_fate THEN new_fate END",
    "message_token": """CASE WHEN kind IN ('sent', 'delivered', 'seen')
                             THEN (1000000 + number)::text END""",
    "attempt_count": "CASE kind WHEN 'outgoing' THEN 0 ELSE 1 END",
    "next_attempt_date": "NULL::timestamp",
    "sending_date": f"CASE WHEN kind != 'outgoing' THEN {_YESTERDAY} END",
    "sent_date": f"""CASE WHEN kind IN ('sent', 'delivered', 'seen')
                          THEN {_YESTERDAY} END""",
    "failed_date": f"CASE kind WHEN 'failed' THEN {_YESTERDAY} END",
    "failure_type": """CASE kind WHEN 'failed' THEN 'viber_request'
                                 WHEN 'uncertain' THEN 'viber_uncertain' END""",
}

_TEXTS = {
    "viber_event": (
        "payload LIKE %(kind)s AND event_type = 'message'",
        "{message,text}",
    ),
    "viber_message": ("payload LIKE %(kind)s", "{text}"),
}
_BLOCKED = """
    SELECT count(*) FROM viber_event
     WHERE payload LIKE '% was parked.%'
       AND event_type NOT IN ('delivered', 'seen', 'failed')
"""

# -- Files, and what tells repetitions ---------------------------------------------

_FILE = "SELECT max(id) FROM viber_media"
_FILES = """
    SELECT kind, generate_series(1, %(count)s)
      FROM unnest(ARRAY['pending', 'done', 'failed']) AS kind
"""
_DIGESTS = """
    INSERT INTO viber_event_digest (account_id, digest)
    SELECT max(account_id), md5(number::text)
      FROM viber_media JOIN viber_event ON viber_event.id = event_id,
           generate_series(1, 100) AS number
  GROUP BY number
"""


class OldRows:
    """The database of an older release, and what is in it.

    :param OdooServer server: on this database; it need not run
    """

    def __init__(self, server):
        self._server = server

    def fill(self, customer, blocked, text="Waits"):
        """Have rows of each kind, with and without what they may be linked to.

        :param str customer: id at the bot of somebody with a conversation, into which
            they have sent a file that has not come yet
        :param str blocked: the same of somebody who is blocked
        :param str text: of the first message that waits to be sent
        """
        self._fill_conversations(customer)
        self._copy(
            *("viber_event", _EVENT_OF, _EVENTS, _EVENT),
            customer=customer,
            blocked=blocked,
        )
        self._fill_outbox(text)
        self._copy(
            *("viber_media", _FILE, _FILES),
            {"state": "kind", "next_attempt_date": "now() + interval '1 day'"},
            count=FILES,
        )
        self._server.sql(_DIGESTS)

    def _fill_conversations(self, customer):
        name = {"name": "new_name"}
        params = {"customer": customer, "count": CONVERSATIONS}
        own = {"complete_name": "new_name"}
        own["commercial_partner_id"] = "currval('res_partner_id_seq')"
        self._copy("res_partner", _PARTNER, _PARTNERS, name | own, **params)
        own = {"viber_user_id": "new_name", "partner_id": "new_partner"}
        self._copy("viber_subscriber", _SUBSCRIBER, _SUBSCRIBERS, name | own, **params)
        own = {"viber_subscriber_id": "new_subscriber", "partner_id": "new_partner"}
        self._copy("project_task", _TASK, _TASKS, name | own, **params)

    def _fill_outbox(self, text):
        params = {"count": POSTS, "posts": POSTS, "text": text}
        body = {"body": "format('<p>Old post %%s</p>', number)"}
        self._copy("mail_message", _POST, _POSTS, body, **params)
        post = {"mail_message_id": "new_post"}
        self._copy("mail_notification", _FATE, _FATES, post, **params)
        self._copy("viber_message", _WAITING, _MESSAGES, _MESSAGE, **params)

    def _copy(self, table, source, wanted, changes, **params):
        """Copy a row.

        :param str source: SQL of its id
        :param str wanted: SQL of the copies: what their values are made of
        :param dict changes: SQL of the values, by column
        """
        pairs = ", ".join(f"'{column}', {value}" for column, value in changes.items())
        query = _COPY.format(table=table, source=source, wanted=wanted, changes=pairs)
        self._server.sql(query, params)

    def texts(self, table, kind):
        """
        :return: what stands in the rows of one kind (list of str); of the inbox in
            those that are messages
        """
        where, key = _TEXTS[table]
        return [
            text
            for [text] in self._server.sql(
                f"SELECT payload::jsonb #>> '{key}' FROM {table} WHERE {where}",
                {"kind": f"% was {kind}.%"},
            )
        ]

    def count_blocked(self):
        """
        :return: how many rows of the inbox wait for a person (int): of those that were
            parked all but receipts, as the customer is blocked and not the account
        """
        [[count]] = self._server.sql(_BLOCKED)
        return count

    def read(self):
        """:return: all rows (dict), by table and by id"""
        # Odoo writes into its own users' contacts what is there.
        row = "to_jsonb(t) - 'write_date'"
        return {
            table: dict(self._server.sql(f"SELECT id, {row} FROM {table} AS t"))
            for table in TABLES
        }


def compare(before, after):
    """Compare what :meth:`OldRows.read` has read before and after an update.

    :return: columns that are gone (set of str), and what is other than it was (list):
        rows that are gone, and values; new rows and columns are no loss
    """
    gone, other = set(), []
    for table, rows in before.items():
        for row_id, row in rows.items():
            now = after[table].get(row_id)
            if now is None:
                other.append((table, row_id))
                continue
            gone.update(f"{table}.{column}" for column in row.keys() - now.keys())
            other += [
                (table, row_id, column, value, now[column])
                for column, value in row.items()
                if column in now and now[column] != value
            ]
    return gone, other
