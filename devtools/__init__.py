"""The machine room: from a bare machine to a running Odoo, tests and a demo.

What is called before anything is installed (all but ``server`` and ``demo``) uses only
the standard library. All that it makes lies in one git-ignored folder, ``.dev``.
"""
