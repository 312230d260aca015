"""The conversations of a customer, whatever records carry them."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools import reference


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    @api.model
    def _carriers(self):
        """:return: the models that carry conversations, archived records included
        :rtype: list
        """
        names = self.env["viber.conversation.mixin"]._viber_carriers()
        return [self.env[name].with_context(active_test=False) for name in names]

    def _conversations(self):
        """Find all conversations of customers, closed and archived ones too.

        :return: records, of each carrier those that there are
        :rtype: list[viber.conversation.mixin]
        """
        theirs = [("viber_subscriber_id", "in", self.ids)]
        found = [carrier.search(theirs) for carrier in self._carriers()]
        return [records for records in found if records]

    def _conversations_each(self):
        """Like :meth:`_conversations`, by customer.

        :rtype: dict[viber.subscriber, list[viber.conversation.mixin]]
        """
        found = {subscriber: [] for subscriber in self}
        for conversations in self._conversations():
            for subscriber, theirs in conversations.grouped(
                "viber_subscriber_id"
            ).items():
                found[subscriber].append(theirs)
        return found

    # -- Which one a message belongs to ----------------------------------------------

    def _all_conversations(self):
        """:return: all conversations of a customer, with what it takes to choose
        :rtype: list[viber.conversation.mixin], single records
        """
        theirs = [("viber_subscriber_id", "=", self.id)]
        return [
            record.with_env(self.env)
            for carrier in self._carriers()
            for record in carrier.search_fetch(
                theirs, [*carrier._viber_choice_fields, "viber_draft_title"]
            )
            if record._viber_is_conversation()
        ]

    def _choose(self, conversations, tracking_data):
        """Choose the one of a customer's conversations that their message belongs to.

        :param list conversations: of :meth:`_all_conversations`
        :param str tracking_data: maybe a reference to the one they answer
        :return: a single record; ``None`` when a new one has to be made
        :rtype: viber.conversation.mixin | None
        """
        going_on = [record for record in conversations if record._viber_is_open()]
        if len(going_on) > 1:
            named = reference.read(
                tracking_data,
                going_on[0]._viber_secret(),
                self.account_id.id,
                self.id,
            )
            for record in going_on:
                if (record._name, record.id) == named:
                    return record
        if going_on or self.account_id.new_task_when_closed:
            return self._latest(going_on)
        return self._latest(conversations)

    @api.model
    def _latest(self, conversations):
        """:param list conversations: single records
        :return: the one with the latest message that somebody wrote
        :rtype: viber.conversation.mixin | None
        """
        if len(conversations) <= 1:
            return conversations[0] if conversations else None
        by_place = {(record._name, record.id): record for record in conversations}
        ids = {}
        for model, res_id in by_place:
            ids.setdefault(model, []).append(res_id)
        message = self.env["mail.message"].search(
            Domain("message_type", "in", ("comment", "email"))
            & Domain.OR(
                Domain("model", "=", model) & Domain("res_id", "in", res_ids)
                for model, res_ids in ids.items()
            ),
            order="id desc",
            limit=1,
        )
        newest = max(conversations, key=lambda record: (record.create_date, record.id))
        return by_place.get((message.model, message.res_id), newest)

    def _start_conversation(self, content, earlier, link):
        """Make a new conversation: a record of the kind that the account says.

        :param Content content: the customer's first message
        :param list earlier: their conversations till now
        :param viber.link link: by which they came, maybe empty
        :rtype: viber.conversation.mixin
        """
        carrier = self.env[self.account_id.conversation_model]
        return carrier._viber_start(self, content, self._latest(earlier), link)

    # -- Who may see a customer ------------------------------------------------------

    @api.depends_context("uid")
    def _compute_is_visible(self):
        theirs = [("viber_subscriber_id", "in", self.ids)]
        found = {True: set(), False: set()}
        for carrier in self._carriers():
            for is_all in found:
                # sudo: whether there are conversations that the user may not see
                records = carrier.sudo(is_all)
                if not records.has_access("read"):
                    continue
                groups = records._read_group(theirs, ["viber_subscriber_id"])
                found[is_all] |= {subscriber.id for [subscriber] in groups}
        for subscriber in self:
            subscriber.is_visible = subscriber.id not in found[True] - found[False]

    def _search_is_visible(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        conversations = [("viber_subscriber_id", "!=", False)]
        is_alone, is_seen = Domain.TRUE, Domain.FALSE
        for carrier in self._carriers():
            # sudo: whether there are conversations that the user may not see
            existing = carrier.sudo()._search(conversations, active_test=False)
            is_alone &= Domain(
                "id", "not in", existing.subselect("viber_subscriber_id")
            )
            theirs = carrier.sudo(False)
            if theirs.has_access("read"):
                visible = theirs._search(conversations, active_test=False)
                is_seen |= Domain("id", "in", visible.subselect("viber_subscriber_id"))
        return is_alone | is_seen

    def _check_attachable(self, records):
        """Check that the user may make conversations of this customer.

        :param viber.conversation.mixin records: that have just become conversations
        :raise AccessError: when the user may not see the customer, or an open
            conversation
        """
        self.check_access("read")
        is_other = is_seen = False
        # sudo: what there is; what the user may see of it is checked
        for conversations in self.sudo()._conversations():
            others = conversations.with_env(self.env)
            if others._name == records._name:
                others -= records
            seen = others._filtered_access("read")
            hidden = (others - seen).sudo()
            if any(record._viber_is_open() for record in hidden):
                self._refuse_attaching()
            is_other = is_other or bool(others)
            is_seen = is_seen or bool(seen)
        if is_other and not is_seen:
            self._refuse_attaching()

    def _refuse_attaching(self):
        raise AccessError(
            self.env._(
                "You can't make this a conversation of that Viber customer: they have "
                "an open conversation that you may not see. Ask somebody who works on "
                "it."
            )
        )

    # -- Another contact -------------------------------------------------------------

    def _check_linkable(self, partner):
        """Check that the user may say that another contact is this customer.

        :param res.partner partner: the contact
        :raise AccessError: when the user may not see the contact, or not change a
            conversation that would move along
        """
        partner.with_env(self.env).check_access("read")
        # sudo: what moves; that the user may change it is checked
        theirs = self.sudo()._conversations()
        for conversations in self._moving(theirs, self.partner_id, partner):
            moving = conversations.with_env(self.env)
            if moving._filtered_access("write") != moving:
                raise AccessError(
                    self.env._(
                        "The conversations of a Viber customer move with them, and you "
                        "may not change all of them. Ask somebody who may."
                    )
                )

    def _moving(self, conversations, old_partner, partner):
        """Find those that move along with a customer, who gets another contact.

        :param list conversations: all of the customer's
        :param res.partner old_partner: the contact till now, maybe empty
        :param res.partner partner: the contact from now on, maybe empty
        :return: those whose customer is the contact till now, or nobody, or the new one
            already: the old one follows them still
        :rtype: list[viber.conversation.mixin]
        """
        customer_ids = {False, old_partner.id, partner.id}
        moving = [
            records.filtered(lambda r: r.viber_customer_id.id in customer_ids)
            for records in conversations
        ]
        return [records for records in moving if records]

    def _move_conversations(self, conversations, old_partner):
        """Another contact is the customer now: so they are of the conversations.

        :param list conversations: all of the customer's
        :param res.partner old_partner: who it was, maybe empty
        """
        partner = self.partner_id
        if not partner or partner == old_partner:
            return
        self._forget_what_we_wrote()
        for moving in self._moving(conversations, old_partner, partner):
            for record in moving:
                record.message_subscribe(partner.ids)
                # Who works on it, as a customer who was hired may, goes on to.
                assignees = record._viber_assignees().partner_id
                record.message_unsubscribe((old_partner - assignees).ids)
            moving._viber_set_customer(partner)
        if conversations:
            self._restore_fates()

    def _follow_conversations(self):
        """Have the contacts follow their open conversations, so that answers arrive."""
        for conversations in self._conversations():
            for record in conversations.filtered(lambda r: r._viber_is_open()):
                record.message_subscribe(record.viber_subscriber_id.partner_id.ids)

    def _reload_conversations(self):
        """Have the forms read again: what they tell about the customer has changed."""
        for conversations in self._conversations():
            conversations._viber_push_reload()

    def _show_state(self, conversations):
        """Have forms, boards and lists read again: what all of them tell about the
        customer has changed.

        :param list conversations: all of the customer's
        """
        for records in conversations:
            records._viber_push_reload()
            for record in records:
                record._viber_push_place()

    # -- Showing them ----------------------------------------------------------------

    def _visible_conversations(self):
        """Like :meth:`_conversations`, as far as the user may read them.

        :rtype: list[viber.conversation.mixin]
        """
        theirs = [("viber_subscriber_id", "in", self.ids)]
        found = [
            carrier.search(theirs, order="id desc")
            for carrier in self._carriers()
            if carrier.has_access("read")
        ]
        return [records for records in found if records]

    def _conversations_action(self):
        """:return: the action that lists their conversations that the user may read
        :rtype: dict
        """
        found = self._visible_conversations()
        if len(found) > 1:
            # No list of Odoo's shows records of several models.
            return self.env["viber.conversation.entry"]._list_action(found)
        model = found[0]._name if found else "project.task"
        desk = self.env["ir.actions.act_window"]._for_xml_id(
            self.env[model]._viber_desk_action
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conversations"),
            "res_model": model,
            "views": desk["views"],
            "domain": [("viber_subscriber_id", "in", self.ids)],
            "context": {"active_test": False, "create": False},
        }

    def _conversation_to_write_in(self):
        """Find the open conversation of one of these customers, or begin one: at the
        account where they wrote last.

        :return: a single record
        :rtype: viber.conversation.mixin
        :raise AccessError: when the user may not make conversations with the customer
        """
        there = self.filtered(lambda person: person.customer_state == "subscribed")
        going_on = [
            record
            for records in there._visible_conversations()
            for record in records.filtered_domain(records._viber_open_domain())
            if record._viber_is_conversation()
        ]
        if going_on:
            return self._latest(going_on)
        person = max(there, key=lambda p: (p.last_message_date or p.create_date, p.id))
        return self.env[person.account_id.conversation_model]._viber_begin(person)
