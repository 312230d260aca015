"""How the outbox is sent: per customer in order, different customers in parallel."""

import json
import logging
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import psycopg2
import requests
from requests.adapters import HTTPAdapter

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools.errors import (
    ViberAccountError,
    ViberError,
    ViberRateLimited,
    ViberRecipientError,
    ViberUnavailable,
    ViberUncertain,
)

_logger = logging.getLogger(__name__)


class ViberMessage(models.Model):
    _inherit = "viber.message"

    @api.model
    def _process_queue(self):
        """Send what waits until nothing is due or the time of the job is over.

        Only HTTP runs in threads; claims and results are written here, each in a short
        transaction: a row is "sending" in the database before its request leaves.
        Safe to run in several processes at once. Commits.
        """
        self._recover_lost()
        with (
            requests.Session() as session,
            ThreadPoolExecutor(const.SEND_CONNECTIONS) as pool,
        ):
            adapter = HTTPAdapter(pool_maxsize=const.SEND_CONNECTIONS)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            finished = self._send_all(pool, session)
        self.env["ir.cron"]._commit_progress(remaining=0 if finished else 1)
        self._schedule_retries()

    @api.model
    def _send_all(self, pool, session):
        """Keep the pool busy.

        :return: whether nothing is due any more
        :rtype: bool
        """
        running = {}
        time_left = True
        while True:
            free = const.SEND_CONNECTIONS - len(running)
            claimed = self._claim(free) if time_left and free else self.browse()
            for row in claimed:
                client = row.account_id._get_api(session)
                future = pool.submit(client.send_message, json.loads(row.payload))
                running[future] = row.id
            if not running:
                return bool(time_left)
            done, _pending = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                self.browse(running.pop(future))._take_answer(future)
            time_left = self.env["ir.cron"]._commit_progress(len(done), remaining=0)

    @api.model
    def _claim(self, limit):
        """Take the next message of as many customers, and commit that they are taken.

        :param int limit: messages at the most
        :rtype: viber.message
        """
        try:
            rows = self.env.execute_query(
                SQL(
                    """
                    UPDATE viber_message
                       SET state = 'sending', attempt_count = attempt_count + 1,
                           sending_date = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id IN (
                        SELECT message.id FROM viber_message message
                          JOIN viber_account account ON account.id = message.account_id
                         WHERE message.state = 'outgoing'
                           AND (message.next_attempt_date IS NULL
                                OR message.next_attempt_date <= %(now)s)
                           AND account.active AND account.state = 'connected'
                           AND NOT EXISTS (
                                SELECT 1 FROM viber_message other
                                 WHERE other.subscriber_id = message.subscriber_id
                                   AND (other.state = 'sending'
                                        OR other.state = 'outgoing'
                                           AND other.id < message.id))
                      ORDER BY message.id LIMIT %(limit)s
                           FOR NO KEY UPDATE OF message SKIP LOCKED)
                 RETURNING id
                    """,
                    now=fields.Datetime.now(),
                    limit=limit,
                )
            )
            self._commit()
        except psycopg2.errors.OperationalError:
            # Another process was quicker.
            self.env.cr.rollback()
            return self.browse()
        return self.browse(sorted(row[0] for row in rows))

    def _take_answer(self, future):
        """Write down what became of a message.

        :param concurrent.futures.Future future: of ``ViberApi.send_message``, done
        """
        self.ensure_one()
        try:
            result = future.result()
        except ViberError as error:
            self._take_error(error)
            return
        self._set_state(
            "sent",
            message_token=result.message_token,
            billing_status=result.billing_status or 0,
            sent_date=fields.Datetime.now(),
        )

    def _take_error(self, error):
        """Apply the policy of the error's class (design: one class, one policy)."""
        reason = str(error)
        if isinstance(error, (ViberUnavailable, ViberRateLimited)):
            self._try_again_later(reason)
        elif isinstance(error, ViberUncertain):
            self._set_state(
                "uncertain", failure_type="viber_uncertain", failure_reason=reason
            )
        elif isinstance(error, ViberRecipientError):
            self.subscriber_id._set_subscribed(False)
            self._set_state(
                "failed", failure_type="viber_recipient", failure_reason=reason
            )
        elif isinstance(error, ViberAccountError):
            # The message is kept and leaves when the account works again.
            self._set_state("outgoing")
            self.account_id.write({"state": "error", "state_reason": reason})
        else:
            self._set_state(
                "failed", failure_type="viber_request", failure_reason=reason
            )

    def _try_again_later(self, reason):
        delays = const.SEND_RETRY_DELAYS
        if self.attempt_count > len(delays):
            self._set_state(
                "failed", failure_type="viber_unavailable", failure_reason=reason
            )
            return
        delay = delays[self.attempt_count - 1]
        self._set_state(
            "outgoing",
            failure_reason=reason,
            next_attempt_date=fields.Datetime.add(fields.Datetime.now(), seconds=delay),
        )

    @api.model
    def _recover_lost(self):
        """Rows whose process died while it was sending: nobody knows their fate."""
        limit = fields.Datetime.subtract(
            fields.Datetime.now(), seconds=const.SENDING_TIMEOUT
        )
        lost = self.search([("state", "=", "sending"), ("sending_date", "<", limit)])
        lost.try_lock_for_update(allow_referencing=True)._set_state(
            "uncertain",
            failure_type="viber_uncertain",
            failure_reason=self.env._("The server stopped while it was sending."),
        )
        self._commit()

    @api.model
    def _schedule_retries(self):
        """Have the job called when the next message is due, or may be lost."""
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(CASE state
                           WHEN 'outgoing' THEN next_attempt_date
                           ELSE sending_date + make_interval(secs => %s) END)
                  FROM viber_message
                 WHERE state IN ('outgoing', 'sending')
                """,
                const.SENDING_TIMEOUT,
            )
        )
        if date:
            cron = self.env.ref("viber_connector.ir_cron_send_messages")
            cron._trigger(at=max(date, fields.Datetime.now()))
            self._commit()

    @api.model
    def _commit(self):
        # What Viber was told can't be undone, so it must not be forgotten.
        self.env.cr.commit()  # pylint: disable=invalid-commit
