import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from ..tools import callback
from .common import CUSTOMER_ID, ViberCase


class TestInbox(ViberCase):
    def test_the_first_message_makes_contact_and_task(self):
        task = self.converse("My printer is on fire\nPlease help, it is urgent")
        partner = task.partner_id
        self.assertEqual(partner.name, "Olena Koval")
        self.assertEqual(partner.country_id.code, "UA")
        self.assertEqual(task.name, "My printer is on fire")
        self.assertEqual(task._name, self.carrier)
        self.assertTrue(task._viber_is_near(self.account))
        self.assertIn("Please help", task.description)
        self.assertFalse(task._viber_assignees())
        self.assertEqual(task.message_partner_ids, partner)
        self.assertEqual(task.viber_subscriber_id.viber_user_id, CUSTOMER_ID)
        self.assertEqual(task.viber_account_id, self.account)
        [message] = self.comments(task)
        self.assertEqual(message.author_id, partner)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertIn("Please help", message.body)

    def test_later_messages_join_the_chatter_with_vibers_own_time(self):
        task = self.converse()
        event = self.text("And the scanner, too")
        [row] = self.receive(event)
        self.process()
        self.assertEqual(self.conversation(row), task)
        message = self.comments(task)[-1]
        self.assertEqual(row.mail_message_id, message)
        self.assertEqual(
            message.date, row.event_date.replace(microsecond=0), "Viber's time"
        )

    def test_waiting_messages_are_posted_in_vibers_order(self):
        events = [self.text(f"Message {number}") for number in range(6)]
        self.receive(*(events[index] for index in (3, 0, 5, 1, 4, 2)))
        self.process()
        task = self.env[self.carrier].search(
            [("viber_account_id", "=", self.account.id)]
        )
        bodies = [message.body for message in self.comments(task)]
        for number, body in enumerate(bodies):
            self.assertIn(f"Message {number}", body)
        self.assertEqual(len(bodies), 6)

    def test_messages_of_the_same_instant_are_ordered_by_their_token(self):
        events = [
            self.text("second", timestamp=1772446875204, message_token=10**18 + 5),
            self.text("first", timestamp=1772446875204, message_token=99),
        ]
        self.receive(*events)
        self.process()
        task = self.env[self.carrier].search(
            [("viber_account_id", "=", self.account.id)]
        )
        self.assertEqual(
            [str(message.body) for message in self.comments(task)],
            [f"<p>{text}</p>" for text in ("first", "second")],
        )

    def test_the_customer_gets_no_echo_of_what_they_wrote(self):
        task = self.converse()
        self.assertFalse(self.env["viber.message"].search([("res_id", "=", task.id)]))
        self.assertFalse(self.comments(task).notification_ids)
        self.assertFalse(self.env["mail.mail"].search([("model", "=", self.carrier)]))

    def test_assignees_are_notified_of_a_customers_message(self):
        task = self.converse()
        self.assign(task, self.agent)
        self.agent.notification_type = "inbox"
        self.converse("Is anybody there?")
        [notification] = self.comments(task)[-1].notification_ids
        self.assertEqual(notification.res_partner_id, self.agent.partner_id)

    def test_html_in_a_text_is_shown_not_obeyed(self):
        task = self.converse("<script>alert(1)</script> & <b>bold</b>")
        body = self.comments(task).body
        self.assertIn("&lt;script&gt;", body)
        self.assertNotIn("<b>", body)
        self.assertNotIn("<script", task.description)

    def test_a_closed_conversation_gets_a_successor(self):
        task = self.converse()
        task._viber_close()
        other = self.converse("It burns again")
        self.assertNotEqual(other, task)
        self.assertEqual(other.partner_id, task.partner_id)

    def test_of_several_open_tasks_the_one_that_is_answered_gets_the_message(self):
        first = self.converse()
        second = first.copy({"viber_subscriber_id": first.viber_subscriber_id.id})
        reference = first._viber_reference(first.viber_subscriber_id)
        third = second.copy({"viber_subscriber_id": first.viber_subscriber_id.id})
        message = {"tracking_data": reference}
        self.assertEqual(self.converse("About the first", message=message), first)
        for forged in ("vc1.1.0000000000000000", reference[:-1] + "x", "{}"):
            message = {"tracking_data": forged}
            self.assertEqual(self.converse("Unclear", message=message), first)
        self.reply(third)
        self.assertEqual(self.converse("About the latest"), third)

    def test_a_name_that_is_none_is_replaced_when_the_real_one_comes(self):
        sender = {"id": CUSTOMER_ID, "name": "Subscriber"}
        task = self.converse(sender=sender)
        self.assertRegex(task.partner_id.name, r"^Viber user [0-9A-F]{6}$")

    def test_a_failing_event_waits_then_is_kept_and_holds_back_only_its_customer(self):
        bad, later = self.receive(self.text("Bad"), self.text("Later"))
        [other] = self.receive(self.text("Other", user_id="someone-else=="))
        post = type(self.env["viber.event"])._post

        def fail(event, subscriber, message, *args):
            if message.text == "Bad":
                raise ValueError("broken on purpose")
            return post(event, subscriber, message, *args)

        with patch.object(type(self.env["viber.event"]), "_post", fail):
            self.process()
            self.assertEqual(bad.state, "pending")
            self.assertIn("broken on purpose", bad.error)
            self.assertEqual(later.state, "pending")
            self.assertEqual(other.state, "done")
            self.assertLess(
                bad.next_attempt_date, fields.Datetime.now() + timedelta(seconds=60)
            )
            for _attempt in range(3):
                bad.next_attempt_date = False
                self.process()
            self.assertEqual(bad.state, "pending")
            self.assertLessEqual(
                bad.next_attempt_date, bad.create_date + timedelta(minutes=3)
            )
            bad.write({"next_attempt_date": False, "give_up_date": bad.create_date})
            self.process()
        self.assertEqual(bad.state, "failed")
        self.assertIn("broken on purpose", bad.error)
        self.assertEqual(later.state, "done")
        bad.action_reprocess()
        self.process()
        self.assertEqual(bad.state, "done")
        self.assertEqual(self.conversation(bad), self.conversation(later))

    def test_an_unknown_event_is_kept_and_ignored(self):
        rows = self.receive(self.event("action"), self.event("message_x"))
        self.process()
        self.assertEqual(set(rows.mapped("state")), {"ignored"})
        self.assertTrue(all(rows.mapped("error")))

    def test_subscription_follows_what_viber_tells(self):
        subscriber = self.converse().viber_subscriber_id
        self.assertTrue(subscriber.is_subscribed)
        self.receive(self.event("unsubscribed"))
        self.process()
        self.assertFalse(subscriber.is_subscribed)
        self.receive(self.event("subscribed"))
        self.process()
        self.assertTrue(subscriber.is_subscribed)
        self.receive(self.event("unsubscribed"), self.text("I write, so I am here"))
        self.process()
        self.assertTrue(subscriber.is_subscribed)

    def test_who_only_looks_at_the_chat_is_no_subscriber(self):
        self.receive(self.event("conversation_started"))
        self.process()
        [subscriber] = self.account.subscriber_ids
        self.assertFalse(subscriber.is_subscribed)
        self.assertFalse(subscriber.partner_id)

    def test_who_leaves_without_having_come_leaves_no_trace(self):
        [row] = self.receive(self.event("unsubscribed"))
        self.process()
        self.assertEqual(row.state, "ignored")
        self.assertFalse(self.account.subscriber_ids)

    def test_events_wait_while_blocked_archived_or_disconnected(self):
        subscriber = self.converse().viber_subscriber_id
        for record, values in (
            (subscriber, {"is_blocked": True}),
            (self.account, {"active": False}),
            (self.account, {"state": "draft"}),
        ):
            before = record.read(list(values))[0]
            record.write(values)
            [row] = self.receive(self.text("Hello"))
            self.process()
            self.assertEqual(row.state, "pending")
            record.write({name: before[name] for name in values})
            self.process()
            self.assertEqual(row.state, "done")


