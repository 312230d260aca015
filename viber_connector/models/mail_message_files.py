"""Which files leave for Viber with a chatter message."""

from odoo import models
from odoo.fields import Domain

from ..tools import html_text
from .mail_message import COMPANY


class MailMessage(models.Model):
    _inherit = "mail.message"

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
