"""What the lists of inbox, outbox, files and subscribers say, and what can be done."""

import json

import requests

from odoo.exceptions import AccessError
from odoo.tests import new_test_user
from odoo.tools import SQL

from .common import CUSTOMER_ID, ViberCase
from .test_files_out import PDF
from .test_kinds import URL

MANAGER = "viber_connector.group_viber_manager"


class ListCase(ViberCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "list_manager", groups=MANAGER)

    def found(self, model, domain):
        return self.env[model].with_user(self.manager).search(domain)

    def plan(self, model, domain):
        """:return: how PostgreSQL finds rows among many that are done

        The table has to have a row, which is repeated.
        """
        table = self.env[model]._table
        query = self.env[model].with_user(self.manager)._search(domain)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT string_agg(quote_ident(column_name), ',') "
            "FROM information_schema.columns WHERE table_name = %s "
            "AND column_name NOT IN ('id', 'message_token', 'state')",
            [table],
        )
        [(columns,)] = self.env.cr.fetchall()
        done = {"viber_event": "done", "viber_message": "seen"}[table]
        self.env.cr.execute(
            f"INSERT INTO {table} ({columns}, message_token, state) "
            f"SELECT {columns}, 'plan-' || number, %s FROM (SELECT * FROM {table} "
            "LIMIT 1) AS row, generate_series(1, 3000) AS number",
            [done],
        )
        # PostgreSQL's own ANALYZE gives way after a second. A job that ran before in
        # this transaction has left its patience, which is not longer.
        self.env.cr.execute(f"SET LOCAL lock_timeout = 0; ANALYZE {table}")
        self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        return "\n".join(line for [line] in self.env.cr.fetchall())


