"""Time to think again, in the real client: Undo, its countdown, and what comes back."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from devtools.server import OdooError
from viber_simulator.testing import wait_until

from .support import Account, answer, log_in, open_page

# Long enough for a slow machine.
HOLD = 12
SHORT = 3
RACES = 12
COLLEAGUE = "colleague"


@pytest.fixture
def account_threaded(odoo_threaded, simulator):
    """A connected account whose messages wait."""
    return Account(odoo_threaded, simulator, hold_seconds=HOLD)


@pytest.fixture
def task(account_threaded, customer):
    """The id of a conversation's task."""
    return account_threaded.write(customer, "Good day, my printer is on fire")


@pytest.fixture
def open_task(odoo_threaded, task):
    """Open the conversation on a page."""

    def open_on(page):
        page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        expect(page.locator(".o-mail-Message").first).to_be_visible()

    return open_on


@pytest.fixture
def agent(page, odoo_threaded, open_task):
    """The agent's page with the conversation open."""
    log_in(page, odoo_threaded)
    open_task(page)
    return page


def undo(message):
    """:return: the button beside a message (Locator of Playwright)"""
    return message.locator(".o-viber-undo")


def said(simulator, account, customer):
    """:return: what the customer has got (list of str)"""
    messages = simulator.messages(customer, account.bot, side="bot")
    return [message["content"].get("text") for message in messages]


def test_text_and_file_come_back(
    agent, account_threaded, simulator, customer, screenshots
):
    agent.get_by_role("button", name="Send message").click()
    agent.locator(".o-mail-Composer-input").fill("The wrong price\nof two lines")
    agent.locator(".o-mail-Composer input[type=file]").first.set_input_files(
        {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"1,000,000"}
    )
    expect(agent.locator(".o-mail-Composer .o-mail-AttachmentCard")).to_be_visible()
    agent.locator(".o-mail-Composer-send").click()
    message = agent.locator(".o-mail-Message", has_text="The wrong price").first
    expect(undo(message)).to_contain_text("Undo")
    agent.screenshot(path=screenshots / "undo-1400.png")
    undo(message).click()
    expect(message).to_have_count(0)
    composer = agent.locator(".o-mail-Composer")
    text = composer.locator(".o-mail-Composer-input")
    expect(text).to_have_value("The wrong price\nof two lines")
    expect(composer.locator(".o-mail-AttachmentCard")).to_contain_text("bill.txt")
    agent.screenshot(path=screenshots / "undone-1400.png")
    text.fill("The right price")
    agent.locator(".o-mail-Composer-send").click()
    simulator.wait_for_message(customer, account_threaded.bot, "The right price")
    assert "The wrong price\nof two lines" not in said(
        simulator, account_threaded, customer
    )
    wait_until(lambda: "bill.txt" in files(simulator, account_threaded, customer))


def files(simulator, account, customer):
    """:return: names of the files that the customer has got (list of str or None)"""
    messages = simulator.messages(customer, account.bot, side="bot")
    return [message["content"].get("file_name") for message in messages]


def test_it_is_offered_after_a_reload_and_gone_in_both_tabs(
    browser, agent, odoo_threaded, open_task
):
    answer(agent, "Too early")
    with open_page(browser, viewport={"width": 390, "height": 844}) as other:
        log_in(other, odoo_threaded)
        open_task(other)
        there = other.locator(".o-mail-Message", has_text="Too early").first
        expect(undo(there)).to_be_visible()
        agent.reload()
        here = agent.locator(".o-mail-Message", has_text="Too early").first
        expect(undo(here)).to_be_visible()
        undo(there).click()
        expect(there).to_have_count(0)
        expect(here).to_have_count(0)
        expect(other.locator(".o-mail-Composer-input")).to_have_value("Too early")


def test_who_looks_sees_it_come_and_go_at_once(
    browser, agent, odoo_threaded, open_task
):
    make_colleague(odoo_threaded)
    tab = agent.context.new_page()
    open_task(tab)
    with open_page(browser) as theirs:
        log_in(theirs, odoo_threaded, COLLEAGUE)
        open_task(theirs)
        answer(agent, "Too early")
        shown = [
            page.locator(".o-mail-Message", has_text="Too early").first
            for page in (agent, tab, theirs)
        ]
        expect(shown[2].locator(".o-viber-status")).to_contain_text("Waiting")
        expect(undo(shown[2])).to_have_count(0)
        undo(shown[1]).click()
        for message in shown:
            expect(message).to_have_count(0)
        expect(tab.locator(".o-mail-Composer-input")).to_have_value("Too early")
        expect(agent.locator(".o-mail-Composer-input")).to_have_count(0)


