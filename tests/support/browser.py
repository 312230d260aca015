"""Chromium, as a person would use Odoo and the phone."""

from contextlib import contextmanager

from devtools.paths import DEV
from viber_simulator.testing import LIMIT

SCREENSHOTS = DEV / "screenshots"

# No screen, maybe root, and nothing that calls home.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def open_page(browser, **options):
    """Have a page in a browser profile of its own (another person's browser).

    :param browser: of Playwright
    :param options: of Playwright's ``new_context``, such as ``viewport``
    :return: context manager, gives Playwright's page; leaving it fails when the page
        raised an error that nothing caught
    """
    context = browser.new_context(
        **{"viewport": {"width": 1366, "height": 900}, **options}
    )
    context.set_default_timeout(LIMIT * 1000)
    errors = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(error))
    try:
        yield page
    finally:
        context.close()
    assert not errors, f"errors on the page: {errors}"


def log_in(page, odoo, login="admin", password=None):
    """Log in to Odoo's web client and wait until it stands.

    :param page: of Playwright
    :param OdooServer odoo: threaded, for its websocket is on the same port
    """
    page.goto(f"{odoo.url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password or login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def answer(page, text):
    """Send a message in the chatter of the record that is open.

    :param page: of Playwright
    :return: the message as it stands there (Locator of Playwright)
    """
    page.get_by_role("button", name="Send message").click()
    page.locator(".o-mail-Composer-input").fill(text)
    page.locator(".o-mail-Composer-send").click()
    return page.locator(".o-mail-Message", has_text=text).first
