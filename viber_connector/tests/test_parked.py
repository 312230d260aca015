"""What waits for a person, waits beside the queue."""

from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import SQL, mute_logger

from ..models.viber_event_parked import IN_QUEUE
from ..tools import callback
from .common import ViberCase


class TestParked(ViberCase):
    def test_what_nobody_may_process_leaves_the_queue_and_comes_back_in_order(self):
        task = self.converse()
        for record, values, back in (
            (task.viber_subscriber_id, {"is_blocked": True}, {"is_blocked": False}),
            (self.account, {"active": False}, {"active": True}),
            (self.account, {"state": "draft"}, {"state": "connected"}),
        ):
            with self.subTest(values=values):
                record.write(values)
                early = self.text(f"early {values}")
                rows = self.receive(self.text(f"late {values}"), early)
                self.process()
                self.assertEqual(rows.mapped("state"), ["pending"] * 2)
                self.assertEqual(rows.mapped("is_parked"), [True] * 2)
                record.write(back)
                self.assertEqual(rows.mapped("is_parked"), [False] * 2)
                # Behind what came while it was parked, but in Viber's order.
                rows |= self.receive(self.text(f"later {values}"))
                self.process()
                self.assertEqual(rows.mapped("state"), ["done"] * 3)
                posted = rows.sorted(lambda row: row.event_date).mail_message_id
                self.assertEqual(posted.ids, sorted(posted.ids))

    def test_who_is_gone_leaves_nothing_parked(self):
        subscriber = self.converse().viber_subscriber_id
        subscriber.is_blocked = True
        [row] = self.receive(self.text("Let me in"))
        self.process()
        self.assertTrue(row.is_parked)
        subscriber.unlink()
        self.assertFalse(row.is_parked)

    def test_unblocking_may_be_written_in_many_ways(self):
        subscriber = self.converse().viber_subscriber_id
        for value in (False, 0, None):
            with self.subTest(value=value):
                subscriber.is_blocked = True
                [row] = self.receive(self.text(f"Let me in {value}"))
                self.process()
                subscriber.write({"is_blocked": value})
                self.assertFalse(row.is_parked)

    def test_others_are_left_in_the_queue(self):
        self.converse().viber_subscriber_id.is_blocked = True
        [blocked] = self.receive(self.text("blocked"))
        [seen] = self.receive(self.event("seen", message_token=42))
        [other] = self.receive(self.text("other", user_id="somebody else"))
        self.process()
        self.assertTrue(blocked.is_parked)
        # A receipt is nothing that they say.
        self.assertFalse(seen.is_parked)
        self.assertEqual(other.state, "done")

    def test_connecting_brings_it_back(self):
        self.account.action_disconnect()
        [row] = self.receive(self.text("Anybody there?"))
        self.process()
        self.assertTrue(row.is_parked)
        self.account.action_connect()
        self.process()
        self.assertEqual(row.state, "done")

    def test_the_queue_has_an_index_of_its_own(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = self.env.execute_query(
            SQL("EXPLAIN SELECT 1 FROM viber_event event WHERE %s", IN_QUEUE)
        )
        self.assertIn("viber_event_pending", str(plan))

    def test_who_waits_longest_is_served_first(self):
        users = ("zoe", "adam", "mia")
        self.receive(*(self.text("first", user_id=user) for user in users))
        self.receive(*(self.text("second", user_id=user) for user in sorted(users)))
        with patch(
            "odoo.addons.viber_connector.models.viber_event_queue._CUSTOMERS_PER_ROUND",
            1,
        ):
            self.process()
        subscribers = self.env["viber.subscriber"].search(
            [("account_id", "=", self.account.id)], order="id"
        )
        self.assertEqual(subscribers.mapped("viber_user_id"), list(users))

    def test_a_body_is_read_once_however_long_its_file_takes(self):
        self.receive(*(self.text(str(n), user_id=f"user {n}") for n in range(5)))
        events = self.env["viber.event"]
        downloads = events._take_downloads()
        self.addCleanup(downloads.shut_down)
        with patch.object(callback, "parse", wraps=callback.parse) as parse:
            for _round in range(3):
                events._fetch_ahead(events._due_customers(), downloads)
        self.assertEqual(parse.call_count, 5)

    def test_a_body_is_read_once_while_its_event_is_processed(self):
        rows = self.receive(*(self.text(str(number)) for number in range(8)))
        with patch.object(callback, "parse", wraps=callback.parse) as parse:
            self.process()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        # Once to see which files it names, once to post it.
        self.assertLessEqual(parse.call_count, 16)


@tagged("post_install", "-at_install")
class TestParkedBeside(BaseCase):
    """Real transactions beside each other."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            account = env["viber.account"].create({"name": "Parked"})
            account.state = "connected"
            subscriber = env["viber.subscriber"].create(
                {
                    "account_id": account.id,
                    "viber_user_id": "parked",
                    "is_blocked": True,
                }
            )
            self.account_id, self.subscriber_id = account.id, subscriber.id
        self.addCleanup(self.clean)

    def clean(self):
        with self.transaction() as env:
            account = env["viber.account"].browse(self.account_id)
            domain = [("account_id", "=", account.id)]
            env["viber.event"].search(domain).unlink()
            env["viber.subscriber"].search(domain).unlink()
            account.unlink()

    @contextmanager
    def transaction(self):
        with Registry(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def event(self, env):
        """:return: what the blocked customer has just written"""
        return env["viber.event"].create(
            {
                "account_id": self.account_id,
                "event_type": "message",
                "message_token": "1",
                "viber_user_id": "parked",
                "event_date": "2026-01-01",
            }
        )

    def test_who_unblocks_meanwhile_leaves_nothing_behind(self):
        with self.transaction() as late:
            subscriber = late["viber.subscriber"].browse(self.subscriber_id)
            # Their snapshot is from before the event.
            self.assertTrue(subscriber.is_blocked)
            with self.transaction() as env:
                event_id = self.event(env).id
            with self.transaction() as env:
                env["viber.event"]._park()
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                subscriber.is_blocked = False
                late.flush_all()
            late.cr.rollback()
            # Odoo tries the request again.
            subscriber.is_blocked = False
        with self.transaction() as env:
            self.assertFalse(env["viber.event"].browse(event_id).is_parked)

    def test_who_is_about_to_unblock_is_left_alone(self):
        with self.transaction() as env:
            event_id = self.event(env).id
        with self.transaction() as early:
            early["viber.subscriber"].browse(self.subscriber_id).is_blocked = False
            early.flush_all()
            with self.transaction() as env:
                env["viber.event"]._park()
        with self.transaction() as env:
            self.assertFalse(env["viber.event"].browse(event_id).is_parked)
