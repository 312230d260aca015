"""Boards, lists and counters move by themselves when a conversation does.

Each place where conversations stand (a project, a helpdesk's team) has a channel of its
own, to which those may listen who may read the place (``ir.websocket``). What is sent
there says only that something has changed: the client reads it anew, with the rights
of its user. Those who work on a conversation are told by the channel that they have
anyhow, for their counter.
"""

from odoo import api, models

from .. import const

_TOLD = "viber_connector.boards"


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    # -- Who hears of it -------------------------------------------------------------

    @api.model
    def _viber_container_model(self):
        """:return: name of the model of the places where conversations stand, or
            ``None``
        :rtype: str | None
        """
        name = self._viber_container_field
        return self._fields[name].comodel_name if name else None

    def _viber_container(self):
        """:return: the place where this conversation stands; without one its company
        :rtype: a single record of that model, or ``res.company``
        """
        self.ensure_one()
        name = self._viber_container_field
        return (name and self[name]) or self.viber_account_id.company_id

    def _viber_board_name(self):
        """:return: as what a client asks for the channel of the place
        :rtype: str
        """
        return _name_of(self._viber_container())

    @api.model
    def _viber_home_channels(self):
        """:return: names of the channels of the places where new conversations begin,
            as far as the user may see them
        :rtype: list[str]
        """
        # sudo: agents need not see where accounts put their conversations; that they
        # may see the place is checked
        accounts = self.env["viber.account"].sudo()
        names = []
        for account in accounts.search(
            [
                ("company_id", "in", self.env.companies.ids),
                ("conversation_model", "=", self._name),
            ]
        ):
            home = self._viber_home(account) or account.company_id
            if home.sudo(False)._filtered_access("read"):
                names.append(_name_of(home))
        return sorted(set(names))

    # -- Telling them ----------------------------------------------------------------

    def _viber_push_board(self, counters=True):
        """Have boards and lists read again, once in a transaction for each place, and
        forms of these conversations that are open.

        :param bool counters: whether those who work on them have more or less to do
        """
        # sudo: a portal user, who may change records too, may not read our fields
        conversations = self.sudo().filtered("viber_account_id")
        for record in conversations:
            if record._viber_is_untold("form", record):
                record._viber_push_reload()
            record._viber_push_place()
            if counters:
                for partner in record._viber_assignees().partner_id:
                    if record._viber_is_untold("counter", partner):
                        record._viber_send(partner, const.BUS_COUNTER)

    def _viber_push_place(self):
        """Have boards and lists of its place read again, once in a transaction."""
        place = self._viber_container()
        if self._viber_is_untold("board", place):
            self._viber_send((place, const.BOARD), const.BUS_BOARD)

    def _viber_send(self, channel, notification):
        self.env["bus.bus"]._sendone(channel, notification, {"model": self._name})

    def _viber_is_untold(self, what, listener):
        """:return: whether nothing of this kind was sent to it in this transaction
        :rtype: bool
        """
        # Forgotten at the end of the transaction, and when a part of it is undone: with
        # that part goes what was sent in it.
        told = self.env.cr.cache.setdefault(_TOLD, set())
        key = (what, self._name, listener._name, listener.id)
        is_untold = key not in told
        told.add(key)
        return is_untold

    # -- What is seen there ----------------------------------------------------------

    @api.model
    def _viber_board_fields(self):
        """:return: names of the fields by which a card changes or moves
        :rtype: set[str]
        """
        names = {"name", "priority", "viber_subscriber_id", self._viber_customer_field}
        return names | self._viber_placing_fields() | self._viber_open_fields()

    @api.model
    def _viber_placing_fields(self):
        """:return: names of the fields that say who hears of a conversation
        :rtype: set[str]
        """
        names = {self._viber_assignee_field, self._viber_container_field}
        return names - {None}

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        # sudo: a portal user, who may create them too, may not read our fields
        records.sudo().filtered("viber_subscriber_id")._viber_push_board()
        return records

    def write(self, vals):
        if not self._viber_placing_fields().isdisjoint(vals):
            # Those whom it leaves.
            self._viber_push_board()
        result = super().write(vals)
        if not self._viber_board_fields().isdisjoint(vals):
            self._viber_push_board()
        return result

    @api.ondelete(at_uninstall=False)
    def _viber_tell_of_deleted(self):
        # Not before it is known whether the user may delete them.
        self._viber_push_board()


def _name_of(place):
    return f"{const.BOARD}_{place._name}_{place.id}"
