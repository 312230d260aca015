"""A copy of the database: it must not speak for the original.

Both have the bot's key, its webhook and the same outbox. Who first works on a queue of
the copy, or writes to a customer there, sees that it is one (``_see_copy``): what is in
the outbox then is the original's to send. Nothing was written here before, because
writing sees it first; so no clock and no id has to tell the two apart. From then on
nothing is sent, and what comes is kept, until a person says that this is the real one
(``action_adopt``).
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_MANAGERS = "viber_connector.group_viber_manager"
# Without these nothing is sent or received.
_JOBS = ("ir_cron_process_events", "ir_cron_send_messages")


class ViberAccount(models.Model):
    _inherit = "viber.account"

    # Which database has connected the account. Empty, as before the first Connect, they
    # never make a copy.
    database_uuid = fields.Char(readonly=True, copy=False, groups=_MANAGERS)
    database_name = fields.Char(readonly=True, copy=False, groups=_MANAGERS)
    copy_seen_date = fields.Datetime(
        "Copy Since",
        readonly=True,
        copy=False,
        groups=_MANAGERS,
        help="When it was first seen that this database is a copy of the one where the "
        "account was connected.",
    )
    is_copy = fields.Boolean(
        compute="_compute_copy",
        help="This database is a copy of the one where the account was connected.",
    )
    is_key_wanted = fields.Boolean(compute="_compute_copy", groups=_MANAGERS)
    copy_warning = fields.Char(compute="_compute_copy", groups=_MANAGERS)

    @api.depends("auth_token_hash", "copy_seen_date", "database_name", "database_uuid")
    def _compute_copy(self):
        for account in self:
            # sudo: the hash is for nobody, whether there is one is for managers
            has_key = bool(account.sudo().auth_token_hash)
            account.is_copy = account._is_copy()
            account.is_key_wanted = account.is_copy and not has_key
            account.copy_warning = account.is_copy and account._explain_adoption()

    def _is_copy(self):
        """Find out whether this database is a copy of the one where the account was
        connected: nothing may be sent from here, and Viber may be told nothing.

        No query beyond the account's own: the rest is at hand.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: where it was connected is for managers
        account = self.sudo()
        # What was a copy once stays one until somebody says otherwise, should it get
        # the name of the original, too: what waits in it, the original has sent.
        if account.copy_seen_date:
            return True
        return any(
            account[name] and value and account[name] != value
            for name, value in self._own_database().items()
        )

    @api.model
    def _own_database(self):
        """:return: how this database is called, as accounts keep it
        :rtype: dict[str, str]
        """
        # sudo: the parameter is for administrators
        parameters = self.env["ir.config_parameter"].sudo()
        return {
            "database_uuid": parameters.get_param("database.uuid"),
            "database_name": self.env.cr.dbname,
        }

    # -- What is said of it ----------------------------------------------------------

    def _explain_copy(self):
        """:return: for agents, why nothing is sent, and what to do
        :rtype: str
        """
        return self.env._(
            "This database is a copy, so messages to Viber are kept here and not sent: "
            "ask an administrator whether it is the real one now."
        )

    def _explain_adoption(self):
        """:return: for managers, why nothing is sent, and what to do
        :rtype: str
        """
        # sudo: the hash is for nobody, whether there is one is for managers
        if self.sudo().auth_token_hash:
            words = self.env._(
                "This database is a copy of the one where this bot was connected, so "
                "nothing is sent from here: if it has taken the place of that one, "
                "check the Public Address and press This Is the Real One Now."
            )
        else:
            words = self.env._(
                "This database is a copy without the bot's API key, so nothing is sent "
                "or received here: if it has taken the place of the original, check "
                "the Public Address, have an administrator paste the key, and press "
                "This Is the Real One Now."
            )
        return " ".join(filter(None, [words, self._explain_jobs()]))

    @api.model
    def _explain_jobs(self):
        """:return: for managers, that jobs are switched off, as neutralizing a database
            does; ``""`` when they are not
        :rtype: str
        """
        jobs = map(self.env["ir.cron"]._viber_job, _JOBS)
        if all(job.active for job in jobs):
            return ""
        return self.env._(
            "Odoo's jobs are switched off here: nothing leaves or arrives before an "
            "administrator switches on those of Viber, under Settings ▸ Technical ▸ "
            "Scheduled Actions."
        )

    def _explain_rest(self, subscriber):
        if self._is_copy():
            return self._explain_copy()
        return super()._explain_rest(subscriber)

    def _rest_state(self):
        return (*super()._rest_state(), self._is_copy())

    def _refuse_copy(self):
        """:raise UserError: when Viber may be told nothing from here"""
        if self._is_copy():
            raise UserError(self._explain_adoption())

    # -- First seen ------------------------------------------------------------------

    @api.model
    def _see_copies(self):
        """Before a run of a job: find the accounts that were connected elsewhere.

        :return: whether the run may begin; ``False`` when others did not let go of the
            same rows, and it has to be tried again
        :rtype: bool
        """
        own = self._own_database()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM viber_account
                 WHERE copy_seen_date IS NULL
                   AND (database_uuid != %s OR database_name != %s)
                """,
                own["database_uuid"] or None,
                own["database_name"],
            )
        )
        return not rows or self._persist(self.browse(row[0] for row in rows)._see_copy)

    def _see_copy(self):
        """Remember that these are copies, and what was in their outbox till then. Who
        sees it at the same time begins anew, and finds it done."""
        # sudo: whoever writes to a customer may be the first to see it
        unseen = self.sudo().filtered(
            # Looked at again: another one may have adopted it meanwhile.
            lambda account: not account.copy_seen_date and account._is_copy()
        )
        if unseen:
            unseen.write({"copy_seen_date": fields.Datetime.now()})
            unseen.env["viber.message"]._leave_to_original(unseen)

    def _is_asleep(self):
        return super()._is_asleep() or self._is_copy()

    # -- The real one ----------------------------------------------------------------

    def action_adopt(self):
        """Say that this database is the real one now, in place of the one that it was
        copied from: the webhook is set, what was written here is sent, and what was in
        the outbox before is uncertain, because the original has sent it, or will.

        :return: a client action that says what was done
        :rtype: dict
        :raise AccessError: when the user does not manage these accounts
        :raise UserError: says what is wrong and what to do; it stays a copy
        """
        self.check_access("write")
        done = [account._adopt() for account in self if account._is_copy()]
        return self._tell_adopted(
            sum(sent for sent, _doubted in done),
            sum(doubted for _sent, doubted in done),
        )

    def _tell_adopted(self, sent, doubted):
        """:param int sent: messages that are sent
        :param int doubted: messages of which nobody knows whether they arrived
        :return: a client action
        :rtype: dict
        """
        jobs = self._explain_jobs()
        words = [self.env._("This database is the real one now.")]
        if sent:
            words.append(
                self.env._("Messages that were written here and are sent: %s.", sent)
            )
        if doubted:
            words.append(
                self.env._(
                    "Messages that the other database may have sent: %s. Look for "
                    "Uncertain in the outbox.",
                    doubted,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if jobs or doubted else "success",
                "sticky": bool(jobs or doubted),
                "message": " ".join(filter(None, [*words, jobs])),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _adopt(self):
        """Adopt one account; see :meth:`action_adopt`.

        :return: how many messages are sent, and how many are in doubt
        :rtype: tuple[int, int]
        """
        # Viber first, which may be told twice: no row is locked while it answers. If
        # somebody else adopts it meanwhile, writing the account fails, the request is
        # begun anew by Odoo, and finds no copy.
        info = self._connect()
        # sudo: neither the account's state nor the outbox is for people to write
        account = self.sudo()
        outbox = account.env["viber.message"]
        if not account.copy_seen_date:
            outbox._leave_to_original(account)
        account.copy_seen_date = False
        counts = outbox._take_from_original(account)
        # Not by the job alone: it may be switched off in what was a copy.
        account._keep_health(info, None)
        account._see_to_health()
        return counts
