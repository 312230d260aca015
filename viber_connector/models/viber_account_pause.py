"""When an account's outbox rests, and how it goes on."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import const
from ..tools.errors import ViberAccountError, ViberError, ViberUnavailable

_logger = logging.getLogger(__name__)


class ViberAccount(models.Model):
    _name = "viber.account"
    _inherit = ["viber.account", "viber.queue.mixin"]
    # Probes are a part of it.
    _job_name = "ir_cron_send_messages"

    paused_since = fields.Datetime(readonly=True, copy=False)
    paused_until = fields.Datetime(
        "Next Try",
        readonly=True,
        copy=False,
        help="Viber can't be reached. At this time Odoo asks again whether it answers; "
        "nothing is sent before it does.",
    )
    pause_count = fields.Integer(readonly=True, copy=False)
    pause_reason = fields.Char(
        readonly=True,
        copy=False,
        # What the network or Viber said.
        groups="viber_connector.group_viber_manager",
    )

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

    def _let_one_through(self):
        """Viber answers: a single message finds out whether it takes any."""
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

    def _mark_broken(self, reason):
        """Viber refuses the account itself: nothing is sent until a person has mended
        it.

        :param str reason: what Viber said
        :return: the accounts whose managers have to be told: those that worked before
        :rtype: viber.account
        """
        broken = self.filtered(lambda account: account.state == "connected")
        broken.write({"state": "error", "state_reason": reason})
        return broken

    def _tell_managers(self, reason):
        self._notify_managers(
            self.env._("Viber refuses %s", self.name),
            self.env._(
                "Nothing can be sent from the Viber account %(name)s. %(reason)s "
                "Messages that are written meanwhile wait. Open the account and press "
                "Check Connection when this is mended.",
                name=self.name,
                reason=reason,
            ),
        )

    def _get_managers(self):
        """:return: who looks after this account
        :rtype: res.users
        """
        group = self.env.ref("viber_connector.group_viber_manager")
        return group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        ).sorted("id")

    def _notify_managers(self, subject, body):
        self.message_notify(
            partner_ids=self._get_managers().partner_id.ids, subject=subject, body=body
        )

    # -- Probes ------------------------------------------------------------------

    @api.model
    def _next_date(self):
        [(date,)] = self.env.execute_query(
            SQL(
                """
                SELECT min(paused_until) FROM viber_account
                 WHERE active AND state = 'connected' AND copy_seen_date IS NULL
                """
            )
        )
        return date

    @api.model
    def _start_probes(self, pool, session):
        """Ask for accounts that rest, and are due, whether Viber answers again.

        :param concurrent.futures.Executor pool: asks
        :param requests.Session session: reuses connections
        :return: id of the account by what will be the error, or ``None``
        :rtype: dict[concurrent.futures.Future, int]
        """
        due = self.search(
            [
                ("state", "=", "connected"),
                ("copy_seen_date", "=", False),
                ("paused_until", "<=", fields.Datetime.now()),
            ],
            order="paused_until, id",
            limit=const.PROBE_CONNECTIONS,
        )
        probes = {
            pool.submit(_ask, account._find_api(session)): account.id for account in due
        }
        self._commit()
        return probes

    def _find_api(self, session=None):
        """Like :meth:`_get_api`, for a job: what keeps one account from being used
        keeps no other.

        :return: the client, or why there is none
        :rtype: ViberApi | ViberError
        """
        try:
            return self._get_api(session)
        except UserError as error:
            return ViberAccountError(str(error))
        except Exception as error:
            _logger.exception("The account %s can't be used", self.id)
            return ViberUnavailable(type(error).__name__)

    @api.model
    def _keep_probe(self, account_id, error):
        """Write down what came of asking, and commit.

        :param int account_id: the account, maybe deleted meanwhile
        :param ViberError | None error: what came of it
        """
        account = self.browse(account_id).exists()
        if not account:
            return
        stopped = []
        if not self._attempt(lambda: stopped.append(account._take_probe(error))):
            return
        for broken in stopped[-1]:
            self._attempt(broken._tell_managers, broken.state_reason)

    def _take_probe(self, error):
        """:param ViberError | None error: what came of asking
        :return: the account, if it has to be mended by a person
        :rtype: viber.account
        """
        if not error:
            self._let_one_through()
            return self.browse()
        if isinstance(error, ViberAccountError):
            self._resume()
            return self._mark_broken(self._explain(error))
        if self._is_paused_for_too_long():
            self._resume()
            return self._mark_broken(
                self.env._(
                    "Viber could not be reached for a day. %s", self._explain(error)
                )
            )
        self._pause(str(error))
        return self.browse()

    def _is_paused_for_too_long(self):
        limit = fields.Datetime.subtract(
            fields.Datetime.now(), seconds=const.PAUSE_GIVE_UP
        )
        return self.paused_since < limit


def _ask(api):
    """:param ViberApi | ViberError api: the client, or why there is none
    :return: the error of a call that changes nothing, or ``None``
    :rtype: ViberError | None
    """
    if isinstance(api, ViberError):
        return api
    try:
        api.get_account_info()
    except ViberError as error:
        return error
    except Exception as error:
        _logger.exception("Viber could not be asked")
        return ViberUnavailable(type(error).__name__)
    return None
