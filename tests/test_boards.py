"""The agent's lists and boards in the real client: who waits is found, and all moves by
itself, for those who may see it."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import Account, answer, log_in, open_page
from .support.wire import Wire

ACTION = "viber_connector.viber_conversation_action"
NARROW = {"width": 390, "height": 844}
DESK = {"width": 1400, "height": 900}
_numbers = itertools.count(1)

# Counts what the page asks for.
COUNT_READS = """() => {
    const { rpcBus } = odoo.loader.modules.get("@web/core/network/rpc");
    window.reads = [];
    rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => {
        const { method, model } = detail.data.params;
        window.reads.push(`${model}.${method}`);
    });
}"""


@pytest.fixture
def account(odoo_threaded, simulator):
    """A connected account with a project of its own."""
    name = f"Desk {next(_numbers)}"
    project = odoo_threaded.rpc(
        "project.project",
        "create",
        {
            "name": name,
            "type_ids": [(0, 0, {"name": "New"}), (0, 0, {"name": "Doing"})],
        },
    )
    return Account(odoo_threaded, simulator, name, project_id=project)


@pytest.fixture
def project(account):
    """The id of the project of the account's conversations."""
    return account.read("project_id")["project_id"][0]


def new_customer(simulator, name):
    return simulator.create_user(name, language="uk-UA", country="UA")


def new_agent(odoo, login, *groups, **values):
    """Make a user whose password is their login.

    :return: id (int)
    """
    names = groups or ("base.group_user", "project.group_project_user")
    found = [
        odoo.rpc("ir.model.data", "check_object_reference", *name.split("."))[1]
        for name in names
    ]
    values |= {"name": login.title(), "login": login, "password": login}
    return odoo.rpc("res.users", "create", values | {"group_ids": [(6, 0, found)]})


def let_wait(odoo, task, minutes):
    """Have the customer of a conversation wait for so long already."""
    odoo.sql(
        "UPDATE project_task SET viber_waiting_since = "
        "now() AT TIME ZONE 'UTC' - make_interval(mins => %s) WHERE id = %s",
        [minutes, task],
    )


def open_conversations(page, odoo, view_type="list"):
    page.goto(f"{odoo.url}/odoo/action-{ACTION}?view_type={view_type}")
    expect(page.locator(f".o_{view_type}_view")).to_be_visible()


def open_board(page, odoo, project):
    page.goto(f"{odoo.url}/odoo/project/{project}/tasks")
    expect(page.locator(".o_kanban_renderer")).to_be_visible()
    # Till the channel is open.
    page.wait_for_timeout(1500)


def card(page, text):
    return page.locator(".o_kanban_record:not(.o_kanban_ghost)", has_text=text)


def test_who_waits_longest_is_found_and_answered_in_two_clicks(
    page, odoo_threaded, account, simulator, customer, screenshots
):
    long = account.write(customer, "Good day, my printer is on fire")
    short = account.write(new_customer(simulator, "Petro Shevchenko"), "Hi")
    let_wait(odoo_threaded, long, 3 * 24 * 60)
    let_wait(odoo_threaded, short, 40)
    account.write(new_customer(simulator, "Ivan Bondar"), "Where is my order?")
    log_in(page, odoo_threaded)
    page.set_viewport_size(DESK)
    open_conversations(page, odoo_threaded)
    page.get_by_role("menuitem", name="Conversations").click()
    rows = page.locator(".o_data_row")
    expect(rows.nth(0)).to_contain_text("Olena Koval")
    expect(rows.nth(0).locator(".o_viber_waiting.text-bg-danger")).to_have_text("3 d")
    expect(rows.nth(1).locator(".o_viber_waiting.text-bg-warning")).to_have_text(
        "40 min"
    )
    expect(rows.nth(2)).to_contain_text("Where is my order?")
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "9-conversations.png")
    rows.nth(0).locator("[name=viber_last_message_preview]").click()
    answer(page, "It is being extinguished")
    assert simulator.wait_for_message(customer, account.bot, "being extinguished")
    page.locator(".o_breadcrumb .o_back_button, .breadcrumb-item a").first.click()
    expect(rows.nth(0)).to_contain_text("Petro Shevchenko")


