"""A conversation from the customer's phone to the agent's chatter and back, by eye."""

import time

from playwright.sync_api import expect

from .support import log_in, open_page

# Promised on the idle demo.
PROMPT_SECONDS = 2


def test_a_conversation_in_two_browsers(
    browser, page, odoo_threaded, account_threaded, simulator, screenshots
):
    account = account_threaded
    customer = simulator.create_user("Olena Koval", language="uk-UA", country="UA")
    with open_page(browser, viewport={"width": 390, "height": 844}) as phone:
        phone.goto(simulator.phone_url(customer, account.bot))
        phone.get_by_test_id("composer-input").fill("Good day, my printer is on fire")
        phone.get_by_test_id("composer-input").press("Enter")
        sent = time.monotonic()
        task = account.wait_for_task(customer)
        assert time.monotonic() - sent < PROMPT_SECONDS

        log_in(page, odoo_threaded)
        page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        received = page.locator(".o-mail-Message", has_text="printer is on fire")
        expect(received.first).to_contain_text("Olena Koval")
        expect(page.locator("div[name=partner_id] input")).to_have_value("Olena Koval")
        page.screenshot(path=screenshots / "1-task.png")

        # The customer has no e-mail address: Odoo 19's composer would ask for one.
        page.get_by_role("button", name="Send message").click()
        page.locator(".o-mail-Composer-input").fill("It is being extinguished")
        page.locator(".o-mail-Composer-send").click()
        sent = time.monotonic()
        arrived = phone.get_by_test_id("message").filter(has_text="being extinguished")
        expect(arrived).to_be_visible()
        assert time.monotonic() - sent < PROMPT_SECONDS
        phone.screenshot(path=screenshots / "1-phone.png")

        simulator.read(customer, account.bot)
        _wait_until_seen(account, task)
    page.reload()
    answer = page.locator(".o-mail-Message", has_text="being extinguished").first
    expect(answer.locator(".o-viber-status")).to_contain_text("Seen")
    page.screenshot(path=screenshots / "1-seen.png")
    log = odoo_threaded.log_text()
    assert account.bot["token"] not in log


def test_the_full_composer_sends_to_a_customer_without_address(
    page, odoo_threaded, account_threaded, simulator, screenshots
):
    account = account_threaded
    customer = simulator.create_user("Taras Melnyk")
    task = account.write(customer, "Where is my order?")
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
    page.get_by_role("button", name="Send message").click()
    page.locator(".o-mail-Composer-input").fill("On its way")
    page.locator(".o-mail-Composer button[name=open-full-composer]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("On its way")
    page.screenshot(path=screenshots / "2-full-composer.png")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()
    assert simulator.wait_for_message(customer, account.bot, "On its way")
    assert not account.odoo.rpc("mail.mail", "search", [])


def _wait_until_seen(account, task):
    domain = [("task_id", "=", task), ("state", "=", "seen")]
    deadline = time.monotonic() + 10
    while not account.odoo.rpc("viber.message", "search_count", domain):
        assert time.monotonic() < deadline, "the receipt did not arrive"
        time.sleep(0.1)
