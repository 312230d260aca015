"""The first start: what is wrong beside its field, then the next step."""

from unittest.mock import patch

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user
from odoo.tools import config

from .common import TOKEN, ViberCase

INVALID_URL = {"status": 1, "status_message": "HttpResponse[null 0 null]"}


class TestSetup(ViberCase):
    def setUp(self):
        super().setUp()
        self.fresh = self.env["viber.account"].create(
            {"auth_token": "another-token", "base_url": "https://odoo.example.com"}
        )

    def fail(self, *answers):
        """Have Connect fail.

        :return: what is kept beside which field
        """
        self.viber.answer("set_webhook", *answers)
        self.assertIs(self.fresh.action_try_connect(), True)
        return self.fresh.connect_problem, self.fresh.connect_problem_field

    def test_what_is_wrong_stays_beside_its_field(self):
        for answer, words, field in (
            ({"status": 2}, "paste it whole", "auth_token"),
            ({"status": 8}, "partners.viber.com", "auth_token"),
            (INVALID_URL, "https with a valid certificate", "base_url"),
            (503, "HTTP 503", False),
        ):
            with self.subTest(answer=answer):
                problem, place = self.fail(answer)
                self.assertIn(words, problem)
                self.assertNotIn("another-token", problem)
                self.assertEqual(place, field)
                self.assertEqual(self.fresh.state, "draft")
                self.assertEqual(self.fresh.auth_token, "another-token")

    def test_a_missing_key_and_an_address_that_is_not_public_are_named(self):
        self.fresh.auth_token = False
        self.fresh.action_try_connect()
        self.assertEqual(self.fresh.connect_problem_field, "auth_token")
        self.env["ir.config_parameter"].set_param("web.base.url", "http://odoo.local")
        self.fresh.base_url = False
        self.fresh.action_try_connect()
        self.assertEqual(self.fresh.connect_problem_field, "base_url")
        self.assertIn("public https", self.fresh.connect_problem)

    def test_nothing_of_a_failed_connect_is_left_but_why(self):
        projects = self.env["project.project"].search([])
        self.fail(INVALID_URL)
        self.assertEqual(self.env["project.project"].search([]), projects)
        self.assertFalse(self.fresh.notify_user_ids)

    def test_what_was_wrong_goes_when_it_is_mended(self):
        self.fail({"status": 2})
        self.fresh.auth_token = "third-token"
        self.assertFalse(self.fresh.connect_problem)
        self.fail({"status": 2})
        self.fresh.action_try_connect()
        self.assertFalse(self.fresh.connect_problem)
        self.assertFalse(self.fresh.connect_problem_field)
        self.assertEqual(self.fresh.state, "connected")

    def test_who_may_not_change_an_account_gets_an_error(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.agent).action_try_connect()

    def test_why_connect_failed_is_for_managers_to_read_and_nobody_to_write(self):
        self.fail(INVALID_URL)
        with self.assertRaises(AccessError):
            self.fresh.with_user(self.agent).read(["connect_problem"])
        manager = new_test_user(
            self.env, "setup_manager", groups="viber_connector.group_viber_manager"
        )
        account = self.fresh.with_user(manager)
        self.assertTrue(account.connect_problem)
        with self.assertRaises(AccessError):
            account.write({"connect_problem": "Mine"})

    def test_the_form_says_what_is_wrong_before_it_is_saved(self):
        admin = new_test_user(self.env, "key_admin", groups="base.group_system")
        accounts = self.env["viber.account"].with_user(admin)
        for values, field, words in (
            ({"auth_token": "two words"}, "key_problem", "no Viber API key"),
            ({"auth_token": TOKEN}, "key_problem", "Another account"),
            (
                {"base_url": "http://odoo.example.com"},
                "address_problem",
                "public https",
            ),
            ({"base_url": "https://u:p@a.example.com"}, "address_problem", "nothing"),
            ({"base_url": "https://a.example/" + "b" * 300}, "address_problem", "255"),
        ):
            with self.subTest(values=values):
                account = accounts.new(values)
                self.assertIn(words, account[field] or "")
        account = accounts.new(
            {"auth_token": "fourth-token", "base_url": "https://odoo.example.com"}
        )
        self.assertFalse(account.key_problem or account.address_problem)
        self.assertFalse(self.account.key_problem, "its own key is no other's")

    def test_the_form_opens_and_forgets_what_was_wrong_while_it_is_mended(self):
        self.fail({"status": 2})
        with Form(self.fresh) as form:
            self.assertTrue(form.connect_problem)
            form.auth_token = "third-token"
            self.assertFalse(form.connect_problem)
        self.assertEqual(self.fresh.auth_token, "third-token")

    def test_the_project_is_named_after_the_bot(self):
        self.viber.info = {"name": "Gardening shop", "uri": "gardening"}
        self.addCleanup(setattr, self.viber, "info", dict(self.viber.info))
        self.fresh.action_try_connect()
        self.assertEqual(self.fresh.project_id.name, "Gardening shop")

    def test_a_project_that_was_chosen_keeps_its_name(self):
        self.fresh.project_id = self.project
        self.fresh.action_try_connect()
        self.assertEqual(self.project.name, "Support")

    # -- The next step ---------------------------------------------------------------

    def test_the_next_step_is_said_until_somebody_has_written(self):
        self.assertFalse(self.fresh.next_step)
        self.fresh.action_try_connect()
        self.assertIn("give your customers the link", self.fresh.next_step)
        self.assertIn(self.env.user.name, self.account.next_step)
        self.account.notify_user_ids = False
        self.assertIn("Nobody is told", self.account.next_step)
        self.converse()
        self.account.invalidate_recordset()
        self.assertFalse(self.account.next_step)

    # -- One worker ------------------------------------------------------------------

    def test_with_one_worker_connect_says_why_it_can_not_work(self):
        with patch.dict(config.options, workers=1):
            for answer in (INVALID_URL, requests.ReadTimeout()):
                with self.subTest(answer=answer):
                    self.viber.answer("set_webhook", answer)
                    with self.assertRaisesRegex(UserError, "workers = 1"):
                        self.fresh.action_connect()
            # Said before, too.
            self.assertIn("workers = 1", self.fresh.worker_problem)
            problem, place = self.fail(INVALID_URL)
            self.assertIn("workers = 1", problem)
            self.assertFalse(place, "the address is not to blame")
            # Another cause is another story.
            problem, _place = self.fail(requests.ConnectionError("refused"))
            self.assertNotIn("workers", problem)
            problem, _place = self.fail({"status": 2})
            self.assertNotIn("workers", problem)
            # The probe was answered, by another machine.
            self.fresh.action_connect()
        self.assertEqual(self.fresh.state, "connected")

    def test_with_none_or_more_workers_nothing_is_said_of_them(self):
        for workers in (0, 2):
            with (
                self.subTest(workers=workers),
                patch.dict(config.options, workers=workers),
            ):
                self.fresh.invalidate_recordset()
                self.assertFalse(self.fresh.worker_problem)
                self.assertNotIn("workers", self.fail(INVALID_URL)[0])

    # -- Settings --------------------------------------------------------------------

    def test_settings_list_the_accounts_and_lead_to_a_new_one(self):
        admin = new_test_user(self.env, "setup_admin", groups="base.group_system")
        settings = self.env["res.config.settings"].with_user(admin).create({})
        self.assertIn(self.account, settings.viber_account_ids)
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["viber.account"].create({"company_id": other.id})
        self.assertNotIn(theirs, settings.viber_account_ids)
        action = self.env.ref("viber_connector.viber_account_new_action")
        self.assertEqual(action.view_mode, "form")

    def test_paths_are_readable(self):
        for name, path in (
            ("account", "viber-accounts"),
            ("account_new", "viber-connect"),
            ("event", "viber-inbox"),
            ("message", "viber-outbox"),
            ("media", "viber-files"),
            ("subscriber", "viber-subscribers"),
        ):
            action = self.env.ref(f"viber_connector.viber_{name}_action")
            self.assertEqual(action.path, path)
