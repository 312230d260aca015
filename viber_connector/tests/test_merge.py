"""Contacts merged or deleted: no conversation loses its follower or its fates."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .test_contacts import AVATAR, ContactCase, picture


class TestMerge(ContactCase):
    def setUp(self):
        super().setUp()
        self.other_account = self.env["viber.account"].create(
            {
                "auth_token": "other-bot",
                "base_url": "https://odoo.example.com",
                **self.account_values,
            }
        )
        self.other_account.action_connect()
        self.here = self.converse(**self.sender())
        [row] = self.receive(self.text("Hello"), account=self.other_account)
        self.process()
        self.there = self.conversation(row)
        self.contacts = self.here.partner_id + self.there.partner_id

    def let_in(self, user):
        """Have somebody see and change the conversations."""
        self.project.message_subscribe(user.partner_id.ids)

    def merge(self, contacts, kept):
        """Merge as the wizard does."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge(contacts.ids, kept)
        self.env.invalidate_all()
        self.assertEqual(contacts.exists(), kept)

    def reply(self, task, *args, **values):
        # sudo: the outbox is not the agent's to read
        return super().reply(task, *args, **values).sudo()

    def fates(self, messages):
        """:return: what the chatter shows of what went to Viber of each message; that
        nothing went to a follower who writes elsewhere is left out"""
        return [
            (n.notification_status, n.failure_type, n.failure_reason)
            for message in messages
            for n in self.notification(message).filtered("viber_message_ids")
        ]

    def test_followers_and_fates_outlive_a_merge_whoever_is_kept(self):
        for index in (0, 1):
            with self.subTest(kept=index), self.env.cr.savepoint() as savepoint:
                self.check_merge(self.contacts[index])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_kept_contact_follows_every_open_conversation(self):
        self.here.message_unsubscribe(self.contacts.ids)
        closed = self.here.copy(
            {"viber_subscriber_id": self.here.viber_subscriber_id.id}
        )
        closed.message_unsubscribe(self.contacts.ids)
        closed._viber_close()
        self.merge(self.contacts, self.contacts[1])
        for task in (self.here, self.there):
            self.assertIn(self.contacts[1], task.message_partner_ids)
        self.assertNotIn(self.contacts[1], closed.message_partner_ids)

    def check_merge(self, kept):
        first, second = self.here, self.there
        others = [
            task.copy({"viber_subscriber_id": task.viber_subscriber_id.id})
            for task in (first, second)
        ]
        others[0]._viber_close()
        # Both follow it: what collides in the merge.
        plain = self.make_record()
        for task in (first, second, plain):
            task.message_subscribe(self.contacts.ids)
        self.viber.answer("send_message", {"status": 0, "message_token": 1}, 500)
        messages = [self.reply(first), self.reply(second)]
        self.send()
        messages += [self.reply(task) for task in others]
        before = self.fates(messages)
        # Which of two accounts is served first is left to chance.
        states = ["exception", "pending", "ready", "ready"]
        self.assertEqual(sorted(fate[0] for fate in before), states)
        self.merge(self.contacts, kept)
        # The form tells of an account that rests.
        (self.account | self.other_account)._resume()
        for task in (first, second, *others):
            self.assertEqual(task.partner_id, kept)
            self.assertIn(kept, task.message_partner_ids)
            self.assertFalse(task.viber_is_detached)
            self.assertFalse(task.viber_warning)
        self.assertIn(kept, plain.message_partner_ids)
        self.assertEqual((first + second).viber_subscriber_id.partner_id, kept)
        self.assertEqual(self.fates(messages), before)
        for message in messages:
            notification = self.notification(message)
            self.assertEqual(notification.res_partner_id, kept)
            self.assertEqual(self.outbox(message).mail_notification_id, notification)
        # Each still reaches the customer at the bot where they write.
        for task in (first, second, *others):
            [row] = self.outbox(self.reply(task, "After the merge"))
            self.assertEqual(row.subscriber_id, task.viber_subscriber_id)
            self.assertEqual(row.account_id, task.viber_account_id)

    def test_a_message_to_both_sums_up_what_became_of_it(self):
        second = self.converse(**self.sender(id="second=="))
        contacts = self.here.partner_id + second.partner_id
        self.here.message_subscribe(contacts.ids)
        self.viber.answer("send_message", {"status": 0, "message_token": 1}, 500)
        both = self.reply(self.here, "To both")
        self.send()
        self.assertEqual(len(self.notification(both)), 2)
        alone = self.reply(second)
        kept = contacts[1]
        self.merge(contacts, kept)
        notification = self.notification(both)
        self.assertEqual(notification.res_partner_id, kept)
        self.assertEqual(notification.notification_status, "exception")
        self.assertEqual(notification.failure_type, "viber_uncertain")
        self.assertEqual(notification.viber_message_ids, self.outbox(both))
        self.assertEqual(len(self.outbox(both)), 2)
        self.assertEqual(self.notification(alone).res_partner_id, kept)
        both.with_user(self.agent).viber_confirm()
        self.assertEqual(notification.notification_status, "pending")

    def test_a_viber_notification_outlives_one_by_email(self):
        contact = self.contact(email="koval@example.com")
        self.here.message_subscribe(contact.ids)
        message = self.reply(self.here, "To both")
        types = message.notification_ids.mapped("notification_type")
        self.assertEqual(sorted(types), ["email", "viber"])
        self.merge(contact + self.here.partner_id, contact)
        [notification] = message.notification_ids
        self.assertEqual(notification.notification_type, "viber")
        self.assertEqual(notification.res_partner_id, contact)
        self.assertEqual(notification.viber_message_ids, self.outbox(message))

    def test_what_either_followed_of_a_task_is_followed(self):
        contact = self.contact()
        domain = [("res_model", "=", self.carrier), ("default", "=", False)]
        subtype = self.env["mail.message.subtype"].search(domain, limit=1)
        self.assertTrue(subtype)
        self.here.message_subscribe(contact.ids, subtype.ids)
        self.merge(contact + self.here.partner_id, contact)
        follower = self.here.message_follower_ids.filtered(
            lambda f: f.partner_id == contact
        )
        comment = self.env.ref("mail.mt_comment")
        self.assertEqual(follower.subtype_ids & (subtype + comment), subtype + comment)

    def test_name_and_picture_of_the_kept_contact_stay(self):
        subscriber = self.there.viber_subscriber_id
        kept = self.contact(name=subscriber.contact_name)
        self.merge(kept + self.there.partner_id, kept)
        self.assertEqual(subscriber.partner_id, kept)
        self.viber.serve(AVATAR, picture("red"))
        [row] = self.receive(
            self.text("Again", **self.sender(name="Somebody else", avatar=AVATAR)),
            account=self.other_account,
        )
        self.process()
        self.assertEqual(row.state, "done", row.error)
        self.assertEqual(kept.name, "Olena Koval", "a person wrote it")

    def test_a_merge_moves_no_conversation_that_one_may_not_change(self):
        self.open_to("followers")
        groups = f"{self.agent_groups},base.group_partner_manager"
        clerk = new_test_user(self.env, "clerk", groups=groups)
        kept = self.contacts[0].with_user(clerk)
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(clerk)
        for chosen in (kept, None):
            with self.subTest(chosen=chosen), self.assertRaises(AccessError):
                wizard.create({})._merge(self.contacts.ids, chosen)
        self.assertTrue(self.there.partner_id)
        self.let_in(clerk)
        wizard.create({})._merge(self.contacts.ids, kept)
        self.env.invalidate_all()
        self.assertIn(self.contacts[0], self.there.message_partner_ids)

    def test_a_customer_is_never_merged_into_an_employee(self):
        customer = self.here.partner_id
        before = self.here.message_partner_ids, customer.name
        for insider in (
            self.agent.partner_id,
            self.env.company.partner_id,
            self.contact(employee=True),
        ):
            for kept in (insider, customer):
                with self.subTest(insider=insider.name, kept=kept.name):
                    wizard = self.env["base.partner.merge.automatic.wizard"].create({})
                    with self.assertRaisesRegex(UserError, "an employee or"):
                        wizard._merge((customer + insider).ids, kept)
                    now = self.here.message_partner_ids, customer.name
                    self.assertEqual(now, before)
                    self.assertTrue(insider.exists())

    def test_contacts_that_are_no_customers_merge_as_ever(self):
        contacts = self.contact() + self.agent.partner_id
        self.merge(contacts, self.agent.partner_id)


