"""Which rendered texts leave the house: personal links are made for those."""

from odoo import models

from .res_partner_invite import handing_out

# What renders a text that is sent. Mass mailings are rendered by the composer, too;
# their own model renders tests.
_SENDING = ("mail.compose.message", "mail.template", "sms.template")


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    def _render_field(self, field, res_ids, *args, **kwargs):
        """Like Odoo's; what a text names that is sent may be made for it."""
        if self._name in _SENDING and not self._viber_is_preview(kwargs):
            self = handing_out(self)
        return super()._render_field(field, res_ids, *args, **kwargs)

    def _viber_is_preview(self, options):
        context = self.env.context
        # The preview of an e-mail says so; that of an SMS chooses the language.
        is_preview = "template_preview_lang" in context or "viber_trial" in context
        return is_preview or (self._name == "sms.template" and options.get("set_lang"))


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _check_can_be_rendered(self, *args, **kwargs):
        # Odoo tries a new text with the first record that it finds.
        self = self.with_context(viber_trial=True)
        return super()._check_can_be_rendered(*args, **kwargs)
