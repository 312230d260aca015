"""``make bench``: take all figures and print them, as ratios where there is a baseline.

Nothing here passes or fails: figures depend on the machine, ratios hardly do.
"""

import json
import subprocess
import sys
import time

import devtools.odoo
from devtools import databases
from devtools.paths import ROOT
from devtools.server import OdooServer
from viber_simulator.testing import Simulator, wait_until

from . import load

CALLBACKS = 2000
RECEIPTS = 2000
MESSAGES, CUSTOMERS, LATENCY = 500, 50, 0.2
ROUND_TRIPS = 20
ROW = "{:<44}{:>12}{:>12}{:>9}{:>9}"
_INSIDE = {
    "texts": ("texts into the chatter a second", "≥ 0.8"),
    "first_messages": ("contact + task + message a second", "≥ 0.8"),
    "agents_post": ("an agent's post (s), bare: by e-mail", "≤ 1.3"),
}
_VIEWS = {
    "board": ("Project's board (s), bare: without ours", "≤ 1.2"),
    "task_list": ("Project's list (s)", "≤ 1.2"),
    "conversations": ("Viber → Conversations (s)", "≤ 1.2"),
}


def main():
    print(ROW.format("", "ours", "bare", "ratio", "reach"), flush=True)
    with devtools.odoo.environment() as variables, Simulator() as viber:
        variables["ODOO_RC"] = _configuration(variables)
        with databases.temporary(variables, "bench") as database:
            databases.upgrade(variables, database, "-i", "bench_bare")
            with OdooServer(variables, database, workers=2) as server:
                account = _connect(server, viber)
                _callbacks(server, account)
                _latency(server, account, viber)
                _sends_and_receipts(server, account, viber)
            _inside(variables, database, "inside.py", _INSIDE)
            _inside(variables, database, "views.py", _VIEWS)


def _configuration(variables):
    """Odoo's configuration with the bare addon beside ours."""
    from devtools.paths import DEV, ODOO_CONF

    text = ODOO_CONF.read_text()
    text = text.replace("addons_path = ", f"addons_path = {ROOT}/benchmarks/addons,")
    path = DEV / "bench.conf"
    path.write_text(text)
    return str(path)


def _connect(server, viber):
    """:return: the account: its ``bot``, ``id`` and ``url`` of the webhook (dict)."""
    parameter = "viber_connector.api_url", viber.api_url
    server.rpc("ir.config_parameter", "set_param", *parameter)
    bot = viber.create_bot("Bench")
    vals = {"auth_token": bot["token"], "base_url": server.url, "send_rate": 10_000}
    account = server.rpc("viber.account", "create", vals)
    server.rpc("viber.account", "action_connect", [account])
    # Whoever connects is told of each new conversation: that is not what is measured.
    server.rpc("viber.account", "write", [account], {"notify_user_ids": [(5,)]})
    [values] = server.rpc("viber.account", "read", [account], ["webhook_url"])
    return {"id": account, "bot": bot, "url": values["webhook_url"]}


def _callbacks(server, account):
    token = account["bot"]["token"]
    _hold_jobs(server)
    load.post(account["url"], load.callbacks(100, 10, start=-100), token)  # warm
    load.post(f"{server.url}/bench/bare", load.callbacks(100, 10), "bench")
    ours = load.post(account["url"], load.callbacks(CALLBACKS, 100), token)
    bare = load.post(
        f"{server.url}/bench/bare", load.callbacks(CALLBACKS, 100), "bench"
    )
    _report("callbacks accepted a second", ours, bare, "≥ 0.8")
    server.sql("DELETE FROM viber_event")
    _release_jobs(server)


def _hold_jobs(server):
    """The figure is about the web workers: no job takes the processor from them."""
    server.sql("UPDATE ir_cron SET nextcall = now() + interval '1 day'")
    server.sql("ALTER TABLE ir_cron RENAME COLUMN active TO active_held")
    server.sql("ALTER TABLE ir_cron ADD COLUMN active boolean DEFAULT false")


def _release_jobs(server):
    server.sql("ALTER TABLE ir_cron DROP COLUMN active")
    server.sql("ALTER TABLE ir_cron RENAME COLUMN active_held TO active")


