"""The checks of an account: what is looked at, and how bad it is.

Each gives an entry: a code, a level, which of the code's sentences says it
(``viber_health_words``), and what stands in that sentence.
"""

from urllib.parse import urlsplit

from odoo import fields, models
from odoo.tools import SQL

from .. import const
from ..tools import https_check
from ..tools.errors import (
    ViberAccountError,
    ViberError,
    ViberUnavailable,
    ViberUncertain,
)
from ..tools.text import clean_line
from .viber_event_parked import IN_QUEUE

#: From the best to the worst.
LEVELS = ("ok", "warning", "problem")
#: In the order in which they are shown, among those of one level.
CODES = (
    "copied_database",
    "key",
    "webhook_url",
    "webhook_events",
    "https",
    "scheduler",
    "outbox_backlog",
    "inbox_backlog",
    "refused_signatures",
    "failed",
    "last_event",
)


def entry(code, level, kind, **values):
    """Make what is kept of a check.

    :param str code: one of :data:`CODES`
    :param str level: one of :data:`LEVELS`
    :param str kind: which sentence of the code's
    :param values: that stand in it; dates are naive UTC
    :rtype: dict
    """
    for name, value in values.items():
        if hasattr(value, "isoformat"):
            values[name] = fields.Datetime.to_string(value)
    now = fields.Datetime.to_string(fields.Datetime.now())
    return {"code": code, "level": level, "kind": kind, "values": values, "date": now}


