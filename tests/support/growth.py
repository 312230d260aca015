"""Texts that may mean ill, and how the time grows that something takes for them."""

import gc
import time
from urllib.parse import urlsplit

#: Sizes of what is compared; a callback has 256 kB at the most.
SHORT = 8 * 1024
GROWTH = 8
#: How much longer it may take for what is 8 times as long; the square would be 64.
GROWTH_MAX = 2 * GROWTH
#: CPU seconds below which clocks, caches and other processes are what is measured.
NOISE = 0.002
TRIES = 6

# What is repeated: each kind of character that some code looks for.
TEXTS = [
    *("*", "_", "~", "*a", "*a* ", "* a", "_a*", "*_~", "`", "```", "```a", "```a```"),
    *(
        " ",
        "\n",
        "\t",
        "\r",
        " a",
        "a ",
        " \n",
        "\n>",
        "\x0b",
        "\x00",
        "\xa0",
        "\u2003",
    ),
    *(
        "http://",
        "http://a ",
        "https://a.",
        "http://*a_",
        "http://a,",
        "a@b.",
        "a@",
        "@",
    ),
    *("a", "1", "9 ", "+1", "-", ".", "..", "!", "…", "/", "\\", '"', "'", "&", "%41"),
    *("[", "]", "(", ")", "(h", "(heart)", "{", "<", ">", "[[]]", "()", "//", "://"),
    *("\u0301\u0316", "\u0301", "a\u0301\u0316", "\u0344", "\u0f73", "\u0345"),
    *("\U0001f1e6", "\u200d", "👩\u200d", "👍\U0001f3fb", "\U000e0067", "\ufe0f", "🙂"),
    *("\u1100\u1161\u11a8", "\u0958", "\ufb2c", "\u202e", "\ufeff", "語", "я", "İ"),
]
#: JSON can carry them, HTML and a database can't.
LONE_SURROGATES = ["\ud83d", "\ude41", "a\ud83d"]
NAMES = (
    "a b blockquote br code div em form h1 hr i img li ol option p pre s script"
    " select span strike style svg table td textarea title tr ul"
).split()
HIDDEN = "<p class='d-none'>"
TAGS = [
    *(f"<{name}>" for name in NAMES),
    *(f"<{name}>a</{name}>" for name in NAMES),
    *("<!--", "<!--a-->", "a<!--b-->", "<![CDATA[", "<?a?>", "<!DOCTYPE a>", "<a b"),
    *("</p>", "</b>", "&lt;", "&#", "&#42;", "&#xD83D;", "&nbsp;", "&#0;", "&#11;"),
    *(HIDDEN, f"{HIDDEN}a", f"{HIDDEN}a</p>", f"{HIDDEN}</p>a"),
    *("<table><tr><td>", "<tr><td>a</td><td>b</td></tr>", "<ul><li>", "<ol><li>a</ol>"),
    *(
        "<b>a</b><b>b</b>",
        "<b> </b>",
        "<b>a </b>",
        "<b>a</b>.",
        "<b>a<br></b>",
        "<b><i>",
    ),
    *("<p><br></p>", "<p><form>", "<br> ", "<a href='http://a'>a</a>", "<p>a", "<li>a"),
    *("<img src='/web/image/1'>", "<img alt='*'>", "<b>*</b>_~"),
]
BYTES = [b"\xff", b"\x00", b"\xc3", b"\xf0\x9f", b"a", b"\r\n", "я".encode()]
#: Bodies that are no, or deep, or strange JSON.
BODIES = [
    *BYTES,
    *(b"[", b"{", b'{"a":', b'["', b"[],", b"1", b"1,", b"-", b"9e", b"1e9,", b"."),
    *(b'"', b"\\", b'{"event":"a","', b'"a":1,', b"\\ud83d", b"\\u0301\\u0316", b" "),
]


def fill(unit, size):
    """:return: a text (or bytes) repeated up to a size"""
    return unit * (size // len(unit))


def wrap(before, after):
    """:return: like :func:`fill`, between two texts"""
    return lambda unit, size: before + fill(unit, size) + after


def nest(tag, size):
    """:return: HTML that opens a tag again and again, and closes it as often"""
    name = tag[1:].partition(">")[0].partition(" ")[0]
    times = size // (2 * len(tag))
    return tag * times + "a" + f"</{name}>" * times


def _seconds(function, value):
    """:return: CPU seconds (float) of one call"""
    # It remembers what it has split before.
    urlsplit.cache_clear()
    gc.disable()
    try:
        started = time.process_time()
        function(value)
        return time.process_time() - started
    finally:
        gc.enable()


def growth(function, make, unit):
    """Compare the time for a short and a long value.

    The shortest time of several tries counts: others were disturbed by something.

    :param function: takes one value
    :param make: makes one, of a unit and a size
    :param unit: what is repeated (str or bytes)
    :return: how many times as long the long one takes (float); 0 when both times are
        too short to tell
    """
    short, long = make(unit, SHORT), make(unit, SHORT * GROWTH)
    slow = fast = float("inf")
    for _try in range(TRIES):
        slow = min(slow, _seconds(function, long))
        if slow <= NOISE * GROWTH_MAX:
            return 0
        fast = min(fast, _seconds(function, short))
        if slow <= fast * GROWTH_MAX:
            break
    return slow / max(fast, NOISE)
