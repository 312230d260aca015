"""A conversation is named by its model and its id; till now each was a task."""

from odoo.tools import SQL

# Rows that one statement changes at the most.
BATCH = 10_000


def migrate(cr, _version):
    """Name the conversation of what has a task, and only of that.

    :param Cursor cr: of the database that is updated
    """
    for table in ("viber_event", "viber_message"):
        _name_tasks(cr, SQL.identifier(table))
    # That of a file is its message's. Odoo removes the column as well, in a transaction
    # that follows the update: were it ended before that, no file could be kept, as
    # nothing fills what is required.
    cr.execute("ALTER TABLE viber_media DROP COLUMN IF EXISTS task_id CASCADE")


def _name_tasks(cr, table):
    cr.execute(SQL("SELECT min(id), max(id) FROM %s", table))
    first, last = cr.fetchone()
    for start in range(first or 0, (last or -1) + 1, BATCH):
        cr.execute(
            SQL(
                """
                UPDATE %s SET res_model = 'project.task', res_id = task_id
                 WHERE id >= %s AND id < %s
                   AND task_id IS NOT NULL AND res_model IS NULL
                """,
                table,
                start,
                start + BATCH,
            )
        )
