"""Links to hand out, as people use them: shared, printed, scanned, opened, guessed."""

import io
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from .support import log_in, open_page

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
OPEN = {
    "en-GB": "Open in Viber",
    "uk-UA": "Відкрити у Viber",
    "ru-RU": "Открыть в Viber",
    "bg-BG": "Отваряне във Viber",
}
GUESSES = 10_000


@pytest.fixture
def link(odoo_threaded, account_threaded):
    """A link that presets a project and a tag (dict of its values)."""
    project = odoo_threaded.rpc("project.project", "create", {"name": "Invoices"})
    tag = odoo_threaded.rpc("project.tags", "create", {"name": secrets.token_hex(4)})
    values = {
        "account_id": account_threaded.id,
        "name": "Invoice footer",
        "project_id": project,
        "tag_ids": [(6, 0, [tag])],
        "user_ids": [(6, 0, odoo_threaded.rpc("res.users", "search", [], limit=1))],
    }
    link_id = odoo_threaded.rpc("viber.link", "create", values)
    fields = ["code", "url", "deep_link", "project_id", "tag_ids", "user_ids"]
    return odoo_threaded.rpc("viber.link", "read", [link_id], fields)[0]


def decode(screenshot):
    """:return: what the one QR code on a picture of a page says."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(screenshot)))
    assert len(found) == 1
    return found[0].text


def open_at_phone(page, simulator, deep_link, customer):
    """Open a deep link at a customer's phone, as its system would."""
    query = deep_link.removeprefix("viber://pa?")
    assert query != deep_link
    page.goto(f"{simulator.url}/open?{query}")
    page.locator(f"[data-testid=person][data-user='{customer['id']}']").click()


def test_from_share_to_a_conversation(
    page,
    browser,
    odoo_threaded,
    account_threaded,
    simulator,
    customer,
    link,
    screenshots,
):
    """An admin shares a link; a customer scans its code and writes."""
    log_in(page, odoo_threaded)
    page.set_viewport_size(WIDE)
    page.goto(f"{odoo_threaded.url}/odoo/viber-links/{link['id']}")
    expect(page.locator("[name=name] input")).to_have_value("Invoice footer")
    page.screenshot(path=screenshots / "links-form.png")
    page.get_by_role("button", name="Share").click()
    dialog = page.locator(".modal-content")
    expect(dialog.get_by_role("link", name=link["url"])).to_be_visible()
    picture = dialog.locator(".o_viber_qr img")
    expect(picture).to_be_visible()
    wait_until(lambda: picture.evaluate("i => i.complete && i.naturalWidth"))
    shot = page.screenshot(path=screenshots / "links-share.png")
    assert decode(shot) == link["url"]

    with open_page(browser, viewport=NARROW) as phone:
        phone.goto(link["url"])
        button = phone.get_by_role("link", name="Open in Viber")
        deep_link = button.get_attribute("href")
        assert deep_link == link["deep_link"]
        open_at_phone(phone, simulator, deep_link, customer)
        simulator.wait_idle()
        phone.get_by_test_id("composer-input").fill("About my invoice")
        phone.get_by_test_id("composer-input").press("Enter")
        task = account_threaded.wait_for_task(customer)

    names = ["project_id", "tag_ids", "user_ids"]
    [found] = odoo_threaded.rpc(
        "project.task", "read", [task], [*names, "viber_link_id"]
    )
    assert {name: found[name] for name in names} == {name: link[name] for name in names}
    assert found["viber_link_id"] == [link["id"], "Invoice footer"]
    counts = ["open_count", "conversation_count"]
    [counted] = odoo_threaded.rpc("viber.link", "read", [link["id"]], counts)
    assert [counted[name] for name in counts] == [1, 1]

    page.goto(f"{odoo_threaded.url}/odoo/viber-links")
    expect(page.get_by_role("row", name="Invoice footer")).to_contain_text("1")
    page.screenshot(path=screenshots / "links-list.png")
    page.goto(f"{odoo_threaded.url}/odoo/project.task/{task}")
    header = page.locator(".o_viber_header")
    expect(header).to_contain_text("Came by")
    expect(header).to_contain_text("Invoice footer")
    page.screenshot(path=screenshots / "links-conversation.png")
    header.get_by_role("button", name="Share").click()
    expect(page.locator(".modal-content .o_viber_qr img")).to_be_visible()
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "links-share-narrow.png")
    page.goto(f"{odoo_threaded.url}/odoo/viber-links")
    card = page.locator(".o_kanban_record", has_text="Invoice footer")
    expect(card).to_contain_text("Opened: 1")
    page.screenshot(path=screenshots / "links-list-narrow.png")
    card.get_by_role("button", name="Share").click()
    expect(page.locator(".modal-content .o_viber_qr img")).to_be_visible()


