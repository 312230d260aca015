"""What customers write is never more than text to the agents' browsers."""

import json

import pytest
from playwright.sync_api import Error, expect

from viber_simulator.testing import wait_until

from .support import log_in
from .support.callbacks import message, post, sign

# Each calls a function that the test gives to all pages, and says where it was written.
SCRIPT = (
    "<script>pwned('{0}')</script><img src=x onerror=\"pwned('{0}')\">"
    "<svg onload=pwned('{0}')>\"'><details open ontoggle=pwned('{0}')>"
    "<iframe srcdoc=\"<script>parent.pwned('{0}')</script>\"></iframe>"
    "</textarea></style></title>${{pwned('{0}')}}{{{{pwned('{0}')}}}}"
)
LINK = "javascript:pwned('{0}')"
QUOTED_LINK = "https://example.com/\"onmouseover=\"pwned('{0}')\"'><b>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>pwned('svg')</script></svg>"
HTML = "<!DOCTYPE html><html><body><script>pwned('html')</script></body></html>"
# What some browser would act on when it stands in the address bar.
ACTIVE_TYPES = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml")

# Milliseconds that a script gets to act; the network is never idle in Odoo.
SCRIPTS_WAIT = 300
# Links that do more than lead somewhere, and elements that act.
ACTING = """() => {
    const schemes = ["http:", "https:", "mailto:", "tel:", "blob:"];
    const links = [...document.querySelectorAll("a[href], iframe[src], form[action]")]
        .filter((node) => !schemes.includes(node.protocol ?? "https:"));
    const acting = [...document.querySelectorAll("*")].filter((node) =>
        [...node.attributes].some((attribute) => attribute.value.includes("pwned(") &&
            (attribute.name.startsWith("on") || attribute.name === "srcdoc")));
    const scripts = [...document.scripts].filter((it) => it.text.includes("pwned("));
    return [...links, ...acting, ...scripts].map((node) => node.outerHTML);
}"""

VIEWS = {
    "contacts": "action-contacts.action_contacts",
    "tasks": "action-project.action_view_all_task",
    "inbox": "action-viber_connector.viber_event_action",
    "subscribers": "action-viber_connector.viber_subscriber_action",
    "files": "action-viber_connector.viber_media_action",
    "accounts": "action-viber_connector.viber_account_action",
}
FORMS = {
    "res.partner": [("viber_subscriber_ids", "!=", False)],
    "viber.event": [],
    "viber.subscriber": [],
    "viber.media": [],
    "viber.account": [],
}


@pytest.fixture
def account(account_threaded):
    account = account_threaded
    values = {"welcome_message": "Hello {name}"}
    account.odoo.rpc("viber.account", "write", [account.id], values)
    return account


@pytest.fixture
def pwned(page):
    """What scripts of others have called (list of str); it works, too."""
    found = []
    page.expose_function("pwned", lambda where: found.append(where))
    page.on("dialog", lambda dialog: found.append(dialog.message) or dialog.dismiss())
    page.set_content("<img src=x onerror=\"pwned('control')\">")
    wait_until(lambda: page.title() == "" and found, what="the control's call")
    assert found == ["control"]
    found.clear()
    return found


def _messages():
    """:return: what a customer could send, hostile in each field (list of dict)"""
    script = SCRIPT.format
    return [
        {"type": "text", "text": script("text"), "tracking_data": script("tracking")},
        {"type": "text", "text": f"{LINK.format('t')} {QUOTED_LINK.format('t')}"},
        {"type": "text", "text": f"*{script('bold')}* ```{script('code')}```"},
        *(
            {
                "type": kind,
                "text": script(f"{kind} caption"),
                "media": f"https://127.0.0.1/{script(f'{kind} media')}",
                "file_name": script(f"{kind} name"),
                "sticker_id": script(f"{kind} sticker"),
                "thumbnail": LINK.format(f"{kind} thumbnail"),
            }
            for kind in ("picture", "video", "file", "sticker")
        ),
        {"type": "url", "media": LINK.format("url")},
        {"type": "url", "media": QUOTED_LINK.format("url")},
        {
            "type": "contact",
            "text": script("contact text"),
            "contact": {
                "name": script("contact name"),
                "phone_number": script("contact phone"),
                "avatar": LINK.format("contact avatar"),
            },
        },
        {"type": "location", "location": {"lat": script("lat"), "lon": script("lon")}},
        {"type": script("type"), "text": script("text of an unknown type")},
        {"type": "invented", "media": LINK.format("media of an unknown type")},
    ]


def _bodies():
    """:return: callbacks about one customer, hostile in each field (list of bytes)"""
    eve = {
        "id": SCRIPT.format("id")[:100],
        "name": SCRIPT.format("name"),
        "avatar": LINK.format("avatar"),
        "language": SCRIPT.format("language"),
        "country": SCRIPT.format("country"),
    }
    common = {"timestamp": 1_700_000_000_000, "user": eve, "user_id": eve["id"]}
    return [
        _encode(
            event="conversation_started",
            message_token=1,
            context=SCRIPT.format("context"),
            subscribed=False,
            **common,
        ),
        _encode(
            event="failed",
            message_token=SCRIPT.format("token")[:64],
            desc=SCRIPT.format("desc"),
            **common,
        ),
        _encode(event=SCRIPT.format("event"), message_token=2, **common),
        *(message(eve, **content) for content in _messages()),
    ]


