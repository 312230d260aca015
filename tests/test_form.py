"""What the form of a conversation tells, and what can be done from it."""

import pytest
from playwright.sync_api import expect

from .support import log_in

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
LONG_NAME = "Maximiliana Konstantinopolskaya-Wolfeschlegelsteinhausenbergerdorff"


@pytest.fixture
def customer(simulator):
    """Somebody with a long name (dict of the simulator)."""
    return simulator.create_user("Petro Shevchenko", language="uk-UA", country="UA")


@pytest.fixture
def task(account_threaded, customer):
    """The id of a conversation's task."""
    return account_threaded.write(customer, "Good day, my printer is on fire")


@pytest.fixture
def agent(page, odoo_threaded, task):
    """The agent's page with the conversation open."""
    page.set_viewport_size(WIDE)
    open_form(page, odoo_threaded, task)
    return page


def open_form(page, odoo, task, model="project.task"):
    # The bot of Odoo's would open its chat, in front of all on a phone.
    users = odoo.rpc("res.users", "search", [])
    odoo.rpc("res.users", "write", users, {"odoobot_state": "disabled"})
    log_in(page, odoo)
    page.goto(f"{odoo.url}/odoo/{model}/{task}")
    expect(page.locator(".o-mail-Message").first).to_be_visible()


def test_one_look_says_whose_conversation_it_is(agent, screenshots):
    header = agent.locator(".o_viber_header")
    for words in (
        *("Petro Shevchenko", "Subscribed", "Viber Account", "Service desk"),
        *("Ukrainian", "Ukraine", "Last Message", "my printer is on fire", "Waiting"),
    ):
        expect(header).to_contain_text(words)
    expect(agent.locator(".oe_stat_button", has_text="Conversations")).to_contain_text(
        "1"
    )
    assert cut_texts(agent) == []
    agent.screenshot(path=screenshots / "form-wide.png")


def test_it_fits_a_phone(agent, screenshots):
    agent.set_viewport_size(NARROW)
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "form-narrow.png")
    assert cut_texts(agent) == []
    for button in agent.locator(".o_viber_header button:visible").all():
        assert button.bounding_box()["height"] >= 40, button.inner_text()
    answer = agent.get_by_role("button", name="Answer", exact=True)
    box = answer.bounding_box()
    assert box["y"] + box["height"] <= NARROW["height"], "not on the first screen"
    answer.click()
    expect(agent.locator(".o-mail-Composer-input")).to_be_focused()
    expect(agent.locator(".o-mail-Composer-input")).to_be_in_viewport()
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "form-narrow-answer.png")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_long_name_and_long_words_fit(
    page, odoo_threaded, account_threaded, simulator, screenshots, size
):
    customer = simulator.create_user(LONG_NAME)
    task = account_threaded.write(customer, "I have never seen anything like it " * 9)
    page.set_viewport_size(size)
    open_form(page, odoo_threaded, task)
    header = page.locator(".o_viber_header")
    name = header.locator(".o_viber_header_contact .o_many2one > *")
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / f"form-long-{size['width']}.png")
    box, inner = header.bounding_box(), name.bounding_box()
    assert inner["x"] + inner["width"] <= box["x"] + box["width"]
    assert cut_texts(page) == []
    # As blocks they would have a line each, and their quotation marks, too.
    words = header.locator("q, q > *, q > * > span")
    shown = words.evaluate_all("els => els.map((el) => getComputedStyle(el).display)")
    assert set(shown) == {"inline"}


def test_on_a_phone_answer_is_what_is_seen_first(agent):
    agent.set_viewport_size(NARROW)
    agent.wait_for_timeout(500)
    buttons = agent.locator(".o_viber_header_buttons")
    wide = buttons.bounding_box()["width"]
    boxes = {
        name: buttons.get_by_role("button", name=name).bounding_box()
        for name in ("Answer", "Ask for Phone Number", "Block")
    }
    assert boxes["Answer"]["width"] == pytest.approx(wide, abs=1)
    assert boxes["Block"]["width"] < wide / 3
    assert boxes["Block"]["y"] == boxes["Ask for Phone Number"]["y"]


def test_banners_come_and_go_while_the_form_is_open(
    agent, odoo_threaded, account_threaded, simulator, customer, task
):
    banners = agent.locator(".alert-warning:visible")
    expect(banners).to_have_count(0)
    [row] = odoo_threaded.rpc(
        "project.task", "read", [task], ["partner_id", "message_partner_ids"]
    )
    contact = row["partner_id"][0]

    def archive(is_active):
        odoo_threaded.rpc(
            "viber.account", "write", [account_threaded.id], {"active": is_active}
        )

    def follow(is_following):
        method = "message_subscribe" if is_following else "message_unsubscribe"
        odoo_threaded.rpc("project.task", method, [task], [contact])

    def activate(is_active):
        odoo_threaded.rpc("res.partner", "write", [contact], {"active": is_active})

    for change, words in (
        (archive, "is archived: your messages wait"),
        (follow, "does not follow this conversation"),
        (activate, "The contact of this customer is archived"),
    ):
        change(False)
        expect(banners).to_contain_text(words)
        change(True)
        expect(banners).to_have_count(0)


