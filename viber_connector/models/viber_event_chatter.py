"""How a customer's message stands in the chatter."""

import mimetypes
import re

from markupsafe import Markup

from odoo import api, models
from odoo.tools.mimetypes import guess_mimetype

from .. import const
from ..tools import content as content_tools
from ..tools.media import Fetched

# What is said of bytes that nobody knows.
_SAYS_NOTHING = ("application/octet-stream", "binary/octet-stream", "text/plain", "")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")


class ViberEvent(models.Model):
    _inherit = "viber.event"

    def _post(self, subscriber, message, result=None):
        """Bring a customer's message into their conversation.

        :param viber.subscriber subscriber: who wrote
        :param Message message: what they wrote
        :param Fetched | MediaError result: the file that came with it, if one did
        :return: the conversation and the chatter message
        :rtype: tuple[viber.conversation.mixin, mail.message]
        """
        partner = subscriber._ensure_partner()
        content = content_tools.read(message, subscriber.country_code)
        remark = self._remark(message, content, result)
        earlier = subscriber._all_conversations()
        conversation = subscriber._choose(earlier, message.tracking_data)
        if conversation is None:
            link = subscriber._fresh_link(self.event_date)
            conversation = subscriber._start_conversation(content, earlier, link)
        else:
            conversation._viber_push_new()
            conversation._viber_complete_title(content)
        self._post_opening(subscriber, conversation)
        conversation._viber_find_assignee()
        posted = conversation.with_context(
            # HTML and SVG from outside are text; pictures stay as they came.
            attachments_mime_plainxml=True,
            image_no_postprocess=True,
        ).message_post(
            body=self._body(message, content, remark),
            attachments=self._files(content, result),
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            # By Viber's clock.
            date=self.event_date.replace(microsecond=0),
            viber_content=content,
        )
        if content.phone:
            subscriber._take_phone(content.phone)
        return conversation, posted

    @api.model
    def _files(self, content, result):
        """:return: name and bytes of the files of a message
        :rtype: list[tuple[str, bytes]]
        """
        attachments = list(content.attachments)
        if isinstance(result, Fetched):
            name = self._file_name(content.file_name, result)
            attachments.append((name, result.content))
        return attachments

    @api.model
    def _file_name(self, name, fetched):
        """Give a file without a known extension that of what it is.

        :param str name: what the customer or Viber calls it
        :param Fetched fetched: what it is
        :rtype: str
        """
        if mimetypes.guess_type(name)[0]:
            return name
        said, found = fetched.content_type, guess_mimetype(fetched.content)
        # Where the bytes tell nothing, the server may know.
        for mimetype in (said, found) if found in _SAYS_NOTHING else (found, said):
            suffix = const.SUFFIXES.get(mimetype) or mimetypes.guess_extension(mimetype)
            if suffix and mimetype not in _SAYS_NOTHING:
                return name + suffix
        return name + (".txt" if found == "text/plain" and _is_text(fetched) else "")

    @api.model
    def _body(self, message, content, remark):
        """:return: what stands in the chatter: the kind, if nobody knows it, the words,
            a remark of ours
        :rtype: Markup
        """
        if message.type in const.KNOWN_TYPES:
            return content.html + remark
        kind = self.env._("Viber sent a message of an unknown kind: %s", message.type)
        return self._small_print([kind]) + content.html + remark

    @api.model
    def _remark(self, message, content, result):
        """Say what the agent could not know otherwise.

        :param Message message: as it came
        :param Content content: what was understood
        :param Fetched | MediaError | None result: the file that came with it
        :return: a line below the message, or nothing
        :rtype: Markup
        """
        if content.file_url:
            is_there = isinstance(result, Fetched)
            line = not is_there and self.env._(
                "%s is being fetched…", content.file_name
            )
        elif content.sticker:
            line = self.env._("Sticker %s, without its picture.", content.sticker)
        elif message.type in const.FILE_TYPES:
            line = self.env._(
                "Viber gave no file for this %s, as happens with forwarded messages. "
                "Ask the customer to attach it anew.",
                message.type,
            )
        else:
            is_empty = message.type in const.KNOWN_TYPES and not content.html
            line = is_empty and self.env._("Viber sent an empty %s.", message.type)
        return self._small_print([line] if line else [])

    @api.model
    def _small_print(self, lines):
        """:return: remarks of ours, told from what the customer wrote
        :rtype: Markup
        """
        line = Markup('<p class="text-muted fst-italic">%s</p>')
        return Markup("").join(line % text for text in lines)


def _is_text(fetched):
    """:return: whether people can read a file as it is
    :rtype: bool
    """
    if fetched.content_type.startswith("text/"):
        return True
    try:
        return not _CONTROLS.search(fetched.content.decode())
    except UnicodeDecodeError:
        return False
