"""Several workers at once: real transactions beside each other."""

from contextlib import contextmanager

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import mute_logger

CUSTOMERS = 3


@tagged("post_install", "-at_install")
class TestClaims(BaseCase):
    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            account = env["viber.account"].create({"name": "Claims"})
            account.write({"state": "connected", "send_rate": 2 * CUSTOMERS})
            self.account_id = account.id
            subscribers = env["viber.subscriber"].create(
                [
                    {"account_id": account.id, "viber_user_id": f"claims {number}"}
                    for number in range(CUSTOMERS)
                ]
            )
            messages = env["mail.message"].create([{"body": "a"}, {"body": "b"}])
            self.message_ids = messages.ids
            for message in messages:
                env["viber.message"].create(
                    [
                        {
                            "account_id": account.id,
                            "subscriber_id": subscriber.id,
                            "mail_message_id": message.id,
                            "payload": "{}",
                        }
                        for subscriber in subscribers
                    ]
                )
        self.addCleanup(self.clean)

    def clean(self):
        with self.transaction() as env:
            account = env["viber.account"].browse(self.account_id)
            domain = [("account_id", "=", account.id)]
            rows = env["viber.message"].search(domain)
            # None of them is really on its way.
            rows.write({"state": "failed"})
            rows.unlink()
            env["viber.subscriber"].search(domain).unlink()
            env["mail.message"].browse(self.message_ids).unlink()
            account.unlink()

    @contextmanager
    def transaction(self):
        with Registry(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def claim(self, env, limit=100):
        account = env["viber.account"].browse(self.account_id)
        return env["viber.message"]._claim_of(account, limit)

    def test_no_message_is_claimed_twice(self):
        with self.transaction() as one, self.transaction() as two:
            mine, others = self.claim(one, 2), self.claim(two)
            self.assertEqual((len(mine), len(others)), (2, CUSTOMERS - 2))
            self.assertFalse(set(mine.ids) & set(others.ids))

    def test_the_second_of_a_customer_waits_until_the_first_has_its_answer(self):
        with self.transaction() as env:
            first = self.claim(env)
            self.assertEqual(len(first.subscriber_id), CUSTOMERS)
        with self.transaction() as env:
            self.assertFalse(self.claim(env))
            env["viber.message"].browse(first.ids)._move("sent")
        with self.transaction() as env:
            second = self.claim(env)
            self.assertEqual(len(second.subscriber_id), CUSTOMERS)
            self.assertFalse(set(first.ids) & set(second.ids))

    def test_who_looked_before_the_other_committed_claims_nothing(self):
        with self.transaction() as late:
            late["viber.message"].search_count([])
            with self.transaction() as early:
                self.claim(early)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                self.claim(late)
            late.cr.rollback()

    def test_one_at_a_time_counts_the_rate(self):
        with self.transaction() as one, self.transaction() as two:
            account = one["viber.account"].browse(self.account_id)
            self.assertEqual(account._lock_send_rate(), 2 * CUSTOMERS)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.LockNotAvailable),
            ):
                two["viber.account"].browse(self.account_id)._lock_send_rate()
            two.cr.rollback()

    def test_the_rate_is_what_this_second_leaves(self):
        with self.transaction() as env:
            self.claim(env)
        with self.transaction() as env:
            account = env["viber.account"].browse(self.account_id)
            self.assertEqual(account._lock_send_rate(), CUSTOMERS)
            account.send_rate = 1
            env.flush_all()
            self.assertEqual(account._lock_send_rate(), 0)
        with self.transaction() as env:
            env.cr.execute(
                "UPDATE viber_message SET sending_date = sending_date - interval '2 s'"
                " WHERE account_id = %s",
                [self.account_id],
            )
            account = env["viber.account"].browse(self.account_id)
            self.assertEqual(account._lock_send_rate(), 1)
