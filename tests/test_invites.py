"""Personal links as people use them: the agent's dialog, two phones, an e-mail."""

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import log_in, open_page
from .test_links import NARROW, WIDE, decode, open_at_phone


@pytest.fixture
def contact(odoo_threaded):
    """The id of a contact who has never written in Viber."""
    values = {"name": "Maria Kovalenko", "email": "maria@example.com"}
    return odoo_threaded.rpc("res.partner", "create", values)


@pytest.fixture
def dialog(page, odoo_threaded, account_threaded, contact):
    """What Invite to Viber shows."""
    # The bot of Odoo's would open its chat, in front of all on a phone.
    users = odoo_threaded.rpc("res.users", "search", [])
    odoo_threaded.rpc("res.users", "write", users, {"odoobot_state": "disabled"})
    # Those of other tests: the first one would be taken.
    others = [("id", "!=", account_threaded.id)]
    accounts = odoo_threaded.rpc("viber.account", "search", others)
    odoo_threaded.rpc("viber.account", "write", accounts, {"active": False})
    log_in(page, odoo_threaded)
    page.set_viewport_size(WIDE)
    page.goto(f"{odoo_threaded.url}/odoo/res.partner/{contact}")
    page.get_by_role("button", name="Invite to Viber").click()
    dialog = page.locator(".modal-content")
    expect(dialog.locator(".o_viber_qr img")).to_be_visible()
    return dialog


def loaded(picture):
    wait_until(lambda: picture.evaluate("i => i.complete && i.naturalWidth"))


def test_the_first_who_opens_it_is_the_contact(
    page,
    browser,
    dialog,
    odoo_threaded,
    account_threaded,
    simulator,
    customer,
    contact,
    screenshots,
):
    """The agent shows the code; Maria scans it and writes; then somebody else does."""
    picture = dialog.locator(".o_viber_qr img")
    loaded(picture)
    page.wait_for_timeout(500)
    shot = page.screenshot(path=screenshots / "invite-wide.png")
    url = dialog.locator("[name=url]").inner_text().strip().split()[0]
    assert decode(shot) == url
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(500)
    shot = page.screenshot(path=screenshots / "invite-narrow.png")
    assert decode(shot) == url
    page.set_viewport_size(WIDE)
    dialog.get_by_role("button", name="Close").last.click()

    with open_page(browser, viewport=NARROW) as phone:
        phone.goto(url)
        button = phone.get_by_role("link", name="Open in Viber")
        open_at_phone(phone, simulator, button.get_attribute("href"), customer)
        simulator.wait_idle()
        phone.get_by_test_id("composer-input").fill("It is me, Maria")
        phone.get_by_test_id("composer-input").press("Enter")
        first = account_threaded.wait_for_task(customer)

    stranger = simulator.create_user("Ivan Bondar")
    simulator.open(stranger, account_threaded.bot, url.rpartition("/")[2])
    # Nobody writes in the same instant, in which their message may come first.
    simulator.wait_idle()
    second = account_threaded.write(stranger, "I found a link")

    rows = odoo_threaded.rpc("project.task", "read", [first, second], ["partner_id"])
    [owner, other] = [row["partner_id"] for row in rows]
    assert owner == [contact, "Maria Kovalenko"]
    assert other[0] != contact and other[1] == "Ivan Bondar"

    page.goto(f"{odoo_threaded.url}/odoo/project.task/{first}")
    expect(page.locator(".o_viber_header")).to_contain_text("Maria Kovalenko")
    note = page.locator(".o-mail-Message", has_text="Is Maria Kovalenko now")
    expect(note).to_be_visible()
    page.screenshot(path=screenshots / "invite-bound.png")
    page.goto(f"{odoo_threaded.url}/odoo/project.task/{second}")
    note = page.locator(".o-mail-Message", has_text="somebody else had opened it")
    expect(note).to_be_visible()
    page.screenshot(path=screenshots / "invite-second.png")


def test_an_agent_says_that_it_is_somebody_else(
    page,
    dialog,
    odoo_threaded,
    account_threaded,
    simulator,
    customer,
    contact,
    screenshots,
):
    """The wrong person has opened it: one button on the contact takes it back."""
    url = dialog.locator("[name=url]").inner_text().strip().split()[0]
    simulator.open(customer, account_threaded.bot, url.rpartition("/")[2])
    # Nobody writes in the same instant, in which their message may come first.
    simulator.wait_idle()
    task = account_threaded.write(customer, "Who is Maria?")
    page.goto(f"{odoo_threaded.url}/odoo/res.partner/{contact}")
    identities = page.locator(".o_viber_identities")
    expect(identities).to_contain_text("Olena Koval")
    page.screenshot(path=screenshots / "invite-contact.png")
    page.set_viewport_size(NARROW)
    page.reload()
    expect(identities).to_contain_text("Olena Koval")
    page.wait_for_timeout(500)
    identities.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "invite-contact-narrow.png")
    identities.get_by_role("button", name="Not This Person").click()
    page.locator(".modal-content").get_by_role("button", name="Ok", exact=True).click()
    expect(identities).to_be_hidden()
    page.screenshot(path=screenshots / "invite-separated.png")
    [row] = odoo_threaded.rpc("project.task", "read", [task], ["partner_id"])
    assert row["partner_id"][1] == "Olena Koval"


def test_it_goes_by_email(page, dialog, odoo_threaded, contact, screenshots):
    """Odoo's own composer, with the address in it; then it is taken back."""
    url = dialog.locator("[name=url]").inner_text().strip().split()[0]
    dialog.get_by_role("button", name="Send by E-mail").click()
    composer = page.locator(".o_mail_composer_form")
    expect(composer).to_contain_text("Maria Kovalenko")
    expect(composer).to_contain_text(url)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "invite-email.png")
    page.get_by_role("button", name="Send", exact=True).click()
    message = page.locator(".o-mail-Message", has_text=url)
    expect(message).to_be_visible()
    page.get_by_role("button", name="Invite to Viber").click()
    dialog.get_by_role("button", name="Revoke").click()
    page.locator(".modal-content").last.get_by_role(
        "button", name="Ok", exact=True
    ).click()
    domain = [("partner_id", "=", contact), ("active", "=", False)]
    wait_until(lambda: odoo_threaded.rpc("viber.link", "search", domain))