class TestInbox(ListCase):
    def test_a_row_says_who_and_what(self):
        for event, words in (
            (self.text("My *printer* is on fire (sad)"), "My printer is on fire 🙁"),
            (self.message(type="picture", media=URL), "Photo: picture"),
            (
                self.message(type="picture", media=URL, text="Look at this"),
                "Photo: Look at this",
            ),
            (
                self.message(type="file", media=URL, file_name="offer.pdf"),
                "File: offer.pdf",
            ),
            (self.message(type="location", location={"lat": 1, "lon": 2}), "📍 1.0"),
            (self.event("conversation_started"), "Opened the chat"),
            (self.event("conversation_started", context="a"), "Opened the chat: a"),
            (self.event("subscribed"), "Subscribed"),
            (self.event("unsubscribed"), "Left the bot"),
            (self.event("seen"), "Our message was seen"),
            (
                self.event("failed", desc="not supported"),
                "Our message could not be shown: not supported",
            ),
            (b"[1, 2]", "Can't be read"),
            (self.event("something_new"), "something_new"),
        ):
            with self.subTest(words=words):
                [row] = self.receive(event).with_user(self.manager)
                self.assertEqual(row.what[: len(words)], words)
        [row] = self.receive(self.text("Hello")).with_user(self.manager)
        self.assertEqual(row.sender, "Olena Koval")
        self.assertFalse(row.subscriber_id or row.partner_id)
        self.process()
        row.invalidate_recordset()
        self.assertEqual(row.subscriber_id.viber_user_id, CUSTOMER_ID)
        self.assertEqual(row.partner_id.name, "Olena Koval")

    def test_a_page_costs_no_query_for_each_row(self):
        def count(amount):
            users = [f"customer-{amount}-{n}==" for n in range(amount)]
            rows = self.receive(*(self.text("Hi", user_id=user) for user in users))
            self.process()
            rows = rows.with_user(self.manager)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows.read(["what", "sender", "partner_id", "result", "needs_person"])
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(2), count(8))

    def test_words_are_searched_in_the_database(self):
        rows = self.receive(
            self.text('They said "100%_sure"'),
            self.text("Насіння соняшника"),
            self.message(type="file", media=URL, file_name="Offer 7.pdf"),
            self.event("seen"),
        )
        body = json.dumps(self.text("Насіння гарбуза"), ensure_ascii=True).encode()
        rows |= self.receive(body)
        raw = json.dumps(self.text("Земля і вода"), ensure_ascii=False).encode()
        rows |= self.receive(raw)
        for words, indexes in (
            ('said "100%_sure', [0]),
            ("100%", [0]),
            ("1.0%", []),
            ("100__", []),
            # As escapes they are found at the beginning of a sentence, too.
            ("насіння", [1, 4]),
            ("земля І", [5]),
            ("offer 7", [2]),
            ("Olena", [0, 1, 2, 4, 5]),
            # Not what stands around the words.
            ("timestamp", []),
            ("uk-UA", []),
        ):
            with self.subTest(words=words):
                found = self.found("viber.event", [("what", "ilike", words)])
                expected = [rows[index] for index in indexes]
                self.assertEqual(
                    (found & rows).sorted("id").ids, [r.id for r in expected]
                )

    def test_needs_me_is_what_failed_or_waits_for_a_person(self):
        failed, parked, pending, done = self.receive(
            *(self.text(f"Text {n}") for n in range(4))
        )
        failed.state, done.state = "failed", "done"
        parked.is_parked = True
        needs = self.found("viber.event", [("needs_person", "=", True)])
        self.assertEqual(needs & (failed | parked | pending | done), failed | parked)
        self.assertTrue(failed.needs_person and parked.needs_person)
        self.assertFalse(pending.needs_person or done.needs_person)
        rest = self.found("viber.event", [("needs_person", "=", False)])
        self.assertEqual(rest & (failed | parked | pending | done), pending | done)

    def test_needs_me_is_found_by_small_indexes(self):
        self.receive(self.text("Text"))
        plan = self.plan("viber.event", [("needs_person", "=", True)])
        self.assertIn("viber_event_broken", plan)
        self.assertIn("viber_event_parked", plan)

    def test_the_result_is_said_in_words(self):
        subscriber = self.converse().viber_subscriber_id
        subscriber.is_blocked = True
        [row] = self.receive(self.text("Let me in"))
        self.process()
        self.assertEqual(row.result, "Waits: the customer is blocked.")
        self.account.action_archive()
        row.invalidate_recordset()
        self.assertEqual(row.result, "Waits: the account is archived.")
        row.sudo().write({"state": "failed", "error": "Not understood."})
        self.assertEqual(row.result, "Not understood.")

    def test_what_can_not_be_processed_is_left_out_in_bulk(self):
        failed, parked, done = rows = self.receive(
            *(self.text(f"Text {n}") for n in range(3))
        )
        failed.state, done.state = "failed", "done"
        parked.is_parked = True
        said = rows.with_user(self.manager).action_ignore()["params"]["message"]
        self.assertEqual(said, "2 left out, 1 left as they were.")
        self.assertEqual(rows.mapped("state"), ["ignored", "ignored", "done"])
        # Somebody may think again.
        parked.with_user(self.manager).action_reprocess()
        self.process()
        self.assertEqual(parked.state, "done", parked.error)

    def test_lists_are_for_managers(self):
        rows = self.receive(self.text("Secret"))
        row = self.outbox(self.reply(self.converse()))
        for record, action in ((rows, "action_ignore"), (row, "action_cancel")):
            record = record.with_user(self.agent)
            with self.assertRaises(AccessError):
                record.read(["what"])
            with self.assertRaises(AccessError):
                record.search([("what", "ilike", "Secret")])
            with self.assertRaises(AccessError):
                getattr(record, action)()

    def test_rows_are_called_by_what_they_say_for_those_who_may_read_them(self):
        [event] = self.receive(self.text("Secret"))
        row = self.outbox(self.reply(self.converse(), "Ours"))
        for record, words in ((event, "Secret"), (row, "Ours")):
            self.assertEqual(record.with_user(self.manager).display_name, words)
            # As Odoo shows it behind any id.
            shown = record.with_user(self.agent).sudo().display_name
            self.assertNotIn(words, shown)

    def test_words_of_another_company_are_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["viber.account"].create({"company_id": other.id})
        self.receive(self.text("Needle"), account=theirs)
        domain = [("what", "ilike", "needle")]
        self.assertFalse(self.found("viber.event", domain))


