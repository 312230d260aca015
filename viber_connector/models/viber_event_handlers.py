"""What each event does: one method for each."""

from odoo import models

from ..tools import callback, content
from ..tools.media import MediaError

#: Events with a user object: they make a customer known.
KNOWING_EVENTS = ("message", "subscribed", "conversation_started")


class ViberEvent(models.Model):
    _inherit = "viber.event"

    # Not "_handle_" + event type: what comes from outside names no method.
    _EVENT_HANDLERS = {
        "message": "_handle_message",
        "subscribed": "_handle_subscribed",
        "unsubscribed": "_handle_unsubscribed",
        "conversation_started": "_handle_conversation_started",
    }

    def _dispatch(self, subscriber, downloads):
        """Do what an event asks for.

        :param viber.subscriber subscriber: whose event it is, or empty when unknown
        :param Downloads downloads: has the files that the event names
        :return: what is written to the event
        :rtype: dict
        """
        if self.event_type == callback.UNREADABLE:
            return self._failed(
                self.env._(
                    "Viber sent something that this version of the addon does not "
                    "know. It is kept here: after an update of the addon press Process "
                    "Again."
                )
            )
        handler = self._EVENT_HANDLERS.get(self.event_type)
        if not handler:
            return self._ignored(
                self.env._("Viber only informs of this; there is nothing to do.")
            )
        if not subscriber and self.event_type in KNOWING_EVENTS:
            return self._failed(
                self.env._(
                    "Viber does not say which customer this is about, so that it "
                    "belongs to no conversation. There is nothing to do."
                )
            )
        if not subscriber:
            return self._ignored(
                self.env._(
                    "This is about somebody who has never written to this bot; there "
                    "is nothing to do."
                )
            )
        event = self._callback()
        if event.user:
            subscriber._update_profile(event.user)
        return getattr(self, handler)(subscriber, event, downloads) or {}

    def _ignored(self, reason):
        return {"state": "ignored", "error": reason}

    def _failed(self, reason):
        """For good: another try would fail alike, but a newer release may know more."""
        return {"state": "failed", "error": reason}

    def _handle_message(self, subscriber, event, downloads):
        # Who writes can be written to, whatever Viber told before (or did not).
        subscriber._set_subscribed(True)
        url = content.file_url(event.message)
        result = downloads.result(url) if url else None
        # Before there may be a new contact: its picture comes with the next message.
        known_avatar = subscriber._known_avatar()
        conversation, message = self._post(subscriber, event.message, result)
        avatar = callback.avatar(event.user)
        if avatar not in ("", known_avatar):
            subscriber._set_avatar(avatar, downloads.result(avatar))
        if isinstance(result, MediaError):
            self.env["viber.media"]._start(self, message, url, result)
        return conversation._viber_place() | {"mail_message_id": message.id}

    def _handle_subscribed(self, subscriber, _event, _downloads):
        subscriber._set_subscribed(True)

    def _handle_unsubscribed(self, subscriber, _event, _downloads):
        # Told late, maybe after Viber has taken a message for them since.
        if not self.env["viber.message"]._is_taken_since(subscriber, self.event_date):
            subscriber._set_subscribed(False)
