"""What of a chatter message may leave for Viber, and as what."""

from markupsafe import escape

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import html_text, payload
from ..tools.text import clean_line, is_visible, shorten

# What a person may not change once it was said in Viber.
_CONTENT = {"attachment_ids", "body"}
# What makes a message internal.
_PUBLICITY = {"is_internal", "message_type", "subtype_id"}
# What makes a message say what it says, as whom and to whom.
_OWN = _CONTENT | _PUBLICITY | {"author_id"}
# States in which nothing of a message can have reached the customer.
_CHANGEABLE = ("outgoing", "failed", "canceled")
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

    def _viber_files_to_send(self, account):
        """:return: the files of this message: those below it, then the rest of those
            in its text that may leave
        :rtype: ir.attachment
        """
        below = self.attachment_ids.sorted("id")
        if self._viber_voice()[0] != COMPANY:
            # Odoo lets a portal user name others' files when a message is changed.
            below -= self._viber_files_of_notes(below, account)
        ids = html_text.attachment_ids(self.body, account._get_base_url())
        writers = self._viber_writers() if ids else self.env["res.users"]
        if not writers:
            return below
        # Of this record, of another, from the full composer or the media library: what
        # they may read they may send.
        found = self.env["ir.attachment"].search(
            [("id", "in", ids), ("res_field", "=", False)]
        )
        for user in writers:
            found &= (
                found.with_user(user)
                .with_context(allowed_company_ids=user.company_ids.ids)
                ._filtered_access("read")
                .with_env(found.env)
            )
        found -= self._viber_files_of_notes(found, account)
        return below | found.sorted(lambda attachment: ids.index(attachment.id))

    def _viber_writers(self):
        """Find out who answers for the files that the text names.

        :return: the employees who wrote or edited this comment; none when somebody
            else had a hand in it, or it is no comment of an employee
        :rtype: res.users
        """
        voice, author = self._viber_voice()
        if self.message_type != "comment" or voice != COMPANY:
            return self.env["res.users"]
        # OdooBot posts for others and may read everything: it answers for nothing.
        writers = (self.create_uid | self.write_uid).filtered(
            lambda user: not user._is_superuser()
        )
        writers = writers or author.user_ids
        is_inside = writers and all(user._is_internal() for user in writers)
        return writers if is_inside else writers.browse()

    def _viber_files_of_notes(self, files, account):
        """:return: those files that are below or in the text of an internal message,
            too: its text is in public ones that quote it; and those that somebody from
            outside has named: who answers them may quote that unseen
        :rtype: ir.attachment
        """
        if not files:
            return files
        places = {(self.model, self.res_id)}
        places.update((f.res_model, f.res_id) for f in files if f.res_id)
        texts = Domain.OR(
            Domain("model", "=", model) & Domain("res_id", "=", res_id)
            for model, res_id in places
        ) & Domain("body", "like", "/web/")
        is_note = (
            Domain("is_internal", "=", True)
            | Domain("subtype_id", "=", False)
            | Domain("subtype_id.internal", "=", True)
        )
        is_outsiders = Domain("author_id.partner_share", "=", True) | Domain(
            "create_uid.share", "=", True
        )
        # sudo: a note hides its files, whoever may read it
        messages = self.sudo()
        below = messages.search(Domain("attachment_ids", "in", files.ids) & is_note)
        notes = below | messages.search(texts & (is_note | is_outsiders))
        named = set()
        for note in notes:
            named.update(html_text.attachment_ids(note.body, account._get_base_url()))
        return files.filtered(lambda f: f in below.attachment_ids or f.id in named)

    def _viber_sender(self, account):
        """:return: under whose name the customer sees this message
        :rtype: payload.Sender
        """
        voice, author = self._viber_voice()
        if account.send_as_employee and voice == COMPANY and author:
            return payload.Sender(author.name, author._viber_avatar_url(account))
        return payload.Sender(account.name, account.icon_url or "")

    def _viber_rows(self):
        """:return: the rows of the outbox that these messages made
        :rtype: viber.message
        """
        # sudo: the outbox is for managers; callers check the access to the message
        outbox = self.env["viber.message"].sudo()
        return outbox.search([("mail_message_id", "in", self.ids)], order="id")

    # -- Editing -----------------------------------------------------------------

    def write(self, vals):
        is_edit = not self.env.su and not _CONTENT.isdisjoint(vals)
        if is_edit:
            self._viber_check_changeable()
        if not (self.env.su or _OWN.isdisjoint(vals)):
            self._viber_check_own()
        result = super().write(vals)
        if is_edit:
            self._viber_rows()._rebuild()
        if not _PUBLICITY.isdisjoint(vals):
            self._viber_withdraw()
        return result

    def _viber_withdraw(self):
        """Give up what has not left of messages that are not for customers any more."""
        # sudo: the outbox is for managers; who may hide a message may hold it back
        messages = self.sudo()
        messages._viber_rows().filtered(
            lambda row: (
                not row.mail_message_id._viber_may_leave(
                    row.subscriber_id.partner_id.id, automatic=True
                )
            )
        )._cancel()
        hidden = messages._viber_carried().filtered(
            lambda message: not message._viber_may_leave(False, automatic=False)
        )
        hidden._viber_bare()._viber_sum_up()

    def unlink(self):
        if not self.env.su:
            self._viber_check_changeable()
            self._viber_check_own()
        self._viber_rows()._set_state("canceled", next_attempt_date=False)
        return super().unlink()

    def _viber_check_changeable(self):
        """Refuse to change what was said in Viber, by whom ever.

        :raise UserError: when a customer wrote one of these messages in Viber, or may
            have got a part of it there
        """
        # sudo: the two queues are for managers
        messages = self.sudo()
        if messages._viber_carried()._viber_is_said_by_customer():
            raise UserError(
                self.env._(
                    "The customer wrote this in Viber, so it can't be changed. Write a "
                    "log note if your colleagues should know more."
                )
            )
        if messages._viber_rows().filtered(lambda row: row.state not in _CHANGEABLE):
            raise UserError(
                self.env._(
                    "This message is in Viber already, where nothing can be taken "
                    "back. Send another one that puts it right."
                )
            )

    def _viber_check_own(self):
        """Refuse that somebody else changes what an employee or a customer says, or
        holds it back: Odoo lets portal users write any message of a document that they
        may read, and whoever was notified of a message that message.

        :raise AccessError: when the user is no employee who may change the record of
            somebody else's message that is in a conversation, or can still go to Viber
        """
        # sudo: the outbox is for managers; only whose the messages are is looked at
        carried = self.sudo()._viber_carried()
        others = carried.filtered(lambda m: m.create_uid != self.env.user)
        records = [found.exists() for found in others._viber_conversations()]
        if not (
            any(found.viber_account_id for found in records)
            or others._viber_rows()
            or others._viber_bare()
        ):
            return
        if self.env.user.share:
            raise AccessError(self.env._("You can only change your own messages."))
        for found in records:
            found.with_env(self.env).check_access("write")

    def _viber_is_said_by_customer(self):
        if not self:
            return False
        # The inbox forgets old messages: then it has to do that the author is no
        # employee.
        told = self.filtered(lambda m: m._viber_conversation().viber_account_id)
        authors = told.author_id.filtered("partner_share")
        if authors and self.env["viber.subscriber"]._known(authors.ids):
            return True
        domain = [("mail_message_id", "in", self.ids)]
        return bool(self.env["viber.event"].search_count(domain, limit=1))

    # -- What an agent can do about its fate -------------------------------------

    def viber_send_again(self):
        """Send again what did not arrive, or may not have.

        :return: ``True``
        :raise AccessError: when the user may not write in the conversation
        :raise UserError: when there is nothing that can be sent, with the reason
        """
        rows = self._viber_rows_to_act_on()
        bare = self._viber_bare()
        rows._send_again()
        bare._viber_try_again()
        still = bare.filtered(lambda n: not n.viber_message_ids)
        if still and still == bare and not rows:
            raise UserError(still[0].failure_reason)
        return True

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
