"""What a machine can mend of an account; it says what it did."""

from odoo import models
from odoo.tools import str2bool

from .. import const
from ..tools.errors import ViberError
from .viber_health_checks import host_of


class ViberAccount(models.Model):
    _inherit = "viber.account"

    def action_repair(self):
        """Switch our jobs on and wake them, set the webhook again, open the queue.

        A webhook of another system is left to it, unless the context says
        ``viber_take_over``: the form asks before. Of a copy of the database nothing but
        the jobs is touched.

        :return: a client action that says what was done, and how the account is now
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: what is repaired is for nobody to write
        account = self.sudo()
        done = account._repair_jobs()
        if account._is_copy():
            done.append(
                self.env._(
                    "This database is a copy: what Viber knows of the bot was left "
                    "alone."
                )
            )
        elif account.state != "draft":
            answer = account._ask_viber()
            if isinstance(answer, ViberError):
                # To ask again would only take as long again.
                is_kept = account._keep_answer(answer)
                return self._tell_health(is_kept, [*done, account._explain(answer)])
            done += account._repair_connection(answer)
        is_kept = account._diagnose()
        account._look_soon()
        return self._tell_health(is_kept, done)

    # -- Jobs ----------------------------------------------------------------------

    def _repair_jobs(self):
        """:return: what was done, in sentences
        :rtype: list[str]
        """
        if self._is_neutralized():
            return [
                self.env._(
                    "This database is neutralized: its scheduled actions stay switched "
                    "off."
                )
            ]
        jobs = self.env["ir.cron"]._viber_jobs()
        asleep = jobs.filtered(lambda job: not job.active)
        asleep.write({"active": True})
        for job in jobs:
            job._trigger()
        if not asleep:
            return [self.env._("The scheduled actions were woken.")]
        return [
            self.env._(
                "Switched on: %s.",
                ", ".join(f"“{name}”" for name in asleep.mapped("cron_name")),
            )
        ]

    def _is_neutralized(self):
        # sudo: the parameter is for administrators
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param("database.is_neutralized", ""), False)

    # -- Viber -----------------------------------------------------------------------

    def _repair_connection(self, info):
        """:param dict info: Viber's answer to ``get_account_info``
        :return: what was done, in sentences
        :rtype: list[str]
        """
        done = []
        if not self._is_told_all(info):
            stop = self._repair_webhook(info.get("webhook"))
            if stop:
                return [stop]
            done.append(self.env._("The webhook was set again."))
        return done + self._open_again(info)

    def _is_told_all(self, info):
        """:return: whether Viber has our webhook, with all that we ask for"""
        events = info.get("event_types")
        knows_events = not isinstance(events, list) or all(
            name in events for name in const.EVENT_TYPES
        )
        return info.get("webhook") == self.webhook_url and knows_events

    def _repair_webhook(self, other):
        """:param other: the webhook that Viber has now
        :return: why it was not set; ``""`` when it was
        :rtype: str
        """
        is_foreign = other and other != self.webhook_url
        if is_foreign and not self.env.context.get("viber_take_over"):
            return self.env._(
                "Another system uses this bot (%s), and was left alone. Press Take "
                "Over to have the messages come here.",
                host_of(other),
            )
        try:
            self._get_api().set_webhook(self.webhook_url, const.EVENT_TYPES)
        except ViberError as error:
            return self._explain_connect(error)
        return ""

    def _open_again(self, info):
        """:return: what was done, in sentences
        :rtype: list[str]
        """
        was_resting = self.state == "error" or self.pause_count
        self.write(self._info_vals(info))
        self._resume()
        self._wake_queues()
        return [self.env._("The queue is open again.")] if was_resting else []
