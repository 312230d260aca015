"""The page behind a link that is handed out: one small file, which asks nobody else.

Its languages are its own: who opens it is a customer, whatever Odoo has installed.
"""

import base64
import hashlib
from html import escape
from string import Template

from . import qr

#: Languages of the page, the first for all others.
LANGUAGES = ("en", "uk", "ru", "bg")

_WORDS = {
    "en": {
        "invite": "Write to us in Viber",
        "open": "Open in Viber",
        "absent": "Nothing happens? Then Viber is not on this device.",
        "scan": "At a computer? Point your phone’s camera at this code.",
        "qr": "QR code of this page",
        "address": "Address of this page",
        "copy": "Copy link",
        "copied": "Copied",
        "gone": "This link does not work any more",
        "ask": "Please ask for a new link where you found this one.",
    },
    "uk": {
        "invite": "Напишіть нам у Viber",
        "open": "Відкрити у Viber",
        "absent": "Нічого не відбувається? Отже, на цьому пристрої немає Viber.",
        "scan": "Ви за комп’ютером? Наведіть камеру телефона на цей код.",
        "qr": "QR-код цієї сторінки",
        "address": "Адреса цієї сторінки",
        "copy": "Копіювати посилання",
        "copied": "Скопійовано",
        "gone": "Це посилання більше не діє",
        "ask": "Попросіть нове посилання там, де ви знайшли це.",
    },
    "ru": {
        "invite": "Напишите нам в Viber",
        "open": "Открыть в Viber",
        "absent": "Ничего не происходит? Значит, на этом устройстве нет Viber.",
        "scan": "Вы за компьютером? Наведите камеру телефона на этот код.",
        "qr": "QR-код этой страницы",
        "address": "Адрес этой страницы",
        "copy": "Скопировать ссылку",
        "copied": "Скопировано",
        "gone": "Эта ссылка больше не работает",
        "ask": "Попросите новую ссылку там, где вы нашли эту.",
    },
    "bg": {
        "invite": "Пишете ни във Viber",
        "open": "Отваряне във Viber",
        "absent": "Нищо не се случва? Значи на това устройство няма Viber.",
        "scan": "На компютър сте? Насочете камерата на телефона си към този код.",
        "qr": "QR код на тази страница",
        "address": "Адрес на тази страница",
        "copy": "Копиране на връзката",
        "copied": "Копирано",
        "gone": "Тази връзка вече не работи",
        "ask": "Поискайте нова връзка там, където намерихте тази.",
    },
}

_STYLE = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;
padding:24px 16px;background:#f4f3f8;color:#1f1c2e;font:17px/1.5 system-ui,sans-serif}
main{width:100%;max-width:400px;padding:32px 24px;border-radius:20px;background:#fff;
text-align:center;box-shadow:0 4px 24px rgba(31,28,46,.1)}
.icon{display:block;width:88px;height:88px;margin:0 auto;border-radius:22px;
background:#6a54d6;color:#fff;font-size:44px;font-weight:600;line-height:88px}
h1{margin:16px 0 4px;font-size:24px;line-height:1.25;overflow-wrap:anywhere}
p{margin:0}
.small{color:#5d586e;font-size:15px}
.open{display:block;margin:24px 0 12px;padding:14px;border-radius:12px;
background:#6a54d6;color:#fff;font-weight:600;text-decoration:none}
.open:hover{background:#5843c0}
hr{height:1px;margin:24px 0;border:0;background:#e4e1ee}
svg{display:block;width:220px;margin:8px auto 16px}
input,button{width:100%;padding:11px 12px;border-radius:10px}
input{border:1px solid #c9c4d9;background:#fff;color:inherit;text-overflow:ellipsis;
font:14px/1.4 ui-monospace,monospace}
button{margin-top:8px;border:0;background:#e9e6f7;color:#3d2f8f;
font:600 15px/1.4 system-ui,sans-serif;cursor:pointer}
a:focus-visible,button:focus-visible,input:focus-visible{outline:3px solid #1f1c2e;
outline-offset:2px}
"""
# Where the clipboard is closed to pages, plain http for one, the text is selected.
_SCRIPT = """
const button = document.querySelector("button");
const input = document.querySelector("input");
button.hidden = false;
button.addEventListener("click", async () => {
    input.select();
    try {
        await navigator.clipboard.writeText(input.value);
    } catch {
        document.execCommand("copy");
    }
    button.textContent = button.dataset.done;
});
"""

_PAGE = Template(
    """<!DOCTYPE html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main>
$content
</main>
$script
</body>
</html>
"""
)
_INVITATION = Template(
    """$icon
<h1>$name</h1>
<p>$invite</p>
<a class="open" href="$deep_link">$open</a>
<p class="small">$absent</p>
<hr>
<p class="small">$scan</p>
$code
<input readonly value="$url" aria-label="$address">
<button type="button" hidden data-done="$copied">$copy</button>"""
)
_GONE = Template("<h1>$gone</h1>\n<p>$ask</p>")


def _hash(text):
    """:return: how a policy names what stands in the page
    :rtype: str
    """
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


#: What the page may do: nothing but what stands in it (W3C, CSP Level 3).
POLICY = "; ".join(
    [
        "default-src 'none'",
        "img-src data:",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


def invitation(language, *, name, icon, url, deep_link):
    """Write the page that opens the chat with a bot.

    :param str language: one of :data:`LANGUAGES`
    :param str name: of the bot
    :param str icon: its picture, a PNG in Base64; ``""`` when there is none
    :param str url: of this page
    :param str deep_link: what opens the chat in Viber
    :return: HTML
    :rtype: str
    """
    words = _WORDS[language]
    content = _INVITATION.substitute(
        {key: escape(text) for key, text in words.items()},
        name=escape(name),
        icon=_icon(name, icon),
        url=escape(url),
        deep_link=escape(deep_link),
        code=qr.svg(url).replace(
            "<svg ", f'<svg role="img" aria-label="{escape(words["qr"])}" ', 1
        ),
    )
    return _page(language, name, content, f"<script>{_SCRIPT}</script>")


def gone(language):
    """Write the page that is there instead of all that do not exist or work.

    :param str language: one of :data:`LANGUAGES`
    :return: HTML
    :rtype: str
    """
    words = {key: escape(text) for key, text in _WORDS[language].items()}
    return _page(language, _WORDS[language]["gone"], _GONE.substitute(words))


def _page(language, title, content, script=""):
    return _PAGE.substitute(
        lang=language,
        title=escape(title),
        style=_STYLE,
        content=content,
        script=script,
    )


def _icon(name, icon):
    if not icon:
        return f'<div class="icon" aria-hidden="true">{escape(name[:1].upper())}</div>'
    return f'<img class="icon" alt="" src="data:image/png;base64,{escape(icon)}">'
