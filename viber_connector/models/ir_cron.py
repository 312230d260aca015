from odoo import fields, models
from odoo.tools import SQL

from .. import const


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _viber_wake(self):
        """Have the job run as soon as this transaction is committed.

        Like ``_trigger()``, but free of charge while a wake-up is waiting already: of
        hundreds of events a second only the first pays for it.

        A run that has begun holds a lock on the wake-ups it took (it deletes them), so
        one that can be locked here belongs to a run that begins later; and that run
        can't take it before our commit, hence will see what we wrote.

        One that has waited for longer than a moment counts for nothing: the server may
        have been stopped before it heard of it.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        waiting = self.env.execute_query(
            SQL(
                """
                SELECT 1 FROM ir_cron_trigger
                 WHERE cron_id = %s
                   AND call_at BETWEEN %s AND %s
                 LIMIT 1 FOR KEY SHARE SKIP LOCKED
                """,
                self.id,
                fields.Datetime.subtract(now, seconds=const.WAKE_UP_PATIENCE),
                now,
            )
        )
        if not waiting:
            self._trigger()
