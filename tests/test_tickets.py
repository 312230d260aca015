"""An agent of OCA's helpdesk answers from a ticket, and the bridge goes again."""

import json
import re

import pytest
from playwright.sync_api import expect

from devtools import databases
from devtools.paths import ADDON
from devtools.server import OdooError
from viber_simulator.testing import wait_until

from .support import Account, answer, log_in, open_page

#: Which database the server of this module has.
TEMPLATE = databases.BRIDGED
BRIDGE = f"{ADDON.name}_helpdesk_mgmt"


@pytest.fixture(scope="module")
def account(odoo_threaded, simulator):
    """A connected account whose conversations become tickets of a team."""
    members = [(6, 0, [odoo_threaded.rpc("res.users", "search", [], limit=1)[0]])]
    team = odoo_threaded.rpc(
        "helpdesk.ticket.team", "create", {"name": "First aid", "user_ids": members}
    )
    values = {"conversation_model": "helpdesk.ticket", "helpdesk_team_id": team}
    return Account(odoo_threaded, simulator, **values)


@pytest.fixture
def ticket(account, customer):
    """The id of a conversation's ticket."""
    return account.write(customer, "Good day, my printer is on fire")


def open_ticket(page, odoo, ticket):
    log_in(page, odoo)
    page.goto(f"{odoo.url}/odoo/helpdesk.ticket/{ticket}")
    expect(page.locator(".o-mail-Message").first).to_be_visible()


def test_an_agent_answers_from_a_ticket(
    page, odoo_threaded, account, simulator, customer, ticket, screenshots
):
    open_ticket(page, odoo_threaded, ticket)
    expect(page.locator("[name=partner_id] input")).to_have_value("Olena Koval")
    expect(page.locator("[name=viber_subscriber_id] input")).to_have_value(
        "Olena Koval"
    )
    expect(page.locator(".alert-warning:visible")).to_have_count(0)
    simulator.write(customer, account.bot, "Is anybody there?")
    expect(
        page.locator(".o-mail-Message", has_text="Is anybody there?").first
    ).to_be_visible()
    status = answer(page, "It is being extinguished").locator(".o-viber-status")
    expect(status).to_contain_text("Delivered", timeout=10_000)
    assert simulator.wait_for_message(customer, account.bot, "being extinguished")
    page.screenshot(path=screenshots / "8-ticket.png")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=screenshots / "8-ticket-narrow.png")


def test_tickets_have_their_conversations_and_move_by_themselves(
    page, odoo_threaded, account, simulator, customer, ticket, screenshots
):
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/action-{BRIDGE}.viber_conversation_action")
    row = page.locator(".o_data_row", has_text="Good day, my printer is on fire").first
    expect(row.locator(".o_viber_waiting")).to_be_visible()
    row.locator("button[name=action_viber_assign_to_me]").click()
    expect(page.locator(".o_viber_count")).to_have_text("1")
    account.write(customer, "It still burns here")
    expect(page.locator(".o_data_row", has_text="It still burns here")).to_be_visible()
    page.screenshot(path=screenshots / "9-tickets.png")
    page.goto(
        f"{odoo_threaded.url}/odoo/action-helpdesk_mgmt.helpdesk_ticket_action_opened"
    )
    card = page.locator(".o_kanban_record", has_text="It still burns here")
    expect(card.locator(".o_viber_waiting")).to_be_visible()
    page.wait_for_timeout(1500)
    account.comment(ticket, "It is being extinguished")
    expect(card.locator(".o_viber_waiting")).to_have_count(0)


def test_the_composer_says_where_a_text_goes(
    page, odoo_threaded, account, simulator, customer, ticket
):
    open_ticket(page, odoo_threaded, ticket)
    page.get_by_role("button", name="Send message").click()
    line = page.locator(".o-viber-line")
    expect(line).to_have_text("To Olena Koval in Viber, as Service desk")
    expect(page.locator(".o-mail-Composer-input")).to_have_attribute(
        "placeholder", "Write to Olena Koval in Viber…"
    )
    simulator.unsubscribe(customer, account.bot)
    expect(line).to_contain_text("Reaches nobody outside")
    page.get_by_role("button", name="Log note").click()
    expect(line).to_have_text("Stays inside")


def test_the_phone_is_asked_for_and_shared(
    page, odoo_threaded, account, simulator, customer, ticket
):
    open_ticket(page, odoo_threaded, ticket)
    page.get_by_role("button", name="Ask for Phone Number").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Please share your phone number with us.")
    question.get_by_role("button", name="Send", exact=True).click()
    simulator.wait_for_message(customer, account.bot, "Please share your phone number")
    simulator.tap(customer, account.bot, 0)
    expect(page.get_by_text(f"+{customer['phone']}").first).to_be_visible()


