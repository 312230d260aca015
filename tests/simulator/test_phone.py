"""The phone page in a real browser, as a customer uses it."""

import pytest
from playwright.sync_api import expect

from viber_simulator.testing import wait_until

from ..support import open_page
from .support import Bot, png

NARROW = {"width": 390, "height": 844}


@pytest.fixture
def phone(page, viber, bot, olena):
    """The page with Olena's chat with the bot."""
    page.goto(viber.phone_url(olena, bot.record))
    expect(page.get_by_test_id("chat-title")).to_have_text(bot.record["name"])
    return page


def write(page, text):
    page.get_by_test_id("composer-input").fill(text)
    page.get_by_test_id("composer-input").press("Enter")


def bubble(page, text):
    return page.get_by_test_id("message").filter(has_text=text)


def choose_file(page, attach, name, mime_type, content):
    page.get_by_test_id("attach").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id(attach).click()
    file = {"name": name, "mimeType": mime_type, "buffer": content}
    chooser.value.set_files(file)


def last_message(viber, bot):
    viber.wait_idle()
    return bot.server.events("message")[-1].json["message"]


# -- customers and chats ---------------------------------------------------------


def test_a_customer_is_created_with_a_picture(page, viber, bot):
    page.goto(viber.phone_url())
    page.get_by_test_id("new-customer").click()
    page.get_by_label("Name", exact=True).fill("Mykola Hohol")
    page.get_by_label("Phone number").fill("380671234567")
    page.get_by_label("Country").select_option("DE")
    page.get_by_test_id("save-customer").click()
    expect(page.get_by_test_id("chats")).to_be_visible()
    user = next(user for user in viber.users() if user["name"] == "Mykola Hohol")
    assert (user["phone"], user["country"]) == ("380671234567", "DE")
    viber.write(user, bot.record, "hello")
    sender = bot.server.wait_for("message")[0].json["sender"]
    avatar = bot.session.get(sender["avatar"])
    assert avatar.headers["Content-Type"] == "image/jpeg"
    assert avatar.content.startswith(b"\xff\xd8\xff")


def test_a_customer_is_changed(page, viber, bot, olena):
    page.goto(viber.phone_url(olena))
    page.get_by_test_id("edit-customer").click()
    page.get_by_label("Let bots see name and photo").uncheck()
    page.get_by_test_id("save-customer").click()
    expect(page.get_by_test_id("customer-form")).to_have_count(0)
    assert viber.user(olena)["personalised"] is False


def test_from_customer_to_chat_and_back(page, viber, bot, olena):
    page.goto(viber.phone_url())
    page.locator(f"[data-testid=person][data-user='{olena['id']}']").click()
    page.locator(f"[data-bot='{bot.record['uri']}']").click()
    write(page, "My printer is on fire")
    page.get_by_test_id("back").click()
    line = page.locator(f"[data-bot='{bot.record['uri']}']")
    expect(line).to_contain_text("My printer is on fire")
    bot.send(viber.viber_id(olena, bot.record), text="It is being extinguished")
    expect(line).to_contain_text("It is being extinguished")
    expect(line.get_by_test_id("unread")).to_have_text("1")


# -- a conversation --------------------------------------------------------------


def test_text_goes_out_and_comes_back_live(phone, viber, bot, olena, screenshots):
    expect(phone.get_by_test_id("start-chat")).to_be_visible()
    write(phone, "Добрий день 🙁")
    own = bubble(phone, "Добрий день 🙁")
    expect(own.get_by_test_id("tick")).to_have_attribute("aria-label", "Delivered")
    assert last_message(viber, bot) == {"type": "text", "text": "Добрий день 🙁"}
    receiver = viber.viber_id(olena, bot.record)
    bot.send(receiver, text="Hello Olena", sender={"name": "Ivan Bondar"})
    expect(bubble(phone, "Hello Olena")).to_contain_text("Ivan Bondar")
    # Whoever looks at the chat has seen the message.
    bot.server.wait_for("seen")
    expect(phone.get_by_test_id("day")).to_have_text("Today")
    phone.screenshot(path=screenshots / "phone-text.png")


def test_shift_and_enter_begin_a_line(phone, viber, bot):
    phone.get_by_test_id("composer-input").fill("one")
    phone.get_by_test_id("composer-input").press("Shift+Enter")
    phone.get_by_test_id("composer-input").type("two")
    phone.get_by_test_id("send").click()
    expect(bubble(phone, "one")).to_be_visible()
    assert last_message(viber, bot)["text"] == "one\ntwo"


