"""The documents of the repository, read so that they can be held against the code.

Each function that looks for problems takes texts, so that a test can break one.
"""

import ast
import importlib
import importlib.util
import re
import sys
import types
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree
from lxml import etree

from devtools import odoo_tree
from devtools.paths import ROOT

ADDON = ROOT / "viber_connector"
DOCS = ROOT / "docs"
ADDONS = sorted(path.parent for path in ROOT.glob("*/__manifest__.py"))
SOURCE_SUFFIXES = {".js", ".py", ".xml"}
_CORE = "viber_connector_book"

_EXTENSIONS = "csv|ini|js|json|md|pot?|py|rst|scss|sql|toml|xml|yaml"
_FILE = re.compile(rf"(?<![\w./-])[\w.-]+(?:/[\w.-]+)*\.(?:{_EXTENSIONS})(?![\w.])")
_PLACE = re.compile(r"\.?\w[\w.-]*/[\w./-]*")
_COMMAND = re.compile(r"(?<![\w-])(make|python3 -m devtools)[ \n]+([a-z][\w-]*)")
_NAME = re.compile(r"_[a-z]\w*[a-z0-9]|[A-Z]+(?:_[A-Z]+)+")
_CITATION = re.compile(r'(docs/[\w/]+\.rst)(?:, "([^"\n]+)")?')
_OTHER_CITATION = re.compile(r"(?<![\w/.\"'-])[\w-]+\.(?:md|rst)\b")


# -- Pages -------------------------------------------------------------------------


def pages():
    """:return: text of each page by its path from the root (dict of str)."""
    paths = [ROOT / "README.rst", *sorted(DOCS.glob("*.rst"))]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths
    }


@cache
def tree(text):
    """Read a page.

    :raise docutils.utils.SystemMessage: when it is not well-formed
    """
    options = {"report_level": 5, "halt_level": 2, "syntax_highlight": "none"}
    return publish_doctree(text, settings_overrides=options)


def titles(text):
    """:return: titles of the page and of its sections (set of str)."""
    return {title.astext() for title in tree(text).findall(nodes.title)}


def rows(text, section):
    """Find what the tables of a section tell.

    :param str section: its title; sections below it are read, too
    :return: the other cells by the first one; rows that say nothing are left out
        (dict of list of str)
    """
    found = {}
    for title in tree(text).findall(nodes.title):
        if title.astext() != section:
            continue
        for body in title.parent.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                first, *others = (" ".join(cell.astext().split()) for cell in row)
                if any(others):
                    found[first] = others
    return found


def words(text):
    """:return: what stands in the page as code: in a line, and in blocks (two lists of
    str)
    """
    page = tree(text)
    blocks = [block.astext() for block in page.findall(nodes.literal_block)]
    return [literal.astext() for literal in page.findall(nodes.literal)], blocks


# -- What a page names -------------------------------------------------------------


def named_files(text):
    """:return: paths of the files and folders that a page names (set of str)."""
    inline, blocks = words(text)
    found = {name for block in blocks for name in _FILE.findall(block)}
    for word in inline:
        if _FILE.fullmatch(word) or _PLACE.fullmatch(word):
            found.add(word)
    return found


def is_there(path):
    """Find a file or folder that a page names.

    :param str path: from the root, from the addon, from Odoo's code, or a file's name
    :rtype: bool
    """
    if path.startswith("odoo/"):
        return (odoo_tree.python_path() / path).exists() or (
            # In a checkout the addons are beside the package.
            odoo_tree.python_path() / path.removeprefix("odoo/")
        ).exists()
    if "/" not in path:
        return path in _file_names()
    return any((folder / path).exists() for folder in (ROOT, ADDON))


@cache
def _file_names():
    folders = [*ADDONS, *(ROOT / name for name in ("tests", "viber_simulator"))]
    names = {path.name for folder in folders for path in folder.rglob("*")}
    return names | {path.name for path in ROOT.iterdir()}


def named_names(text):
    """:return: names of methods and constants that a page names (set of str)."""
    inline, _blocks = words(text)
    last = (re.split(r"[.(]", word.removesuffix("()"))[-1] for word in inline)
    return {name for name in last if _NAME.fullmatch(name)}


@cache
def source_words():
    """:return: all words of our Python code (frozenset of str)."""
    folders = [*ADDONS, ROOT / "viber_simulator"]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    return frozenset(
        word for path in paths for word in re.findall(r"\w+", path.read_text("utf-8"))
    )


