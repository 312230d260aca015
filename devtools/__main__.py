"""``python3 -m devtools <what> …``, what the Makefile calls."""

import sys

from . import odoo, odoo_tree, postgres, python_env
from .shell import SetupError

USAGE = """\
python3 -m devtools setup               prepare all, downloading what is missing
python3 -m devtools odoo <arguments>    Odoo's own command line
python3 -m devtools run <command>       any program, with PostgreSQL up, Odoo and the
                                        environment's programs (pytest, psql …) found
"""


def main(what=None, *arguments):
    """:return: exit status (int)."""
    if what not in ("setup", "odoo", "run"):
        print(USAGE)
        return 2
    setup()
    if what == "odoo":
        return odoo.call(*odoo.command(*arguments))
    if what == "run":
        return odoo.call(*arguments)
    return 0


def setup(*groups):
    """Prepare all that Odoo and the tests need.

    :raise SetupError: what the user has to do first
    """
    python_env.check()
    odoo_tree.prepare()
    python_env.install("odoo", "simulator", "test")
    postgres.prepare()
    odoo.write_configuration()


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except SetupError as error:
        sys.exit(f"devtools: {error}")
