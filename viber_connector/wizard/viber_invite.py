"""The dialog that shows a contact's personal link."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class ViberInvite(models.TransientModel):
    """Shows a personal link, to copy, to scan, or to send. It keeps nothing; all rights
    are those of the contact and the link."""

    _name = "viber.invite"
    _description = "Invite to Viber"

    partner_id = fields.Many2one("res.partner", "Contact", required=True)
    account_id = fields.Many2one("viber.account", "Bot", required=True)
    has_choice = fields.Boolean(compute="_compute_has_choice")
    link_id = fields.Many2one("viber.link", compute="_compute_link_id")
    url = fields.Char("Address", related="link_id.url", related_sudo=False)
    qr_png = fields.Binary("QR Code", related="link_id.qr_png", related_sudo=False)
    expires_on = fields.Date(
        "Works Until", related="link_id.expires_on", related_sudo=False
    )
    email = fields.Char(related="partner_id.email", related_sudo=False)
    known_names = fields.Char(compute="_compute_known_names")

    @api.depends("account_id")
    def _compute_has_choice(self):
        for wizard in self:
            accounts = wizard.partner_id._viber_invite_accounts()
            wizard.has_choice = len(accounts) > 1

    @api.depends("account_id", "partner_id")
    def _compute_link_id(self):
        for wizard in self:
            is_complete = wizard.account_id and wizard.partner_id
            wizard.link_id = is_complete and wizard.partner_id._viber_personal_link(
                wizard.account_id
            )

    @api.depends("account_id", "partner_id")
    def _compute_known_names(self):
        for wizard in self:
            known = wizard.partner_id.viber_subscriber_ids.filtered(
                lambda person, bot=wizard.account_id: person.account_id == bot
            )
            wizard.known_names = ", ".join(known.mapped("display_name"))

    def action_send(self):
        """Open Odoo's composer with an e-mail that has the link.

        :return: an action
        :rtype: dict
        :raise UserError: when the contact has no e-mail address
        """
        self.ensure_one()
        if not self.email:
            raise UserError(
                self.env._("%s has no e-mail address.", self.partner_id.display_name)
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invite to Viber"),
            "res_model": "mail.compose.message",
            "views": [[False, "form"]],
            "target": "new",
            "context": self._composer_context(),
        }

    def _composer_context(self):
        """:return: what the composer begins with
        :rtype: dict
        """
        # Only who may change a contact may post in its chatter.
        is_poster = self.partner_id.has_access("write")
        document = self.partner_id if is_poster else self.link_id
        return {
            "default_composition_mode": "comment",
            "default_model": document._name,
            "default_res_ids": document.ids,
            "default_partner_ids": self.partner_id.ids,
            # The link is for the contact alone.
            "default_notify_skip_followers": is_poster,
            **self.with_context(viber_link=self.link_id.id)._email_defaults(),
            # Other templates that are chosen there name the same link.
            "viber_link": self.link_id.id,
        }

    def _email_defaults(self):
        """:return: subject and body of the e-mail; the address alone, when somebody has
            deleted the template
        :rtype: dict
        """
        template = self.env.ref("viber_connector.mail_template_invite", False)
        if not template:
            return {"default_body": self.url}
        [values] = template._generate_template(
            self.partner_id.ids, ("subject", "body_html")
        ).values()
        return {
            "default_subject": values["subject"],
            "default_body": values["body_html"],
        }

    def action_revoke(self):
        """Take back what was sent to the contact for this bot: the link that is shown,
        and older ones that nobody has opened.

        :return: ``True``
        :raise AccessError: when the user may not make such links
        :raise UserError: when somebody has opened it, or taken it back
        """
        self.ensure_one()
        links = self.env["viber.link"]._unopened(self.account_id, self.partner_id)
        if not links:
            raise UserError(
                self.env._(
                    "Nothing is left to take back: somebody has opened the link, or "
                    "taken it back. If the one who opened it is not %s, press Not This "
                    "Person on the contact's form.",
                    self.partner_id.display_name,
                )
            )
        return links.action_revoke()
