"""An account that looks after itself: how it is, who is told, what can be mended."""

import logging
from concurrent.futures import ThreadPoolExecutor, wait

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .. import const
from ..tools import address, https_check
from ..tools.errors import ViberError, ViberUnavailable, ViberUncertain
from ..tools.text import clean_line
from . import viber_health_words
from .viber_health_checks import CODES, LEVELS, entry
from .viber_queue_mixin import CONFLICTS

_logger = logging.getLogger(__name__)


class ViberAccount(models.Model):
    _inherit = "viber.account"

    health = fields.Selection(
        [("ok", "Fine"), ("warning", "Look at It"), ("problem", "Needs You")],
        compute="_compute_health",
        search="_search_health",
        groups=const.MANAGERS,
        help="The worst of what is looked at every hour; nothing of an account that is "
        "not connected.",
    )
    health_report = fields.Json(
        "Checks",
        compute="_compute_health",
        groups=const.MANAGERS,
        exportable=False,
        help="What was looked at, the worst first: code, level, text, advice, date.",
    )
    is_webhook_foreign = fields.Boolean(
        compute="_compute_health", groups=const.MANAGERS
    )
    # As `viber_health_checks.entry` makes them: in nobody's language.
    health_checks = fields.Json(
        readonly=True, copy=False, groups=const.MANAGERS, exportable=False
    )
    # When the job, which alone looks at all, began to; empty when it has to come soon.
    health_date = fields.Datetime(readonly=True, copy=False, groups=const.MANAGERS)
    health_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=const.MANAGERS,
    )
    # Codes of the problems that are told of, as long as they last.
    health_told = fields.Json(
        readonly=True, copy=False, groups=const.MANAGERS, exportable=False
    )
    silence_days = fields.Integer(
        "Tell of Silence After",
        default=const.SILENCE_DAYS,
        help="Days without any callback of Viber's after which the account says so. "
        "0: never.",
    )

    @api.constrains("silence_days")
    def _check_silence_days(self):
        if any(account.silence_days < 0 for account in self):
            raise ValidationError(
                self.env._("Enter a number of days, or 0 for never telling of silence.")
            )

    @api.depends("health_checks", "health_date", "state", "active", "is_copy")
    @api.depends_context("lang", "tz")
    def _compute_health(self):
        for account in self:
            entries = account._current_entries()
            account.health = entries[0]["level"] if entries else False
            account.is_webhook_foreign = any(
                found["code"] == "webhook_url"
                and found["kind"] in ("other", "same_host")
                for found in entries
            )
            account.health_report = [
                viber_health_words.say(account.env, found) for found in entries
            ]

    def _search_health(self, operator, value):
        if operator != "in":
            return NotImplemented
        # There are few. Those that are not connected have none.
        accounts = self.with_context(active_test=False).search(
            [("state", "!=", "draft")]
        )
        others = accounts.filtered(lambda account: account.health not in value)
        if False in value:
            return [("id", "not in", others.ids)]
        return [("id", "in", (accounts - others).ids)]

    def _current_entries(self):
        """:return: entries of the last look, the worst first; if it is long ago, that
            nobody looks any more is one of them
        :rtype: list[dict]
        """
        # sudo: fields of managers, who are the only ones to read what is made of them
        account = self.sudo()
        entries = {found["code"]: found for found in account.health_checks or []}
        if not entries or not account.active or account.state == "draft":
            return []
        if account._is_copy():
            # What was found till now is the original's.
            return [entry("copied_database", "problem", "copy")]
        stale = fields.Datetime.subtract(
            fields.Datetime.now(), hours=const.HEALTH_STALE_HOURS
        )
        last = account.health_date or fields.Datetime.to_datetime(
            min(found["date"] for found in entries.values())
        )
        if last < stale:
            entries["scheduler"] = entry(
                *("scheduler", "problem", "asleep"), last_date=last
            )
        return sorted(
            entries.values(),
            key=lambda found: (
                -LEVELS.index(found["level"]),
                CODES.index(found["code"]),
            ),
        )

    # -- A look ------------------------------------------------------------------------

    def action_diagnose(self):
        """Look at these accounts at once, but for their public address, of which the
        job's last finding is shown.

        :return: a client action that says how they are
        :rtype: dict
        """
        self.check_access("write")
        # sudo: what is found is for nobody to write
        is_kept = self.sudo()._diagnose()
        return self._tell_health(is_kept)

    def _diagnose(self):
        """Ask Viber of all at the same time, for no longer than of one.

        :return: whether what was found is written down (:meth:`_keep_answer`)
        :rtype: bool
        """
        plans = {
            account.id: (account._health_client(), None)
            for account in self.filtered(lambda account: account.state != "draft")
        }
        kept = [
            self.browse(account_id)._keep_answer(answer)
            for account_id, (answer, _finding) in ask_all(plans).items()
        ]
        return all(kept)

    def _keep_answer(self, answer):
        """Write down what Viber answered to somebody who waits for it. Who has written
        the same account meanwhile, as the job does, keeps the word: to ask anew, as
        Odoo would after a conflict, could keep them waiting for minutes.

        :param dict | ViberError | None answer: see :meth:`_check_health`
        :return: whether it was written down
        :rtype: bool
        """
        lock = SQL(
            "SELECT 1 FROM viber_account WHERE id = %s FOR NO KEY UPDATE", self.id
        )
        try:
            with self.env.cr.savepoint():
                self._limit_patience()
                self._query(lock)
                self._keep_health(answer, None)
                self._see_to_health()
        except CONFLICTS:
            _logger.info("The account %s was looked at by others, too", self.id)
            return False
        return True

    def _health_client(self):
        """:return: what asks Viber, or why nothing can; ``None`` of a copy, which may
            not ask
        :rtype: ViberApi | ViberError | None
        """
        return None if self._is_copy() else self._find_api()

    def _ask_viber(self):
        """:return: Viber's answer to ``get_account_info``, or why there is none in time
        :rtype: dict | ViberError
        """
        [(answer, _finding)] = ask_all({self.id: (self._find_api(), None)}).values()
        return answer

    def _health_address(self):
        """:return: the address that is to be looked at; what is found where nobody has
            to look: at loopback, with a stand-in for Viber; ``None`` of a copy, whose
            address is the original's
        :rtype: str | Finding | None
        """
        if self._is_copy():
            return None
        if self._get_trusted_url() and address.is_loopback(self._get_base_url()):
            return https_check.Finding("stand_in")
        return self.webhook_url

    def _keep_health(self, answer, finding):
        """Write down how the account is.

        :param dict | ViberError | None answer: see :meth:`_check_health`
        :param Finding | None finding: see there
        """
        if answer is None and not self._is_copy():
            # Adopted since it was asked for; the job looks again soon.
            return
        before = {found["code"]: found for found in self.health_checks or []}
        level = self.health
        vals = {"health_checks": self._check_health(answer, finding, before)}
        if not self.bot_id and isinstance(answer, dict):
            # Connected by a version that did not keep it.
            vals["bot_id"] = clean_line(answer.get("id")) or False
        self.write(vals)
        if self.health != level:
            self._push_health()

    def _push_health(self):
        """Have the menus of the managers show it."""
        for user in self._get_managers():
            user._bus_send(const.BUS_HEALTH, {})

    def _tell_health(self, is_kept, done=()):
        """:param bool is_kept: whether what was found is written down
        :param done: sentences that say what was done
        :return: a client action that says how these accounts are
        :rtype: dict
        """
        # sudo: whoever may write an account may know
        entries = [
            found for account in self.sudo() for found in account._current_entries()
        ]
        worst = max((LEVELS.index(found["level"]) for found in entries), default=0)
        words = (
            self.env._("All is well.") if entries else self.env._("Not connected."),
            self.env._("Something should be looked at: see the list on the account."),
            self.env._("Something needs you: see the list on the account."),
        )
        busy = self.env._(
            "This account is looked at, or changed, at this very moment: press Look "
            "Again in a minute."
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": ("success", "warning", "danger")[worst] if is_kept else "info",
                "message": " ".join([*done, words[worst] if is_kept else busy]),
                "sticky": bool(done),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # -- Who is told -------------------------------------------------------------------

    def _see_to_health(self):
        """One activity as long as anything is a problem, and none when nothing is; who
        is done with it is not told again of the same."""
        entries = self._current_entries()
        problems = [found for found in entries if found["level"] == "problem"]
        codes = [found["code"] for found in problems]
        activity = self.health_activity_id.filtered("active")
        if not problems:
            activity.unlink()
        elif activity:
            self._tell_in(activity, problems)
        elif not set(codes) <= set(self.health_told or []):
            self._tell_problems(problems)
        if self.health_told != (codes or False):
            self.health_told = codes or False

    def _tell_problems(self, problems):
        managers = self._get_managers()
        user = managers & self.create_uid or managers[:1]
        # A copy writes to nobody.
        account = self._as_read_by(user).with_context(
            mail_activity_quick_update=self._is_copy()
        )
        self.health_activity_id = account.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=account.env._("The Viber account %s needs you", self.name),
            note=account._health_note(problems),
            user_id=user.id,
        )

    def _tell_in(self, activity, problems):
        note = self._as_read_by(activity.user_id)._health_note(problems)
        if activity.note != note:
            activity.note = note

    def _as_read_by(self, user):
        return self.with_context(lang=user.lang, tz=user.tz)

    def _health_note(self, problems):
        said = [viber_health_words.say(self.env, found) for found in problems]
        items = Markup().join(
            Markup("<li>%s %s</li>") % (one["text"], one["advice"]) for one in said
        )
        return Markup("<ul>%s</ul><p>%s</p>") % (
            items,
            self.env._("This activity closes by itself when nothing of it is left."),
        )

    @api.model
    def _forget_health(self):
        """Accounts that are not used any more need nobody."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM viber_account
                 WHERE health_checks IS NOT NULL AND (NOT active OR state = 'draft')
                """
            )
        )
        accounts = self.browse(account_id for [account_id] in rows)
        accounts.health_activity_id.unlink()
        accounts.write(
            {"health_checks": False, "health_date": False, "health_told": False}
        )
        for account in accounts:
            account._push_health()

    def _look_soon(self):
        """Have the job look at these accounts in a moment: whoever has just pressed a
        button may go on changing the account, and would meet the job."""
        at = fields.Datetime.add(
            fields.Datetime.now(), seconds=const.HEALTH_REST_SECONDS
        )
        minutes = const.HEALTH_MINUTES
        self.write({"health_date": fields.Datetime.subtract(at, minutes=minutes)})
        self.env["viber.health"]._wake(at)


