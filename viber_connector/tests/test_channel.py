"""Who may listen to a conversation."""

from odoo.tests import new_test_user

from odoo.addons.http_routing.tests.common import MockRequest

from .common import ViberCase


class TestChannel(ViberCase):
    def heard(self, user, *names):
        """:return: the conversations that a user who asks for these channels hears"""
        socket = self.env["ir.websocket"].with_user(user)
        with MockRequest(socket.env):
            channels = socket._build_bus_channel_list(list(names))
        return [
            channel.id
            for channel in channels
            if getattr(channel, "_name", "") == self.carrier
        ]

    def channel(self, task):
        return f"viber_conversation_{self.carrier}_{task.id}"

    def test_who_may_read_it_hears_it(self):
        task = self.converse()
        self.assertEqual(self.heard(self.agent, self.channel(task)), task.ids)
        task.active = False
        self.assertEqual(self.heard(self.agent, self.channel(task)), task.ids)

    def test_who_may_not_read_it_hears_nothing(self):
        task = self.converse()
        self.open_to("followers")
        stranger = new_test_user(self.env, "stranger", groups=self.agent_groups)
        self.assertFalse(self.heard(stranger, self.channel(task)))
        task.message_subscribe(stranger.partner_id.ids)
        self.assertEqual(self.heard(stranger, self.channel(task)), task.ids)

    def test_another_company_hears_nothing(self):
        task = self.converse()
        company = self.env["res.company"].create({"name": "Other"})
        self.move_to_company(self.account.company_id)
        other = new_test_user(
            self.env,
            "other-company",
            groups=self.agent_groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.heard(other, self.channel(task)))

    def test_nobody_from_outside_hears_anything(self):
        task = self.converse()
        self.open_to("portal")
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        task.message_subscribe(portal.partner_id.ids)
        self.assertTrue(task.with_user(portal).has_access("read"))
        for user in (portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login):
                self.assertFalse(self.heard(user, self.channel(task)))

    def test_other_names_are_no_conversations(self):
        task = self.converse()
        plain = self.make_record()
        names = (
            self.channel(plain),
            f"viber_conversation_{self.carrier}_999999999",
            f"viber_conversation_{self.carrier}_{task.id}x",
            f"viber_conversation_{self.carrier}_0x{task.id}",
            f"viber_conversation_{self.carrier}_99999999999999999999",
            f"viber_conversation_res.partner_{task.id}",
            f"viber_conversation_no.model_{task.id}",
            f"xviber_conversation_{self.carrier}_{task.id}",
        )
        for name in names:
            with self.subTest(name=name):
                self.assertFalse(self.heard(self.agent, name))

    def test_nobody_names_a_channel_that_is_a_record(self):
        # What is a string in a request never becomes the record's own channel.
        task = self.converse()
        for name in (f"{self.carrier}_{task.id}", f"{self.carrier},{task.id}"):
            self.assertFalse(self.heard(self.agent, name))
