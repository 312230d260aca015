"""The documents say what the code does: each option, event, status … is described, and
each file, command and section that is named is there.

Each check is shown to fail: where something is missing, and where something is named
that there is not.
"""

import re

import pytest

from devtools.__main__ import COMMANDS
from devtools.paths import ROOT

from .support import book

PAGES = book.pages()
VIBER = "docs/viber_bot_api.rst"
ADMINISTRATOR = "docs/administrator.rst"
AGENT = "docs/agent.rst"
OPERATIONS = "docs/operations.rst"
CONTRIBUTING = "docs/contributing.rst"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PICTURE_MAX_BYTES = 150_000

# Of other repositories, which the sources name; and what our commands make.
FOREIGN = {"bot/viber/", "docs/bots-api/", "docs/tools/keyboards", "handlers/viber/"}
MADE = {".dev/screenshots"}
# Methods of Odoo's.
OF_ODOO = {"_message_compute_real_author"}


# -- What has to be described --------------------------------------------------------


def options(text):
    return set(book.rows(text, "Options of an account"))


def parameters(text):
    return set(book.rows(text, "System parameters"))


def events(text):
    return set(book.rows(text, "Events"))


def types(text):
    return set(book.rows(text, "Types of messages"))


def statuses(text):
    return {
        (int(number), cells[0]) for number, cells in book.rows(text, "Statuses").items()
    }


def refusals(text):
    """:return: numbers of the statuses in the table of what follows (list)."""
    cells = (others[0] for others in book.rows(text, "When Viber refuses").values())
    return [int(number) for cell in cells for number in re.findall(r"\d+", cell)]


def mixed_refusals(text):
    """:return: what stands in that table for statuses of several classes (list)."""
    cells = [others[0] for others in book.rows(text, "When Viber refuses").values()]
    errors = book.status_errors()
    return sorted(
        cell
        for cell in cells
        if len({errors[int(number)] for number in re.findall(r"\d+", cell)}) > 1
    )


def targets(text):
    return {what for program, what in book.named_commands(text) if program == "make"}


STATUSES = {(0, "ok"), *book.statuses().items()}


@pytest.mark.parametrize(
    ("page", "described", "items"),
    [
        (ADMINISTRATOR, options, book.options()),
        (ADMINISTRATOR, parameters, book.parameters()),
        (VIBER, events, book.events()),
        (VIBER, types, set(book.const.KNOWN_TYPES)),
        (VIBER, statuses, STATUSES),
        (CONTRIBUTING, targets, book.targets(MAKEFILE)),
    ],
    ids=["options", "parameters", "events", "types", "statuses", "targets"],
)
def test_everything_is_described(page, described, items):
    text = PAGES[page]
    assert items - described(text) == set()
    for item in items:
        name = item[1] if isinstance(item, tuple) else item
        # As long as it was, for tables have columns.
        broken = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "x" * len(name), text)
        assert item in items - described(broken), f"{name} would not be missed"


@pytest.mark.parametrize(
    ("page", "described", "items"),
    [
        (ADMINISTRATOR, parameters, book.parameters()),
        (VIBER, events, book.events()),
        (VIBER, types, set(book.const.KNOWN_TYPES)),
        (VIBER, statuses, STATUSES),
    ],
    ids=["parameters", "events", "types", "statuses"],
)
def test_nothing_is_described_that_there_is_not(page, described, items):
    assert described(PAGES[page]) == items


def test_a_row_without_words_describes_nothing():
    text = (
        "Title\n=====\n\n.. list-table::\n\n   * - a\n     - word\n   * - b\n     -\n"
    )
    section = "Page\n####\n\n" + text + "\nOther\n=====\n\nText\n"
    assert book.rows(section, "Title") == {"a": ["word"]}


def test_what_follows_is_told_of_each_status_once():
    numbers = refusals(PAGES[OPERATIONS])
    assert sorted(numbers) == sorted(book.statuses())
    broken = PAGES[OPERATIONS].replace("5, 6, 999", "5, 999")
    assert sorted(refusals(broken)) != sorted(book.statuses())


def test_statuses_with_one_consequence_are_one_class_of_errors():
    text = PAGES[OPERATIONS]
    assert mixed_refusals(text) == []
    broken = text.replace("5, 6, 999", "5, 6, 24").replace("15, 24", "15, 999")
    assert mixed_refusals(broken) == ["2, 7, 8, 9, 10, 15, 999", "5, 6, 24"]


