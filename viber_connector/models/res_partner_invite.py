"""A contact who is invited to write in Viber, by a personal link."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# No remote call can put this very object into a context.
_HANDS_OUT = object()


def handing_out(records):
    """Say that what is rendered with these records leaves the house: a personal link is
    made where one is named. Lists, previews and exports make none.

    :param models.BaseModel records: what renders
    :return: the same, with a context that tells it
    :rtype: models.BaseModel
    """
    return records.with_context(viber_hands_out=_HANDS_OUT)


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_invite_url = fields.Char(
        "Viber Invitation",
        compute="_compute_viber_invite",
        groups="base.group_user",
        help="The address of a personal link, for e-mails and printed reports: whoever "
        "opens it first is this contact. Made when such a text names it; customers who "
        "are in Viber already get the bot's plain link.",
    )
    viber_invite_until = fields.Date(
        "Viber Invitation Works Until",
        compute="_compute_viber_invite",
        groups="base.group_user",
    )

    @api.depends_context(
        "uid", "company", "allowed_company_ids", "viber_link", "viber_hands_out"
    )
    def _compute_viber_invite(self):
        partners, links = self._origin, {}
        if not self.env.user._is_internal():
            # Also with sudo: what portal users and visitors look at names no link.
            pass
        elif self.env.context.get("viber_hands_out") is _HANDS_OUT:
            links = partners._viber_hand_out()
        else:
            links = partners._viber_handed()
        for partner in self:
            link = links.get(partner._origin.id, self.env["viber.link"])
            partner.viber_invite_url = link.url
            partner.viber_invite_until = link.expires_on

    def _viber_handed(self):
        """Find the personal links that are there already, for who may read them.

        :return: links by the ids of their contacts
        :rtype: dict[int, viber.link]
        """
        links = self.env["viber.link"]
        if not links.has_access("read"):
            return {}
        found = links._personal(self._viber_invite_accounts(), self)
        return {link.partner_id.id: link for link in found}

    def _viber_hand_out(self):
        """Find or make the link of each of these contacts, as far as they may have one:
        the same number of queries for one and for many.

        :return: links by the ids of their contacts
        :rtype: dict[int, viber.link]
        """
        # sudo: who renders a text for a contact may get one; that they may see the
        # contact, and the account's company, is checked
        readable = self._filtered_access("read").sudo()
        accounts = readable._viber_invite_accounts()
        links = readable._viber_chosen_link(accounts)
        for account in accounts:
            rest = readable - readable.browse(links)
            if partners := rest._viber_invitable(account):
                links |= partners._viber_links_at(account)
        return links

    def _viber_chosen_link(self, accounts):
        """:return: the link that somebody has chosen to send, if it is of one of these
            contacts
        :rtype: dict[int, viber.link]
        """
        chosen = self.env.context.get("viber_link")
        links = self.env["viber.link"]
        found = links._personal(accounts, self) if chosen else links
        return {link.partner_id.id: link for link in found if link.id == chosen}

    def _viber_links_at(self, account):
        """:param viber.account account: where they are invited to
        :return: the account's plain link for those who are there already: they are
            known by it, nobody else is; a personal one for each of the others
        :rtype: dict[int, viber.link]
        """
        known = self.viber_subscriber_ids.filtered(lambda s: s.account_id == account)
        plain = account._ensure_link() if known else self.env["viber.link"]
        links = dict.fromkeys(known.partner_id.ids, plain)
        strangers = self - known.partner_id
        personal = self.env["viber.link"]
        found = personal._personal(account, strangers)
        found |= personal._make_personal(account, strangers - found.partner_id)
        return links | {link.partner_id.id: link for link in found}

    @api.model
    def _viber_invite_accounts(self):
        """:return: the bots that can be handed out here, those of the current company
            first
        :rtype: viber.account
        """
        accounts = self.env["viber.account"].with_context(active_test=True)
        accounts = accounts.search(
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("state", "!=", "draft")
            & Domain("uri", "!=", False)
        )
        here = self.env.company
        return accounts.sorted(lambda account: (account.company_id != here, account.id))

    def _viber_invitable(self, account):
        """:param viber.account account: where they are invited to
        :return: those of these contacts who can come there by a personal link
        :rtype: res.partner
        """
        company = account.company_id
        near = self.filtered(
            lambda partner: (
                partner.active and partner.company_id in (company, company.browse())
            )
        )
        return near._viber_customers()

    def _viber_invite_refusal(self, account):
        """:param viber.account account: where the contact is invited to
        :return: why nobody can come there as this contact, or ``""``
        :rtype: str
        """
        if self._viber_invitable(account):
            return ""
        if not self.active:
            return self.env._(
                "%s is archived. Restore the contact first, then invite them.",
                self.display_name,
            )
        if not self._viber_customers():
            return self._viber_insider_error()
        return self.env._(
            "%(contact)s belongs to %(company)s, the bot %(bot)s to %(other)s. Invite "
            "them to a bot of their own company.",
            contact=self.display_name,
            company=self.company_id.name,
            bot=account.name,
            other=account.company_id.name,
        )

    def action_viber_invite(self):
        """Show the contact's personal link, to copy, to scan, or to send.

        :return: an action that opens a dialog
        :rtype: dict
        :raise AccessError: when the user may not read the contact, or make links
        :raise UserError: when the contact can't be invited, or there is no bot
        """
        self.ensure_one()
        self.check_access("read")
        self.env["viber.link"].check_access("create")
        accounts = self._viber_invite_accounts()
        if not accounts:
            raise UserError(
                self.env._(
                    "No Viber bot is connected here. A Viber Manager connects one "
                    "under Viber → Accounts."
                )
            )
        fitting = accounts.filtered(self._viber_invitable)
        account = (fitting or accounts)[0]
        self._viber_personal_link(account)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invite to Viber"),
            "res_model": "viber.invite",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_partner_id": self.id,
                "default_account_id": account.id,
            },
        }

    def _viber_personal_link(self, account):
        """:param viber.account account: where the contact is invited to
        :return: their personal link, which nobody has opened
        :rtype: viber.link
        :raise AccessError: when the user may not read the contact, or make links
        :raise UserError: when the contact can't be invited
        """
        self.check_access("read")
        if refusal := self._viber_invite_refusal(account):
            raise UserError(refusal)
        links = self.env["viber.link"]
        return links._personal(account, self)[-1:] or links._make_personal(
            account, self
        )
