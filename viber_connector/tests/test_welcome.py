"""How who opens the chat is greeted, and how that stands in the first conversation."""

import json

from odoo.tests import HttpCase, tagged

from .common import CUSTOMER_ID, ViberCase, sign

USER = {
    "id": CUSTOMER_ID,
    "name": "Olena Koval",
    "language": "uk-UA",
    "country": "UA",
    "api_version": 10,
}


@tagged("post_install", "-at_install")
class TestWelcome(ViberCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("uk_UA")
        cls.account.welcome_message = "Hello, {name}! How can we help?"
        cls.account.with_context(
            lang="uk_UA"
        ).welcome_message = "Добрий день, {name}! Чим допомогти?"

    def opening(self, context="", is_subscribed=False, **user):
        """:return: the callback of somebody who opens the chat"""
        values = {"context": context} if context else {}
        return self.event(
            "conversation_started",
            type="open",
            subscribed=is_subscribed,
            user=USER | user,
            **values,
        )

    def open(self, event):
        """:return: the body of our answer"""
        body = json.dumps(event).encode()
        response = self.url_open(
            f"/viber/webhook/{self.account.webhook_key}",
            data=body,
            headers={"X-Viber-Content-Signature": sign(body)},
        )
        self.assertEqual(response.status_code, 200)
        if response.content:
            self.assertEqual(response.headers["Content-Type"], "application/json")
        return response.content

    def welcome(self, **values):
        answer = self.open(self.opening(**values))
        return json.loads(answer)["text"] if answer else ""

    def notes(self, task):
        return "".join(task.message_ids.mapped("body"))

    def test_the_answer_is_a_message_without_receiver(self):
        answer = json.loads(self.open(self.opening()))
        self.assertEqual(answer["type"], "text")
        self.assertEqual(answer["text"], "Добрий день, Olena Koval! Чим допомогти?")
        self.assertEqual(answer["sender"]["name"], self.account.name)
        self.assertNotIn("receiver", answer)

    def test_it_is_said_in_the_customers_language_if_there_is_one(self):
        english = "Hello, Olena Koval! How can we help?"
        self.assertIn("Добрий день", self.welcome(language="uk"))
        for language in ("en-CA", "el-GR", "", "*"):
            self.assertEqual(self.welcome(language=language), english)
        self.account.company_id.partner_id.lang = "uk_UA"
        self.assertIn("Добрий день", self.welcome(language="el-GR"))

    def test_who_keeps_their_name_private_is_greeted_without(self):
        for name in ("Subscriber", ""):
            self.assertEqual(
                self.welcome(name=name, language="en"), "Hello! How can we help?"
            )
        self.account.welcome_message = "{name}, good day"
        self.assertEqual(self.welcome(name="", language="en"), "good day")

    def test_a_name_is_text(self):
        name = "{name} %s {0} <b>"
        self.assertEqual(
            self.welcome(name=name, language="en"), f"Hello, {name}! How can we help?"
        )

    def test_a_repeated_opening_gets_the_same_answer(self):
        event = self.opening(context="lnk-7Qd2mZx9KcVt")
        answers = {self.open(event) for _attempt in range(3)}
        self.process()
        answers.add(self.open(event))
        self.assertEqual(len(answers), 1)
        self.assertTrue(answers.pop())
        rows = self.env["viber.event"].search([("account_id", "=", self.account.id)])
        self.assertEqual(len(rows), 1)

    def test_who_gets_no_welcome(self):
        self.assertFalse(self.welcome(is_subscribed=True), "a subscriber")
        subscriber = self.converse().viber_subscriber_id
        subscriber.is_blocked = True
        self.assertFalse(self.welcome(), "who is blocked")
        self.assertTrue(self.welcome(id="another=="))
        for values in ({"active": False}, {"active": True, "state": "draft"}):
            self.account.write(values)
            self.assertFalse(self.welcome(id="another=="), values)

    def test_no_welcome_no_answer(self):
        self.account.welcome_message = False
        self.assertFalse(self.welcome(language="en"))

    def test_no_other_event_is_answered(self):
        self.assertFalse(self.open(self.text("Hello")))
        self.assertFalse(self.open(self.event("subscribed")))

    def test_it_stands_in_the_first_task_and_never_leaves_again(self):
        event = self.opening(context="<i>lnk-7Qd2mZx9KcVt</i>")
        self.open(event)
        self.process()
        [subscriber] = self.account.subscriber_ids
        self.assertFalse(subscriber._conversations(), "who looks has not written")
        task = self.converse("My printer is on fire")
        self.assertIn("Добрий день, Olena Koval! Чим допомогти?", self.notes(task))
        self.assertIn("&lt;i&gt;lnk-7Qd2mZx9KcVt", self.notes(task))
        [note] = task.message_ids.filtered(lambda message: "Добрий" in message.body)
        self.assertTrue(note.subtype_id.internal)
        self.assertFalse(note.notification_ids)
        [comment] = self.comments(task)
        self.assertLess(note.id, comment.id)
        self.assertLess(note.date, comment.date)
        self.send()
        self.assertFalse(self.viber.sent())
        task._viber_close()
        self.assertNotIn("Добрий день", self.notes(self.converse("Again")))

    def test_a_link_that_an_old_customer_used_stands_in_their_open_task(self):
        task = self.converse()
        self.open(self.opening(context="promo-7", is_subscribed=True))
        self.process()
        self.assertNotIn("promo-7", self.notes(task))
        self.assertEqual(self.converse("I come from your promotion"), task)
        self.assertIn("promo-7", self.notes(task))
        self.assertNotIn("welcomed", self.notes(task))