def test_a_notice_says_that_answers_do_not_reach_the_customer(
    page, odoo_threaded, ticket
):
    contact = odoo_threaded.rpc("res.partner", "create", {"name": "Somebody else"})
    odoo_threaded.rpc("helpdesk.ticket", "write", [ticket], {"partner_id": contact})
    open_ticket(page, odoo_threaded, ticket)
    notice = page.locator(".alert-warning", has_text="Answers do not reach Viber")
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Link Viber to This Customer").click()
    expect(notice).to_be_hidden()


def test_the_filter_finds_the_tickets_of_viber(page, odoo_threaded, ticket):
    values = {"name": "By telephone", "description": "-"}
    odoo_threaded.rpc("helpdesk.ticket", "create", values)
    log_in(page, odoo_threaded)
    action = "helpdesk_mgmt.helpdesk_ticket_action_opened"
    page.goto(f"{odoo_threaded.url}/odoo/action-{action}?view_type=list")
    expect(page.get_by_text("By telephone")).to_be_visible()
    page.locator(".o_searchview_dropdown_toggler").click()
    page.get_by_role("menuitemcheckbox", name="Viber", exact=True).click()
    expect(page.get_by_text("By telephone")).to_be_hidden()
    expect(page.get_by_text("Good day, my printer is on fire").first).to_be_visible()


def test_the_account_says_what_conversations_become(
    page, odoo_threaded, account, screenshots
):
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/viber.account/{account.id}")
    expect(page.locator("[name=conversation_model]")).to_be_visible()
    expect(page.locator("[name=helpdesk_team_id] input")).to_have_value("First aid")
    expect(page.locator("[name=project_id]")).to_be_hidden()
    page.screenshot(path=screenshots / "8-account-of-tickets.png")


def _uninstall(odoo, module):
    """:return: what was logged, when it is done; ``""`` while a job runs, for Odoo
    refuses it then (str)."""
    start = len(odoo.log_text())
    try:
        odoo.rpc("ir.module.module", "button_immediate_uninstall", module)
    except OdooError as error:
        if "scheduled action" not in str(error):
            raise
        return ""
    return odoo.log_text()[start:]


def test_the_bridge_goes_and_nothing_is_lost(
    browser, odoo_threaded, account, simulator, customer, ticket
):
    """Last: the tickets are plain ones then, and the account makes tasks."""
    rpc = odoo_threaded.rpc
    message = account.comment(ticket, "Before it goes")
    simulator.wait_for_message(customer, account.bot, "Before it goes")
    domain = [("mail_message_id", "=", message)]
    [row] = rpc("viber.message", "search_read", domain, ["payload"])
    rpc("viber.account", "write", [account.id], {"active": False})
    edited, hidden = (
        account.comment(ticket, text) for text in ("To be edited", "To be hidden")
    )
    module = rpc("ir.module.module", "search", [("name", "=", BRIDGE)])
    log = wait_until(lambda: _uninstall(odoo_threaded, module), what="the uninstall")
    assert not re.search("WARNING|ERROR", log)
    values = account.read("conversation_model", "state")
    assert values["conversation_model"] == "project.task"
    domain = [("model", "=", "viber.account"), ("res_id", "=", account.id)]
    bodies = rpc("mail.message", "search_read", domain, ["body"])
    assert any("New conversations become" in found["body"] for found in bodies)
    fields = ["payload", "res_model", "res_id"]
    [after] = rpc("viber.message", "read", [row["id"]], fields)
    assert after == row | {"res_model": False, "res_id": 0}
    with open_page(browser) as page:
        open_ticket(page, odoo_threaded, ticket)
        expect(page.get_by_text("Before it goes").first).to_be_visible()
    # What waited can still be put right, and held back.
    rpc("mail.message", "write", edited, {"body": "Edited since"})
    rpc("mail.message", "write", hidden, {"is_internal": True})
    rpc("viber.account", "write", [account.id], {"active": True})
    simulator.wait_for_message(customer, account.bot, "Edited since")
    said = json.dumps(simulator.messages(customer, account.bot))
    assert "To be" not in said
    account.carrier = "project.task"
    simulator.write(customer, account.bot, "Is anybody still there?")
    task = account.wait_for_task(customer)
    [found] = wait_until(
        lambda: rpc("project.task", "read", [task], ["name"]), what="the task"
    )
    assert found["name"] == "Is anybody still there?"
