"""No word that others read tells somebody's gender."""

import pytest

from devtools import checks, words
from devtools.paths import ADDON, ROOT

SHORT = words.GENDERED[0]


def test_there_is_none(capsys):
    assert words.main() == 0, capsys.readouterr().out


def test_everything_is_read():
    paths = set(words.paths())
    assert {
        ADDON / "models" / "viber_account.py",
        ADDON / "static" / "src" / "chatter" / "live_chatter.js",
        ADDON / "views" / "viber_account_views.xml",
        ADDON / "i18n" / "viber_connector.pot",
        ROOT / "README.rst",
        ROOT / "docs" / "agent.rst",
        ROOT / "viber_simulator" / "README.md",
        ROOT / "viber_simulator" / "phone" / "index.html",
    } <= paths
    assert not any(".dev" in path.parts for path in paths)


@pytest.mark.parametrize("word", words.GENDERED)
def test_each_word_is_found(word):
    text = f"# nothing\ntext = 'when {word} writes'\n# {word.title()}.\n"
    assert words.find(text) == [(2, word), (3, word.title())]


def test_words_within_others_are_none():
    assert not words.find(
        f"t{SHORT}y wit{SHORT}r {SHORT}re {SHORT}_id is_{SHORT} {SHORT}ader 1{SHORT}x"
    )


def test_a_file_with_one_is_named(tmp_path, capsys):
    (tmp_path / "good.rst").write_text("They wait.\n")
    assert words.main(tmp_path) == 0
    (tmp_path / "bad.xml").write_text(f"<p>\n{SHORT.title()} waits.</p>\n")
    assert words.main(tmp_path) == 1
    assert f"bad.xml:2: {SHORT.title()}" in capsys.readouterr().out


def test_make_lint_looks_for_them():
    assert ("-m", "devtools.words") == checks.LINTERS["gendered words"][1:]
