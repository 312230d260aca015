"""Running Odoo, and anything that talks to its databases, in the private setting."""

import os
import subprocess
from contextlib import contextmanager

from . import odoo_tree
from .paths import DATA, ODOO_BIN, ODOO_CONF, POSTGRES, ROOT, VENV
from .postgres import Cluster
from .python_env import PYTHON

CONFIGURATION = """\
[options]
addons_path = {addons_path}
data_dir = {data}
http_interface = 127.0.0.1
"""


CLUSTER = Cluster(POSTGRES)


def prepare():
    """Have a database cluster, and the configuration that every Odoo starts with."""
    CLUSTER.prepare()
    addons_path = ",".join(map(str, (ROOT, odoo_tree.addons_path())))
    ODOO_CONF.write_text(CONFIGURATION.format(addons_path=addons_path, data=DATA))


@contextmanager
def environment():
    """Have PostgreSQL run.

    :return: context manager, gives the environment (dict) in which the programs of the
        private setting find each other: Odoo, its configuration, database and venv
    """
    with CLUSTER.running() as libpq:
        own = {
            "PATH": f"{VENV}/bin:{CLUSTER.bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(odoo_tree.python_path()),
            "ODOO_RC": str(ODOO_CONF),
        }
        yield os.environ | libpq | own


def command(*arguments):
    """:return: the command (list of str) of Odoo's CLI with some arguments."""
    return [str(PYTHON), str(ODOO_BIN), *map(str, arguments)]


def call(*arguments):
    """Run Odoo's CLI, or any other program, to its end.

    :param arguments: program and arguments; see :func:`command` for Odoo's own
    :return: exit status (int)
    """
    with environment() as variables:
        return subprocess.run(arguments, env=variables, cwd=ROOT).returncode
