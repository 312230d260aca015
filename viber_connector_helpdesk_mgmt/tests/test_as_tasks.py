"""What the addon's tests say of tasks holds for tickets."""

from odoo.addons.viber_connector.tests import (
    test_actions,
    test_channel,
    test_contacts,
    test_conversation_rules,
    test_fate,
    test_files_out,
    test_inbox,
    test_kinds,
    test_late_files,
    test_linking,
    test_presence,
    test_recipients,
    test_routing,
    test_text_files,
    test_uncertain,
    test_welcome,
)

from .common import TicketCase


class TestWhichTicket(TicketCase, test_conversation_rules.WhichCase):
    pass


class TestInbox(TicketCase, test_inbox.TestInbox):
    pass


class TestKinds(TicketCase, test_kinds.TestKinds):
    pass


class TestContacts(TicketCase, test_contacts.TestFates):
    pass


class TestLinking(TicketCase, test_linking.TestLinking):
    pass


class TestLateFiles(TicketCase, test_late_files.TestLateFiles):
    pass


class TestWelcome(TicketCase, test_welcome.TestWelcome):
    pass


class TestRouting(TicketCase, test_routing.TestRouting):
    pass


class TestRecipients(TicketCase, test_recipients.TestRecipients):
    pass


class TestFilesOut(TicketCase, test_files_out.TestFilesOut):
    pass


class TestTextFiles(TicketCase, test_text_files.TestFilesInTheText):
    pass


class TestFunnel(TicketCase, test_fate.TestFunnel):
    pass


class TestReceipts(TicketCase, test_fate.TestReceipts):
    pass


class TestPolicies(TicketCase, test_fate.TestPolicies):
    pass


class TestUncertain(TicketCase, test_uncertain.TestUncertain):
    pass


class TestPresence(TicketCase, test_presence.TestPresence):
    pass


class TestActions(TicketCase, test_actions.TestActions):
    pass


class TestEditing(TicketCase, test_actions.TestEditing):
    pass


class TestAsking(TicketCase, test_actions.TestAsking):
    pass


class TestChannel(TicketCase, test_channel.TestChannel):
    pass
