"""What the list of the inbox shows of a row: who, what, and what came of it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import content as content_tools
from ..tools.callback import UNREADABLE
from . import viber_bulk, viber_list


class ViberEvent(models.Model):
    _inherit = "viber.event"

    sender = fields.Char(
        "From", compute="_compute_sender", help="As the customer is called in Viber."
    )
    subscriber_id = fields.Many2one(
        "viber.subscriber",
        "Viber Customer",
        compute="_compute_subscriber_id",
        search="_search_subscriber_id",
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", related="subscriber_id.partner_id"
    )
    what = fields.Char(
        compute="_compute_what",
        search="_search_what",
        help="The first words of a message, or of what kind it is.",
    )
    result = fields.Char(
        compute="_compute_result", help="What came of it, or what it waits for."
    )
    needs_person = fields.Boolean(
        compute="_compute_needs_person",
        search="_search_needs_person",
        help="It could not be processed, or waits until somebody lets it in.",
    )

    @api.depends("account_id", "viber_user_id")
    def _compute_subscriber_id(self):
        known = self.env["viber.subscriber"].search(
            [
                ("account_id", "in", self.account_id.ids),
                ("viber_user_id", "in", self.mapped("viber_user_id")),
            ]
        )
        by_identity = {(row.account_id, row.viber_user_id): row for row in known}
        for event in self:
            identity = event.account_id, event.viber_user_id
            event.subscriber_id = by_identity.get(identity, False)

    @api.model
    def _search_subscriber_id(self, operator, value):
        if operator != "in" or False in value:
            return NotImplemented
        known = self.env["viber.subscriber"]._search([("id", "in", list(value))])
        identities = known.select("account_id", "viber_user_id")

        def to_sql(model, alias, query):
            return SQL(
                "(%s, %s) IN (%s)",
                model._field_to_sql(alias, "account_id", query),
                model._field_to_sql(alias, "viber_user_id", query),
                identities,
            )

        return Domain.custom(to_sql=to_sql)

    @api.depends("subscriber_id")
    def _compute_sender(self):
        for event in self:
            user = event._callback().user
            event.sender = event.subscriber_id.display_name or (user and user.name)

    @api.depends("message_token", "payload")
    @api.depends_context("uid")
    def _compute_display_name(self):
        viber_list.name_by_words(self)

    @api.depends("payload")
    def _compute_what(self):
        for event in self:
            event.what = event._what()

    def _what(self):
        said = self._callback()
        if said.message:
            return self._message_words(content_tools.read(said.message))
        kinds = {
            "conversation_started": self.env._("Opened the chat"),
            "subscribed": self.env._("Subscribed"),
            "unsubscribed": self.env._("Left the bot"),
            "delivered": self.env._("Our message was delivered"),
            "seen": self.env._("Our message was seen"),
            "failed": self.env._("Our message could not be shown"),
            UNREADABLE: self.env._("Can't be read"),
        }
        words = kinds.get(self.event_type, self.event_type)
        details = said.description or said.context
        return f"{words}: {details}" if details else words

    def _message_words(self, content):
        preview = self.env["viber.conversation.mixin"]._viber_preview
        words = preview(self.env["mail.message"], content)
        if not content.file_url:
            return words
        kind = self._kind_words(content)
        return f"{kind}: {words if content.text else content.file_name}"

    @api.model
    def _kind_words(self, content):
        """:param Content content: of a message that brings a file
        :return: what the customer sent it as
        :rtype: str
        """
        kinds = {
            "picture": self.env._("Photo"),
            "sticker": self.env._("Sticker"),
            "video": self.env._("Video"),
        }
        return kinds.get(content.kind, self.env._("File"))

    @api.model
    def _search_what(self, operator, value):
        return viber_list.words_domain("payload", operator, value)

    @api.depends("error", "is_parked", "state")
    def _compute_result(self):
        for event in self:
            event.result = event.error or event._parked_words()

    def _parked_words(self):
        """:return: what a row waits for that waits for a person; else ``False``
        :rtype: str | bool
        """
        if self.state != "pending" or not self.is_parked:
            return False
        if not self.account_id.active:
            return self.env._("Waits: the account is archived.")
        if self.account_id.state == "draft":
            return self.env._("Waits: the account is not connected.")
        return self.env._("Waits: the customer is blocked.")

    @api.depends("is_parked", "state")
    def _compute_needs_person(self):
        for event in self:
            is_parked = event.state == "pending" and event.is_parked
            event.needs_person = is_parked or event.state == "failed"

    @api.model
    def _search_needs_person(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain.custom(to_sql=_needs_person_sql)

    def action_ignore(self):
        """Leave out events that could not be processed, or that wait for a person.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no manager of these events
        """
        self.check_access("read")
        # sudo: who may read the inbox, its managers, may do this and change no more
        events = self.sudo().filtered("needs_person")
        events.write(
            {"state": "ignored", "is_parked": False, "next_attempt_date": False}
        )
        words = self.env._("%s left out"), self.env._("%s left as they were")
        return viber_bulk.report(self, events, *words)


def _needs_person_sql(model, alias, query):
    """Each condition word by word that of its index."""
    return SQL(
        "(%(state)s = 'failed' OR (%(state)s = 'pending' AND %(is_parked)s))",
        state=model._field_to_sql(alias, "state", query),
        is_parked=model._field_to_sql(alias, "is_parked", query),
    )
