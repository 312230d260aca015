"""The contact behind a Viber user: made, kept fresh, linked, and never guessed."""

import base64
import io

from PIL import Image

from odoo import Command
from odoo.tests.common import new_test_user

from .common import CUSTOMER_ID, ViberCase

AVATAR = "https://media-direct.cdn.viber.com/download_photo?dlid=1&fltp=jpg&imsz=0000"
PLACEHOLDER = "http://dl-media.viber.com/1/share/2/long/bots/generic-avatar%402x.png"


def picture(color):
    """:return: a PNG that differs by its colour"""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(stream, "PNG")
    return stream.getvalue()


class ContactCase(ViberCase):
    def sender(self, **values):
        """:return: who writes, as Viber tells it"""
        sender = {"id": CUSTOMER_ID, "name": "Olena Koval", "country": "UA"}
        return {"sender": sender | {"language": "uk-UA"} | values}

    def share(self, number, **message):
        """Ask the customer for the number, have them press the button that shares it.

        :return: the subscriber
        """
        self.converse().action_viber_ask_phone()
        self.send()
        return self.send_contact(number, **message)

    def send_contact(self, number, **message):
        """Have the customer send a contact with their own name.

        :return: the subscriber
        """
        contact = {"name": "Olena Koval", "phone_number": number}
        message = {"type": "contact", "text": "phone", "contact": contact} | message
        [row] = self.receive(self.event(message=message))
        self.process()
        self.assertEqual(row.state, "done", row.error)
        return self.conversation(row).viber_subscriber_id

    def contact(self, **values):
        return self.env["res.partner"].create({"name": "O. Koval, CEO"} | values)


