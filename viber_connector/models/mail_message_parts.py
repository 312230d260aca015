"""What a message consists of in Viber, and what became of each part."""

import json
from urllib.parse import unquote

from odoo import fields, models

from .. import const

# When a part came to its state, the first that is known.
_DATES = {
    "seen": ("seen_date",),
    "delivered": ("delivered_date",),
    "sent": ("sent_date",),
    "failed": ("failed_date", "sending_date"),
    "uncertain": ("sending_date",),
    "sending": ("sending_date",),
}


class MailMessage(models.Model):
    _inherit = "mail.message"

    def viber_parts(self):
        """Tell the parts of a message for each recipient, where they are several.

        Of what was sent only names of files are told: they are in the chatter, too.

        :return: ``id``, ``notification_id``, ``what``, ``state``, ``date`` (by UTC),
            ``reason``; ``date`` and ``reason`` may be ``False``
        :rtype: list[dict]
        :raise AccessError: when the user may not read the message
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            return []
        parts = []
        rows = self._viber_rows()
        for notification, theirs in rows.grouped("mail_notification_id").items():
            if notification and len(theirs) > 1:
                words = theirs._part_names()
                parts += [
                    {"notification_id": notification.id, "what": what}
                    | row._part_fate()
                    for row, what in zip(theirs, words, strict=True)
                ]
        return parts


class ViberMessage(models.Model):
    _inherit = "viber.message"

    def _part_names(self):
        """:return: what each of these parts of one message is
        :rtype: list[str]
        """
        named = [row._part_name() for row in self]
        count, number, words = named.count(""), 0, []
        for name in named:
            if not name:
                number += 1
                name = (
                    self.env._("Text, part %(n)s of %(all)s", n=number, all=count)
                    if count > 1
                    else self.env._("Text")
                )
            words.append(name)
        return words

    def _part_name(self):
        """:return: which file this brings, as what, whether with the text; ``""`` for a
            text alone
        :rtype: str
        """
        try:
            body = json.loads(self.payload)
            kind, text = body["type"], body.get("text") or ""
            url = body.get("media") or ""
        except (ValueError, TypeError, LookupError):
            return ""
        name = body.get("file_name") or unquote(url.rpartition("/")[2])
        if kind == "picture" and text:
            return self.env._("The text, with %s as a picture", name)
        if kind == "picture":
            return self.env._("%s, as a picture", name)
        if kind == "video":
            return self.env._("%s, as a video", name)
        if kind == "file":
            return self.env._("%s, as a file", name)
        first, _line, link = text.partition("\n")
        if first.startswith("📎 ") and const.MEDIA_PATH in link:
            return self.env._("%s, as a link", first[2:])
        return ""

    def _part_fate(self):
        states = {
            "outgoing": self.env._("Waiting"),
            "sending": self.env._("Being sent"),
            "sent": self.env._("Sent"),
            "delivered": self.env._("Delivered"),
            "seen": self.env._("Seen"),
            "uncertain": self.env._("May not have arrived"),
            "failed": self.env._("Not delivered"),
            "canceled": self.env._("Canceled"),
        }
        names = _DATES.get(self.state, ("create_date",))
        date = next((self[name] for name in names if self[name]), False)
        is_open = self.state in (*const.BROKEN_STATES, *const.WAITING_STATES)
        return {
            "id": self.id,
            "state": states[self.state],
            # Like all dates for the client, without fractions of seconds.
            "date": fields.Datetime.to_string(date),
            "reason": is_open and self.failure_reason,
        }
