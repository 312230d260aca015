from odoo import fields, models

from .. import const


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_subscriber_ids = fields.One2many(
        "viber.subscriber",
        "partner_id",
        "Viber",
        groups="project.group_project_user,viber_connector.group_viber_manager",
        help="Who this contact is at which Viber account.",
    )

    def _viber_avatar_url(self, account):
        """:return: a link to the picture that customers see beside an answer; empty
            when he has none
        :param viber.account account: under whose address
        :rtype: str
        """
        self.ensure_one()
        if not self[const.AVATAR_FIELD]:
            return ""
        return self.env["ir.attachment"]._viber_url(
            account, self._name, self.id, "avatar.jpg"
        )
