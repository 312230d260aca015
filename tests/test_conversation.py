"""A conversation from the customer's phone to the agent's chatter and back, by eye."""

import time

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import log_in, open_page
from .support.pace import check_prompt

pytestmark = pytest.mark.alone

# Promised on the idle demo.
PROMPT_SECONDS = 2


def test_a_conversation_in_two_browsers(
    browser, page, odoo_threaded, account_threaded, simulator, screenshots
):
    account = account_threaded
    customer = simulator.create_user("Olena Koval", language="uk-UA", country="UA")
    with open_page(browser, viewport={"width": 390, "height": 844}) as phone:
        phone.goto(simulator.phone_url(customer, account.bot))

        def write(number):
            text = f"Good day, my printer is on fire ({number})"
            phone.get_by_test_id("composer-input").fill(text)
            phone.get_by_test_id("composer-input").press("Enter")
            sent = time.monotonic()
            wait_until(lambda: _count(account, text))
            return time.monotonic() - sent

        check_prompt(odoo_threaded, PROMPT_SECONDS, write)
        task = account.wait_for_task(customer)

        log_in(page, odoo_threaded)
        page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        received = page.locator(".o-mail-Message", has_text="printer is on fire")
        expect(received.first).to_contain_text("Olena Koval")
        expect(page.locator("div[name=partner_id] input")).to_have_value("Olena Koval")
        page.screenshot(path=screenshots / "1-task.png")

        # The customer has no e-mail address: Odoo 19's composer would ask for one.
        def answer(number):
            text = f"It is being extinguished ({number})"
            page.get_by_role("button", name="Send message").click()
            page.locator(".o-mail-Composer-input").fill(text)
            page.locator(".o-mail-Composer-send").click()
            sent = time.monotonic()
            arrived = phone.get_by_test_id("message").filter(has_text=text)
            expect(arrived).to_be_visible()
            return time.monotonic() - sent

        check_prompt(odoo_threaded, PROMPT_SECONDS, answer)
        phone.screenshot(path=screenshots / "1-phone.png")

        simulator.read(customer, account.bot)
        _wait_until_seen(account, task)
    page.reload()
    answered = page.locator(".o-mail-Message", has_text="being extinguished").first
    expect(answered.locator(".o-viber-status")).to_contain_text("Seen")
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


def _count(account, text):
    """:return: how many messages with this text stand in the chatter."""
    domain = [("body", "ilike", text), ("model", "=", "project.task")]
    return account.odoo.rpc("mail.message", "search_count", domain)


def _wait_until_seen(account, task):
    domain = [("task_id", "=", task), ("state", "=", "seen")]
    seen = "viber.message", "search_count", domain
    wait_until(lambda: account.odoo.rpc(*seen), what="the receipt")
