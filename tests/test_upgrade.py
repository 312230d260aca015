"""An update from the release before this one needs no hand."""

import re
import subprocess
from dataclasses import dataclass

import pytest

from devtools import databases, odoo, odoo_tree
from devtools.paths import ADDON, DATA, ROOT
from devtools.server import OdooError, OdooServer, free_port
from devtools.shell import run
from viber_simulator.testing import wait_until

from .support import Account, callbacks
from .support.old_rows import OldRows, compare
from .support.uploads import picture
from .test_install import problems

pytestmark = pytest.mark.patient

CHOSEN = {"interval_number": 7, "priority": 9}
KEYS = """
    SELECT key.auth_token FROM viber_account_key key
      JOIN viber_account account ON account.id = key.account_id
"""
JOBS = """
    SELECT cron.id FROM ir_cron cron
      JOIN ir_model_data data ON data.res_id = cron.id AND data.model = 'ir.cron'
     WHERE data.module = 'viber_connector' ORDER BY cron.id
"""
IS_OURS_TO_RESET = """
    SELECT name FROM ir_model_data
     WHERE module = 'viber_connector' AND model = 'ir.cron' AND NOT noupdate
"""
PENDING = """
    SELECT count(*) FILTER (WHERE is_parked),
           count(*) FILTER (WHERE is_parked IS NOT TRUE)
      FROM viber_event WHERE state = 'pending'
"""
SAID = """
    SELECT message.model, task.name FROM mail_message message
      JOIN project_task task ON task.id = message.res_id
     WHERE message.body LIKE %(text)s
"""
UNSENT = "SELECT count(*) FROM viber_message WHERE state IN ('outgoing', 'sending')"
# What was made by SQL has woken nobody.
CALL_JOBS = """
    UPDATE viber_media SET next_attempt_date = NULL
     WHERE id = (SELECT min(id) FROM viber_media);
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'
     WHERE id IN (SELECT res_id FROM ir_model_data
                   WHERE module = 'viber_connector' AND model = 'ir.cron')
"""


