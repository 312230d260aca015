"""How the inbox is emptied: one customer at a time, in Viber's order."""

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import callback, content
from ..tools.media import Downloads, MediaError

_logger = logging.getLogger(__name__)

# What one transaction takes at the most: few commits, yet nobody waits long.
_EVENTS_PER_CUSTOMER = 50
_CUSTOMERS_PER_ROUND = 50
_RECEIPTS_PER_ROUND = 1000
# How long to wait for a file before looking for other work.
_WAIT_SECONDS = 0.2

# Events with a user object: they make a customer known.
_KNOWING_EVENTS = ("message", "subscribed", "conversation_started")


class ViberEvent(models.Model):
    _inherit = "viber.event"

    # Not "_handle_" + event type: what comes from outside names no method.
    _EVENT_HANDLERS = {
        "message": "_handle_message",
        "subscribed": "_handle_subscribed",
        "unsubscribed": "_handle_unsubscribed",
        "conversation_started": "_handle_conversation_started",
    }

    @api.model
    def _process_queue(self):
        """Work off the inbox until it is empty or the time of the job is over.

        Safe to run in several processes at once. Commits; raises nothing, since a job
        that fails waits for its next regular call.
        """
        with ThreadPoolExecutor(const.MEDIA_CONNECTIONS) as pool:
            options = self.env["viber.media"]._fetch_options()
            finished = self._work_off(Downloads(pool, const.MEDIA_PATIENCE, **options))
        if not finished:
            # Have the job called again.
            self.env["ir.cron"]._commit_progress(remaining=1)
        self._schedule_retries()

    @api.model
    def _work_off(self, downloads):
        """:return: whether nothing is due any more
        :param Downloads downloads: fetches files while others are served
        :rtype: bool
        """
        time_left = True
        while time_left:
            done = self._process_receipts()
            served, waiting = self._process_customers(downloads)
            done += served
            if not done and not waiting:
                return True
            if not done:
                # No transaction is open here.
                downloads.wait(_WAIT_SECONDS)
            time_left = self.env["ir.cron"]._commit_progress(done, remaining=0)
        return False

    @api.model
    def _schedule_retries(self):
        """Have the job called when the first event that waits for its retry is due."""
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(next_attempt_date) FROM viber_event
                 WHERE state = 'pending' AND next_attempt_date > %s
                """,
                self.env.cr.now(),
            )
        )
        if date:
            self.env.ref("viber_connector.ir_cron_process_events")._trigger(at=date)
            self._commit()

    @api.model
    def _commit(self):
        # One customer's events are one unit: what the next one brings can't undo it.
        self.env.cr.commit()  # pylint: disable=invalid-commit

    # -- Customers -------------------------------------------------------------

    @api.model
    def _process_customers(self, downloads):
        """Serve the customers whose events are due, those who wait longest first.

        :param Downloads downloads: who waits for a file is served when it is there
        :return: number of events that were worked on, and of customers who wait
        :rtype: tuple[int, int]
        """
        done = waiting = 0
        customers = self._due_customers()
        wanted = self._fetch_ahead(customers, downloads)
        self._commit()
        for account_id, viber_user_id, event_ids in customers:
            urls = [url for event_id in event_ids for url in wanted.get(event_id, ())]
            if not all(map(downloads.is_ready, urls)):
                waiting += 1
                continue
            try:
                done += self._process_customer(account_id, viber_user_id, downloads)
                self._commit()
            except psycopg2.errors.OperationalError as error:
                # Somebody else changed the same rows: all is as before, and the
                # events are still pending.
                self.env.cr.rollback()
                _logger.info("Viber inbox: try again later (%s)", error.pgcode)
        return done, waiting

    @api.model
    def _due_customers(self):
        """:return: account id, Viber user id and ids of the first pending events of
            customers to be served now
        :rtype: list[tuple[int, str, list[int]]]
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT event.account_id, event.viber_user_id,
                       (array_agg(event.id ORDER BY event.event_date))[:%(events)s]
                  FROM viber_event event
                  JOIN viber_account account ON account.id = event.account_id
             LEFT JOIN viber_subscriber subscriber
                    ON subscriber.account_id = event.account_id
                   AND subscriber.viber_user_id = event.viber_user_id
                 WHERE event.state = 'pending'
                   AND event.event_type NOT IN %(receipts)s
                   AND account.active AND account.state != 'draft'
                   AND subscriber.is_blocked IS NOT TRUE
              GROUP BY event.account_id, event.viber_user_id
                    -- one that waits for its retry holds back those behind it
                HAVING max(event.next_attempt_date) IS NULL
                    OR max(event.next_attempt_date) <= %(now)s
              ORDER BY min(event.id)
                 LIMIT %(limit)s
                """,
                receipts=const.RECEIPT_EVENTS,
                now=fields.Datetime.now(),
                events=_EVENTS_PER_CUSTOMER,
                limit=_CUSTOMERS_PER_ROUND,
            )
        )

    @api.model
    def _fetch_ahead(self, customers, downloads):
        """Begin to fetch the files and avatars of events that wait.

        :param list customers: from :meth:`_due_customers`
        :param Downloads downloads: fetches them
        :return: addresses by id of the event that names them
        :rtype: dict[int, list[str]]
        """
        event_ids = [event_id for *_key, ids in customers for event_id in ids]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT event.id, event.payload, subscriber.avatar_url
                  FROM viber_event event
             LEFT JOIN viber_subscriber subscriber
                    ON subscriber.account_id = event.account_id
                   AND subscriber.viber_user_id = event.viber_user_id
                 WHERE event.id = ANY(%s) AND event.event_type = 'message'
                """,
                event_ids,
            )
        )
        wanted = {}
        for event_id, payload, avatar_url in rows:
            wanted[event_id] = self._wanted_urls(callback.parse(payload), avatar_url)
            for url in wanted[event_id]:
                downloads.start(url)
        return wanted

    @api.model
    def _wanted_urls(self, event, avatar_url):
        """:return: what has to be fetched before a message can be posted whole
        :rtype: list[str]
        """
        avatar = callback.avatar(event.user)
        urls = [content.file_url(event.message)]
        if avatar != (avatar_url or ""):
            urls.append(avatar)
        return [url for url in urls if url]

    @api.model
    def _process_customer(self, account_id, viber_user_id, downloads):
        """Process what one customer sent, in one transaction.

        :return: number of events that were worked on; 0 when somebody else serves him
        :rtype: int
        """
        account = self.env["viber.account"].browse(account_id)
        events = self._with_account(account)._lock_events(account_id, viber_user_id)
        if not events:
            return 0
        create = any(event.event_type in _KNOWING_EVENTS for event in events)
        subscriber = events.env["viber.subscriber"].browse()
        if viber_user_id:
            subscriber = subscriber._claim(account, viber_user_id, create)
            if not subscriber and create:
                return 0
        for count, event in enumerate(events, 1):
            if not event._process(subscriber, downloads):
                return count
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
        """:return: a customer's pending events in Viber's order, locked
        :rtype: viber.event
        :raise psycopg2.errors.SerializationFailure: somebody else has processed them
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM viber_event
                 WHERE state = 'pending' AND account_id = %s AND viber_user_id = %s
                   AND event_type NOT IN %s
              ORDER BY event_date, length(message_token), message_token, id
                 LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
                """,
                account_id,
                viber_user_id,
                const.RECEIPT_EVENTS,
                _EVENTS_PER_CUSTOMER,
            )
        )
        return self.browse(row[0] for row in rows)

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
        except psycopg2.errors.OperationalError:
            # Another transaction is in the way: no fault of this event's.
            raise
        except Exception as error:
            _logger.info("Viber inbox: event %s failed", self.id, exc_info=True)
            self._retry_later(f"{type(error).__name__}: {error}")
            return self.state == "failed"
        return True

    def _dispatch(self, subscriber, downloads):
        handler = self._EVENT_HANDLERS.get(self.event_type)
        if not handler:
            return self._ignored(self.env._("An event that asks for nothing."))
        if not subscriber:
            return self._ignored(self.env._("Of nobody who is known here."))
        event = callback.parse(self.payload)
        if event.user:
            subscriber._update_profile(event.user)
        return getattr(self, handler)(subscriber, event, downloads) or {}

    def _ignored(self, reason):
        return {"state": "ignored", "error": reason}

    def _handle_message(self, subscriber, event, downloads):
        # Who writes can be written to, whatever Viber told before (or did not).
        subscriber._set_subscribed(True)
        url = content.file_url(event.message)
        result = downloads.result(url) if url else None
        message = self.env["project.task"]._viber_receive(
            subscriber, event.message, self.event_date, result
        )
        avatar = callback.avatar(event.user)
        if avatar != (subscriber.avatar_url or "") and avatar:
            subscriber._set_avatar(avatar, downloads.result(avatar))
        if isinstance(result, MediaError):
            self.env["viber.media"]._start(self, message, url, result)
        return {"task_id": message.res_id, "mail_message_id": message.id}

    def _handle_subscribed(self, subscriber, _event, _downloads):
        subscriber._set_subscribed(True)

    def _handle_unsubscribed(self, subscriber, _event, _downloads):
        subscriber._set_subscribed(False)

    def _handle_conversation_started(self, subscriber, event, _downloads):
        # He looks at the chat; he is no subscriber before he writes.
        welcome = subscriber.account_id._welcome(event)
        if welcome or event.context:
            subscriber._remember_opening(welcome, event.context, self.event_date)

    # -- Receipts --------------------------------------------------------------

    @api.model
    def _process_receipts(self):
        """Settle what Viber tells about our own messages, many at once.

        :return: number of receipts that were settled
        :rtype: int
        """
        try:
            events = self._lock_receipts()
            done = self._settle_receipts(events) if events else 0
            self._commit()
        except psycopg2.errors.OperationalError as error:
            self.env.cr.rollback()
            _logger.info("Viber receipts: try again later (%s)", error.pgcode)
            return 0
        return done

    @api.model
    def _lock_receipts(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT event.id FROM viber_event event
                  JOIN viber_account account ON account.id = event.account_id
                 WHERE event.state = 'pending' AND event.event_type IN %s
                   AND (event.next_attempt_date IS NULL
                        OR event.next_attempt_date <= %s)
                   AND account.active AND account.state != 'draft'
              ORDER BY event.id
                 LIMIT %s FOR NO KEY UPDATE OF event SKIP LOCKED
                """,
                const.RECEIPT_EVENTS,
                fields.Datetime.now(),
                _RECEIPTS_PER_ROUND,
            )
        )
        return self.browse(row[0] for row in rows)

    @api.model
    def _settle_receipts(self, events):
        """Bring receipts to the messages that they are about.

        :param viber.event events: receipts, locked
        :return: number of receipts that were settled
        :rtype: int
        """
        messages = self._find_messages(events)
        receipts = defaultdict(list)
        for event in events:
            if event.id in messages:
                receipts[event.event_type].append((messages[event.id], event))
        self.env["viber.message"]._apply_receipts(receipts)
        known = self.browse(messages)
        known.write({"state": "done", "next_attempt_date": False})
        (events - known)._wait_for_message()
        return len(events)

    @api.model
    def _find_messages(self, events):
        """:return: id of the message by id of the receipt
        :rtype: dict[int, int]
        """
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT event.id, message.id
                      FROM viber_event event
                      JOIN viber_message message
                        ON message.message_token = event.message_token
                       AND message.account_id = event.account_id
                      JOIN viber_subscriber subscriber
                        ON subscriber.id = message.subscriber_id
                       AND subscriber.viber_user_id = event.viber_user_id
                     WHERE event.id IN %s
                    """,
                    tuple(events.ids),
                )
            )
        )

    def _wait_for_message(self):
        """Receipts about no message of ours (yet): give our own commit a minute.

        Viber reports ``delivered`` for the customers' own messages too.
        """
        now = fields.Datetime.now()
        patience_ends = fields.Datetime.subtract(now, seconds=const.RECEIPT_PATIENCE)
        hopeless = self.filtered(lambda event: event.create_date < patience_ends)
        hopeless.write({"state": "ignored", "next_attempt_date": False})
        (self - hopeless).write(
            {"next_attempt_date": fields.Datetime.add(now, seconds=10)}
        )