def _encode(**data):
    return json.dumps(data).encode()


def _attack(account, simulator):
    """:return: the customer's task (int), everything in its chatter"""
    url = account.read("webhook_url")["webhook_url"]
    for body in _bodies():
        assert post(url, body, sign(body, account.bot["token"])) == 200
    expected = len(_messages())
    domain = [("viber_account_id", "=", account.id)]

    def task():
        tasks = account.odoo.rpc("project.task", "search", domain)
        posted = [
            ("model", "=", "project.task"),
            ("res_id", "in", tasks),
            ("message_type", "=", "comment"),
        ]
        count = account.odoo.rpc("mail.message", "search_count", posted)
        return count == expected and tasks[0]

    return wait_until(task, what="all messages in the chatter")


def test_nothing_that_is_written_is_executed(
    page, account, simulator, pwned, screenshots
):
    task = _attack(account, simulator)
    log_in(page, account.odoo)
    _visit(page, account, pwned, f"project.task/{task}", ".o-mail-Message")
    expect(page.locator(".o-mail-Message").first).to_contain_text("pwned(")
    page.screenshot(path=screenshots / "attack-task.png", full_page=True)
    for name, path in VIEWS.items():
        _visit(page, account, pwned, path)
        _show_all(page)
        _look(page, pwned, path)
        page.screenshot(path=screenshots / f"attack-{name}.png")
    for model, domain in FORMS.items():
        records = account.odoo.rpc(model, "search", domain)
        assert records, model
        for record in records:
            _visit(page, account, pwned, f"{model}/{record}", ".o_form_view")
        page.screenshot(path=screenshots / f"attack-{model}.png")


def _visit(page, account, pwned, path, selector=".o_view_controller"):
    page.goto(f"{account.odoo.url}/odoo/{path}")
    page.wait_for_selector(selector)
    _look(page, pwned, path)


def _look(page, pwned, path):
    page.wait_for_timeout(SCRIPTS_WAIT)
    assert page.evaluate(ACTING) == []
    assert pwned == [], path


def _show_all(page):
    """Remove the filters with which a list opens."""
    facets = page.locator(".o_searchview_facet")
    for count in range(facets.count(), 0, -1):
        facets.last.locator(".o_facet_remove").click()
        expect(facets).to_have_count(count - 1)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("picture.svg", SVG, "image/svg+xml"),
        ("picture.png", SVG, "image/png"),
        ("page.html", HTML, "text/html"),
        ("page.txt", HTML, "text/plain"),
        ("page.pdf", HTML, "application/pdf"),
        ("feed.xml", SVG, "text/xml"),
        ("no extension", HTML, "application/octet-stream"),
    ],
)
def test_no_file_is_executed(
    page, account, simulator, pwned, name, content, content_type
):
    eve = simulator.create_user("Eve")
    for kind in ("file", "picture"):
        simulator.send_file(
            eve, account.bot, name, content.encode(), kind, content_type, text=name
        )
    task = account.wait_for_task(eve)
    attached = [("res_model", "=", "project.task"), ("res_id", "=", task)]
    search = "ir.attachment", "search", attached
    wait_until(lambda: len(account.odoo.rpc(*search)) == 2, what="both files")
    log_in(page, account.odoo)
    for attachment in account.odoo.rpc(*search):
        for route in ("content", "image"):
            _open_file(page, f"{account.odoo.url}/web/{route}/{attachment}")
            assert pwned == [], route


def _open_file(page, url):
    headers = page.request.get(url).headers
    disposition = headers.get("content-disposition", "")
    is_active = headers["content-type"].startswith(ACTIVE_TYPES)
    assert not is_active or disposition.startswith("attachment"), headers
    try:
        page.goto(url)
    except Error as error:
        assert "Download is starting" in str(error), url
    page.wait_for_timeout(SCRIPTS_WAIT)


def test_names_hold_nothing_that_turns_or_hides_text(account):
    url = account.read("webhook_url")["webhook_url"]
    name = "\u202eMallory\u202c \x07\x1b[31m\u2066of\u2069 \ufeffOdessa\x00\r\n"
    body = message({"id": "Mallory", "name": name}, type="text", text=f"I am {name}")
    assert post(url, body, sign(body, account.bot["token"])) == 200
    named = [("viber_subscriber_ids.account_id", "=", account.id)]
    search = "res.partner", "search_read", named, ["name"]
    wait_until(lambda: account.odoo.rpc(*search), what="the contact")
    clean = "Mallory [31mof Odessa"
    assert [contact["name"] for contact in account.odoo.rpc(*search)] == [clean]
    [task] = account.odoo.rpc("project.task", "read", account.tasks(), ["name"])
    assert task["name"] == f"I am {clean}"
