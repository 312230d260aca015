"""What the list of the outbox shows of a row: what, whose, to whom, which part."""

import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import const
from ..tools.text import clean_line, shorten
from . import viber_list


class ViberMessage(models.Model):
    _inherit = "viber.message"

    what = fields.Char(
        compute="_compute_what",
        search="_search_what",
        help="The first words, or as what which file leaves.",
    )
    author_id = fields.Many2one(
        "res.partner", "Author", related="mail_message_id.author_id"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", related="subscriber_id.partner_id"
    )
    part = fields.Char(
        compute="_compute_part",
        help="Which part of a message that left in several, for Viber takes only so "
        "much at once.",
    )
    needs_person = fields.Boolean(
        compute="_compute_needs_person",
        search="_search_needs_person",
        help="It did not arrive, or may not have.",
    )

    @api.depends("message_token", "payload")
    @api.depends_context("uid")
    def _compute_display_name(self):
        viber_list.name_by_words(self)

    @api.depends("payload")
    def _compute_what(self):
        for row in self:
            row.what = row._part_name() or row._first_words()

    def _first_words(self):
        try:
            text = json.loads(self.payload)["text"]
        except (ValueError, TypeError, LookupError):
            return self.env._("Message")
        words = clean_line(text, const.PREVIEW_MAX_LENGTH + 1)
        return shorten(words, const.PREVIEW_MAX_LENGTH)

    @api.model
    def _search_what(self, operator, value):
        return viber_list.words_domain("payload", operator, value)

    @api.depends("mail_notification_id")
    def _compute_part(self):
        # One message to one customer has one notification.
        siblings = self.search_fetch(
            [("mail_notification_id", "in", self.mail_notification_id.ids)],
            ["mail_notification_id"],
            order="id",
        )
        parts = siblings.grouped("mail_notification_id")
        for row in self:
            ids = parts.get(row.mail_notification_id, row).ids
            row.part = len(ids) > 1 and self.env._(
                "%(n)s of %(all)s", n=ids.index(row.id) + 1, all=len(ids)
            )

    @api.depends("state")
    def _compute_needs_person(self):
        for row in self:
            row.needs_person = row.state in const.BROKEN_STATES

    @api.model
    def _search_needs_person(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain.custom(to_sql=_needs_person_sql)


def _needs_person_sql(model, alias, query):
    """Each condition word by word that of its index; the ORM would make one of both,
    which has none."""
    return SQL(
        "(%(state)s = 'failed' OR %(state)s = 'uncertain')",
        state=model._field_to_sql(alias, "state", query),
    )
