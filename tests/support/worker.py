"""A second worker of the inbox, in a process of its own beside the server's job."""

import subprocess
from contextlib import contextmanager

from devtools import odoo
from devtools.paths import LOGS

# Odoo runs a job once at a time, so this calls the method that the job calls, and does
# it as another user than the job, so that it can be told who did what.
_LOOP = """
import time
own = env(user=env.ref("base.user_admin"), su=True)
print("ready", flush=True)
while True:
    own["viber.event"]._process_queue()
    own.cr.commit()
    time.sleep(0.05)
"""


@contextmanager
def second_worker(variables, database):
    """Have the inbox of a database worked off by another process.

    :param dict variables: of :func:`devtools.odoo.environment`
    :return: context manager, gives the process (:class:`subprocess.Popen`), which only
        ends by itself when the loop fails; its log is in ``LOGS``
    """
    command = odoo.command("shell", "-d", database, "--no-http")
    with (LOGS / f"{database}-second-worker.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            process.stdin.write(_LOOP)
            process.stdin.close()
            assert process.stdout.readline() == "ready\n", f"see {log.name}"
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
