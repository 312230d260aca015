"""Who may see links, and who makes which: managers decide what one presets, agents make
personal ones of contacts that they may see."""

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from .. import const

# What a conversation gets by a link.
_PRESETS = ("project_id", "tag_ids", "user_ids", "welcome_message")


class ViberLink(models.Model):
    _inherit = "viber.link"

    @api.depends("partner_id")
    @api.depends_context("uid")
    def _compute_is_visible(self):
        readable = self.partner_id.sudo(False)._filtered_access("read")
        for link in self:
            link.is_visible = not link.partner_id or link.partner_id.id in readable.ids

    def _search_is_visible(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        partners = self.env["res.partner"].sudo(False)
        if not partners.has_access("read"):
            return Domain("partner_id", "=", False)
        readable = partners._search([], active_test=False)
        return Domain("partner_id", "=", False) | Domain("partner_id", "in", readable)

    @api.constrains("user_ids")
    def _check_user_ids(self):
        # sudo: the users may be of other companies
        if any(user.share for user in self.sudo().user_ids):
            raise ValidationError(
                self.env._("Only employees can work on the conversations of a link.")
            )

    @api.model
    def default_get(self, fields):
        # They are made with sudo, too, for whoever renders a text or presses Share: no
        # context chooses their code all the same.
        return super(ViberLink, self.sudo(False)).default_get(fields)

    @api.model_create_multi
    def create(self, vals_list):
        links = super().create(vals_list)
        links._check_decided()
        links._check_named(self._naming_fields())
        return links

    def write(self, vals):
        result = super().write(vals)
        self._check_named(self._naming_fields().intersection(vals))
        return result

    @api.model
    def _naming_fields(self):
        """:return: fields that name records which the user may not be able to see
        :rtype: set[str]
        """
        return {"account_id", "partner_id", "project_id", "tag_ids", "user_ids"}

    def _check_named(self, names):
        """A link shows the names of these records, and puts them on conversations.

        :param names: of the fields that have been written
        :raise AccessError: when the user may not read one of them
        """
        # sudo: of some fields agents may not even know what stands there
        for name in names:
            self.sudo()[name].with_env(self.env).check_access("read")

    def _check_decided(self):
        """Agents make links, but what a link presets is not theirs to decide.

        :raise AccessError: when one of these does, and the user is an agent
        """
        if self.env.su or self.env.user.has_group(const.MANAGERS):
            return
        # sudo: they may not know what their browser has named
        if any(link[name] for link in self.sudo() for name in _PRESETS):
            raise AccessError(
                self.env._(
                    "Only a Viber Manager decides what a link presets: project, "
                    "assignees, tags, welcome message. Leave them empty, or ask one."
                )
            )

    @api.model
    def _no_presets(self):
        """:return: values of a link that presets nothing. All are said: the page that
            it is made from tells where *its* new records belong, a remote call whatever
            it likes, and users have defaults of their own
        :rtype: dict
        """
        return {"active": True} | dict.fromkeys(_PRESETS, False)