def test_messages_that_are_explained_are_those_of_the_code():
    messages = {
        *book.rows(PAGES[ADMINISTRATOR], "Connect an account"),
        *book.rows(PAGES[AGENT], "When a message was not delivered"),
    }
    assert len(messages) > 15
    assert [message for message in messages if not book.is_said(message)] == []
    assert book.is_said("Viber can't reach …: it needs a public https address.")
    assert not book.is_said("Viber can't find …: it needs a public https address.")


def test_options_are_found():
    """An option is a field that the form shows, and that can be written by hand."""
    found = book.options()
    assert {"API Key", "Send Rate", "Company", "Welcome Message", "Name"} <= found
    for label in ("Webhook", "Deep Link", "Status", "Active", "Icon Address"):
        assert label not in found


# -- What is named -------------------------------------------------------------------


def missing_files(text):
    named = book.named_files(text) - FOREIGN - MADE
    return sorted(path for path in named if not book.is_there(path))


def missing_names(text):
    return sorted(book.named_names(text) - book.source_words() - OF_ODOO)


def missing_commands(text):
    known = {("make", target) for target in book.targets(MAKEFILE)}
    known |= {("python3 -m devtools", command) for command in COMMANDS}
    return sorted(book.named_commands(text) - known)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page):
    text = PAGES[page]
    assert missing_files(text) == []
    assert missing_names(text) == []
    assert missing_commands(text) == []
    assert book.dead_links(page, PAGES) == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_there_is_missed(page):
    more = """

``models/nothing.py`` and ``nothing.py``, ``tests/nothing/``,
``odoo/addons/nothing.py``; ``viber.event._nothing()`` and ``NOTHING_MAX``; ``make
nothing``; `there <nothing.rst>`__, `here <{}viber_bot_api.rst#nothing>`__

::

    make other TESTS=tests/test_nothing.py
    python3 -m devtools nothing
"""
    folder = "" if page.startswith("docs/") else "docs/"
    text = PAGES[page] + more.format(folder)
    assert missing_files(text) == [
        "models/nothing.py",
        "nothing.py",
        "odoo/addons/nothing.py",
        "tests/nothing/",
        "tests/test_nothing.py",
    ]
    assert missing_names(text) == ["NOTHING_MAX", "_nothing"]
    assert missing_commands(text) == [
        ("make", "nothing"),
        ("make", "other"),
        ("python3 -m devtools", "nothing"),
    ]
    assert book.dead_links(page, PAGES | {page: text}) == [
        "nothing.rst",
        f"{folder}viber_bot_api.rst#nothing",
    ]


def test_the_readme_leads_to_every_page():
    readme = PAGES["README.rst"]
    assert [page for page in PAGES if page not in readme and page != "README.rst"] == []


def test_pictures_are_there_and_small():
    found = [
        ((ROOT / page).parent / picture).resolve()
        for page, text in PAGES.items()
        for picture in book.pictures(text)
    ]
    assert all(0 < path.stat().st_size < PICTURE_MAX_BYTES for path in found)
    # None that nobody sees.
    assert sorted(found) == sorted((ROOT / "docs/images").glob("*.png"))


# -- What the code cites -------------------------------------------------------------


def test_documents_that_the_code_cites_are_there():
    sources = {path: path.read_text("utf-8") for path in book.sources()}
    # This one plants some that are not.
    sources = {
        path: text for path, text in sources.items() if path.name != "test_docs.py"
    }
    bad = {str(path): book.bad_citations(text, PAGES) for path, text in sources.items()}
    assert {path: found for path, found in bad.items() if found} == {}
    assert any(VIBER in text for text in sources.values())


@pytest.mark.parametrize(
    ("citation", "found"),
    [
        ('# docs/viber_bot_api.rst, "Statuses"', []),
        ("# docs/viber_bot_api.rst", []),
        ("# CHANGELOG.rst", []),
        ('# docs/viber_bot_api.rst, "Nothing"', ['docs/viber_bot_api.rst, "Nothing"']),
        ('# docs/nothing.rst, "Statuses"', ["docs/nothing.rst"]),
        ("# nothing.md, 4.5", ["nothing.md"]),
    ],
)
def test_a_citation_of_what_is_not_there_is_found(citation, found):
    assert book.bad_citations(citation, PAGES) == found
