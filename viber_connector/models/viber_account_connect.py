"""How an account is connected to Viber, and what is said when it can't be."""

import contextlib
import logging
from functools import partial

from odoo import Command, models
from odoo.exceptions import UserError, ValidationError

from .. import const
from ..tools import address
from ..tools.errors import (
    ViberAccountError,
    ViberError,
    ViberUnavailable,
    ViberUncertain,
)
from ..tools.text import clean_line, is_visible
from . import viber_reason

_logger = logging.getLogger(__name__)


class ViberAccount(models.Model):
    _inherit = "viber.account"

    def unlink(self):
        """Viber is told that nobody listens to a deleted account any more: it would
        take its customers' messages for nothing. An archived one keeps what comes for
        the day when it is active again."""
        clients = [
            (account.id, account._find_api())
            for account in self
            # The webhook is the original's in a copy of its database.
            if account.state != "draft" and not account._is_copy()
        ]
        result = super().unlink()
        for account_id, api in clients:
            # Not before it is sure; and what Viber says changes nothing then.
            self.env.cr.postcommit.add(partial(forget_webhook, account_id, api))
        return result

    def action_connect(self):
        """Register our webhook at Viber and prove that it works.

        The account has to be saved before: Viber's probe, in a transaction of its own,
        looks for it while we wait.

        :return: a client action that says who is told of new conversations
        :rtype: dict
        :raise UserError: says what is wrong and what to do; the account stays as it was
        """
        for account in self:
            account.check_access("write")
            account._refuse_copy()
            account._connect()
            account._have_team()
        return self._tell_connected()

    def _tell_connected(self):
        """:return: a client action that says who is told of new conversations
        :rtype: dict
        """
        # sudo: the users may be of other companies
        team = self.sudo().notify_user_ids
        words = self.env._(
            "Connected. Told of new conversations: %s. Add colleagues under Team.",
            ", ".join(team.mapped("name")) or self.env._("nobody"),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": words,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _connect(self):
        """Connect one account; see :meth:`action_connect`.

        :return: what Viber says of the bot
        :rtype: dict
        """
        base_url = self._get_base_url()
        self._check_public_address(base_url)
        api = self._get_api()
        # First, so that Viber is told nothing when it fails.
        place = self.env[self.conversation_model]._viber_ensure_place(self)
        try:
            api.set_webhook(self.webhook_url, const.EVENT_TYPES)
        except ViberError as error:
            raise UserError(self._explain_connect(error)) from error
        try:
            info = api.get_account_info()
        except ViberError as error:
            raise UserError(self._explain(error)) from error
        if info.get("webhook") != self.webhook_url:
            raise UserError(
                self.env._(
                    "Viber accepted the webhook but names another one now. Does "
                    "another system use this bot? Disconnect it there, then "
                    "connect again."
                )
            )
        # sudo: what Viber says is for nobody to write
        account = self.sudo()
        account.write(
            account._info_vals(info) | {"base_url": base_url} | self._own_database()
        )
        account._ensure_link()
        if place:
            # Until now nobody knew what the bot is called.
            place.name = account.name
        account._resume()
        account._wake_queues()
        account._keep_health(info, None)
        account._look_soon()
        return info

    def action_disconnect(self):
        """Remove our webhook at Viber; customers can't write to the bot any more. In a
        copy of the database it is the original's, and stays.

        :raise UserError: when Viber could not be told
        """
        for account in self:
            account.check_access("write")
            if account._is_copy():
                continue
            try:
                # With a dead key there is no webhook left to remove.
                with contextlib.suppress(ViberAccountError):
                    account._get_api().set_webhook("")
            except ViberError as error:
                raise UserError(
                    self.env._(
                        "Viber could not be told that this bot is disconnected: its "
                        "webhook is still there. %s",
                        account._explain(error),
                    )
                ) from error
        # sudo: the state is for nobody to write
        self.sudo().write({"state": "draft", "state_reason": False})
        return True

    def action_check(self):
        """Ask Viber whether the connection still stands, and show the answer.

        :return: a client action that shows the result
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: what Viber says is for nobody to write
        reason = self.sudo()._check_connection()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if reason else "success",
                "message": reason or self.env._("The connection to Viber works."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_connection(self):
        """:return: why the connection does not work, or ``""``; the state is set
        :rtype: str
        """
        if self._is_copy():
            return self._explain_adoption()
        try:
            info = self._get_api().get_account_info()
        except (ViberUnavailable, ViberUncertain) as error:
            # It goes on by itself as soon as Viber answers.
            self._pause(str(error))
            return self._explain(error)
        except ViberError as error:
            return self._fail_check(self._explain(error))
        if info.get("webhook") != self.webhook_url:
            return self._fail_check(
                self.env._(
                    "Viber sends this bot's messages to another address. Press Connect "
                    "to bring them here."
                )
            )
        self.write(self._info_vals(info))
        self._resume()
        self._wake_queues()
        return ""

    def _fail_check(self, reason):
        self.write({"state": "error", "state_reason": reason})
        return reason

    def _info_vals(self, info):
        """:param dict info: Viber's answer to ``get_account_info``"""
        name = clean_line(info.get("name"))
        return {
            "name": name if is_visible(name) else self.name,
            "uri": clean_line(info.get("uri")) or False,
            "icon_url": clean_line(info.get("icon")) or False,
            "bot_id": clean_line(info.get("id")) or False,
            "state": "connected",
            "state_reason": False,
        }

    def _explain(self, error):
        """Say what is wrong with this account and what to do.

        :param ViberError error: what Viber or the network said
        :rtype: str
        """
        return viber_reason.for_managers(self.env, error, self.webhook_url)

    def _get_base_url(self):
        return self.base_url or self.get_base_url()

    def _check_public_address(self, url):
        """:raise ValidationError: when Viber can't reach that address, or it has parts
        behind which no path can stand; a password in it would be shown to all
        """
        if len(url) > const.BASE_URL_MAX_LENGTH:
            raise ValidationError(
                self.env._(
                    "The Public Address has %s characters at the most: links that are "
                    "handed out begin with it.",
                    const.BASE_URL_MAX_LENGTH,
                )
            )
        if address.origin(url) and not address.is_base(url):
            raise ValidationError(
                self.env._(
                    "The Public Address names the server and nothing else: no user or "
                    "password, no “?” or “#”, no blanks. For example "
                    "https://odoo.example.com."
                )
            )
        if address.is_public_https(url):
            return
        if self._get_api_url() != const.API_URL and address.is_loopback(url):
            return
        raise ValidationError(
            self.env._(
                "Viber can't reach %s: it needs a public https address. Enter it as "
                "Public Address of the account, for example https://odoo.example.com.",
                url,
            )
        )

    def _ensure_project(self):
        """Give an account without project one of its own, named after the bot; in an
        archived one nobody would see what customers write.

        :return: the project, if it has just been made
        :rtype: project.project
        """
        # sudo: whoever may connect an account need not see projects, nor make any
        account = self.sudo()
        if account.project_id.active:
            return account.project_id.browse()
        stages = [
            {"name": self.env._("New")},
            {"name": self.env._("In Progress")},
            {"name": self.env._("Done"), "fold": True},
        ]
        projects = account.env["project.project"].with_company(account.company_id)
        account.project_id = projects.create(
            {
                "name": account.name,
                "company_id": account.company_id.id,
                "type_ids": [
                    Command.create(stage | {"sequence": sequence})
                    for sequence, stage in enumerate(stages)
                ],
            }
        )
        return account.project_id


def forget_webhook(account_id, api):
    """Have Viber call a webhook no more, if it can be told.

    :param int account_id: of the account, for the log
    :param ViberApi | ViberError api: its client, or why there is none
    """
    try:
        if isinstance(api, ViberError):
            raise api
        api.set_webhook("")
    except ViberError as error:
        _logger.info("Viber still calls the webhook of %s: %s", account_id, error)
    except Exception:
        _logger.exception("Viber may still call the webhook of %s", account_id)
