import psycopg2

from odoo import api, models

#: Somebody else works on the same rows: nobody's fault, and all is as before.
CONFLICTS = (
    psycopg2.extensions.TransactionRollbackError,
    psycopg2.errors.LockNotAvailable,
)


class ViberQueueMixin(models.AbstractModel):
    """What inbox, outbox and files share: short transactions beside other workers."""

    _name = "viber.queue.mixin"
    _description = "Viber Queue"

    @api.model
    def _commit(self):
        """End the transaction of one step: what the next one brings can't undo it, and
        none stays open while Viber is waited for."""
        self.env.cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _query(self, query):
        """Run a query that may meet another worker; that is not logged as an error.

        :param SQL query: whose rows are wanted
        :rtype: list[tuple]
        :raise psycopg2.errors.OperationalError: one of :data:`CONFLICTS`, or worse
        """
        self.env.cr.execute(query, log_exceptions=False)
        return self.env.cr.fetchall()
