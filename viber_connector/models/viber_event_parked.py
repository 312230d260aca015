"""Events that nobody may process now: they wait beside the queue, for a person."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const

# The condition of the index, word by word, so that PostgreSQL uses it.
IN_QUEUE = SQL("event.state = 'pending' AND event.is_parked IS NOT TRUE")


class ViberEvent(models.Model):
    _inherit = "viber.event"

    is_parked = fields.Boolean(
        "Waits for a Person",
        readonly=True,
        copy=False,
        help="Waits until the customer is unblocked, or the account is active and "
        "connected again, or this database is a copy no more.",
    )

    # Small whatever the number of events that are done, or parked.
    _pending = models.Index(
        "(account_id, viber_user_id) WHERE state = 'pending' AND is_parked IS NOT TRUE"
    )
    _parked = models.Index(
        "(account_id, viber_user_id) WHERE state = 'pending' AND is_parked"
    )

    @api.model
    def _park(self):
        """Take out of the queue what waits for a person: what blocked customers wrote,
        and all of accounts that are archived or not connected, or connected by the
        database of which this one is a copy."""
        self._park_accounts()
        self._park_customers()

    @api.model
    def _park_accounts(self):
        # An UPDATE, not just a lock, of the row that says so: who activates the account
        # at the same time, with a snapshot that lacks what is parked here, gets a
        # serialization failure and starts again. One who is about to is left alone.
        query = SQL(
            """
            WITH resting AS (
                UPDATE viber_account SET write_date = write_date
                 WHERE id IN (SELECT account.id FROM viber_account account
                               WHERE (NOT account.active OR account.state = 'draft'
                                      OR account.copy_seen_date IS NOT NULL)
                                 AND EXISTS (SELECT 1 FROM viber_event event
                                              WHERE %(in_queue)s
                                                AND event.account_id = account.id)
                                 FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id)
            UPDATE viber_event event SET is_parked = TRUE
              FROM resting
             WHERE event.account_id = resting.id AND %(in_queue)s
            """,
            in_queue=IN_QUEUE,
        )
        self.env.cr.execute(query, log_exceptions=False)

    @api.model
    def _park_customers(self):
        query = SQL(
            """
            WITH blocked AS (
                UPDATE viber_subscriber SET write_date = write_date
                 WHERE id IN (SELECT subscriber.id
                                FROM viber_event event
                                JOIN viber_subscriber subscriber
                                  ON subscriber.account_id = event.account_id
                                 AND subscriber.viber_user_id = event.viber_user_id
                               WHERE %(in_queue)s AND subscriber.is_blocked
                                 AND event.event_type NOT IN %(receipts)s
                                 FOR NO KEY UPDATE OF subscriber SKIP LOCKED)
             RETURNING account_id, viber_user_id)
            UPDATE viber_event event SET is_parked = TRUE
              FROM blocked
             WHERE event.account_id = blocked.account_id
               AND event.viber_user_id = blocked.viber_user_id
               AND event.event_type NOT IN %(receipts)s AND %(in_queue)s
            """,
            in_queue=IN_QUEUE,
            receipts=const.RECEIPT_EVENTS,
        )
        self.env.cr.execute(query, log_exceptions=False)

    @api.model
    def _unpark(self, accounts, subscribers=None):
        """Put back what waited, in its order, as far as nothing keeps it any more.

        :param viber.account accounts: whose events
        :param viber.subscriber subscribers: of these customers only
        """
        self.flush_model(["is_parked", "state"])
        query = SQL(
            """
            UPDATE viber_event SET is_parked = FALSE
             WHERE state = 'pending' AND is_parked AND account_id = ANY(%s)
            """,
            accounts.ids,
        )
        if subscribers is not None:
            users = subscribers.mapped("viber_user_id")
            query = SQL("%s AND viber_user_id = ANY(%s)", query, users)
        self.env.cr.execute(query)
        self.invalidate_model(["is_parked"])
        self._wake()
