"""Before Send: the composer says where a text goes, and asks when that is unclear."""

import re

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import answer, log_in, open_page
from .test_live import PICTURE


@pytest.fixture
def task(account_threaded, customer):
    """The id of a conversation's task."""
    return account_threaded.write(customer, "Good day, my printer is on fire")


@pytest.fixture
def agent(page, odoo_threaded, task):
    """The agent's page with the conversation open."""
    log_in(page, odoo_threaded)
    open_task(page, odoo_threaded, task)
    return page


@pytest.fixture(scope="module")
def colleague(odoo_threaded):
    """The id of the contact of a colleague."""
    values = {"name": "Marta Colleague", "login": "marta", "email": "marta@example.com"}
    user = odoo_threaded.rpc("res.users", "create", values)
    return odoo_threaded.rpc("res.users", "read", [user], ["partner_id"])[0][
        "partner_id"
    ][0]


def open_task(page, odoo, task):
    page.goto(f"{odoo.url}/odoo/project.task/{task}")
    expect(page.locator(".o-mail-Message").first).to_be_visible()


def line(page):
    return page.locator(".o-viber-line")


def compose(page, kind="Send message"):
    page.get_by_role("button", name=kind).click()
    expect(page.locator(".o-mail-Composer-input")).to_be_visible()


def partner_of(odoo, task):
    [found] = odoo.rpc("project.task", "read", [task], ["partner_id"])
    return found["partner_id"][0]


def picture(page, screenshots, name, width=1400):
    page.set_viewport_size({"width": width, "height": 900})
    line(page).last.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    page.screenshot(path=screenshots / f"composer-{name}-{width}.png")


def test_to_the_customer_in_viber(agent, odoo_threaded, task, screenshots):
    compose(agent)
    expect(line(agent)).to_have_text("To Olena Koval in Viber, as Service desk")
    expect(agent.locator(".o-mail-Composer-input")).to_have_attribute(
        "placeholder", "Write to Olena Koval in Viber…"
    )
    expect(agent.get_by_text("To:", exact=True)).to_have_count(0)
    picture(agent, screenshots, "viber")
    agent.locator(".o-viber-line-add").click()
    field = agent.locator(".o-mail-RecipientsInput input")
    expect(field).to_have_attribute("placeholder", "Choose contacts…")
    picture(agent, screenshots, "viber-others")
    picture(agent, screenshots, "viber", 390)
    agent.set_viewport_size({"width": 1366, "height": 900})
    compose(agent, "Log note")
    expect(line(agent)).to_have_text("Stays inside")
    picture(agent, screenshots, "note")


def test_somebody_else_is_let_in_while_the_composer_is_open(agent, odoo_threaded, task):
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    wife = {"name": "Wife", "email": "wife@example.com"}
    wife_id = odoo_threaded.rpc("res.partner", "create", wife)
    odoo_threaded.rpc("project.task", "message_subscribe", [task], [wife_id])
    expect(line(agent)).to_contain_text("as Service desk, and to Wife by e-mail")


def test_gone_and_back_while_the_composer_is_open(
    agent, account_threaded, odoo_threaded, simulator, customer, task, screenshots
):
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    simulator.unsubscribe(customer, account_threaded.bot)
    expect(line(agent)).to_contain_text("Reaches nobody outside")
    expect(line(agent)).to_contain_text("has left the Viber bot")
    picture(agent, screenshots, "nobody")
    picture(agent, screenshots, "nobody", 390)
    odoo_threaded.rpc(
        "res.partner",
        "write",
        [partner_of(odoo_threaded, task)],
        {"email": "olena@example.com"},
    )
    open_task(agent, odoo_threaded, task)
    agent.set_viewport_size({"width": 1366, "height": 900})
    compose(agent)
    expect(line(agent)).to_contain_text("By e-mail to Olena Koval")
    picture(agent, screenshots, "email")
    simulator.write(customer, account_threaded.bot, "I am back")
    expect(line(agent)).to_contain_text("To Olena Koval in Viber")


