"""How the outbox is sent: per customer in order, different customers in parallel."""

import json
import logging
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import requests
from requests.adapters import HTTPAdapter

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from .viber_queue_mixin import CONFLICTS

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
        connections = self._connection_count()
        with requests.Session() as session, ThreadPoolExecutor(connections) as pool:
            adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            self.env["viber.account"]._probe_paused(session)
            finished = self._send_all(pool, session, connections)
        self.env["ir.cron"]._commit_progress(remaining=0 if finished else 1)
        self._schedule_retries()

    @api.model
    def _connection_count(self):
        count = self.env["ir.config_parameter"]._viber_int(
            const.SEND_CONNECTIONS_PARAMETER, const.SEND_CONNECTIONS
        )
        return max(count, 1)

    @api.model
    def _send_all(self, pool, session, connections):
        """Keep the pool busy.

        :return: whether nothing is due any more
        :rtype: bool
        """
        running = {}
        time_left = True
        while True:
            free = connections - len(running)
            claimed, throttled = self._claim(free) if time_left else (self, False)
            for row in claimed:
                client = row.account_id._get_api(session)
                future = pool.submit(client.send_message, json.loads(row.payload))
                running[future] = row.id
            self._commit()
            if not running and not throttled:
                return bool(time_left)
            done = _wait_for_answers(running)
            self._keep_answers({running.pop(future): future for future in done})
            time_left = self.env["ir.cron"]._commit_progress(len(done), remaining=0)
            if not time_left and not running:
                return False

    @api.model
    def _keep_answers(self, answers):
        """Write down what Viber said, and commit: that can't be asked for again.

        Somebody may change the same rows meanwhile: a receipt, an agent.
        """
        while True:
            try:
                self._take_answers(answers)
                self._commit()
                return
            except CONFLICTS:
                self.env.cr.rollback()

    @api.model
    def _claim(self, limit):
        """Take the next message of as many customers, and commit that they are taken.

        :param int limit: messages at the most
        :return: the messages, and whether an account has more of them due than its
            ``send_rate`` allows now
        :rtype: tuple[viber.message, bool]
        """
        claimed, throttled = self.browse(), False
        for account in self._accounts_to_serve() if limit else ():
            # The lock is worth nothing with a snapshot from before it.
            self._commit()
            try:
                allowed = account._lock_send_rate()
                rows = self._claim_of(account, min(allowed, limit - len(claimed)))
                self._commit()
            except CONFLICTS:
                # Another process was quicker, or an administrator saves the account.
                self.env.cr.rollback()
                throttled = True
                continue
            claimed |= rows
            throttled |= not allowed
        return claimed, throttled

    @api.model
    def _accounts_to_serve(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM viber_account
                 WHERE active AND state = 'connected' AND paused_until IS NULL
                   AND EXISTS (SELECT 1 FROM viber_message
                                WHERE account_id = viber_account.id
                                  AND state = 'outgoing'
                                  AND (next_attempt_date IS NULL
                                       OR next_attempt_date <= %s))
                """,
                fields.Datetime.now(),
            )
        )
        return self.env["viber.account"].browse(row[0] for row in rows)

    @api.model
    def _claim_of(self, account, limit):
        if limit <= 0:
            return self.browse()
        rows = self._query(
            SQL(
                """
                -- "IN (SELECT …)" might be run several times, past its limit
                WITH due AS MATERIALIZED (
                    SELECT id FROM viber_message message
                     WHERE account_id = %(account)s AND state = 'outgoing'
                       AND (next_attempt_date IS NULL OR next_attempt_date <= %(now)s)
                       AND NOT EXISTS (
                            SELECT 1 FROM viber_message other
                             WHERE other.subscriber_id = message.subscriber_id
                               AND (other.state = 'sending'
                                    OR other.state = 'outgoing'
                                       AND (other.mail_message_id, other.id)
                                         < (message.mail_message_id, message.id)))
                  ORDER BY id LIMIT %(limit)s
                       FOR NO KEY UPDATE SKIP LOCKED)
                UPDATE viber_message
                   SET state = 'sending',
                       attempt_count = COALESCE(attempt_count, 0) + 1,
                       sending_date = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM due WHERE viber_message.id = due.id
             RETURNING viber_message.id
                """,
                account=account.id,
                now=fields.Datetime.now(),
                limit=limit,
            )
        )
        claimed = self.browse(sorted(row[0] for row in rows))
        return claimed - claimed._hold_back_silent()

    def _hold_back_silent(self):
        """Don't even try what Viber would refuse: it allows so many messages an hour to
        a customer who does not answer.

        :return: the messages that wait for the next hour, or for the customer
        :rtype: viber.message
        """
        if not self:
            return self
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.subscriber_id
                  FROM viber_message message
                  JOIN viber_subscriber subscriber
                    ON subscriber.id = message.subscriber_id
                 WHERE message.subscriber_id IN %s
                   AND message.sent_date >= GREATEST(%s, subscriber.last_message_date)
              GROUP BY message.subscriber_id HAVING count(*) >= %s
                """,
                tuple(self.subscriber_id.ids),
                self._hour_start(),
                const.MESSAGES_PER_HOUR_MAX,
            )
        )
        silent = {row[0] for row in rows}
        held = self.filtered(lambda row: row.subscriber_id.id in silent)
        held._wait_for_customer()
        held.mail_notification_id._viber_sum_up()
        return held

    @api.model
    def _recover_lost(self):
        """Rows whose process died while it was sending: nobody knows their fate."""
        limit = fields.Datetime.subtract(
            fields.Datetime.now(), seconds=const.SENDING_TIMEOUT
        )
        lost = self.search([("state", "=", "sending"), ("sending_date", "<", limit)])
        try:
            lost.try_lock_for_update(allow_referencing=True)._set_state(
                "uncertain",
                failure_type="viber_uncertain",
                failure_reason=self.env._("The server stopped while it was sending."),
            )
            self._commit()
        except CONFLICTS:
            # Another process has found them as well.
            self.env.cr.rollback()

    @api.model
    def _schedule_retries(self):
        """Have the job called when the next message is due, may be lost, or a queue may
        be opened again."""
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(date) FROM (
                    SELECT paused_until AS date FROM viber_account
                     WHERE active AND state = 'connected'
                     UNION ALL
                    SELECT sending_date + make_interval(secs => %s) FROM viber_message
                     WHERE state = 'sending'
                     UNION ALL
                    -- what its account and its customer's earlier ones let pass
                    SELECT next_attempt_date FROM viber_message message
                      JOIN viber_account account ON account.id = message.account_id
                     WHERE message.state = 'outgoing'
                       AND account.active AND account.state = 'connected'
                       AND account.paused_until IS NULL
                       AND NOT EXISTS (
                            SELECT 1 FROM viber_message other
                             WHERE other.subscriber_id = message.subscriber_id
                               AND other.state = 'outgoing'
                               AND (other.mail_message_id, other.id)
                                 < (message.mail_message_id, message.id))) AS dates
                """,
                const.SENDING_TIMEOUT,
            )
        )
        if date:
            # What is due and was not served now is not served by calling at once again.
            soonest = fields.Datetime.add(
                fields.Datetime.now(), seconds=const.SEND_REST
            )
            cron = self.env["ir.cron"]._viber_job("ir_cron_send_messages")
            cron._viber_wake(at=max(date.replace(microsecond=0), soonest))
            self._commit()


def _wait_for_answers(running):
    """Wait for the first answers, but not for long: what is posted meanwhile has to
    leave, however slow those are.

    :param running: futures, maybe none
    :return: those that are done
    :rtype: set
    """
    if not running:
        time.sleep(const.SEND_LOOK_AGAIN)
        return set()
    return wait(running, const.SEND_LOOK_AGAIN, return_when=FIRST_COMPLETED).done
