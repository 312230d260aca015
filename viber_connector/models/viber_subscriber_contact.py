"""The contact behind a Viber user: made, kept fresh, found by number, linked."""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.mimetypes import guess_mimetype

from .. import const
from ..tools import phone
from ..tools.media import Fetched, MediaError
from ..tools.text import shorten
from . import viber_bulk
from .ir_attachment import BAD_PICTURES

# Digits at the end of a number that are alike however it was written.
_SAME_DIGITS = 7
# What a template keeps to itself.
_NOT_COPIED = (
    "barcode",
    "company_registry",
    "email",
    "employee",
    "image_1920",
    "phone",
    "ref",
    "vat",
    "website",
)


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    # What we wrote to the contact. What differs from it, a person has changed, and it
    # is theirs from then on.
    contact_name = fields.Char(readonly=True)
    avatar_url = fields.Char(readonly=True)
    avatar_checksum = fields.Char(readonly=True)
    suggested_partner_id = fields.Many2one(
        "res.partner",
        "Suggested Contact",
        compute="_compute_suggestion",
        help="The one contact with the phone number that the customer shared.",
    )
    suggestion = fields.Char(compute="_compute_suggestion")

    def _compute_suggestion(self):
        for subscriber in self:
            others = subscriber._find_by_phone() - subscriber.partner_id
            subscriber.suggested_partner_id = others if len(others) == 1 else False
            subscriber.suggestion = subscriber._describe_matches(others)

    def _describe_matches(self, others):
        if not self.phone:
            return False
        if not others:
            return self.env._("No other contact has the number %s.", self.phone)
        if len(others) == 1:
            return self.env._(
                "%(contact)s has the number %(phone)s, too.",
                contact=others.display_name,
                phone=self.phone,
            )
        return self.env._(
            "%(count)s contacts have the number %(phone)s. Choose the right one as the "
            "Contact.",
            count=len(others),
            phone=self.phone,
        )

    @api.constrains("partner_id")
    def _check_partner_is_no_insider(self):
        """However a contact is chosen: nobody from outside becomes an employee.

        :raise ValidationError: when the contact is an employee's or the company's own
        """
        partners = self.partner_id
        if insiders := partners - partners._viber_customers():
            raise ValidationError(insiders[0]._viber_insider_error())

    # -- Making and refreshing -------------------------------------------------

    def _ensure_partner(self):
        """Have a contact in whose name the customer can write.

        One that has become an employee's since, e.g. when a user was made of it, is
        left to them: the customer gets a new one, and the conversations go along.

        :return: the customer's contact
        :rtype: res.partner
        """
        self.ensure_one()
        if not self.partner_id._viber_customers():
            self._give_own_contact()
        elif not self.partner_id.active:
            # An archived contact would not get our answers.
            self.partner_id.active = True
        return self.partner_id

    def _give_own_contact(self):
        partner = self._create_partner()
        self.partner_id = partner
        self.write(
            {
                "contact_name": partner.name,
                # Its picture is still to come.
                "avatar_url": False,
                "avatar_checksum": False,
            }
        )

    def _create_partner(self):
        name = shorten(self._get_name(), const.CONTACT_NAME_MAX_LENGTH)
        vals = {"name": name, "active": True, "phone": self.phone} | self._origin_vals()
        template = self.account_id.contact_template_id
        if not template:
            company = self.account_id.company_id
            return self.env["res.partner"].create(vals | {"company_id": company.id})
        blank = {name: False for name in _NOT_COPIED if name in template._fields}
        if not template.viber_can_be_customer:
            # Of the company itself, maybe: a customer is no contact below it.
            blank["parent_id"] = False
        return template.copy(blank | vals)

    def _origin_vals(self):
        """:return: language and country, as far as Viber tells what Odoo knows"""
        country = self.env["res.country"]
        if self.country_code:
            country = country.search(
                [("code", "=", self.country_code.upper())], limit=1
            )
        lang = self.env["res.lang"]._viber_find(self.language)
        vals = {"country_id": country.id, "lang": lang}
        return {name: value for name, value in vals.items() if value}

    def _refresh_contact_name(self):
        """Give the contact the name that Viber tells now, unless a person chose one."""
        partner = self.partner_id
        name = shorten(self._get_name(), const.CONTACT_NAME_MAX_LENGTH)
        if self.contact_name == partner.name != name and self._may_dress():
            partner.name = self.contact_name = name

    def _may_dress(self):
        """:return: whether the contact may look as Viber tells: one that is a user, of
            the portal too, looks as the user says
        :rtype: bool
        """
        # sudo: whoever works for the customer may not read users
        partner = self.partner_id.sudo().with_context(active_test=False)
        return bool(partner) and not partner.user_ids and partner.viber_can_be_customer

    def _known_avatar(self):
        """:return: address of the picture that the contact got; ``""`` without contact:
            the next one has to get it anew
        :rtype: str
        """
        return self.partner_id and self.avatar_url or ""

    def _set_avatar(self, url, result):
        """Show the customer's own picture on their contact, unless a person chose one.

        :param str url: where it is from
        :param Fetched | MediaError result: what became of it
        """
        if isinstance(result, MediaError) and result.reason == "unavailable":
            # The next message tries again; it would wait for a slow one, though.
            return
        self.avatar_url = url
        if not isinstance(result, Fetched) or not self._may_set_avatar(result):
            return
        try:
            with self.env.cr.savepoint():
                self.partner_id.image_1920 = base64.b64encode(result.content)
                self.partner_id.flush_recordset()
        except BAD_PICTURES:
            # A picture that nobody can show.
            return
        self.avatar_checksum = self._image_checksum()

    def _may_set_avatar(self, fetched):
        # Odoo would keep HTML and SVG as they are.
        is_picture = guess_mimetype(fetched.content) in const.AVATAR_TYPES
        is_ours = self._image_checksum() == (self.avatar_checksum or False)
        return is_picture and is_ours and self._may_dress()

    def _image_checksum(self):
        """:return: checksum of the contact's picture, ``False`` without one
        :rtype: str | bool
        """
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_field", "=", "image_1920"),
                ("res_id", "=", self.partner_id.id),
            ],
            limit=1,
        )
        return attachment.checksum

    # -- Linking -----------------------------------------------------------------

    def action_link_suggested(self):
        """Link the customer to the one contact that has their number.

        :return: ``True``; for several, what was done
        :raise UserError: when there is not exactly one, and this is a single customer
        """
        known = self.filtered("suggested_partner_id")
        if len(self) == 1 and not known:
            raise UserError(
                self.suggestion
                or self.env._(
                    "The customer has not shared their number yet. Press Ask for "
                    "Phone Number in the conversation."
                )
            )
        for subscriber in known:
            subscriber.partner_id = subscriber.suggested_partner_id
        words = self.env._("%s linked"), self.env._("%s left as they were")
        return viber_bulk.report(self, known, *words)

    def action_separate(self):
        """Give customers contacts of their own: they are not whom they were taken for.

        Their conversations move along.

        :return: ``True``
        :raise AccessError: when the user may not see the customers, or not change a
            conversation that would move along
        """
        self.check_access("read")
        for subscriber in self:
            subscriber._check_linkable(subscriber.partner_id)
            # sudo: agents may not change subscribers; this change is checked
            subscriber.sudo()._give_own_contact()
        return True

    def _take_phone(self, number):
        """Keep the number that the customer shared when they were asked for it, and see
        whose it is.

        Unasked it is a card like any other: an app that is not Viber's own could name
        anybody's number, and get that person's conversations.

        :param str number: in E.164
        """
        if not self._was_asked_for_phone():
            return
        # Another number than before may be anybody's: it only suggests.
        is_first = self.phone in (False, number)
        self.phone = number
        if self.account_id.link_by_phone and is_first:
            matches = self._find_by_phone()
            if len(matches) == 1:
                self.partner_id = matches
        if not self.partner_id.phone:
            self.partner_id.phone = number

    def _was_asked_for_phone(self):
        asked = [
            ("subscriber_id", "=", self.id),
            ("sending_date", "!=", False),
            ("asks", "=", "phone"),
        ]
        return bool(self.env["viber.message"].search_count(asked, limit=1))

    def _find_by_phone(self):
        """:return: the contacts of the account's company that have their number
        :rtype: res.partner
        """
        self.ensure_one()
        if not self.phone:
            return self.env["res.partner"]
        partners = self.env["res.partner"].search(
            [
                ("id", "in", self._candidates_by_phone()),
                ("company_id", "in", (False, self.account_id.company_id.id)),
                ("viber_can_be_customer", "=", True),
            ]
        )
        return partners.filtered(lambda partner: self._has_phone(partner))

    def _candidates_by_phone(self):
        """:return: query for contacts whose number, its digits alone, ends alike"""
        return SQL(
            """
            (SELECT id FROM res_partner
              WHERE regexp_replace(phone, '[^0-9]', '', 'g') LIKE %s)
            """,
            "%" + self.phone[-_SAME_DIGITS:],
        )

    def _has_phone(self, partner):
        country = partner.country_id or self.account_id.company_id.country_id
        return phone.to_e164(partner.phone, country.code) == self.phone

    def _forget_what_we_wrote(self):
        """Another contact: its name and picture were given by a person."""
        self.write({"contact_name": False, "avatar_checksum": False})

    def _restore_fates(self):
        """Show again what became of the messages to these customers.

        Odoo deletes a contact's notifications with the contact; the outbox knows still.
        """
        # sudo: the outbox is for managers; it tells what the chatter showed to all
        outbox = self.env["viber.message"].sudo()
        lost = outbox.search(
            [
                ("subscriber_id", "in", self.filtered("partner_id").ids),
                ("mail_message_id", "!=", False),
                ("mail_notification_id", "=", False),
            ]
        )
        for (message, subscriber), parts in lost.grouped(
            lambda row: (row.mail_message_id, row.subscriber_id)
        ).items():
            partner = subscriber.partner_id
            there = message.notification_ids.filtered(
                lambda n, partner=partner: n.res_partner_id == partner
            )
            if not there or there.notification_type == "viber":
                parts.mail_notification_id = there or outbox._create_notification(
                    message, partner
                )
        lost.mail_notification_id._viber_sum_up()
