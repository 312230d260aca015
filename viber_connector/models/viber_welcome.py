"""How a customer is greeted who opens the chat, and what is told of it.

Viber asks for the greeting by ``conversation_started`` and takes it as the answer to
that very call; the customer is no subscriber yet. Before their first message it is
kept with the customer, then it stands in the chatter.
"""

import re

from odoo import fields, models

from .. import const

_NAME_PLACE = re.compile(r"[\s,]*\{name\}")


class ViberAccount(models.Model):
    _inherit = "viber.account"

    welcome_message = fields.Text(
        translate=True,
        help="The text that Viber shows to a customer who opens the chat for the first "
        "time, in their language if there is a translation. {name} stands for their "
        "name.",
    )

    def _welcome(self, event):
        """Make the message that greets who opens the chat for the first time.

        :param Callback event: a ``conversation_started``
        :return: the text; ``""`` when there is nothing to say, or they are no stranger
        :rtype: str
        """
        if event.is_subscribed or not event.user or self._is_silent(event.user_id):
            return ""
        lang = self.env["res.lang"]._viber_find(event.user.language)
        lang = lang or self.company_id.partner_id.lang
        text = self._greeter(event).with_context(lang=lang).welcome_message or ""
        if event.user.name in ("", const.PLACEHOLDER_NAME):
            # Viber gave no name. "Hello, {name}!" becomes "Hello!".
            return _NAME_PLACE.sub("", text).strip(" ,")
        return text.replace("{name}", event.user.name).strip()

    def _greeter(self, event):
        """:return: whose welcome message is said: the link's by which they come, if it
            has one and works, else the account's
        :rtype: viber.link | viber.account
        """
        link = self.env["viber.link"]._find(self, event.context)
        date = event.date or fields.Datetime.now()
        is_theirs = link.welcome_message and link._greets(event.user_id, date)
        return link if is_theirs else self

    def _is_silent(self, viber_user_id):
        """:return: whether this customer is not to be greeted"""
        if self._is_asleep():
            return True
        domain = [
            ("account_id", "=", self.id),
            ("viber_user_id", "=", viber_user_id),
            ("is_blocked", "=", True),
        ]
        return bool(self.env["viber.subscriber"].search_count(domain, limit=1))


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    welcome_text = fields.Text(readonly=True)
    welcome_date = fields.Datetime(readonly=True)
    context = fields.Char("Deep Link Context", readonly=True)

    def _remember_opening(self, welcome, context, date):
        """Keep how the customer came, for the chatter of their first conversation.

        :param str welcome: how they were greeted, maybe empty
        :param str context: of a deep link that is none of ours, maybe empty
        :param datetime date: when
        """
        self.write(
            {
                "welcome_text": welcome or self.welcome_text,
                "context": context or self.context,
                "welcome_date": date.replace(microsecond=0),
            }
        )

    def _take_opening(self):
        """Forget how the customer came, to tell it.

        :return: lines for the chatter
        :rtype: list[str]
        """
        lines = self._take_link()
        if self.context:
            lines.append(
                self.env._("Came by a link that is none of ours: %s", self.context)
            )
        if self.welcome_text:
            lines.append(self.env._("Was welcomed in Viber: %s", self.welcome_text))
        if self.context or self.welcome_text:
            self.write({"context": False, "welcome_text": False, "welcome_date": False})
        return lines


class ViberEvent(models.Model):
    _inherit = "viber.event"

    def _handle_conversation_started(self, subscriber, event, _downloads):
        # Who looks at the chat is no subscriber before they write.
        account = subscriber.account_id
        link = self.env["viber.link"]._find(account, event.context)
        if link:
            link._count_opening(self.event_date)
            subscriber._remember_link(link, self.event_date)
        context = "" if link else event.context
        welcome = account._welcome(event)
        if welcome or context:
            subscriber._remember_opening(welcome, context, self.event_date)

    def _post_opening(self, subscriber, conversation):
        """Tell how the conversation began: by which link, with which welcome.

        :param viber.subscriber subscriber: whose it is
        :param viber.conversation.mixin conversation: where their message goes
        """
        date = subscriber.link_date or subscriber.welcome_date
        lines = subscriber._take_opening()
        if lines:
            conversation.message_post(
                body=self._small_print(lines),
                message_type="notification",
                subtype_xmlid="mail.mt_note",
                date=date,
            )
