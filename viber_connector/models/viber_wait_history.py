"""What conversations knew before waits were kept: once, for an update."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Conversations that one statement looks at.
_BATCH = 1_000


class ViberWait(models.Model):
    _inherit = "viber.wait"

    @api.model
    def _look_back(self, model):
        """Find out from the chatters what customers said last, and who of the open
        conversations waits for an answer.

        :param str model: a carrier of conversations
        """
        carrier = self.env[model].with_context(active_test=False)
        theirs = Domain("viber_subscriber_id", "!=", False)
        conversations = carrier.search(theirs, order="id")
        is_open = theirs & Domain(carrier._viber_open_domain())
        going_on = set(carrier.search(is_open).ids)
        for start in range(0, len(conversations), _BATCH):
            batch = conversations[start : start + _BATCH]
            self._recall_last_messages(batch)
            self._recall_waits(batch.filtered(lambda record: record.id in going_on))
            self.env.flush_all()
            self.env.invalidate_all()

    @api.model
    def _recall_last_messages(self, conversations):
        latest = self._query_customers_messages(
            conversations, SQL("DISTINCT ON (res_id) id"), SQL("res_id, date DESC, id")
        )
        for [message_id] in latest:
            message = self.env["mail.message"].browse(message_id)
            message._viber_conversation()._viber_write_quietly(
                viber_last_message_date=message.date,
                viber_last_message_preview=conversations._viber_preview(message),
            )

    @api.model
    def _recall_waits(self, conversations):
        asked = {}
        rows = self._query_customers_messages(
            conversations, SQL("res_id, id, date"), SQL("res_id, id")
        )
        for res_id, message_id, date in rows:
            asked.setdefault(res_id, []).append((message_id, date))
        answers = self._query_answers(conversations)
        for record in conversations:
            answer_id, answered = answers.get(record.id, (0, None))
            dates = [date for id_, date in asked.get(record.id, ()) if id_ > answer_id]
            if dates:
                since = max(filter(None, [min(dates), answered]))
                record._viber_write_quietly(viber_waiting_since=since)
                record._viber_open_wait(since)

    @api.model
    def _query_customers_messages(self, conversations, columns, order):
        """:return: of what the customers have said in their conversations
        :rtype: list[tuple]
        """
        if not conversations:
            return []
        return self.env.execute_query(
            SQL(
                """
                SELECT %(columns)s FROM (
                    SELECT message.id, message.res_id, message.date
                      FROM mail_message message
                      JOIN %(carrier)s conversation ON conversation.id = message.res_id
                      JOIN viber_subscriber subscriber
                        ON subscriber.id = conversation.viber_subscriber_id
                     WHERE message.model = %(model)s AND message.res_id IN %(ids)s
                       AND message.message_type IN ('comment', 'email')
                       AND message.author_id = subscriber.partner_id) AS said
              ORDER BY %(order)s
                """,
                columns=columns,
                carrier=SQL.identifier(conversations._table),
                model=conversations._name,
                ids=tuple(conversations.ids),
                order=order,
            )
        )

    @api.model
    def _query_answers(self, conversations):
        """:return: id and date of the last answer that went to the customer, by id of
            the conversation
        :rtype: dict[int, tuple[int, datetime]]
        """
        if not conversations:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.res_id, max(message.id), max(message.create_date)
                  FROM mail_message message
                  JOIN %(carrier)s conversation ON conversation.id = message.res_id
                  JOIN viber_subscriber subscriber
                    ON subscriber.id = conversation.viber_subscriber_id
                  JOIN res_partner author ON author.id = message.author_id
                  JOIN mail_message_subtype subtype ON subtype.id = message.subtype_id
                 WHERE message.model = %(model)s AND message.res_id IN %(ids)s
                   AND message.message_type IN ('comment', 'email')
                   AND message.is_internal IS NOT TRUE
                   AND subtype.internal IS NOT TRUE
                   AND author.partner_share IS NOT TRUE AND author.id != %(root)s
                   AND EXISTS (
                        SELECT 1 FROM mail_notification notification
                         WHERE notification.mail_message_id = message.id
                           AND notification.res_partner_id = subscriber.partner_id
                           AND notification.notification_type IN ('email', 'viber')
                           AND (notification.notification_status
                                NOT IN ('bounce', 'canceled', 'exception')
                                OR notification.failure_type = 'viber_uncertain'))
              GROUP BY message.res_id
                """,
                carrier=SQL.identifier(conversations._table),
                model=conversations._name,
                ids=tuple(conversations.ids),
                root=self.env.ref("base.partner_root").id,
            )
        )
        return {
            res_id: (
                message_id,
                fields.Datetime.to_datetime(date).replace(microsecond=0),
            )
            for res_id, message_id, date in rows
        }