def test_account_that_rests_or_is_broken(
    agent, account_threaded, odoo_threaded, simulator, screenshots
):
    simulator.fault("http", status=503)
    try:
        message = answer(agent, "Will wait")
        expect(message.locator(".o-viber-status")).to_contain_text("Waiting")
        compose(agent)
        expect(line(agent)).to_contain_text("Viber can't be reached at the moment")
        picture(agent, screenshots, "resting")
        agent.get_by_role("button", name="Send message").click()
    finally:
        simulator.clear_faults()
    compose(agent)
    # Told while it is open.
    odoo_threaded.rpc("viber.account", "action_disconnect", [account_threaded.id])
    expect(line(agent)).to_contain_text(
        "The Viber account Service desk is not connected"
    )
    expect(line(agent)).to_contain_text("To Olena Koval in Viber")
    picture(agent, screenshots, "broken")


def mention(page, text, name="Marta Colleague"):
    """Write a text that mentions the colleague, and press Send."""
    write_mention(page, text, name)
    send(page)


def write_mention(page, text, name="Marta Colleague"):
    field = page.locator(".o-mail-Composer-input")
    field.fill("")
    field.press_sequentially(f"@{name[:5]}")
    page.locator(".o-mail-Composer-suggestion", has_text=name).first.click()
    # What is typed before the name stands there overwrites it.
    expect(field).to_have_value(f"@{name} ")
    field.press_sequentially(text)


def send(page):
    page.locator(".o-mail-Composer-send").click()


def asked(page, name="Marta Colleague"):
    expect(page.get_by_role("dialog")).to_contain_text(f"You mention {name}")


def test_a_mention_of_a_colleague_asks_once(
    agent, account_threaded, simulator, customer, colleague, screenshots
):
    dialog = agent.get_by_role("dialog")
    compose(agent)
    mention(agent, "is the price right?")
    expect(dialog).to_contain_text("You mention Marta Colleague")
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "composer-mention-1400.png")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(agent.locator(".o-mail-Composer-input")).to_have_value(
        re.compile("is the price right")
    )
    agent.locator(".o-mail-Composer-send").click()
    dialog.get_by_role("button", name="Make It a Note").click()
    note = agent.locator(".o-mail-Message", has_text="is the price right?").first
    expect(note).to_be_visible()
    expect(note.locator(".o-viber-status")).to_have_count(0)
    compose(agent)
    mention(agent, "will help you")
    dialog.get_by_role("button", name="Send It to the Customer Too").click()
    sent = agent.locator(".o-mail-Message", has_text="will help you").first
    expect(sent.locator(".o-viber-status")).to_be_visible()
    bot = account_threaded.bot
    assert simulator.wait_for_message(customer, bot, "will help you")
    texts = [str(m["content"].get("text")) for m in simulator.messages(customer, bot)]
    assert not any("price" in text for text in texts)


def test_a_mention_of_somebody_known_by_name_only_asks(
    agent, odoo_threaded, task, colleague
):
    odoo_threaded.rpc("project.task", "message_subscribe", [task], [colleague])
    open_task(agent, odoo_threaded, task)
    agent.locator(".o-mail-Followers-button").click()
    expect(agent.locator(".o-mail-Follower", has_text="Marta")).to_be_visible()
    agent.keyboard.press("Escape")
    # Offered before the server has said who it is.
    agent.route("**/get_mention_suggestions", lambda _route: None)
    compose(agent)
    mention(agent, "is the price right?")
    expect(agent.get_by_role("dialog")).to_contain_text("You mention Marta Colleague")


def test_a_mention_asks_before_it_is_known_where_the_text_goes(agent, colleague):
    agent.route("**/viber_composer_info", lambda _route: None)  # No answer, ever.
    compose(agent)
    expect(line(agent)).to_have_text("…")
    mention(agent, "is the price right?")
    expect(agent.get_by_role("dialog")).to_contain_text("You mention Marta Colleague")


def test_a_mention_in_a_text_that_came_back_asks(agent, colleague):
    """After a reload, and out of the full composer."""
    compose(agent)
    write_mention(agent, "is the price right?")
    agent.wait_for_timeout(500)
    agent.reload()
    compose(agent)
    expect(agent.locator(".o-mail-Composer-input")).to_have_value(re.compile("price"))
    send(agent)
    asked(agent)
    agent.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(agent.get_by_role("dialog")).to_have_count(0)
    dialog = open_full(agent)
    expect(dialog.locator(".odoo-editor-editable")).to_contain_text("price")
    close_full(agent)
    compose(agent)
    send(agent)
    asked(agent)


