"""The machine room: from a bare machine to a running Odoo, tests and a demo.

Only the standard library is used here, so that ``python3 -m devtools`` works before
anything is installed. All it makes lies in one git-ignored folder, ``.dev``.
"""
