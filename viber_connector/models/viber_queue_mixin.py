"""What the jobs have in common: short transactions, and an end in time."""

import logging
import time
from datetime import datetime, timezone
from functools import partial

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, OrderedSet

from .. import const

_logger = logging.getLogger(__name__)

#: Somebody else works on the same rows: nobody's fault, and all is as before.
CONFLICTS = (
    psycopg2.extensions.TransactionRollbackError,
    psycopg2.errors.LockNotAvailable,
)


def exact_now():
    """:return: naive UTC with fractions of seconds, which Odoo's own leaves out
    :rtype: datetime.datetime
    """
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Run:
    """One run of a job: when it has to end, and what it leaves for others to do.

    :param float end: by ``time.monotonic()``
    :param bool tells_late: whether it tells the bus of many transactions at once
    """

    def __init__(self, end, tells_late=False):
        #: external ids of Odoo's jobs that have to go on with what this one made
        self.to_wake = set()
        #: channels of the bus to be told of what is committed; ``None``: each commit
        #: tells them itself
        self.untold = OrderedSet() if tells_late else None
        self._end = end
        self._next_look = time.monotonic() + const.JOB_SLICE
        self._next_telling = time.monotonic() + const.BUS_SECONDS

    @property
    def is_over(self):
        """bool: whether the time is used up."""
        return time.monotonic() >= self._end

    def has_time(self, may_go_on):
        """Find out whether something more may be begun.

        :param callable may_go_on: tells whether no other job is due; asked now and
            then, when this one had its turn
        :rtype: bool
        """
        now = time.monotonic()
        if now < self._end and now >= self._next_look:
            self._next_look = now + const.JOB_LOOK_AGAIN
            if not may_go_on():
                self._end = now
        return now < self._end

    def take_untold(self, at_once):
        """Find out whom the bus has to tell now.

        :param bool at_once: whether none of them may wait any more
        :return: their channels
        :rtype: list
        """
        now = time.monotonic()
        if not self.untold or now < self._next_telling and not at_once:
            return []
        channels = list(self.untold)
        self.untold.clear()
        self._next_telling = now + const.BUS_SECONDS
        return channels


def current_run(env):
    """Find out whether something happens in one of our jobs: nothing there may speak to
    the network, as all others wait for it, and its transaction is open.

    :param Environment env: of whatever is done
    :return: the run, or ``None``
    :rtype: Run | None
    """
    run = env.context.get("viber_run")
    # A client may have put anything there.
    return run if isinstance(run, Run) else None


