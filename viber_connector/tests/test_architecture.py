"""The rules of the house, read from the source: who imports whom, what is public."""

import ast
import math
import textwrap
from pathlib import Path

from odoo.tests import tagged
from odoo.tests.common import BaseCase

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT.name

#: What anybody who may log in can call by RPC. Who adds a method here has asked:
#: does it check the rights of who calls it?
PUBLIC_METHODS = {
    "viber.account": {
        "action_adopt",
        "action_check",
        "action_connect",
        "action_diagnose",
        "action_disconnect",
        "action_refuse_old_key",
        "action_repair",
        "action_share",
        "action_try_connect",
        "create",
        "unlink",
        "write",
    },
    "ir.http": {"session_info"},
    "mail.mail": {"create", "send"},
    "mail.message": {
        "unlink",
        "write",
        "viber_cancel",
        "viber_confirm",
        "viber_parts",
        "viber_send_again",
        "viber_undo",
    },
    "mail.notification": {"write"},
    "project.project": {"write"},
    "project.task.type": {"write"},
    "res.partner": {
        "action_viber_conversations",
        "action_viber_invite",
        "action_viber_share",
        "action_viber_write",
        "unlink",
        "write",
    },
    "res.users": {"create", "write"},
    "viber.block": {"action_block"},
    "viber.conversation.entry": {"action_open"},
    "viber.conversation.mixin": {
        "action_viber_adopt",
        "action_viber_ask_phone",
        "action_viber_block",
        "action_viber_conversations",
        "action_viber_assign_to_me",
        "action_viber_link_customer",
        "action_viber_share",
        "action_viber_show_blocked",
        "action_viber_unblock",
        "action_viber_no_answer_needed",
        "create",
        "default_get",
        "message_subscribe",
        "message_unsubscribe",
        "notify_cancel_by_type",
        "viber_waiting_for_me",
        "viber_composer_files",
        "viber_composer_info",
        "write",
    },
    "viber.event": {"action_ignore", "action_reprocess", "unlink"},
    "viber.guarded.mixin": {"create", "default_get", "write"},
    "viber.invite": {"action_revoke", "action_send"},
    "viber.link": {
        "action_download_qr",
        "action_revoke",
        "action_share",
        "create",
        "default_get",
        "write",
    },
    "viber.media": {"action_retry"},
    "viber.message": {"action_cancel", "action_confirm", "action_retry", "create"},
    "viber.subscriber": {
        "action_block",
        "action_conversations",
        "action_link_suggested",
        "action_separate",
        "action_unblock",
        "unlink",
        "write",
    },
}
#: Odoo's own methods, documented there.
ORM_METHODS = {"copy", "copy_data", "create", "default_get", "name_create", "read"}
ORM_METHODS |= {"search_fetch", "unlink", "write"}

#: Where tools may speak HTTP.
HTTP_TOOLS = {"https_check", "media", "viber_api", "wire"}
HTTP_LIBRARIES = {"aiohttp", "http", "httpx", "requests", "socket", "urllib3"}

#: Limits of the Bot API that could not be mistaken for anything else (CH "Send
#: message", "Keyboards"): lengths of texts and names, sizes of files, the clock.
VIBER_LIMITS = {
    *(28, 512, 768, 2_000, 4_000, 7_000, 30_000, 30 * 1024),
    *(size * 1024**2 for size in (3, 26, 50)),
    292057776128,
}

_ARITHMETIC = {
    ast.Add: sum,
    ast.Mult: math.prod,
    ast.Pow: lambda operands: operands[0] ** operands[1],
}


# -- reading the source ------------------------------------------------------------


def modules(folder=""):
    """Read the addon's modules, its tests left out.

    :param str folder: only those below it
    :return: ``(path from the root of the addon without suffix, syntax tree)`` pairs
    """
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).with_suffix("")
        if name.parts[0] != "tests" and name.name != "__manifest__":
            yield name.as_posix(), ast.parse(path.read_text("utf-8"))


def imports(name, tree):
    """Find what a module imports, wherever in it; ours with the addon's name first.

    :param str name: path of the module from the root of the addon, without suffix
    :rtype: set[str]
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = [PACKAGE, *name.split("/")][: -node.level]
                base = ".".join([*parents, *filter(None, [base])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    own = f"odoo.addons.{PACKAGE}"
    return {item.replace(own, PACKAGE) for item in found}


def is_of(imported, *packages):
    """Tell whether an import is one of these packages or something in them."""
    return any(f"{imported}.".startswith(f"{package}.") for package in packages)


def model_classes(tree):
    """Find the classes of models.

    :return: ``(name of the model, whether it is ours, class)`` triples
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        names = {
            target.id: statement.value.value
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Constant)
            for target in statement.targets
        }
        model = names.get("_name") or names.get("_inherit")
        if model:
            yield model, model.startswith("viber."), node


