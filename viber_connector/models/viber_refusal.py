"""Callbacks with a wrong signature: counted, at no cost to whoever is flooded."""

import contextlib
import threading
import time
from collections import Counter

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const


class Tally:
    """Counts in memory, and says now and then what is to be written down.

    :param float seconds: between two times
    """

    def __init__(self, seconds):
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts = {}
        self._next = {}

    def add(self, scope, key):
        """Count one.

        :param str scope: the database: what is written down together
        :param int key: one of few: what is counted is known to us
        :return: what has been counted since the last time; mostly nothing
        :rtype: dict[int, int]
        """
        now = time.monotonic()
        with self._lock:
            counts = self._counts.setdefault(scope, Counter())
            counts[key] += 1
            if now < self._next.get(scope, now):
                return {}
            self._next[scope] = now + self._seconds
            return self._counts.pop(scope)


_tally = Tally(const.REFUSALS_SECONDS)


class ViberRefusal(models.Model):
    """How many callbacks of an account had a wrong signature, by minute and process.

    Only inserted into, so that nobody waits for anybody; the account's row is left
    alone. Nobody has access.
    """

    _name = "viber.refusal"
    _description = "Refused Viber Callbacks"
    _log_access = False

    account_id = fields.Many2one(
        "viber.account", required=True, index=True, ondelete="cascade"
    )
    date = fields.Datetime(required=True)
    count = fields.Integer(required=True)

    @api.model
    def _count(self, account):
        """Count a callback that knew the address and not the key.

        Whoever floods us costs an addition, and once a minute and process one insert.
        What is left in memory is written with the next one that comes.

        :param viber.account account: whose address it knew
        """
        counts = _tally.add(self.env.cr.dbname, account.id)
        if not counts:
            return
        # An account that has just been deleted changes nothing in our answer.
        with contextlib.suppress(psycopg2.Error), self.env.cr.savepoint(flush=False):
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO viber_refusal (account_id, date, count)
                    SELECT account.id, now() AT TIME ZONE 'UTC', told.count
                      FROM unnest(%s, %s) AS told (id, count)
                      JOIN viber_account account ON account.id = told.id
                    """,
                    list(counts.keys()),
                    list(counts.values()),
                ),
                log_exceptions=False,
            )

    @api.autovacuum
    def _gc_refusals(self):
        """Forget what nobody looks at any more."""
        oldest = fields.Datetime.subtract(
            fields.Datetime.now(), hours=2 * const.REFUSALS_HOURS
        )
        self.env.cr.execute(SQL("DELETE FROM viber_refusal WHERE date < %s", oldest))
