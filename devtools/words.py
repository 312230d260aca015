"""``python3 -m devtools.words``: people are *they*, in all that others read."""

import os
import re
import sys
from pathlib import Path

from .paths import ROOT

#: Words that tell somebody's gender, which nobody has told us.
GENDERED = ("he", "her", "hers", "herself", "him", "himself", "his", "she")

_WORD = re.compile(rf"\b({'|'.join(GENDERED)})\b", re.IGNORECASE)
_SUFFIXES = {".html", ".js", ".md", ".po", ".pot", ".py", ".rst", ".xml"}
_SKIPPED = {"__pycache__", "node_modules"}


def find(text):
    """Find gendered words, in code as well: no name of ours is one.

    :param str text: of a file
    :return: ``(number of the line, word)`` pairs in their order
    """
    return [
        (number, word)
        for number, line in enumerate(text.splitlines(), 1)
        for word in _WORD.findall(line)
    ]


def paths(root=ROOT):
    """:return: what is read: all texts below a folder, hidden ones left out (generator
    of Path)
    """
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED - set(filter(_is_hidden, folders)))
        for path in (Path(folder, name) for name in sorted(names)):
            # In this one they have to stand.
            if path.suffix in _SUFFIXES and path != Path(__file__).resolve():
                yield path


def _is_hidden(name):
    return name.startswith(".")


def main(root=ROOT):
    """Print where gendered words stand.

    :return: exit status (int)
    """
    found = [
        f"{path.relative_to(root)}:{number}: {word}: people are “they”"
        for path in paths(root)
        for number, word in find(path.read_text("utf-8"))
    ]
    print("\n".join(found) or "All people are “they”.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
