"""Files and avatars that events name: fetched before their customers are served."""

import time
from concurrent.futures import ThreadPoolExecutor

from odoo import api, models

from .. import const
from ..tools import callback, content
from ..tools.media import Downloads

# By database: what a run had begun to fetch when its time was over, and when that was.
_left_downloads = {}


class ViberEvent(models.Model):
    _inherit = "viber.event"

    @api.model
    def _take_downloads(self):
        """:return: what the last run had begun to fetch: otherwise a slow file would
            begin anew with each run, and with its patience
        :rtype: Downloads
        """
        downloads, moment = _left_downloads.pop(self.env.cr.dbname, (None, 0))
        if downloads and time.monotonic() < moment + const.MEDIA_PATIENCE:
            return downloads
        if downloads:
            downloads.shut_down()
        pool = ThreadPoolExecutor(const.MEDIA_CONNECTIONS)
        options = self.env["viber.media"]._fetch_options()
        return Downloads(pool, const.MEDIA_PATIENCE, **options)

    @api.model
    def _leave_downloads(self, downloads, finished):
        """Keep what is on its way for the next run in this process.

        :param Downloads downloads: of this run
        :param bool finished: whether nobody waits for any
        """
        if finished:
            downloads.shut_down()
            return
        downloads.is_closed = False
        _left_downloads[self.env.cr.dbname] = (downloads, time.monotonic())

    @api.model
    def _fetch_ahead(self, customers, downloads):
        """Begin to fetch the files and avatars of events that wait.

        :param list customers: from :meth:`_due_customers`
        :param Downloads downloads: fetches them
        :return: addresses by id of the event that names them
        :rtype: dict[int, list[str]]
        """
        self._read_named(
            [event_id for *_key, ids in customers for event_id in ids], downloads
        )
        wanted = {
            event_id: self._wanted_urls(downloads.named[event_id], avatar_url)
            for *_key, avatar_url, ids in customers
            for event_id in ids
        }
        downloads.want([url for urls in wanted.values() for url in urls])
        return wanted

    @api.model
    def _read_named(self, event_ids, downloads):
        """Find the addresses that events name, reading each body once though the same
        events wait round after round for a file.

        :param list[int] event_ids: of all that wait now
        :param Downloads downloads: keeps what was found
        """
        named = downloads.named
        new_ids = [event_id for event_id in event_ids if event_id not in named]
        messages = [("id", "in", new_ids), ("event_type", "=", "message")]
        for event in self.search_fetch(messages, ["payload"]):
            named[event.id] = event._named_urls()
        downloads.named = {event_id: named.get(event_id, ()) for event_id in event_ids}

    def _named_urls(self):
        """:return: addresses of the file and the avatar that a message names, maybe
            empty
        :rtype: tuple[str, str]
        """
        event = self._callback()
        return content.file_url(event.message), callback.avatar(event.user)

    @api.model
    def _wanted_urls(self, named, avatar_url):
        """:return: what has to be fetched before a message can be posted whole
        :rtype: list[str]
        """
        return [url for url in named if url not in ("", avatar_url)]

    def _is_ready(self, subscriber, downloads):
        """:return: whether the files that the event names are there, or surely late"""
        if self.event_type != "message":
            return True
        urls = self._wanted_urls(self._named_urls(), subscriber._known_avatar())
        return all(map(downloads.is_ready, urls))
