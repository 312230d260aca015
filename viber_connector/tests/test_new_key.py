"""A new key of the same bot: the account goes on, the previous key counts a while."""

import json

import requests

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import viber_refusal
from .common import TOKEN, ViberCase, sign

NEW = "11111111-new-token"
BOT = "pa:5418273640912345678"


class NewKeyCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viber.info |= {"id": BOT}
        cls.account.action_connect()

    def old_keys(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT old_auth_token FROM viber_account_key")
        return [key for [key] in self.env.cr.fetchall() if key]


class TestNewKey(NewKeyCase):
    def test_of_the_same_bot_the_account_stays_connected(self):
        self.account.auth_token = NEW
        self.assertEqual(self.account.state, "connected")
        self.assertEqual(self.account.auth_token, NEW)
        self.assertEqual(self.old_keys(), [TOKEN])
        self.assertTrue(self.account.old_key_until)

    def test_one_that_was_refused_goes_on(self):
        self.account._mark_broken("Viber does not know this API key.")
        self.account.auth_token = NEW
        self.assertEqual(self.account.state, "connected")

    def test_of_another_bot_it_has_to_be_connected(self):
        other = {"status": 0, "id": "pa:1", "webhook": self.viber.webhook}
        self.viber.answer("get_account_info", other)
        self.account.auth_token = NEW
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.old_keys())

    def test_when_viber_does_not_say_whose_it_is_it_has_to_be_connected(self):
        for answer in (
            {"status": 2},
            {"status": 0},
            500,
            requests.ConnectionError("refused"),
        ):
            self.viber.answer("get_account_info", answer)
            self.account.auth_token = NEW
            self.assertEqual(self.account.state, "draft")
            self.assertFalse(self.old_keys())
            self.account.auth_token = TOKEN
            self.account.action_connect()

    def test_a_bot_that_is_not_known_has_to_be_connected(self):
        self.account.bot_id = False
        self.account.auth_token = NEW
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.old_keys())

    def test_the_same_key_again_changes_nothing(self):
        self.account.auth_token = TOKEN
        self.assertEqual(self.account.state, "connected")
        self.assertFalse(self.old_keys())

    def test_no_key_has_no_previous_one(self):
        self.account.auth_token = NEW
        self.account.auth_token = False
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.old_keys())

    def test_only_the_one_before_counts(self):
        self.account.auth_token = NEW
        self.account.auth_token = "third"
        self.assertEqual(self.old_keys(), [NEW])

    def test_a_copy_asks_nobody(self):
        self.account.database_uuid = "another"
        self.viber.requests.clear()
        self.account.auth_token = NEW
        self.assertFalse(self.viber.requests)
        self.assertEqual(self.account.state, "draft")

    def test_it_does_not_lie_about(self):
        self.account.auth_token = NEW
        self.env.cr.execute(
            "UPDATE viber_account_key SET old_until = now() - interval '1 second'"
        )
        self.account.invalidate_recordset()
        self.assertFalse(self.account.old_key_until)
        self.run_job("ir_cron_check_accounts")
        self.assertFalse(self.old_keys())

    def test_it_is_as_protected_as_the_key(self):
        self.account.auth_token = NEW
        admin = new_test_user(self.env, "old_key_admin", groups="base.group_system")
        keys = self.env["viber.account.key"].with_user(admin)
        for read in (
            lambda: keys.search_read([], ["old_auth_token"]),
            lambda: keys.search([("old_auth_token", "like", "0")]),
        ):
            with self.assertRaises(AccessError):
                read()
        account = self.account.with_user(admin)
        self.assertNotIn(TOKEN, str(account.read()))
        self.assertNotIn(TOKEN, str(self.account.copy_data()))
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM viber_account")
        self.assertNotIn(TOKEN, str(self.env.cr.fetchall()))


@tagged("post_install", "-at_install")
class TestNewKeyOverHttp(HttpCase, NewKeyCase):
    def setUp(self):
        super().setUp()
        self.patch(viber_refusal, "_tally", viber_refusal.Tally(0))

    def post(self, key, body=None):
        """:return: status of the answer to a callback"""
        body = body or json.dumps(self.text("Hello")).encode()
        headers = {"X-Viber-Content-Signature": sign(body, key)} if key else {}
        path = f"/viber/webhook/{self.account.webhook_key}"
        return self.url_open(path, data=body, headers=headers).status_code

    def refused(self):
        return sum(self.env["viber.refusal"].search([]).mapped("count"))

    def test_both_count_for_an_hour(self):
        self.assertEqual((self.post(TOKEN), self.post(NEW)), (200, 403))
        self.account.auth_token = NEW
        self.assertEqual((self.post(TOKEN), self.post(NEW)), (200, 200))
        self.env.cr.execute(
            "UPDATE viber_account_key SET old_until = old_until - interval '61 minutes'"
        )
        self.assertEqual((self.post(TOKEN), self.post(NEW)), (403, 200))

    def test_one_that_has_leaked_counts_no_more(self):
        self.account.auth_token = NEW
        self.account.action_refuse_old_key()
        self.assertFalse(self.old_keys())
        self.assertFalse(self.account.old_key_until)
        self.assertEqual((self.post(TOKEN), self.post(NEW)), (403, 200))

    def test_wrong_signatures_are_counted_under_a_known_address(self):
        self.assertEqual(self.post("wrong"), 403)
        self.assertEqual(self.refused(), 1)
        self.assertEqual(self.post(TOKEN), 200)
        self.assertEqual(self.refused(), 1)

    def test_our_own_look_and_vibers_probe_are_not_counted(self):
        self.assertEqual(self.post(None, b"\n"), 403)
        self.assertEqual(self.post(None, b'{"event":"webhook"}'), 200)
        self.assertEqual(self.post("wrong", b'{"event":"webhook"}'), 200)
        self.assertFalse(self.refused())

    def test_under_an_unknown_address_nothing_is_counted(self):
        headers = {"X-Viber-Content-Signature": sign(b"{}", "wrong")}
        answer = self.url_open("/viber/webhook/nobody", data=b"{}", headers=headers)
        self.assertEqual(answer.status_code, 403)
        self.assertFalse(self.refused())

    def test_no_log_has_the_previous_key(self):
        with self.assertLogs("odoo", "DEBUG") as logs, mute_logger("odoo.sql_db"):
            self.account.auth_token = NEW
            self.post(TOKEN)
        self.assertNotIn(TOKEN, "".join(logs.output))
