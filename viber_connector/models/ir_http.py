from odoo import models

from .. import const


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the client whether it is an agent's: only theirs has a counter, and
        only theirs asks for it; and whether it is a manager's, whose menu shows how the
        accounts are."""
        info = super().session_info()
        if self.env.user.has_group(const.AGENTS):
            info["viber_is_agent"] = True
        if self.env.user.has_group(const.MANAGERS):
            info["viber_is_manager"] = True
        return info
