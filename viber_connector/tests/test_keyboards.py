"""Buttons below messages, and what the outbox knows of them."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import keyboard, payload
from .common import CUSTOMER_ID
from .test_fate import FateCase


@tagged("post_install", "-at_install")
class TestKeyboard(BaseCase):
    def test_buttons_are_found_again(self):
        buttons = keyboard.share_phone("My number")
        bodies = [
            payload.encode(body).decode()
            for body in payload.build(
                "word " * 3000,
                receiver=CUSTOMER_ID,
                sender=payload.Sender("Desk"),
                keyboard=buttons,
            )
        ]
        for order in (bodies, bodies[::-1]):
            found = keyboard.find(order, buttons.asks)
            self.assertIsInstance(found, keyboard.Keyboard)
            self.assertEqual((found, found.asks), (buttons, "phone"))

    def test_without_buttons_none_are_found(self):
        for body in ("{}", "{", "[]", "3", "null", '{"keyboard":1}'):
            with self.subTest(body=body):
                self.assertIsNone(keyboard.find([body], "phone"))
        self.assertIsNone(keyboard.find([], "phone"))


class TestAsks(FateCase):
    def ask(self):
        """:return: the chatter message that asks for the customer's number"""
        self.task.with_user(self.agent).action_viber_ask_phone()
        return self.task.message_ids[0]

    def test_a_message_with_the_button_says_what_it_asks(self):
        self.assertEqual(self.outbox(self.ask()).asks, "phone")
        self.assertFalse(self.outbox(self.reply(self.task)).asks)

    def test_only_the_part_with_the_button_asks(self):
        message = self.ask()
        self.task._message_update_content(message, body="word " * 3000)
        self.assertEqual(self.outbox(message).mapped("asks"), [False, False, "phone"])
        self.task._message_update_content(message, body="Your number, please")
        self.assertEqual(self.outbox(message).mapped("asks"), ["phone"])

    def test_what_lost_its_button_asks_nothing(self):
        message = self.ask()
        self.viber.answer("send_message", {"status": 13})
        self.send()
        self.assertEqual(self.outbox(message).state, "sent")
        self.assertFalse(self.outbox(message).asks)
        self.assertFalse(self.subscriber._was_asked_for_phone())

    def migrate(self, batch):
        path = Path(__file__).parents[1] / "migrations/19.0.0.6.0/post-asks.py"
        spec = spec_from_file_location("post_asks", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        script.BATCH = batch
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.0.5.0")
        self.env.invalidate_all()

    def test_an_update_fills_it(self):
        asking = self.outbox(self.ask()) | self.outbox(self.ask())
        said = self.outbox(self.reply(self.task, '{"ActionType":"share-phone"}'))
        self.assertIn("share-phone", said.payload)
        for batch in (1, 2, 10_000):
            with self.subTest(batch=batch):
                asking.asks = False
                self.migrate(batch)
                self.assertEqual(asking.mapped("asks"), ["phone", "phone"])
                self.assertFalse(said.asks)

    def test_an_update_of_an_empty_outbox_finds_nothing(self):
        self.env["viber.message"].search([]).unlink()
        self.migrate(10_000)
        self.assertFalse(self.env["viber.message"].search([]))
