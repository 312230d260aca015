import requests

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import new_test_user

from .common import ViberCase


class TestAccount(ViberCase):
    def new_account(self, **values):
        values = {
            "auth_token": "another-token",
            "base_url": "https://odoo.example.com",
        } | values
        return self.env["viber.account"].create(values)

    def test_connect_registers_the_webhook_and_takes_over_what_viber_tells(self):
        self.viber.info = {
            "name": "Hot line",
            "uri": "hotline",
            "icon": "https://media.example.com/icon.png",
        }
        account = self.new_account()
        account.action_connect()
        [(method, body), _info] = self.viber.requests
        self.assertEqual(method, "set_webhook")
        self.assertEqual(
            body["url"],
            f"https://odoo.example.com/viber/webhook/{account.webhook_key}",
        )
        self.assertTrue(body["send_name"] and body["send_photo"])
        self.assertEqual(account.state, "connected")
        self.assertEqual(account.name, "Hot line")
        self.assertEqual(account.deep_link, "viber://pa?chatURI=hotline")
        self.assertEqual(account.icon_url, "https://media.example.com/icon.png")

    def test_connect_makes_a_project_when_none_is_chosen(self):
        account = self.new_account()
        account.action_connect()
        stages = account.project_id.type_ids.sorted("sequence")
        self.assertEqual(stages.mapped("name"), ["New", "In Progress", "Done"])
        self.assertEqual(stages.mapped("fold"), [False, False, True])

    def test_connect_keeps_the_chosen_project(self):
        account = self.new_account(project_id=self.project.id)
        account.action_connect()
        self.assertEqual(account.project_id, self.project)

    def test_first_connect_keeps_the_public_address(self):
        self.env["ir.config_parameter"].set_param(
            "web.base.url", "https://first.example.com"
        )
        account = self.new_account(base_url=False)
        account.action_connect()
        self.env["ir.config_parameter"].set_param(
            "web.base.url", "https://second.example.com"
        )
        self.assertTrue(account.webhook_url.startswith("https://first.example.com/"))

    def test_each_failure_says_what_to_do_and_leaves_the_account_as_it_was(self):
        account = self.new_account()
        cases = [
            ({"status": 2, "status_message": "invalidAuthToken"}, "paste it whole"),
            ({"status": 1, "status_message": "HttpResponse[null 0 null]"}, "public"),
            ({"status": 1}, "https with a valid certificate"),
            ({"status": 7, "status_message": "blocked"}, "Viber's support"),
            (requests.ConnectionError("refused"), "may open connections"),
            (requests.ReadTimeout(), "did not answer in time"),
            (500, "HTTP 500"),
        ]
        for answer, words in cases:
            with self.subTest(answer=answer):
                self.viber.answer("set_webhook", answer)
                with self.assertRaises(UserError) as caught:
                    account.action_connect()
                self.assertIn(words, str(caught.exception))
                self.assertNotIn("another-token", str(caught.exception))
                self.assertEqual(account.state, "draft")

    def test_connect_fails_when_viber_names_another_webhook(self):
        account = self.new_account()
        self.viber.answer(
            "get_account_info", {"status": 0, "webhook": "https://other.example.com"}
        )
        with self.assertRaisesRegex(UserError, "another system"):
            account.action_connect()
        self.assertEqual(account.state, "draft")

    def test_only_public_https_addresses_are_taken(self):
        self.env["ir.config_parameter"].set_param(
            "viber_connector.api_url", "https://chatapi.viber.com/pa"
        )
        for address in (
            "http://odoo.example.com",
            "https://localhost",
            "https://192.168.1.5",
            "https://odoo",
            "https://192.0.0.8",
            "odoo.example.com",
            "http://127.0.0.1:8069",
        ):
            with self.subTest(address=address):
                with self.assertRaisesRegex(ValidationError, "public https"):
                    self.new_account(base_url=address, auth_token=address)

    def test_an_address_names_the_server_and_nothing_else(self):
        for address in (
            "https://user:secret@odoo.example.com",
            "https://odoo.example.com?db=other",
            "https://odoo.example.com/#top",
            "https://odoo.exam ple.com",
        ):
            with self.subTest(address=address):
                with self.assertRaisesRegex(ValidationError, "nothing else") as caught:
                    self.new_account(base_url=address)
                self.assertNotIn("secret", str(caught.exception))

    def test_what_odoo_takes_for_its_address_is_looked_at_as_well(self):
        self.env["ir.config_parameter"].set_param(
            "web.base.url", "https://odoo.example.com/?db=other"
        )
        account = self.new_account(base_url=False)
        with self.assertRaisesRegex(ValidationError, "nothing else"):
            account.action_connect()

    def test_a_service_without_proper_address_is_not_called(self):
        account = self.new_account()
        for url in ("https://user:secret@chatapi.example.com", "chatapi", "http://a?b"):
            with self.subTest(url=url):
                self.env["ir.config_parameter"].set_param(
                    "viber_connector.api_url", url
                )
                with self.assertRaisesRegex(UserError, "api_url") as caught:
                    account.action_connect()
                self.assertNotIn("secret", str(caught.exception))

    def test_loopback_is_taken_while_the_service_is_not_vibers_own(self):
        account = self.new_account(base_url="http://127.0.0.1:8069/")
        self.assertTrue(account.webhook_url.startswith("http://127.0.0.1:8069/viber"))

    def test_connect_without_key_asks_for_it(self):
        with self.assertRaisesRegex(UserError, "API key"):
            self.new_account(auth_token=False).action_connect()

    def test_pasted_spaces_are_no_part_of_the_key(self):
        self.assertEqual(
            self.new_account(auth_token="  abc-def \n").auth_token, "abc-def"
        )

    def test_what_can_be_no_key_is_refused(self):
        for text in ("two words", "ключ"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.new_account(auth_token=text)

    def test_the_send_rate_has_bounds(self):
        for rate in (0, -1, 10_001):
            with (
                self.subTest(rate=rate),
                self.assertRaisesRegex(ValidationError, "between 1 and 10,?000"),
            ):
                self.account.send_rate = rate

    def test_another_key_has_to_be_connected_anew(self):
        self.account.auth_token = "new-key"
        self.assertEqual(self.account.state, "draft")

    def test_disconnect_removes_the_webhook(self):
        self.account.action_disconnect()
        self.assertEqual(self.viber.requests, [("set_webhook", {"url": ""})])
        self.assertEqual(self.account.state, "draft")

    def test_disconnect_works_with_a_dead_key(self):
        self.viber.answer("set_webhook", {"status": 2})
        self.account.action_disconnect()
        self.assertEqual(self.account.state, "draft")

    def test_check_sees_that_another_system_took_the_bot(self):
        self.viber.answer(
            "get_account_info", {"status": 0, "webhook": "https://other.example.com"}
        )
        action = self.account.action_check()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertEqual(self.account.state, "error")
        self.assertIn("another address", self.account.state_reason)
        self.account.action_check()
        self.assertEqual(self.account.state, "connected")

    def test_the_key_is_for_administrators_only(self):
        manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )
        account = self.account.with_user(manager)
        account.action_check()
        with self.assertRaises(AccessError):
            account.read(["auth_token"])
        with self.assertRaises(AccessError):
            account.write({"auth_token": "mine"})
        self.assertFalse(self.account._fields["auth_token"].exportable)

    def test_an_agent_can_change_no_account(self):
        account = self.account.with_user(self.agent)
        for action in (account.action_connect, account.action_disconnect):
            with self.assertRaises(AccessError):
                action()

    def test_a_copy_has_no_key_and_a_webhook_of_its_own(self):
        copy = self.account.copy()
        self.assertFalse(copy.auth_token)
        self.assertEqual(copy.state, "draft")
        self.assertNotEqual(copy.webhook_key, self.account.webhook_key)