class TestWakeUp(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref("viber_connector.ir_cron_process_events")
        cls.triggers = cls.env["ir.cron.trigger"]

    def wake_after(self, called_ago, created_ago):
        """Wake the job while a wake-up is there, both times in seconds before now.

        :return: how many wake-ups that has added
        """
        self.triggers.search([]).unlink()
        now = fields.Datetime.now()
        call_at, create_date = (
            now - timedelta(seconds=ago) for ago in (called_ago, created_ago)
        )
        waiting = self.triggers.create({"cron_id": self.cron.id, "call_at": call_at})
        self.env.cr.execute(
            "UPDATE ir_cron_trigger SET create_date = %s WHERE id = %s",
            [create_date, waiting.id],
        )
        self.receive(self.text("Hello"))
        return self.triggers.search_count([("cron_id", "=", self.cron.id)]) - 1

    def test_one_that_waits_is_enough(self):
        self.assertEqual(self.wake_after(called_ago=1, created_ago=1), 0)

    def test_a_callback_costs_one_query_while_one_waits(self):
        body = json.dumps(self.text("Hello")).encode()
        self.wake_after(called_ago=1, created_ago=1)
        with self.assertQueryCount(1):
            self.env["viber.event"]._store(self.account, callback.parse(body), body)

    def test_one_that_waits_for_long_may_be_lost(self):
        self.assertEqual(self.wake_after(called_ago=60, created_ago=60), 1)

    def test_one_that_was_planned_ahead_is_heard_too_late(self):
        self.assertEqual(self.wake_after(called_ago=1, created_ago=30), 1)
