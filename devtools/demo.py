"""``make demo``: Odoo, the stand-in for Viber, and a conversation between them."""

import signal
import time

from viber_simulator.testing import Simulator, wait_until

from . import databases, odoo
from .paths import ADDON, DEV, LOGS
from .server import OdooServer, free_port
from .shell import say

DATABASE = "demo"
FOLDER = DEV / "demo"
STAMP = FOLDER / "addon"
ODOO_PORT = 8069
PHONE_PORT = 8090

BOT = "Odoo Service Desk"
CUSTOMER = {"name": "Olena Koval", "language": "uk-UA", "country": "UA"}
QUESTION = "Good morning! My order has not arrived yet. Can you see where it is?"
ANSWER = "Good morning, Olena! It is on its way and will be with you tomorrow."


def main():
    """Run the demo until Ctrl-C, or until one of the servers ends."""
    FOLDER.mkdir(exist_ok=True)
    # `kill` shall clean up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with odoo.environment() as variables:
            _prepare_database(variables)
            _serve(variables)
    except KeyboardInterrupt:
        say("The demo has ended")


def _prepare_database(variables):
    """Have the demo's database, with the addon as it is now."""
    current = databases.fingerprint(databases.CONNECTOR)
    if DATABASE not in databases.names(variables):
        say("Database with demo data")
        databases.install(variables, DATABASE, "--with-demo", "-i", ADDON.name)
    elif not STAMP.exists() or STAMP.read_text() != current:
        say("Update of the addon in the demo's database")
        databases.upgrade(variables, DATABASE, "-u", ADDON.name)
    STAMP.write_text(current)


def _serve(variables):
    say("Odoo and the stand-in for Viber")
    log, state = LOGS / "simulator.log", FOLDER / "simulator.json"
    LOGS.mkdir(exist_ok=True)
    phone_port, odoo_port = free_port(PHONE_PORT), free_port(ODOO_PORT)
    with (
        Simulator(phone_port, state=state, log=log) as viber,
        OdooServer(variables, DATABASE, port=odoo_port) as server,
    ):
        bot = _bot(viber)
        _connect(server, viber, bot)
        customer = _customer(viber)
        if not viber.messages(customer, bot):
            _converse(server, viber, customer, bot)
        print(
            f"\n    Odoo   {server.url}/odoo   login admin, password admin"
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
    domain = [("viber_subscriber_id", "!=", False)]
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
    main()