def test_a_new_customer_and_an_answer_move_the_board_of_a_colleague(
    browser, page, odoo_threaded, account, project, simulator, customer, screenshots
):
    """The project's board is empty at first, and nobody touches it."""
    new_agent(odoo_threaded, "watcher")
    with open_page(browser, viewport=DESK) as other:
        log_in(other, odoo_threaded, "watcher")
        open_board(other, odoo_threaded, project)
        task = account.write(customer, "Good day, my printer is on fire")
        theirs = card(other, "my printer is on fire")
        expect(theirs.locator(".o_viber_waiting")).to_have_text("0 min")
        other.screenshot(path=screenshots / "9-board.png")
        account.write(customer, "Is anybody there?")
        expect(theirs.locator(".o_viber_signs")).to_contain_text("Is anybody there?")
        account.comment(task, "It is being extinguished")
        expect(theirs.locator(".o_viber_waiting")).to_have_count(0)
        expect(theirs.locator("img.o_m2m_avatar")).to_have_count(1)
        stages = odoo_threaded.rpc("project.project", "read", [project], ["type_ids"])[
            0
        ]["type_ids"]
        odoo_threaded.rpc("project.task", "write", [task], {"stage_id": stages[1]})
        column = other.locator(".o_kanban_group", has_text="Doing")
        expect(card(column, "my printer is on fire")).to_be_visible()


def test_a_failure_is_seen_on_the_card_and_found_by_its_filter(
    page, odoo_threaded, account, simulator, customer
):
    task = account.write(customer, "Good day, my printer is on fire")
    account.write(new_customer(simulator, "Petro Shevchenko"), "Hi")
    log_in(page, odoo_threaded)
    open_conversations(page, odoo_threaded, "kanban")
    expect(card(page, "Olena Koval").first).to_be_visible()
    page.wait_for_timeout(1500)
    simulator.fault("status", method="send_message", status=3, count=1)
    account.comment(task, "Refused")
    expect(page.locator(".o_viber_undelivered")).to_have_count(1)
    page.locator(".o_searchview_dropdown_toggler").click()
    page.get_by_role("menuitemcheckbox", name="Not Delivered").click()
    page.keyboard.press("Escape")
    expect(card(page, "Olena Koval")).to_have_count(1)
    expect(card(page, "Petro Shevchenko")).to_have_count(0)


def test_long_names_and_lost_customers_are_seen_in_the_list(
    page, odoo_threaded, account, simulator, screenshots
):
    name = "Maximiliana Konstantinopolskaya-Wolfeschlegelsteinhausenbergerdorff"
    account.write(new_customer(simulator, name), "Good day")
    gone, blocked = (new_customer(simulator, n) for n in ("Gone One", "Blocked One"))
    account.write(gone, "I leave")
    task = account.write(blocked, "I am rude")
    log_in(page, odoo_threaded)
    page.set_viewport_size(DESK)
    open_conversations(page, odoo_threaded)
    rows = page.locator(".o_data_row")
    sign = ".o_viber_gone"
    for who in ("Gone One", "Blocked One"):
        expect(rows.filter(has_text=who)).to_have_count(1)
        expect(rows.filter(has_text=who).locator(sign)).to_have_count(0)
    shown = rows.filter(has_text=name).locator("[name=partner_id] .o_many2one > *")
    wait_until(
        # The list gives its columns their widths when it stands.
        lambda: shown.evaluate("el => el.scrollWidth > el.clientWidth"),
        what="a … at the name's end",
    )
    # While the list is open.
    simulator.unsubscribe(gone, account.bot)
    expect(rows.filter(has_text="Gone One").locator(sign)).to_have_text("Left")
    [row] = odoo_threaded.rpc("project.task", "read", [task], ["viber_subscriber_id"])
    [blocked_id, _name] = row["viber_subscriber_id"]
    values = {"is_blocked": True}
    odoo_threaded.rpc("viber.subscriber", "write", [blocked_id], values)
    expect(rows.filter(has_text="Blocked One").locator(sign)).to_have_text("Blocked")
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "9-conversations-signs.png")
    page.locator(".o_switch_view.o_kanban").click()
    expect(card(page, "Gone One").locator(sign)).to_have_text("Left")
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "9-conversations-signs-narrow.png")


