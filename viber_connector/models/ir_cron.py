import threading
import time
from functools import partial

from odoo import api, fields, models, sql_db
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION

from .. import const
from .viber_queue_mixin import CONFLICTS, exact_now

# Of the names that records have in data files.
_IS_JOB = ("model", "=", "ir.cron")
# When this process began to serve.
_STARTED = time.monotonic()


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.private
    def init(self):
        """Have an update of the addon wait until our jobs have ended, and them until it
        has: a job in the middle of its work and a table that changes would stop each
        other. Called first, before any table of ours is touched. Commits."""
        result = super().init()
        job_ids = self.env.execute_query(
            SQL(
                """
                SELECT res_id FROM ir_model_data
                 WHERE module = 'viber_connector' AND model = 'ir.cron'
                """
            )
        )
        if job_ids:
            self.browse(job_id for [job_id] in job_ids)._viber_stop()
        return result

    def _viber_stop(self):
        """Wait until none of these jobs runs, and let none begin before the end of the
        transaction. Commits.

        :raise psycopg2.errors.OperationalError: when they do not end
        """
        lock = SQL(
            "SELECT 1 FROM ir_cron WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            self.ids,
        )
        for last in (*[False] * const.JOB_STOP_TRIES, True):
            # A job that has ended since this transaction began has changed its row:
            # only a new one may lock it. Its scheduler begins no job either, as soon as
            # it can see that an update is on.
            self.env.cr.commit()  # pylint: disable=invalid-commit
            try:
                self.env.cr.execute(lock, log_exceptions=last)
                return
            except CONFLICTS:
                self.env.cr.rollback()
                if last:
                    raise

    @api.model
    def _viber_job(self, name):
        """Find one of our jobs; unlike ``env.ref`` it asks nothing of the database.

        :param str name: of its record in ``data/ir_cron.xml``
        :return: the job, sudoed: whoever writes may have to wake it
        :rtype: ir.cron
        """
        xmlids = self.env["ir.model.data"]
        job_id = xmlids._xmlid_to_res_id(f"viber_connector.{name}", True)
        return self.sudo().browse(job_id)

    @api.model
    def _viber_jobs(self):
        """:return: all our jobs, those that are switched off, too; sudoed
        :rtype: ir.cron
        """
        # sudo: which there are is no secret; managers are told of their state
        names = self.env["ir.model.data"].sudo()
        found = names.search([("module", "=", "viber_connector"), _IS_JOB])
        return self.sudo().browse(found.mapped("res_id")).exists()

    def _viber_is_late(self, bound):
        """Tell whether nobody runs the job, though it is due.

        :param datetime bound: what was due before, or came to be, is late
        :rtype: bool
        """
        self.ensure_one()
        # Somebody has just switched it on, or installed it; or Odoo was off, and gets
        # to it now.
        is_young = time.monotonic() - _STARTED < const.JOB_LATE_MINUTES * 60
        if is_young or self.write_date > bound:
            return False
        return not self.lastcall or self.nextcall < bound

    def _viber_wake(self, at=None):
        """Have the job run as soon as this transaction is committed, or at a time.

        :param datetime | None at: when, by UTC
        """
        self.ensure_one()
        # With fractions of seconds: what is held back is held no longer than it has to.
        now = exact_now()
        if not at or at <= now:
            self._trigger()
            return
        # Each run plans the next: once is enough.
        triggers = self.env["ir.cron.trigger"].sudo()
        if triggers.search_count(
            [("cron_id", "=", self.id), ("call_at", "=", at)], limit=1
        ):
            return
        self._trigger(at=at)
        delay = (at - now).total_seconds()
        if delay < const.WAKE_UP_SOON:
            self.env.cr.postcommit.add(
                partial(_notify_later, self.env.cr.dbname, delay)
            )

    def _viber_waiting_query(self):
        """Look for a wake-up of this job that has not been heard yet: of hundreds of
        events a second only the first has to pay for one.

        A run that has begun holds a lock on the wake-ups it took (it deletes them), so
        one that can be locked here belongs to a run that begins later; and that run
        can't take it before our commit, hence will see what we wrote. Only for short
        transactions: a run that is about to begin waits for them.

        One that has waited for longer than a moment counts for nothing: the server may
        have been stopped before it heard of it. Nor does one that was planned ahead:
        Odoo tells nobody when its time has come.

        :return: query with one row if there is one; it fails with a serialization
            failure when a run took one and ended after our transaction began
        :rtype: SQL
        """
        self.ensure_one()
        now = fields.Datetime.now()
        return SQL(
            """
            SELECT 1 FROM ir_cron_trigger
             WHERE cron_id = %s AND call_at BETWEEN %s AND %s
               AND call_at <= create_date
             LIMIT 1 FOR KEY SHARE SKIP LOCKED
            """,
            self.id,
            fields.Datetime.subtract(now, seconds=const.WAKE_UP_PATIENCE),
            now,
        )

    def _viber_others_query(self):
        """Look for a wake-up of any other job that no worker has taken up: who takes
        one up keeps it locked until the run has ended. See
        :meth:`_viber_waiting_query`.

        :return: query with one row if there is one
        :rtype: SQL
        """
        return SQL(
            """
            SELECT 1 FROM ir_cron_trigger
             WHERE cron_id != %s AND call_at <= %s
               AND EXISTS (SELECT 1 FROM ir_cron
                            WHERE ir_cron.id = cron_id AND active)
             LIMIT 1 FOR KEY SHARE SKIP LOCKED
            """,
            self.id or 0,
            fields.Datetime.now(),
        )


def _notify_later(dbname, delay):
    """Odoo looks only once a minute for jobs that are due later; wake it in time.
    Should the process end before, the minute's look finds the job all the same.

    :param str dbname: whose jobs
    :param float delay: seconds
    """
    timer = threading.Timer(delay, _notify, (dbname,))
    timer.daemon = True
    timer.start()


def _notify(dbname):
    with sql_db.db_connect("postgres").cursor() as cr:
        cr.execute(
            SQL(
                "SELECT %s('cron_trigger', %s)",
                SQL.identifier(ODOO_NOTIFY_FUNCTION),
                dbname,
            )
        )
