"""What is remembered of events that are removed: enough to tell a repetition."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const


def digest_of(account_id, event_type, message_token, viber_user_id):
    """Make the query's term that tells an event from all others.

    :param account_id: and the others: a value, or the SQL of a column
    :return: SQL of a text; nobody can read from it whose event it was
    :rtype: SQL
    """
    return SQL(
        """
        encode(sha256(convert_to(
            concat_ws(E'\\n', %s::int, %s::text, %s::text, %s::text), 'UTF8')), 'hex')
        """,
        account_id,
        event_type,
        message_token,
        viber_user_id,
    )


class ViberEventDigest(models.Model):
    """An event that was removed, after its time or by hand.

    Whoever has caught a callback with its signature could have it posted again
    otherwise. Kept as long as the account: a hundred bytes, where the message in the
    chatter takes a thousand.
    """

    _name = "viber.event.digest"
    _description = "Removed Viber Event"
    _log_access = False

    account_id = fields.Many2one(
        "viber.account", required=True, index=True, ondelete="cascade"
    )
    digest = fields.Char(required=True)

    _digest_unique = models.UniqueIndex("(digest)")

    @api.model
    def _remember(self, events):
        """Keep the digests of events that are about to be removed. Receipts change
        nothing when they are repeated.

        :param viber.event events: of any state
        """
        events.flush_recordset()
        columns = (
            "account_id",
            "event_type",
            "message_token",
            "viber_user_id",
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO viber_event_digest (account_id, digest)
                SELECT account_id, %s FROM viber_event
                 WHERE id = ANY(%s) AND event_type NOT IN %s
                ON CONFLICT (digest) DO NOTHING
                """,
                digest_of(*map(SQL.identifier, columns)),
                events.ids,
                const.RECEIPT_EVENTS,
            )
        )
