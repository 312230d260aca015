"""Messages that failed for good: counted on their account, its managers told once."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..models import mail_notification_assignee
from .test_fate import FateCase
from .test_files_out import PDF, picture

QUEUE = "odoo.addons.viber_connector.models.viber_queue_mixin"


class TestFailures(FateCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, "viber_manager", groups="viber_connector.group_viber_manager"
        )

    def lose(self, **values):
        row = self.answered({"status": 3}, **values)
        self.assertEqual(row.state, "failed")
        return row

    def told(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "viber.account"),
                ("message_type", "=", "user_notification"),
            ]
        )

    def activities(self):
        return self.env["mail.activity"].search(
            [("res_model", "=", "viber.account"), ("res_id", "=", self.account.id)]
        )

    def count(self):
        self.account.invalidate_recordset(["failed_count"])
        return self.account.with_user(self.manager).failed_count

    def test_managers_are_told_once(self):
        for number in range(3):
            self.lose(body=f"{number}")
        [told] = self.told()
        self.assertIn(self.manager.partner_id, told.partner_ids)
        self.assertNotIn(self.agent.partner_id, told.partner_ids)
        [activity] = self.activities()
        self.assertTrue(
            activity.user_id.has_group("viber_connector.group_viber_manager")
        )
        self.assertEqual(self.count(), 3)

    def test_many_in_one_run_are_told_at_once(self):
        for number in range(5):
            self.reply(self.converse("hi", user_id=f"{number}=="))
        self.viber.answer("send_message", *5 * [{"status": 3}])
        self.send()
        self.assertEqual((self.count(), len(self.told())), (5, 1))

    def test_however_it_fails_it_is_told(self):
        def leave():
            self.subscriber.is_subscribed = False
            self.reply(self.task)
            self.subscriber.is_subscribed = True

        def refuse():
            row = self.answered()
            token = int(row.message_token)
            self.receive(self.event("failed", message_token=token))
            self.process()

        for way in (leave, refuse, self.lose):
            with self.subTest(way.__name__):
                way()
                self.send()
                self.assertEqual((self.count(), len(self.told())), (1, 1))
                self.env["viber.message"].search([])._cancel()
                self.send()
                self.told().unlink()

    def test_what_waits_or_is_uncertain_has_not_failed(self):
        for answer in ({"status": 12}, {"status": 19}, {"status": 2}, 500):
            self.answered(answer)
            self.account.state = "connected"
            self.account._resume()
            self.env["viber.message"].search([])._cancel()
        self.assertEqual(self.count(), 0)
        self.assertFalse(self.activities())

    def test_what_is_sent_again_or_given_up_counts_no_more(self):
        rows = self.lose(body="a") | self.lose(body="b") | self.lose(body="c")
        self.assertEqual(self.count(), 3)
        rows[0].action_cancel()
        self.assertEqual(self.count(), 2)
        rows[1].action_retry()
        self.assertEqual(self.count(), 1)
        self.send()
        self.assertTrue(self.activities())
        rows[2].unlink()
        self.assertEqual(self.count(), 0)
        self.send()
        self.assertFalse(self.activities())
        self.assertEqual(len(self.told()), 1)

    def test_new_ones_are_told_when_the_old_are_over(self):
        self.lose().action_cancel()
        self.send()
        self.lose()
        self.assertEqual((len(self.told()), len(self.activities())), (2, 1))

    def test_what_fails_again_is_not_told_again(self):
        row = self.lose()
        row.action_retry()
        self.viber.answer("send_message", {"status": 3})
        self.send()
        self.assertEqual((row.state, len(self.told())), ("failed", 1))

    def test_who_is_done_with_it_is_told_of_new_ones_only(self):
        self.lose()
        self.activities().with_user(self.manager).action_done()
        self.send()
        self.assertFalse(self.activities())
        self.assertEqual(len(self.told()), 1)
        self.lose()
        self.assertEqual((len(self.told()), len(self.activities())), (2, 1))

    def test_each_account_is_told_of(self):
        other = self.account.create(
            {
                "auth_token": "other-token",
                "base_url": "https://a.example.com",
                **self.account_values,
            }
        )
        other.action_connect()
        [event] = self.receive(self.text("Hello", user_id="third=="), account=other)
        self.process()
        self.reply(self.conversation(event))
        self.reply(self.task)
        self.viber.answer("send_message", {"status": 3}, {"status": 3})
        self.send()
        accounts = self.account | other
        self.assertEqual(accounts.mapped("failed_count"), [1, 1])
        self.assertEqual(set(self.told().mapped("res_id")), set(accounts.ids))

    def test_managers_who_cannot_be_told_lose_no_answer(self):
        accounts = type(self.account)
        with (
            patch.object(accounts, "_notify_managers", side_effect=ValueError("no")),
            mute_logger(QUEUE),
        ):
            self.lose()
        self.assertEqual(self.count(), 1)

    def test_the_managers_of_other_companies_are_not_told(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="viber_connector.group_viber_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.lose()
        self.assertNotIn(stranger.partner_id, self.told().partner_ids)

    def test_agents_see_no_figures(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.agent).read(["failed_count"])
        self.assertNotIn("failed_count", self.account.with_user(self.agent).read()[0])

    def test_the_count_opens_them(self):
        action = self.env.ref("viber_connector.viber_message_action")
        self.assertEqual(action.res_model, "viber.message")
        [view] = (
            self.env["viber.account"]
            .with_user(self.manager)
            .get_views([(False, "form")])["views"]
            .values()
        )
        self.assertIn(f'name="{action.id}"', view["arch"])

    def test_counting_is_cheap(self):
        """By an index that holds nothing but what has failed."""
        self.lose()
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT count(*) FROM viber_message"
            " WHERE account_id IN %s AND state = 'failed'",
            [(self.account.id,)],
        )
        plan = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("viber_message_failed", plan)


class TestAssignees(FateCase):
    def mine(self, user):
        notifications = self.env["mail.notification"].with_user(user)
        return notifications._viber_assigned_failures()

    def test_who_works_on_it_hears_of_a_colleague_s_failure(self):
        colleague = new_test_user(self.env, "colleague", groups=self.agent_groups)
        stranger = new_test_user(self.env, "stranger", groups=self.agent_groups)
        self.task._viber_assign(colleague)
        row = self.answered({"status": 3})
        notification = row.mail_notification_id
        self.assertEqual(self.mine(colleague), notification)
        self.assertFalse(self.mine(stranger))
        self.assertIn(colleague.partner_id, notification.viber_assignee_ids)
        row._send_again()
        self.assertFalse(self.mine(colleague))

    def test_they_are_bounded_and_those_of_others_crowd_none_out(self):
        self.task._viber_assign(self.agent)
        first = self.answered({"status": 3}).mail_notification_id
        [row] = self.receive(self.text("Hi", user_id="other=="))
        self.process()
        elsewhere = self.conversation(row)
        fail = {"status": 3}
        self.viber.answer("send_message", *3 * [fail])
        for _number in range(3):
            self.reply(elsewhere)
        self.send()
        boss = new_test_user(self.env, "boss", groups=self.agent_groups)
        self.task._viber_assign(boss)
        limit = patch.object(mail_notification_assignee, "_LIMIT", 2)
        with limit:
            self.assertEqual(self.mine(boss), first)
            elsewhere._viber_assign(boss)
            found = self.mine(boss)
            self.assertEqual(len(found), 2)
            self.assertNotIn(first, found)
            self.assertEqual(found.ids, sorted(found.ids, reverse=True))

    def test_who_may_not_read_it_hears_nothing(self):
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        self.task._viber_assign(portal)
        self.task.message_unsubscribe(portal.partner_id.ids)
        self.answered({"status": 3})
        self.assertFalse(self.mine(portal))

    def test_they_are_told_at_once(self):
        colleague = new_test_user(self.env, "colleague", groups=self.agent_groups)
        self.task._viber_assign(colleague)
        self.env["bus.bus"].search([]).unlink()
        row = self.answered({"status": 3})
        self.env.cr.precommit.run()
        told = (
            self.env["bus.bus"]
            .search([])
            .filtered(
                lambda b: (
                    f'"res.partner",{colleague.partner_id.id}]'
                    in b.channel.replace(" ", "")
                    or f'"res.users",{colleague.id}]' in b.channel.replace(" ", "")
                )
            )
        )
        self.assertTrue(
            told.filtered(lambda b: str(row.mail_notification_id.id) in b.message)
        )


class TestParts(FateCase):
    def test_each_part_says_what_it_is_and_what_became_of_it(self):
        message = self.reply(
            self.task,
            "word " * 2500,
            attachments=[("a b.pdf", PDF), ("c.png", picture())],
        )
        self.viber.answer("send_message", *2 * [{"status": 0}], {"status": 3})
        self.send()
        parts = message.with_user(self.agent).viber_parts()
        self.assertEqual(len(parts), len(self.outbox(message)))
        self.assertEqual(parts[0]["what"], f"Text, part 1 of {len(parts) - 2}")
        self.assertIn("a b.pdf, as a file", [part["what"] for part in parts])
        self.assertEqual(parts[-1]["what"], "c.png, as a picture")
        self.assertEqual({p["state"] for p in parts}, {"Sent", "Not delivered"})
        [failed] = [part for part in parts if part["state"] == "Not delivered"]
        self.assertIn("does not accept", failed["reason"])
        self.assertNotIn("receiver", str(parts))

    def test_a_picture_that_carries_the_text_says_so(self):
        pictures = [("a.png", picture()), ("b.png", picture())]
        message = self.reply(self.task, "Look", attachments=pictures)
        parts = message.with_user(self.agent).viber_parts()
        told = ["The text, with a.png as a picture", "b.png, as a picture"]
        self.assertEqual([part["what"] for part in parts], told)

    def test_one_part_says_nothing_more(self):
        self.assertEqual(self.answered().mail_message_id.viber_parts(), [])

    def test_parts_are_for_employees_who_may_read_it(self):
        message = self.reply(self.task, "x" * 8000)
        self.open_to("followers")
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        clerk = new_test_user(self.env, "clerk", groups="base.group_user")
        for user in (portal, clerk):
            with self.assertRaises(AccessError):
                message.with_user(user).viber_parts()