class TestDelete(ContactCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse(**self.sender())
        self.subscriber = self.task.viber_subscriber_id
        self.old = self.task.partner_id
        self.viber.answer("send_message", 500)
        self.message = self.reply(self.task).sudo()
        self.send()
        self.assertEqual(self.fate(), ("exception", self.old))

    def fate(self):
        notification = self.notification(self.message)
        return notification.notification_status, notification.res_partner_id

    def test_a_fate_outlives_the_contact_that_was_linked_before(self):
        self.subscriber.partner_id = contact = self.contact()
        self.assertEqual(self.fate(), ("exception", self.old), "history is history")
        self.old.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.fate(), ("exception", contact))
        self.message.with_user(self.agent).viber_confirm()
        self.assertEqual(self.fate(), ("pending", contact))

    def test_a_fate_comes_back_with_the_contact_that_is_made_anew(self):
        self.old.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.message.notification_ids)
        self.assertEqual(self.converse("Again", **self.sender()), self.task)
        self.assertEqual(self.fate(), ("exception", self.subscriber.partner_id))
        rows = self.outbox(self.message)
        self.assertEqual(rows.mail_notification_id, self.notification(self.message))

    def test_a_fate_comes_back_with_the_contact_that_is_chosen(self):
        self.old.unlink()
        self.env.invalidate_all()
        self.subscriber.partner_id = contact = self.contact()
        self.assertEqual(self.fate(), ("exception", contact))

    def test_who_deletes_needs_no_rights_on_the_outbox(self):
        self.subscriber.partner_id = contact = self.contact()
        groups = "base.group_user,base.group_partner_manager"
        clerk = new_test_user(self.env, "clerk", groups=groups)
        self.old.with_user(clerk).unlink()
        self.env.invalidate_all()
        self.assertEqual(self.fate(), ("exception", contact))
