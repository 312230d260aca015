"""Viber's limit of messages an hour to a customer who does not answer."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from . import viber_reason


class ViberMessage(models.Model):
    _inherit = "viber.message"

    def _hold_back_silent(self):
        """Don't even try what Viber would refuse.

        :return: the messages that wait for the next hour, or for the customer
        :rtype: viber.message
        """
        if not self:
            return self
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.subscriber_id
                  FROM viber_message message
                  JOIN viber_subscriber subscriber
                    ON subscriber.id = message.subscriber_id
                 WHERE message.subscriber_id IN %s
                   AND message.sent_date >= GREATEST(%s, subscriber.last_message_date)
              GROUP BY message.subscriber_id HAVING count(*) >= %s
                """,
                tuple(self.subscriber_id.ids),
                self._hour_start(),
                const.MESSAGES_PER_HOUR_MAX,
            )
        )
        silent = {row[0] for row in rows}
        held = self.filtered(lambda row: row.subscriber_id.id in silent)
        held._wait_for_customer()
        return held

    def _wait_for_customer(self, _error=None):
        """Wait for the next hour, or for the customer to write."""
        self._move(
            "outgoing",
            failure_type="viber_rate",
            failure_reason=viber_reason.for_silence(self.env),
            # The waiting is no fault of the message: its tries start again.
            attempt_count=0,
            next_attempt_date=fields.Datetime.add(self._hour_start(), hours=1),
        )

    @api.model
    def _release(self, subscriber):
        """A customer has written: what waited for that can leave.

        :param viber.subscriber subscriber: who wrote
        """
        rows = self.search(
            [
                ("subscriber_id", "=", subscriber.id),
                ("state", "=", "outgoing"),
                ("failure_type", "=", "viber_rate"),
            ]
        )
        if rows:
            rows.write({"next_attempt_date": False})
            self._wake()

    @api.model
    def _hour_start(self):
        """:return: the clock hour that Viber counts in
        :rtype: datetime
        """
        return fields.Datetime.now().replace(minute=0, second=0)