@cache
def said():
    """:return: all texts in our Python code, each in one line (frozenset of str)."""
    paths = [path for addon in ADDONS for path in addon.rglob("*.py")]
    return frozenset(
        " ".join(node.value.split())
        for path in paths
        if "tests" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_said(message):
    """Tell whether our code says something.

    :param str message: with … where names, or more words, stand
    :rtype: bool
    """
    parts = [re.escape(part.strip()) for part in message.split("…")]
    pattern = re.compile(".*".join(parts))
    return any(pattern.match(text) for text in said())


def named_commands(text):
    """:return: ``(program, what)`` of each command that a page names (set of tuple)."""
    inline, blocks = words(text)
    return {found for code in (*inline, *blocks) for found in _COMMAND.findall(code)}


def dead_links(page, texts):
    """Find links that lead nowhere in the repository, to a file or to a section.

    :param str page: path from the root
    :param dict texts: of :func:`pages`
    :rtype: list of str
    """
    found = []
    folder = Path(page).parent
    for link in tree(texts[page]).findall(nodes.reference):
        address, _hash, section = link.get("refuri", "").partition("#")
        if not address or ":" in address:
            continue
        path = (ROOT / folder / address).resolve()
        name = path.relative_to(ROOT).as_posix()
        if not path.exists():
            found.append(link["refuri"])
        elif section and section not in tree(texts[name]).ids:
            found.append(link["refuri"])
    return found


def pictures(text):
    """:return: addresses of the pictures of a page (list of str)."""
    return [picture["uri"] for picture in tree(text).findall(nodes.image)]


# -- What the code cites -----------------------------------------------------------


def sources():
    """:return: paths of all files whose comments may cite a document (list of Path)."""
    folders = [*ADDONS, *(ROOT / name for name in ("benchmarks", "devtools", "tests"))]
    folders.append(ROOT / "viber_simulator")
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in SOURCE_SUFFIXES and "node_modules" not in path.parts
    )


def bad_citations(source, texts):
    """Find citations of documents, or of sections, that there are not.

    :param str source: text of a module
    :param dict texts: of :func:`pages`
    :rtype: list of str
    """
    found = []
    for page, title in _CITATION.findall(source):
        if page not in texts:
            found.append(page)
        elif title and title not in titles(texts[page]):
            found.append(f'{page}, "{title}"')
    others = _OTHER_CITATION.findall(_CITATION.sub("", source))
    return found + [name for name in others if name not in _file_names()]


# -- What has to be described ------------------------------------------------------


def _constants(path):
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_const", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


const = _constants(ADDON / "const.py")
simulated = _constants(ROOT / "viber_simulator" / "const.py")


def statuses():
    """:return: name of each status of Viber's, by its number (dict)."""
    return {number: status.name for number, status in _status_table().items()}


def status_errors():
    """:return: class of errors of each status, by its number (dict)."""
    return {number: status.error for number, status in _status_table().items()}


def _status_table():
    """Import the table past the addon's ``__init__``, which needs Odoo."""
    core = sys.modules.setdefault(_CORE, types.ModuleType(_CORE))
    core.__path__ = [str(ADDON)]
    return importlib.import_module(f"{_CORE}.tools.status").STATUSES


def events():
    """:return: names of all events that Viber may send (set of str)."""
    return {
        *simulated.EVENTS,
        *const.EVENT_TYPES,
        *const.RECEIPT_EVENTS,
        const.PROBE_EVENT,
        *_handlers(),
    }


def _handlers():
    path = ADDON / "models" / "viber_event_handlers.py"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id="_EVENT_HANDLERS")]):
                return ast.literal_eval(node.value)
    raise AssertionError("the handlers of events are elsewhere now")


def parameters():
    """:return: keys of all system parameters of ours (set of str)."""
    return {value for name, value in vars(const).items() if name.endswith("_PARAMETER")}


def targets(makefile):
    """:return: what ``make`` can make (set of str)."""
    return set(re.search(r"^\.PHONY: (.+)$", makefile, re.M)[1].split())


def options():
    """Find what a person decides on the form of an account.

    :return: the labels of these fields (set of str)
    """
    fields = _account_fields()
    return {fields[name] for name in _shown_fields() if name in fields}


def _shown_fields():
    shown, hidden, brought_back = set(), set(), set()
    for arch in _account_views():
        for field in arch.iter("field"):
            name = field.get("name")
            invisible = field.xpath("attribute[@name='invisible']")
            if field.get("position"):
                brought_back |= {name} if invisible else set()
            elif field.get("invisible") == "1":
                hidden.add(name)
            elif field.get("readonly") != "1":
                shown.add(name)
    return shown | (hidden & brought_back)


def _account_views():
    """Find the form of the accounts, and what is added to it."""
    for addon in ADDONS:
        for path in sorted(addon.glob("views/*.xml")):
            for record in etree.parse(str(path)).iter("record"):
                fields = {field.get("name"): field for field in record.iter("field")}
                if record.get("model") != "ir.ui.view":
                    continue
                arch = fields["arch"]
                is_form = "inherit_id" in fields or arch.find("form") is not None
                if fields["model"].text == "viber.account" and is_form:
                    yield arch


def _account_fields():
    """:return: labels of the fields that can be written by hand, by name."""
    found = {}
    for addon in ADDONS:
        for path in sorted(addon.glob("models/*.py")):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and _is_of_account(node):
                    found |= _writable_fields(node)
    return found


def _is_of_account(node):
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="_name" | "_inherit")], value=value):
                names = ast.literal_eval(value)
                return names == "viber.account" or "viber.account" in names
    return False


def _writable_fields(node):
    found = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                keywords = {keyword.arg: keyword.value for keyword in call.keywords}
                is_field = ast.unparse(call.func).startswith("fields.")
                is_fixed = "compute" in keywords and "inverse" not in keywords
                if not is_field or is_fixed or {"readonly", "related"} & set(keywords):
                    continue
                if "selection_add" not in keywords:
                    found[name] = _label(name, call, keywords)
    return found


def _label(name, call, keywords):
    """:return: what Odoo shows for a field (str)."""
    given = [keywords.get("string"), *call.args]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            is_model = re.fullmatch(r"[a-z]+(\.[a-z]+)+", value.value)
            if not is_model:
                return value.value
    return re.sub("_ids?$", "", name).replace("_", " ").title()
