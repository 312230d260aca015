"""What the addon's tests say of tasks holds for tickets."""

from odoo.addons.viber_connector.tests import (
    test_actions,
    test_board,
    test_channel,
    test_composer,
    test_contacts,
    test_conversation_rules,
    test_emails,
    test_failures,
    test_fate,
    test_files_out,
    test_header,
    test_inbox,
    test_inbox_failures,
    test_insiders,
    test_job_network,
    test_keyboards,
    test_kinds,
    test_late_files,
    test_linking,
    test_merge,
    test_outbox,
    test_presence,
    test_quotes,
    test_recipients,
    test_removal,
    test_routing,
    test_statuses,
    test_team,
    test_text_files,
    test_titles,
    test_uncertain,
    test_undo,
    test_voice,
    test_wait,
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


class TestComposerInfo(TicketCase, test_composer.TestComposerInfo):
    pass


class TestComposerFiles(TicketCase, test_composer.TestComposerFiles):
    pass


class TestOutbox(TicketCase, test_outbox.TestOutbox):
    pass


class TestFailuresToSend(TicketCase, test_failures.TestFailures):
    pass


class TestFailuresToReceive(TicketCase, test_inbox_failures.TestFailures):
    pass


class TestRetention(TicketCase, test_inbox_failures.TestRetention):
    pass


class TestRemovedMessages(TicketCase, test_removal.TestRemovedMessages):
    pass


class TestInsiders(TicketCase, test_insiders.TestWhoWasLinkedToAnEmployee):
    pass


class TestReasons(TicketCase, test_statuses.TestReasons):
    pass


class TestQuotes(TicketCase, test_quotes.TestQuotes):
    pass


class TestKeyboards(TicketCase, test_keyboards.TestAsks):
    pass


class TestEmails(TicketCase, test_emails.TestEmails):
    pass


class TestNoNetwork(TicketCase, test_job_network.TestNoNetwork):
    pass


class TestVoice(TicketCase, test_voice.TestVoice):
    pass


class TestFilesOfNotes(TicketCase, test_voice.TestFilesOfNotes):
    def open_to(self, visibility):
        if visibility == "followers":
            self.task.team_id = self.team.create({"name": "Others"})


class TestMerge(TicketCase, test_merge.TestMerge):
    def let_in(self, user):
        self.team.user_ids |= user
        # The helpdesk leaves its rules in the cache, with the teams of before.
        self.env.registry.clear_cache()


class TestDelete(TicketCase, test_merge.TestDelete):
    pass


class TestWait(TicketCase, test_wait.TestWait):
    pass


class TestAnswersThatWereNone(TicketCase, test_wait.TestAnswersThatWereNone):
    pass


class TestSequences(TicketCase, test_wait.TestSequences):
    pass


class TestHistory(TicketCase, test_wait.TestHistory):
    pass


class TeamCase(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.user_ids |= cls.anna | cls.bohdan


class TestTold(TeamCase, test_team.TestTold):
    pass


class TestAssigned(TeamCase, test_team.TestAssigned):
    pass


class TestMoves(TicketCase, test_board.TestMoves):
    pass


class TestSigns(TicketCase, test_board.TestSigns):
    pass


class TestDesk(TicketCase, test_board.TestDesk):
    pass


class TestBoardChannel(TicketCase, test_board.TestBoardChannel):
    pass


class TestTitles(TicketCase, test_titles.TestTitles):
    pass


class TestHeader(TicketCase, test_header.TestHeader):
    pass


class TestBanners(TicketCase, test_header.TestBanners):
    pass


class TestBlocking(TicketCase, test_header.TestBlocking):
    pass


class TestWriting(TicketCase, test_header.TestWriting):
    pass


class TestAssigneesFailures(TicketCase, test_failures.TestAssignees):
    pass


class TestMany(TicketCase, test_actions.TestMany):
    pass


class TestHold(TicketCase, test_undo.TestHold):
    pass


class TestUndo(TicketCase, test_undo.TestUndo):
    pass


class TestUndoEmails(TicketCase, test_undo.TestEmails):
    pass