def test_an_agent_blocks_and_unblocks(
    agent, account_threaded, simulator, customer, screenshots
):
    agent.locator("button[name=action_viber_block]").click()
    dialog = agent.locator(".modal-dialog")
    dialog.locator("[name=reason] textarea").fill("Writes nothing but abuse")
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "form-block.png")
    dialog.locator("button[name=action_block]").click()
    banner = agent.locator(".alert-warning", has_text="This customer is blocked")
    expect(banner).to_be_visible()
    expect(agent.locator(".o_viber_header")).to_contain_text("Blocked")
    expect(
        agent.locator(".o-mail-Message", has_text="Writes nothing but abuse")
    ).to_be_visible()
    simulator.write(customer, account_threaded.bot, "Let me in, *please*")
    agent.wait_for_timeout(1500)
    agent.screenshot(path=screenshots / "form-blocked.png")
    banner.get_by_role("button", name="What They Wrote").click()
    expect(dialog).to_contain_text("Let me in, please")
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "form-blocked-words.png")
    dialog.locator("footer").get_by_role("button", name="Close").click()
    banner.get_by_role("button", name="Unblock").click()
    expect(banner).to_be_hidden()
    expect(agent.locator(".o-mail-Message", has_text="Let me in")).to_be_visible()


def test_a_contact_is_written_to(
    agent, odoo_threaded, account_threaded, simulator, customer, task, screenshots
):
    [row] = odoo_threaded.rpc("project.task", "read", [task], ["partner_id"])
    agent.goto(f"{odoo_threaded.url}/odoo/res.partner/{row['partner_id'][0]}")
    identities = agent.locator(".o_viber_identities")
    for words in ("Service desk", "Petro Shevchenko", "Subscribed"):
        expect(identities).to_contain_text(words)
    agent.wait_for_timeout(500)
    agent.screenshot(path=screenshots / "contact-wide.png")
    agent.set_viewport_size(NARROW)
    agent.wait_for_timeout(500)
    identities.scroll_into_view_if_needed()
    agent.screenshot(path=screenshots / "contact-narrow.png")
    agent.set_viewport_size(WIDE)
    agent.get_by_role("button", name="Write in Viber").click()
    expect(agent.locator(".o-mail-Composer-input")).to_be_focused()
    expect(agent.locator(".o_viber_header")).to_be_visible()
    simulator.unsubscribe(customer, account_threaded.bot)
    expect(agent.locator(".o_viber_header")).to_contain_text("Has Left")
    agent.go_back()
    expect(identities).to_contain_text("This customer has left the Viber bot")
    expect(identities.get_by_role("button", name="Write in Viber")).to_be_disabled()
    agent.screenshot(path=screenshots / "contact-left.png")


def test_a_name_that_says_nothing_is_completed_while_the_form_is_open(
    page, odoo_threaded, account_threaded, simulator
):
    customer = simulator.create_user("Ivan Bondar")
    task = account_threaded.write(customer, "Hi")
    open_form(page, odoo_threaded, task)
    name = page.get_by_placeholder("Task Title")
    expect(name).to_have_value("Hi")
    simulator.write(customer, account_threaded.bot, "My *printer* is on fire (sad)")
    expect(name).to_have_value("Hi – My printer is on fire 🙁")


def archive(odoo, account, is_archived=True):
    odoo.rpc("viber.account", "write", [account.id], {"active": not is_archived})


def test_edits_are_kept_and_what_was_missed_comes_after_them(
    agent, odoo_threaded, account_threaded
):
    banner = agent.locator(".alert-warning:visible")
    name = agent.get_by_placeholder("Task Title")
    for button, is_archived, left in (
        (".o_form_button_cancel", True, "Good day, my printer is on fire"),
        (".o_form_button_save", False, "My words"),
    ):
        name.fill("My words")
        archive(odoo_threaded, account_threaded, is_archived)
        # As long as an account's forms take to ask, and more.
        agent.wait_for_timeout(2000)
        expect(name).to_have_value("My words")
        expect(banner).to_have_count(0 if is_archived else 1)
        agent.locator(button).click()
        expect(banner).to_have_count(1 if is_archived else 0)
        expect(name).to_have_value(left)


COUNT_CALLS = """() => {
    const { rpcBus } = odoo.loader.modules.get("@web/core/network/rpc");
    window.calls = [];
    rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => {
        window.calls.push(detail.url);
    });
}"""


def test_after_a_lost_connection_it_is_read_once(agent):
    agent.wait_for_timeout(1500)
    agent.evaluate(COUNT_CALLS)
    agent.evaluate(
        """() => odoo.__WOWL_DEBUG__.root.env.services.bus_service
            .trigger("BUS:RECONNECT")"""
    )
    agent.wait_for_timeout(2000)
    calls = agent.evaluate("window.calls")
    assert len([c for c in calls if c.endswith("project.task/web_read")]) == 1, calls
    assert len([c for c in calls if "/mail/thread/messages" in c]) == 1, calls


def cut_texts(page):
    """:return: texts of the strip that are wider than their place"""
    return page.evaluate(
        """() => [...document.querySelectorAll(".o_viber_header *")]
            .filter((el) => el.scrollWidth > el.clientWidth + 1 && el.clientWidth)
            .map((el) => `${el.className}: ${el.innerText}`)"""
    )
