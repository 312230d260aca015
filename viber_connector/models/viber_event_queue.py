"""How the inbox is emptied: one customer at a time, in Viber's order."""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from .viber_event_handlers import KNOWING_EVENTS
from .viber_event_parked import IN_QUEUE
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

# What one transaction takes at the most: few commits, yet nobody waits long.
_EVENTS_PER_CUSTOMER = 50
_CUSTOMERS_PER_ROUND = 50
# How long to wait for a file before looking for other work.
_WAIT_SECONDS = 0.2
# Tokens are numbers, the later the bigger, of any length.
_VIBER_ORDER = SQL(
    "event.event_date, length(event.message_token), event.message_token, event.id"
)


class ViberEvent(models.Model):
    _inherit = "viber.event"

    @api.model
    def _work(self):
        self._persist(self._park)
        downloads = self._take_downloads()
        finished = False
        try:
            finished = self._work_off(downloads)
        finally:
            self._leave_downloads(downloads, finished)
        return finished

    @api.model
    def _work_off(self, downloads):
        """:return: whether nothing is due any more
        :param Downloads downloads: fetches files while others are served
        :rtype: bool
        """
        while True:
            # Unless others wait, what is on its way is seen through.
            is_last = downloads.is_closed and not downloads.is_busy
            settled = self._process_receipts()
            served, waiting = self._serve_due_customers(downloads)
            if settled is None:
                waiting += 1
            done = (settled or 0) + served
            if not done and not waiting:
                return True
            if not done:
                # No transaction is open here.
                downloads.wait(_WAIT_SECONDS)
            time_left = self._end_round(done)
            downloads.is_closed = downloads.is_closed or not time_left
            if is_last or not self._has_time():
                return False

    @api.model
    def _next_date(self):
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(event.next_attempt_date) FROM viber_event event
                 WHERE %s AND event.next_attempt_date > %s
                """,
                IN_QUEUE,
                self.env.cr.now(),
            )
        )
        return date

    # -- Customers -------------------------------------------------------------

    @api.model
    def _serve_due_customers(self, downloads):
        """Serve the customers whose events are due, those who wait longest first.

        :param Downloads downloads: who waits for a file is served when it is there
        :return: number of events that were worked on, and of customers who wait
        :rtype: tuple[int, int]
        """
        done = waiting = 0
        customers = self._due_customers()
        wanted = self._fetch_ahead(customers, downloads)
        self._commit()
        for account_id, viber_user_id, _avatar_url, event_ids in customers:
            if not self._has_time():
                waiting += 1
                break
            # Their first event at least has to be ready.
            if not all(map(downloads.is_ready, wanted.get(event_ids[0], ()))):
                waiting += 1
                continue
            served = self._serve_customer(
                account_id, viber_user_id, event_ids[0], downloads
            )
            done += served
            waiting += not served
        return done, waiting

    @api.model
    def _serve_customer(self, account_id, viber_user_id, event_id, downloads):
        """:param int event_id: the customer's first event that is due
        :return: number of events that were worked on; 0 when the customer has to wait
            because somebody else (a worker, or an agent who saves them) has locked them
        :rtype: int
        """
        try:
            served = self._try_step(
                self._process_events_of, account_id, viber_user_id, downloads
            )
        except Exception as error:
            # No event's own fault, or it would be kept there. Others are not held up.
            _logger.exception("Viber inbox: event %s failed", event_id)
            reason = f"{type(error).__name__}: {error}"
            return int(self._attempt(self.browse(event_id)._retry_later, reason))
        return served or 0

    @api.model
    def _due_customers(self):
        """:return: account id, Viber user id, address of the known avatar, and ids of
            the first pending events of customers to be served now
        :rtype: list[tuple[int, str, str | None, list[int]]]
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT event.account_id, event.viber_user_id,
                       CASE WHEN subscriber.partner_id IS NOT NULL
                            THEN subscriber.avatar_url END,
                       (array_agg(event.id ORDER BY %(order)s))[:%(events)s]
                  FROM viber_event event
                  JOIN viber_account account ON account.id = event.account_id
             LEFT JOIN viber_subscriber subscriber
                    ON subscriber.account_id = event.account_id
                   AND subscriber.viber_user_id = event.viber_user_id
                 WHERE %(in_queue)s AND event.event_type NOT IN %(receipts)s
                   AND account.active AND account.state != 'draft'
                   AND account.copy_seen_date IS NULL
                   AND subscriber.is_blocked IS NOT TRUE
              GROUP BY event.account_id, event.viber_user_id, subscriber.id
                    -- one that waits for its retry holds back those behind it
                HAVING max(event.next_attempt_date) IS NULL
                    OR max(event.next_attempt_date) <= %(now)s
              ORDER BY min(event.id)
                 LIMIT %(limit)s
                """,
                in_queue=IN_QUEUE,
                order=_VIBER_ORDER,
                receipts=const.RECEIPT_EVENTS,
                now=fields.Datetime.now(),
                events=_EVENTS_PER_CUSTOMER,
                limit=_CUSTOMERS_PER_ROUND,
            )
        )

    @api.model
    def _process_events_of(self, account_id, viber_user_id, downloads):
        """Process what one customer sent, in one transaction.

        :return: number of events that were worked on; 0 when another run serves the
            customer
        :rtype: int
        """
        account = self.env["viber.account"].browse(account_id)
        events = self._with_account(account)._lock_events(account_id, viber_user_id)
        if not events:
            return 0
        create = any(event.event_type in KNOWING_EVENTS for event in events)
        subscriber = events.env["viber.subscriber"].browse()
        wrote = False
        if viber_user_id:
            wrote = any(event.event_type == "message" for event in events)
            subscriber = subscriber._claim(account, viber_user_id, create, wrote)
            if not subscriber and (
                create or subscriber._is_known(account, viber_user_id)
            ):
                return 0
        if subscriber and wrote:
            # Who answers can be written to again (Viber's limit of messages an hour).
            self.env["viber.message"]._release(subscriber)
        for count, event in enumerate(events):
            if count and self._is_over():
                return count
            if not event._is_ready(subscriber, downloads):
                return count
            if not event._process(subscriber, downloads):
                return count + 1
        return len(events)

    @api.model
    def _with_account(self, account):
        """The worker as it acts for an account: its company, and its language."""
        company = account.company_id
        lang = company.partner_id.lang
        return self.with_company(company).with_context(
            lang=lang, mail_post_autofollow=False, mail_create_nosubscribe=True
        )

    @api.model
    def _lock_events(self, account_id, viber_user_id):
        """Take a customer's pending events, all that wait or none: two workers that
        shared them out would post them in disorder.

        :return: the events in Viber's order, locked
        :rtype: viber.event
        :raise psycopg2.errors.OperationalError: somebody else works on them, or has
        """
        query = SQL(
            """
            SELECT event.id FROM viber_event event
             WHERE %s AND event.account_id = %s
               AND event.viber_user_id = %s AND event.event_type NOT IN %s
          ORDER BY %s LIMIT %s FOR NO KEY UPDATE NOWAIT
            """,
            IN_QUEUE,
            account_id,
            viber_user_id,
            const.RECEIPT_EVENTS,
            _VIBER_ORDER,
            _EVENTS_PER_CUSTOMER,
        )
        return self.browse(row[0] for row in self._query(query))

    def _process(self, subscriber, downloads):
        """Process one event; what fails is kept for another try.

        :param viber.subscriber subscriber: whose event it is, or empty when unknown
        :param Downloads downloads: has the files that the event names
        :return: whether the customer's next event may follow
        :rtype: bool
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                vals = self._dispatch(subscriber, downloads)
                self.write(
                    {"state": "done", "error": False, "next_attempt_date": False} | vals
                )
        except CONFLICTS:
            # Another transaction is in the way: no fault of this event's.
            raise
        except Exception as error:
            _logger.info("Viber inbox: event %s failed", self.id, exc_info=True)
            self._retry_later(f"{type(error).__name__}: {error}")
            return self.state == "failed"
        return True