@pytest.fixture(scope="module")
def previous(variables, tmp_path_factory):
    """The environment (dict) in which Odoo finds the release before this one: the
    addon as it stood before its manifest got this version."""
    folder = tmp_path_factory.mktemp("previous")
    manifest = f"{ADDON.name}/__manifest__.py"
    version = re.search(r'"version": "([\d.]+)"', (ROOT / manifest).read_text())[1]
    log = "log", "-1", "--format=%H", f"-S{version}", "--", manifest
    commit = run("git", "-C", ROOT, *log).strip()
    assert commit, "the history of the repository is needed: git fetch --unshallow"
    archive = "git", "-C", ROOT, "archive", f"{commit}^", ADDON.name
    files = subprocess.run(archive, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(("tar", "-x", "-C", folder), input=files, check=True)
    addons_path = f"{folder},{odoo_tree.addons_path()}"
    configuration = folder / "odoo.conf"
    configuration.write_text(
        odoo.CONFIGURATION.format(addons_path=addons_path, data=DATA)
    )
    return variables | {"ODOO_RC": str(configuration)}


class Desk:
    """What an older release has done till now, and what waits there.

    :param OdooServer server: of that release, with nothing but the addon
    :param Simulator viber: running
    """

    def __init__(self, server, viber):
        self.viber = viber
        self.pictures = []
        parameter = "viber_connector.api_url", viber.api_url
        server.rpc("ir.config_parameter", "set_param", *parameter)
        self.account = Account(server, viber)
        self.customer, self.task = self._converse("Olena Koval")
        self.photographer, self.pictured = self._converse("Petro Bondar")
        self.blocked, _task = self._converse("Taras Melnyk")
        self.send_late_picture()
        server.rpc("project.task", "action_viber_ask_phone", [self.task])
        wait_until(lambda: server.sql(UNSENT) == [(0,)], what="the question")
        self.block(True)
        viber.write(self.blocked, self.account.bot, "Let me in")
        viber.connections("refuse")
        self.account.comment(self.task, "Waits")
        wait_until(lambda: self.account.read("paused_until")["paused_until"])
        self.jobs = [row[0] for row in server.sql(JOBS)]
        for job in self.jobs:
            wait_until(lambda job=job: _set(server, job, CHOSEN), what="the job")

    def _converse(self, name):
        customer = self.viber.create_user(name)
        task = self.account.write(customer, f"Good day from {name}")
        self.account.comment(task, f"Good day, {name}")
        self.viber.wait_for_message(customer, self.account.bot, f"Good day, {name}")
        return customer, task

    def viber_id(self, customer):
        return self.viber.viber_id(customer, self.account.bot)

    def texts(self):
        """:return: what was said to the first customer (list of str)"""
        messages = self.viber.messages(self.customer, self.account.bot, side="bot")
        return [message["content"].get("text") for message in messages]

    def block(self, is_blocked):
        """Block a customer, or let them in again."""
        odoo = self.account.odoo
        [row] = odoo.rpc(
            *("viber.subscriber", "search"),
            [("viber_user_id", "=", self.viber_id(self.blocked))],
        )
        odoo.rpc("viber.subscriber", "write", [row], {"is_blocked": is_blocked})

    def send_late_picture(self):
        """Let a customer send a picture that can't be fetched yet.

        :return: id of its row (int)
        """
        odoo = self.account.odoo
        before = odoo.rpc("viber.media", "search", [])
        picture_id = self.viber.upload("late.png", picture("PNG"), "image/png")
        self.viber.spoil(picture_id, status=503)
        self.viber.send(
            *(self.photographer, self.account.bot, {"type": "picture"}),
            media=picture_id,
        )
        self.pictures.append(picture_id)
        [row] = wait_until(
            lambda: set(odoo.rpc("viber.media", "search", [])).difference(before),
            what="the row of the picture",
        )
        return row


@pytest.fixture(scope="module")
def updated(variables, previous, simulator):
    """A database that was updated (:class:`Updated`)."""
    port = free_port()
    with databases.temporary(variables, "upgrade", databases.BASE) as database:
        databases.upgrade(previous, database, "-i", ADDON.name)
        with OdooServer(previous, database, port=port) as server:
            desk = Desk(server, simulator)
        rows = OldRows(server)
        rows.fill(desk.viber_id(desk.photographer), desk.viber_id(desk.blocked))
        before = rows.read()
        log = databases.upgrade(variables, database, "-u", ADDON.name)
        server = OdooServer(variables, database, port=port)
        yield Updated(server, desk, rows, before, rows.read(), log)


@dataclass(repr=False)
class Updated:
    """What an update has made of a database.

    :param OdooServer server: on it, not started
    :param Desk desk: what the older release had done
    :param OldRows rows: what was put there
    :param dict before: all rows as they were, and ``after``: as they are now
    :param str log: of the update
    """

    server: OdooServer
    desk: Desk
    rows: OldRows
    before: dict
    after: dict
    log: str


@pytest.fixture(scope="module")
def desk(updated):
    """What goes on with the new release (:class:`Desk`)."""
    desk = updated.desk
    desk.log_begin = len(updated.server.log_text())
    updated.server.sql(CALL_JOBS)
    desk.viber.connections("open")
    for picture_id in desk.pictures:
        desk.viber.spoil(picture_id)
    with updated.server as server:
        desk.account.odoo = server
        server.rpc("viber.account", "action_check", [desk.account.id])
        yield desk


def test_an_update_needs_no_hand(updated):
    assert problems(updated.log) == []


def test_an_update_changes_and_loses_no_row(updated):
    made = {table: len(rows) for table, rows in updated.before.items()}
    assert min(made["viber_event"], made["viber_message"]) > 10_000
    gone, other = compare(updated.before, updated.after)
    # What Viber said stood in parentheses behind the words for agents.
    parted = [change for change in other if "failure_reason" in change]
    assert (gone, [change for change in other if change not in parted]) == (set(), [])
    assert parted
    assert all(old.startswith(new[:-1]) for *_place, old, new in parted)
    for queue in ("viber_event", "viber_message", "viber_media", "viber_subscriber"):
        assert updated.after[queue].keys() == updated.before[queue].keys()


def test_who_waits_is_known(updated, desk):
    tasks = updated.after["project_task"]
    assert not tasks[desk.task]["viber_waiting_since"]
    assert "Good day" in tasks[desk.task]["viber_last_message_preview"]
    # The picture came after the answer.
    assert tasks[desk.pictured]["viber_waiting_since"]
    assert tasks[desk.pictured]["viber_last_message_preview"]


def test_what_asks_for_a_phone_number_says_so(updated):
    messages = updated.after["viber_message"].values()
    asking = [row for row in messages if "share-phone" in row["payload"]]
    assert asking == [row for row in messages if row["asks"] == "phone"] != []


def test_a_key_stays_where_it_is_and_in_no_log(updated):
    token = updated.desk.account.bot["token"]
    assert updated.server.sql(KEYS) == [(token,)]
    assert token not in updated.log


def test_jobs_stay_as_they_were_set(updated, desk):
    assert updated.server.sql(IS_OURS_TO_RESET) == []
    for job in desk.jobs:
        [kept] = updated.server.rpc("ir.cron", "read", [job], list(CHOSEN))
        assert kept == {"id": job} | CHOSEN


def test_what_came_is_processed_once(updated, desk):
    server, rows = updated.server, updated.rows
    account = desk.account
    assert account.read("state") == {"id": account.id, "state": "connected"}
    blocked = 1 + rows.count_blocked()
    wait_until(lambda: server.sql(PENDING) == [(blocked, 0)], what="the inbox")
    desk.block(False)
    wait_until(lambda: server.sql(PENDING) == [(0, 0)], what="what was parked")
    pending, parked = (
        rows.texts("viber_event", kind) for kind in ("pending", "parked")
    )
    assert pending and parked
    bodies = server.sql("SELECT string_agg(body, ' ') FROM mail_message")[0][0]
    posted = re.findall(r"Event \d+ was \w+\.|Let me in", bodies)
    assert sorted(posted) == sorted([*pending, *parked, "Let me in"])


def test_what_waits_is_sent_once(updated, desk):
    wait_until(lambda: updated.server.sql(UNSENT) == [(0,)], what="the outbox")
    wanted = updated.rows.texts("viber_message", "outgoing")
    assert wanted
    said = desk.texts()
    assert said.count("Waits") == 1
    assert sorted(t for t in said if t.startswith("Message")) == sorted(wanted)


def test_conversations_go_on(updated, desk):
    account = desk.account
    assert account.write(desk.customer, "After the update") == desk.task
    account.comment(desk.task, "All is as it was")
    desk.viber.wait_for_message(desk.customer, account.bot, "All is as it was")
    # One of those that were put there by hand, and so unknown at the simulator.
    name = "Old customer 7"
    body = callbacks.message({"id": name, "name": name}, type="text", text="Still here")
    signature = callbacks.sign(body, account.bot["token"])
    url = account.read("webhook_url")["webhook_url"]
    assert callbacks.post(url, body, signature) == 200
    where = wait_until(lambda: updated.server.sql(SAID, {"text": "%Still here%"}))
    assert where == [("project.task", name)]


def test_late_files_come(updated, desk):
    files = [
        ("res_model", "=", "project.task"),
        ("res_id", "=", desk.pictured),
        ("name", "=", "late.png"),
    ]
    odoo = desk.account.odoo
    wait_until(
        lambda: odoo.rpc("ir.attachment", "search_count", files) == 1,
        what="the picture that was late before the update",
    )
    [file] = odoo.rpc("viber.media", "read", [desk.send_late_picture()])
    place = file["state"], file["res_model"], file["res_id"]
    assert place == ("pending", "project.task", desk.pictured)


def test_nothing_was_wrong(updated, desk):
    assert problems(updated.server.log_text()[desk.log_begin :]) == []


def _set(server, job, values):
    """Change a job.

    :return: whether it was not just running (bool).
    """
    try:
        return server.rpc("ir.cron", "write", [job], values)
    except OdooError:
        return False