def test_a_mention_of_a_role_asks(agent, odoo_threaded, account_threaded, colleague):
    """In both composers, and after Undo."""
    users = odoo_threaded.rpc("res.users", "search", [("login", "=", "marta")])
    role = {"name": "Backstage", "user_ids": [(6, 0, users)]}
    odoo_threaded.rpc("res.role", "create", role)
    hold = {"hold_seconds": 30}
    odoo_threaded.rpc("viber.account", "write", [account_threaded.id], hold)
    compose(agent)
    write_mention(agent, "is the price right?", "Backstage")
    dialog = open_full(agent)
    expect(dialog.locator(".odoo-editor-editable")).to_contain_text("price")
    dialog.get_by_role("button", name="Send", exact=True).click()
    question = agent.get_by_role("dialog").filter(has_text="You mention Backstage")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    close_full(agent)
    compose(agent)
    send(agent)
    question.get_by_role("button", name="Send It to the Customer Too").click()
    sent = agent.locator(".o-mail-Message", has_text="price").first
    sent.locator(".o-viber-undo").click()
    expect(agent.locator(".o-mail-Composer-input")).to_have_value(re.compile("price"))
    send(agent)
    asked(agent, "Backstage")


def test_a_mention_asks_while_it_changes_where_the_text_goes(
    agent, account_threaded, simulator, customer, colleague
):
    compose(agent)
    simulator.unsubscribe(customer, account_threaded.bot)
    expect(line(agent)).to_contain_text("Reaches nobody outside")
    agent.wait_for_timeout(1500)
    held = []
    agent.route("**/viber_composer_info", lambda call: held.append(call))
    simulator.write(customer, account_threaded.bot, "I am back")
    expect(agent.locator(".o-mail-Message", has_text="I am back").first).to_be_visible()
    wait_until(lambda: agent.wait_for_timeout(100) or held, what="the line's question")
    mention(agent, "is the price right?")
    asked(agent)


def test_a_mention_in_a_reply_to_all_asks(agent, odoo_threaded, task, colleague):
    # Odoo's Reply All takes nobody without an address.
    email = {"email": "olena@example.com"}
    customer = partner_of(odoo_threaded, task)
    odoo_threaded.rpc("res.partner", "write", [customer], email)
    open_task(agent, odoo_threaded, task)
    message = agent.locator(".o-mail-Message", has_text="on fire").first
    message.hover()
    message.get_by_role("button", name="Expand").click()
    agent.locator("[title='Reply All']").first.click()
    dialog = agent.get_by_role("dialog")
    dialog.locator(".odoo-editor-editable").click()
    agent.keyboard.press("Control+Home")
    agent.wait_for_timeout(500)
    agent.keyboard.type("@")
    agent.locator(".popover input").first.fill("Marta")
    agent.locator(".popover").get_by_text("Marta Colleague").last.click()
    dialog.get_by_role("button", name="Send", exact=True).click()
    question = agent.get_by_role("dialog").filter(has_text="You mention Marta")
    expect(question).to_be_visible()


def test_a_note_tells_the_colleague_and_not_the_customer(
    agent, odoo_threaded, task, colleague
):
    customer = partner_of(odoo_threaded, task)
    email = {"email": "olena@example.com"}
    odoo_threaded.rpc("res.partner", "write", [customer], email)
    open_task(agent, odoo_threaded, task)
    compose(agent)
    write_mention(agent, "tell @Olena")
    agent.locator(".o-mail-Composer-suggestion", has_text="Olena").first.click()
    field = agent.locator(".o-mail-Composer-input")
    expect(field).to_have_value("@Marta Colleague tell @Olena Koval ")
    field.press_sequentially("nothing of the margin")
    send(agent)
    asked(agent)
    agent.get_by_role("dialog").get_by_role("button", name="Make It a Note").click()
    note = agent.locator(".o-mail-Message", has_text="margin").first
    expect(note).to_be_visible()
    domain = [("res_id", "=", task), ("body", "ilike", "margin")]
    [told] = odoo_threaded.rpc(
        *("mail.message", "search_read", domain, ["notified_partner_ids"])
    )
    assert told["notified_partner_ids"] == [colleague]


