"""What a customer writes: into which task, and how it stands in the chatter."""

import mimetypes
import re

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Command
from odoo.tools.mimetypes import guess_mimetype

from .. import const
from ..tools import content as content_tools
from ..tools import reference
from ..tools.media import Fetched
from ..tools.text import is_visible, shorten, to_plain

# What is said of bytes that nobody knows.
_SAYS_NOTHING = ("application/octet-stream", "binary/octet-stream", "text/plain", "")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
# What it takes to choose among conversations; their texts may be long.
_CHOICE_FIELDS = [
    "active",
    "has_template_ancestor",
    "partner_id",
    "project_id",
    "stage_id",
    "state",
]


class ProjectTask(models.Model):
    _inherit = "project.task"

    @api.model
    def _viber_receive(self, subscriber, message, date, result=None):
        """Bring a customer's message into their conversation.

        :param viber.subscriber subscriber: who wrote
        :param Message message: what they wrote
        :param datetime date: when, by Viber's clock
        :param Fetched | MediaError result: the file that came with it, if one did
        :return: the chatter message
        :rtype: mail.message
        """
        partner = subscriber._ensure_partner()
        content = content_tools.read(message, subscriber.country_code)
        remark = self._viber_remark(message, content, result)
        body = self._viber_body(message, content, remark)
        earlier = self._viber_conversations(subscriber)
        task = earlier._viber_choose(subscriber, message.tracking_data)
        if task:
            task._viber_push_new()
        else:
            task = self._viber_start_conversation(subscriber, content, earlier)
        task._viber_post_opening(subscriber)
        posted = task.with_context(
            # HTML and SVG from outside are text; pictures stay as they came.
            attachments_mime_plainxml=True,
            image_no_postprocess=True,
        ).message_post(
            body=body,
            attachments=self._viber_attachments(content, result),
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            date=date.replace(microsecond=0),
        )
        if content.phone:
            subscriber._take_phone(content.phone)
        return posted

    @api.model
    def _viber_attachments(self, content, result):
        """:return: name and bytes of the files of a message
        :rtype: list[tuple[str, bytes]]
        """
        attachments = list(content.attachments)
        if isinstance(result, Fetched):
            name = self._viber_file_name(content.file_name, result)
            attachments.append((name, result.content))
        return attachments

    @api.model
    def _viber_file_name(self, name, fetched):
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
    def _viber_body(self, message, content, remark):
        """:return: what stands in the chatter: the kind, if nobody knows it, the words,
            a remark of ours
        :rtype: Markup
        """
        if message.type in const.KNOWN_TYPES:
            return content.html + remark
        kind = self.env._("Viber sent a message of an unknown kind: %s", message.type)
        return self._viber_small_print([kind]) + content.html + remark

    @api.model
    def _viber_remark(self, message, content, result):
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
                "Viber gave no file for this %s; it does not pass on what was "
                "forwarded.",
                message.type,
            )
        else:
            is_empty = message.type in const.KNOWN_TYPES and not content.html
            line = is_empty and self.env._("Viber sent an empty %s.", message.type)
        return self._viber_small_print([line] if line else [])

    @api.model
    def _viber_small_print(self, lines):
        """:return: remarks of ours, told from what the customer wrote
        :rtype: Markup
        """
        line = Markup('<p class="text-muted fst-italic">%s</p>')
        return Markup("").join(line % text for text in lines)

    # -- Which task ------------------------------------------------------------

    @api.model
    def _viber_conversations(self, subscriber):
        """:return: all conversations of a customer, closed and archived ones too
        :rtype: project.task
        """
        tasks = self.with_context(active_test=False).search_fetch(
            [("viber_subscriber_id", "=", subscriber.id)], _CHOICE_FIELDS
        )
        return tasks.with_env(self.env).filtered(lambda t: not t.has_template_ancestor)

    def _viber_choose(self, subscriber, tracking_data):
        """Choose the one of a customer's conversations that their message belongs to.

        :param viber.subscriber subscriber: who wrote
        :param str tracking_data: maybe a reference to the task they answer
        :rtype: project.task, empty when a new one has to be made
        """
        tasks = self.filtered(lambda task: task._viber_is_open())
        if len(tasks) > 1:
            referred = reference.read(
                tracking_data,
                self._viber_secret(),
                subscriber.account_id.id,
                subscriber.id,
            )
            named = tasks.filtered(lambda task: task.id == referred)
            return named or tasks._viber_latest()
        if tasks or subscriber.account_id.new_task_when_closed:
            return tasks
        return self._viber_latest()

    # -- A new one -----------------------------------------------------------------

    @api.model
    def _viber_start_conversation(self, subscriber, content, earlier):
        """Make the task of a new conversation.

        :param viber.subscriber subscriber: whose it is
        :param Content content: their first message
        :param project.task earlier: their conversations till now
        :rtype: project.task
        """
        account = subscriber.account_id
        partner = subscriber.partner_id
        account._ensure_project()
        previous = earlier._viber_latest()
        lines = to_plain(content.text).split("\n")
        first_line = next(filter(is_visible, lines), "")
        vals = {
            "name": shorten(first_line, const.TASK_NAME_MAX_LENGTH)
            or self.env._("Viber message from %s", partner.name),
            "description": self._viber_description(content.html, previous, account),
            "project_id": account.project_id.id,
            "viber_subscriber_id": subscriber.id,
            "viber_previous_task_id": self._viber_near(previous, account).id,
        }
        worker = self.with_context(viber_skip_follower=self.env.user.partner_id.id)
        template = account.task_template_id
        if template.active and template.project_id == account.project_id:
            task = worker._viber_create_from_template(template, vals)
            task.partner_id = partner
        else:
            # No assignee: Odoo would take the worker's own user.
            task = worker.create(
                vals | {"partner_id": partner.id, "user_ids": [Command.clear()]}
            )
        return task.with_env(self.env)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Leave out the worker, which makes tasks but is nobody who could follow them:
        Odoo subscribes who creates a task, whatever the context says."""
        worker_id = self.env.context.get("viber_skip_follower")
        if worker_id and partner_ids:
            partner_ids = [pid for pid in partner_ids if pid != worker_id]
        if partner_ids and not self.env.su:
            self._viber_check_followers(partner_ids)
        return super().message_subscribe(partner_ids, subtype_ids)

    def message_unsubscribe(self, partner_ids=None):
        """Keep the customers: who does not follow a conversation gets no answer."""
        # Everybody may unfollow by themselves.
        others = set(partner_ids or ()) - set(self.env.user.partner_id.ids)
        # sudo: a portal user may not read the field
        self.sudo().filtered(
            lambda task: task.viber_subscriber_id.partner_id.id in others
        ).with_env(self.env)._viber_keep_customer()
        return super().message_unsubscribe(partner_ids)

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        followers = super()._message_auto_subscribe_followers(
            updated_values, default_subtype_ids
        )
        if not followers or self.env.su:
            return followers
        # Who assigns themselves may do so.
        others = {partner_id for partner_id, *_ in followers}
        others -= set(self.env.user.partner_id.ids)
        if others:
            self._viber_check_followers(list(others))
        return followers

    @api.model
    def _viber_create_from_template(self, template, vals):
        vals = dict(vals)
        vals["description"] += template.description or Markup("")
        template = template.with_env(self.env)
        return self.browse(template.action_create_from_template(vals))

    @api.model
    def _viber_near(self, previous, account):
        """:return: the previous conversation if its name may be shown: those who read
            this project's tasks need not be those who may read another's
        :rtype: project.task
        """
        return previous.filtered(lambda t: t.project_id == account.project_id)

    @api.model
    def _viber_description(self, body, previous, account):
        description = Markup("<p>%s</p>") % body if body else Markup("")
        if previous:
            near = self._viber_near(previous, account)
            name = near.name or self.env._("Task %s", previous.id)
            link = Markup('<a href="/odoo/project.task/%s">%s</a>') % (
                previous.id,
                name,
            )
            description += Markup("<p>%s</p>") % self.env._(
                "Previous conversation: %s", link
            )
        return description

    def _viber_post_opening(self, subscriber):
        """Tell how the conversation began: by which link, with which welcome."""
        lines = []
        if subscriber.context:
            lines.append(self.env._("Came by the deep link: %s", subscriber.context))
        if subscriber.welcome_text:
            lines.append(
                self.env._("Was welcomed in Viber: %s", subscriber.welcome_text)
            )
        if not lines:
            return
        self.message_post(
            body=self._viber_small_print(lines),
            message_type="notification",
            subtype_xmlid="mail.mt_note",
            date=subscriber.welcome_date,
        )
        subscriber.write(
            {"context": False, "welcome_text": False, "welcome_date": False}
        )


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
