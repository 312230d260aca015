"""A running Odoo, for the demo and the system tests; needs the venv."""

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import psycopg2

from . import odoo
from .paths import LOGS, ROOT

START_SECONDS = 120
STOP_SECONDS = 30
CALL_SECONDS = 60


class OdooError(Exception):
    """What Odoo answered to a call, or why it does not run."""


def free_port(preferred=0):
    """Find a free port of the loopback device.

    :param int preferred: the first to try, then those above it; 0 takes any
    :return: int
    """
    for port in range(preferred, preferred + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OdooError(f"no free port from {preferred} on")


class OdooSession:
    """Calls to Odoo's models as one user, by the same routes as the web client's.

    :param str url: of the server
    :param str database: name
    :raise OdooError: wrong login
    """

    def __init__(self, url, database, login="admin", password="admin"):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        direct = urllib.request.ProxyHandler({})
        self._opener = urllib.request.build_opener(cookies, direct)
        credentials = {"db": database, "login": login, "password": password}
        self.uid = self._post("/web/session/authenticate", credentials)["uid"]

    def rpc(self, model, method, *args, **kwargs):
        """Call a public method of a model.

        :param args: positional arguments; of a method of records the first is their ids
        :param kwargs: named arguments, ``context`` among them
        :return: what the method returned, as JSON can tell it
        :raise OdooError: with the name and message of Odoo's exception
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def _post(self, path, params):
        request = urllib.request.Request(
            self.url + path,
            json.dumps({"jsonrpc": "2.0", "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=CALL_SECONDS) as response:
            answer = json.load(response)
        if error := answer.get("error"):
            raise OdooError(f"{error['data']['name']}: {error['data']['message']}")
        return answer.get("result")


class OdooServer:
    """One Odoo server on one database.

    :param dict variables: of :func:`devtools.odoo.environment`
    :param str database: name of an existing database
    :param int workers: 0 is threaded mode, which has the websocket on the same port;
        more is prefork mode with one cron worker
    :param int port: fixed port; a free one by default, kept over a restart
    :param Path log: file, by default named after the database; it is appended to
    """

    def __init__(self, variables, database, workers=0, port=None, log=None):
        self.database = database
        self.workers = workers
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(log or LOGS / f"{database}.log")
        self._variables = variables
        self._event_port = free_port()
        self._process = None
        self._admin = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc_info):
        self.stop()

    def start(self):
        """Start the server and wait until it serves its database.

        :return: self
        :raise OdooError: with the end of the log, when it ends or takes too long
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = odoo.command(
            *("-d", self.database, "--workers", self.workers),
            *("--http-port", self.port, "--gevent-port", self._event_port),
            *("--max-cron-threads", 1),
        )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._variables,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C reaches us only, and we end it in order.
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    def stop(self):
        """End the server in order, by force when it takes too long."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        """End the server and all its workers at once, as a crash would (SIGKILL)."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None

    def restart(self):
        """Stop if still running, and start again on the same port.

        :return: self
        """
        self.stop()
        return self.start()

    @property
    def is_running(self):
        """bool: whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def session(self, login, password=None):
        """Log in as another user.

        :param str password: the login itself by default, as in demo data
        :return: :class:`OdooSession`
        """
        return OdooSession(self.url, self.database, login, password or login)

    def rpc(self, model, method, *args, **kwargs):
        """Call a method as the administrator, see :meth:`OdooSession.rpc`."""
        self._admin = self._admin or self.session("admin")
        return self._admin.rpc(model, method, *args, **kwargs)

    def sql(self, query, params=None):
        """Run one statement in a transaction of its own.

        :param params: values for ``%s`` in the query
        :return: list of tuples; empty when the statement gives no rows
        """
        connection = psycopg2.connect(
            dbname=self.database,
            host=self._variables["PGHOST"],
            port=self._variables["PGPORT"],
            user=self._variables["PGUSER"],
            password=self._variables["PGPASSWORD"],
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def log_text(self):
        """:return: everything that was logged so far (str)."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running:
                break
            try:
                self._admin = self.session("admin")
                return
            except OSError:
                time.sleep(0.1)
        self.kill()
        raise OdooError(f"Odoo did not start:\n{self.log_text()[-5000:]}")
