"""How a conversation begins."""

from markupsafe import Markup

from odoo import api, models

from ..tools import title


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    @api.model
    def _viber_start(self, subscriber, content, previous, link):
        """Make a new conversation.

        :param viber.subscriber subscriber: whose it is
        :param Content content: their first message
        :param previous: the conversation before, of whatever carrier, or ``None``
        :param viber.link link: by which they came, maybe empty
        :return: a record of this model
        """
        account = subscriber.account_id
        self._viber_ensure_place(account)
        presets = self._viber_preset_vals(link)
        is_near = (
            previous is not None
            and previous._name == self._name
            and self._viber_container_field not in presets
            and previous._viber_is_near(account)
        )
        vals = {
            **self._viber_title_vals(subscriber, title.complete("", content.text)),
            "description": self._viber_description(content, previous, is_near),
            "viber_subscriber_id": subscriber.id,
            self._viber_customer_field: subscriber.partner_id.id,
            **presets,
        }
        if is_near:
            vals[self._viber_previous_field] = previous.id
        worker = self.with_context(viber_skip_follower=self.env.user.partner_id.id)
        return worker._viber_create(account, vals).with_env(self.env)

    @api.model
    def _viber_begin(self, subscriber):
        """Make a conversation in which an employee writes first, with their rights.

        :param viber.subscriber subscriber: to whom
        :return: a record of this model
        :raise AccessError: when the user may not make one, or may not see the customer
            or an open conversation of theirs
        """
        self.check_access("create")
        subscriber.with_env(self.env)._check_attachable(self.browse())
        # sudo: where an account's conversations stand is for managers to read; what is
        # made there is made by the user
        subscriber = subscriber.sudo()
        account = subscriber.account_id
        self._viber_ensure_place(account)
        name = self._viber_empty_titles(subscriber)[1]
        vals = {
            "name": name,
            "description": Markup(""),
            "viber_subscriber_id": subscriber.id,
            self._viber_customer_field: subscriber.partner_id.id,
        }
        record = self._viber_create(account, vals)
        record._viber_write_quietly(viber_draft_title=name)
        record._viber_assign(self.env.user)
        return record

    @api.model
    def _viber_description(self, content, previous, is_near):
        """:return: the customer's words, and a link to the conversation before; with
            its name only where all who read this one may read that one
        :rtype: Markup
        """
        words = Markup("<p>%s</p>") % content.html if content.html else Markup("")
        if previous is None:
            return words
        kind = self.env["ir.model"]._get(previous._name).name
        link = Markup('<a href="/odoo/%s/%s">%s</a>') % (
            previous._name,
            previous.id,
            previous.display_name if is_near else f"{kind} {previous.id}",
        )
        return words + Markup("<p>%s</p>") % self.env._(
            "Previous conversation: %s", link
        )