def make_colleague(odoo):
    """Somebody else who works on the tasks."""
    names = ("base.group_user", "project.group_project_manager")
    find = "ir.model.data", "check_object_reference"
    groups = [odoo.rpc(*find, *name.split("."))[1] for name in names]
    values = {"name": "Colleague", "login": COLLEAGUE, "password": COLLEAGUE}
    odoo.rpc("res.users", "create", values | {"group_ids": [(6, 0, groups)]})


def test_a_wrong_clock_offers_it_as_long(agent):
    message = answer(agent, "Too early")
    expect(undo(message)).to_be_visible()
    agent.add_init_script(
        "const now = Date.now.bind(Date); Date.now = () => now() + 3600000;"
    )
    agent.reload()
    left = undo(message).locator(".o-viber-undo-seconds")
    assert 0 < int(left.inner_text()) < HOLD
    undo(message).click()
    expect(message).to_have_count(0)


def test_a_file_that_came_back_can_be_taken_out(agent, odoo_threaded):
    agent.get_by_role("button", name="Send message").click()
    file = agent.locator(".o-mail-Composer .o-mail-AttachmentCard")
    agent.locator(".o-mail-Composer input[type=file]").first.set_input_files(
        {"name": "wrong.txt", "mimeType": "text/plain", "buffer": b"1,000,000"}
    )
    expect(file).to_be_visible()
    agent.locator(".o-mail-Composer-input").fill("With a wrong file")
    agent.locator(".o-mail-Composer-send").click()
    undo(agent.locator(".o-mail-Message", has_text="With a wrong").first).click()
    agent.locator(".o-mail-Composer .o-mail-Attachment-unlink").click()
    expect(file).to_have_count(0)
    domain = [("name", "=", "wrong.txt")]
    wait_until(lambda: not odoo_threaded.rpc("ir.attachment", "search", domain))


def test_of_a_file_that_belongs_elsewhere_a_copy_comes_back(
    agent, odoo_threaded, account_threaded, task
):
    values = {"name": "terms.txt", "raw": "Terms", "res_model": "mail.template"}
    terms = odoo_threaded.rpc("ir.attachment", "create", values)
    account_threaded.comment(task, "Our terms", attachment_ids=[terms])
    undo(agent.locator(".o-mail-Message", has_text="Our terms").first).click()
    file = agent.locator(".o-mail-Composer .o-mail-AttachmentCard")
    expect(file).to_contain_text("terms.txt")
    agent.locator(".o-mail-Composer .o-mail-Attachment-unlink").click()
    expect(file).to_have_count(0)
    assert odoo_threaded.rpc("ir.attachment", "search", [("id", "=", terms)])


def test_it_says_why_it_waits(agent, screenshots):
    message = answer(agent, "Too early")
    expect(undo(message)).to_be_visible()
    message.locator(".o-viber-status").click()
    popover = agent.locator(".o-mail-MessageNotificationPopover")
    expect(popover).to_contain_text("leaves by itself in a moment. Undo takes it back")
    agent.screenshot(path=screenshots / "undo-popover-1400.png")


def test_what_is_being_written_to_the_customer_stays_below(agent):
    message = answer(agent, "First")
    expect(undo(message)).to_be_visible()
    agent.get_by_role("button", name="Send message").click()
    agent.locator(".o-mail-Composer-input").fill("Second")
    undo(message).click()
    expect(agent.locator(".o-mail-Composer-input")).to_have_value("First\nSecond")
    expect(agent.locator(".o-mail-Composer-send")).to_have_text("Send")


