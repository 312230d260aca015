"""Blocking a customer, and what they wrote while they were."""

from odoo import fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools import content as content_tools
from ..tools.text import is_visible, shorten, to_plain
from . import viber_bulk


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    viber_is_blocked = fields.Boolean(
        related="viber_subscriber_id.is_blocked",
        string="Blocked in Viber",
        groups="base.group_user",
    )

    def action_viber_block(self):
        """Ask why the customers are to be blocked; :meth:`_viber_block` does it.

        :return: an action that opens a dialog
        :rtype: dict
        :raise AccessError: when the user is no employee who may change the record
        :raise UserError: when it is a single record, and no conversation in Viber
        """
        self._viber_check_blockable()
        return self._viber_block_dialog(
            self.env._("Block in Viber"), "viber_connector.viber_block_view_form"
        )

    def action_viber_unblock(self):
        """Let the customer in again, with what they wrote meanwhile.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no employee who may change the records
        :raise UserError: when it is a single record, and no conversation in Viber
        """
        self._viber_check_blockable()
        line = self.env._("Unblocked this customer in Viber.")
        done = self._viber_set_blocked(False, line)
        words = self.env._("%s unblocked"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def action_viber_show_blocked(self):
        """Show what the customer has written since they are blocked.

        :return: an action that opens a dialog
        :rtype: dict
        :raise AccessError: when the user is no employee who may read the record
        """
        self.ensure_one()
        self._viber_check_reader()
        return self._viber_block_dialog(
            self.env._("What the Blocked Customer Wrote"),
            "viber_connector.viber_block_view_messages",
        )

    def _viber_block_dialog(self, title, view):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "viber.block",
            "views": [[self.env.ref(view).id, "form"]],
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_ids": self.ids},
        }

    def _viber_check_blockable(self):
        """:raise AccessError: when the user is no employee who may change the record
        :raise UserError: when it is a single record, and no conversation in Viber
        """
        self._viber_check_agent()
        if len(self) == 1 and not self.viber_subscriber_id:
            raise UserError(
                self.env._(
                    "This has no customer in Viber: choose its Viber Customer first, "
                    "then block them."
                )
            )

    def _viber_block(self, reason):
        """Keep what the customers write out of all conversations.

        :param str reason: why, for the chatter
        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no employee who may change the records
        :raise UserError: when it is a single record, and no conversation in Viber
        """
        self._viber_check_blockable()
        line = self.env._("Blocked this customer in Viber: %s", reason)
        done = self._viber_set_blocked(True, line)
        words = self.env._("%s blocked"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def _viber_set_blocked(self, is_blocked, line):
        """:param str line: what the chatter says of it
        :return: the conversations of which the customer was not so before
        """
        done = self.browse()
        for record in self:
            # sudo: agents may not change subscribers; callers have checked this change
            subscriber = record.viber_subscriber_id.sudo()
            if subscriber and subscriber.is_blocked != is_blocked:
                subscriber.is_blocked = is_blocked
                record._viber_log(line)
                done |= record
        return done

    def _viber_log(self, line):
        self.message_post(body=line, subtype_xmlid="mail.mt_note")

    def _viber_blocked_messages(self):
        """Read what the customer has written since they are blocked.

        :return: date and words of each message, the newest first
        :rtype: list[tuple[datetime, str]]
        :raise AccessError: when the user is no employee who may read the record
        """
        self._viber_check_reader()
        # sudo: the inbox is for managers; whoever may read the conversation may read
        # what is kept out of it
        subscriber = self.viber_subscriber_id.sudo()
        if not subscriber.is_blocked:
            return []
        events = subscriber.env["viber.event"].search(
            [
                ("account_id", "=", subscriber.account_id.id),
                ("viber_user_id", "=", subscriber.viber_user_id),
                ("event_type", "=", "message"),
                ("state", "=", "pending"),
                ("is_parked", "=", True),
            ],
            order="event_date desc, id desc",
            limit=const.LISTED_MAX,
        )
        return [(event.event_date, self._viber_words(event)) for event in events]

    def _viber_words(self, event):
        """:return: what a message says, or its kind
        :rtype: str
        """
        content = content_tools.read(event._callback().message)
        text = to_plain(content.text)
        if not is_visible(text):
            return self._viber_kind(self.env["mail.message"], content)
        return shorten(text, const.WORDS_MAX_LENGTH)
