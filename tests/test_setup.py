"""The first connect and the lists, as an administrator sees them for the first time."""

import re

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import Account, log_in

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
LISTS = ("viber-inbox", "viber-outbox", "viber-files", "viber-subscribers")


@pytest.fixture
def empty(odoo_threaded):
    """Odoo without any account, customer or conversation."""
    for table in ("viber_event", "viber_message", "viber_subscriber", "viber_account"):
        odoo_threaded.sql(f"DELETE FROM {table}")
    # The bot of Odoo's would open its chat, in front of all on a phone.
    users = odoo_threaded.rpc("res.users", "search", [])
    odoo_threaded.rpc("res.users", "write", users, {"odoobot_state": "disabled"})
    return odoo_threaded


@pytest.fixture
def admin(page, empty):
    """An administrator's page; an error in its console fails the test."""
    errors = []
    page.on("console", lambda message: errors.append(message))
    page.set_viewport_size(WIDE)
    log_in(page, empty)
    yield page
    assert [m.text for m in errors if m.type == "error"] == []


def take(page, path, name):
    """Have a picture of a screen at both widths."""
    for size, suffix in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)
        page.wait_for_timeout(500)
        page.screenshot(path=path / f"setup-{name}-{suffix}.png", full_page=True)
        assert is_within(page), f"{name} is wider than a screen of {size['width']}"
    page.set_viewport_size(WIDE)


def is_within(page):
    """:return: whether nothing has to be scrolled sideways but a list's own table"""
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def connect(page):
    page.locator("button[name=action_try_connect]:visible").click()


def write(page, field, text):
    """Type into a field, leave it, and let the form find out what it means: an answer
    that is still on its way takes back what is typed too early."""
    with page.expect_response(re.compile("/viber.account/onchange")):
        page.locator(f"[name={field}] input").fill(text)
        page.locator(f"[name={field}] input").press("Tab")
    # The answer is here, the form maybe not yet drawn by it.
    page.wait_for_timeout(500)


def test_from_an_empty_database_to_the_first_conversation(
    admin, empty, simulator, screenshots
):
    bot = simulator.create_bot("Gardening shop")
    admin.goto(f"{empty.url}/odoo/viber-accounts")
    expect(admin.locator(".o_view_nocontent")).to_contain_text("Connect your first")
    take(admin, screenshots, "empty")
    admin.get_by_role("link", name="Connect a Bot").click()
    form = admin.locator(".o_form_view")
    expect(form).to_contain_text("partners.viber.com")
    expect(form).to_contain_text("Viber charges")
    write(admin, "auth_token", bot["token"])
    write(admin, "base_url", empty.url)
    take(admin, screenshots, "new")
    connect(admin)
    told = admin.locator(".alert-success:visible")
    expect(told).to_contain_text("give your customers the link")
    expect(told).to_contain_text("will be told")
    expect(admin.locator("[name=name] input, [name=name] textarea")).to_have_value(
        "Gardening shop"
    )
    expect(admin.locator("[name=project_id] input")).to_have_value("Gardening shop")
    assert re.search(r"/viber-(accounts|connect)/\d+", admin.url), admin.url
    take(admin, screenshots, "connected")
    admin.get_by_role("tab", name="Advanced").click()
    take(admin, screenshots, "advanced")
    customer = simulator.create_user("Olena Koval")
    simulator.write(customer, bot, "Do you have seeds of sunflowers?")
    wait_until(
        lambda: empty.rpc("project.task", "search", [("name", "ilike", "sunflowers")])
    )
    admin.reload()
    expect(admin.locator("button[name=action_disconnect]")).to_be_visible()
    expect(told).to_have_count(0)