def test_an_answer_from_the_inbox_asks(
    browser, odoo_threaded, account_threaded, simulator, customer, task, colleague
):
    names = ("base.group_user", "project.group_project_manager")
    find = "ir.model.data", "check_object_reference"
    groups = [odoo_threaded.rpc(*find, *name.split("."))[1] for name in names]
    values = {"name": "Inboxer", "login": "inboxer", "password": "inboxer"}
    values |= {"notification_type": "inbox", "group_ids": [(6, 0, groups)]}
    user = odoo_threaded.rpc("res.users", "create", values)
    [row] = odoo_threaded.rpc("res.users", "read", [user], ["partner_id"])
    follower = row["partner_id"][0]
    odoo_threaded.rpc("project.task", "message_subscribe", [task], [follower])
    account_threaded.write(customer, "Any news of the fire?")
    with open_page(browser) as page:
        log_in(page, odoo_threaded, "inboxer")
        box = "mail.action_discuss?active_id=mail.box_inbox"
        page.goto(f"{odoo_threaded.url}/odoo/action-{box}")
        message = page.locator(".o-mail-Message", has_text="Any news").first
        message.hover()
        message.get_by_role("button", name="Expand").click()
        page.get_by_role("menuitem", name="Reply").first.click()
        write_mention(page, "is the price right?")
        page.locator(".o-mail-Composer-input").press("Control+Enter")
        asked(page)


def test_a_mention_of_nobody_and_in_a_note_asks_nothing(agent, colleague):
    compose(agent, "Log note")
    mention(agent, "please look")
    expect(
        agent.locator(".o-mail-Message", has_text="please look").first
    ).to_be_visible()
    answer(agent, "Nobody mentioned")
    expect(
        agent.locator(".o-mail-Message", has_text="Nobody mentioned").first
    ).to_be_visible()
    expect(agent.get_by_role("dialog")).to_have_count(0)


def open_full(page):
    page.locator("button[name=open-full-composer]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".o_mail_composer_message")).to_be_visible()
    return dialog


def close_full(page):
    """Its text comes back into the small one, which closes, too."""
    dialog = page.get_by_role("dialog")
    dialog.locator(".modal-header button[aria-label=Close]").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".o-mail-Composer-input")).to_have_count(0)


def test_the_full_composer_says_the_same(
    agent, account_threaded, simulator, customer, colleague, screenshots
):
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    dialog = open_full(agent)
    words = "To Olena Koval in Viber, as Service desk"
    expect(dialog.locator(".modal-title")).to_have_text(words)
    expect(dialog.locator(".o-viber-line")).to_have_text(words)
    expect(dialog.locator("[name=subject]")).to_be_hidden()
    picture(agent, screenshots, "full")
    picture(agent, screenshots, "full", 390)
    agent.set_viewport_size({"width": 1366, "height": 900})
    editor = dialog.locator(".odoo-editor-editable")
    editor.click()
    agent.keyboard.type("@")
    agent.locator(".o-mail-MentionList input, .popover input").first.fill("Marta")
    agent.get_by_text("Marta Colleague").last.click()
    agent.keyboard.type(" from the full one")
    dialog.get_by_role("button", name="Send", exact=True).click()
    asked = agent.get_by_role("dialog").filter(has_text="Is this for the customer")
    expect(asked).to_contain_text("Marta Colleague")
    asked.get_by_role("button", name="Make It a Note").click()
    note = agent.locator(".o-mail-Message", has_text="from the full one").first
    expect(note).to_be_visible()
    expect(note.locator(".o-viber-status")).to_have_count(0)
    # A note by the full composer, and a text that goes as it is.
    compose(agent, "Log note")
    dialog = open_full(agent)
    expect(dialog.locator(".o-viber-line")).to_have_text("Stays inside")
    expect(dialog.locator(".modal-title")).to_contain_text("stays inside")
    dialog.get_by_role("button", name="Discard").click()
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    dialog = open_full(agent)
    dialog.locator(".odoo-editor-editable").click()
    agent.keyboard.type("For you alone")
    dialog.get_by_role("button", name="Send", exact=True).click()
    assert simulator.wait_for_message(customer, account_threaded.bot, "For you alone")


