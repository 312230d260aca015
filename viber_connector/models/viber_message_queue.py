"""How the outbox is sent: per customer in order, different customers in parallel."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import errors
from . import viber_reason
from .viber_message_flight import Flight, failed
from .viber_queue_mixin import exact_now

_logger = logging.getLogger(__name__)


class ViberMessage(models.Model):
    _inherit = "viber.message"

    @api.model
    def _work(self):
        """HTTP and pictures run in threads; claims and results are written here, each
        in a short transaction: a row is "sending" in the database before its request
        leaves.
        """
        self._recover_lost()
        self._sum_up_again()
        connections = self._connection_count()
        pool = ThreadPoolExecutor(connections)
        probe_pool = ThreadPoolExecutor(const.PROBE_CONNECTIONS)
        picture_pool = ThreadPoolExecutor(1)
        try:
            with requests.Session() as session:
                adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                accounts = self.env["viber.account"]
                probes = accounts._start_probes(probe_pool, session)
                flight = Flight(pool, session, connections, probes, picture_pool)
                finished = self._send_all(flight)
        finally:
            # Nobody waits for a thread that hangs.
            pool.shutdown(wait=False, cancel_futures=True)
            probe_pool.shutdown(wait=False, cancel_futures=True)
            picture_pool.shutdown(wait=False, cancel_futures=True)
        self.env["viber.account"]._see_to_failures()
        return finished

    @api.model
    def _connection_count(self):
        count = self.env["ir.config_parameter"]._viber_int(
            const.SEND_CONNECTIONS_PARAMETER, const.SEND_CONNECTIONS
        )
        return max(count, 1)

    @api.model
    def _send_all(self, flight):
        """Keep the pool busy.

        :param Flight flight: what is on the way
        :return: whether nothing is due any more
        :rtype: bool
        :raise Exception: what kept more from being claimed, when all answers are kept
        """
        time_left = True
        while True:
            throttled = False
            time_left = time_left and self._may_claim(flight)
            if time_left:
                try:
                    throttled = self._send_more(flight)
                except Exception as error:
                    # The answers to what is on the way come first.
                    self.env.cr.rollback()
                    flight.failures[None] = error
                    time_left = False
            if flight.is_over or not (flight.is_busy or throttled and time_left):
                break
            done = self._keep_done(flight)
            time_left = self._end_round(done) and time_left
            if not (time_left or flight.running or flight.pictures):
                break
        self._give_up(flight)
        if flight.failures:
            raise next(iter(flight.failures.values()))
        return time_left

    @api.model
    def _may_claim(self, flight):
        """What is slow keeps the run from its end anyway: more may leave meanwhile.

        :rtype: bool
        """
        is_early = time.monotonic() < flight.started + const.SEND_SECONDS
        return is_early and self._has_time(patient=flight.is_slow)

    @api.model
    def _send_more(self, flight):
        """:return: whether more is due than may leave now
        :rtype: bool
        """
        throttled = False
        self._begin_picture(flight)
        # The first to leave may have used the last connection.
        for account in self._accounts_to_serve() if flight.free else ():
            if account.id in flight.failures:
                continue
            try:
                claimed, is_throttled = self._claim(account, flight.free)
            except Exception as error:
                # The others' messages leave all the same.
                self.env.cr.rollback()
                flight.failures[account.id] = error
                continue
            for row in claimed:
                flight.begin(row)
            throttled |= is_throttled
        self._commit()
        return throttled

    @api.model
    def _keep_done(self, flight):
        """Wait for a moment, and write down what has been answered meanwhile.

        :return: number of answers
        :rtype: int
        """
        done = flight.wait(const.SEND_LOOK_AGAIN)
        probed = done & flight.probes.keys()
        for future in probed:
            account_id = flight.probes.pop(future)
            self.env["viber.account"]._keep_probe(account_id, future.result())
        scaled = done & flight.pictures.keys()
        for future in scaled:
            self._keep_picture(*flight.pictures.pop(future), future)
        sent = done - probed - scaled
        answers = {flight.running[future][0]: future for future in sent}
        unkept = self._keep_answers(answers)
        for row_id, future in answers.items():
            # Where others did not let go of the row, once more in a moment.
            if row_id not in unkept:
                flight.running.pop(future)
        return len(done) - len(unkept)

    @api.model
    def _give_up(self, flight):
        """Wait no longer for what has taken longer than any request can.

        :param Flight flight: what is still on the way
        """
        for account_id in flight.probes.values():
            error = errors.ViberUnavailable(self.env._("Viber did not answer in time"))
            self.env["viber.account"]._keep_probe(account_id, error)
        for future, (row_id, checksum) in flight.pictures.items():
            self._keep_picture(row_id, checksum, future)
        reason = self.env._("Viber did not answer in time")
        late = failed(errors.ViberUncertain(reason))
        self._keep_answers(
            {
                row_id: future if future.done() else late
                for future, (row_id, _moment) in flight.running.items()
            }
        )

    @api.model
    def _keep_answers(self, answers):
        """Write down what Viber said, and commit: that can't be asked for again. Then
        follows what may fail.

        :param dict[int, concurrent.futures.Future] answers: of
            ``ViberApi.send_message``, done, by id of the message
        :return: ids of the messages that others did not let go of
        :rtype: set[int]
        """
        if not answers:
            return set()
        rests = []
        try:
            taken = self._persist(lambda: rests.append(self._take_answers(answers)))
        except Exception:
            _logger.exception("Viber: answers could not be kept together")
            taken = False
        if taken:
            self._follow(answers, rests[-1])
            return set()
        if len(answers) == 1:
            return set(answers)
        # Only those that others write at the same time have to wait.
        alone = [{row_id: future} for row_id, future in answers.items()]
        return set().union(*map(self._keep_answers, alone))

    @api.model
    def _claim(self, account, limit):
        """Take the next message of as many customers, and commit that they are taken.

        :param viber.account account: of which
        :param int limit: messages at the most
        :return: the messages, and whether more of them are due than its ``send_rate``
            allows now
        :rtype: tuple[viber.message, bool]
        """
        # The lock is worth nothing with a snapshot from before it.
        self._commit()
        claimed = self._try_step(self._claim_allowed, account, limit)
        if claimed is None:
            # Another process was quicker, or an administrator saves the account.
            return self.browse(), True
        rows, silent, is_throttled = claimed
        silent._sum_up()
        return rows, is_throttled

    @api.model
    def _claim_allowed(self, account, limit):
        """:return: messages to send, those that wait for their customer to write, and
            whether ``send_rate`` allows none now
        :rtype: tuple[viber.message, viber.message, bool]
        """
        allowed = account._lock_send_rate()
        rows = self._claim_of(account, min(allowed, limit))
        silent = rows._hold_back_silent()
        return rows - silent, silent, not allowed

    @api.model
    def _accounts_to_serve(self):
        """:return: the accounts from which something is due, and may leave now
        :rtype: viber.account
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM viber_account
                 WHERE active AND state = 'connected' AND paused_until IS NULL
                   AND copy_seen_date IS NULL
                   AND EXISTS (SELECT 1 FROM viber_message
                                WHERE account_id = viber_account.id
                                  AND state = 'outgoing'
                                  AND (next_attempt_date IS NULL
                                       OR next_attempt_date <= %s)
                                  AND (hold_until IS NULL OR hold_until <= %s))
                """,
                fields.Datetime.now(),
                exact_now(),
            )
        )
        return self.env["viber.account"].browse(row[0] for row in rows)

    @api.model
    def _claim_of(self, account, limit):
        """Mark the next message of each customer as on its way.

        :param viber.account account: of which
        :param int limit: messages at the most
        :return: these messages, the oldest first
        :rtype: viber.message
        :raise psycopg2.errors.OperationalError: another run was quicker
        """
        if limit <= 0:
            return self.browse()
        rows = self._query(
            SQL(
                """
                -- "IN (SELECT …)" might be run several times, past its limit
                WITH due AS MATERIALIZED (
                    SELECT id FROM viber_message message
                     WHERE account_id = %(account)s AND state = 'outgoing'
                       AND awaits_picture IS NOT TRUE
                       AND (next_attempt_date IS NULL OR next_attempt_date <= %(now)s)
                       AND (hold_until IS NULL OR hold_until <= %(exactly)s)
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
                exactly=exact_now(),
                limit=limit,
            )
        )
        return self.browse(sorted(row[0] for row in rows))

    @api.model
    def _recover_lost(self):
        """Rows whose process died while it was sending: nobody knows their fate."""
        limit = fields.Datetime.subtract(
            fields.Datetime.now(), seconds=const.SENDING_TIMEOUT
        )
        lost = self.search([("state", "=", "sending"), ("sending_date", "<", limit)])
        if not lost:
            return
        found = self.browse()

        def recover():
            nonlocal found
            found = lost.try_lock_for_update(allow_referencing=True)._move(
                "uncertain",
                failure_type="viber_uncertain",
                **viber_reason.of_message(
                    self.env, errors.ViberUncertain("Odoo stopped meanwhile")
                ),
            )

        # What another process has found as well is left to it.
        if self._attempt(recover):
            found._sum_up()

    @api.model
    def _next_date(self):
        """When the next message is due, may be lost, or a queue may be opened again."""
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(date) FROM (
                    SELECT sending_date + make_interval(secs => %s) AS date
                      FROM viber_message
                     WHERE state = 'sending'
                     UNION ALL
                    -- what its account and its customer's earlier ones let pass
                    SELECT GREATEST(next_attempt_date,
                                    CASE WHEN hold_until > %s THEN hold_until END)
                      FROM viber_message message
                      JOIN viber_account account ON account.id = message.account_id
                     WHERE message.state = 'outgoing'
                       AND account.active AND account.state = 'connected'
                       AND account.paused_until IS NULL
                       AND account.copy_seen_date IS NULL
                       AND NOT EXISTS (
                            SELECT 1 FROM viber_message other
                             WHERE other.subscriber_id = message.subscriber_id
                               AND other.state = 'outgoing'
                               AND (other.mail_message_id, other.id)
                                 < (message.mail_message_id, message.id))) AS dates
                """,
                const.SENDING_TIMEOUT,
                exact_now(),
            )
        )
        dates = [date, self.env["viber.account"]._next_date()]
        soonest = min((date for date in dates if date), default=None)
        if not soonest:
            return None
        # What is due and was not served now is not served by calling at once again.
        rest = fields.Datetime.add(fields.Datetime.now(), seconds=const.SEND_REST)
        return max(soonest.replace(microsecond=0), rest)
