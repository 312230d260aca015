"""Who waits for an answer, and since when.

What is kept on the record is written beside the ORM: whoever has its form open gets no
conflict, and nothing that looks at changes sees one. It is the lock, too: of two who
begin or end a wait at the same time the second one begins anew.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from .. import const
from ..tools.text import clean_line, is_visible, shorten, to_plain
from . import viber_bulk
from .mail_message import COMPANY, OUTSIDER
from .viber_wait import ANSWER_CHANNELS

# What follows from the messages.
_KEPT = {
    "viber_last_message_date",
    "viber_last_message_preview",
    "viber_waiting_since",
}


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_waiting_since = fields.Datetime(
        "Waiting Since",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the customer wrote what nobody has answered. Empty: nobody waits.",
    )
    viber_last_message_date = fields.Datetime(
        "Last Message on",
        readonly=True,
        copy=False,
        help="When the customer wrote for the last time.",
    )
    viber_last_message_preview = fields.Char(
        "Last Message",
        readonly=True,
        copy=False,
        help="What the customer said last: its first words, or what kind it was of.",
    )

    # -- What an agent can do --------------------------------------------------------

    def action_viber_no_answer_needed(self):
        """Say that the customers of these conversations wait for nothing.

        :return: ``True``; for several, and for one from its row or card, which goes
            down silently else, what was done
        :raise AccessError: when the user is no employee who may change the records
        """
        self._viber_check_agent()
        waiting = self.filtered("viber_waiting_since")
        for record in waiting:
            record._viber_end_wait("no_answer_needed", self.env.user)
        if len(self) == 1 and waiting and self.env.context.get("viber_from_list"):
            # sudo: whoever sees the conversation may know whose it is
            name = self.sudo()._viber_customers()[:1].name or self.display_name
            words = self.env._("%s: no answer needed.", name)
            return viber_bulk.tell(words, True, {"type": "ir.actions.act_window_close"})
        words = self.env._("%s need no answer"), self.env._("%s did not wait for one")
        return viber_bulk.report(self, waiting, *words)

    # -- What is said ----------------------------------------------------------------

    def _viber_customers(self):
        """:return: the contacts who are told when this is answered: the one behind the
            Viber customer, and whoever is the customer now
        :rtype: res.partner
        """
        return self.viber_subscriber_id.partner_id | self.viber_customer_id

    def _viber_follow_wait(self, message, reached, content=None):
        """A message was posted: it opens a wait, ends it, or has nothing to do with it.

        :param mail.message message: the message, sudoed
        :param set[int] reached: ids of the contacts to whom it goes outside of Odoo
        :param Content | None content: what a customer said, when it came by Viber
        """
        # sudo: a portal user who writes may not read the fields
        record = self.sudo()
        if not record.viber_account_id:
            return
        if record._viber_is_asked_by(message, content):
            record._viber_take_question(message, content)
        elif record.viber_waiting_since and record._viber_is_answer(message, reached):
            user = message._viber_employee()
            if user:
                record._viber_end_wait("answered", user, message)
                record._viber_assign_on_answer(user)

    def _viber_is_asked_by(self, message, content=None):
        """:return: whether a message is one of the customer's, who waits then
        :rtype: bool
        """
        if content:
            return True
        customers = self._viber_customers()
        if message.author_id not in customers and message.create_uid.share is False:
            return False
        if not message._viber_may_leave(False, automatic=False):
            return False
        voice, speaker = message._viber_voice()
        return voice == OUTSIDER and speaker in customers

    def _viber_is_answer(self, message, reached):
        """:return: whether a message is an employee's word that goes to the customer
        :rtype: bool
        """
        return (
            not reached.isdisjoint(self._viber_customers().ids)
            and message._viber_may_leave(False, automatic=False)
            and message._viber_voice()[0] == COMPANY
        )

    def _viber_is_answered_by(self, message):
        """Like :meth:`_viber_is_answer`, for a message that was posted before.

        :rtype: bool
        """
        arrived = message.notification_ids.filtered(
            lambda n: n.notification_type in ANSWER_CHANNELS and not n._viber_is_lost()
        )
        reached = set(arrived.res_partner_id.ids)
        if self.viber_subscriber_id in arrived.viber_message_ids.subscriber_id:
            # Whoever their contact was then.
            reached.update(self._viber_customers().ids)
        return self._viber_is_answer(message, reached) and bool(
            message._viber_employee()
        )

    def _viber_asked_date(self):
        """:return: when the customer who waits wrote last
        :rtype: datetime
        """
        since = self.viber_waiting_since
        return max(since, self.viber_last_message_date or since)

    def _viber_take_question(self, message, content=None):
        """The customer has said something: remember it, and that they wait.

        :param mail.message message: what they said
        :param Content | None content: the same, when it came by Viber
        """
        # By Viber's clock, which may be ahead of ours.
        date = min(message.date, fields.Datetime.now())
        values = {}
        if not self.viber_last_message_date or self.viber_last_message_date <= date:
            values = {
                "viber_last_message_date": date,
                "viber_last_message_preview": self._viber_preview(message, content),
            }
        since = self.viber_waiting_since
        is_first = not since or date < since
        if is_first:
            values["viber_waiting_since"] = date
        if values:
            # This is the lock, too: what follows is done by one alone.
            self._viber_write_quietly(**values)
        if is_first:
            self._viber_open_wait(date)

    @api.model
    def _viber_preview(self, message, content=None):
        """:return: the first words of a message as plain text, or its kind
        :rtype: str
        """
        text = to_plain(content.text) if content else html2plaintext(message.body or "")
        words = clean_line(text[: const.TEXT_MAX_LENGTH])
        if not is_visible(words):
            words = self._viber_kind(message, content)
        return shorten(words, const.PREVIEW_MAX_LENGTH)

    @api.model
    def _viber_kind(self, message, content=None):
        """:return: what a message without words is: a photo, or the name of its file
        :rtype: str
        """
        file = message.attachment_ids[:1]
        kind = content.kind if content else (file.mimetype or "").partition("/")[0]
        kinds = {
            "image": self.env._("Photo"),
            "picture": self.env._("Photo"),
            "sticker": self.env._("Sticker"),
            "video": self.env._("Video"),
        }
        name = content.file_name if content else file.name
        return kinds.get(kind) or name or self.env._("Message")

    # -- The wait --------------------------------------------------------------------

    def _viber_open_wait(self, date):
        """Begin a wait, or find out that the one that is open began earlier.

        The customer does not wait since before what was answered.

        :param datetime date: of a message that nobody has answered
        """
        waits = self.env["viber.wait"]._of(self, limit=2)
        ended = waits.filtered("until")[:1]
        since = max(date, ended.until or date)
        if since != date:
            self._viber_write_quietly(viber_waiting_since=since)
        if running := waits.filtered(lambda wait: not wait.until):
            running.since = since
            return
        waits.create(
            {
                "account_id": self.viber_account_id.id,
                "subscriber_id": self.viber_subscriber_id.id,
                "since": since,
                "is_first": not waits,
                # They are known to be none: what is not given is computed later, by an
                # UPDATE for each new customer.
                "duration": 0,
                "working_duration": 0,
                **self._viber_place(),
            }
        )

    def _viber_end_wait(self, reason, user, message=None):
        """Nobody waits here any more.

        :param str reason: of ``viber.wait.end_reason``
        :param res.users user: who has ended it
        :param mail.message | None message: the answer
        """
        # sudo: waits are nobody's to write; callers check the access to the record
        record = self.sudo()
        if not record.viber_waiting_since:
            return
        record._viber_write_quietly(viber_waiting_since=False)
        waits = record.env["viber.wait"]._of(record, limit=1)
        waits.filtered(lambda wait: not wait.until)._end(
            reason, user, fields.Datetime.now(), message
        )

    def _viber_end_closed_waits(self):
        """What is closed is not waited for."""
        # sudo: whoever may close the record may say so
        for record in self.sudo().filtered("viber_waiting_since"):
            if not record._viber_is_open():
                record._viber_end_wait("closed", self.env.user)

    @api.model
    def _viber_lock_waits(self, records):
        """Let nobody else begin or end a wait of conversations until the end of the
        transaction: after somebody who has done so meanwhile it begins anew.

        :param records: single ones, of whatever carrier
        :type records: Iterable[viber.conversation.mixin]
        """
        for model, ids in _ids_by_model(records).items():
            self.env.cr.execute(
                SQL(
                    "SELECT 1 FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                    SQL.identifier(self.env[model]._table),
                    ids,
                ),
                log_exceptions=False,
            )

    @api.model
    def _viber_copy_waits(self, records):
        """Have conversations say what their waits do.

        :param records: single ones, of whatever carrier
        :type records: Iterable[viber.conversation.mixin]
        """
        self.env["viber.wait"].flush_model()
        for model, ids in _ids_by_model(records).items():
            carrier = self.env[model].browse(ids)
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %(table)s AS carrier
                       SET viber_waiting_since = (
                            SELECT since FROM viber_wait
                             WHERE res_model = %(model)s AND res_id = carrier.id
                               AND until IS NULL)
                     WHERE id IN %(ids)s
                    """,
                    table=SQL.identifier(carrier._table),
                    model=model,
                    ids=tuple(ids),
                ),
                log_exceptions=False,
            )
            carrier.invalidate_recordset(["viber_waiting_since"], flush=False)
            carrier.modified(["viber_waiting_since"])
            carrier._viber_push_board()

    def _viber_write_quietly(self, **values):
        """Write columns without anybody noticing: neither ``write_date`` nor what is
        computed from them changes.

        :param values: by name of the column
        """
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), value or None)
            for name, value in values.items()
        )
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = %s",
                SQL.identifier(self._table),
                assignments,
                self.id,
            ),
            log_exceptions=False,
        )
        for name, value in values.items():
            self._fields[name]._update_cache(self, value or None)
        self.modified(values)
        # Nobody looks while modules are updated.
        if self.pool.ready:
            self._viber_push_board(counters="viber_waiting_since" in values)

    # -- Closing ---------------------------------------------------------------------

    @api.model
    def _viber_open_fields(self):
        """:return: names of the fields that say whether a conversation goes on
        :rtype: set[str]
        """
        conditions = Domain(self._viber_open_domain()).iter_conditions()
        return {condition.field_expr.partition(".")[0] for condition in conditions}

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._viber_check_kept(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._viber_check_kept(vals)
        if "viber_subscriber_id" in vals:
            self._viber_give_away(vals["viber_subscriber_id"] or False)
        result = super().write(vals)
        if not self._viber_open_fields().isdisjoint(vals):
            self._viber_end_closed_waits()
        return result

    @api.model
    def default_get(self, fields):
        """Like Odoo's, but what comes by the context or was kept as somebody's own
        default says nothing of who waits."""
        values = super().default_get(fields)
        for name in () if self.env.su else _KEPT:
            values.pop(name, None)
        return values

    def _viber_check_kept(self, vals):
        """Read-only fields are so in forms only; here they are for remote calls, too.

        :param dict vals: that are about to be written
        :raise AccessError: when somebody says who waits, and what was said last
        """
        if not self.env.su and not _KEPT.isdisjoint(vals):
            raise AccessError(
                self.env._(
                    "Who waits, and what the customer said last, follows from the "
                    "messages. Press No Answer Needed when nobody waits any more."
                )
            )

    @api.model
    def _viber_end_waits_in(self, stages):
        """Stages count as closed now, or not any more: so do the conversations there.

        :param stages: records that this carrier has in ``stage_id``
        """
        # sudo: whoever may change the stage may say so
        waiting = [("stage_id", "in", stages.ids), ("viber_waiting_since", "!=", False)]
        self.sudo().search(waiting)._viber_end_closed_waits()

    @api.ondelete(at_uninstall=False)
    def _viber_end_deleted_waits(self):
        """What is deleted is not waited for. Not before: by then its messages are gone,
        and the answers that had not left with them; and its sub-tasks go along."""
        # sudo: whoever may delete the record may say so
        for record in self.sudo().filtered("viber_waiting_since"):
            record._viber_end_wait("closed", self.env.user)

    def _viber_give_away(self, subscriber_id):
        """These are about to be another customer's, or nobody's.

        :param int | bool subscriber_id: whose
        """
        # sudo: that the user may do it is checked when it is done
        for record in self.sudo().filtered("viber_subscriber_id"):
            if record.viber_subscriber_id.id != subscriber_id:
                record._viber_end_wait("closed", self.env.user)
                record._viber_write_quietly(
                    viber_last_message_date=False, viber_last_message_preview=False
                )


def _ids_by_model(records):
    ids_by_model = {}
    for record in records:
        ids_by_model.setdefault(record._name, []).append(record.id)
    return ids_by_model