def methods(node):
    return [item for item in node.body if isinstance(item, ast.FunctionDef)]


def is_public(method):
    """Tell whether RPC can call a method (see ``odoo.service.model``)."""
    hidden = {"private", "property"}
    return not method.name.startswith("_") and not any(
        ast.unparse(decorator).rpartition(".")[2] in hidden
        for decorator in method.decorator_list
    )


def public_methods(trees):
    """:return: the public methods of each model: ``{model: {name: node}}``"""
    found = {}
    for tree in trees:
        for model, _ours, node in model_classes(tree):
            for method in filter(is_public, methods(node)):
                found.setdefault(model, {})[method.name] = method
    return found


def foreign_names(tree):
    """Find what is added to models of Odoo's under a name that does not tell whose.

    Extended fields (a longer selection) and overridden methods are not added.

    :rtype: list[str]
    """
    found = []
    for model, ours, node in model_classes(tree):
        # Its names become those of the records that carry conversations.
        if ours and model != "viber.conversation.mixin":
            continue
        added = [name for name, value in _fields(node) if not _extends(value)]
        found += [f"{model}.{name}" for name in added if not name.startswith("viber_")]
        found += [
            f"{model}.{method.name}"
            for method in methods(node)
            if "viber" not in method.name.split("_") and not _calls_super(method)
        ]
    return found


def _fields(node):
    """:return: ``(name, call)`` of each field that a class defines"""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if ast.unparse(call.func).startswith("fields."):
                    yield name, call


def _extends(call):
    return any(keyword.arg == "selection_add" for keyword in call.keywords)


def _calls_super(method):
    return f"super().{method.name}(" in ast.unparse(method)


def bare_limits(tree):
    """Find the numbers of a module that are limits of Viber's.

    :return: ``(line, number)`` pairs in their order
    """
    return sorted(
        (node.lineno, number)
        for node in ast.walk(tree)
        if (number := _number(node)) in VIBER_LIMITS
    )


def _number(node):
    """:return: the value of a number or of simple arithmetic, else ``None``"""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if not isinstance(node, ast.BinOp) or type(node.op) not in _ARITHMETIC:
        return None
    operands = [_number(node.left), _number(node.right)]
    return None if None in operands else _ARITHMETIC[type(node.op)](operands)


def _public_definitions(node):
    """Find the functions and classes that others may use, and the methods of these."""
    for item in node.body:
        if not isinstance(item, (ast.FunctionDef, ast.ClassDef)):
            continue
        if item.name.startswith("_"):
            continue
        if isinstance(item, ast.ClassDef):
            yield from _public_definitions(item)
        elif _calls_super(item):
            continue
        yield item


# -- the rules -----------------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestArchitecture(BaseCase):
    def assert_imports(self, folder, forbidden, but=()):
        """Fail when a module below a folder imports what it must not."""
        found = [
            f"{name} imports {imported}"
            for name, tree in modules(folder)
            if name.rpartition("/")[2] not in but
            for imported in imports(name, tree)
            if is_of(imported, *forbidden)
        ]
        self.assertEqual(found, [])

    def test_source_is_found(self):
        names = {name for name, _tree in modules()}
        self.assertLessEqual(
            {
                "const",
                "controllers/webhook",
                "models/viber_account",
                "tools/viber_api",
            },
            names,
        )

    def test_const_imports_nothing_of_ours(self):
        [tree] = [tree for name, tree in modules() if name == "const"]
        ours = [item for item in imports("const", tree) if is_of(item, PACKAGE, "odoo")]
        self.assertEqual(ours, [])

    def test_tools_know_neither_odoo_nor_the_rest_of_the_addon(self):
        folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
        rest = [f"{PACKAGE}.{folder}" for folder in folders - {"tools"}]
        self.assert_imports("tools", ["odoo", *rest])

    def test_tools_use_no_environment(self):
        used = [
            f"{name}:{node.lineno}"
            for name, tree in modules("tools")
            for node in ast.walk(tree)
            if getattr(node, "attr", getattr(node, "arg", None)) in ("env", "sudo")
        ]
        self.assertEqual(used, [])

    def test_only_the_modules_made_for_it_speak_http(self):
        self.assert_imports("tools", HTTP_LIBRARIES, but=HTTP_TOOLS)

    def test_models_do_not_know_controllers(self):
        self.assert_imports("models", [f"{PACKAGE}.controllers", "odoo.http"])

    def test_nothing_imports_the_tests_or_the_simulator(self):
        self.assert_imports("", [f"{PACKAGE}.tests", "viber_simulator"])

    def test_every_public_method_is_on_the_list(self):
        trees = [tree for _name, tree in modules()]
        found = {model: set(names) for model, names in public_methods(trees).items()}
        self.assertEqual(found, PUBLIC_METHODS)

    def test_every_public_method_has_a_docstring(self):
        trees = [tree for _name, tree in modules()]
        silent = [
            f"{model}.{name}"
            for model, found in public_methods(trees).items()
            for name, method in found.items()
            if name not in ORM_METHODS and not ast.get_docstring(method)
        ]
        self.assertEqual(silent, [])

    def test_every_public_name_of_the_tools_has_a_docstring(self):
        silent = [
            f"{name}.{node.name}"
            for name, tree in modules("tools")
            for node in _public_definitions(tree)
            if not ast.get_docstring(node)
        ]
        self.assertEqual(silent, [])

    def test_what_is_added_to_models_of_odoo_tells_whose_it_is(self):
        found = [name for _module, tree in modules() for name in foreign_names(tree)]
        self.assertEqual(found, [])

    def test_limits_of_viber_stand_in_const_only(self):
        found = [
            f"{name}:{line}: {number}"
            for name, tree in modules()
            if name != "const"
            for line, number in bare_limits(tree)
        ]
        self.assertEqual(found, [])


