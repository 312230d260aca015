"""A copy of the database: it has the bot's key, and must not speak for the original."""

from odoo import fields, models


class ViberAccount(models.Model):
    _inherit = "viber.account"

    # Which database has connected the account. Empty, as before the first Connect, they
    # never make a copy.
    database_uuid = fields.Char(
        readonly=True, copy=False, groups="viber_connector.group_viber_manager"
    )
    database_name = fields.Char(
        readonly=True, copy=False, groups="viber_connector.group_viber_manager"
    )
    copy_seen_date = fields.Datetime(
        "Copy Since",
        readonly=True,
        copy=False,
        groups="viber_connector.group_viber_manager",
        help="When it was first seen that this database is a copy of the one where the "
        "account was connected.",
    )

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
