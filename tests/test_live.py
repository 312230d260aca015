"""What an agent sees without touching the page, and what they can do about it."""

import base64
import re

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import answer, log_in, open_page

# A picture that is plainly one: 40 × 40, purple.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAoCAIAAAADnC86AAAAMElEQVR4nO3NMQEAAAgDoK1/aM3g4QcJ"
    "aCa5qmAxGAwGg8FgMBgMBoPBYDAYDH4bLMIBV2rGNbcAAAAASUVORK5CYII="
)

# Keeps the number (of bus.bus) of the last thing that the bus told of new messages.
HEARD = """() => {
    const heard = { last: 0 };
    odoo.__WOWL_DEBUG__.root.env.services.bus_service.subscribe(
        "viber_connector/refresh", (payload, { id }) => (heard.last = id)
    );
    return heard;
}"""


@pytest.fixture
def task(account_threaded, customer):
    """The id of a conversation's task."""
    return account_threaded.write(customer, "Good day, my printer is on fire")


@pytest.fixture
def agent(page, odoo_threaded, task):
    """The agent's page with the conversation open."""
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
    expect(page.locator(".o-mail-Message").first).to_be_visible()
    return page


def test_the_customers_messages_appear_by_themselves(
    agent, account_threaded, simulator, customer, screenshots
):
    bot = account_threaded.bot
    simulator.write(customer, bot, "Is anybody *there* now? (smiley)")
    message = agent.locator(
        ".o-mail-Message", has_text="Is anybody there now? 😊"
    ).first
    expect(message).to_be_visible()
    simulator.send_file(
        *(customer, bot, "printer.png", PICTURE),
        kind="picture",
        content_type="image/png",
        text="the printer",
    )
    pictured = agent.locator(".o-mail-Message", has_text="the printer").first
    expect(pictured.locator(".o-mail-AttachmentList img").first).to_be_visible()
    location = {"type": "location", "location": {"lat": 50.450101, "lon": 30.523399}}
    simulator.send(customer, bot, location)
    expect(
        agent.get_by_role("link", name="50.450101, 30.523399").first
    ).to_have_attribute("href", re.compile("openstreetmap.org"))
    contact = {"name": "Ivan Bondar", "phone_number": "380671234567"}
    simulator.send(customer, bot, {"type": "contact", "contact": contact})
    expect(agent.get_by_text("Ivan Bondar, +380671234567").first).to_be_visible()
    agent.screenshot(path=screenshots / "3-received.png")


def test_a_number_that_was_asked_for_is_shared_by_a_tap(
    agent, odoo_threaded, account_threaded, simulator, customer, task
):
    bot = account_threaded.bot
    odoo_threaded.rpc("project.task", "action_viber_ask_phone", [task])
    text = "Please share your phone number"
    shown = simulator.wait_for_message(customer, bot, text)["content"]["keyboard"]
    assert [button["ActionType"] for button in shown["Buttons"]] == ["share-phone"]
    simulator.tap(customer, bot, 0)
    shared = agent.get_by_text(f"+{customer['phone']}").first
    expect(shared).to_be_visible()
    domain = [("viber_user_id", "=", simulator.viber_id(customer, bot))]
    [known] = odoo_threaded.rpc("viber.subscriber", "search_read", domain, ["phone"])
    assert known["phone"] == f"+{customer['phone']}"


def test_the_state_of_an_answer_changes_before_the_eyes_of_all(
    browser, agent, odoo_threaded, account_threaded, simulator, customer, task
):
    bot = account_threaded.bot
    login = "colleague"
    groups = ["base.group_user", "project.group_project_manager"]
    group_ids = [
        odoo_threaded.rpc("ir.model.data", "check_object_reference", *name.split("."))[
            1
        ]
        for name in groups
    ]
    odoo_threaded.rpc(
        *("res.users", "create"),
        {
            "name": "Colleague",
            "login": login,
            "password": login,
            "group_ids": [(6, 0, group_ids)],
        },
    )
    simulator.update_user(customer, online=False)
    with open_page(browser) as other:
        log_in(other, odoo_threaded, login)
        other.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        expect(other.locator(".o-mail-Message").first).to_be_visible()
        mine = answer(agent, "It is being extinguished").locator(".o-viber-status")
        theirs = other.locator(".o-mail-Message", has_text="being extinguished").first
        theirs = theirs.locator(".o-viber-status")
        for state, event in (
            ("Sent", lambda: None),
            ("Delivered", lambda: simulator.update_user(customer, online=True)),
            ("Seen", lambda: simulator.read(customer, bot)),
        ):
            event()
            expect(mine).to_contain_text(state)
            expect(theirs).to_contain_text(state)