class TestOutbox(ListCase):
    def test_a_row_says_what_whose_to_whom_and_which_part(self):
        task = self.converse()
        rows = self.outbox(
            self.reply(
                task, "It is being extinguished", attachments=[("offer.pdf", PDF)]
            )
        ).with_user(self.manager)
        self.assertEqual(
            rows.mapped("what"),
            ["It is being extinguished", "offer.pdf, as a file"],
        )
        self.assertEqual(rows.mapped("part"), ["1 of 2", "2 of 2"])
        self.assertEqual(rows.author_id, self.agent.partner_id)
        self.assertEqual(rows.partner_id, task.partner_id)
        # Of which only one is on the page.
        rows.invalidate_recordset()
        self.assertEqual(rows[1].part, "2 of 2")
        alone = self.outbox(self.reply(task, "That was all"))
        self.assertFalse(alone.part)

    def test_a_row_without_chatter_message_says_so_much(self):
        row = self.outbox(self.reply(self.converse(), "Gone"))
        row.sudo().write({"mail_notification_id": False, "payload": "broken"})
        self.assertEqual((row.what, row.part), ("Message", False))

    def test_words_are_searched_in_the_database(self):
        task = self.converse()
        rows = self.outbox(
            self.reply(task, "Її буде погашено", attachments=[("offer.pdf", PDF)])
        )
        for words, expected in (
            ("буде ПОГАШЕНО", rows[0]),
            ("offer", rows[1]),
            ("min_api_version", rows.browse()),
        ):
            with self.subTest(words=words):
                found = self.found("viber.message", [("what", "ilike", words)])
                self.assertEqual(found & rows, expected)

    def test_needs_me_is_what_did_not_arrive_or_may_not_have(self):
        rows = self.env["viber.message"]
        task = self.converse()
        for state in ("failed", "uncertain", "sent"):
            row = self.outbox(self.reply(task, state))
            row.sudo().state = state
            rows |= row
        needs = self.found("viber.message", [("needs_person", "=", True)])
        self.assertEqual(needs & rows, rows.filtered("needs_person"))
        self.assertEqual(set((needs & rows).mapped("state")), {"failed", "uncertain"})
        plan = self.plan("viber.message", [("needs_person", "=", True)])
        for index in ("viber_message_failed", "viber_message_uncertain"):
            self.assertIn(index, plan)


class TestFiles(ListCase):
    def test_a_row_says_who_sent_what(self):
        self.viber.serve(URL, requests.ReadTimeout())
        message = {"type": "picture", "text": "Look", "media": URL}
        self.receive(self.event(message=message))
        self.process()
        row = self.found("viber.media", [("state", "=", "pending")])
        self.assertEqual((row.kind, row.words), ("Photo", "Look"))
        self.assertEqual(row.sender, "Olena Koval")
        self.assertEqual(row.partner_id.name, "Olena Koval")


class TestSubscribers(ListCase):
    def test_the_last_words_and_what_goes_on(self):
        task = self.converse("First")
        self.converse("Then *this*")
        subscriber = task.viber_subscriber_id.with_user(self.agent)
        self.assertEqual(subscriber.last_message, "Then this")
        self.assertEqual(subscriber.said_date, task.viber_last_message_date)
        self.assertEqual(subscriber.open_count, 1)
        task.state = "1_done"
        subscriber.invalidate_recordset()
        self.assertEqual(subscriber.open_count, 0)
        action = subscriber.action_conversations()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), task)

    def test_nobody_reads_words_of_a_conversation_that_they_may_not_see(self):
        task = self.converse("Between us")
        self.open_to("followers")
        # A manager sees all customers, and this conversation only if the project says.
        subscriber = task.viber_subscriber_id.with_user(self.manager)
        self.assertTrue(subscriber.name)
        self.assertFalse(subscriber.last_message)
        self.assertFalse(subscriber.open_count)

    def test_a_page_costs_no_query_for_each_row(self):
        def count(amount):
            people = self.env["viber.subscriber"]
            for n in range(amount):
                task = self.converse("Hi", user_id=f"person-{amount}-{n}==")
                people |= task.viber_subscriber_id
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            people.with_user(self.agent).read(["last_message", "open_count"])
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(2), count(6))

    def test_blocking_in_bulk_is_reported(self):
        first = self.converse(user_id="one==").viber_subscriber_id
        second = self.converse(user_id="two==").viber_subscriber_id
        first.is_blocked = True
        both = (first | second).with_user(self.manager)
        said = both.action_block()["params"]["message"]
        self.assertEqual(said, "1 blocked, 1 were blocked already.")
        said = both.action_unblock()["params"]["message"]
        self.assertEqual(said, "2 unblocked.")
        for action in ("action_block", "action_unblock"):
            with self.assertRaises(AccessError):
                getattr(both.with_user(self.agent), action)()

    def test_who_has_left_is_found(self):
        subscriber = self.converse().viber_subscriber_id
        self.receive(self.event("unsubscribed"))
        self.process()
        found = self.found("viber.subscriber", [("is_subscribed", "=", False)])
        self.assertIn(subscriber, found)
