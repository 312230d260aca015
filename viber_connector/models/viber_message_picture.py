"""Pictures that are too big for Viber: they leave as a smaller copy, which is made here
and not in the request of whoever sends them."""

import json

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import payload as payload_tools


class ViberMessage(models.Model):
    _inherit = "viber.message"

    awaits_picture = fields.Boolean(
        readonly=True, help="The picture has to be made smaller before this leaves."
    )

    _awaiting_picture = models.Index("(id) WHERE awaits_picture AND state = 'outgoing'")

    @api.model
    def _begin_picture(self, flight):
        """Have the next picture made smaller, in a thread: one at a time, for a big one
        takes much memory.

        :param Flight flight: what is on the way
        """
        if flight.pictures:
            return
        # The lock is worth nothing with a snapshot from before it.
        self._commit()
        row = self._try_step(self._claim_picture)
        if not row:
            return
        if row.attempt_count > const.PICTURE_TRIES + 1:
            self._attempt(row._fail_picture)
        else:
            flight.begin_picture(row)

    @api.model
    def _claim_picture(self):
        """Take the next message whose picture is too big. Should this process die, it
        is found again after a while.

        :rtype: viber.message
        """
        now = fields.Datetime.now()
        rows = self._query(
            SQL(
                """
                WITH due AS MATERIALIZED (
                    SELECT message.id FROM viber_message message
                      JOIN viber_account account ON account.id = message.account_id
                     WHERE message.awaits_picture AND message.state = 'outgoing'
                       AND (message.next_attempt_date IS NULL
                            OR message.next_attempt_date <= %s)
                       AND account.active AND account.state = 'connected'
                       AND account.paused_until IS NULL
                       AND account.copy_seen_date IS NULL
                  ORDER BY message.id LIMIT 1
                       FOR NO KEY UPDATE OF message SKIP LOCKED)
                UPDATE viber_message
                   SET attempt_count = COALESCE(attempt_count, 0) + 1,
                       next_attempt_date = %s
                  FROM due WHERE viber_message.id = due.id
             RETURNING viber_message.id
                """,
                now,
                fields.Datetime.add(now, seconds=const.PICTURE_PATIENCE),
            )
        )
        return self.browse(row[0] for row in rows)

    def _find_picture(self):
        """:return: the picture as it was when the message was posted; empty when it has
            been changed or deleted since
        :rtype: ir.attachment
        """
        url = json.loads(self.payload).get("media", "")
        return self.env["ir.attachment"]._viber_from_url(url)

    def _picture_to_scale(self):
        """:return: checksum and bytes of the picture; no bytes when nothing is to be
            made of it
        :rtype: tuple[str, bytes]
        """
        picture = self._find_picture()
        # What was tried so often may be what ends the process.
        is_useless = self.attempt_count > const.PICTURE_TRIES
        if is_useless or not picture or picture._viber_small_copy():
            return picture.checksum, b""
        return picture.checksum, picture.raw

    @api.model
    def _keep_picture(self, row_id, checksum, future):
        """Write down that a picture is ready, and commit.

        :param int row_id: of the message
        :param str checksum: of the picture that was to be made smaller
        :param concurrent.futures.Future future: the smaller one, if it is there
        """
        row = self.browse(row_id).exists()
        is_made = future.done() and not future.exception()
        if row:
            self._attempt(
                row._take_picture, checksum, future.result() if is_made else b""
            )

    def _take_picture(self, checksum, raw):
        """Put the smaller picture, or the file as it is, into the message.

        :param str checksum: of the picture that was to be made smaller
        :param bytes raw: the smaller one; empty when there is none
        """
        # An agent may have edited the message, or given it up.
        if not self.awaits_picture or self.state != "outgoing":
            return
        picture = self._find_picture()
        if not picture:
            self._fail_picture()
        elif picture.checksum == checksum:
            if raw:
                picture._viber_keep_small(raw)
            # What could not be made smaller leaves as a file.
            file = picture._viber_outgoing_file(self.account_id, is_scalable=False)
            body = json.loads(self.payload)
            self._replace_payload(payload_tools.replace_file(body, file))

    def _fail_picture(self):
        self._set_state(
            "failed",
            failure_type="viber_request",
            failure_reason=self.env._(
                "This picture could not be made ready for Viber: it has been changed "
                "or deleted since, or can't be read. Send it in a new message."
            ),
        )

    def _replace_payload(self, bodies):
        """Put one body or more in the place of this one's. The parts of the message
        that follow move on, so that all leave in their order.

        :param list[dict] bodies: for ``send_message``
        """
        parts = self | self.search(
            [
                ("mail_message_id", "=", self.mail_message_id.id),
                ("mail_notification_id", "=", self.mail_notification_id.id),
                ("subscriber_id", "=", self.subscriber_id.id),
                ("state", "=", "outgoing"),
                ("id", ">", self.id),
            ],
            order="id",
        )
        contents = [
            {
                "payload": payload_tools.encode(body).decode(),
                "asks": "keyboard" in body and self.asks,
                "awaits_picture": False,
                # Making it ready was no try to send it.
                "attempt_count": 0,
                "next_attempt_date": False,
            }
            for body in bodies
        ]
        contents += [{name: part[name] for name in contents[0]} for part in parts[1:]]
        for part, content in zip(parts, contents, strict=False):
            part.write(content)
        # Odoo's default is that a copy has no state.
        [vals] = self.copy_data({"state": self.state})
        self.create([vals | content for content in contents[len(parts) :]])
