"""An account looks after itself: each thing is broken in turn, on a real server, and
found, told once, mended and found to be mended."""

import importlib.util
import json
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import expect

from devtools import odoo as odoo_tools
from devtools.paths import LOGS, ROOT
from devtools.server import OdooError
from viber_simulator.testing import wait_until

from .support import Account, log_in

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
# That a form may take, whatever Viber does.
SLOW_SECONDS = 16
JOB_OF = """
    SELECT res_id FROM ir_model_data
     WHERE module = 'viber_connector' AND model = 'ir.cron' AND name = %s
"""
DUE = "UPDATE viber_account SET health_date = NULL WHERE id = %s"
# Looks with the real job, in a process where loopback counts as public, with an
# authority of ours. All else is as it is.
SHELL = """
import json
import socket
from odoo.addons.viber_connector.tools import https_check, wire

given = json.loads({given!r})
https_check.where = lambda: given["bundle"]
wire.is_public_ip = lambda ip: True
resolve = socket.getaddrinfo
def getaddrinfo(host, port, *args, **kwargs):
    if host == given["host"]:
        host = "127.0.0.1"
    elif host.endswith(".example.com"):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    return resolve(host, port, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
own = env(su=True)
account = own["viber.account"].browse(given["account"])
for url in given["urls"]:
    type(account)._health_address = lambda self, url=url: url
    account.health_date = False
    own.cr.commit()
    own["viber.health"]._process_queue()
    account.invalidate_recordset()
    found = {{check["code"]: check for check in account.health_report}}
    count = own["mail.activity"].search_count(
        [("res_model", "=", "viber.account"), ("res_id", "=", account.id)]
    )
    told = account.health_activity_id.note or ""
    print("found", json.dumps([found["https"], count, told]), flush=True)
"""


