"""Measured figures, each against bare Odoo in the same run; ``make bench``."""
