"""``python3 -m devtools <what> …``, what the Makefile calls."""

import os
import sys

from . import browser, checkout, checks, node_env, odoo, odoo_tree, python_env
from .paths import DEV
from .python_env import PYTHON
from .shell import SetupError
from .shell import run as run_program

USAGE = """\
python3 -m devtools setup             prepare everything, fetching what is missing
python3 -m devtools demo              Odoo, the stand-in for Viber, a conversation
python3 -m devtools lint              all linters
python3 -m devtools test              linters and tests; PYTEST_ARGS=…, TESTS=… choose
python3 -m devtools bench             figures, against bare Odoo in the same run
python3 -m devtools clean             remove all that the others made
python3 -m devtools odoo <arguments>  Odoo's own command line
python3 -m devtools run <command>     any program (pytest, psql …) where PostgreSQL runs
"""


RUNTIME = "odoo", "simulator"


def setup(*groups):
    """Prepare everything that Odoo and some groups of packages need.

    :param str groups: see :func:`devtools.python_env.install`; all by default
    :raise SetupError: what the user has to do first
    """
    python_env.check()
    with checkout.preparing():
        odoo_tree.prepare()
        python_env.install(*(groups or (*RUNTIME, "test", "oca")))
        if not groups:
            node_env.install()
        odoo.prepare()


def demo():
    """Run the demo; it takes this process over, and so its Ctrl-C."""
    setup(*RUNTIME)
    os.execv(PYTHON, [str(PYTHON), "-m", "devtools.demo"])


def lint():
    """:return: exit status (int)."""
    python_env.check()
    with checkout.preparing():
        python_env.install(*RUNTIME, "test")
    return bool(checks.lint())


def test():
    """:return: exit status (int)."""
    browser.prepare()
    setup()
    selection = os.environ.get("TESTS", "")
    return not checks.test(selection, os.environ.get("PYTEST_ARGS", ""))


def bench():
    """:return: exit status (int)."""
    return run(str(PYTHON), "-m", "benchmarks")


def clean():
    """Remove all that the other commands made.

    :raise SetupError: something of it is in use; with what to do
    """
    with checkout.unused():
        odoo.CLUSTER.stop()
        run_program("rm", "-rf", DEV)


def run_odoo(*arguments):
    """:return: exit status (int)."""
    setup(*RUNTIME)
    return odoo.call(*odoo.command(*arguments))


def run(*command):
    """:return: exit status (int)."""
    setup()
    return odoo.call(*command)


COMMANDS = {
    "setup": setup,
    "demo": demo,
    "lint": lint,
    "test": test,
    "bench": bench,
    "clean": clean,
    "odoo": run_odoo,
    "run": run,
}


def main(what=None, *arguments):
    """:return: exit status (int or None)."""
    if what not in COMMANDS:
        print(USAGE, end="")
        return 2
    if what == "clean":
        return clean()
    with checkout.in_use():
        return COMMANDS[what](*arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except SetupError as error:
        sys.exit(f"devtools: {error}")