class ViberAccount(models.Model):
    _inherit = "viber.account"

    def _check_health(self, answer, finding, before):
        """Look at everything.

        :param dict | ViberError | None answer: Viber's to ``get_account_info``;
            ``None`` of a copy, which asks nothing
        :param Finding | None finding: what was found at our address; ``None`` when
            nobody has looked now
        :param dict before: entries of the last time by their codes
        :return: an entry of each check; those that nobody can look at are left out
        :rtype: list[dict]
        """
        if self._is_copy():
            # All else is the original's.
            return [entry("copied_database", "problem", "copy")]
        # Much of it is counted by the database.
        self.env.flush_all()
        event = self._check_last_event(before.get("last_event"))
        entries = [
            entry("copied_database", "ok", "original"),
            self._check_key(answer),
            *self._check_webhook(answer, before),
            self._check_https(finding, event, before.get("https")),
            self._check_scheduler(),
            self._check_outbox(),
            self._check_inbox(),
            self._check_refusals(event),
            self._check_failed(),
            event,
        ]
        return [found for found in entries if found]

    # -- What Viber says -----------------------------------------------------------

    def _check_key(self, answer):
        if not self.auth_token_hash:
            return entry("key", "problem", "none")
        if isinstance(answer, (ViberUnavailable, ViberUncertain)):
            return entry("key", "warning", "silent", detail=answer.detail)
        if isinstance(answer, ViberAccountError):
            return entry(
                *("key", "problem", "refused"),
                status=answer.status,
                detail=answer.detail,
            )
        if isinstance(answer, ViberError):
            return entry("key", "problem", "odd", detail=answer.detail)
        if self.state == "error":
            return entry("key", "problem", "stopped", reason=self.state_reason or "")
        return entry("key", "ok", "fine")

    def _check_webhook(self, answer, before):
        """Both checks of the webhook; while Viber does not answer they are as before,
        and nobody knows them when it refuses the bot."""
        if isinstance(answer, (ViberUnavailable, ViberUncertain)):
            return [before.get("webhook_url"), before.get("webhook_events")]
        if isinstance(answer, ViberError):
            return []
        address = answer.get("webhook")
        if not address:
            return [entry("webhook_url", "problem", "none")]
        if address == self.webhook_url:
            return [entry("webhook_url", "ok", "fine"), self._check_events(answer)]
        # Its path may be a secret.
        host = host_of(address)
        kind = "same_host" if host == host_of(self.webhook_url) else "other"
        return [entry("webhook_url", "problem", kind, host=host or "?")]

    def _check_events(self, answer):
        told = answer.get("event_types")
        if not isinstance(told, list):
            return None
        missing = [name for name in const.EVENT_TYPES if name not in told]
        if missing:
            return entry("webhook_events", "warning", "missing", events=missing)
        return entry("webhook_events", "ok", "fine")

    # -- What the world sees of us -------------------------------------------------

    def _check_https(self, finding, event, before):
        """:param Finding | None finding: what was found at our address, by who looked
        :param dict event: entry of the last callback
        :param dict | None before: entry of the last look
        """
        if not finding:
            return before
        values = {name: value for name, value in finding.values.items() if value}
        if finding.kind in https_check.UNREACHABLE:
            heard = event["values"].get("event_date")
            # Where callbacks came all the same, the night in which nobody writes
            # proves nothing either.
            known = before and before["values"].get("found") == finding.kind
            if self._is_recent(heard) or (known and event["level"] == "ok"):
                return entry(
                    *("https", "warning", "inside_only"),
                    event_date=heard,
                    found=finding.kind,
                )
            return entry("https", "problem", finding.kind, url=self._get_base_url())
        level = {"fine": "ok", "stand_in": "ok", "renew": "warning"}
        return entry(
            *("https", level.get(finding.kind, "problem"), finding.kind),
            **values,
            url=self._get_base_url(),
        )

    def _is_recent(self, date):
        bound = fields.Datetime.subtract(
            fields.Datetime.now(), minutes=const.CALLBACK_PROOF_MINUTES
        )
        return bool(date) and fields.Datetime.to_datetime(date) > bound

    def _check_last_event(self, before):
        """Find the newest callback. Only rows that are new since the last look are
        read: there is no index for it, and there may be millions."""
        values = before["values"] if before else {}
        [(newest, date)] = self.env.execute_query(
            SQL(
                """
                SELECT top.id, latest.create_date
                  FROM (SELECT max(id) AS id FROM viber_event) AS top
             LEFT JOIN LATERAL (
                       SELECT create_date FROM viber_event
                        WHERE account_id = %s AND id > %s AND id <= top.id
                     ORDER BY id DESC LIMIT 1) AS latest ON true
                """,
                self.id,
                values.get("seen", 0),
            )
        )
        date = date or fields.Datetime.to_datetime(values.get("event_date"))
        seen = max((newest or 0) - const.EVENT_OVERLAP, values.get("seen", 0))
        if not date:
            return entry("last_event", "ok", "nothing_yet", seen=seen)
        bound = fields.Datetime.subtract(fields.Datetime.now(), days=self.silence_days)
        level = "warning" if self.silence_days and date < bound else "ok"
        kind = "old" if level == "warning" else "fine"
        return entry("last_event", level, kind, event_date=date, seen=seen)

    def _check_refusals(self, event):
        """:param dict event: entry of the last callback"""
        since = fields.Datetime.subtract(
            fields.Datetime.now(), hours=const.REFUSALS_HOURS
        )
        [(count, first, last)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(sum(count), 0), min(date), max(date)
                  FROM viber_refusal WHERE account_id = %s AND date >= %s
                """,
                self.id,
                since,
            )
        )
        if not count:
            return entry("refused_signatures", "ok", "none")
        values = {"count": count, "last_date": last}
        heard = fields.Datetime.to_datetime(event["values"].get("event_date"))
        if count < const.REFUSALS_PROBLEM or (heard and heard > first):
            return entry("refused_signatures", "warning", "some", **values)
        return entry("refused_signatures", "problem", "all", **values)

    # -- The queues ----------------------------------------------------------------

    def _check_outbox(self):
        # The first of each customer: the others wait for it. What has to wait for a
        # time of its own waits from then on.
        [(count, since)] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), min(since)
                  FROM (SELECT DISTINCT ON (subscriber_id)
                               GREATEST(create_date, next_attempt_date, hold_until)
                               AS since
                          FROM viber_message
                         WHERE account_id = %s AND state IN ('outgoing', 'sending')
                      ORDER BY subscriber_id, id) AS waiting
                 WHERE since <= now() AT TIME ZONE 'UTC'
                """,
                self.id,
            )
        )
        kind = "paused" if self.paused_since else "late"
        return self._check_backlog("outbox_backlog", kind, count, since)

    def _check_inbox(self):
        [(count, since)] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), min(event.create_date) FROM viber_event event
                 WHERE %s AND event.account_id = %s
                """,
                IN_QUEUE,
                self.id,
            )
        )
        return self._check_backlog("inbox_backlog", "late", count, since)

    def _check_backlog(self, code, kind, count, since):
        """:param datetime | None since: since when the oldest waits"""
        if not count:
            return entry(code, "ok", "none")
        seconds = int((fields.Datetime.now() - since).total_seconds())
        values = {"count": count, "age": max(seconds, 0)}
        if seconds < 60 * const.BACKLOG_WARNING_MINUTES:
            return entry(code, "ok", "short", **values)
        is_long = seconds >= 60 * const.BACKLOG_PROBLEM_MINUTES
        return entry(code, "problem" if is_long else "warning", kind, **values)

    def _check_failed(self):
        [(messages, events)] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT count(*) FROM viber_message
                         WHERE account_id = %(id)s AND state = 'failed'),
                       (SELECT count(*) FROM viber_event
                         WHERE account_id = %(id)s AND state = 'failed')
                """,
                id=self.id,
            )
        )
        if not messages and not events:
            return entry("failed", "ok", "none")
        kind = "both" if messages and events else "messages" if messages else "events"
        return entry("failed", "warning", kind, messages=messages, events_count=events)

    # -- The jobs --------------------------------------------------------------------

    def _check_scheduler(self):
        """The worst that can be said of our jobs, and of which."""
        jobs = self.env["ir.cron"]._viber_jobs()
        late = fields.Datetime.subtract(
            fields.Datetime.now(), minutes=const.JOB_LATE_MINUTES
        )
        for level, kind, found in (
            ("problem", "off", jobs.filtered(lambda job: not job.active)),
            ("problem", "late", jobs.filtered(lambda job: job._viber_is_late(late))),
            (
                *("problem", "broken"),
                jobs.filtered(lambda job: job.failure_count >= const.JOB_FAILURES),
            ),
            ("warning", "failing", jobs.filtered("failure_count")),
        ):
            if found:
                dates = found.filtered("first_failure_date").mapped(
                    "first_failure_date"
                )
                return entry(
                    *("scheduler", level, kind),
                    jobs=found.ids,
                    since_date=min(dates, default=None),
                )
        return entry("scheduler", "ok", "fine")


def host_of(url):
    """:param url: maybe from outside
    :return: the host that it names, in a form that can be shown; maybe ``""``
    :rtype: str
    """
    if not isinstance(url, str) or len(url) > const.TEXT_MAX_LENGTH:
        return ""
    try:
        return clean_line(urlsplit(url).hostname or "")
    except ValueError:
        return ""
