"""What of a chatter message may leave for Viber, and as what.

Its files: ``mail_message_files``; who may change it: ``mail_message_change``.
"""

from markupsafe import escape

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import html_text, payload
from ..tools.text import clean_line, is_visible, shorten
from . import viber_bulk

# Whose words a message is (docs/architecture.rst, "Whose words").
COMPANY, OUTSIDER, UNKNOWN = "company", "outsider", "unknown"
# Longest name in front of a text, in characters.
_NAME_MAX_LENGTH = 60


class MailMessage(models.Model):
    _inherit = "mail.message"

    # -- Where they stand --------------------------------------------------------

    @api.model
    def _viber_carriers(self):
        return self.env["viber.conversation.mixin"]._viber_carriers()

    def _viber_carried(self):
        """:return: those in the chatter of a record that may be a conversation"""
        carriers = self._viber_carriers()
        return self.filtered(lambda message: message.model in carriers)

    def _viber_conversation(self):
        """:return: the record in whose chatter this carried message stands
        :rtype: viber.conversation.mixin
        """
        return self.env[self.model].browse(self.res_id)

    def _viber_reference(self, subscriber):
        """:return: the signed reference to the conversation, for ``tracking_data``;
            empty where its records carry no conversations any more
        :rtype: str
        """
        found = self._viber_conversations()
        return found[0]._viber_reference(subscriber) if found else ""

    def _viber_conversations(self):
        """:return: the records in whose chatter these stand, each once, by model; maybe
            deleted since
        :rtype: list[viber.conversation.mixin]
        """
        return [
            self.env[model].browse(dict.fromkeys(messages.mapped("res_id")))
            for model, messages in self._viber_carried().grouped("model").items()
        ]

    # -- What may leave ----------------------------------------------------------

    def _viber_may_leave(self, recipient_id, automatic):
        """Tell whether this message is one for a customer.

        Odoo's own meaning of public: a comment, not a note. ``is_internal`` alone would
        not do, it is not set on log notes.

        :param int recipient_id: id of the contact who is notified
        :param bool automatic: whether messages that Odoo writes by itself may leave
        :rtype: bool
        """
        self.ensure_one()
        if self.message_type in ("auto_comment", "out_of_office"):
            return automatic
        # A request for a rating.
        if self.message_type == "notification":
            return automatic and recipient_id in self.partner_ids.ids
        return (
            self.message_type in ("comment", "email")
            and not self.is_internal
            and bool(self.subtype_id)
            and not self.subtype_id.internal
        )

    def _viber_voice(self):
        """Tell whose words this message is: the one place that decides it.

        An author is what somebody claims: by a remote call a portal user may name
        anybody. Who created the message is what Odoo knows. What comes by e-mail is
        created by OdooBot, its author is found by the address.

        :return: ``COMPANY``, ``OUTSIDER`` (somebody known who is no employee) or
            ``UNKNOWN``; and the contact who speaks, empty when it is nobody
        :rtype: tuple[str, res.partner]
        """
        self.ensure_one()
        author, creator = self.author_id, self.create_uid
        if creator.share and not creator._is_public():
            return self._viber_outsider(creator.partner_id)
        is_email = self.message_type == "email"
        if not author:
            is_ours = not is_email and not creator.share
            return (COMPANY if is_ours else UNKNOWN), author
        if self._viber_is_of_company(author):
            return (UNKNOWN if creator.share else COMPANY), author
        # Somebody who has left since: what they wrote as an employee stays that.
        if not is_email and author == creator.partner_id and not creator.share:
            return COMPANY, author
        users = author.with_context(active_test=False).user_ids
        if any(user._is_public() for user in users):
            return UNKNOWN, author.browse()
        return self._viber_outsider(author)

    def _viber_employee(self):
        """:return: the employee who says this; nobody where Odoo does by itself
        :rtype: res.users
        """
        author, creator = self.author_id, self.create_uid
        if author == self.env.ref("base.partner_root"):
            return creator.browse()
        if not creator._is_superuser():
            return creator
        # By e-mail, or at a time that was set before.
        return author.user_ids.filtered(lambda user: user._is_internal())[:1]

    def _viber_outsider(self, partner):
        # Without a name that is seen, the words would look like the company's.
        if not is_visible(clean_line(partner.name)):
            return UNKNOWN, partner.browse()
        return OUTSIDER, partner

    def _viber_is_of_company(self, partner):
        """:return: whether a contact is an employee, OdooBot, or a company of ours"""
        if not partner.partner_share:
            return True
        # sudo: companies that the user may not see are ours as well
        companies = self.env["res.company"].sudo()
        return bool(companies.search_count([("partner_id", "=", partner.id)], limit=1))

    def _viber_text(self, account):
        """:return: the text for Viber
        :rtype: str
        """
        is_email = self.message_type == "email"
        return html_text.to_viber(self.body, account._get_base_url(), is_email)

    def _viber_prefix(self):
        """:return: the name of who is no employee, to stand in front of all they say
        :rtype: str
        """
        voice, speaker = self._viber_voice()
        if voice == COMPANY:
            return ""
        # As HTML, so that no mark or line of the name formats anything.
        name = escape(shorten(clean_line(speaker.name), _NAME_MAX_LENGTH))
        return f"{html_text.to_viber(name)}: "

    def _viber_parts(self, subscriber, tracking_data, keyboard=None):
        """Make what brings this message to a customer.

        :param viber.subscriber subscriber: to whom
        :param str tracking_data: reference to the conversation
        :param Keyboard | None keyboard: buttons below the message
        :return: values of rows of the outbox in the order they are to be sent; none
            when there is nothing to say
        :rtype: list[dict]
        """
        self.ensure_one()
        account = subscriber.account_id
        files = [
            attachment._viber_outgoing_file(account)
            for attachment in self._viber_files_to_send(account)
        ]
        bodies = payload.build(
            self._viber_text(account),
            files,
            receiver=subscriber.viber_user_id,
            sender=self._viber_sender(account),
            tracking_data=tracking_data,
            keyboard=keyboard,
            prefix=self._viber_prefix(),
        )
        too_big = {file.url for file in files if file.is_too_big}
        return [
            {
                "payload": payload.encode(body).decode(),
                "asks": getattr(body.get("keyboard"), "asks", False),
                "awaits_picture": body.get("media") in too_big,
            }
            for body in bodies
        ]

    def _viber_sender(self, account):
        """:return: under whose name the customer sees this message
        :rtype: payload.Sender
        """
        if author := self._viber_employee_named(account):
            return payload.Sender(author.name, author._viber_avatar_url(account))
        return payload.Sender(account.name, account.icon_url or "")

    def _viber_sender_name(self, account):
        """:return: the name of :meth:`_viber_sender`
        :rtype: str
        """
        return (self._viber_employee_named(account) or account).name

    def _viber_employee_named(self, account):
        """:return: the employee under whose name it leaves; empty: the account's
        :rtype: res.partner
        """
        voice, author = self._viber_voice()
        is_named = account.send_as_employee and voice == COMPANY
        return author if is_named else author.browse()

    def _viber_rows(self):
        """:return: the rows of the outbox that these messages made
        :rtype: viber.message
        """
        # sudo: the outbox is for managers; callers check the access to the message
        outbox = self.env["viber.message"].sudo()
        return outbox.search([("mail_message_id", "in", self.ids)], order="id")

    # -- What an agent can do about its fate -------------------------------------

    def viber_send_again(self):
        """Send again what did not arrive, or may not have.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user may not write in the conversation
        :raise UserError: when there is nothing that can be sent, with the reason, and
            this is a single message
        """
        rows = self._viber_rows_to_act_on()
        bare = self._viber_bare()
        sent = rows._send_again().mail_message_id
        bare._viber_try_again()
        still = bare.filtered(lambda n: not n.viber_message_ids)
        if len(self) == 1 and still and still == bare and not rows:
            raise UserError(still[0].failure_reason)
        done = self & (sent | (bare - still).mail_message_id)
        words = self.env._("%s sent again"), self.env._("%s left as they were")
        return viber_bulk.report(self, done, *words)

    def viber_cancel(self):
        """Give up what waits, did not arrive, or may not have.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        """
        self._viber_rows_to_act_on()._cancel()
        self._viber_bare()._viber_sum_up()
        return True

    def viber_confirm(self):
        """Take a person's word that it arrived.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        """
        self._viber_rows_to_act_on()._mark_arrived()
        return True

    def _viber_rows_to_act_on(self):
        if not self.env.user._is_internal():
            raise UserError(
                self.env._(
                    "Only employees can do this. Ask an employee who works on this "
                    "conversation."
                )
            )
        self.check_access("read")
        for model, res_ids in self._viber_documents().items():
            self.env[model].browse(res_ids).check_access("write")
        return self._viber_rows()

    def _viber_bare(self, author=None):
        """Find what failed before anything of it was in the outbox.

        :param res.partner | None author: whose, instead of those of these messages
        :return: notifications, sudoed
        :rtype: mail.notification
        """
        # sudo: callers check the access to the message, or the messages are their own
        notifications = self.env["mail.notification"].sudo()
        whose = ("mail_message_id", "in", self.ids)
        return notifications.search(
            [
                ("author_id", "=", author.id) if author else whose,
                # Anybody may make notifications, of messages of other records, too.
                ("mail_message_id.model", "in", self._viber_carriers()),
                ("notification_type", "=", "viber"),
                # "ready": what waited was removed behind the back of the outbox.
                # (Of an author only what Odoo's index on authors holds.)
                (
                    "notification_status",
                    "in",
                    ("exception",) if author else ("exception", "ready"),
                ),
                ("viber_message_ids", "=", False),
            ]
        )

    def _viber_documents(self):
        documents = {}
        for message in self.filtered("res_id"):
            documents.setdefault(message.model, []).append(message.res_id)
        return documents
