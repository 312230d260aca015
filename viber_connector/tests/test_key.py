"""The API key: in no answer, no log, no export, whatever goes wrong beside it."""

import json
from contextlib import contextmanager

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import TOKEN, ViberCase

MANAGER = "viber_connector.group_viber_manager"
#: Of each kind that JSON knows, and what Python, Odoo or PostgreSQL stumble over.
NONSENSE = (
    None,
    False,
    True,
    0,
    -1,
    1.5,
    2**40,
    10**400,
    "",
    " ",
    "\x00",
    "\ud800",
    "x" * 300_000,
    "2026-13-45",
    [],
    [7],
    [[6, 0, [7]]],
    {},
    {"en_US": 5},
)


class TestKey(ViberCase):
    def test_it_stands_where_nobody_has_access(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM viber_account")
        self.assertNotIn(TOKEN, str(self.env.cr.fetchall()))
        admin = new_test_user(self.env, "key_admin", groups="base.group_system")
        keys = self.env["viber.account.key"].with_user(admin)
        with self.assertRaises(AccessError):
            keys.search_read([])
        with self.assertRaises(AccessError):
            keys.sudo().search([]).with_user(admin).export_data(["auth_token"])
        self.assertEqual(self.account.with_user(admin).auth_token, TOKEN)

    def test_no_export_has_it(self):
        admin = new_test_user(
            self.env,
            "export_admin",
            groups="base.group_system,project.group_project_user",
        )
        subscriber = self.converse().viber_subscriber_id
        for record, name in (
            (self.account, "auth_token"),
            (subscriber, "account_id/auth_token"),
            (self.account, "subscriber_ids/account_id/auth_token"),
        ):
            record = record.with_user(admin)
            for context in ({}, {"import_compat": False}):
                with self.subTest(name=name), self.assertRaises(UserError):
                    record.with_context(**context).export_data(["id", name])
        self.assertTrue(self.account.with_user(admin).export_data(["name"])["datas"])

    def test_two_accounts_with_one_key_are_refused_before_anything_is_written(self):
        other = self.env["viber.account"].create({"auth_token": "other-bot"})
        self.account.active = False
        with self.assertRaisesRegex(ValidationError, "has this API key already"):
            other.auth_token = f" {TOKEN} "
        accounts = self.env["viber.account"]
        with self.assertRaisesRegex(ValidationError, "has this API key already"):
            accounts.create([{"auth_token": "twin"}, {"auth_token": "twin"}])
        other.invalidate_recordset()
        self.assertEqual(other.auth_token, "other-bot")

    def test_a_key_can_be_taken_back_and_used_elsewhere(self):
        self.account.auth_token = False
        self.account.invalidate_recordset()
        self.assertFalse(self.account.auth_token)
        other = self.env["viber.account"].create({"auth_token": TOKEN})
        self.assertEqual(other.auth_token, TOKEN)
        other.unlink()
        self.assertTrue(self.env["viber.account"].create({"auth_token": TOKEN}))

    def test_a_neutralized_copy_has_none(self):
        self.env.flush_all()
        with file_open("viber_connector/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.account.auth_token)
        self.assertEqual(self.account.state, "draft")
        self.env.cr.execute("SELECT count(*) FROM viber_account_key")
        self.assertEqual(self.env.cr.fetchone(), (0,))


@tagged("post_install", "-at_install")
class TestKeyOverHttp(HttpCase, ViberCase):
    def call(self, method, *args):
        """Call a method of accounts as the web client does.

        :return: the whole answer
        :rtype: str
        """
        params = {"model": "viber.account", "method": method, "args": args}
        return self.url_open(
            f"/web/dataset/call_kw/viber.account/{method}",
            data=json.dumps({"jsonrpc": "2.0", "params": params | {"kwargs": {}}}),
            headers={"Content-Type": "application/json"},
        ).text

    @contextmanager
    def logged(self):
        """Collect what is logged, whoever logs it.

        :return: context manager, gives a function that returns all of it (str)
        """
        with (
            self.assertLogs("odoo", "INFO") as odoo,
            self.assertLogs("werkzeug", "INFO") as werkzeug,
        ):
            yield lambda: "".join(odoo.output + werkzeug.output)

    def log_in(self, group):
        new_test_user(self.env, "key_user", groups=group, password="key_user_password")
        self.authenticate("key_user", "key_user_password")

    def test_nonsense_in_any_field_gives_it_away_to_no_manager(self):
        self.log_in(MANAGER)
        answers = []
        with self.logged() as log:
            for name in self.account._fields:
                for value in NONSENSE:
                    answers.append(self.call("write", [self.account.id], {name: value}))
            answers.append(self.call("read", [self.account.id], []))
        answers = "".join(answers)
        self.assertIn("Failing row contains", answers)
        self.assertNotIn(TOKEN, answers)
        self.assertNotIn(TOKEN, log())
        self.assertEqual(self.account.sudo().auth_token, TOKEN)

    def test_nonsense_beside_a_key_logs_none(self):
        self.log_in("base.group_system")
        secret = "fedcba98-secret-of-another-bot"
        with self.logged() as log:
            self.call("create", [{"name": "Twin", "auth_token": TOKEN}])
            for name in ("name", "company_id", "state", "webhook_key", "send_rate"):
                for value in NONSENSE:
                    vals = {name: value, "auth_token": secret}
                    self.call("create", [vals])
                    self.call("write", [self.account.id], vals)
        self.assertNotIn(TOKEN, log())
        self.assertNotIn(secret, log())

    @mute_logger("odoo.http", "werkzeug")
    def test_what_is_no_key_gets_a_clear_answer(self):
        self.log_in("base.group_system")
        nonsense = [value for value in NONSENSE if value and value != "2026-13-45"]
        for value in (*nonsense, "ключ", "a b", "a\x07b", "é" * 20):
            with self.subTest(value=str(value)[:20]):
                answer = self.call("create", [{"auth_token": value}])
                self.assertIn("This is no Viber API key", answer)
