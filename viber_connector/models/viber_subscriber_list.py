"""What the list of subscribers shows of each: their last words, what goes on."""

from odoo import api, fields, models
from odoo.fields import Domain

from . import viber_bulk


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    last_message = fields.Char(
        compute="_compute_last_message",
        help="What they said last, in a conversation that the user may see.",
    )
    said_date = fields.Datetime(
        "Wrote on",
        compute="_compute_last_message",
        help="When they sent their last message.",
    )
    open_count = fields.Integer(
        "Open Conversations",
        compute="_compute_open_count",
        help="Those that go on, and that the user may see.",
    )

    @api.depends_context("uid")
    def _compute_last_message(self):
        latest = {}
        for carrier in self._readable_carriers():
            conversations = carrier.search_fetch(
                [
                    ("viber_subscriber_id", "in", self.ids),
                    ("viber_last_message_date", "!=", False),
                ],
                [
                    "viber_last_message_date",
                    "viber_last_message_preview",
                    "viber_subscriber_id",
                ],
            )
            for record in conversations:
                person = record.viber_subscriber_id
                said = record.viber_last_message_date, record.viber_last_message_preview
                latest[person] = max(said, latest.get(person, said))
        for subscriber in self:
            date, words = latest.get(subscriber, (False, False))
            subscriber.said_date, subscriber.last_message = date, words

    @api.depends_context("uid")
    def _compute_open_count(self):
        theirs = Domain("viber_subscriber_id", "in", self.ids)
        counts = {}
        for carrier in self._readable_carriers():
            is_open = Domain(carrier._viber_open_domain())
            for person, count in carrier._read_group(
                theirs & is_open, ["viber_subscriber_id"], ["__count"]
            ):
                counts[person] = counts.get(person, 0) + count
        for subscriber in self:
            subscriber.open_count = counts.get(subscriber, 0)

    def _readable_carriers(self):
        return [
            carrier.sudo(False)
            for carrier in self._carriers()
            if carrier.sudo(False).has_access("read")
        ]

    def action_conversations(self):
        """Show all conversations of these customers that the user may see.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the subscribers
        """
        self.check_access("read")
        return self._conversations_action()

    def action_block(self):
        """Keep what these customers write out of all conversations.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user may not change the subscribers
        """
        self.check_access("write")
        free = self.filtered(lambda person: not person.is_blocked)
        free.is_blocked = True
        words = self.env._("%s blocked"), self.env._("%s were blocked already")
        return viber_bulk.report(self, free, *words)

    def action_unblock(self):
        """Let these customers in again, with what they wrote meanwhile.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user may not change the subscribers
        """
        self.check_access("write")
        blocked = self.filtered("is_blocked")
        blocked.is_blocked = False
        words = self.env._("%s unblocked"), self.env._("%s were not blocked")
        return viber_bulk.report(self, blocked, *words)