class ViberQueueMixin(models.AbstractModel):
    """What inbox, outbox and files share: short transactions beside other workers, and
    one worker that they share fairly.

    Odoo calls a job ten times, and for ten seconds at least, as long as it says that
    something remains; other jobs wait meanwhile. So ours say that nothing remains, end
    in time, and have themselves called again, after the others.
    """

    _name = "viber.queue.mixin"
    _description = "Viber Queue"

    # Of its record in ``data/ir_cron.xml``.
    _job_name = None
    # Seconds that a run may take.
    _job_seconds = const.JOB_SECONDS
    # Whether its transactions are many, and none waits for the network between two.
    _tells_late = False

    # -- A run -------------------------------------------------------------------

    @api.model
    def _process_queue(self):
        """Work until nothing is due or the time of the run is over.

        Safe to run in several processes at once. Commits. Raises nothing but a lost
        connection: a job that fails would wait for its next regular call, behind all
        others, and be switched off some day.
        """
        end = time.monotonic() + self._job_seconds
        end = min(end, self.env.context.get("cron_end_time", end))
        run = Run(end, self._tells_late)
        worker = self.with_context(viber_run=run)
        try:
            may_work = not run.is_over and worker.env["viber.account"]._see_copies()
            if may_work and worker._work():
                worker._plan()
            else:
                worker._wake()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("The job %s failed, and is tried again", self._job_name)
            retry = fields.Datetime.add(
                fields.Datetime.now(), seconds=const.JOB_RETRY_DELAY
            )
            self._wake(at=retry)
        self._commit()
        worker._tell_bus(at_once=True)
        worker._wake_others()

    @api.model
    def _work(self):
        """Do what the job is there for.

        :return: whether nothing is due any more
        :rtype: bool
        """
        raise NotImplementedError

    @api.model
    def _plan(self):
        """Nothing is due now: have the job called when the first row is."""
        date = self._next_date()
        if date:
            self._wake(at=date)

    @api.model
    def _next_date(self):
        """:return: when the first row is due that waits for its time, if one does
        :rtype: datetime | None
        """
        raise NotImplementedError

    @api.model
    def _has_time(self, patient=False):
        """Find out whether something more may be begun; between transactions only.

        :param bool patient: whether to go on though other jobs wait
        :rtype: bool
        """
        run = current_run(self.env)
        return not run or run.has_time(partial(self._commit_progress, patient=patient))

    @api.model
    def _end_round(self, done):
        """Commit what a round of a run has done, and have others go on with it.

        :param int done: number of rows that were settled
        :return: whether there is time left
        :rtype: bool
        """
        time_left = self._commit_progress(done)
        self._tell_bus()
        self._wake_others()
        return time_left

    @api.model
    def _is_over(self):
        """Like :meth:`_has_time`, within a transaction.

        :rtype: bool
        """
        run = current_run(self.env)
        return bool(run and run.is_over)

    @api.model
    def _wake_others(self):
        """Have Odoo's own jobs go on with what was made since the last call, such as
        e-mails: theirs would come only once an hour."""
        run = current_run(self.env)
        while run and run.to_wake:
            # sudo: waking a job of Odoo's changes nothing else
            self.env.ref(run.to_wake.pop()).sudo()._trigger()
            self._commit()

    # -- The runner --------------------------------------------------------------

    # What calls the jobs is Odoo's scheduler. Another runner, such as OCA's queue_job,
    # overrides _wake and _commit_progress, and calls _process_queue. It overrides
    # _waiting_query, too, where it can tell that a wake-up waits.

    @api.model
    def _wake(self, at=None):
        """Have the job called as soon as this transaction is committed, or at a time.

        :param datetime | None at: when, by UTC
        """
        self._job()._viber_wake(at=at)

    @api.model
    def _waiting_query(self):
        """Look for a wake-up that the runner has not heard yet, so that of many at the
        same time only the first pays for one.

        :return: query with one row if there is one, and else with none
        :rtype: SQL
        """
        return self._job()._viber_waiting_query()

    @api.model
    def _commit_progress(self, done=0, patient=True):
        """Commit what a run has done, and ask whether there is time left for it.

        :param int done: number of rows that were settled since the last call
        :param bool patient: whether to go on though other jobs wait
        :rtype: bool
        """
        # "Something remains" would have the scheduler call this job before the others.
        seconds = self.env["ir.cron"]._commit_progress(done, remaining=0)
        return seconds > 0 and (patient or not self._others_wait())

    @api.model
    def _job(self):
        return self.env["ir.cron"]._viber_job(self._job_name)

    @api.model
    def _others_wait(self):
        """:return: whether another job has been woken that no worker has taken up
        :rtype: bool
        """
        try:
            rows = self._query(self._job()._viber_others_query())
            self._commit()
        except CONFLICTS:
            # It has just been taken up.
            self.env.cr.rollback()
            return False
        return bool(rows)

    # -- Transactions --------------------------------------------------------------

    @api.model
    def _commit(self):
        """End the transaction of one step: what the next one brings can't undo it, and
        none stays open while Viber is waited for."""
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self._tell_bus()

    @api.model
    def _tell_bus(self, at_once=False):
        """Tell the listeners of what was committed, unless it was done just now. Where
        that fails the work is done all the same, and the next telling is theirs, too.
        Between transactions only.

        :param bool at_once: whether to do so in any case
        """
        run = current_run(self.env)
        channels = run.take_untold(at_once) if run else []
        if not channels:
            return
        try:
            self.env["bus.bus"]._viber_tell(channels)
            self._commit()
        except Exception:
            self.env.cr.rollback()
            _logger.warning("The bus could not be told", exc_info=True)
            run.untold.update(channels)

    @api.model
    def _query(self, query):
        """Run a query that may meet another worker; that is not logged as an error.

        :param SQL query: whose rows are wanted
        :rtype: list[tuple]
        :raise psycopg2.errors.OperationalError: one of :data:`CONFLICTS`, or worse
        """
        self.env.cr.execute(query, log_exceptions=False)
        return self.env.cr.fetchall()

    @api.model
    def _limit_patience(self):
        """Wait for rows that somebody else has locked, but not for long: until the end
        of this transaction, who waits in vain gets one of :data:`CONFLICTS`."""
        self.env.cr.execute(
            SQL("SET LOCAL lock_timeout = %s", f"{const.LOCK_SECONDS}s")
        )

    @api.model
    def _run_step(self, step, *args):
        """Do a step, and commit it: all of it, or nothing.

        :param callable step: what to do
        :param args: its parameters
        :return: what the step returns
        """
        try:
            self._limit_patience()
            result = step(*args)
            self._commit()
        except Exception:
            self.env.cr.rollback()
            raise
        return result

    @api.model
    def _try_step(self, step, *args):
        """Like :meth:`_run_step`, unless others write the same rows: then all is as
        before, and is tried again by a later round.

        :return: what the step returns, or ``None``
        """
        try:
            return self._run_step(step, *args)
        except CONFLICTS as error:
            reason = error.pgcode
            _logger.info("%s: others write the same (%s)", self._description, reason)
            return None

    @api.model
    def _persist(self, step):
        """Do a step and commit it, again when others write the same rows.

        :param callable step: without parameters
        :return: whether it was done; ``False`` when the others did not end
        :rtype: bool
        """
        for pause in const.CONFLICT_PAUSES:
            try:
                self._run_step(step)
                return True
            except CONFLICTS:
                time.sleep(pause)
        _logger.warning("Viber: others did not let go of the same rows")
        return False

    @api.model
    def _attempt(self, step, *args):
        """Do what follows from facts that are committed: should it fail, they stand.

        :param callable step: what to do
        :param args: its parameters
        :return: whether it was done
        :rtype: bool
        """
        try:
            return self._persist(partial(step, *args))
        except Exception:
            _logger.exception("Viber: %s failed", getattr(step, "__name__", "a step"))
            return False