def test_a_callback_that_fails_shows_on_the_tick(phone, viber, bot):
    bot.server.answers["message"] = 500, b""
    write(phone, "hello")
    tick = bubble(phone, "hello").get_by_test_id("tick")
    expect(tick).to_have_attribute("aria-label", "Sent")
    viber.advance(3601)
    expect(tick).to_have_attribute("aria-label", "Not delivered")


def test_the_marks_of_viber_are_shown_as_formatting(phone, viber, bot, olena):
    receiver = bot.subscribe(olena)
    text = "*bold* _slanted_ ~gone~ ```a*b*c``` 2*3*4 snake_case_name *open"
    bot.send(receiver, text=f"{text} <b>x</b> https://example.com/a_b_c?d=1.")
    shown = bubble(phone, "snake_case_name").get_by_test_id("message-text")
    expect(shown.locator("strong")).to_have_text("bold")
    expect(shown.locator("em")).to_have_text("slanted")
    expect(shown.locator("s")).to_have_text("gone")
    expect(shown.locator("code")).to_have_text("a*b*c")
    expect(shown).to_contain_text("2*3*4 snake_case_name *open <b>x</b>")
    link = shown.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.com/a_b_c?d=1")


def test_markup_in_names_and_texts_stays_text(page, viber, server):
    evil = "<img src=x onerror=alert(1)>"
    bot = Bot(viber, server, name=evil).connect()
    user = viber.create_user(evil)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(viber.phone_url(user, bot.record))
    write(page, evil)
    button = {"ActionBody": "x", "Text": f"<b>Go</b>{evil}"}
    keyboard = {"Type": "keyboard", "Buttons": [button]}
    viber.wait_idle()
    bot.send(viber.viber_id(user, bot.record), text=evil, keyboard=keyboard)
    expect(page.get_by_test_id("keyboard-button").locator("b")).to_have_text("Go")
    expect(bubble(page, evil)).to_have_count(2)
    expect(page.locator("img[src=x]")).to_have_count(0)


# -- files and the other types ---------------------------------------------------


def test_a_photo_with_caption(phone, viber, bot, screenshots):
    choose_file(phone, "attach-photo", "screen.png", "image/png", png(300, 200))
    expect(phone.get_by_test_id("draft")).to_contain_text("screen.png")
    phone.get_by_test_id("composer-input").fill("екран помилки")
    phone.get_by_test_id("send").click()
    expect(bubble(phone, "екран помилки").locator("img")).to_be_visible()
    expect(phone.get_by_test_id("draft")).to_have_count(0)
    message = last_message(viber, bot)
    assert (message["type"], message["text"]) == ("picture", "екран помилки")
    assert bot.session.get(message["media"]).content == png(300, 200)
    phone.get_by_label("Open photo").click()
    expect(phone.get_by_test_id("photo-viewer")).to_be_visible()
    phone.screenshot(path=screenshots / "phone-photo.png", animations="disabled")
    phone.keyboard.press("Escape")
    expect(phone.get_by_test_id("photo-viewer")).to_have_count(0)


def test_a_file_is_sent_with_its_text_behind_it(phone, viber, bot):
    choose_file(phone, "attach-file", "Рахунок.pdf", "application/pdf", b"%PDF")
    write(phone, "please check")
    expect(bubble(phone, "please check")).to_be_visible()
    viber.wait_idle()
    contents = [callback.json["message"] for callback in bot.server.events("message")]
    file, text = sorted(contents, key=lambda content: content["type"])
    assert (file["type"], file["file_name"], file["size"]) == ("file", "Рахунок.pdf", 4)
    assert bot.session.get(file["media"]).content == b"%PDF"
    assert text == {"type": "text", "text": "please check"}


RECORD = """async () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const context = canvas.getContext("2d");
    const options = { mimeType: "video/mp4;codecs=avc1.42E01E" };
    const recorder = new MediaRecorder(canvas.captureStream(20), options);
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let hue = 0; hue < 300; hue += 15) {
        context.fillStyle = `hsl(${hue} 80% 60%)`;
        context.fillRect(0, 0, 64, 64);
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}"""