@pytest.mark.parametrize("is_open", [True, False])
def test_a_note_is_never_mixed_with_what_comes_back(
    agent, account_threaded, simulator, customer, screenshots, is_open
):
    """Internal words never land in a text for the customer, open or closed."""
    message = answer(agent, "Public words")
    expect(undo(message)).to_be_visible()
    log = agent.get_by_role("button", name="Log note")
    text = agent.locator(".o-mail-Composer-input")
    log.click()
    text.fill("Internal words")
    file = {"name": "secret.txt", "mimeType": "text/plain", "buffer": b"secret"}
    agent.locator(".o-mail-Composer input[type=file]").first.set_input_files(file)
    files = agent.locator(".o-mail-Composer .o-mail-AttachmentCard")
    expect(files).to_contain_text("secret.txt")
    expect(agent.locator(".o-mail-Composer .o-isUploading")).to_have_count(0)
    if not is_open:
        log.click()
        expect(text).to_have_count(0)
    undo(message).click()
    expect(agent.locator(".o-mail-Composer-send")).to_have_text("Send")
    expect(text).to_have_value("Public words")
    expect(files).to_have_count(0)
    expect(agent.locator(".o_notification")).to_contain_text("Your note is kept")
    agent.screenshot(path=screenshots / "undo-note-aside-1400.png")
    log.click()
    expect(text).to_have_value("Internal words")
    expect(files).to_contain_text("secret.txt")
    agent.get_by_role("button", name="Send message").click()
    expect(text).to_have_value("Public words")
    agent.locator(".o-mail-Composer-send").click()
    simulator.wait_for_message(customer, account_threaded.bot, "Public words")
    assert said(simulator, account_threaded, customer) == ["Public words"]
    log.click()
    expect(text).to_have_value("Internal words")


def test_a_double_click_takes_it_back_once(agent):
    message = answer(agent, "Too early")
    calls = []
    agent.on("request", lambda call: "viber_undo" in call.url and calls.append(call))
    undo(message).dblclick()
    expect(agent.locator(".o-mail-Composer-input")).to_have_value("Too early")
    agent.wait_for_timeout(1000)
    assert len(calls) == 1
    expect(agent.get_by_role("dialog")).to_have_count(0)


def test_a_note_that_is_begun_meanwhile_stays_what_it_is(agent):
    """The answer to Undo is slow."""
    message = answer(agent, "Public words")
    held = hold_back(agent, "**/viber_undo", lambda: undo(message).click())
    agent.get_by_role("button", name="Log note").click()
    field = agent.locator(".o-mail-Composer-input")
    field.press_sequentially("The customer is ")
    held.continue_()
    expect(agent.locator(".o_notification")).to_contain_text("Your message is kept")
    field.press_sequentially("a bad payer")
    expect(field).to_have_value("The customer is a bad payer")
    expect(agent.locator(".o-mail-Composer-send")).to_have_text("Log")
    agent.get_by_role("button", name="Send message").click()
    expect(field).to_have_value("Public words")


def test_what_comes_back_waits_for_what_is_being_posted(agent):
    message = answer(agent, "First words")
    field = agent.locator(".o-mail-Composer-input")
    expect(field).to_have_count(0)
    agent.get_by_role("button", name="Send message").click()
    field.fill("Second words")
    post = agent.locator(".o-mail-Composer-send").click
    held = hold_back(agent, "**/mail/message/post", post)
    undo(message).click()
    expect(message).to_have_count(0)
    held.continue_()
    expect(field).to_have_value("First words")


def test_drafts_keep_their_places_while_one_of_them_is_on_its_way(
    agent, simulator, account_threaded, customer
):
    """Posted slowly; a file that is uploaded slowly comes into its own, too."""
    message = answer(agent, "Public words")
    log = agent.get_by_role("button", name="Log note")
    log.click()
    field = agent.locator(".o-mail-Composer-input")
    field.fill("Internal words")
    secret = {"name": "secret.txt", "mimeType": "text/plain", "buffer": b"secret"}
    files = agent.locator(".o-mail-Composer input[type=file]").first
    held = hold_back(
        *(agent, "**/mail/attachment/upload", lambda: files.set_input_files(secret))
    )
    undo(message).click()
    said_so = agent.locator(".o_notification", has_text="A file is still on its way")
    expect(said_so).to_be_visible()
    expect(field).to_have_value("Internal words")
    held.continue_()
    card = agent.locator(".o-mail-Composer .o-mail-AttachmentCard:not(.o-isUploading)")
    expect(card).to_have_count(1)
    undo(message).click()
    expect(field).to_have_value("Public words")
    expect(card).to_have_count(0)
    post = agent.locator(".o-mail-Composer-send").click
    held = hold_back(agent, "**/mail/message/post", post)
    log.click()
    expect(
        agent.locator(".o_notification", has_text="still being posted")
    ).to_be_visible()
    held.continue_()
    simulator.wait_for_message(customer, account_threaded.bot, "Public words")
    log.click()
    expect(field).to_have_value("Internal words")
    expect(card).to_have_count(1)


