from odoo import api, models


class ResLang(models.Model):
    _inherit = "res.lang"

    @api.model
    def _viber_find(self, language):
        """Find the installed language that a customer reads.

        :param str language: as Viber tells it: ``uk``, ``uk-UA``
        :return: code of the language; ``""`` when none fits
        :rtype: str
        """
        wanted = (language or "").replace("-", "_").lower()
        codes = [code for code, _name in self.get_installed()]
        exact = [code for code in codes if code.lower() == wanted]
        base = wanted.partition("_")[0]
        alike = [code for code in codes if code.lower().partition("_")[0] == base]
        return next(iter(exact + alike), "")
