from odoo import api, models


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model
    def _viber_int(self, key, default):
        """Read a number that an administrator may have set.

        :param str key: of the parameter
        :param int default: when there is none, or it is no number from 0 on
        :rtype: int
        """
        # sudo: what is set there holds for everybody
        value = str(self.sudo().get_param(key)).strip()
        return int(value) if value.isdecimal() else default
