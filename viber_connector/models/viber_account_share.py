"""What of an account is handed out: its plain link, and how it looks there."""

import base64

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.image import image_process
from odoo.tools.mimetypes import guess_mimetype

from .. import const
from ..tools.media import Fetched, try_fetch
from ..tools.text import clean_line
from .ir_attachment import BAD_PICTURES


class ViberAccount(models.Model):
    _inherit = "viber.account"

    link_id = fields.Many2one(
        "viber.link",
        "Plain Link",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The link that Share shows: it presets nothing.",
    )
    # In the row itself: the landing page gets all by one query.
    icon = fields.Binary(
        "Picture",
        attachment=False,
        readonly=True,
        copy=False,
        help="A copy of the picture that the bot has in Viber.",
    )

    def action_share(self):
        """Show what to hand out so that customers find the bot.

        :return: an action: one account's link, or a list to choose from
        :rtype: dict
        :raise AccessError: when the user may not read the accounts or links
        :raise UserError: when there is no account
        """
        self.check_access("read")
        self.env["viber.link"].check_access("read")
        if not self:
            raise UserError(
                self.env._(
                    "No Viber account is connected. Ask a Viber Manager to connect one."
                )
            )
        # sudo: agents show the links that managers make
        links = self.sudo()._ensure_link().with_env(self.env)
        return links._share_action()

    def _ensure_link(self):
        """Have a plain link for each of these accounts. One that was archived stays so:
        it is printed somewhere, and not to be used.

        :return: the links
        :rtype: viber.link
        """
        links = self.env["viber.link"]
        # For everybody, and for ever.
        vals = links._no_presets() | {
            "expires_on": False,
            "is_single_use": False,
            "name": self.env._("Plain link"),
            "partner_id": False,
        }
        for account in self.filtered(lambda account: not account.link_id.active):
            account.link_id = links.create(vals | {"account_id": account.id})
        return self.link_id

    def _info_vals(self, info):
        vals = super()._info_vals(info)
        if vals["icon_url"] != self.icon_url or not self.icon:
            vals["icon"] = self._fetch_icon(vals["icon_url"], self._get_trusted_url())
        return vals

    def _find_new_icon(self, info):
        """Find the bot's picture that is not here yet: an earlier version has connected
        the account and kept none, it could not be had then, or it is another.

        :param dict info: Viber's answer to ``get_account_info``
        :return: where Viber has it, ``""`` when there is nothing to do
        :rtype: str
        """
        url = clean_line(info.get("icon"))
        return "" if self.icon and url == self.icon_url else url

    def _fetch_icon(self, url, trusted_url):
        """Make a small copy of the bot's picture, so that who opens our page asks
        nobody but us for it.

        :param str | bool url: where Viber has it
        :param str trusted_url: of :meth:`_get_trusted_url`
        :return: a PNG in Base64; ``False`` when there is none, or it can't be shown
        :rtype: bytes | bool
        """
        if not url:
            return False
        result = try_fetch(
            url,
            max_bytes=const.ICON_MAX_BYTES,
            seconds=const.ICON_SECONDS,
            trusted_url=trusted_url,
        )
        if not isinstance(result, Fetched):
            return False
        try:
            size = (const.ICON_PIXELS, const.ICON_PIXELS)
            picture = image_process(
                result.content, size, verify_resolution=True, output_format="PNG"
            )
        except BAD_PICTURES:
            return False
        # Odoo leaves some kinds as they are.
        is_png = guess_mimetype(picture) == "image/png"
        return is_png and base64.b64encode(picture)