def test_the_counter_and_the_buttons(
    page, odoo_threaded, account, simulator, customer, screenshots
):
    account.write(customer, "Good day, my printer is on fire")
    new_agent(odoo_threaded, "counter")
    log_in(page, odoo_threaded, "counter")
    page.set_viewport_size(DESK)
    open_conversations(page, odoo_threaded)
    expect(page.locator(".o_viber_counter")).to_be_visible()
    count = page.locator(".o_viber_count")
    expect(count).to_have_count(0)
    row = page.locator(".o_data_row", has_text=account.read("name")["name"])
    row.locator("button[name=action_viber_assign_to_me]").click()
    expect(count).to_have_text("1")
    page.screenshot(path=screenshots / "9-counter.png")
    page.locator(".o_viber_counter button").click()
    expect(page.locator(".o_facet_values")).to_contain_text("Waiting for Me")
    mine = page.locator(".o_data_row")
    expect(mine).to_have_count(1)
    mine.locator("button[name=action_viber_no_answer_needed]").click()
    told = page.locator(".o_notification")
    expect(told).to_contain_text("Olena Koval: no answer needed.")
    page.screenshot(path=screenshots / "9-no-answer.png")
    expect(mine).to_have_count(0)
    expect(count).to_have_count(0)
    account.write(customer, "But it still burns")
    expect(count).to_have_text("1")
    expect(mine).to_have_count(1)
    # In bulk.
    mine.locator(".o_list_record_selector input").click()
    page.get_by_role("button", name="No Answer Needed").click()
    expect(count).to_have_count(0)


def test_what_somebody_has_in_hand_is_not_drawn_anew(
    page, odoo_threaded, account, project, simulator, customer
):
    account.write(customer, "Good day, my printer is on fire")
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/project/{project}/tasks?view_type=list")
    row = page.locator(".o_data_row", has_text="my printer is on fire")
    row.locator(".o_list_record_selector input").click()
    page.wait_for_timeout(1500)
    other = new_customer(simulator, "Petro Shevchenko")
    account.write(other, "Where is my order?")
    page.wait_for_timeout(2500)
    expect(row.locator(".o_list_record_selector input")).to_be_checked()
    expect(page.locator(".o_data_row")).to_have_count(1)
    row.locator(".o_list_record_selector input").click()
    expect(page.locator(".o_data_row")).to_have_count(2)


def test_many_messages_are_few_reads(page, odoo_threaded, account, simulator, customer):
    task = account.write(customer, "Good day, my printer is on fire")
    log_in(page, odoo_threaded)
    open_conversations(page, odoo_threaded)
    expect(page.locator(".o_data_row").first).to_be_visible()
    page.wait_for_timeout(2000)
    page.evaluate(COUNT_READS)
    send = """([model, count]) => {
        const { env } = odoo.__WOWL_DEBUG__.root;
        const board = env.services["viber_connector.board"];
        for (let i = 0; i < count; i++) {
            setTimeout(() => board.tell(model), i * 5);
        }
    }"""
    page.evaluate(send, ["project.task", 800])
    page.wait_for_timeout(4500)
    reads = page.evaluate("window.reads")
    assert 2 <= reads.count("project.task.web_search_read") <= 4, reads
    assert task