def test_what_is_wrong_stays_beside_its_field(admin, empty, simulator, screenshots):
    bot = simulator.create_bot("Gardening shop")
    problem = admin.locator(".o_viber_problem:visible")
    admin.goto(f"{empty.url}/odoo/viber-connect")
    # Not saved yet, and said all the same.
    write(admin, "auth_token", "two words")
    write(admin, "base_url", "http://odoo.example.com")
    expect(problem).to_have_text([re.compile("no Viber API key"), re.compile("https")])
    take(admin, screenshots, "wrong")
    # It can't be saved so: the dialog goes, what was typed and what is wrong stay.
    connect(admin)
    admin.locator(".modal-dialog").get_by_role("button", name="Close").first.click()
    expect(problem).to_have_count(2)
    expect(admin.locator("[name=auth_token] input")).to_have_value("two words")
    write(admin, "base_url", empty.url)
    write(admin, "auth_token", "0123456789-of-nobody")
    expect(problem).to_have_count(0)
    connect(admin)
    expect(problem).to_contain_text("Viber does not know this API key")
    expect(admin.locator("[name=auth_token] input")).to_have_value(
        "0123456789-of-nobody"
    )
    take(admin, screenshots, "refused")
    key = admin.locator("[name=auth_token] input").bounding_box()
    below = problem.bounding_box()["y"] - key["y"]
    assert 0 < below < 100, "not beside its field"
    write(admin, "auth_token", bot["token"])
    expect(problem).to_have_count(0)
    connect(admin)
    expect(admin.locator(".alert-success:visible")).to_be_visible()
    expect(problem).to_have_count(0)
    assert empty.rpc("viber.account", "search_count", []) == 1


def test_settings_and_project_lead_to_the_accounts(
    admin, empty, simulator, screenshots
):
    settings = f"{empty.url}/odoo/action-viber_connector.viber_settings_action"
    admin.goto(settings)
    block = admin.locator("#viber_accounts")
    expect(block).to_contain_text("Connect a Bot")
    Account(empty, simulator, "Gardening shop")
    admin.goto(settings)
    expect(block).to_contain_text("Gardening shop")
    expect(block).to_contain_text("Connected")
    take(admin, screenshots, "settings")
    block.get_by_role("button", name="Open").click()
    expect(admin.locator("button[name=action_check]")).to_be_visible()
    admin.goto(settings)
    block.get_by_role("button", name="Connect a Bot").click()
    expect(admin.locator("[name=auth_token] input")).to_be_visible()
    admin.goto(f"{empty.url}/odoo/project")
    admin.locator(".o_menu_sections").get_by_text("Configuration").click()
    admin.get_by_role("menuitem", name="Viber Accounts").click()
    row = admin.locator(".o_data_row", has_text="Gardening shop")
    expect(row).to_contain_text("Connected")


@pytest.fixture
def busy(empty, simulator):
    """An account with something of everything."""
    account = Account(empty, simulator, "Gardening shop")
    olena = simulator.create_user("Olena Koval", language="uk-UA", country="UA")
    petro = simulator.create_user("Petro Shevchenko")
    task = account.write(olena, "Do you have seeds of sunflowers?")
    account.write(petro, "Good day")
    account.comment(task, "Yes, we have. " * 600)
    simulator.wait_for_message(olena, account.bot)
    simulator.unsubscribe(petro, account.bot)
    subscribers = empty.rpc(
        "viber.subscriber", "search", [("name", "=", "Olena Koval")]
    )
    empty.rpc("viber.subscriber", "write", subscribers, {"is_blocked": True})
    simulator.write(olena, account.bot, "And of poppies?")
    wait_until(
        lambda: empty.rpc("viber.event", "search", [("needs_person", "=", True)])
    )
    [left] = wait_until(
        lambda: empty.rpc("viber.subscriber", "search", [("is_subscribed", "=", False)])
    )
    empty.sql(
        "UPDATE viber_message SET state = 'uncertain' WHERE id = "
        "(SELECT max(id) FROM viber_message)"
    )
    return account


def remove_filters(page):
    facets = page.locator(".o_searchview_facet")
    expect(facets).not_to_have_count(0)
    for count in range(facets.count(), 0, -1):
        facets.last.locator(".o_facet_remove").click()
        expect(facets).to_have_count(count - 1)


