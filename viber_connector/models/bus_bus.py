from odoo import api, models

from .viber_queue_mixin import current_run

# Of core's data at the end of a transaction.
_CHANNELS = "bus.bus.channels"


class BusBus(models.Model):
    _inherit = "bus.bus"

    def _ensure_hooks(self):
        # Core tells the listeners after each commit, by a connection to another
        # database that it opens for it: that costs as much as a customer's text. A run
        # of the inbox or the outbox tells those of many commits at once.
        run = current_run(self.env)
        if run and run.untold is not None:
            self.env.cr.postcommit.data.setdefault(_CHANNELS, run.untold)
        return super()._ensure_hooks()

    @api.model
    def _viber_tell(self, channels):
        """Have the listeners fetch what was committed for them, when this transaction
        is.

        :param Iterable channels: as ``_sendone`` keeps them
        """
        self.with_context(viber_run=None)._ensure_hooks()
        self.env.cr.postcommit.data[_CHANNELS].update(channels)
