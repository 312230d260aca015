"""A link to hand out: the address of a page that opens the chat with a bot.

Who may see and make one: ``viber_link_rights``; what an opening of it does:
``viber_link_opening``; what it gives to the conversation that follows:
``viber_conversation_link``; the page: ``controllers/landing.py``.
"""

import base64
import secrets

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import qr
from ..tools.address import deep_link

# Of the button on a website, which has no style sheet of ours.
_BUTTON_STYLE = (
    "display:inline-block;padding:12px 24px;border-radius:10px;background:#6a54d6;"
    "color:#fff;font:600 16px sans-serif;text-decoration:none"
)


class ViberLink(models.Model):
    """A link to hand out: who comes by it, from where, and what they find."""

    _name = "viber.link"
    _inherit = ["viber.guarded.mixin"]
    _description = "Viber Link"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        help="Where the link stands: “invoice footer”. Agents read it on the "
        "conversations that come by it; customers never do.",
    )
    active = fields.Boolean(
        default=True, help="An archived link works no more, wherever it is printed."
    )
    account_id = fields.Many2one(
        "viber.account",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._only_account(),
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    code = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(const.LINK_CODE_BYTES),
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="A personal link: whoever opens it first is this contact.",
    )
    is_single_use = fields.Boolean("Works Once")
    expires_on = fields.Date(help="The last day on which it works. Empty: for ever.")
    # Agents use links and need not learn where they lead: a project may be private.
    project_id = fields.Many2one(
        "project.project",
        check_company=True,
        domain=[("is_template", "=", False)],
        groups=const.MANAGERS,
        help="Where a conversation that comes by this link begins. Empty: where the "
        "account says.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Assignees",
        check_company=True,
        domain=[("share", "=", False)],
        groups=const.MANAGERS,
        help="Who works on a conversation that comes by this link.",
    )
    tag_ids = fields.Many2many("project.tags", string="Tags", groups=const.MANAGERS)
    welcome_message = fields.Text(
        translate=True,
        groups=const.MANAGERS,
        help="Said instead of the account's to who opens the chat for the first time. "
        "{name} stands for their name.",
    )
    opening_ids = fields.One2many(
        "viber.link.opening",
        "link_id",
        "Openings",
        readonly=True,
        groups=const.MANAGERS,
    )
    open_count = fields.Integer(
        "Opened",
        compute="_compute_open_count",
        help="How often the chat was opened by this link.",
    )
    conversation_count = fields.Integer(
        "Conversations",
        compute="_compute_conversation_count",
        help="How many conversations began by this link.",
    )
    url = fields.Char(
        "Address", compute="_compute_url", help="The page that opens the chat."
    )
    deep_link = fields.Char(
        "Viber Link",
        compute="_compute_deep_link",
        help="Opens the chat without the page. Most mail programs and many browsers "
        "refuse it; it is for apps and for buttons in Viber.",
    )
    qr_png = fields.Binary("QR Code", compute="_compute_qr_png")
    qr_svg = fields.Binary("QR Code for Print", compute="_compute_qr_svg")
    button_html = fields.Char(
        "Button for Websites",
        compute="_compute_button_html",
        help="HTML that shows a button, for a page of your website.",
    )
    warning = fields.Char(
        compute="_compute_warning", help="Why the link leads nowhere now."
    )
    is_visible = fields.Boolean(
        compute="_compute_is_visible",
        search="_search_is_visible",
        help="The user may see whose personal link it is.",
    )

    _code_unique = models.UniqueIndex("(code)", "Two links can't have the same code.")

    @api.model
    def _only_account(self):
        """:return: the account, where there is no choice
        :rtype: viber.account
        """
        accounts = self.env["viber.account"].search([], limit=2)
        return accounts if len(accounts) == 1 else accounts.browse()

    @api.depends("name")
    @api.depends_context("uid")
    def _compute_display_name(self):
        # Odoo shows the name behind any id that a many2one field is given, whatever
        # the user may read: the check has to be here.
        readable = self.sudo(False)._filtered_access("read")
        for link in self:
            link.display_name = link.name if link in readable else self.env._("A link")

    @api.depends("opening_ids")
    def _compute_open_count(self):
        # sudo: the number tells nothing of who opened it
        counts = dict(
            self.env["viber.link.opening"]
            .sudo()
            ._read_group([("link_id", "in", self.ids)], ["link_id"], ["__count"])
        )
        for link in self:
            link.open_count = counts.get(link.sudo(), 0)

    def _compute_conversation_count(self):
        counts = dict.fromkeys(self.ids, 0)
        for carrier in self.env["viber.subscriber"]._carriers():
            # sudo: the number tells nothing of the conversations
            rows = carrier.sudo()._read_group(
                [("viber_link_id", "in", self.ids)], ["viber_link_id"], ["__count"]
            )
            for link, count in rows:
                counts[link.id] += count
        for link in self:
            link.conversation_count = counts.get(link.id, 0)

    @api.depends("code", "account_id.base_url")
    def _compute_url(self):
        for link in self:
            base_url = link.account_id._get_base_url()
            link.url = base_url + const.LINK_PATH + link.code

    @api.depends("code", "account_id.uri")
    def _compute_deep_link(self):
        for link in self:
            link.deep_link = deep_link(link.account_id.uri, link.code)

    @api.depends("url")
    def _compute_qr_png(self):
        for link in self:
            picture = qr.png(link.url, const.QR_PIXELS)
            link.qr_png = base64.b64encode(picture)

    @api.depends("url")
    def _compute_qr_svg(self):
        for link in self:
            link.qr_svg = base64.b64encode(qr.svg(link.url).encode())

    @api.depends("url")
    @api.depends_context("lang")
    def _compute_button_html(self):
        button = Markup('<a href="%s" style="%s">%s</a>')
        words = self.env._("Write to us in Viber")
        for link in self:
            link.button_html = link.url and button % (link.url, _BUTTON_STYLE, words)

    @api.depends("active", "expires_on", "account_id.active", "account_id.state")
    @api.depends("account_id.uri")
    @api.depends_context("uid")
    def _compute_warning(self):
        for link in self:
            # sudo: agents are told, too
            link.warning = link.sudo()._explain_nowhere()

    def _explain_nowhere(self):
        """:return: why nobody gets to the chat by this link, or ``""``
        :rtype: str
        """
        account = self.account_id
        refusal = self._explain_refusal(fields.Datetime.now())
        if refusal or not account:
            return refusal
        if not account.active or account.state == "draft":
            if self.env.user.has_group(const.MANAGERS):
                return self.env._(
                    "%s is not connected: connect it first.", account.name
                )
            return self.env._("%s is not connected: ask a Viber Manager.", account.name)
        if not account.uri:
            return self.env._(
                "Viber does not tell how links to this bot are called. Give the bot a "
                "URI in Viber's admin panel, then press Check Connection."
            )
        return ""

    # -- The page --------------------------------------------------------------------

    @api.model
    def _landing_page(self, code):
        """Find what the page behind a code shows: one query, whether there is one.

        :param str code: from the address
        :return: ``name``, ``icon``, ``url`` and ``deep_link``; ``None`` when the code
            is unknown, or leads nowhere now
        :rtype: dict | None
        """
        # A NUL would make PostgreSQL raise.
        if "\x00" in code:
            return None
        query = """
            SELECT account.name, account.uri, account.base_url, account.icon
              FROM viber_link link
              JOIN viber_account account ON account.id = link.account_id
             WHERE link.code = %s AND link.active AND account.active
               AND account.state != 'draft' AND account.uri IS NOT NULL
               AND (link.expires_on IS NULL OR link.expires_on >= %s)
        """
        rows = self.env.execute_query(SQL(query, code, fields.Date.today()))
        if not rows:
            return None
        name, uri, base_url, icon = rows[0]
        base_url = base_url or self.env["viber.account"].get_base_url()
        return {
            "name": name,
            "icon": bytes(icon or b"").decode(),
            "url": base_url + const.LINK_PATH + code,
            "deep_link": deep_link(uri, code),
        }

    # -- Handing it out --------------------------------------------------------------

    def action_share(self):
        """Show the link as it is handed out.

        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the link
        """
        self.check_access("read")
        return self._share_action()

    def _share_action(self):
        """:return: the action that shows one link, or lets choose among several
        :rtype: dict
        """
        share = self.env.ref("viber_connector.viber_link_view_share").id
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Share"),
            "res_model": self._name,
        }
        if len(self) == 1:
            shown = {"res_id": self.id, "views": [[share, "form"]], "target": "new"}
            return action | shown
        choice = self.env.ref("viber_connector.viber_link_view_choice").id
        return action | {
            "domain": [("id", "in", self.ids)],
            "views": [[choice, "list"]],
        }

    def action_download_qr(self, kind="png"):
        """Download the QR code of the link's page.

        :param str kind: ``png`` or ``svg``
        :return: an action
        :rtype: dict
        :raise AccessError: when the user may not read the link
        """
        self.ensure_one()
        self.check_access("read")
        name = "qr_svg" if kind == "svg" else "qr_png"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/viber.link/{self.id}/{name}?download=true",
            "target": "download",
        }
