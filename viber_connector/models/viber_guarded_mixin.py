"""Read-only fields are so in forms only; here they are for remote calls, too."""

from odoo import api, models
from odoo.exceptions import AccessError


class ViberGuardedMixin(models.AbstractModel):
    """A record on which people decide some things, and Viber or the worker the rest:
    the latter are the fields that are declared ``readonly``."""

    _name = "viber.guarded.mixin"
    _description = "Viber Guarded Record"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_writable(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_writable(vals)
        return super().write(vals)

    def _load_records_write(self, values):
        # Odoo's import leaves the id of a record among what it writes.
        values.pop("id", None)
        return super()._load_records_write(values)

    @api.model
    def default_get(self, fields):
        """Like Odoo's, but what comes by the context or was kept as somebody's own
        default counts for no read-only field."""
        values = super().default_get(fields)
        for name in () if self.env.su else self._guarded(values):
            default = self._fields[name].default
            values.pop(name)
            if default:
                values[name] = default(self)
        return values

    @api.model
    def _check_writable(self, vals):
        """:raise AccessError: when a person writes what is not theirs to decide"""
        guarded = () if self.env.su else self._guarded(vals)
        if guarded:
            labels = self.fields_get(guarded, ["string"])
            raise AccessError(
                self.env._(
                    "Viber or Odoo fills in these fields; nobody can change them by "
                    "hand: %s.",
                    ", ".join(
                        labels.get(name, {}).get("string", name) for name in guarded
                    ),
                )
            )

    @api.model
    def _guarded(self, names):
        """:return: those of these fields that are not for people, sorted
        :rtype: list[str]
        """
        return sorted(
            name
            for name in names
            if name in self._fields and self._fields[name].readonly
        )
