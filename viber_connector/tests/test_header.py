"""What the form tells of the customer, and what an agent can do from it."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import ViberCase


class HeaderCase(ViberCase):
    def setUp(self):
        super().setUp()
        self.conversation_ = self.converse()
        self.subscriber = self.conversation_.viber_subscriber_id
        self.partner = self.subscriber.partner_id
        self.theirs = self.conversation_.with_user(self.agent)

    def stranger(self):
        """:return: an agent who may not see the conversation"""
        self.open_to("followers")
        return new_test_user(self.env, "stranger", groups=self.agent_groups)


class TestHeader(HeaderCase):
    def test_it_is_in_words(self):
        self.assertEqual(self.theirs.viber_partner_id, self.partner)
        self.assertEqual(self.theirs.viber_customer_state, "subscribed")
        self.assertEqual(self.theirs.viber_language, "Ukrainian")
        self.assertEqual(self.theirs.viber_country, "Ukraine")
        for language, country, words in (
            ("xx", "??", ("Xx", "??")),
            (False, False, ("", "")),
            ("de-AT", "at", ("German", "Austria")),
        ):
            self.subscriber.write({"language": language, "country_code": country})
            found = self.theirs.viber_language, self.theirs.viber_country
            self.assertEqual(tuple(value or "" for value in found), words)

    def test_what_is_no_conversation_has_none(self):
        plain = self.make_record().with_user(self.agent)
        for name in ("viber_customer_state", "viber_language", "viber_history_count"):
            self.assertFalse(plain[name])

    def test_conversations_of_the_customer_are_counted_and_listed(self):
        self.conversation_._viber_close()
        second = self.converse("Another matter, which is long")
        self.assertNotEqual(second, self.conversation_)
        self.assertEqual(second.with_user(self.agent).viber_history_count, 2)
        action = second.with_user(self.agent).action_viber_conversations()
        found = self.env[action["res_model"]].with_user(self.agent)
        found = found.with_context(**action["context"]).search(action["domain"])
        self.assertEqual(found, self.conversation_ | second)
        [view] = [view for view, kind in action["views"] if kind == "list"]
        arch = etree.fromstring(found.get_view(view, "list")["arch"])
        for name in (
            *("viber_last_message_date", "viber_last_message_preview"),
            *("viber_account_id", "stage_id"),
        ):
            [column] = arch.xpath(f"/list/field[@name='{name}']")
            hidden = column.get("column_invisible", "False")
            self.assertFalse(safe_eval(hidden, {"context": action["context"]}))
        partner = self.partner.with_user(self.agent)
        self.assertEqual(partner.viber_conversation_count, 2)

    def test_only_those_that_the_user_may_see_count(self):
        stranger = self.stranger()
        self.conversation_._viber_close()
        second = self.converse("Another matter, which is long")
        second.message_subscribe(stranger.partner_id.ids)
        self.assertEqual(second.with_user(stranger).viber_history_count, 1)


class TestBanners(HeaderCase):
    def assert_warning(self, words):
        if words:
            self.assertIn(words, self.theirs.viber_warning)
        else:
            self.assertFalse(self.theirs.viber_warning)

    def test_the_account_says_why_messages_wait(self):
        for values, words in (
            ({"state": "error"}, "refuses the account"),
            ({"state": "draft"}, "is not connected"),
            ({"active": False}, "is archived"),
            ({"pause_count": 1}, "can't be reached"),
        ):
            with self.subTest(values=values):
                before = self.account.read(list(values))[0]
                self.account.write(values)
                self.assert_warning(words)
                self.account.write({name: before[name] for name in values})
                self.assert_warning("")

    def test_to_follow_is_not_advised_where_the_customer_is_another(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.conversation_._viber_set_customer(other)
        self.conversation_.message_unsubscribe(other.ids)
        self.assertTrue(self.theirs.viber_is_detached)
        self.assert_warning("")
        told = self.theirs.viber_composer_info()["warning"]
        self.assertIn("not the contact of the Viber customer", told)
        self.subscriber.is_subscribed = False
        self.assert_warning("has left")

    def signals(self, change):
        """:return: what was sent to those who have forms open, while something was
        done"""
        sent = []
        bus = type(self.env["bus.bus"])

        def send(_self, channel, kind, message):
            if kind == "viber_connector/reload":
                sent.append((channel, message))

        with self.subTest(change=change):
            self.patch(bus, "_sendone", send)
            change()
        return sent

    def test_all_conversations_of_an_account_hear_of_it_by_one_signal(self):
        self.converse(user_id="somebody else")
        for values in (
            *({"state": "error"}, {"state": "connected"}, {"pause_count": 1}),
            *({"pause_count": 0}, {"active": False}, {"active": True}),
        ):
            [(channel, message)] = self.signals(lambda v=values: self.account.write(v))
            self.assertEqual(channel, self.account)
            self.assertEqual(message, {"account_id": self.account.id})
        self.assertFalse(self.signals(lambda: self.account.write({"send_rate": 5})))
        self.account.pause_count = 1
        self.assertFalse(self.signals(lambda: self.account.write({"pause_count": 2})))

    def test_forms_hear_of_what_is_told_of_the_customer(self):
        other = self.env["res.partner"].create({"name": "Other"})
        place = {"model": self.carrier, "id": self.conversation_.id}
        customer = self.conversation_._viber_customer_field
        for change in (
            lambda: self.subscriber.write({"is_blocked": True}),
            lambda: self.theirs.message_unsubscribe(self.partner.ids),
            lambda: self.theirs.message_subscribe(self.partner.ids),
            lambda: self.theirs.write({customer: other.id}),
            lambda: self.theirs.write({customer: self.partner.id}),
            lambda: self.partner.write({"active": False}),
            lambda: self.partner.write({"active": True}),
            lambda: new_test_user(
                self.env, "hired", groups="base.group_user", partner_id=self.partner.id
            ),
        ):
            self.assertIn((self.conversation_, place), self.signals(change))


class TestBlocking(HeaderCase):
    def block(self, user=None, reason="Writes nothing but abuse"):
        record = self.conversation_.with_user(user or self.agent)
        action = record.action_viber_block()
        wizards = self.env[action["res_model"]].with_user(record.env.user)
        wizard = wizards.with_context(**action["context"]).create({"reason": reason})
        wizard.action_block()

    def shown(self, user=None):
        record = self.conversation_.with_user(user or self.agent)
        action = record.action_viber_show_blocked()
        wizards = self.env[action["res_model"]].with_user(record.env.user)
        return wizards.with_context(**action["context"]).create({}).messages

    def test_an_agent_blocks_with_a_reason_and_unblocks(self):
        self.assertFalse(self.theirs.viber_composer_info()["warning"])
        self.block()
        self.assertTrue(self.subscriber.is_blocked)
        info = self.theirs.viber_composer_info()
        self.assertEqual(info["channel"], "viber")
        self.assertIn("does not come in", info["warning"])
        self.assertEqual(self.theirs.viber_customer_state, "blocked")
        [row] = self.receive(self.text("Let me in"))
        self.process()
        self.assertEqual(row.state, "pending")
        self.theirs.action_viber_unblock()
        self.assertFalse(self.subscriber.is_blocked)
        self.process()
        self.assertEqual(self.conversation(row), self.conversation_)
        notes = self.conversation_.message_ids.filtered(
            lambda message: (
                message.subtype_id == self.env.ref("mail.mt_note")
                and message.author_id == self.agent.partner_id
            )
        ).sorted("id")
        self.assertIn("Writes nothing but abuse", notes[0].body)
        self.assertIn("Unblocked", notes[1].body)
        for note in notes:
            self.assertFalse(self.outbox(note))

    def test_of_several_it_is_said_what_was_done(self):
        [row] = self.receive(self.text("Hi", user_id="other=="))
        self.process()
        other = self.conversation(row)
        plain = self.make_record()
        several = (self.conversation_ | other | plain).with_user(self.agent)
        action = several.action_viber_block()
        wizards = self.env[action["res_model"]].with_user(self.agent)
        wizard = wizards.with_context(**action["context"]).create({"reason": "Spam"})
        told = wizard.action_block()["params"]["message"]
        self.assertEqual(told, "2 blocked, 1 left as they were.")
        self.assertTrue(all(several.viber_subscriber_id.mapped("is_blocked")))
        told = several.action_viber_unblock()["params"]["message"]
        self.assertEqual(told, "2 unblocked, 1 left as they were.")

    def test_what_is_no_list_of_conversations_blocks_nobody(self):
        for ids in (["1"], {"a": 1}, 7, [True]):
            dialog = self.env["viber.block"].create(
                {"res_model": self.carrier, "res_ids": ids, "reason": "x"}
            )
            with self.subTest(ids=ids), self.assertRaises(AccessError):
                dialog.action_block()

    def test_what_a_blocked_customer_wrote_is_shown_as_words(self):
        self.block()
        self.receive(
            self.text("Let me *in* <script>alert(1)</script>"),
            self.message(type="picture", media="https://dl.example.com/a.jpg"),
        )
        self.process()
        shown = self.shown()
        self.assertIn("Let me in &lt;script&gt;", shown)
        self.assertIn("Photo", shown)
        self.assertNotIn("<script", shown)
        self.theirs.action_viber_unblock()
        self.assertFalse(self.shown())

    def test_only_employees_who_may_write_the_record_block(self):
        stranger = self.stranger()
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        self.conversation_.message_subscribe(portal.partner_id.ids)
        for user in (stranger, portal):
            record = self.conversation_.with_user(user)
            for method in (
                "action_viber_block",
                "action_viber_unblock",
                "action_viber_show_blocked",
            ):
                with self.subTest(user=user.login, method=method):
                    with self.assertRaises(AccessError):
                        getattr(record, method)()
        self.assertFalse(self.subscriber.is_blocked)

    def test_the_dialog_gives_no_right_by_itself(self):
        stranger = self.stranger()
        dialogs = self.env["viber.block"].with_user(stranger)
        values = {"res_model": self.carrier, "res_ids": self.conversation_.ids}
        dialog = dialogs.create(values | {"reason": "Mine"})
        with self.assertRaises(AccessError):
            dialog.action_block()
        with self.assertRaises(AccessError):
            dialog.read(["messages"])
        dialog = dialogs.create(
            {"res_model": "res.users", "res_ids": [1], "reason": "x"}
        )
        with self.assertRaises(AccessError):
            dialog.action_block()
        theirs = self.env["viber.block"].with_user(self.agent).create(values)
        with mute_logger("odoo.addons.base.models.ir_rule"):
            with self.assertRaises(AccessError):
                theirs.with_user(stranger).read(["reason"])

    def test_agents_write_no_subscriber_otherwise(self):
        with self.assertRaises(AccessError):
            self.subscriber.with_user(self.agent).is_blocked = True

    def test_what_is_no_conversation_has_nobody_to_block(self):
        plain = self.make_record().with_user(self.agent)
        with self.assertRaisesRegex(UserError, "Viber Customer"):
            plain.action_viber_block()


class TestWriting(HeaderCase):
    def open_to_write(self, user=None):
        """:return: the conversation that opens"""
        action = self.partner.with_user(user or self.agent).action_viber_write()
        self.assertTrue(action["context"]["viber_answer"])
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_the_open_conversation_opens(self):
        self.assertEqual(self.open_to_write(), self.conversation_)

    def test_with_none_open_one_begins(self):
        self.conversation_._viber_close()
        begun = self.open_to_write()
        self.assertNotEqual(begun, self.conversation_)
        self.assertEqual(begun.viber_subscriber_id, self.subscriber)
        self.assertEqual(begun._viber_assignees(), self.agent)
        self.assertEqual(begun.viber_customer_id, self.partner)
        row = self.outbox(self.reply(begun))
        self.send()
        self.assertEqual(row.state, "sent")
        self.assertEqual(self.open_to_write(), begun)
        self.assertEqual(self.converse("My printer is on fire again"), begun)
        self.assertIn("printer is on fire", begun.name)

    def test_who_may_not_see_an_open_conversation_begins_none(self):
        # Whoever is new gets a task from Odoo.
        stranger = self.stranger()
        count = self.env[self.carrier].search_count([])
        with self.assertRaisesRegex(UserError, "You see no customer"):
            self.open_to_write(stranger)
        with self.assertRaises(AccessError):
            self.env[self.carrier].with_user(stranger)._viber_begin(self.subscriber)
        self.assertEqual(self.env[self.carrier].search_count([]), count)

    def test_it_says_why_nothing_can_be_written(self):
        partner = self.partner.with_user(self.agent)
        self.assertFalse(partner.viber_write_refusal)
        for values, words in (
            ({"is_subscribed": False}, "has left"),
            ({"is_blocked": True, "is_subscribed": True}, "is blocked"),
        ):
            self.subscriber.write(values)
            self.assertIn(words, partner.viber_write_refusal)
            with self.assertRaisesRegex(UserError, words):
                partner.action_viber_write()