def _latency(server, account, viber):
    customer = viber.create_user("Latency")
    inward, outward = [], []
    for number in range(ROUND_TRIPS):
        viber.write(customer, account["bot"], f"Round {number}")
        started = time.monotonic()
        domain = [("body", "ilike", f"Round {number}"), ("model", "=", "project.task")]
        found = wait_until(
            lambda domain=domain: server.rpc(
                "mail.message", "search_read", domain, ["res_id"]
            ),
            interval=0.01,
        )
        inward.append(time.monotonic() - started)
        server.rpc(
            *("project.task", "message_post", [found[0]["res_id"]]),
            body=f"Answer {number}",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        started = time.monotonic()
        viber.wait_for_message(customer, account["bot"], f"Answer {number}")
        outward.append(time.monotonic() - started)
    _report("callback → in the chatter, idle, p95 (s)", _p95(inward), reach="≤ 1")
    _report("Send → at Viber, idle, p95 (s)", _p95(outward), reach="≤ 1")


def _sends_and_receipts(server, account, viber):
    bodies = load.callbacks(CUSTOMERS, CUSTOMERS, start=10**6)
    load.post(account["url"], bodies, account["bot"]["token"])
    tasks = wait_until(
        lambda: _tasks(server, "Message 10000%"), timeout=60, what="the customers"
    )
    # The simulator does not know these customers: it is told to accept all.
    viber.fault(
        "body",
        method="send_message",
        seconds=LATENCY,
        body=json.dumps({"status": 0, "message_token": 1}),
    )
    viber.fault("latency", method="send_message", seconds=LATENCY)
    for number in range(MESSAGES):
        server.rpc(
            *("project.task", "message_post", [tasks[number % CUSTOMERS]]),
            body=f"Load {number}",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            context={"mail_notify_force_send": False},
        )
    waiting = (
        "SELECT count(*) FROM viber_message WHERE state IN ('outgoing', 'sending')"
    )
    wait_until(lambda: not server.sql(waiting)[0][0], timeout=120, interval=0.2)
    server.sql("UPDATE viber_message SET state = 'outgoing', message_token = NULL")
    started = time.monotonic()
    _trigger(server, "ir_cron_send_messages")
    wait_until(lambda: not server.sql(waiting)[0][0], timeout=120, interval=0.05)
    count = server.sql("SELECT count(*) FROM viber_message")[0][0]
    name = f"sends a second ({CUSTOMERS} customers, {LATENCY} s latency)"
    _report(name, count / (time.monotonic() - started), reach="≥ 50")
    viber.clear_faults()
    _receipts(server, account)


def _receipts(server, account):
    server.sql("UPDATE viber_message SET message_token = id::text, state = 'sent'")
    rows = server.sql(
        "SELECT message.id, viber_user_id FROM viber_message message "
        "JOIN viber_subscriber s ON s.id = message.subscriber_id ORDER BY message.id"
    )
    pending = "SELECT count(*) FROM viber_event WHERE state = 'pending'"
    wait_until(lambda: not server.sql(pending)[0][0], timeout=200, interval=0.2)
    server.sql(
        "INSERT INTO viber_event (account_id, event_type, message_token, viber_user_id,"
        " event_date, payload, state, attempt_count, create_date) "
        "SELECT message.account_id, 'delivered', message_token, viber_user_id, "
        "now() AT TIME ZONE 'UTC', '{}', "
        "'pending', 0, now() AT TIME ZONE 'UTC' FROM viber_message message "
        "JOIN viber_subscriber s ON s.id = message.subscriber_id"
    )
    started = time.monotonic()
    _trigger(server, "ir_cron_process_events")
    wait_until(lambda: not server.sql(pending)[0][0], timeout=120, interval=0.02)
    _report(
        "receipts a second", len(rows) / (time.monotonic() - started), reach="≥ 1000"
    )


def _tasks(server, pattern):
    rows = server.sql("SELECT id FROM project_task WHERE name LIKE %s", [pattern])
    return [row[0] for row in rows] if len(rows) == CUSTOMERS else None


def _trigger(server, name):
    [row] = server.rpc(
        *("ir.model.data", "search_read"), [("name", "=", name)], ["res_id"]
    )
    server.rpc("ir.cron", "method_direct_trigger", [row["res_id"]])


def _inside(variables, database, name, names):
    """Figures within one process.

    :param str name: of the script
    :param dict names: title and what is to be reached, by the name of each figure
    """
    command = devtools.odoo.command("shell", "-d", database, "--no-http")
    with (ROOT / "benchmarks" / name).open() as script:
        result = subprocess.run(
            command, env=variables, stdin=script, capture_output=True, text=True
        )
    found = [line for line in result.stdout.splitlines() if line.startswith("FIGURE ")]
    if len(found) != len(names):
        sys.exit(result.stdout + result.stderr)
    for line in found:
        name, ours, bare = json.loads(line.removeprefix("FIGURE "))
        title, reach = names[name]
        _report(title, ours, bare, reach)


def _p95(values):
    return sorted(values)[int(len(values) * 0.95) - 1]


def _report(name, ours, bare=None, reach=""):
    ratio = f"{ours / bare:.2f}" if bare else ""
    figures = [f"{value:.3g}" if value else "" for value in (ours, bare)]
    print(ROW.format(name, *figures, ratio, reach), flush=True)


if __name__ == "__main__":
    main()
