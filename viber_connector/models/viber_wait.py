from odoo import api, fields, models
from odoo.fields import Domain

# What an answer may be: what an employee says to people, not what Odoo says by itself.
_SAID = ("comment", "email")
#: Where it may go.
ANSWER_CHANNELS = ("email", "viber")


class ViberWait(models.Model):
    """A customer waits: from the first message that nobody has answered until an
    employee's answer goes to them, or somebody says that none is needed.

    The waits of a conversation follow each other and do not overlap; one at the most is
    open. When they begin and end: ``viber_conversation_wait``.
    """

    _name = "viber.wait"
    _description = "Viber Wait"
    _order = "since desc, id desc"
    _rec_name = "subscriber_id"

    account_id = fields.Many2one(
        "viber.account", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id")
    subscriber_id = fields.Many2one(
        "viber.subscriber",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # The conversation: a wait may outlive its record. The task, where it is one.
    res_model = fields.Char("Kind of Conversation", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Conversation", model_field="res_model", required=True, readonly=True
    )
    task_id = fields.Many2one(
        "project.task", readonly=True, index="btree_not_null", ondelete="set null"
    )
    since = fields.Datetime(required=True, readonly=True)
    until = fields.Datetime(readonly=True)
    end_reason = fields.Selection(
        [
            ("answered", "Answered"),
            ("no_answer_needed", "No answer needed"),
            ("closed", "Conversation closed"),
        ],
        "Ended By",
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users", "Ended by User", readonly=True, ondelete="set null"
    )
    answer_message_id = fields.Many2one(
        "mail.message",
        "Answer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The message that has ended the wait, or was meant to.",
    )
    is_first = fields.Boolean(
        "First of Its Conversation",
        readonly=True,
        help="How long a new customer waits is told from how long the others do.",
    )
    duration = fields.Float(
        "Hours", compute="_compute_durations", store=True, aggregator="avg"
    )
    working_duration = fields.Float(
        "Working Hours",
        compute="_compute_durations",
        store=True,
        aggregator="avg",
        help="Those within the working hours of the account's company.",
    )

    _open = models.UniqueIndex(
        "(res_model, res_id) WHERE until IS NULL",
        "Somebody waits in this conversation already.",
    )
    _conversation = models.Index("(res_model, res_id, until)")

    @api.depends("since", "until")
    def _compute_durations(self):
        for wait in self:
            wait.duration = wait.working_duration = 0
            if wait.until:
                wait.duration = (wait.until - wait.since).total_seconds() / 3600
                wait.working_duration = wait._working_hours()

    def _working_hours(self):
        calendar = self.company_id.resource_calendar_id
        if not calendar:
            return self.duration
        return calendar.get_work_hours_count(self.since, self.until)

    @api.model
    def _of(self, conversation, limit=None):
        """:param viber.conversation.mixin conversation: a single record
        :param int | None limit: how many at the most
        :return: its waits: the one that is open, then the one that ended last
        :rtype: viber.wait
        """
        # What has no end sorts first.
        return self.search(
            [("res_model", "=", conversation._name), ("res_id", "=", conversation.id)],
            order="until desc, id desc",
            limit=limit,
        )

    def _records(self):
        """:return: the conversations of these, sudoed, by wait: those that exist still
            and are this customer's
        :rtype: dict[viber.wait, viber.conversation.mixin]
        """
        found = {}
        carriers = self.env["viber.conversation.mixin"]._viber_carriers()
        for model, waits in self.grouped("res_model").items():
            if model not in carriers:
                continue
            # sudo: whoever learns of a fate need not see the conversation
            records = self.env[model].sudo().browse(waits.mapped("res_id")).exists()
            by_id = {record.id: record for record in records}
            for wait in waits:
                record = by_id.get(wait.res_id)
                if record and record.viber_subscriber_id == wait.subscriber_id:
                    found[wait] = record
        return found

    def _end(self, reason, user, date, message=None):
        """:param str reason: of ``end_reason``
        :param res.users user: who has ended it, maybe empty
        :param datetime date: when, by UTC
        :param mail.message | None message: the answer
        """
        for wait in self:
            wait.write(
                {
                    "until": max(date, wait.since),
                    "end_reason": reason,
                    "user_id": user.id,
                    "answer_message_id": message.id if message else False,
                }
            )

    def _reopen(self):
        self.write(
            {
                "until": False,
                "end_reason": False,
                "user_id": False,
                "answer_message_id": False,
            }
        )

    # -- What became of an answer ----------------------------------------------------

    @api.model
    def _follow_lost(self, notifications):
        """What was meant to answer customers has not reached them, and will not: they
        wait still, from the first moment on.

        :param mail.notification notifications: failed or canceled
        """
        answered = self._answered_by(notifications.mail_message_id)
        records = answered._records()
        by_message = notifications.grouped("mail_message_id")
        answered.filtered(
            lambda wait: (
                wait in records
                and any(
                    wait._is_told_by(notification, records[wait])
                    for notification in by_message[wait.answer_message_id]
                )
            )
        )._lose_answers(records)

    @api.model
    def _follow_deleted(self, messages):
        """Messages are about to be deleted: what has not left of them never will. What
        has left is an answer still."""
        if self._answered_by(messages):
            messages.notification_ids.filtered(
                lambda notification: notification.notification_status == "ready"
            ).notification_status = "canceled"

    @api.model
    def _follow_found(self, messages):
        """What was lost is on its way again: it is an answer, unless the customer has
        asked something since it was written.

        :param mail.message messages: that wait, or have arrived
        """
        for records in messages._viber_conversations():
            waiting = records.exists().filtered("viber_waiting_since")
            by_id = {record.id: record for record in waiting}
            for message in messages.filtered(lambda m, r=records: m.model == r._name):
                record = by_id.get(message.res_id)
                if (
                    record
                    and record.viber_waiting_since
                    and message.create_date >= record._viber_asked_date()
                    and record._viber_is_answered_by(message)
                ):
                    user = message._viber_employee()
                    record._viber_end_wait("answered", user, message)

    @api.model
    def _answered_by(self, messages):
        return self.search(
            [("answer_message_id", "in", messages.ids), ("until", "!=", False)]
        )

    def _is_told_by(self, notification, record):
        """:return: whether a notification is for the customer who waits, whoever is
        their contact now
        """
        rows = notification.viber_message_ids
        if rows:
            return self.subscriber_id in rows.subscriber_id
        return notification.res_partner_id in record._viber_customers()

    def _lose_answers(self, records):
        """The answers to these were none: what came after them decides how they go on.

        :param dict records: of :meth:`_records`
        """
        if not self:
            return
        self.env["viber.conversation.mixin"]._viber_lock_waits(records[w] for w in self)
        later = self._later()
        answers = self._next_answers(records)
        lost, same = self.browse(), self.browse()
        for wait in self:
            end = self._first_end(later[wait], answers.get(wait))
            # What the customer has begun meanwhile is the same wait.
            same |= later[wait].filtered(lambda w, e=end: not e or w.since < e[0])
            if end:
                date, reason, user, message = end
                wait._end(reason, user, date, message)
            else:
                lost |= wait
        same.unlink()
        lost._reopen()
        self.env["viber.conversation.mixin"]._viber_copy_waits(records[w] for w in self)

    def _first_end(self, later, answer):
        """:return: what has ended a wait whose answer was none: the end of a later one,
            or an answer that ended none; date, reason, user and message, or ``None``
        :rtype: tuple | None
        """
        ends = [
            (wait.until, wait.end_reason, wait.user_id, wait.answer_message_id)
            for wait in later.filtered("until")
        ]
        if answer:
            user = answer._viber_employee()
            ends.append((answer.create_date, "answered", user, answer))
        return min(ends, key=lambda end: end[0], default=None)

    def _later(self):
        """:return: by each of these, the waits of its conversation that came after
        :rtype: dict[viber.wait, viber.wait]
        """
        places = Domain.OR(
            Domain("res_model", "=", model)
            & Domain("res_id", "in", waits.mapped("res_id"))
            for model, waits in self.grouped("res_model").items()
        )
        found = self.search(places & Domain("since", ">=", min(self.mapped("until"))))
        by_place = found.grouped(lambda wait: (wait.res_model, wait.res_id))
        return {
            wait: by_place.get((wait.res_model, wait.res_id), self.browse()).filtered(
                lambda other, wait=wait: other.since >= wait.until
            )
            - wait
            for wait in self
        }

    def _next_answers(self, records):
        """:return: by each of these, the first message after its answer that did reach
            the customer, where there is one
        :rtype: dict[viber.wait, mail.message]
        """
        after = Domain.OR(
            Domain("model", "=", wait.res_model)
            & Domain("res_id", "=", wait.res_id)
            & Domain("id", ">", wait.answer_message_id.id)
            for wait in self
        )
        said = after & Domain("message_type", "in", _SAID)
        # What customers say is most of it, and notes tell nobody.
        customers = self.env["res.partner"].union(
            *(records[wait]._viber_customers() for wait in self)
        )
        outsiders = customers.filtered("partner_share")
        said &= Domain("author_id", "not in", outsiders.ids)
        said &= Domain("notification_ids.notification_type", "in", ANSWER_CHANNELS)
        messages = self.env["mail.message"].search(said, order="id")
        by_place = messages.grouped(lambda message: (message.model, message.res_id))
        found = {}
        for wait in self:
            for message in by_place.get((wait.res_model, wait.res_id), ()):
                is_after = message.id > wait.answer_message_id.id
                if is_after and records[wait]._viber_is_answered_by(message):
                    found[wait] = message
                    break
        return found
