"""Nobody from outside becomes an employee, by whatever way."""

import base64

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user

from .test_contacts import AVATAR, ContactCase, picture

NUMBER = "+380501112233"


class InsiderCase(ContactCase):
    def setUp(self):
        super().setUp()
        self.task = self.converse(**self.sender())
        self.subscriber = self.task.viber_subscriber_id
        self.customer = self.task.partner_id

    def insiders(self):
        """:return: contacts who speak for the company, by what makes them so"""
        main = self.env.company.partner_id
        other = self.env["res.company"].create({"name": "Other house"})
        former = new_test_user(self.env, "former", groups="base.group_user")
        former.active = False
        found = {
            "internal user": self.agent.partner_id,
            "archived internal user": former.partner_id,
            "company": main,
            "other company": other.partner_id,
            "below the company": self.contact(parent_id=main.id),
            "employee without user": self.contact(employee=True),
            "OdooBot": self.env.ref("base.partner_root"),
            "public user": self.env.ref("base.public_partner"),
        }
        self.env.flush_all()
        return found

    def become_employee(self):
        """Make an internal user of the customer's contact."""
        return new_test_user(
            self.env,
            "hired",
            groups="base.group_user",
            partner_id=self.customer.id,
            name=self.customer.name,
        )

    def link_unchecked(self, partner):
        """Link as a version without the check did."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE viber_subscriber SET partner_id = %s WHERE id = %s",
            [partner.id, self.subscriber.id],
        )
        self.env.invalidate_all()


class TestNobodyBecomesAnEmployee(InsiderCase):
    def test_who_can_be_a_customer(self):
        insiders = self.insiders()
        portal = new_test_user(self.env, "viber_portal", groups="base.group_portal")
        for partner in (self.customer, portal.partner_id, self.contact()):
            self.assertTrue(partner.viber_can_be_customer)
        everybody = self.env["res.partner"].with_context(active_test=False).search([])
        customers = everybody._viber_customers()
        self.assertIn(self.customer, customers)
        found = everybody.search([("viber_can_be_customer", "=", True)])
        no_customers = everybody.with_context(active_test=False).search(
            [("viber_can_be_customer", "=", False)]
        )
        self.assertEqual(no_customers, everybody - customers)
        for what, partner in insiders.items():
            with self.subTest(what):
                self.assertFalse(partner.viber_can_be_customer)
                self.assertNotIn(partner, customers | found)

    def test_a_number_finds_no_insider(self):
        self.account.link_by_phone = True
        self.share(NUMBER)
        for what, insider in self.insiders().items():
            with self.subTest(what):
                insider.write({"phone": NUMBER, "active": True})
                self.share(NUMBER)
                self.subscriber.invalidate_recordset()
                self.assertEqual(self.subscriber.partner_id, self.customer)
                self.assertFalse(self.subscriber.suggested_partner_id)
                self.assertNotIn(insider.name, self.subscriber.suggestion)
                with self.assertRaises(UserError):
                    self.subscriber.action_link_suggested()
                insider.phone = False

    def test_a_number_of_an_employee_and_a_customer_is_the_customers(self):
        self.account.link_by_phone = True
        self.agent.partner_id.phone = NUMBER
        contact = self.contact(phone=NUMBER)
        self.share(NUMBER)
        self.assertEqual(self.subscriber.partner_id, contact)

    def test_no_insider_can_be_chosen(self):
        for what, insider in self.insiders().items():
            with self.subTest(what):
                by_hand = {"partner_id": insider.id}
                from_contact = {
                    "viber_subscriber_ids": [Command.link(self.subscriber.id)]
                }
                self.task.partner_id = insider
                for choose in (
                    lambda: self.subscriber.write(by_hand),  # noqa: B023
                    lambda: insider.write(from_contact),  # noqa: B023
                    self.task.with_user(self.agent).action_viber_link_customer,
                ):
                    with self.assertRaises(ValidationError) as caught:
                        choose()
                    self.assertIn("an employee or", str(caught.exception))
                    self.assertEqual(self.subscriber.partner_id, self.customer)

    def test_a_template_of_the_company_makes_customers_all_the_same(self):
        below = self.contact(
            name="Template", parent_id=self.env.company.partner_id.id, city="Kyiv"
        )
        for number, template in enumerate(
            (self.agent.partner_id, below, self.contact(employee=True))
        ):
            self.account.contact_template_id = template
            partner = self.converse(**self.sender(id=f"{number}==")).partner_id
            self.assertTrue(partner.viber_can_be_customer)
            self.assertFalse(partner.user_ids)
            self.assertEqual(partner.city, template.city)
            again = self.converse("Again", **self.sender(id=f"{number}=="))
            self.assertEqual(again.partner_id, partner)


class TestWhoWasLinkedToAnEmployee(InsiderCase):
    def check_speaks_as_a_new_contact(self, insider):
        self.assertIn("an employee's now", self.task.viber_warning)
        name, image = insider.name, insider.image_1920
        self.viber.serve(AVATAR, picture("red"))
        sender = self.sender(name="The Director", avatar=AVATAR)
        self.assertEqual(self.converse("I am the director", **sender), self.task)
        message = self.comments(self.task)[-1]
        partner = self.subscriber.partner_id
        self.assertEqual(message.author_id, partner)
        self.assertNotEqual(partner, insider)
        self.assertTrue(partner.viber_can_be_customer)
        self.assertEqual(partner.name, "The Director")
        self.assertEqual((insider.name, insider.image_1920), (name, image))
        self.assertEqual(self.task.partner_id, partner)
        self.assertIn(partner, self.task.message_partner_ids)
        self.env.invalidate_all()
        self.assertFalse(self.task.viber_warning)
        [row] = self.outbox(self.reply(self.task, "Good day"))
        self.assertEqual(row.subscriber_id, self.subscriber)
        self.assertEqual(self.converse("Again", **sender).partner_id, partner)

    def test_a_contact_that_becomes_an_employees_is_left_to_them(self):
        self.check_speaks_as_a_new_contact(self.become_employee().partner_id)

    def test_a_customer_who_was_hired_and_works_on_the_task_follows_it(self):
        user = self.become_employee()
        self.assign(self.task, user)
        self.converse("Is anybody there?", **self.sender())
        self.assertNotEqual(self.task.partner_id, user.partner_id)
        self.assertIn(user.partner_id, self.task.message_partner_ids)

    def test_one_who_was_linked_by_an_earlier_version_is_left_alone(self):
        insider = self.agent.partner_id
        self.link_unchecked(insider)
        self.task.partner_id = insider
        self.task.message_subscribe(insider.ids)
        self.check_speaks_as_a_new_contact(insider)

    def test_the_phone_of_an_employee_is_not_filled(self):
        insider = self.agent.partner_id
        self.task.action_viber_ask_phone()
        self.send()
        self.link_unchecked(insider)
        self.send_contact(NUMBER)
        self.assertFalse(insider.phone)
        self.assertEqual(self.subscriber.partner_id.phone, NUMBER)


class TestTheLookOfAUser(InsiderCase):
    """A name or picture from outside never replaces one of a person or user."""

    def write_as(self, name, color):
        self.viber.serve(AVATAR + color, picture(color))
        self.converse(**self.sender(name=name, avatar=AVATAR + color))

    def test_a_portal_user_looks_as_they_say(self):
        new_test_user(
            self.env,
            "viber_portal",
            groups="base.group_portal",
            partner_id=self.customer.id,
            name=self.customer.name,
        )
        self.write_as("Somebody else", "red")
        self.assertEqual(self.subscriber.partner_id, self.customer)
        self.assertEqual(self.customer.name, "Olena Koval")
        self.assertFalse(self.customer.image_1920)

    def test_a_picture_fills_a_contact_without_one(self):
        contact = self.contact()
        self.subscriber.partner_id = contact
        self.write_as("Olena", "red")
        self.assertEqual(base64.b64decode(contact.image_1920), picture("red"))
        self.assertEqual(contact.name, "O. Koval, CEO")

    def test_a_picture_of_another_contact_stays(self):
        self.write_as("Olena", "red")
        contact = self.contact(image_1920=base64.b64encode(picture("green")))
        self.subscriber.partner_id = contact
        self.write_as("Olena", "blue")
        self.assertEqual(base64.b64decode(contact.image_1920), picture("green"))

    def test_an_employee_keeps_name_and_picture_while_linked(self):
        insider = self.agent.partner_id
        self.link_unchecked(insider)
        self.subscriber.write({"contact_name": insider.name, "avatar_checksum": False})
        name = insider.name
        started = self.event("conversation_started")
        started["user"] = self.sender(name="The Director")["sender"]
        self.receive(started)
        self.process()
        self.assertEqual(self.subscriber.name, "The Director")
        self.assertEqual(insider.name, name)
