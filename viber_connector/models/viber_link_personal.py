"""Links that work once. Personal ones: whoever opens one first is the contact that it
was made for.

They are handed out by ``res_partner_invite``.
"""

import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .. import const

# What a code of ours looks like: other deep links have a context of their own, as long
# as a code maybe ("spring_sale_2026"). Of 2,000 codes one has no small or no capital.
_CODE = re.compile(
    rf"(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{{{const.LINK_CODE_BYTES * 4 // 3}}}"
)


class ViberLink(models.Model):
    _inherit = "viber.link"
    # Who may read it may send it.
    _mail_post_access = "read"

    is_single_use = fields.Boolean(
        compute="_compute_bounds", store=True, readonly=False, precompute=True
    )
    expires_on = fields.Date(
        compute="_compute_bounds", store=True, readonly=False, precompute=True
    )
    opened_by_id = fields.Many2one(
        "viber.subscriber",
        "Opened by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The customer in Viber who became the contact by this personal link.",
    )
    opened_date = fields.Datetime("Opened on", readonly=True, copy=False)

    @api.depends("partner_id")
    def _compute_bounds(self):
        last_day = fields.Date.add(
            fields.Date.context_today(self), days=const.PERSONAL_LINK_DAYS
        )
        for link in self:
            is_personal = bool(link.partner_id)
            link.is_single_use = is_personal or link.is_single_use
            link.expires_on = last_day if is_personal else link.expires_on

    @api.constrains("account_id", "partner_id")
    def _check_partner_can_be_invited(self):
        """:raise ValidationError: when nobody may come as one of these contacts"""
        for account, links in self.filtered("partner_id").grouped("account_id").items():
            partners = links.partner_id
            if refused := partners - partners._viber_invitable(account):
                raise ValidationError(refused[0]._viber_invite_refusal(account))

    @api.constrains("is_single_use", "partner_id")
    def _check_personal_works_once(self):
        """:raise ValidationError: when nobody would become the contact of one"""
        if any(link.partner_id and not link.is_single_use for link in self):
            raise ValidationError(
                self.env._(
                    "A personal link works once: whoever opens it first is the "
                    "contact, and nobody else can be."
                )
            )

    @api.model
    def _personal(self, accounts, partners):
        """Find personal links that still work, and will for a while: a letter may lie
        before somebody reads it.

        :rtype: viber.link
        """
        oldest = fields.Date.add(
            fields.Date.context_today(self), days=const.PERSONAL_LINK_DAYS_LEFT
        )
        lasting = Domain("expires_on", "=", False) | Domain("expires_on", ">=", oldest)
        return self._unopened(accounts, partners, lasting)

    @api.model
    def _unopened(self, accounts, partners, domain=Domain.TRUE):
        """Find the personal links by which somebody may still become the contact; a
        contact may have several, of letters that were sent weeks apart.

        :param Domain domain: what else is asked of them
        :rtype: viber.link
        """
        # Who comes from a list that has archived records, too, gets no revoked link.
        return self.with_context(active_test=True).search(
            Domain("account_id", "in", accounts.ids)
            & Domain("partner_id", "in", partners.ids)
            & Domain("opened_date", "=", False)
            & domain,
            order="id",
        )

    @api.model
    def _make_personal(self, account, partners):
        """Make a personal link for each of these contacts.

        :rtype: viber.link
        :raise ValidationError: when nobody may come as one of them
        """
        vals = self._no_presets() | {
            "account_id": account.id,
            "is_single_use": True,
            "name": self.env._("Personal link"),
        }
        self.check_access("create")
        # sudo: agents make such links, and may not say that these preset nothing
        links = self.sudo().create(
            [vals | {"partner_id": partner.id} for partner in partners]
        )
        links = links.with_env(self.env)
        links.check_access("create")
        links._check_named(self._naming_fields())
        return links

    def action_revoke(self):
        """Take a personal link back, wherever it was sent.

        :return: ``True``
        :raise AccessError: when the user may not make such links
        """
        self.check_access("create")
        if not all(self.mapped("partner_id")):
            raise AccessError(
                self.env._(
                    "Only a Viber Manager archives a link that is for everybody."
                )
            )
        # sudo: who may make them may take them back, and change nothing else
        self.sudo().active = False
        return True

    @api.autovacuum
    def _gc_personal(self):
        """Remove personal links that nobody opened: each invoice may make one.

        :return: number of links that were removed, and whether there are more
        :rtype: tuple[int, bool]
        """
        last_day = fields.Date.subtract(
            fields.Date.today(), days=const.PERSONAL_LINK_KEPT_DAYS
        )
        links = self.with_context(active_test=False).search(
            Domain("partner_id", "!=", False)
            & Domain("opened_date", "=", False)
            & Domain("expires_on", "<", last_day),
            order="id",
            limit=const.PERSONAL_LINK_BATCH,
        )
        links.unlink()
        return len(links), len(links) == const.PERSONAL_LINK_BATCH

    # -- Opening -----------------------------------------------------------------------

    def _admit(self, subscriber):
        """Let who opens a link that works once be the one; by a personal link they are
        its contact from then on.

        :param viber.subscriber subscriber: who opens it; locked by the worker
        :return: what to tell the agents; ``""`` when they know already
        :rtype: str
        :raise psycopg2.errors.SerializationFailure: when somebody else opens it at this
            moment: the worker tries again, and finds it opened
        """
        self.ensure_one()
        if self.opened_by_id == subscriber:
            return ""
        if denial := self._explain_denial(subscriber):
            return denial
        self._claim(subscriber)
        partner = self.partner_id
        if partner:
            # They have come: an older letter that somebody finds is worth nothing.
            self._unopened(self.account_id, partner).active = False
        if not partner or subscriber.partner_id == partner:
            return ""
        subscriber.partner_id = partner
        return self.env._(
            "Is %s now: they opened the personal link of this contact. If it is "
            "somebody else, press Not This Person on the contact's form.",
            partner.display_name,
        )

    def _greets(self, viber_user_id, date):
        is_good = super()._greets(viber_user_id, date)
        if not is_good or not self.is_single_use:
            return is_good
        # It may greet by name: who is an ordinary visitor is greeted like one.
        subscriber = self.env["viber.subscriber"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("viber_user_id", "=", viber_user_id),
            ]
        )
        is_theirs = subscriber and self.opened_by_id == subscriber
        return is_theirs or not self._explain_denial(subscriber)

    def _explain_denial(self, subscriber):
        """:return: why whoever opens the link is an ordinary visitor, or ``""``
        :rtype: str
        """
        partner = self.partner_id
        if partner and not partner._viber_invitable(self.account_id):
            # Of another company by now, maybe: no name is shown.
            return self.env._(
                "They opened a personal link whose contact is archived, an employee's, "
                "or of another company by now. So they came as an ordinary visitor: "
                "ask who they are."
            )
        if self.opened_date:
            return self.env._(
                "They opened a link that works once, and somebody else had opened it "
                "on %s. So they came as an ordinary visitor: ask who they are.",
                format_date(self.env, self.opened_date),
            )
        if partner and subscriber.partner_id not in (partner, partner.browse()):
            return self.env._(
                "They opened the personal link of %(contact)s, but are %(other)s "
                "already, and stay so. If both are one person, merge the contacts.",
                contact=partner.display_name,
                other=subscriber.partner_id.display_name,
            )
        return ""

    def _claim(self, subscriber):
        """Take the link for a customer.

        An UPDATE, so that it is one's of several who open it at the same moment:
        cursors are REPEATABLE READ.

        :raise psycopg2.errors.SerializationFailure: see :meth:`_admit`
        """
        self.flush_recordset(["opened_by_id", "opened_date"])
        # A failure is no error here: see above.
        self.env.cr.execute(
            SQL(
                """
                UPDATE viber_link
                   SET opened_by_id = %s, opened_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s AND opened_date IS NULL
                """,
                subscriber.id,
                self.id,
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset(["opened_by_id", "opened_date"])


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    link_note = fields.Text(
        readonly=True, help="What became of the link that they opened, for the chatter."
    )

    def _remember_link(self, link, date):
        result = super()._remember_link(link, date)
        note = ""
        if not link._explain_refusal(date):
            note = link.is_single_use and link._admit(self)
        elif link.partner_id:
            note = self.env._(
                "The personal link that they opened does not work any more. So they "
                "came as an ordinary visitor: ask who they are."
            )
        self._note_link(note)
        return result

    def _remember_opening(self, welcome, context, date):
        if _CODE.fullmatch(context):
            context = ""
            self._note_link(
                self.env._(
                    "They came by a link that does not exist: mistyped, or deleted, "
                    "maybe with the contact that it was made for. Ask who they are."
                )
            )
        return super()._remember_opening(welcome, context, date)

    def _note_link(self, note):
        """Keep what the agents have to be told, beside what they were not told yet:
        whoever opens another link next does not hide by which one they came.

        :param str note: a sentence, or ``""``
        """
        kept = self.link_note or ""
        if note and note not in kept:
            self.link_note = f"{kept}\n{note}".lstrip()

    def _fresh_link(self, date):
        link = super()._fresh_link(date)
        # Whoever else opened it is an ordinary visitor.
        is_others = link.is_single_use and link.opened_by_id != self
        return link.browse() if is_others else link

    def _take_link(self):
        lines = super()._take_link()
        if self.link_note:
            lines.extend(self.link_note.splitlines())
            self.link_note = False
        return lines