def test_who_only_looks_makes_no_account(admin, empty):
    before = empty.rpc("viber.account", "search_count", [])
    admin.goto(f"{empty.url}/odoo/viber-accounts/new")
    expect(admin.locator("[name=auth_token] input")).to_be_visible()
    admin.goto(f"{empty.url}/odoo/viber-accounts")
    expect(admin.locator(".o_list_view, .o_kanban_view").first).to_be_visible()
    assert empty.rpc("viber.account", "search_count", []) == before


def test_lists_say_what_will_be_there(admin, empty, screenshots):
    for path in LISTS:
        admin.goto(f"{empty.url}/odoo/{path}")
        expect(admin.locator(".o_view_nocontent p")).to_have_count(2)
        take(admin, screenshots, f"{path}-empty")


def test_lists_speak(admin, busy, screenshots):
    rows = admin.locator(".o_data_row")
    url = busy.odoo.url
    admin.goto(f"{url}/odoo/viber-inbox")
    expect(rows).to_have_count(1)
    for words in ("Olena Koval", "And of poppies?", "the customer is blocked"):
        expect(rows).to_contain_text(words)
    take(admin, screenshots, "viber-inbox-needs")
    remove_filters(admin)
    expect(rows.filter(has_text="Our message was")).not_to_have_count(0)
    expect(rows.filter(has_text="Left the bot")).to_have_count(1)
    take(admin, screenshots, "viber-inbox")
    search = admin.locator(".o_searchview_input")
    search.fill("sunflowers")
    expect(admin.locator(".o_searchview_autocomplete")).to_be_visible()
    search.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Do you have seeds")

    admin.goto(f"{url}/odoo/viber-outbox")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Uncertain")
    take(admin, screenshots, "viber-outbox-needs")
    remove_filters(admin)
    expect(rows.filter(has_text="1 of 2")).to_contain_text("Yes, we have")
    expect(rows.filter(has_text="2 of 2")).to_contain_text("Olena Koval")
    take(admin, screenshots, "viber-outbox")

    admin.goto(f"{url}/odoo/viber-subscribers")
    expect(rows.filter(has_text="Petro")).to_contain_text("Has Left")
    expect(rows.filter(has_text="Olena")).to_contain_text("seeds of sunflowers")
    take(admin, screenshots, "viber-subscribers")
    rows.filter(has_text="Olena").locator("[name=display_name]").click()
    button = admin.locator("button[name=action_conversations]")
    expect(button).to_contain_text("1")
    take(admin, screenshots, "viber-subscriber")
    button.click()
    expect(rows).to_contain_text("sunflowers")


def test_on_a_phone_they_are_cards(browser, busy, screenshots):
    context = browser.new_context(viewport=NARROW, is_mobile=True, has_touch=True)
    try:
        page = context.new_page()
        log_in(page, busy.odoo)
        for path in (*LISTS, "viber-accounts"):
            page.goto(f"{busy.odoo.url}/odoo/{path}")
            expect(page.locator(".o_kanban_view")).to_be_visible()
            page.wait_for_timeout(500)
            page.screenshot(path=screenshots / f"setup-{path}-phone.png")
            assert is_within(page), path
    finally:
        context.close()


def test_bulk_actions_report(admin, busy):
    admin.goto(f"{busy.odoo.url}/odoo/viber-inbox")
    remove_filters(admin)
    # Before they stand there they would be read again, and chosen no more.
    expect(admin.locator(".o_data_row").nth(1)).to_be_visible()
    admin.locator("thead .o_list_record_selector input").click()
    admin.locator("button[name=action_ignore]").click()
    expect(admin.locator(".o_notification")).to_contain_text("1 left out")


def test_one_worker_can_not_connect_and_says_so(odoo_alone, simulator):
    bot = simulator.create_bot("Alone")
    values = {"auth_token": bot["token"], "base_url": odoo_alone.url}
    account = odoo_alone.rpc("viber.account", "create", values)
    assert odoo_alone.rpc("viber.account", "action_try_connect", [account]) is True
    [row] = odoo_alone.rpc(
        "viber.account", "read", [account], ["connect_problem", "state"]
    )
    assert "workers = 1" in row["connect_problem"]
    assert row["state"] == "draft"
