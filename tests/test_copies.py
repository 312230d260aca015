"""A copy of a connected database beside the original, both at work with one bot."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from devtools import databases
from devtools.server import OdooError, OdooServer
from viber_simulator.testing import wait_until

from .support import Account, log_in, open_page
from .support.callbacks import message, post, sign

WIDTHS = {1400: 900, 390: 844}
CUSTOMERS = 3
BEFORE = ["before 1", "before 2"]
IN_COPY = "written in the copy"
IN_ORIGINAL = "written in the original"
TO_COPY = "to the copy"
ADOPT = "This Is the Real One Now"

JOBS = """
    SELECT res_id FROM ir_model_data
     WHERE module = 'viber_connector' AND model = 'ir.cron'
       AND name IN ('ir_cron_process_events', 'ir_cron_send_messages')
"""
STOP = f"UPDATE ir_cron SET active = FALSE WHERE id IN ({JOBS})"
GO = f"""
    UPDATE ir_cron SET active = TRUE, nextcall = now() AT TIME ZONE 'UTC'
     WHERE id IN ({JOBS})
"""
STATES = """
    SELECT payload::json->>'text', state FROM viber_message
     WHERE account_id = %s ORDER BY id
"""


class Twin(Account):
    """The same account in a copy of its database.

    :param Account account: in the original
    :param OdooServer odoo: on the copy
    """

    def __init__(self, account, odoo):
        self.odoo, self.viber = odoo, account.viber
        self.bot, self.id = account.bot, account.id

    def states(self):
        """:return: pairs of text and state of its messages."""
        return self.odoo.sql(STATES, [self.id])

    def post(self, customer, text):
        """Bring a callback here, as Viber would.

        :return: the HTTP status (int)
        """
        sender = {"id": self.viber.viber_id(customer, self.bot), "name": "Olena"}
        body = message(sender, type="text", text=text)
        path = self.read("webhook_url")["webhook_url"].partition("/viber/")[2]
        url = f"{self.odoo.url}/viber/{path}"
        return post(url, body, sign(body, self.bot["token"]))

    def wait_for_jobs(self):
        """Have both queues looked at once more."""
        self.odoo.sql(GO)
        for (job,) in self.odoo.sql(JOBS):
            wait_until(lambda j=job: self._run(j), what="the job")

    def _run(self, job):
        try:
            self.odoo.rpc("ir.cron", "method_direct_trigger", [job])
        except OdooError as error:
            # The scheduler was quicker.
            assert "already executing" in str(error)
            return False
        return True

    def here(self):
        """Viber reaches the copy where it is."""
        self.odoo.rpc("viber.account", "write", [self.id], {"base_url": self.odoo.url})


@pytest.fixture
def customers(simulator):
    """Those who write (list of dict)."""
    return [simulator.create_user(f"Customer {n}") for n in range(CUSTOMERS)]


@pytest.fixture
def tasks(account, customers, odoo):
    """Their conversations (list of int), each with messages that have not left."""
    found = [account.write(customer, "Good day") for customer in customers]
    # OdooBot's first words would cover the page.
    users = odoo.rpc("res.users", "search", [("login", "=", "admin")])
    odoo.rpc("res.users", "write", users, {"odoobot_state": "disabled"})
    odoo.sql(STOP)
    for text in BEFORE:
        for task in found:
            account.comment(task, text)
    return found


@contextmanager
def copied(variables, odoo, purpose, is_neutralized=False):
    """Have a copy of a server's database, and both at work.

    :return: context manager, gives the copy's server
    """
    odoo.stop()
    odoo.sql(GO)
    with databases.copied(variables, odoo.database, purpose) as name:
        if is_neutralized:
            databases.neutralize(variables, name)
        odoo.start()
        with OdooServer(variables, name) as server:
            yield server


def said(simulator, account, customer):
    """:return: what a customer has got (list of str)"""
    messages = simulator.messages(customer, account.bot, side="bot")
    return [message["content"].get("text") for message in messages]


def look(browser, odoo, path, banner, picture):
    """See that a banner is there whole, on a large and on a small screen.

    :param str path: of the page
    :param str banner: its words
    :param Path picture: where to keep what is seen, without width and suffix
    """
    for width, height in WIDTHS.items():
        viewport = {"width": width, "height": height}
        with open_page(browser, viewport=viewport) as page:
            log_in(page, odoo)
            page.goto(odoo.url + path)
            shown = page.locator(".alert:visible", has_text=banner)
            expect(shown).to_be_visible()
            expect(shown.get_by_role("button", name=ADOPT)).to_be_visible()
            box = shown.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            page.screenshot(path=f"{picture}-{width}.png")


def test_the_original_sends_all_and_the_copy_what_was_written_there(
    variables, odoo, simulator, account, customers, tasks, browser, screenshots
):
    with copied(variables, odoo, "test-copies-plain") as server:
        twin = Twin(account, server)
        for task, customer in zip(tasks, customers, strict=True):
            account.comment(task, IN_ORIGINAL)
            twin.comment(task, IN_COPY)
            simulator.wait_for_message(customer, account.bot, IN_ORIGINAL)
            assert twin.post(customer, TO_COPY) == 200
        twin.wait_for_jobs()
        for customer in customers:
            assert said(simulator, account, customer) == [*BEFORE, IN_ORIGINAL]
        assert {state for _text, state in twin.states()} == {"outgoing"}
        parked = "SELECT count(*) FROM viber_event WHERE is_parked AND payload ~ %s"
        assert server.sql(parked, [TO_COPY]) == [(CUSTOMERS,)]
        look(
            *(browser, server, f"/odoo/viber.account/{twin.id}"),
            *("nothing is sent from here", screenshots / "copy-account"),
        )
        look(
            *(browser, server, f"/odoo/project.task/{tasks[0]}"),
            *("kept here and not sent", screenshots / "copy-conversation"),
        )

        twin.here()
        admins = [server.session("admin") for _ in range(2)]
        with ThreadPoolExecutor() as pool:
            calls = [
                pool.submit(admin.rpc, "viber.account", "action_adopt", [twin.id])
                for admin in admins
            ]
        told = [call.result()["params"]["message"] for call in calls]
        assert any(f"are sent: {CUSTOMERS}." in words for words in told)

        for customer in customers:
            simulator.wait_for_message(customer, account.bot, IN_COPY)
        twin.wait_for_jobs()
        for task, customer in zip(tasks, customers, strict=True):
            assert said(simulator, account, customer) == [*BEFORE, IN_ORIGINAL, IN_COPY]
            domain = [("res_id", "=", task), ("body", "ilike", TO_COPY)]
            assert server.rpc("mail.message", "search_count", domain) == 1
        states = dict(twin.states())
        assert [states[text] for text in BEFORE] == ["uncertain", "uncertain"]
        # Whom the customers reach from now on.
        assert twin.write(customers[0], "To whom is this?") == tasks[0]
        assert account.bot["token"] not in server.log_text()


def test_a_neutralized_copy_wants_the_key_first(
    variables, odoo, simulator, account, customers, tasks, browser, screenshots
):
    purpose = "test-copies-neutralized"
    with copied(variables, odoo, purpose, is_neutralized=True) as server:
        twin = Twin(account, server)
        # Wakes the original's job, which would look by itself after a minute.
        odoo.rpc("viber.account", "action_check", [account.id])
        for customer in customers:
            simulator.wait_for_message(customer, account.bot, BEFORE[-1])
        twin.comment(tasks[0], IN_COPY)
        assert twin.post(customers[0], TO_COPY) == 403
        assert dict(twin.states())[BEFORE[0]] == "canceled"
        form = f"/odoo/viber.account/{twin.id}"
        look(
            *(browser, server, form, "jobs are switched off"),
            screenshots / "neutralized-account",
        )
        look(
            *(browser, server, f"/odoo/project.task/{tasks[0]}"),
            *("kept here and not sent", screenshots / "neutralized-conversation"),
        )

        twin.here()
        with open_page(browser) as page:
            log_in(page, server)
            page.goto(f"{server.url}/odoo/project.task/{tasks[0]}")
            kept = page.locator(".o-mail-Message", has_text=IN_COPY).first
            expect(kept.locator(".o-viber-status")).to_contain_text(
                "Not sent from a copy"
            )
            # Without the key it leads to where that is pasted.
            adopt(page)
            banner = page.locator(".alert:visible", has_text="paste the key")
            banner.get_by_role("textbox").fill(account.bot["token"])
            adopt(page)
            expect(page.locator(".o_notification")).to_contain_text(
                "This database is the real one now"
            )
            expect(banner).to_have_count(0)
            page.screenshot(path=screenshots / "neutralized-adopted.png")
        assert twin.read("state")["state"] == "connected"

        twin.wait_for_jobs()
        simulator.wait_for_message(customers[0], account.bot, IN_COPY)
        assert said(simulator, account, customers[0]) == [*BEFORE, IN_COPY]
        for customer in customers[1:]:
            assert said(simulator, account, customer) == BEFORE
        assert account.bot["token"] not in server.log_text()


def adopt(page):
    """Say that this is the real one, and that it is meant."""
    page.get_by_role("button", name=ADOPT).click()
    page.locator(".modal").get_by_role("button", name="Ok", exact=True).click()