def _load_tls():
    """:return: ``viber_connector/tests/tls.py``, past its package, which needs Odoo"""
    path = ROOT / "viber_connector" / "tests" / "tls.py"
    spec = importlib.util.spec_from_file_location("viber_connector_tls", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tls = _load_tls()


class Health:
    """What an account says of itself, after a look."""

    def __init__(self, account):
        self.account = account
        self.odoo = account.odoo
        self.id = account.id

    def job(self, name):
        """:return: id of one of our jobs"""
        [(job_id,)] = self.odoo.sql(JOB_OF, [name])
        return job_id

    def look(self):
        """Have the job look, as soon as it does not run anyway.

        :return: the checks by their codes
        """
        self.odoo.sql(DUE, [self.id])

        def run():
            try:
                job_id = self.job("ir_cron_check_accounts")
                self.odoo.rpc("ir.cron", "method_direct_trigger", [job_id])
            except OdooError:
                return False
            return True

        wait_until(run, what="a look")
        return self.report()

    def change_job(self, job, **vals):
        """As soon as it does not run."""

        def write():
            try:
                return self.odoo.rpc("ir.cron", "write", [job], vals)
            except OdooError:
                return False

        wait_until(write, what="a job that does not run")

    def report(self):
        values = self.account.read("health_report")
        return {check["code"]: check for check in values["health_report"]}

    def repair(self, **context):
        """:return: what it said"""
        action = self.odoo.rpc(
            "viber.account", "action_repair", [self.id], context=context
        )
        return action["params"]["message"]

    def activities(self):
        return self.odoo.rpc(
            "mail.activity",
            "search_count",
            [("res_model", "=", "viber.account"), ("res_id", "=", self.id)],
        )

    def assert_found(self, code, level, text, advice):
        """Look twice: it is said, and told once if it is a problem."""
        for _look in range(2):
            check = self.look()[code]
            assert check["level"] == level, check
            assert text in check["text"], check
            assert advice in check["advice"], check
            assert self.activities() == (level == "problem")
        assert self.account.read("health")["health"] == level

    def assert_healed(self):
        """Look: nothing is wrong, and nobody has anything to do."""
        found = {
            code: check for code, check in self.look().items() if check["level"] != "ok"
        }
        assert not found
        assert not self.activities()


@pytest.fixture
def health(odoo, simulator):
    return Health(Account(odoo, simulator, name="Service desk"))


def call(health, method, **body):
    """Call the Bot API as somebody else who has the key."""
    headers = {"X-Viber-Auth-Token": health.account.bot["token"]}
    url = f"{health.account.viber.api_url}/{method}"
    answer = requests.post(url, json=body, headers=headers, timeout=30).json()
    assert answer["status"] == 0, answer


@contextmanager
def other_system():
    """:return: context manager, gives the address of a webhook that is not Odoo's"""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    try:
        yield f"http://localhost:{server.server_port}/hook/secret"
    finally:
        server.shutdown()
        server.server_close()


def test_all_is_well_at_first(health):
    assert health.account.read("health")["health"] == "ok", health.report()
    checks = health.look()
    assert len(checks) == 11
    assert "stand-in" in checks["https"]["text"]
    health.assert_healed()


def test_a_webhook_that_was_taken_over(health):
    with other_system() as url:
        call(health, "set_webhook", url=url)
        health.assert_found("webhook_url", "problem", "localhost", "Take Over")
        assert "secret" not in json.dumps(health.report())
        assert "left alone" in health.repair()
        health.assert_found("webhook_url", "problem", "localhost", "Take Over")
        assert "set again" in health.repair(viber_take_over=True)
        health.assert_healed()


def test_a_webhook_that_was_removed(health):
    call(health, "set_webhook", url="")
    health.assert_found("webhook_url", "problem", "to nobody", "Repair")
    assert "set again" in health.repair()
    health.assert_healed()


def test_events_that_are_missing(health):
    url = health.account.read("webhook_url")["webhook_url"]
    call(health, "set_webhook", url=url, event_types=["delivered"])
    health.assert_found("webhook_events", "warning", "that it was read", "Repair")
    assert "set again" in health.repair()
    health.assert_healed()


def test_a_key_that_was_revoked(health):
    bot, token = health.account.bot, health.account.bot["token"]
    health.account.viber.update_bot(bot, token=f"{token[:-4]}0000")
    health.assert_found("key", "problem", "refuses", "paste it whole")
    health.account.viber.update_bot(bot, token=token)
    health.assert_healed()


def test_a_key_that_was_renewed(health, customer):
    """What Viber signed with the previous one arrives, too, for a while."""
    account = health.account
    old, new = account.bot["token"], f"{account.bot['token'][:-4]}1111"
    task = account.write(customer, "With the first key")
    account.viber.update_bot(account.bot, token=new)
    health.odoo.rpc("viber.account", "write", [account.id], {"auth_token": new})
    values = account.read("state", "old_key_until")
    assert values["state"] == "connected" and values["old_key_until"]
    # The service is slow to hear of it.
    account.viber.update_bot(account.bot, token=old)
    account.write(customer, "Still signed with the first")
    account.viber.update_bot(account.bot, token=new)
    assert account.write(customer, "With the second key") == task
    health.odoo.rpc("viber.account", "action_refuse_old_key", [account.id])
    assert not account.read("old_key_until")["old_key_until"]
    health.assert_healed()
    account.viber.update_bot(account.bot, token=old)
    account.viber.write(customer, account.bot, "Somebody else's")
    refused = "SELECT sum(count) FROM viber_refusal WHERE account_id = %s"
    wait_until(lambda: health.odoo.sql(refused, [account.id])[0][0], what="a refusal")
    account.viber.update_bot(account.bot, token=new)
    health.assert_found("refused_signatures", "warning", "wrong", "somebody else")


def test_a_slow_viber_keeps_nobody_waiting(health):
    # The job, which looks after Connect, is done.
    health.look()
    health.account.viber.fault("latency", seconds=60, bot=health.account.bot)
    start = time.monotonic()
    health.odoo.rpc("viber.account", "action_diagnose", [health.id])
    assert time.monotonic() - start < SLOW_SECONDS
    assert health.report()["key"]["level"] == "warning"
    health.account.viber.clear_faults()
    health.assert_healed()


def test_a_job_that_is_off(health):
    job = health.job("ir_cron_send_messages")
    health.change_job(job, active=False)
    health.assert_found("scheduler", "problem", "send the outbox", "Repair")
    assert "Switched on" in health.repair()
    health.assert_healed()


def test_a_job_that_odoo_switched_off(health):
    """By its own scheduler, after the job had failed for a week."""
    job = health.job("ir_cron_fetch_media")
    [row] = health.odoo.rpc("ir.cron", "read", [job], ["code"])
    health.change_job(job, code="1 / 0")
    health.odoo.sql(
        "UPDATE ir_cron SET failure_count = 4, nextcall = now() - interval '1 minute',"
        " first_failure_date = now() - interval '8 days' WHERE id = %s",
        [job],
    )
    # Odoo's scheduler hears of it.
    health.odoo.rpc("viber.account", "action_repair", [health.id])
    is_off = "SELECT 1 FROM ir_cron WHERE id = %s AND NOT active"
    wait_until(lambda: health.odoo.sql(is_off, [job]), what="a job that is off")
    health.assert_found("scheduler", "problem", "failing for a week", "Repair")
    health.change_job(job, code=row["code"])
    assert "Switched on" in health.repair()
    health.assert_healed()


def test_messages_that_wait(health, customer):
    task = health.account.write(customer, "Good day")
    health.account.viber.fault("http", http_status=503, bot=health.account.bot)
    health.account.comment(task, "It is being extinguished")
    paused = "SELECT 1 FROM viber_account WHERE id = %s AND paused_since IS NOT NULL"
    wait_until(lambda: health.odoo.sql(paused, [health.id]), what="a pause")
    health.odoo.sql(
        "UPDATE viber_message SET create_date = create_date - interval '2 hours',"
        " next_attempt_date = NULL WHERE account_id = %s AND state = 'outgoing'",
        [health.id],
    )
    health.look()
    assert health.report()["key"]["level"] == "warning"
    health.assert_found("outbox_backlog", "problem", "2 hours", "Repair")
    health.account.viber.clear_faults()
    assert "open again" in health.repair()
    health.account.viber.wait_for_message(
        customer, health.account.bot, "It is being extinguished"
    )
    health.assert_healed()


def test_customers_who_wait(health, customer):
    job = health.job("ir_cron_process_events")
    health.change_job(job, active=False)
    health.account.viber.write(customer, health.account.bot, "Is anybody there?")
    pending = "UPDATE viber_event SET create_date = create_date - interval '2 hours'"
    pending += " WHERE account_id = %s AND state = 'pending' RETURNING 1"
    wait_until(lambda: health.odoo.sql(pending, [health.id]), what="an event")
    health.assert_found("inbox_backlog", "problem", "hours", "Repair")
    health.repair()
    health.account.wait_for_task(customer)
    wait_until(
        lambda: health.look()["inbox_backlog"]["level"] == "ok", what="an empty inbox"
    )
    health.assert_healed()


def test_a_copy_of_the_database(health):
    name = "database_uuid"
    change = f"UPDATE viber_account SET {name} = %s WHERE id = %s"
    [(uuid,)] = health.odoo.sql(
        f"SELECT {name} FROM viber_account WHERE id = %s", [health.id]
    )
    health.odoo.sql(change, ["another", health.id])
    calls = len(health.account.viber.calls())
    health.assert_found("copied_database", "problem", "copy", "real one")
    assert "is a copy" in health.repair(viber_take_over=True)
    assert len(health.account.viber.calls()) == calls
    health.odoo.sql(change, [uuid, health.id])
    health.odoo.sql("UPDATE viber_account SET copy_seen_date = NULL")
    health.assert_healed()


def test_the_certificate_of_the_public_address(health, variables, tmp_path):
    authority = tls.Authority(tmp_path)
    redirect = b"HTTP/1.1 302 x\r\nLocation: https://www.example.org/login\r\n\r\n"
    fine = authority.issue()
    cases = [
        (tls.Server(fine), "ok", "certificate until", ""),
        (tls.Server(authority.issue(itself=True)), "problem", "by itself", "authority"),
        (tls.Server(authority.issue(days=(-90, -1))), "problem", "expired", "Renew it"),
        (tls.Server(authority.issue("a.example.com")), "problem", "another", "chain"),
        (tls.Server(fine, redirect), "problem", "www.example.org", "redirect"),
        (tls.Server(fine, b"HTTP/1.1 404 x\r\n\r\n"), "problem", "404", "database"),
        (tls.Server(fine), "problem", "Nobody answers", "firewall"),
        (tls.Server(authority.issue(days=(-80, 9))), "warning", "ends on", "renewed"),
        (tls.Server(fine), "ok", "certificate until", ""),
    ]
    # A closed port.
    cases[6][0].close()
    urls = [
        f"https://{tls.HOST}:{server.port}/viber/webhook/x" for server, *_rest in cases
    ]
    unknown = "https://nobody.example.com/viber/webhook/x"
    given = {
        "account": health.id,
        "bundle": str(authority.bundle()),
        "host": tls.HOST,
        "urls": [unknown, *urls],
    }
    found = look_from_shell(variables, health.odoo.database, given)
    expected = [("problem", "not found", "internet"), *(case[1:] for case in cases)]
    assert len(found) == len(expected)
    for (check, count, note), (level, text, advice) in zip(
        found, expected, strict=True
    ):
        assert check["level"] == level, check
        assert text in check["text"], check
        assert advice in check["advice"], check
        assert count == (level == "problem"), check
        assert (check["text"] in note) == (level == "problem"), note
    for server, *_rest in cases:
        server.close()
    health.assert_healed()


def look_from_shell(variables, database, given):
    """:return: for each address the check, the number of activities, and their text"""
    log = LOGS / f"{database}-health.log"
    with log.open("wb") as errors:
        done = subprocess.run(
            odoo_tools.command("shell", "-d", database, "--no-http"),
            env=variables,
            input=SHELL.format(given=json.dumps(given)),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=120,
            check=True,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    return [json.loads(line.removeprefix("found ")) for line in lines]


# -- What a manager sees -----------------------------------------------------------


@pytest.fixture
def ill(odoo_threaded, simulator):
    """An account with problems, warnings and more."""
    health = Health(Account(odoo_threaded, simulator, name="Service desk"))
    call(health, "set_webhook", url="")
    job = health.job("ir_cron_fetch_media")
    odoo_threaded.sql("UPDATE ir_cron SET failure_count = 1 WHERE id = %s", [job])
    health.look()
    return health


def test_the_form_says_what_is_wrong_and_repairs_it(
    page, odoo_threaded, ill, screenshots
):
    page.set_viewport_size(WIDE)
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/viber.account/{ill.id}")
    checks = page.locator(".o_viber_check:visible")
    expect(checks.first).to_contain_text("to nobody")
    expect(checks.first.get_by_role("img", name="Problem")).to_be_visible()
    assert [c.get_attribute("data-level") for c in checks.all()] == [
        "problem",
        "warning",
    ]
    page.screenshot(path=screenshots / "health-form-wide.png")
    page.locator(".o_viber_checks summary").click()
    expect(checks).to_have_count(10)
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "health-form-narrow.png")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Repair", exact=True).click()
    expect(page.locator(".o_notification")).to_contain_text("The webhook was set again")
    expect(page.locator(".o_viber_check:visible", has_text="to nobody")).to_have_count(
        0
    )
    page.screenshot(path=screenshots / "health-form-repaired.png")


def test_the_list_and_the_menu_show_the_worst(page, odoo_threaded, ill, screenshots):
    page.set_viewport_size(WIDE)
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/action-viber_connector.viber_account_action")
    badge = page.locator("td[name=health] .badge", has_text="Needs You")
    expect(badge.first).to_be_visible()
    menu = page.locator("[data-menu-xmlid='viber_connector.viber_account_menu']")
    expect(menu.first).to_be_visible()
    mark = "e => getComputedStyle(e, '::after').content"
    wait_until(lambda: menu.first.evaluate(mark) == '"!"', what="a mark at the menu")
    page.screenshot(path=screenshots / "health-list.png")
    # It goes by itself as soon as all is well again.
    accounts = odoo_threaded.rpc("viber.account", "search", [("state", "!=", "draft")])
    others = [other for other in accounts if other != ill.id]
    odoo_threaded.rpc("viber.account", "write", others, {"active": False})
    odoo_threaded.sql("UPDATE ir_cron SET failure_count = 0")
    ill.repair()
    wait_until(
        lambda: menu.first.evaluate(mark) in ("none", "normal"),
        what="a menu without a mark",
    )


def test_another_system_is_asked_about(page, odoo_threaded, ill, screenshots):
    with other_system() as url:
        call(ill, "set_webhook", url=url)
        ill.look()
        page.set_viewport_size(WIDE)
        log_in(page, odoo_threaded)
        page.goto(f"{odoo_threaded.url}/odoo/viber.account/{ill.id}")
        page.get_by_role("button", name="Take Over").click()
        dialog = page.locator(".modal-dialog")
        expect(dialog).to_contain_text("no longer go to the other system")
        page.wait_for_timeout(300)
        page.screenshot(path=screenshots / "health-take-over.png")
        dialog.locator("button.btn-primary").click()
        expect(page.locator(".o_notification")).to_contain_text("set again")


def test_agents_see_nothing_of_it(page, odoo_threaded, ill):
    groups = ["base.group_user", "project.group_project_user"]
    ids = [
        odoo_threaded.rpc("ir.model.data", "check_object_reference", *name.split("."))
        for name in groups
    ]
    odoo_threaded.rpc(
        "res.users",
        "create",
        {
            "name": "Agent",
            "login": "health_agent",
            "password": "health_agent",
            "group_ids": [(6, 0, [group_id for _model, group_id in ids])],
        },
    )
    log_in(page, odoo_threaded, "health_agent")
    page.wait_for_timeout(1000)
    assert page.evaluate("document.body.dataset.viberHealth === undefined")