def test_a_video_is_sent_with_its_length_and_first_picture(phone, viber, bot):
    video = bytes(phone.evaluate(RECORD))
    choose_file(phone, "attach-video", "clip.mp4", "video/mp4", video)
    phone.get_by_test_id("send").click()
    expect(phone.locator("[data-type=video] video")).to_be_visible()
    message = last_message(viber, bot)
    assert (message["type"], message["size"]) == ("video", len(video))
    # Milliseconds, however long the page took to record it.
    assert 300 < message["duration"] < 60_000
    thumbnail = bot.session.get(message["thumbnail"])
    assert thumbnail.content.startswith(b"\xff\xd8\xff")


def test_an_attachment_can_be_dropped_again(phone, viber, bot, olena):
    choose_file(phone, "attach-file", "wrong.pdf", "application/pdf", b"%PDF")
    phone.get_by_test_id("draft-remove").click()
    write(phone, "only text")
    expect(bubble(phone, "only text")).to_be_visible()
    assert len(viber.messages(olena, bot.record)) == 1


def test_the_bots_pictures_and_files_can_be_had(phone, viber, bot, olena, screenshots):
    receiver = bot.subscribe(olena)
    host = bot.server.host
    picture = host("/scheme.png", png(320, 200, (47, 158, 143)), "image/png")
    face = host("/face.png", png(colour=(224, 138, 46)), "image/png")
    sender = {"name": "Ivan Bondar", "avatar": face}
    bot.send(receiver, "picture", text="Scheme", media=picture, sender=sender)
    report = host("/report.pdf", b"%PDF-1.7", "application/pdf")
    file = {"media": report, "size": 8, "file_name": "Звіт.pdf", "sender": sender}
    bot.send(receiver, "file", **file)
    expect(bubble(phone, "Scheme").locator(".picture img")).to_be_visible()
    with phone.expect_download() as download:
        phone.get_by_test_id("file-download").click()
    assert download.value.suggested_filename == "Звіт.pdf"
    assert download.value.path().read_bytes() == b"%PDF-1.7"
    expect(phone.locator("img.avatar.small[src^='/control/media/']")).to_be_visible()
    phone.screenshot(path=screenshots / "phone-files.png")


def test_location_contact_and_sticker(phone, viber, bot, screenshots):
    phone.get_by_test_id("attach").click()
    phone.get_by_test_id("attach-location").click()
    phone.get_by_label("Latitude").fill("48.5")
    phone.get_by_label("Longitude").fill("35")
    phone.get_by_test_id("location-form-send").click()
    expect(bubble(phone, "48.50000, 35.00000")).to_be_visible()
    location = {"lat": 48.5, "lon": 35}
    assert last_message(viber, bot) == {"type": "location", "location": location}

    phone.get_by_test_id("attach").click()
    phone.get_by_test_id("attach-contact").click()
    phone.get_by_label("Name", exact=True).fill("Ivan Bondar")
    phone.get_by_label("Phone number").fill("+380671234567")
    phone.get_by_test_id("contact-form-send").click()
    expect(bubble(phone, "Ivan Bondar")).to_be_visible()
    contact = {"name": "Ivan Bondar", "phone_number": "+380671234567"}
    assert last_message(viber, bot) == {"type": "contact", "contact": contact}

    phone.get_by_test_id("stickers").click()
    phone.get_by_test_id("sticker").first.click()
    expect(phone.locator("[data-type=sticker] img")).to_be_visible()
    sticker = last_message(viber, bot)
    assert isinstance(sticker["sticker_id"], int)
    picture = bot.session.get(sticker["media"])
    assert picture.headers["Content-Type"] == "image/png"
    phone.screenshot(path=screenshots / "phone-types.png")


def test_a_lone_link_goes_out_as_url(phone, viber, bot):
    write(phone, "https://example.com/page?id=7")
    expect(bubble(phone, "https://example.com/page?id=7")).to_be_visible()
    url = {"type": "url", "media": "https://example.com/page?id=7"}
    assert last_message(viber, bot) == url


# -- keyboards -------------------------------------------------------------------