def test_what_was_read_before_and_arrives_after_changes_nothing(
    browser, agent, odoo_threaded, simulator, customer, task
):
    simulator.update_user(customer, online=False)
    simulator.fault("latency", method="send_message", seconds=5, count=1)
    late = []

    def keep_back(route):
        response = route.fetch()
        if '"ready"' in response.text():
            late.append((route, response))
        else:
            route.fulfill(response=response)

    with open_page(browser) as other:
        log_in(other, odoo_threaded)
        other.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        expect(other.locator(".o-mail-Message").first).to_be_visible()
        other.route("**/mail/thread/messages", keep_back)
        mine = answer(agent, "It is being extinguished").locator(".o-viber-status")
        # The colleague's client has asked before it leaves.
        while not late:
            expect(mine).to_contain_text("Waiting")
            other.wait_for_timeout(100)
        expect(mine).to_contain_text("Sent")
        for route, response in late:
            route.fulfill(response=response)
        theirs = other.locator(".o-mail-Message", has_text="being extinguished").first
        other.wait_for_timeout(500)
        expect(theirs.locator(".o-viber-status")).to_contain_text("Sent")


def test_what_arrives_while_one_reads_is_read_after(
    browser, odoo_threaded, account_threaded, simulator, customer, task
):
    bot = account_threaded.bot
    late = []
    with open_page(browser) as page:
        log_in(page, odoo_threaded)
        page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
        expect(page.locator(".o-mail-Message").first).to_be_visible()

        def keep_back(route):
            response = route.fetch()
            if not late and "Now it smokes" in response.text():
                late.append((route, response))
            else:
                route.fulfill(response=response)

        page.route("**/mail/thread/messages", keep_back)
        heard = page.evaluate_handle(HEARD)
        simulator.write(customer, bot, "Now it smokes")
        while not late:
            page.wait_for_timeout(100)
        account_threaded.write(customer, "Now it is silent")
        [(told,)] = odoo_threaded.sql(
            "SELECT max(id) FROM bus_bus WHERE message LIKE '%viber_connector/refresh%'"
        )
        page.wait_for_function(
            "([heard, told]) => heard.last >= told", arg=[heard, told]
        )
        [(route, response)] = late
        route.fulfill(response=response)
        for words in ("Now it smokes", "Now it is silent"):
            expect(
                page.locator(".o-mail-Message", has_text=words).first
            ).to_be_visible()


def test_a_refused_answer_says_why_and_can_be_sent_again(
    agent, account_threaded, simulator, customer, screenshots
):
    simulator.fault("status", method="send_message", status=3, count=1)
    message = answer(agent, "Refused at first")
    status = message.locator(".o-viber-status")
    expect(status).to_contain_text("Not delivered")
    expect(agent.locator(".o-mail-MessagingMenu-counter").first).to_be_visible()
    status.click()
    popover = agent.locator(".o-mail-MessageNotificationPopover")
    expect(popover).to_contain_text("Olena Koval")
    expect(popover).to_contain_text("Change its text or its files")
    agent.wait_for_timeout(500)  # the popover fades in
    agent.screenshot(path=screenshots / "4-failed.png")
    popover.get_by_role("button", name="Send again").click()
    expect(status).to_contain_text("Delivered")
    bot = account_threaded.bot
    assert simulator.wait_for_message(customer, bot, "Refused at first")


def test_what_viber_refuses_is_no_failed_email(agent, odoo_threaded, simulator, task):
    # A colleague reads in Odoo: nothing is sent to them that could fail.
    colleague = {"name": "Reader", "login": "reader", "notification_type": "inbox"}
    user = odoo_threaded.rpc("res.users", "create", colleague)
    [row] = odoo_threaded.rpc("res.users", "read", [user], ["partner_id"])
    partner = row["partner_id"][0]
    odoo_threaded.rpc("project.task", "message_subscribe", [task], [partner])
    simulator.fault("status", method="send_message", status=3, count=1)
    message = answer(agent, "Not to be delivered")
    expect(message.locator(".o-viber-status")).to_contain_text("Not delivered")
    sign = message.locator(".o-mail-Message-notification")
    expect(sign).to_be_visible()
    expect(sign).not_to_have_class(re.compile("text-danger"))


