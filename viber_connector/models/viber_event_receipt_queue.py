"""How receipts are taken from the inbox, and find the messages that they report on."""

import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from .viber_event_parked import IN_QUEUE
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

_RECEIPTS_PER_ROUND = 1000


class ViberEvent(models.Model):
    _inherit = "viber.event"

    @api.model
    def _process_receipts(self):
        """Settle what Viber tells about our own messages, many at once.

        :return: number of receipts that were settled; ``None`` when others write the
            same rows, and it has to be tried again
        :rtype: int | None
        """
        return self._try_step(lambda: self._settle_or_keep(self._lock_receipts()))

    @api.model
    def _settle_or_keep(self, events):
        """Settle receipts; one that can't be is kept with the reason, and holds back
        none of the others.

        :return: number of receipts that were worked on
        :rtype: int
        """
        if not events:
            return 0
        try:
            with self.env.cr.savepoint():
                return self._settle_receipts(events)
        except CONFLICTS:
            raise
        except Exception as error:
            if len(events) > 1:
                half = len(events) // 2
                done = self._settle_or_keep(events[:half])
                # What there is no time for stays pending.
                return done + (
                    0 if self._is_over() else self._settle_or_keep(events[half:])
                )
            _logger.info("Viber receipt %s failed", events.id, exc_info=True)
            events.write(
                {"state": "failed", "error": f"{type(error).__name__}: {error}"}
            )
            return 1

    @api.model
    def _lock_receipts(self):
        """:return: the receipts that are due, the oldest first, without those that
            another run settles
        :rtype: viber.event
        """
        rows = self._query(
            SQL(
                """
                SELECT event.id FROM viber_event event
                  JOIN viber_account account ON account.id = event.account_id
                 WHERE %s AND event.event_type IN %s
                   AND (event.next_attempt_date IS NULL
                        OR event.next_attempt_date <= %s)
                   AND account.active AND account.state != 'draft'
                   AND account.copy_seen_date IS NULL
              ORDER BY event.id
                 LIMIT %s FOR NO KEY UPDATE OF event SKIP LOCKED
                """,
                IN_QUEUE,
                const.RECEIPT_EVENTS,
                fields.Datetime.now(),
                _RECEIPTS_PER_ROUND,
            )
        )
        return self.browse(row[0] for row in rows)

    @api.model
    def _settle_receipts(self, events):
        """Bring receipts to the messages that they are about.

        :param viber.event events: receipts, locked
        :return: number of receipts that were settled
        :rtype: int
        """
        messages = self._find_messages(events)
        receipts = defaultdict(list)
        for event in events:
            if event.id in messages:
                receipts[event.event_type].append((messages[event.id], event))
        self.env["viber.message"]._apply_receipts(receipts)
        known = self.browse(messages)
        unknown = events - known
        # Viber reports ``delivered`` for the customers' own messages, too.
        own = unknown._about_their_messages()
        own.write({"state": "ignored", "next_attempt_date": False})
        unknown -= own
        settled = self.env["viber.message"]._settle_uncertain(unknown)
        (known | settled).write({"state": "done", "next_attempt_date": False})
        (unknown - settled)._wait_for_message()
        return len(events)

    def _about_their_messages(self):
        """:return: the receipts that are about messages which customers wrote
        :rtype: viber.event
        """
        if not self:
            return self
        rows = self.env.execute_query(
            SQL(
                """
                SELECT receipt.id FROM viber_event receipt
                  JOIN viber_event message
                    ON message.account_id = receipt.account_id
                   AND message.event_type = 'message'
                   AND message.message_token = receipt.message_token
                 WHERE receipt.id IN %s
                """,
                tuple(self.ids),
            )
        )
        return self.browse({row[0] for row in rows})

    @api.model
    def _find_messages(self, events):
        """:return: id of the message by id of the receipt
        :rtype: dict[int, int]
        """
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT event.id, message.id
                      FROM viber_event event
                      JOIN viber_message message
                        ON message.message_token = event.message_token
                       AND message.account_id = event.account_id
                      JOIN viber_subscriber subscriber
                        ON subscriber.id = message.subscriber_id
                       AND subscriber.viber_user_id = event.viber_user_id
                     WHERE event.id IN %s
                    """,
                    tuple(events.ids),
                )
            )
        )

    def _wait_for_message(self):
        """Receipts about no message of ours (yet): give our own commit a while."""
        now = fields.Datetime.now()
        patience_ends = fields.Datetime.subtract(now, seconds=const.RECEIPT_PATIENCE)
        hopeless = self.filtered(lambda event: event.create_date < patience_ends)
        hopeless.write({"state": "ignored", "next_attempt_date": False})
        (self - hopeless).write(
            {"next_attempt_date": fields.Datetime.add(now, seconds=10)}
        )