def test_a_view_without_conversations_costs_nothing(
    page, odoo_threaded, account, simulator, customer
):
    account.write(customer, "Good day, my printer is on fire")
    stages = [(0, 0, {"name": "New"})]
    plain = odoo_threaded.rpc(
        "project.project", "create", {"name": "Plain", "type_ids": stages}
    )
    values = {"name": "No conversation", "project_id": plain}
    odoo_threaded.rpc("project.task", "create", values)
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/project/{plain}/tasks")
    expect(card(page, "No conversation")).to_be_visible()
    expect(page.locator(".o_viber_signs")).to_have_count(0)
    page.wait_for_timeout(1500)
    channels = page.evaluate(
        """() => odoo.__WOWL_DEBUG__.root.env
            .services["viber_connector.board"].channels"""
    )
    assert channels == []
    page.evaluate(COUNT_READS)
    page.locator(".o_switch_view.o_list").click()
    expect(page.locator(".o_data_row", has_text="No conversation")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Viber")).to_have_count(0)
    reads = page.evaluate("window.reads")
    assert not [read for read in reads if "viber" in read], reads


def test_who_may_not_see_a_project_sees_and_hears_nothing_of_it(
    browser, odoo_threaded, account, project, simulator, customer
):
    """An agent who may see one of two projects; another company; the portal."""
    rpc = odoo_threaded.rpc
    hidden = Account(
        odoo_threaded,
        simulator,
        name="Hidden",
        project_id=rpc(
            "project.project",
            "create",
            {"name": "Hidden", "privacy_visibility": "followers"},
        ),
    )
    account.write(customer, "Seen by many")
    hidden.write(customer, "Seen by few")
    new_agent(odoo_threaded, "half")
    company = rpc("res.company", "create", {"name": "Elsewhere"})
    companies = {"company_id": company, "company_ids": [(6, 0, [company])]}
    new_agent(
        *(odoo_threaded, "elsewhere", "base.group_user", "project.group_project_user"),
        **companies,
    )
    own = rpc("res.users", "read", [rpc("res.users", "search", [], limit=1)[0]])[0]
    rpc("project.project", "write", [project], {"company_id": own["company_id"][0]})
    with open_page(browser) as page:
        log_in(page, odoo_threaded, "half")
        open_conversations(page, odoo_threaded)
        expect(page.get_by_text("Seen by many").first).to_be_visible()
        expect(page.get_by_text("Seen by few")).to_have_count(0)
        # Odoo tells a new page what happened in the last minute.
        page.wait_for_timeout(4000)
        page.evaluate(COUNT_READS)
        # Even if they ask for its channel.
        name = (
            f"viber_board_project.project_{hidden.read('project_id')['project_id'][0]}"
        )
        page.evaluate(
            """name => odoo.__WOWL_DEBUG__.root.env
                .services["viber_connector.board"].listen(name)""",
            name,
        )
        page.wait_for_timeout(1000)
        hidden.write(customer, "Still seen by few")
        page.wait_for_timeout(2500)
        assert "project.task.web_search_read" not in page.evaluate("window.reads")
        account.write(customer, "Still seen by many")
        expect(page.get_by_text("Still seen by many").first).to_be_visible()
    with open_page(browser) as page:
        log_in(page, odoo_threaded, "elsewhere")
        open_conversations(page, odoo_threaded)
        page.wait_for_timeout(1000)
        expect(page.get_by_text("Seen by")).to_have_count(0)
    new_agent(odoo_threaded, "outside", "base.group_portal")
    outsider = odoo_threaded.session("outside")
    assert outsider.rpc("viber.conversation.mixin", "viber_waiting_for_me") == []


def test_a_lost_connection_is_made_up_for_once(
    page, odoo_threaded, account, simulator, customer
):
    account.write(customer, "Good day, my printer is on fire")
    log_in(page, odoo_threaded)
    open_conversations(page, odoo_threaded)
    expect(page.locator(".o_data_row").first).to_be_visible()
    page.wait_for_timeout(2000)
    page.evaluate(COUNT_READS)
    page.evaluate(
        """() => odoo.__WOWL_DEBUG__.root.env.services.bus_service
            .trigger("BUS:RECONNECT")"""
    )
    page.wait_for_timeout(2500)
    reads = page.evaluate("window.reads")
    assert reads.count("project.task.web_search_read") == 1, reads
    assert reads.count("viber.conversation.mixin.viber_waiting_for_me") == 1, reads


@pytest.mark.parametrize("is_missed", [False, True])
def test_who_comes_back_after_a_cut_sees_what_was_missed(
    page, odoo_threaded, account, simulator, customer, is_missed
):
    """The wire itself is cut, not only said to be."""
    account.write(customer, "Good day, my printer is on fire")
    with Wire(odoo_threaded.url) as wire:
        page.goto(f"{wire.url}/web/login")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        page.goto(f"{wire.url}/odoo/action-{ACTION}?view_type=list")
        row = page.locator(".o_data_row", has_text=account.read("name")["name"])
        expect(row).to_contain_text("my printer is on fire")
        page.wait_for_timeout(2500)
        page.evaluate(COUNT_READS)
        page.evaluate(
            """() => odoo.__WOWL_DEBUG__.root.env.services.bus_service
                .addEventListener("BUS:RECONNECT", () => window.isBack = true)"""
        )
        wire.cut()
        page.wait_for_timeout(500)
        if is_missed:
            account.write(customer, "Is anybody there?")
        wire.mend()
        page.wait_for_function("window.isBack", timeout=30_000)
        if is_missed:
            expect(row).to_contain_text("Is anybody there?")
        page.wait_for_timeout(3000)
        reads = page.evaluate("window.reads").count("project.task.web_search_read")
        # Odoo tells what was missed, too, which may come a moment later.
        assert 1 <= reads <= 1 + is_missed, reads
        # The page goes before the wire does.
        page.goto("about:blank")


def test_a_card_that_is_dragged_and_a_text_that_is_typed_are_left_alone(
    page, odoo_threaded, account, project, simulator, customer
):
    task = account.write(customer, "Good day, my printer is on fire")
    log_in(page, odoo_threaded)
    page.set_viewport_size(DESK)
    open_board(page, odoo_threaded, project)
    mine = card(page, "my printer is on fire")
    target = page.locator(".o_kanban_group", has_text="Doing")
    box = mine.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 30, steps=5)
    expect(page.locator(".o_dragged")).to_have_count(1)
    account.write(new_customer(simulator, "Petro Shevchenko"), "Where is my order?")
    page.wait_for_timeout(2500)
    expect(page.locator(".o_dragged")).to_have_count(1)
    expect(card(page, "Where is my order?")).to_have_count(0)
    place = target.bounding_box()
    page.mouse.move(place["x"] + 100, place["y"] + 120, steps=10)
    page.mouse.up()
    expect(card(target, "my printer is on fire")).to_be_visible()
    expect(card(page, "Where is my order?")).to_be_visible()
    [moved] = odoo_threaded.rpc("project.task", "read", [task], ["stage_id"])
    assert moved["stage_id"][1] == "Doing"
    # A new task that is being written.
    target.locator(".o_kanban_quick_add").click()
    name = page.locator(".o_kanban_quick_create [name=display_name] input")
    name.fill("Half a ti")
    account.write(new_customer(simulator, "Ivan Bondar"), "Is anybody there?")
    page.wait_for_timeout(2500)
    expect(name).to_have_value("Half a ti")
    expect(card(page, "Is anybody there?")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(card(page, "Is anybody there?")).to_be_visible()


def test_two_hundred_messages_at_once_are_few_reads(
    page, odoo_threaded, account, simulator
):
    """Through webhook, inbox and bus."""
    customers = [new_customer(simulator, f"Customer {number}") for number in range(20)]
    for customer in customers:
        account.write(customer, "Good day")
    log_in(page, odoo_threaded)
    open_conversations(page, odoo_threaded)
    expect(page.locator(".o_data_row").first).to_be_visible()
    page.wait_for_timeout(2500)
    page.evaluate(COUNT_READS)
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            text = f"Message {number}"
            list(
                pool.map(
                    lambda c, t=text: simulator.write(c, account.bot, t), customers
                )
            )
    words = [("viber_account_id", "=", account.id)]
    words.append(("viber_last_message_preview", "=", "Message 9"))

    def is_done():
        return odoo_threaded.rpc("project.task", "search_count", words) == 20

    wait_until(is_done, 60, what="all 200 messages")
    took = time.monotonic() - start
    rows = page.locator(".o_data_row", has_text="Message 9")
    expect(rows).to_have_count(20)
    page.wait_for_timeout(3000)
    reads = page.evaluate("window.reads").count("project.task.web_search_read")
    # One at once, then one after each rest, the last after the last message.
    assert 1 <= reads <= took / 1.5 + 2, (reads, took)


def test_on_a_telephone(page, odoo_threaded, account, simulator, customer, screenshots):
    task = account.write(customer, "Good day, my printer is on fire")
    let_wait(odoo_threaded, task, 40)
    # Without OdooBot's first words, which would cover the page.
    new_agent(odoo_threaded, "walker", odoobot_state="disabled")
    log_in(page, odoo_threaded, "walker")
    page.set_viewport_size(NARROW)
    page.goto(f"{odoo_threaded.url}/odoo/action-{ACTION}")
    mine = card(page, "Olena Koval").first
    expect(mine).to_be_visible()
    expect(mine.get_by_role("button", name="No Answer Needed")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "9-conversations-narrow.png")
    mine.get_by_text("Olena Koval").click()
    expect(page.locator(".o_form_view")).to_be_visible()
    wait_until(lambda: task in account.tasks(customer))