def test_mail_and_viber_have_a_sign_each(agent, odoo_threaded, task):
    wife = {"name": "Wife", "email": "wife@example.com"}
    wife_id = odoo_threaded.rpc("res.partner", "create", wife)
    odoo_threaded.rpc("project.task", "message_subscribe", [task], [wife_id])
    message = answer(agent, "To both of you")
    popover = agent.locator(".o-mail-MessageNotificationPopover")
    message.locator(".o-viber-status").press("Enter")
    expect(popover.locator(".o-viber-fate")).to_contain_text("Olena Koval")
    agent.keyboard.press("Escape")
    expect(popover).to_have_count(0)
    message.locator(".o-mail-Message-notification").click()
    expect(popover).to_contain_text("Wife")
    expect(popover.locator(".o-viber-fate")).to_have_count(0)


def test_two_chatters_of_a_task_share_its_channel(
    agent, account_threaded, simulator, customer, odoo_threaded, task
):
    """The one that closes leaves the other's ears open."""
    agent.evaluate(
        """id => {
            const live = odoo.__WOWL_DEBUG__.root.env.services["viber_connector.live"];
            live.listen(id);
            live.leave(id);
        }""",
        task,
    )
    simulator.write(customer, account_threaded.bot, "Still there?")
    expect(agent.locator(".o-mail-Message", has_text="Still there?")).to_be_visible()


def test_an_uncertain_answer_can_be_confirmed(
    agent, account_threaded, simulator, customer, screenshots
):
    simulator.settings(delivered=False)
    try:
        simulator.fault("http", method="send_message", status=500, count=1)
        message = answer(agent, "Nobody knows")
        status = message.locator(".o-viber-status")
        expect(status).to_contain_text("May not have arrived")
        status.click()
        agent.wait_for_timeout(500)
        agent.screenshot(path=screenshots / "5-uncertain.png")
        agent.get_by_role("button", name="It arrived").click()
        expect(status).to_contain_text("Sent")
    finally:
        simulator.settings(delivered=True)


def test_the_agent_is_told_before_writing_to_a_customer_who_left(
    agent, account_threaded, simulator, customer, screenshots
):
    simulator.unsubscribe(customer, account_threaded.bot)
    warning = agent.get_by_text("This customer has left the Viber bot")
    expect(warning).to_be_visible()
    agent.screenshot(path=screenshots / "6-left.png")
    simulator.write(customer, account_threaded.bot, "I am back")
    expect(warning).to_be_hidden()


def test_a_task_that_is_no_conversation_opens_no_channel(agent, odoo_threaded, task):
    plain = odoo_threaded.rpc("project.task", "create", {"name": "No conversation"})
    listened = agent.evaluate_handle(
        """() => {
            const live = odoo.__WOWL_DEBUG__.root.env.services["viber_connector.live"];
            const { listen } = live;
            const listened = [];
            live.listen = (model, id) => {
                listened.push([model, id]);
                listen(model, id);
            };
            return listened;
        }"""
    )
    for opened in (plain, task):
        agent.evaluate(
            """id => odoo.__WOWL_DEBUG__.root.env.services.action.doAction({
                type: "ir.actions.act_window",
                res_model: "project.task",
                res_id: id,
                views: [[false, "form"]],
            })""",
            opened,
        )
        name = odoo_threaded.rpc("project.task", "read", [opened], ["name"])[0]["name"]
        expect(agent.get_by_placeholder("Task Title")).to_have_value(name)
    wait_until(listened.json_value, what="the channel of the conversation")
    assert listened.json_value() == [["project.task", task]]


