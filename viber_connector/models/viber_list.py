"""What the lists of inbox and outbox share: rows are called by what they say, and words
are searched where they are stored, by the database alone."""

import json
import re

from odoo.fields import Domain
from odoo.tools import SQL

# Under these keys stand the words of a message, names of files and people.
_KEYS = "text|file_name|name|media|phone_number"
_REGEX_SIGNS = re.compile(r"[^\w\s]")
_WORD_OPERATORS = ("ilike", "like", "=ilike", "=like")


def words_domain(column, operator, value):
    """Find rows whose JSON holds some words; one pass over what is stored, and no row
    is loaded for it.

    :param str column: that holds JSON as text, maybe broken
    :param str operator: of a domain
    :param str value: what was typed
    :return: the domain; ``NotImplemented`` for what is no search for words
    :rtype: Domain
    """
    if operator not in _WORD_OPERATORS or not isinstance(value, str):
        return NotImplemented

    def to_sql(model, alias, query):
        stored = model._field_to_sql(alias, column, query)
        return SQL(" OR ").join(
            SQL(
                # The first is quick, and leaves little to the second.
                "(%(stored)s ILIKE %(part)s AND %(stored)s ~* %(pattern)s)",
                stored=stored,
                part=f"%{_escape_like(part)}%",
                pattern=rf'"({_KEYS})"\s*:\s*"([^"\\]|\\.)*{_escape_regex(part)}',
            )
            for part in _spellings(value)
        )

    return Domain.custom(to_sql=lambda *args: SQL("(%s)", to_sql(*args)))


def name_by_words(rows):
    """Call rows by what they say.

    Odoo shows the name behind any id that a many2one field is given, whatever the user
    may read: the check has to be here.

    :param Model rows: of inbox or outbox
    """
    readable = rows.sudo(False)._filtered_access("read")
    for row in rows:
        words = row.what if row in readable else ""
        row.display_name = words or row.message_token or str(row.id)


def _spellings(value):
    """:return: how words may be written in JSON: as they are, and as escapes, whose
        capital letters the database does not know
    :rtype: list[str]
    """
    found = [_json(value, ascii_only=False)]
    if not value.isascii():
        texts = (value, value.lower(), value.upper(), value.capitalize())
        found += dict.fromkeys(map(_json, texts))
    return found


def _json(text, ascii_only=True):
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _escape_like(text):
    return re.sub(r"([\\%_])", r"\\\1", text)


def _escape_regex(text):
    return _REGEX_SIGNS.sub(lambda sign: "\\" + sign.group(), text)
