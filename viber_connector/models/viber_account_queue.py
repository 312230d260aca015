"""When an account's outbox rests, and how it goes on."""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools.errors import ViberAccountError, ViberError
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)


class ViberAccount(models.Model):
    _name = "viber.account"
    _inherit = ["viber.account", "viber.queue.mixin"]

    paused_since = fields.Datetime(readonly=True, copy=False)
    paused_until = fields.Datetime(
        "Next Try",
        readonly=True,
        copy=False,
        help="Viber can't be reached: nothing is sent before a harmless call to it, at "
        "this time, has worked.",
    )
    pause_count = fields.Integer(readonly=True, copy=False)
    pause_reason = fields.Char(readonly=True, copy=False)

    def _lock_send_rate(self):
        """Find out how many messages may leave now, and keep others from counting.

        :return: what ``send_rate`` leaves of this second
        :rtype: int
        :raise psycopg2.errors.OperationalError: somebody else counts
        """
        self.ensure_one()
        [(recent, underway)] = self._query(
            SQL(
                """
                WITH account AS (
                    SELECT id FROM viber_account WHERE id = %s
                       FOR NO KEY UPDATE NOWAIT)
                SELECT count(message.id) FILTER (
                            WHERE message.sending_date
                                  > clock_timestamp() AT TIME ZONE 'UTC'
                                    - make_interval(secs => %s)),
                       count(message.id) FILTER (WHERE message.state = 'sending')
                  FROM account
             LEFT JOIN viber_message message
                    ON message.account_id = account.id
                   AND (message.sending_date > clock_timestamp() AT TIME ZONE 'UTC'
                                               - make_interval(secs => %s)
                        OR message.state = 'sending')
                """,
                self.id,
                const.RATE_WINDOW,
                const.RATE_WINDOW,
            )
        )
        if self.pause_count:
            # Viber answers again, but has taken no message yet: one has to show.
            return 0 if underway else 1
        return max(self.send_rate - recent, 0)

    def _pause(self, reason):
        """Let the queue rest until Viber answers again.

        :param str reason: what was the matter
        """
        now = fields.Datetime.now()
        for account in self:
            if account.paused_until and account.paused_until > now:
                continue
            delay = min(const.PAUSE_FIRST * 2**account.pause_count, const.PAUSE_MAX)
            account.write(
                {
                    "paused_since": account.paused_since or now,
                    "paused_until": fields.Datetime.add(now, seconds=delay),
                    "pause_count": account.pause_count + 1,
                    "pause_reason": reason,
                }
            )

    def _open(self):
        """Viber answers: try one message."""
        self.write({"paused_until": False})

    def _resume(self):
        """Viber takes messages: go on."""
        self.write(
            {
                "paused_since": False,
                "paused_until": False,
                "pause_count": 0,
                "pause_reason": False,
            }
        )

    def _break(self, reason):
        """Viber refuses the account itself: stop, and tell those who can mend it, once.

        :param str reason: what Viber said
        """
        for account in self.filtered(lambda account: account.state == "connected"):
            account.write({"state": "error", "state_reason": reason})
            account._tell_managers(reason)

    def _tell_managers(self, reason):
        group = self.env.ref("viber_connector.group_viber_manager")
        users = group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        self.message_notify(
            partner_ids=users.partner_id.ids,
            subject=self.env._("Viber refuses %s", self.name),
            body=self.env._(
                "Nothing can be sent from the Viber account %(name)s: %(reason)s. What "
                "is written meanwhile waits. Open the account and press Check "
                "Connection when this is mended.",
                name=self.name,
                reason=reason,
            ),
        )

    @api.model
    def _probe_paused(self, session):
        """Ask for each account that rests, and is due, whether Viber answers again.

        :param requests.Session session: reuses connections
        """
        due = self.search(
            [("state", "=", "connected"), ("paused_until", "<=", fields.Datetime.now())]
        )
        for account in due:
            api = account._get_api(session)
            self._commit()
            error = _ask(api)
            try:
                account._take_probe(error)
                self._commit()
            except CONFLICTS:
                # Another process has asked as well.
                self.env.cr.rollback()

    def _take_probe(self, error):
        """:param ViberError | None error: what came of asking"""
        if not error:
            self._open()
        elif isinstance(error, ViberAccountError):
            self._resume()
            self._break(str(error))
        elif self._is_paused_for_too_long():
            self._resume()
            self._break(self.env._("Viber could not be reached for a day: %s", error))
        else:
            self._pause(str(error))

    def _is_paused_for_too_long(self):
        limit = fields.Datetime.subtract(
            fields.Datetime.now(), seconds=const.PAUSE_GIVE_UP
        )
        return self.paused_since < limit


def _ask(api):
    """:return: the error of a call that changes nothing, or ``None``"""
    try:
        api.get_account_info()
    except ViberError as error:
        return error
    return None
