import hashlib

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools.text import is_visible
from .viber_queue_mixin import exact_now

# What the forms of conversations tell, and people decide.
_SHOWN = {"is_blocked", "partner_id"}


class ViberSubscriber(models.Model):
    """A Viber user as one bot account knows them; Viber gives other ids at each bot."""

    _name = "viber.subscriber"
    _inherit = ["viber.guarded.mixin", "viber.queue.mixin"]
    _description = "Viber Subscriber"
    _order = "name, id"
    _check_company_auto = True

    account_id = fields.Many2one(
        "viber.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    viber_user_id = fields.Char("Viber User ID", required=True, readonly=True)
    name = fields.Char(readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        domain=[("viber_can_be_customer", "=", True)],
    )
    is_subscribed = fields.Boolean(
        "Subscribed", default=True, readonly=True, help="Can be written to in Viber."
    )
    is_blocked = fields.Boolean(
        "Blocked",
        help="Messages of this customer are kept in the inbox and reach no "
        "conversation.",
    )
    left_date = fields.Datetime(
        readonly=True,
        help="When it was known that they have left. With fractions of seconds: what "
        "was sent later and arrived shows that they are back.",
    )
    language = fields.Char(readonly=True)
    country_code = fields.Char(readonly=True)
    phone = fields.Char(readonly=True)
    last_message_date = fields.Datetime(
        "Last Message on", readonly=True, help="When they wrote for the last time."
    )
    task_ids = fields.One2many(
        "project.task", "viber_subscriber_id", "Tasks", readonly=True
    )
    is_visible = fields.Boolean(
        compute="_compute_is_visible",
        search="_search_is_visible",
        help="The user may see a conversation of the customer, or there is none.",
    )

    _identity_unique = models.UniqueIndex(
        "(account_id, viber_user_id)",
        "This Viber user is known at this account already.",
    )

    @api.depends("name", "viber_user_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        # Odoo shows the name behind any id that a many2one field is given (``onchange``
        # too), whatever the user may read: the check has to be here.
        readable = self.sudo(False)._filtered_access("read")
        for subscriber in self:
            subscriber.display_name = (
                subscriber._get_name()
                if subscriber in readable
                else self.env._("A customer in Viber")
            )

    def write(self, vals):
        if "partner_id" in vals and not self.env.su:
            partner = self.env["res.partner"].browse(vals["partner_id"])
            for subscriber in self.filtered(lambda s: s.partner_id != partner):
                subscriber._check_linkable(partner)
        # sudo: what moves along was checked; the rest is for the worker only
        theirs = self.sudo()._conversations_each() if _SHOWN & vals.keys() else {}
        moving = {
            subscriber: (subscriber.partner_id, conversations)
            for subscriber, conversations in theirs.items()
        }
        result = super().write(vals)
        for subscriber, (partner, conversations) in moving.items():
            subscriber._move_conversations(conversations, partner)
            # Whoever sees a conversation of theirs reads it anew.
            subscriber._show_state(conversations)
        if "is_blocked" in vals and not vals["is_blocked"]:
            self.env["viber.event"]._unpark(self.account_id, self)
        return result

    def unlink(self):
        """Forget customers. What they wrote while they were blocked is not left waiting
        for somebody to unblock who is gone."""
        self.env["viber.event"].sudo()._unpark(self.account_id, self)
        # The database takes them out of their conversations, past whoever else knows.
        for conversations in self.sudo()._conversations():
            conversations._viber_give_away(False)
        return super().unlink()

    @api.model
    def _claim(self, account, viber_user_id, create, wrote=False):
        """Take a customer for this transaction, so that no other run serves them.

        :param viber.account account: where the customer wrote
        :param str viber_user_id: the customer's id there
        :param bool create: make a subscriber when there is none
        :param bool wrote: whether it is for a message of the customer's
        :return: the subscriber, locked until the end of the transaction; empty when
            another run serves them now, or there is none and none is to be created
        :rtype: viber.subscriber
        """
        # An UPDATE, not just a lock: who comes with an older snapshot of the database,
        # which lacks what was done for this customer since, gets a serialization
        # failure (cursors are REPEATABLE READ) and starts again.
        rows = self._query(
            SQL(
                """
                UPDATE viber_subscriber
                   SET write_date = clock_timestamp() AT TIME ZONE 'UTC',
                       last_message_date = CASE
                           WHEN %s THEN clock_timestamp() AT TIME ZONE 'UTC'
                           ELSE last_message_date END
                 WHERE id = (SELECT id FROM viber_subscriber
                              WHERE account_id = %s AND viber_user_id = %s
                                FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id
                """,
                wrote,
                account.id,
                viber_user_id,
            )
        )
        if not rows and create:
            rows = self._insert(account, viber_user_id)
        return self.browse(row[0] for row in rows)

    @api.model
    def _known(self, partner_ids):
        """:return: ids of those contacts who are Viber users, at whatever account
        :rtype: set[int]
        """
        # sudo: agents need not see the subscribers of other companies
        found = self.sudo().search([("partner_id", "in", partner_ids)])
        return set(found.partner_id.ids)

    @api.model
    def _is_known(self, account, viber_user_id):
        """:return: whether somebody has this id at this account"""
        return bool(
            self.search_count(
                [
                    ("account_id", "=", account.id),
                    ("viber_user_id", "=", viber_user_id),
                ],
                limit=1,
            )
        )

    def _insert(self, account, viber_user_id):
        """Make a subscriber, unless there is one.

        Two who meet here: one inserts, the other waits for it and then gets a
        serialization failure.

        :return: the row with the subscriber's id, or none
        """
        return self._query(
            SQL(
                """
                INSERT INTO viber_subscriber
                       (account_id, viber_user_id, company_id, is_subscribed,
                        is_blocked, create_uid, create_date, write_uid, write_date)
                VALUES (%s, %s, %s, false, false, %s, now() AT TIME ZONE 'UTC',
                        %s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (account_id, viber_user_id) DO NOTHING
                RETURNING id
                """,
                account.id,
                viber_user_id,
                account.company_id.id,
                self.env.uid,
                self.env.uid,
            )
        )

    def _set_subscribed(self, is_subscribed, date=None):
        """Keep true whether the customer can be written to.

        :param bool is_subscribed: what has just been shown
        :param datetime | None date: when it was so; by default now
        """
        was_subscribed = self.is_subscribed
        if not is_subscribed:
            # Not when it was by Viber's clock: what is sent is dated by ours.
            wrote = self.last_message_date
            if date and wrote and wrote > date:
                # They were away, and are back.
                return
            date = date or exact_now()
            date = max(date, self.left_date or date)
            self.write({"is_subscribed": False, "left_date": date})
        elif not was_subscribed:
            self.write({"is_subscribed": True, "left_date": False})
        # Whoever has no contact yet has no conversation that somebody looks at.
        if was_subscribed != is_subscribed and self.partner_id:
            self._show_state(self._conversations())

    def _prove_present(self, date):
        """Viber takes messages only to those who have not left.

        :param datetime date: when a message was sent that it took or delivered
        """
        if self.is_subscribed:
            return
        if not self.left_date or (date and date > self.left_date):
            self._set_subscribed(True)

    def _update_profile(self, user):
        """Take over what Viber tells about the customer; empty values say nothing.

        :param ViberUser user: from a callback
        """
        vals = {
            "name": user.name if _is_name(user.name) else "",
            "language": user.language,
            "country_code": const.COUNTRY_ALIASES.get(user.country, user.country),
        }
        changed = {
            name: value for name, value in vals.items() if value and value != self[name]
        }
        if changed:
            self.write(changed)
            self._refresh_contact_name()

    def _get_name(self):
        """:return: the customer's name, or words that tell them from others
        :rtype: str
        """
        self.ensure_one()
        if _is_name(self.name or ""):
            return self.name
        digest = hashlib.sha256((self.viber_user_id or "").encode()).hexdigest()
        return self.env._("Viber user %s", digest[:6].upper())


def _is_name(name):
    """:return: whether people can call somebody by it
    :rtype: bool
    """
    return name != const.PLACEHOLDER_NAME and is_visible(name)