@tagged("post_install", "-at_install")
class TestArchitectureIsSeen(BaseCase):
    """The rules above would notice: each finds what is planted for it."""

    def parse(self, source):
        return ast.parse(textwrap.dedent(source))

    def test_imports_are_found_in_every_form(self):
        tree = self.parse(
            """
            import requests.adapters
            from odoo import models as m
            from .. import const
            from ..controllers.webhook import ViberWebhook
            from . import text
            from odoo.addons.viber_connector.models import res_partner
            def later():
                from odoo.http import request
            """
        )
        self.assertEqual(
            imports("tools/payload", tree),
            {
                "requests.adapters",
                "odoo.models",
                f"{PACKAGE}.const",
                f"{PACKAGE}.controllers.webhook.ViberWebhook",
                f"{PACKAGE}.tools.text",
                f"{PACKAGE}.models.res_partner",
                "odoo.http.request",
            },
        )

    def test_package_is_not_mistaken_for_one_that_begins_alike(self):
        self.assertTrue(is_of("odoo.http.request", "odoo.http"))
        self.assertTrue(is_of("odoo", "odoo"))
        self.assertFalse(is_of("odoorpc", "odoo"))

    def test_public_methods_are_found(self):
        tree = self.parse(
            """
            class Account(models.Model):
                _inherit = "viber.account"
                def action_new(self): pass
                @api.model
                def search_new(self): pass
                @api.private
                def hidden(self): pass
                def _internal(self): pass
            class Helper:
                def public_but_no_model(self): pass
            """
        )
        [(model, found)] = public_methods([tree]).items()
        self.assertEqual(model, "viber.account")
        self.assertEqual(set(found), {"action_new", "search_new"})

    def test_foreign_names_are_found(self):
        tree = self.parse(
            """
            class Task(models.Model):
                _inherit = "project.task"
                state = fields.Selection(selection_add=[("a", "A")])
                viber_account_id = fields.Many2one("viber.account")
                customer = fields.Char()
                def write(self, vals): return super().write(vals)
                def unlink(self): return super().write({})
                def _viber_receive(self): pass
                def _receive(self): pass
            class Account(models.Model):
                _name = "viber.account"
                uri = fields.Char()
                def _connect(self): pass
            class Conversation(models.AbstractModel):
                _inherit = "viber.conversation.mixin"
                viber_account_id = fields.Many2one("viber.account")
                customer = fields.Char()
                def _viber_start(self): pass
                def _start(self): pass
            """
        )
        self.assertEqual(
            foreign_names(tree),
            [
                "project.task.customer",
                "project.task.unlink",
                "project.task._receive",
                "viber.conversation.mixin.customer",
                "viber.conversation.mixin._start",
            ],
        )

    def test_public_definitions_are_found(self):
        tree = self.parse(
            """
            def function():
                def inner(): pass
            def _internal(): pass
            class Client:
                def send(self): pass
                def close(self): return super().close()
                def _post(self): pass
            """
        )
        found = [node.name for node in _public_definitions(tree)]
        self.assertEqual(found, ["function", "send", "Client"])

    def test_limits_are_found_in_every_form(self):
        tree = self.parse(
            """
            name[:28]
            length = 7_000
            size = 50 * 1024 * 1024
            other = 50 * 1024**2
            body = 30 * 1024
            flag, small = True, 27
            """
        )
        self.assertEqual(
            bare_limits(tree),
            [(2, 28), (3, 7000), (4, 52428800), (5, 52428800), (6, 30720)],
        )
