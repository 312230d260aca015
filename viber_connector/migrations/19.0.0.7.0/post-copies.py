"""Accounts know which database has connected them; till now none did, and it was this
one."""


def migrate(cr, _version):
    """Say so of those that are connected, or were till Viber refused them.

    :param Cursor cr: of the database that is updated
    """
    cr.execute(
        """
        UPDATE viber_account
           SET database_name = %s,
               database_uuid = (SELECT value FROM ir_config_parameter
                                 WHERE key = 'database.uuid')
         WHERE state != 'draft' AND database_uuid IS NULL
        """,
        [cr.dbname],
    )