def ask_all(plans, seconds=const.HEALTH_SECONDS):
    """Ask Viber, and look at our addresses, all at the same time.

    :param dict plans: by account id a client of Viber's (or why there is none, or
        ``None``) and an address (or a finding that is known, or ``None``)
    :param float seconds: after which what is not there counts for silent
    :return: by account id an answer or an error, and a finding or ``None``
    :rtype: dict[int, tuple]
    """
    pool = ThreadPoolExecutor(max_workers=2 * len(plans) or 1)
    try:
        work = {
            account_id: (
                api is not None and pool.submit(_ask, api),
                url is not None and pool.submit(_look, url, seconds),
            )
            for account_id, (api, url) in plans.items()
        }
        wait([future for pair in work.values() for future in pair if future], seconds)
    finally:
        # Nobody waits for a thread that hangs, in the name service say.
        pool.shutdown(wait=False, cancel_futures=True)
    late = ViberUncertain("Viber did not answer in time"), https_check.Finding("slow")
    return {
        account_id: tuple(
            (future.result() if future.done() else other) if future else None
            for future, other in zip(pair, late, strict=True)
        )
        for account_id, pair in work.items()
    }


def _ask(client):
    """:param ViberApi | ViberError client: or why there is none
    :rtype: dict | ViberError
    """
    if isinstance(client, ViberError):
        return client
    try:
        return client.get_account_info()
    except ViberError as error:
        return error
    except Exception as error:
        _logger.exception("Viber could not be asked")
        return ViberUnavailable(type(error).__name__)


def _look(url, seconds):
    """:param str | Finding url: an address, or what is known of it
    :rtype: Finding
    """
    if isinstance(url, https_check.Finding):
        return url
    try:
        return https_check.look(url, seconds)
    except Exception:
        _logger.exception("The public address could not be looked at")
        return https_check.Finding("broken")
