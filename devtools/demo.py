"""``make demo``: Odoo, the stand-in for Viber, and a conversation between them."""

import fcntl
import signal
import sys
import time
from contextlib import contextmanager

from viber_simulator.testing import Simulator, wait_until

from . import databases, odoo
from .paths import ADDON, DEV
from .server import OdooServer, free_port
from .shell import SetupError, say

ODOO_PORT = 8069
PHONE_PORT = 8090

BOT = "Odoo Service Desk"
CUSTOMER = {"name": "Olena Koval", "language": "uk-UA", "country": "UA"}
QUESTION = "Good morning! My order has not arrived yet. Can you see where it is?"
ANSWER = "Good morning, Olena! It is on its way and will be with you tomorrow."


def main(name="demo"):
    """Run the demo until Ctrl-C, or until Odoo ends by itself.

    :param str name: of its database, and of the folder in ``.dev`` with its data
    """
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt_once)
    folder = DEV / name
    folder.mkdir(exist_ok=True)
    try:
        with _only_run(folder), odoo.environment() as variables:
            _prepare_database(variables, name, folder / "addon")
            _serve(variables, name, folder)
    except KeyboardInterrupt:
        say("The demo has ended")
    except SetupError as error:
        sys.exit(f"devtools: {error}")


def _interrupt_once(*_):
    """Begin to clean up, and let nothing interrupt that."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _only_run(folder):
    """:raise SetupError: another demo works on the same data."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError("the demo is running already") from error
        yield


def _prepare_database(variables, name, stamp):
    """Have the demo's database, with the addon as it is now.

    :param Path stamp: the file that says which state of the addon is installed
    """
    current = databases.fingerprint(databases.CONNECTOR)
    if name not in databases.names(variables):
        say("Database with demo data")
        databases.install(variables, name, "--with-demo", "-i", ADDON.name)
    elif not stamp.exists() or stamp.read_text() != current:
        say("Update of the addon in the demo's database")
        databases.upgrade(variables, name, "-u", ADDON.name)
    stamp.write_text(current)


def _serve(variables, database, folder):
    say("Odoo and the stand-in for Viber")
    state, log = folder / "simulator.json", folder / "simulator.log"
    phone_port, odoo_port = free_port(PHONE_PORT), free_port(ODOO_PORT)
    with (
        Simulator(phone_port, state=state, log=log) as viber,
        OdooServer(variables, database, port=odoo_port) as server,
    ):
        bot = _bot(viber)
        _notify_in_odoo(server)
        _connect(server, viber, bot)
        customer = _customer(viber)
        if not viber.messages(customer, bot):
            _converse(server, viber, customer, bot)
        print(
            f"\n    Odoo   {server.url}/odoo/viber-conversations"
            "   log in as admin/admin, or as the agent demo/demo"
            f"\n    Phone  {viber.phone_url(customer, bot)}   the customer's Viber"
            "\n\n    Ctrl-C ends both.\n",
            flush=True,
        )
        while server.is_running:
            time.sleep(1)
        say(f"Odoo has ended by itself, see {server.log}")


def _bot(viber):
    """:return: the demo's bot (dict), made at the first start."""
    return next(iter(viber.bots()), None) or viber.create_bot(BOT)


def _customer(viber):
    """:return: the demo's customer (dict), made at the first start."""
    return next(iter(viber.users()), None) or viber.create_user(**CUSTOMER)


def _notify_in_odoo(server):
    """No mail server is there: each e-mail to an agent would be shown as failed."""
    agents = server.rpc("res.users", "search", [("share", "=", False)])
    server.rpc("res.users", "write", agents, {"notification_type": "inbox"})


def _connect(server, viber, bot):
    """Connect Odoo's account with the bot; the ports may be others than last time."""
    server.rpc(
        "ir.config_parameter", "set_param", "viber_connector.api_url", viber.api_url
    )
    values = {"auth_token": bot["token"], "base_url": server.url}
    account = server.rpc("viber.account", "search", [], limit=1)
    if account:
        server.rpc("viber.account", "write", account, values)
    else:
        account = [server.rpc("viber.account", "create", {"name": BOT} | values)]
    server.rpc("viber.account", "action_connect", account)


def _converse(server, viber, customer, bot):
    """Let the customer ask, wait for the task, and let an agent answer."""
    viber.write(customer, bot, QUESTION)
    viber_id = viber.viber_id(customer, bot)
    domain = [("viber_subscriber_id.viber_user_id", "=", viber_id)]
    task = wait_until(
        lambda: server.rpc("project.task", "search", domain, limit=1),
        timeout=60,
        what="the task of the customer's message",
    )
    agent = server.session("demo")
    agent.rpc(
        *("project.task", "message_post", task),
        body=ANSWER,
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )
    viber.wait_for_message(customer, bot, ANSWER, timeout=60)


if __name__ == "__main__":
    main(*sys.argv[1:])