def test_share_gives_files(page, odoo_threaded, account_threaded):
    """The QR code as a picture for screens and as a drawing for print."""
    log_in(page, odoo_threaded)
    page.goto(f"{odoo_threaded.url}/odoo/viber.account/{account_threaded.id}")
    page.get_by_role("button", name="Share").first.click()
    url = page.locator(".modal-content [name=url] a").get_attribute("href")
    for name, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as download:
            page.locator(".modal-content").get_by_role("button", name=name).click()
        content = download.value.path().read_bytes()
        assert content.startswith(start)
        assert download.value.suggested_filename.endswith(f".{name.lower()}")
        if name == "PNG":
            assert Image.open(io.BytesIO(content)).size == (1024, 1024)
            assert decode(content) == url


@pytest.mark.parametrize("locale", OPEN)
@pytest.mark.parametrize("size", (NARROW, WIDE), ids=("narrow", "wide"))
def test_the_page_at_each_width_and_in_each_language(
    browser, simulator, account_threaded, link, screenshots, locale, size
):
    said, asked = [], []
    with open_page(browser, viewport=size, locale=locale) as page:
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(link["url"])
        button = page.get_by_role("link", name=OPEN[locale])
        expect(button).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.lang") == locale[:2]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], "it scrolls sideways"
        shot = page.screenshot(
            path=screenshots / f"landing-{locale[:2]}-{size['width']}.png",
            full_page=True,
        )
        assert decode(shot) == link["url"]
        assert page.context.cookies() == []
    assert said == []
    assert {urlsplit(url).netloc for url in asked if url != "data:,"} == {
        urlsplit(link["url"]).netloc
    }


def test_it_shows_our_copy_of_the_bots_picture(
    browser, odoo_threaded, account_threaded, simulator, link
):
    icon = io.BytesIO()
    Image.new("RGB", (512, 512), "#ffb400").save(icon, "PNG")
    media = simulator.upload("icon.png", icon.getvalue(), "image/png")
    simulator.update_bot(account_threaded.bot, icon=media)
    odoo_threaded.rpc("viber.account", "action_check", [account_threaded.id])
    said = []
    with open_page(browser, viewport=NARROW) as page:
        page.on("console", lambda message: said.append(message.text))
        page.goto(link["url"])
        picture = page.locator("img.icon")
        assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") == 128
        assert picture.get_attribute("src").startswith("data:image/png;base64,")
    assert said == []


def test_its_address_can_be_copied(browser, odoo_threaded, link):
    with open_page(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(link["url"])
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == link["url"]


def test_what_leads_nowhere_asks_for_a_new_link(
    browser, odoo_threaded, link, screenshots
):
    odoo_threaded.rpc("viber.link", "action_archive", [link["id"]])
    with open_page(browser, viewport=NARROW, locale="uk-UA") as page:
        assert page.goto(link["url"]).status == 404
        expect(page.get_by_role("heading")).to_have_text("Це посилання більше не діє")
        page.screenshot(path=screenshots / "landing-gone.png")


def test_guessing_teaches_nothing(odoo_threaded, link):
    """All answers to guessed codes are alike, whatever there is beside them."""
    odoo_threaded.rpc("viber.link", "write", [link["id"]], {"expires_on": "2026-01-01"})
    near = [link["code"], link["code"][:-1], link["code"].swapcase()]
    seen = set()
    with requests.Session() as session:
        for number in range(GUESSES):
            code = near[number] if number < len(near) else secrets.token_urlsafe(12)
            answer = session.get(f"{odoo_threaded.url}/viber/go/{code}")
            headers = answer.headers.copy()
            headers.pop("Date")
            seen.add((answer.status_code, answer.content, tuple(headers.items())))
        assert not session.cookies
    [(status, content, _headers)] = seen
    assert status == 404
    assert parse_qs(link["deep_link"])["context"][0].encode() not in content
