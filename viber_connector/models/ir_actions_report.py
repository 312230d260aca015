"""Which reports leave the house: personal links are made for those."""

from odoo import models

from .res_partner_invite import handing_out


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        # HTML is how a report is looked at, here and on the portal.
        is_printed = (data or {}).get("report_type") in ("pdf", "text")
        if is_printed and "template_preview_lang" not in self.env.context:
            self = handing_out(self)
        return super()._get_rendering_context(report, docids, data)
