"""Files that customers sent and that did not come at once."""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import content as content_tools
from ..tools import media
from . import viber_bulk

_logger = logging.getLogger(__name__)

# How long to wait for a file before looking for others that are due.
_WAIT_SECONDS = 0.5
# By database: what a run was fetching when its time was over.
_left_fetching = {}


class ViberMedia(models.Model):
    """A file whose message stands in the chatter already and waits for it."""

    _name = "viber.media"
    _inherit = ["viber.queue.mixin"]
    _description = "Viber File"
    _order = "id desc"
    _job_name = "ir_cron_fetch_media"

    event_id = fields.Many2one(
        "viber.event", required=True, readonly=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(related="event_id.account_id")
    company_id = fields.Many2one(related="account_id.company_id")
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # The conversation is that of the message.
    res_model = fields.Char(related="mail_message_id.model")
    res_id = fields.Many2oneReference(
        "Conversation", model_field="res_model", related="mail_message_id.res_id"
    )
    name = fields.Char(required=True, readonly=True)
    url = fields.Char("Address", required=True, readonly=True)
    state = fields.Selection(
        [("pending", "Pending"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="pending",
    )
    reason = fields.Char(readonly=True)
    detail = fields.Char(
        "Technically",
        readonly=True,
        help="What the server or the network said, for whoever looks after this.",
    )
    attempt_count = fields.Integer("Attempts", readonly=True)
    next_attempt_date = fields.Datetime("Next Attempt", readonly=True)
    expiry_date = fields.Datetime("Link Expires on", required=True, readonly=True)

    _pending = models.Index("(next_attempt_date) WHERE state = 'pending'")

    @api.model
    def _start(self, event, message, url, error):
        """Go on with a file that was not there when its message was posted.

        :param viber.event event: that named the file
        :param mail.message message: the chatter message that waits for it
        :param str url: where it is
        :param MediaError error: what became of the first try
        """
        content = content_tools.read(event._callback().message)
        row = self.create(
            {
                "event_id": event.id,
                "mail_message_id": message.id,
                "name": content.file_name,
                "url": url,
                "attempt_count": 1,
                "expiry_date": fields.Datetime.add(
                    event.event_date.replace(microsecond=0), seconds=const.MEDIA_LIFE
                ),
            }
        )
        row._settle(error)
        if row.state == "pending":
            row._wake(at=row.next_attempt_date)

    def action_retry(self):
        """Try again to fetch a file, now.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user may not see the conversation
        """
        # sudo: who may read the conversation may ask for its files
        rows = self.sudo()
        for model, res_ids in rows.mail_message_id._viber_documents().items():
            self.env[model].browse(res_ids).check_access("read")
        failed = rows.filtered(lambda row: row.state == "failed")
        failed.write(
            {
                "state": "pending",
                "next_attempt_date": False,
                "reason": False,
                "detail": False,
            }
        )
        for row in failed:
            row._as_worker()._show(None)
        self._wake()
        words = self.env._("%s are fetched again"), self.env._("%s left as they were")
        return viber_bulk.report(self, failed, *words)

    # -- The job -----------------------------------------------------------------

    @api.model
    def _work(self):
        """Only HTTP runs in threads; no transaction stays open meanwhile. What a slow
        server has not given when the time is over goes on, and is taken up by the next
        run in this process."""
        fetching = _left_fetching.pop(self.env.cr.dbname, None) or _Fetching()
        finished = False
        try:
            finished = self._fetch(fetching)
        finally:
            if finished or not fetching.running:
                fetching.pool.shutdown(wait=False, cancel_futures=True)
            else:
                _left_fetching[self.env.cr.dbname] = fetching
        # Looking after these again and again would bring them no sooner.
        return finished or bool(fetching.running)

    @api.model
    def _next_date(self):
        now = fields.Datetime.now()
        if self.env.cr.dbname in _left_fetching:
            return fields.Datetime.add(now, seconds=const.MEDIA_REST)
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(next_attempt_date) FROM viber_media
                 WHERE state = 'pending' AND next_attempt_date > %s
                """,
                now,
            )
        )
        return date

    @api.model
    def _fetch(self, fetching):
        """:param _Fetching fetching: what is on its way
        :return: whether nothing is due any more
        :rtype: bool
        """
        options = self._fetch_options() | {"seconds": const.MEDIA_TIMEOUT}
        while self._has_time():
            # The lock is worth nothing with a snapshot from before it.
            self._commit()
            rows = self._try_step(self._claim, fetching.free)
            for row in rows or ():
                fetching.begin(row, options)
            self._commit()
            if not fetching.running:
                # Where others write the same rows, these are due still.
                return rows is not None
            results = fetching.wait(_WAIT_SECONDS)
            for row_id, result in results:
                self._finish(row_id, result)
            self._end_round(len(results))
        return False

    @api.model
    def _finish(self, row_id, result):
        """Settle one file and commit; what goes wrong with it is not the others' loss.

        :param int row_id: the file, maybe deleted meanwhile
        :param Fetched | MediaError result: what a try has brought
        """
        row = self.browse(row_id)
        try:
            # Where somebody else changes the message, the file is due again in a while.
            self._try_step(row._take, result)
        except Exception as error:
            _logger.exception("Viber file %s could not be kept", row_id)
            reason = self.env._(
                "A fault in Odoo kept it from the chatter: tell your administrator."
            )
            # Its text may quote anything.
            detail = type(error).__name__
            if not self._attempt(lambda: row._as_worker()._give_up(reason, detail)):
                # Not even the chatter can be changed.
                vals = {"state": "failed", "reason": reason, "detail": detail}
                self._attempt(row.write, vals)

    @api.model
    def _claim(self, limit=const.MEDIA_CONNECTIONS):
        """:param int limit: files at the most
        :return: files to be fetched now, kept from others while that lasts
        :rtype: viber.media
        :raise psycopg2.errors.OperationalError: another run was quicker
        """
        rows = self._query(
            SQL(
                """
                -- "IN (SELECT …)" might be run several times, past its limit
                WITH due AS MATERIALIZED (
                    SELECT id FROM viber_media
                     WHERE state = 'pending'
                       AND (next_attempt_date IS NULL OR next_attempt_date <= %(now)s)
                  ORDER BY next_attempt_date NULLS FIRST LIMIT %(limit)s
                       FOR NO KEY UPDATE SKIP LOCKED)
                UPDATE viber_media
                   SET attempt_count = attempt_count + 1,
                       next_attempt_date = %(later)s
                  FROM due WHERE viber_media.id = due.id
             RETURNING viber_media.id
                """,
                now=fields.Datetime.now(),
                later=fields.Datetime.add(
                    fields.Datetime.now(), seconds=2 * const.MEDIA_TIMEOUT
                ),
                limit=limit,
            )
        )
        return self.browse(row[0] for row in rows)

    @api.model
    def _fetch_options(self):
        """:return: options of :func:`tools.media.fetch` that an administrator can set
        :rtype: dict
        """
        megabytes = self.env["ir.config_parameter"]._viber_int(
            const.MEDIA_MAX_MB_PARAMETER, const.MEDIA_MAX_MB
        )
        return {
            "max_bytes": megabytes * 1024 * 1024,
            "trusted_url": self.env["viber.account"]._get_trusted_url(),
        }

    def _as_worker(self):
        """:return: this file as the inbox would handle it: in the account's company and
            language, whoever asks for it
        :rtype: viber.media
        """
        self.ensure_one()
        worker = self.env["viber.event"]._with_account(self.account_id)
        return self.with_env(worker.env)

    # -- What becomes of it ------------------------------------------------------

    def _take(self, result):
        if self.exists():
            self._as_worker()._settle(result)

    def _settle(self, result):
        """Take the file, plan another try, or give up.

        :param Fetched | MediaError result: what a try has brought
        """
        self.ensure_one()
        if isinstance(result, media.Fetched):
            nothing = dict.fromkeys(("next_attempt_date", "reason", "detail"), False)
            self.write({"state": "done"} | nothing)
            self._show(result)
            return
        retry = fields.Datetime.add(fields.Datetime.now(), seconds=self._delay())
        reason = self._explain(result)
        if result.may_pass and retry < self.expiry_date:
            vals = {"reason": reason, "detail": str(result)}
            self.write({"next_attempt_date": retry} | vals)
            return
        self._give_up(reason, str(result))

    def _give_up(self, reason, detail):
        """Say in the chatter why there is no file; a person may try again.

        :param str reason: for the agent
        :param str detail: for managers
        """
        said = {"reason": reason, "detail": detail}
        self.write({"state": "failed", "next_attempt_date": False} | said)
        self._show(None)

    def _delay(self):
        delays = const.MEDIA_RETRY_DELAYS
        return delays[min(self.attempt_count, len(delays)) - 1]

    def _explain(self, error):
        """:return: why there is no file, for the agent
        :rtype: str
        """
        return {
            "forbidden": self.env._(
                "The link that came for it does not lead to Viber. Ask the customer to "
                "send it again."
            ),
            "refused": self.env._(
                "Viber does not have it any more. Ask the customer to send it again."
            ),
            "too_big": self.env._(
                "It is larger than this Odoo takes. Ask the customer for a smaller "
                "file, or for a link to it."
            ),
            "encoded": self.env._(
                "Viber's server packed it in a way that Odoo does not open. Ask the "
                "customer to send it again."
            ),
            "unavailable": self.env._("Viber's server can't be reached."),
            "slow": self.env._("Viber's server was too slow."),
        }[error.reason]

    def _show(self, result):
        """Bring the chatter message up to date.

        :param Fetched | None result: the file, if it is there
        """
        sent = self.event_id._callback().message
        content = content_tools.read(sent)
        remark = self._remark(sent, content, result)
        vals = {"body": self.event_id._body(sent, content, remark)}
        if result:
            vals["attachment_ids"] = [
                (4, attachment.id) for attachment in self._attach(content, result)
            ]
        message = self.mail_message_id
        message.write(vals)
        for conversation in message._viber_conversations():
            conversation._viber_push_content(message)

    def _attach(self, content, result):
        [(name, raw)] = self.event_id._files(content, result)
        return (
            self.env["ir.attachment"]
            .with_context(attachments_mime_plainxml=True, image_no_postprocess=True)
            .create(
                {
                    "name": name,
                    "raw": raw,
                    "res_model": self.res_model,
                    "res_id": self.res_id,
                }
            )
        )

    def _remark(self, message, content, result):
        if self.state != "failed":
            return self.event_id._remark(message, content, result)
        return self.event_id._small_print(
            [
                self.env._(
                    "%(file)s could not be fetched. %(reason)s %(retry)s",
                    file=self.name,
                    reason=self.reason,
                    retry=self._retry_link(),
                )
            ]
        )

    def _retry_link(self):
        """:return: what the web client makes a button of (``message_patch.js``);
            elsewhere it leads to the file's own page
        :rtype: Markup
        """
        return Markup(
            '<a href="/odoo/viber.media/%(id)s" class="o_viber_fetch_again"'
            ' data-oe-model="viber.media" data-oe-id="%(id)s">%(text)s</a>'
        ) % {"id": self.id, "text": self.env._("Try again")}


class _Fetching:
    """Files that are being fetched, in threads."""

    def __init__(self):
        #: id of the row, and the latest moment, by the result to come
        self.running = {}
        self.pool = ThreadPoolExecutor(const.MEDIA_CONNECTIONS)

    @property
    def free(self):
        """int: how many more may be begun."""
        return const.MEDIA_CONNECTIONS - len(self.running)

    def begin(self, row, options):
        """Fetch a file.

        :param viber.media row: claimed
        :param dict options: of :func:`tools.media.fetch`
        """
        future = self.pool.submit(media.try_fetch, row.url, **options)
        self.running[future] = (row.id, time.monotonic() + const.MEDIA_TIMEOUT)

    def wait(self, seconds):
        """Wait until a file is there, or the time is over.

        :param float seconds: at the most
        :return: pairs of a row's id and what came of it
        :rtype: list[tuple[int, Fetched | MediaError]]
        """
        latest = min(moment for _row_id, moment in self.running.values())
        left = max(latest - time.monotonic(), 0)
        wait(self.running, min(seconds, left), return_when=FIRST_COMPLETED)
        results = []
        for future, (row_id, moment) in list(self.running.items()):
            if future.done():
                results.append((row_id, future.result()))
            elif time.monotonic() >= moment:
                # Nobody waits for a thread that hangs (in the name service, say).
                results.append((row_id, media.MediaError("slow")))
            else:
                continue
            del self.running[future]
        return results
