"""What a carrier's views show of the conversation, written once for all carriers."""

from odoo import api, models


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put what all carriers show where a carrier's view has an empty element of the
        same name (``views/viber_conversation_views.xml``)."""
        arch, view = super()._get_view(view_id, view_type, **options)
        places = {
            place.get("name"): place
            for place in arch.xpath("//*[starts-with(@name, 'viber_conversation_')]")
        }
        if not places:
            return arch, view
        # The type that was asked for need not be that of the view which was named.
        shared = self.env.ref(f"viber_connector.viber_conversation_view_{view.type}")
        # sudo: whoever may see the carrier's view may see what belongs to it
        common = shared.sudo()._get_combined_arch()
        for name, place in places.items():
            for node in common.xpath(f"//*[@name='{name}']/*"):
                place.addprevious(node)
            place.getparent().remove(place)
        return arch, view
