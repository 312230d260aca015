"""Whose number it is: linking a Viber user to a contact that was there before."""

from odoo.exceptions import AccessError, UserError

from .test_contacts import ContactCase


class TestLinking(ContactCase):
    NUMBER = "+380501112233"

    def test_linking_by_hand_moves_all_conversations(self):
        task = self.converse()
        subscriber = task.viber_subscriber_id
        old = task.partner_id
        archived = task.copy({"viber_subscriber_id": subscriber.id})
        archived.action_archive()
        elsewhere = task.copy({"viber_subscriber_id": subscriber.id})
        elsewhere.partner_id = third = self.contact(name="Third")
        subscriber.partner_id = contact = self.contact()
        self.assertEqual(task.partner_id, contact)
        self.assertEqual(archived.partner_id, contact)
        self.assertEqual(elsewhere.partner_id, third, "a person chose them")
        self.assertIn(contact, task.message_partner_ids)
        self.assertNotIn(old, task.message_partner_ids)
        self.assertEqual(self.comments(task).author_id, old, "history is history")
        self.assertEqual(self.converse("Again", **self.sender(name="Lena")), task)
        self.assertEqual(contact.name, "O. Koval, CEO")
        self.assertEqual(self.comments(task)[-1].author_id, contact)

    def test_another_customer_of_the_task_warns_and_can_be_linked(self):
        task = self.converse()
        subscriber = task.viber_subscriber_id
        self.assertFalse(task.viber_is_detached)
        old = task.partner_id
        task.partner_id = contact = self.contact()
        self.assertTrue(task.viber_is_detached)
        self.assertEqual(self.converse("Again"), task)
        self.assertEqual(task.partner_id, contact)
        task.with_user(self.agent).action_viber_link_customer()
        self.assertFalse(task.viber_is_detached)
        self.assertEqual(subscriber.partner_id, contact)
        self.assertIn(contact, task.message_partner_ids)
        self.assertNotIn(old, task.message_partner_ids, "no e-mail to no address")
        task.partner_id = False
        with self.assertRaises(UserError):
            task.action_viber_link_customer()

    def test_a_shared_number_is_kept_and_only_suggests(self):
        contact = self.contact(
            phone="050 111 22 33", country_id=self.env.ref("base.ua").id
        )
        subscriber = self.share("380501112233")
        self.assertEqual(subscriber.phone, self.NUMBER)
        self.assertEqual(subscriber.partner_id.phone, self.NUMBER)
        self.assertNotEqual(subscriber.partner_id, contact)
        self.assertEqual(subscriber.suggested_partner_id, contact)
        self.assertIn(contact.name, subscriber.suggestion)
        with self.assertRaises(AccessError):
            subscriber.with_user(self.agent).action_link_suggested()
        task = subscriber._conversations()[0]
        subscriber.action_link_suggested()
        self.assertEqual(subscriber.partner_id, contact)
        self.assertEqual(task.partner_id, contact)
        self.assertEqual(contact.phone, "050 111 22 33", "a person wrote it")

    def test_a_shared_number_links_if_that_is_wanted(self):
        self.account.link_by_phone = True
        contact = self.contact(phone=self.NUMBER)
        subscriber = self.share("380501112233")
        self.assertEqual(subscriber.partner_id, contact)
        self.assertEqual(subscriber._conversations()[0].partner_id, contact)
        self.assertEqual(self.converse("Again").partner_id, contact)
        self.assertEqual(self.share("380501112233").partner_id, contact)

    def test_none_or_several_with_the_number_are_left_alone(self):
        self.account.link_by_phone = True
        subscriber = self.share(self.NUMBER)
        own = subscriber.partner_id
        self.assertFalse(subscriber.suggested_partner_id)
        self.assertIn("No other contact", subscriber.suggestion)
        with self.assertRaises(UserError):
            subscriber.action_link_suggested()
        for _number in range(2):
            self.contact(phone=self.NUMBER)
        subscriber.invalidate_recordset()
        self.assertEqual(self.share(self.NUMBER).partner_id, own)
        self.assertFalse(subscriber.suggested_partner_id)
        self.assertIn("2 contacts", subscriber.suggestion)

    def test_a_linked_contact_is_never_left_for_another_with_the_same_number(self):
        self.account.link_by_phone = True
        subscriber = self.converse().viber_subscriber_id
        subscriber.partner_id = chosen = self.contact(phone=self.NUMBER)
        self.contact(phone=self.NUMBER)
        self.assertEqual(self.share(self.NUMBER).partner_id, chosen)

    def test_contacts_of_other_companies_and_archived_ones_do_not_count(self):
        self.account.link_by_phone = True
        company = self.env["res.company"].create({"name": "Other house"})
        other = self.contact(phone=self.NUMBER, company_id=company.id)
        archived = self.contact(phone=self.NUMBER, active=False)
        partner = self.share(self.NUMBER).partner_id
        self.assertNotIn(partner, other + archived)

    def test_a_contact_that_was_attached_by_hand_is_not_their_number(self):
        self.account.link_by_phone = True
        self.contact(phone=self.NUMBER)
        subscriber = self.share(self.NUMBER, text="")
        self.assertFalse(subscriber.phone)
        self.assertFalse(subscriber.partner_id.phone)

    def test_a_number_that_nobody_asked_for_links_to_nobody(self):
        self.account.link_by_phone = True
        contact = self.contact(phone=self.NUMBER)
        self.reply(self.converse(), '{"ActionType":"share-phone"}')
        self.send()
        subscriber = self.send_contact(self.NUMBER)
        self.assertFalse(subscriber.phone)
        self.assertFalse(subscriber.suggested_partner_id)
        self.assertNotEqual(subscriber.partner_id, contact)
        self.assertFalse(subscriber.partner_id.phone)

    def test_a_card_with_a_text_is_no_answer(self):
        self.account.link_by_phone = True
        contact = self.contact(phone=self.NUMBER)
        self.converse().action_viber_ask_phone()
        self.send()
        subscriber = self.send_contact(self.NUMBER, text="Call my boss, please")
        self.assertFalse(subscriber.phone)
        self.assertNotEqual(subscriber.partner_id, contact)
        self.assertIn(
            "Call my boss", str(subscriber._conversations()[0].message_ids[0].body)
        )

    def test_another_number_than_the_first_only_suggests(self):
        self.account.link_by_phone = True
        first = self.contact(phone=self.NUMBER)
        second = self.contact(phone="+380671234567")
        subscriber = self.share(self.NUMBER)
        self.assertEqual(subscriber.partner_id, first)
        self.send_contact("+380671234567")
        self.assertEqual(subscriber.partner_id, first)
        self.assertEqual(subscriber.suggested_partner_id, second)

    def test_a_number_that_is_none_is_not_taken(self):
        for number in ("", None, "+123", "phone", "+" + "9" * 40):
            with self.subTest(number):
                self.assertFalse(self.share(number).phone)
