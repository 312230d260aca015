"""Who is told that a customer waits, and who takes the conversation."""

from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user

from .common import ViberCase


class TeamCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.bohdan = (
            new_test_user(
                cls.env,
                login,
                groups=cls.agent_groups,
                notification_type="inbox",
                name=login.title(),
            )
            for login in ("anna", "bohdan")
        )
        cls.account.notify_user_ids = cls.anna

    def told(self, message):
        """:return: the members of the team who are told of a message"""
        team = self.anna | self.bohdan
        return team.filtered(
            lambda user: user.partner_id in message.notification_ids.res_partner_id
        )

    def said(self, conversation):
        """:return: the last comment"""
        return self.comments(conversation)[-1]


class TestTold(TeamCase):
    def test_once_for_each_wait_until_somebody_takes_it(self):
        conversation = self.converse()
        self.assertEqual(self.told(self.said(conversation)), self.anna)
        self.converse("Hello?")
        self.assertFalse(self.told(self.said(conversation)))
        conversation.with_user(self.agent).action_viber_no_answer_needed()
        self.converse("One thing more")
        self.assertEqual(self.told(self.said(conversation)), self.anna)
        conversation.with_user(self.agent).action_viber_no_answer_needed()
        self.assign(conversation, self.bohdan)
        self.converse("And another")
        self.assertEqual(self.told(self.said(conversation)), self.bohdan)

    def test_nobody_works_on_what_only_somebody_who_left_works_on(self):
        conversation = self.converse()
        conversation.action_viber_no_answer_needed()
        self.assign(conversation, self.bohdan)
        self.bohdan.active = False
        self.env.invalidate_all()
        self.converse("It is I again")
        self.assertIn(self.anna, self.told(self.said(conversation)))

    def test_as_each_of_them_prefers(self):
        self.bohdan.notification_type = "email"
        self.account.notify_user_ids |= self.bohdan
        notifications = self.said(self.converse()).notification_ids
        kinds = {n.res_partner_id: n.notification_type for n in notifications}
        self.assertEqual(kinds[self.anna.partner_id], "inbox")
        self.assertEqual(kinds[self.bohdan.partner_id], "email")

    def test_the_customer_gets_no_echo(self):
        conversation = self.converse()
        self.assertFalse(self.outbox(self.said(conversation)))

    def test_a_team_of_customers_is_refused(self):
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        with self.assertRaisesRegex(ValidationError, "Only employees"):
            self.account.notify_user_ids |= portal

    def test_whoever_connects_is_told_where_nobody_is(self):
        self.assertEqual(self.account.notify_user_ids, self.anna)
        manager = new_test_user(
            self.env, "manager", groups="viber_connector.group_viber_manager"
        )
        self.account.notify_user_ids = False
        result = self.account.with_user(manager).action_connect()
        self.assertEqual(self.account.notify_user_ids, manager)
        self.assertIn("manager", result["params"]["message"])
        self.account.action_connect()
        self.assertEqual(self.account.notify_user_ids, manager)

    def test_bounds_that_make_no_sense_are_refused(self):
        for bounds in ((0, 10), (-1, 5), (20, 10)):
            with self.subTest(bounds=bounds), self.assertRaises(ValidationError):
                self.account.write(
                    {
                        "waiting_warning_minutes": bounds[0],
                        "waiting_danger_minutes": bounds[1],
                    }
                )


class TestOutside(TeamCase):
    """Of a project that only those see who were invited."""

    def test_who_may_not_see_it_is_not_told(self):
        self.account.notify_user_ids |= self.bohdan
        self.assertFalse(self.account.team_warning)
        self.open_to("followers")
        self.project.message_subscribe(self.anna.partner_id.ids)
        self.env.invalidate_all()
        self.assertIn("Bohdan", self.account.team_warning)
        self.assertNotIn("Anna", self.account.team_warning)
        self.assertEqual(self.told(self.said(self.converse())), self.anna)


class TestAssigned(TeamCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.notify_user_ids = cls.anna | cls.bohdan

    def converse_while(self, *present, user_id):
        """Have a new customer write while some of the team are in Odoo."""
        self.account.assign_policy = "balanced"
        users = self.env.registry["res.users"]

        def compute(records):
            for user in records:
                user.im_status = "online" if user in present else "offline"

        with patch.object(users, "_compute_im_status", compute):
            self.env.invalidate_all()
            return self.converse(user_id=user_id)

    def test_nobody_by_default(self):
        self.assertFalse(self.converse()._viber_assignees())

    def test_whoever_is_there_and_has_the_fewest(self):
        first = self.converse_while(self.anna, self.bohdan, user_id="first")
        self.assertEqual(first._viber_assignees(), self.anna)
        second = self.converse_while(self.anna, self.bohdan, user_id="second")
        self.assertEqual(second._viber_assignees(), self.bohdan)
        third = self.converse_while(self.bohdan, user_id="third")
        self.assertEqual(third._viber_assignees(), self.bohdan)
        second._viber_close()
        third._viber_close()
        fourth = self.converse_while(self.anna, self.bohdan, user_id="fourth")
        self.assertEqual(fourth._viber_assignees(), self.bohdan)

    def test_nobody_is_there(self):
        conversation = self.converse_while(user_id="first")
        self.assertFalse(conversation._viber_assignees())
        told = self.told(self.said(conversation))
        self.assertEqual(told, self.anna | self.bohdan)

    def test_who_takes_it_is_told_and_the_others_are_not(self):
        conversation = self.converse_while(self.anna, user_id="first")
        self.assertEqual(self.told(self.said(conversation)), self.anna)

    def test_whoever_answers_takes_it(self):
        conversation = self.converse()
        self.reply(conversation, subtype_xmlid="mail.mt_note")
        self.assertFalse(conversation._viber_assignees())
        self.reply(conversation)
        self.assertEqual(conversation._viber_assignees(), self.agent)
        conversation.with_user(self.anna).message_post(
            body="Me too", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(conversation._viber_assignees(), self.agent)

    def test_unless_the_account_says_no(self):
        self.account.assign_on_answer = False
        conversation = self.converse()
        self.reply(conversation)
        self.assertFalse(conversation._viber_assignees())

    def test_an_agent_takes_it(self):
        conversation = self.converse()
        conversation.with_user(self.anna).action_viber_assign_to_me()
        self.assertEqual(conversation._viber_assignees(), self.anna)
