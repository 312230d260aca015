from odoo import api, fields, models
from odoo.fields import Domain

# What an answer may be: what an employee says to people, not what Odoo says by itself.
_SAID = ("comment", "email")


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

    def _conversation_record(self):
        """:return: where this is, sudoed, if that exists still and is this customer's
        :rtype: viber.conversation.mixin | None
        """
        if self.res_model not in self.env["viber.conversation.mixin"]._viber_carriers():
            return None
        # sudo: whoever learns of a fate need not see the conversation
        record = self.env[self.res_model].sudo().browse(self.res_id).exists()
        return record if record.viber_subscriber_id == self.subscriber_id else None

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
        answered = [
            ("answer_message_id", "in", notifications.mail_message_id.ids),
            ("until", "!=", False),
        ]
        for wait in self.search(answered):
            if any(wait._is_told_by(notification) for notification in notifications):
                wait._lose_answer()

    @api.model
    def _follow_deleted(self, messages):
        """Like :meth:`_follow_lost`, for messages that are about to be deleted."""
        answered = [("answer_message_id", "in", messages.ids), ("until", "!=", False)]
        for wait in self.search(answered):
            wait._lose_answer()

    @api.model
    def _follow_found(self, notifications):
        """What was lost is on its way again: it is an answer, to what was asked before
        it was written.

        :param mail.notification notifications: that wait, or have arrived
        """
        for message in notifications.mail_message_id._viber_carried():
            record = message._viber_conversation().exists()
            since = record.viber_waiting_since
            if (
                since
                and message.create_date >= since
                and record._viber_is_answered_by(message)
            ):
                record._viber_end_wait("answered", message._viber_employee(), message)

    def _is_told_by(self, notification):
        """:return: whether a notification is for the customer who waits, whoever is
        their contact now
        """
        if notification.mail_message_id != self.answer_message_id:
            return False
        rows = notification.viber_message_ids
        if rows:
            return self.subscriber_id in rows.subscriber_id
        record = self._conversation_record()
        return bool(record and notification.res_partner_id in record._viber_customers())

    def _lose_answer(self):
        """The answer to this was none: what came after it decides how this goes on."""
        record = self._conversation_record()
        if not record:
            return
        later = self._of(record).filtered(lambda w: w.since >= self.until) - self
        ends = [
            (wait.until, wait.end_reason, wait.user_id, wait.answer_message_id)
            for wait in later.filtered("until")
        ]
        answer = self._next_answer(record)
        if answer:
            user = answer._viber_employee()
            ends.append((answer.create_date, "answered", user, answer))
        end = min(ends, key=lambda end: end[0], default=None)
        # What the customer has begun meanwhile is the same wait.
        same = later.filtered(lambda wait: not end or wait.since < end[0])
        same.unlink()
        if not end:
            self._reopen()
            record._viber_write_quietly(viber_waiting_since=self.since)
            return
        date, reason, user, message = end
        self._end(reason, user, date, message)
        if not any(not wait.until for wait in later.exists()):
            record._viber_write_quietly(viber_waiting_since=False)

    def _next_answer(self, record):
        """:return: the first message after the answer that did reach the customer
        :rtype: mail.message
        """
        domain = (
            Domain("model", "=", record._name)
            & Domain("res_id", "=", record.id)
            & Domain("id", ">", self.answer_message_id.id)
            & Domain("message_type", "in", _SAID)
        )
        messages = self.env["mail.message"].search(domain, order="id")
        return next(filter(record._viber_is_answered_by, messages), messages.browse())
