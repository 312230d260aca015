from odoo import Command
from odoo.tools import SQL


def uninstall_hook(env):
    """Have the accounts go on with tasks, and say so; what is in the two queues keeps
    its texts, not its tickets.

    :param Environment env: of the database that the addon leaves
    """
    agents = env.ref("viber_connector.group_viber_agent")
    helpdesk = env.ref("helpdesk_mgmt.group_helpdesk_user_own")
    helpdesk.implied_ids = [Command.unlink(agents.id)]
    accounts = env["viber.account"].with_context(active_test=False)
    accounts.search([("conversation_model", "=", "helpdesk.ticket")])._leave_tickets()
    for table in ("viber_event", "viber_message"):
        env.cr.execute(
            SQL(
                "UPDATE %s SET res_model = NULL, res_id = NULL"
                " WHERE res_model = 'helpdesk.ticket'",
                SQL.identifier(table),
            )
        )