def hold_back(page, url, act):
    """:return: the first call to an address that something done on the page makes; it
    goes on when its ``continue_()`` is called (Playwright's ``Route``)"""
    held = []
    page.route(url, lambda call: held.append(call), times=1)
    act()
    wait_until(lambda: page.wait_for_timeout(50) or held, what=f"a call of {url}")
    return held[0]


def test_a_thumb_finds_it(agent, open_task, screenshots):
    agent.set_viewport_size({"width": 390, "height": 844})
    open_task(agent)
    message = answer(agent, "From a phone")
    undo(message).scroll_into_view_if_needed()
    agent.screenshot(path=screenshots / "undo-390.png")
    box = undo(message).bounding_box()
    assert min(box["width"], box["height"]) >= 44
    undo(message).click()
    expect(agent.locator(".o-mail-Composer-input")).to_have_value("From a phone")
    expect(agent.locator(".o-mail-Composer-input")).to_be_in_viewport()
    agent.screenshot(path=screenshots / "undone-390.png")


def test_it_leaves_at_the_end_never_before(
    agent, odoo_threaded, account_threaded, simulator, customer
):
    hold = {"hold_seconds": SHORT}
    odoo_threaded.rpc("viber.account", "write", [account_threaded.id], hold)
    delays = []
    for number in range(3):
        started = time.monotonic()
        account_threaded.comment(account_threaded.tasks(customer)[-1], f"No {number}")
        simulator.wait_for_message(customer, account_threaded.bot, f"No {number}")
        delays.append(time.monotonic() - started)
    assert min(delays) >= SHORT
    assert max(delays) < SHORT + 3
    message = agent.locator(".o-mail-Message", has_text="No 2").first
    expect(message.locator(".o-viber-status")).to_contain_text("Delivered")
    expect(undo(message)).to_have_count(0)


def test_each_is_either_undone_or_sent(
    odoo_threaded, account_threaded, simulator, customer, task
):
    """Undo and the outbox's job reach for a message at the same moment."""
    hold = {"hold_seconds": 1}
    odoo_threaded.rpc("viber.account", "write", [account_threaded.id], hold)
    # Two first messages of the same agent would make them follow twice: Odoo's.
    account_threaded.comment(task, "The first")

    sessions = [odoo_threaded.session("admin") for _ in range(RACES)]

    def post_and_undo(number):
        time.sleep(number / 4)
        [message] = account_threaded.comment(task, f"No {number}")
        # From well before its end to just after it.
        time.sleep(0.5 + 0.06 * number)
        try:
            sessions[number].rpc("mail.message", "viber_undo", [message])
        except OdooError as error:
            assert "too late" in str(error)
            return message, f"No {number}"
        return message, None

    with ThreadPoolExecutor(RACES) as pool:
        fates = sorted(pool.map(post_and_undo, range(RACES)))
    sent = [text for _message, text in fates if text]
    account_threaded.comment(task, "The last")
    simulator.wait_for_message(customer, account_threaded.bot, "The last")
    assert said(simulator, account_threaded, customer) == [
        "The first",
        *sent,
        "The last",
    ]
    assert 0 < len(sent) < RACES


def test_of_two_tabs_at_the_same_moment_one_takes_it_back(
    odoo_threaded, account_threaded, task
):
    sessions = [odoo_threaded.session("admin") for _ in range(2)]
    told = []
    for number in range(5):
        [message] = account_threaded.comment(task, f"No {number}")

        def take_back(session, message=message):
            try:
                return session.rpc("mail.message", "viber_undo", [message])["body"]
            except OdooError as error:
                told.append(str(error))

        with ThreadPoolExecutor(2) as pool:
            bodies = list(filter(None, pool.map(take_back, sessions)))
        assert bodies == [f"<p>No {number}</p>"]
    assert len(told) == 5
    assert all("taken back already" in words for words in told), told


def test_too_late_is_said(agent, odoo_threaded, account_threaded, customer):
    message = answer(agent, "Gone")
    expect(undo(message)).to_be_visible()
    # The server has taken it meanwhile, which this page has not heard.
    odoo_threaded.sql("UPDATE viber_message SET hold_until = now() - interval '1 hour'")
    undo(message).click()
    expect(agent.get_by_text("It is too late")).to_be_visible()
    expect(message).to_be_visible()
