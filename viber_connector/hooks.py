import logging

from odoo.exceptions import UserError

from .tools.errors import ViberError

_logger = logging.getLogger(__name__)


def uninstall_hook(env):
    """Tell Viber that nobody listens here any more.

    Otherwise it would repeat each customer's message for an hour, in vain. Where it
    can't be told, the addon goes all the same.

    :param Environment env: of the database that the addon leaves
    """
    accounts = env["viber.account"].with_context(active_test=False)
    for account in accounts.search([("state", "!=", "draft")]):
        try:
            account._get_api().set_webhook("")
        except (UserError, ViberError) as error:
            _logger.info("Viber still calls the webhook of %s: %s", account.id, error)
