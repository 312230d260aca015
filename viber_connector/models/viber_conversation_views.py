"""What a carrier's views show of the conversation, written once for all carriers."""

from odoo import api, models


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put what all carriers show where a carrier's view has an empty element of the
        same name (``views/viber_conversation_views.xml``)."""
        arch, view = super()._get_view(view_id, view_type, **options)
        places = arch.xpath("//*[starts-with(@name, 'viber_conversation_')]")
        # The type that was asked for need not be that of the view which was named.
        shared = places and self.env.ref(
            f"viber_connector.viber_conversation_view_{view.type}", False
        )
        if shared:
            # sudo: whoever may see the carrier's view may see what belongs to it
            common = shared.sudo()._get_combined_arch()
            contents = {content.get("name"): content for content in common}
            for place in places:
                # Others may name elements of theirs alike.
                if place.get("name") in contents:
                    _fill(place, contents[place.get("name")])
        return arch, view


def _fill(place, content):
    """Put elements where another one is, and before what views of others have put into
    that one."""
    parent, position = place.getparent(), place.getparent().index(place)
    parent.remove(place)
    parent[position:position] = [*content, *place]
