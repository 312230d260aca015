from functools import lru_cache

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import callback
from . import viber_bulk
from .viber_event_digest import digest_of


class ViberEvent(models.Model):
    """The inbox: a fact that Viber told us, kept as it came until it is understood."""

    _name = "viber.event"
    _inherit = ["viber.queue.mixin"]
    _description = "Viber Inbox"
    _order = "id desc"
    _rec_name = "message_token"
    _job_name = "ir_cron_process_events"
    _tells_late = True

    account_id = fields.Many2one(
        "viber.account", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="account_id.company_id")
    event_type = fields.Char(required=True, readonly=True)
    message_token = fields.Char(required=True, readonly=True)
    viber_user_id = fields.Char("Viber User ID", required=True, readonly=True)
    event_date = fields.Datetime(
        "Date at Viber",
        required=True,
        readonly=True,
        help="With milliseconds: events of a customer are processed in this order.",
    )
    payload = fields.Text("Body", readonly=True)
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("done", "Done"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="pending",
    )
    attempt_count = fields.Integer("Attempts", readonly=True)
    next_attempt_date = fields.Datetime("Next Attempt", readonly=True)
    give_up_date = fields.Datetime("Retried Until", readonly=True)
    error = fields.Text(readonly=True)
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # The conversation, where it has come into one. The task, where it is one.
    res_model = fields.Char("Kind of Conversation", readonly=True)
    res_id = fields.Many2oneReference(
        "Conversation", model_field="res_model", readonly=True
    )
    task_id = fields.Many2one(
        "project.task", readonly=True, index="btree_not_null", ondelete="set null"
    )

    # The customer belongs to the key: receipts of a broadcast share one token.
    _once = models.UniqueIndex(
        "(account_id, event_type, message_token, viber_user_id)",
        "This event is in the inbox already.",
    )
    # Few, whatever the number of those that are done: an account counts its own, and
    # the list begins with them.
    _broken = models.Index("(account_id) WHERE state = 'failed'")

    def _callback(self):
        """:return: what Viber said; the one way to read a body that is kept
        :rtype: Callback
        """
        self.ensure_one()
        return _parse(self.payload or "")

    @api.model
    def _store(self, account, event, body):
        """Put a callback into the inbox, once: a repetition of what was removed from it
        since (``viber_event_digest``) is none of ours to post again.

        No ORM: this is all that happens while Viber waits.

        :param viber.account account: to whom it was sent
        :param Callback event: the callback, parsed
        :param bytes body: the callback as it came
        :return: whether it is new
        :rtype: bool
        """
        try:
            is_new, is_waking = self._insert(account, event, body)
        except psycopg2.errors.SerializationFailure:
            # The same callback at the same instant, or a run of the job that has ended
            # meanwhile. With a fresh look at the database neither is in the way.
            self.env.cr.rollback()
            is_new, is_waking = self._insert(account, event, body)
        if is_new and not is_waking:
            self._wake()
        return is_new

    @api.model
    def _insert(self, account, event, body):
        """Insert a row, unless it is there, and see whether the job will run anyway;
        one statement for both.

        :return: whether the row is new, and whether a wake-up is waiting
        :rtype: tuple[bool, bool]
        :raise psycopg2.errors.SerializationFailure: see :meth:`_store`
        """
        key = (account.id, event.event, event.token, event.user_id)
        query = SQL(
            """
            WITH waiting AS (%s)
            INSERT INTO viber_event
                   (account_id, event_type, message_token, viber_user_id, event_date,
                    payload, state, attempt_count, create_date, write_date)
            SELECT %s, %s, %s, %s, LEAST(%s, clock_timestamp() AT TIME ZONE 'UTC'),
                   %s, 'pending', 0, now() AT TIME ZONE 'UTC',
                   now() AT TIME ZONE 'UTC'
             WHERE NOT EXISTS (SELECT 1 FROM viber_event_digest WHERE digest = %s)
            ON CONFLICT (account_id, event_type, message_token, viber_user_id)
                     DO NOTHING
            RETURNING (SELECT count(*) FROM waiting)
            """,
            self._waiting_query(),
            *key,
            event.date,
            callback.to_text(body),
            digest_of(*key),
        )
        # A failure is no error here: see above.
        self.env.cr.execute(query, log_exceptions=False)
        rows = self.env.cr.fetchall()
        return bool(rows), bool(rows and rows[0][0])

    def action_reprocess(self):
        """Process events again that failed or were ignored.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no manager of these events
        """
        self.check_access("read")
        # sudo: who may read the inbox, its managers, may do this and change no more
        events = self.sudo().filtered(
            lambda event: event.state in ("failed", "ignored")
        )
        events.write(
            {
                "state": "pending",
                "attempt_count": 0,
                "next_attempt_date": False,
                "give_up_date": False,
                "error": False,
            }
        )
        self._wake()
        words = self.env._("%s are processed again"), self.env._("%s left as they were")
        return viber_bulk.report(self, events, *words)

    def unlink(self):
        """Remove events, but for what tells a repetition of them."""
        self.env["viber.event.digest"].sudo()._remember(self)
        return super().unlink()

    @api.autovacuum
    def _gc_events(self):
        """Remove what was understood long ago, and what nobody let in; what failed
        stays.

        :return: number of events that were removed, and whether there are more
        :rtype: tuple[int, bool]
        """
        days = self.env["ir.config_parameter"]._viber_int(
            const.EVENT_RETENTION_PARAMETER, const.EVENT_RETENTION_DAYS
        )
        oldest = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        events = self.search(
            [
                "|",
                ("state", "in", ("done", "ignored")),
                "&",
                ("state", "=", "pending"),
                ("is_parked", "=", True),
                ("create_date", "<", oldest),
            ],
            order="id",
            limit=const.EVENT_RETENTION_BATCH,
        )
        events.unlink()
        return len(events), len(events) == const.EVENT_RETENTION_BATCH

    def _retry_later(self, error):
        """Keep an event that could not be processed for another try, or for a person.

        :param str error: what went wrong
        """
        self.ensure_one()
        now = fields.Datetime.now()
        delays = const.EVENT_RETRY_DELAYS
        delay = delays[min(self.attempt_count, len(delays) - 1)]
        retry = fields.Datetime.add(now, seconds=delay)
        give_up = self.give_up_date or fields.Datetime.add(
            now, seconds=const.EVENT_PATIENCE
        )
        vals = {
            "attempt_count": self.attempt_count + 1,
            "error": error,
            "next_attempt_date": retry,
            "give_up_date": give_up,
        }
        if retry > give_up:
            vals |= {"state": "failed", "next_attempt_date": False}
        self.write(vals)


@lru_cache(maxsize=4)
def _parse(payload):
    """Read a body once, however often its event is asked while it is worked on. A body
    may be large: no more than those at hand are kept.

    :param str payload: as the inbox keeps it
    :rtype: Callback
    """
    return callback.parse(payload)