def test_files_say_what_becomes_of_them(agent, screenshots):
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    files = [
        {"name": "printer.png", "mimeType": "image/png", "buffer": PICTURE},
        {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"},
        {"name": "tool.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
    ]
    with agent.expect_file_chooser() as chooser:
        agent.locator("button[name=upload-files]").first.click()
    chooser.value.set_files(files)
    said = agent.locator(".o-viber-files")
    expect(said).to_contain_text("printer.png: goes as a picture")
    expect(said).to_contain_text("bill.pdf: goes as a file")
    expect(said).to_contain_text("tool.exe: goes as a link for 30 days")
    picture(agent, screenshots, "files")
    dialog = open_full(agent)
    expect(dialog).to_contain_text("goes as a link for 30 days")
    picture(agent, screenshots, "full-files")


def test_canned_responses_work(
    agent, odoo_threaded, account_threaded, simulator, customer
):
    values = {"source": "hours", "substitution": "We are here from 9 to 17"}
    odoo_threaded.rpc("mail.canned.response", "create", values)
    agent.reload()
    compose(agent)
    field = agent.locator(".o-mail-Composer-input")
    field.press_sequentially("::hou")
    agent.locator(".o-mail-Composer-suggestion", has_text="hours").first.click()
    expect(field).to_have_value(re.compile("We are here from 9 to 17"))
    agent.locator(".o-mail-Composer-send").click()
    bot = account_threaded.bot
    assert simulator.wait_for_message(customer, bot, "We are here from 9 to 17")


def test_what_is_said_in_viber_can_not_be_changed(agent, screenshots):
    """And the customer's message bears Viber's sign."""

    def offers(message):
        message.hover()
        expect(message.locator(".o-mail-Message-actions button").first).to_be_visible()
        agent.wait_for_timeout(300)
        more = message.get_by_role("button", name="Expand")
        if more.count():
            more.click()
            expect(agent.get_by_role("menuitem").first).to_be_visible()
        names = agent.get_by_role("menuitem").all_inner_texts()
        names += agent.locator(".o-mail-Message-actions button").evaluate_all(
            "all => all.map((one) => one.title || one.ariaLabel || '')"
        )
        agent.keyboard.press("Escape")
        return {name for name in ("Edit", "Delete") if name in " ".join(names)}

    theirs = agent.locator(".o-mail-Message", has_text="on fire").first
    expect(theirs.locator(".o-viber-from-customer")).to_be_visible()
    expect(theirs.locator(".fa-envelope-o")).to_have_count(0)
    assert not offers(theirs)
    sent = answer(agent, "It is being extinguished")
    expect(sent.locator(".o-viber-status")).to_contain_text("Delivered")
    assert not offers(sent)
    compose(agent, "Log note")
    agent.locator(".o-mail-Composer-input").fill("Inside")
    agent.locator(".o-mail-Composer-send").click()
    note = agent.locator(".o-mail-Message", has_text="Inside").first
    expect(note).to_be_visible()
    wait_until(lambda: offers(note) == {"Edit", "Delete"}, what="Edit and Delete")


def test_plain_tasks_look_as_ever_and_cost_no_call(agent, odoo_threaded):
    plain = odoo_threaded.rpc("project.task", "create", {"name": "Plain"})
    calls = []
    agent.on("request", lambda request: calls.append(request.url))
    agent.goto(f"{odoo_threaded.url}/odoo/project.task/{plain}")
    compose(agent)
    expect(agent.get_by_text("To:", exact=True)).to_be_visible()
    expect(line(agent)).to_have_count(0)
    agent.locator(".o-mail-Composer-input").fill("Good day")
    agent.wait_for_timeout(500)
    assert not [url for url in calls if "viber_composer" in url]


def test_typing_asks_nothing(agent):
    compose(agent)
    expect(line(agent)).to_contain_text("in Viber")
    calls = []
    agent.on("request", lambda request: calls.append(request.url))
    # A fresh page hears what was said on the bus in the last minute, and asks then.
    agent.wait_for_timeout(2000)
    settle(agent, calls)
    agent.locator(".o-mail-Composer-input").press_sequentially("Good day to you")
    agent.get_by_placeholder("Task Title").fill("Fire")
    agent.wait_for_timeout(500)
    assert not [url for url in calls if "viber_composer" in url]


def settle(page, calls):
    """Wait until nothing has been asked for two seconds; forget what was asked."""
    while calls:
        calls.clear()
        page.wait_for_timeout(2000)
