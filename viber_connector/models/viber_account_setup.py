"""The first start on one page: what is wrong beside its field, then the next step."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from ..tools import status
from ..tools.errors import ViberAccountError, ViberUncertain

_MANAGERS = "viber_connector.group_viber_manager"


class ViberAccount(models.Model):
    _inherit = "viber.account"

    connect_problem = fields.Text(
        "Why Connect Failed", readonly=True, copy=False, groups=_MANAGERS
    )
    connect_problem_field = fields.Selection(
        [("auth_token", "API Key"), ("base_url", "Public Address")],
        "Where to Mend It",
        readonly=True,
        copy=False,
        groups=_MANAGERS,
    )
    key_problem = fields.Text(
        compute="_compute_key_problem", groups="base.group_system"
    )
    address_problem = fields.Text(compute="_compute_address_problem", groups=_MANAGERS)
    worker_problem = fields.Text(compute="_compute_worker_problem", groups=_MANAGERS)
    default_base_url = fields.Char(
        compute="_compute_default_base_url",
        help="The web address of this Odoo, as Odoo itself takes it.",
    )
    next_step = fields.Text(compute="_compute_next_step", groups=_MANAGERS)

    def write(self, vals):
        result = super().write(vals)
        if not {"auth_token", "base_url"}.isdisjoint(vals):
            # sudo: why Connect failed is for nobody to write; it may be mended now
            self.sudo()._forget_connect_problem()
        return result

    def action_try_connect(self):
        """Connect, and keep what went wrong beside the field that has to be mended.

        :return: what :meth:`action_connect` returns; ``True`` when it failed: the form
            says why
        :rtype: dict | bool
        :raise AccessError: when the user may not change the account
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: why Connect failed is for nobody to write
        account = self.sudo()
        try:
            with self.env.cr.savepoint():
                action = self.action_connect()
        except UserError as error:
            account.connect_problem = str(error)
            account.connect_problem_field = account._place_of_problem(error)
            return True
        account._forget_connect_problem()
        return action

    def _forget_connect_problem(self):
        self.filtered("connect_problem").write(
            {"connect_problem": False, "connect_problem_field": False}
        )

    def _place_of_problem(self, error):
        """:param UserError error: why Connect failed
        :return: the field that has to be mended; ``False`` when it is none of ours
        :rtype: str | bool
        """
        cause = error.__cause__
        if isinstance(error, ValidationError):
            return "base_url"
        if _is_unreached(cause):
            return not self._one_worker_words() and "base_url"
        if isinstance(cause, ViberAccountError) or not self.auth_token:
            return "auth_token"
        return False

    def _explain_connect(self, error):
        """Like :meth:`_explain`, for what came of telling Viber our address.

        With one worker process Viber's probe can't be answered: the only process that
        could is the one that waits for Viber. Nothing is refused before, because the
        probe may be led to another machine.

        :param ViberError error: what Viber or the network said
        :rtype: str
        """
        # Viber says that nobody answered, or itself did not answer in time.
        is_stuck = _is_unreached(error) or isinstance(error, ViberUncertain)
        return is_stuck and self._one_worker_words() or self._explain(error)

    @api.model
    def _one_worker_words(self):
        """:return: why Connect can't work in this process; ``""`` when it can
        :rtype: str
        """
        if config["workers"] != 1:
            return ""
        return self.env._(
            "This Odoo runs with one worker process (workers = 1). To connect, Viber "
            "calls Odoo back while Odoo waits for Viber, and nobody is left to answer. "
            "Set workers = 2 or more (or 0) in Odoo's configuration, restart Odoo, and "
            "connect again."
        )

    # -- What the form says --------------------------------------------------------

    @api.onchange("auth_token", "base_url")
    def _onchange_connection(self):
        # What is mended is not known before the next try.
        self.connect_problem = False

    @api.depends("auth_token")
    def _compute_key_problem(self):
        for account in self:
            account.key_problem = account.auth_token and account._problem_of(
                account._check_entered_key, account.auth_token
            )

    @api.depends("base_url")
    def _compute_address_problem(self):
        for account in self:
            account.address_problem = account._problem_of(
                account._check_public_address, account._get_base_url()
            )

    def _compute_worker_problem(self):
        self.worker_problem = self._one_worker_words()

    def _compute_default_base_url(self):
        for account in self:
            account.default_base_url = account.get_base_url()

    @api.depends("state", "subscriber_count", "notify_user_ids")
    def _compute_next_step(self):
        for account in self:
            is_new = account.state == "connected" and not account.subscriber_count
            account.next_step = is_new and account._next_step()

    def _next_step(self):
        # sudo: the users may be of other companies
        names = self.sudo().notify_user_ids.mapped("name")
        told = (
            self.env._("%s will be told.", ", ".join(names))
            if names
            else self.env._("Nobody is told of it yet: add colleagues under Team.")
        )
        return self.env._(
            "Connected. Now press Share and give your customers the link to the bot, "
            "or open it on your own phone and write: the conversation appears under "
            "Viber → Conversations. %s",
            told,
        )

    def _check_entered_key(self, auth_token):
        """:raise ValidationError: when it can't be this account's key"""
        auth_token = self._clean_auth_token(auth_token)
        # sudo: the hashes are for nobody to read; that there is another account with
        # this key is told to administrators only (the field's groups)
        account = self._origin.sudo()
        account._check_auth_token_unique(self._hash_auth_token(auth_token))

    @api.model
    def _problem_of(self, check, value):
        """:return: the words of the ValidationError that a check raises, or ``False``
        :rtype: str | bool
        """
        try:
            check(value)
        except ValidationError as error:
            return str(error)
        return False


def _is_unreached(error):
    """:return: whether Viber says that it can't reach our address"""
    return getattr(error, "status", None) == status.INVALID_URL