def test_a_copy_becomes_a_conversation_before_the_eyes_of_the_agent(
    agent, account_threaded, simulator, customer, screenshots
):
    """Told on the form, told after, sent again, and live from then on."""
    agent.locator(".o_cp_action_menus button").first.click()
    agent.get_by_role("menuitem", name="Duplicate").click()
    expect(agent.get_by_text("This is no conversation in Viber")).to_be_visible()
    message = answer(agent, "Said on the copy")
    status = message.locator(".o-viber-status")
    expect(status).to_contain_text("Not delivered", timeout=10_000)
    agent.locator("[name=viber_subscriber_id] input").click()
    agent.locator(".o-autocomplete--dropdown-item", has_text="Olena").first.click()
    # Long enough for a channel to be asked for; it is refused before the task is saved.
    agent.wait_for_timeout(1000)
    agent.locator(".o_form_button_save").click()
    expect(agent.get_by_text("This is no conversation in Viber")).to_be_hidden()
    status.click()
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "7-copy.png")
    agent.get_by_role("button", name="Send again").click()
    expect(status).to_contain_text("Delivered", timeout=10_000)
    bot = account_threaded.bot
    assert simulator.wait_for_message(customer, bot, "Said on the copy")
    simulator.write(customer, bot, "I have read it")
    expect(agent.locator(".o-mail-Message", has_text="I have read it")).to_be_visible()


def test_who_works_on_it_hears_that_a_colleague_s_answer_failed(
    browser, agent, odoo_threaded, simulator, task, screenshots
):
    """At once and after a reload, till it is sent again."""
    login = "assignee"
    groups = ["base.group_user", "project.group_project_manager"]
    group_ids = [
        odoo_threaded.rpc("ir.model.data", "check_object_reference", *name.split("."))[
            1
        ]
        for name in groups
    ]
    values = {"name": "Assignee", "login": login, "password": login}
    values["group_ids"] = [(6, 0, group_ids)]
    user = odoo_threaded.rpc("res.users", "create", values)
    odoo_threaded.rpc("project.task", "write", [task], {"user_ids": [(6, 0, [user])]})
    with open_page(browser) as other:
        log_in(other, odoo_threaded, login)
        failure = other.locator(".o-mail-NotificationItem", has_text="did not reach")
        other.locator(".o-mail-MessagingMenu-counter").first.wait_for(state="attached")
        simulator.fault("status", method="send_message", status=3, count=1)
        status = answer(agent, "A colleague says").locator(".o-viber-status")
        expect(status).to_contain_text("Not delivered")
        for _time in range(2):
            other.locator(".o_menu_systray i[aria-label='Messages']").first.click()
            expect(failure).to_be_visible()
            other.screenshot(path=screenshots / "8-assignee.png")
            other.reload()
        status.click()
        agent.get_by_role("button", name="Send again").click()
        expect(status).to_contain_text("Delivered")
        other.locator(".o_menu_systray i[aria-label='Messages']").first.click()
        other.wait_for_timeout(1000)
        expect(failure).to_have_count(0)


def test_the_popover_tells_of_each_part_and_a_finger_finds_it(
    browser, odoo_threaded, simulator, task, screenshots
):
    # Two texts, of which the second is refused.
    words = "word " * 2000
    for width in (1400, 390):
        options = {"viewport": {"width": width, "height": 844}}
        with open_page(browser, **options) as page:
            log_in(page, odoo_threaded)
            page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
            if width == 1400:
                simulator.fault("status", method="send_message", status=3, count=1)
                answer(page, f"Long {words}")
            status = page.locator(".o-viber-status", has_text="Not delivered").first
            expect(status).to_be_visible()
            status.click()
            popover = page.locator(".o-mail-MessageNotificationPopover")
            expect(popover).to_contain_text("Text, part 1 of 2")
            expect(popover.locator(".o-viber-part")).to_have_count(2)
            # The reason stands beside what it is the reason of, once.
            refused = popover.locator(".o-viber-part", has_text="Not delivered")
            expect(refused).to_contain_text("Change its text or its files")
            expect(popover.get_by_text("Change its text or its files")).to_have_count(1)
            page.wait_for_timeout(500)
            page.screenshot(path=screenshots / f"9-parts-{width}.png")
            box = popover.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            if width == 390:
                again = popover.get_by_role("button", name="Send again")
                assert again.bounding_box()["height"] >= 40
                assert status.bounding_box()["height"] >= 40
                again.click()
                expect(page.locator(".o-viber-status").first).to_contain_text(
                    "Delivered"
                )
