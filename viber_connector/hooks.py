from .models.viber_account_connect import forget_webhook


def uninstall_hook(env):
    """Tell Viber that nobody listens here any more.

    Otherwise it would repeat each customer's message for an hour, in vain. Where it
    can't be told, the addon goes all the same. A copy of the database leaves the
    webhook, which is the original's.

    :param Environment env: of the database that the addon leaves
    """
    accounts = env["viber.account"].with_context(active_test=False)
    for account in accounts.search([("state", "!=", "draft")]):
        if not account._is_copy():
            forget_webhook(account.id, account._find_api())