def test_buttons_work_and_the_number_is_shared_after_consent(
    phone, viber, bot, olena, screenshots
):
    receiver = bot.subscribe(olena)
    buttons = [
        {"ActionType": "share-phone", "ActionBody": "phone", "Text": "Share"},
        {"Columns": 3, "ActionBody": "status:1", "Text": "Status", "Silent": True},
        {"Columns": 3, "ActionBody": "menu", "Text": "Menu", "BgColor": "#ffd9a0"},
    ]
    keyboard = {"Type": "keyboard", "Buttons": buttons}
    bot.send(
        receiver, text="How can we call you?", keyboard=keyboard, min_api_version=3
    )
    button = phone.get_by_test_id("keyboard-button")
    expect(button).to_have_count(3)
    phone.screenshot(path=screenshots / "phone-keyboard.png")
    button.nth(0).click()
    viber.wait_idle()
    assert len(bot.server.events("message")) == 1  # nothing without consent
    phone.get_by_test_id("share-phone-yes").click()
    expect(bubble(phone, olena["phone"])).to_be_visible()
    contact = {"name": "Olena Koval", "phone_number": olena["phone"]}
    wanted = {"type": "contact", "contact": contact, "text": "phone"}
    assert last_message(viber, bot) == wanted
    button.nth(1).click()
    wait_until(lambda: len(bot.server.events("message")) == 3)
    assert last_message(viber, bot) == {"type": "text", "text": "status:1"}
    button.nth(2).click()
    expect(bubble(phone, "menu")).to_be_visible()
    expect(bubble(phone, "status:1")).to_have_count(0)


def test_a_keyboard_may_hide_the_input_field(phone, viber, bot, olena):
    receiver = bot.subscribe(olena)
    button = {"ActionBody": "x", "Text": "X"}
    keyboard = {"Type": "keyboard", "Buttons": [button], "InputFieldState": "hidden"}
    bot.send(receiver, keyboard=keyboard, min_api_version=4)
    expect(phone.get_by_test_id("composer-input")).to_be_hidden()
    bot.send(receiver)
    expect(phone.get_by_test_id("composer-input")).to_be_visible()


# -- opening and subscribing -----------------------------------------------------


def test_a_deep_link_opens_the_chat_with_its_context(page, viber, bot, olena):
    bot.server.answers["conversation_started"] = 200, b'{"type":"text","text":"Hi"}'
    page.goto(viber.phone_url(bot=bot.record, context="lnk-7Qd2"))
    expect(page.get_by_text("Whose phone opens the chat")).to_be_visible()
    page.locator(f"[data-testid=person][data-user='{olena['id']}']").click()
    expect(bubble(page, "Hi")).to_be_visible()
    started = bot.server.wait_for("conversation_started")
    assert [callback.json["context"] for callback in started] == ["lnk-7Qd2"]
    page.reload()
    expect(bubble(page, "Hi")).to_be_visible()
    assert len(bot.server.events("conversation_started")) == 1


def test_the_message_button_starts_the_conversation(phone, bot):
    phone.get_by_test_id("start-chat").click()
    started = bot.server.wait_for("conversation_started")[0].json
    assert "context" not in started


def test_receive_messages_switches_the_subscription(phone, viber, bot, screenshots):
    write(phone, "hello")
    expect(bubble(phone, "hello")).to_be_visible()
    phone.get_by_test_id("chat-info").click()
    receive = phone.get_by_test_id("receive-messages")
    expect(receive).to_be_checked()
    phone.screenshot(path=screenshots / "phone-info.png", animations="disabled")
    receive.uncheck()
    bot.server.wait_for("unsubscribed")
    receive.check()
    bot.server.wait_for("subscribed")


def test_a_bot_without_webhook_says_so(page, viber, server, olena):
    bot = Bot(viber, server)
    page.goto(viber.phone_url(olena, bot.record))
    expect(page.get_by_text("not connected yet")).to_be_visible()
    write(page, "hello")
    expect(page.get_by_role("status")).to_contain_text("no webhook")
    expect(page.get_by_test_id("composer-input")).to_have_value("hello")


def test_the_page_catches_up_after_the_service_was_away(phone, viber, bot, olena):
    receiver = bot.subscribe(olena)
    expect(bubble(phone, "hello")).to_be_visible()
    viber.connections("refuse")
    viber.connections("open")
    bot.send(receiver, text="while you were away")
    expect(bubble(phone, "while you were away")).to_be_visible()


def test_a_narrow_screen_is_the_whole_phone(browser, viber, bot, olena, screenshots):
    with open_page(browser, viewport=NARROW) as narrow:
        narrow.goto(viber.phone_url(olena, bot.record))
        write(narrow, "hello " * 30)
        expect(bubble(narrow, "hello")).to_be_visible()
        box = narrow.locator(".phone").bounding_box()
        assert (box["x"], box["width"]) == (0, NARROW["width"])
        width = narrow.evaluate("document.documentElement.scrollWidth")
        assert width == NARROW["width"]
        narrow.screenshot(path=screenshots / "phone-narrow.png")