class TestContactTemplate(ContactCase):
    def test_what_is_copied_and_what_never_is(self):
        partners = self.env["res.partner"]
        tag = self.env["res.partner.category"].create({"name": "Viber"})
        private = {
            "email": "template@example.com",
            "phone": "+380671112233",
            "vat": "UA12345678",
            "ref": "T-1",
            "website": "https://template.example.com",
            "barcode": "042",
            "company_registry": "R-1",
            "image_1920": base64.b64encode(picture("red")),
        }
        private = {name: private[name] for name in private if name in partners._fields}
        template = partners.create(
            {
                "name": "Template",
                "category_id": [Command.set(tag.ids)],
                "user_id": self.agent.id,
                "country_id": self.env.ref("base.pl").id,
                "city": "Kyiv",
                "child_ids": [Command.create({"name": "Child"})],
                "active": False,
            }
            | private
        )
        self.account.contact_template_id = template
        partner = self.converse(**self.sender()).partner_id
        self.assertNotEqual(partner, template)
        self.assertEqual(partner.name, "Olena Koval")
        self.assertEqual(partner.category_id, tag)
        self.assertEqual(partner.user_id, self.agent)
        self.assertEqual(partner.city, "Kyiv")
        self.assertEqual(partner.country_id.code, "UA", "Viber's, not the template's")
        self.assertTrue(partner.active)
        self.assertFalse(partner.child_ids)
        for name in private:
            self.assertFalse(partner[name], name)
        self.assertEqual(template.name, "Template")
        other = self.converse(**self.sender(id="other==", country="")).partner_id
        self.assertEqual(other.country_id.code, "PL")

    def test_language_and_country_are_taken_if_known(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        for number, (language, country, lang, code) in enumerate(
            (
                ("uk-UA", "UA", "uk_UA", "UA"),
                ("uk", "ua", "uk_UA", "UA"),
                ("en-CA", "UK", "en_US", "GB"),
                ("xx", "XX", "en_US", False),
                ("", "", "en_US", False),
            )
        ):
            with self.subTest(language):
                sender = {"id": f"{number}==", "language": language, "country": country}
                partner = self.converse(**self.sender(**sender)).partner_id
                self.assertEqual(partner.lang, lang)
                self.assertEqual(partner.country_id.code, code)

    def test_a_name_that_is_none_becomes_one_when_the_real_one_comes(self):
        for name in ("Subscriber", "", "\u202e \x00"):
            with self.subTest(name):
                user_id = f"{name!a}=="
                sender = self.sender(id=user_id, name=name)
                partner = self.converse(**sender).partner_id
                self.assertRegex(partner.name, r"^Viber user [0-9A-F]{6}$")
                self.converse(**self.sender(id=user_id))
                self.assertEqual(partner.name, "Olena Koval")
                self.converse(**sender)
                self.assertEqual(partner.name, "Olena Koval")

    def test_a_name_follows_viber_until_a_person_chooses_another(self):
        partner = self.converse(**self.sender()).partner_id
        self.converse(**self.sender(name="Olena Petrenko"))
        self.assertEqual(partner.name, "Olena Petrenko")
        partner.name = "Petrenko, Olena (VIP)"
        self.converse(**self.sender(name="Olena"))
        self.assertEqual(partner.name, "Petrenko, Olena (VIP)")

    def test_a_very_long_name_is_shortened(self):
        partner = self.converse(**self.sender(name="Olena " * 1000)).partner_id
        self.assertLessEqual(len(partner.name), 100)
        self.converse(**self.sender(name="Olena"))
        self.assertEqual(partner.name, "Olena")


class TestAvatar(ContactCase):
    def write_with(self, url, content=None):
        """Have the customer write.

        :return: the picture of their contact
        """
        if content is not None:
            self.viber.serve(url, content)
        partner = self.converse(**self.sender(avatar=url)).partner_id
        return base64.b64decode(partner.image_1920 or b"")

    def test_the_avatar_is_the_picture_and_follows_viber(self):
        self.assertEqual(self.write_with(AVATAR, picture("red")), picture("red"))
        other = AVATAR.replace("dlid=1", "dlid=2")
        self.assertEqual(self.write_with(other, picture("blue")), picture("blue"))
        self.write_with(other)
        self.assertEqual(self.viber.downloads, [AVATAR, other])

    def test_a_picture_that_a_person_chose_stays(self):
        self.write_with(AVATAR, picture("red"))
        partner = self.account.subscriber_ids.partner_id
        for image in (picture("green"), b""):
            with self.subTest(image):
                partner.image_1920 = base64.b64encode(image)
                url = AVATAR + str(len(image))
                self.assertEqual(self.write_with(url, picture("blue")), image)

    def test_a_contact_that_is_made_again_gets_its_picture(self):
        for _time in range(2):
            self.assertEqual(self.write_with(AVATAR, picture("red")), picture("red"))
            self.account.subscriber_ids.partner_id.unlink()
        self.assertEqual(self.write_with(AVATAR), picture("red"))

    def test_a_name_that_nobody_can_read_is_none(self):
        for name in ("\u3164\u2800", "\u200b", "\u0301", "\u202e"):
            with self.subTest(name=name):
                user = self.sender(name=name)
                user["sender"]["id"] = f"id {name}"
                partner = self.converse(**user).partner_id
                self.assertRegex(partner.name, "^Viber user [0-9A-F]{6}$")

    def test_no_avatar_no_picture(self):
        for url in ("", PLACEHOLDER):
            self.assertEqual(self.write_with(url, picture("red")), b"")
        self.assertFalse(self.viber.downloads)

    def test_what_is_no_picture_is_not_taken_nor_asked_for_again(self):
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        broken = picture("red")[:30]
        for content in (svg, b"<html></html>", b"", b"text", broken):
            with self.subTest(content):
                url = AVATAR + content.hex()
                self.assertEqual(self.write_with(url, content), b"")
                self.viber.downloads.clear()
                self.write_with(url)
                self.assertFalse(self.viber.downloads)

    def test_an_avatar_that_fails_for_a_moment_comes_with_a_later_message(self):
        self.viber.serve(AVATAR, status=503)
        self.assertEqual(self.write_with(AVATAR), b"")
        self.assertEqual(self.write_with(AVATAR, picture("red")), picture("red"))


class TestFates(ContactCase):
    def test_an_archived_contact_comes_back(self):
        task = self.converse()
        task.partner_id.action_archive()
        self.assertEqual(self.converse("Again"), task)
        self.assertTrue(task.partner_id.active)

    def test_a_deleted_contact_is_made_anew_for_all_their_conversations(self):
        task = self.converse()
        subscriber = task.viber_subscriber_id
        closed = task.copy({"viber_subscriber_id": subscriber.id})
        closed._viber_close()
        closed.action_archive()
        task.partner_id.unlink()
        self.assertTrue(subscriber.exists())
        self.assertEqual(self.converse("Again"), task)
        self.assertEqual(subscriber.partner_id.name, "Olena Koval")
        self.assertEqual(task.partner_id, subscriber.partner_id)
        self.assertEqual(closed.partner_id, subscriber.partner_id)
        self.assertIn(subscriber.partner_id, task.message_partner_ids)

    def test_a_merged_contact_keeps_identity_and_conversations(self):
        task = self.converse()
        subscriber = task.viber_subscriber_id
        kept = self.contact()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (kept + task.partner_id).ids, kept
        )
        self.env.invalidate_all()
        self.assertEqual(subscriber.partner_id, kept)
        self.assertEqual(task.partner_id, kept)
        self.assertEqual(self.comments(task).author_id, kept)
        self.assertEqual(self.converse("Again", **self.sender(name="Lena")), task)
        self.assertEqual(self.comments(task)[-1].author_id, kept)
        self.assertEqual(kept.name, "O. Koval, CEO")
        self.assertFalse(task.viber_is_detached)

    def test_two_identities_of_one_account_may_be_merged(self):
        first = self.converse()
        second = self.converse(**self.sender(id="another=="))
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (first.partner_id + second.partner_id).ids, first.partner_id
        )
        self.env.invalidate_all()
        self.assertEqual(first.partner_id, second.partner_id)
        self.assertEqual(len(first.partner_id.viber_subscriber_ids), 2)
        self.assertEqual(self.converse("a"), first)
        self.assertEqual(self.converse("b", **self.sender(id="another==")), second)

    def test_a_contact_may_be_a_portal_user(self):
        task = self.converse()
        portal = new_test_user(self.env, "viber_portal", groups="base.group_portal")
        task.viber_subscriber_id.partner_id = portal.partner_id
        self.assertEqual(self.converse("Again"), task)
        message = self.comments(task)[-1]
        self.assertEqual(message.author_id, portal.partner_id)
        self.assertFalse(message.notification_ids, "no echo")

    def test_two_accounts_never_guess(self):
        other = self.env["viber.account"].create(
            {
                "auth_token": "other-bot",
                "base_url": "https://odoo.example.com",
                **self.account_values,
            }
        )
        other.action_connect()
        here = self.converse()
        [row] = self.receive(self.text("Hello"), account=other)
        self.process()
        self.assertNotEqual(self.conversation(row), here)
        self.assertNotEqual(self.conversation(row).partner_id, here.partner_id)
        self.conversation(row).viber_subscriber_id.partner_id = here.partner_id
        self.assertEqual(len(here.partner_id.viber_subscriber_ids), 2)
        self.assertEqual(self.conversation(row).partner_id, here.partner_id)
