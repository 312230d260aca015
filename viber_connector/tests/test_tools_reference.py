import hashlib
import hmac

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import reference

SECRET = "0f0f-database-secret"
ACCOUNT, SUBSCRIBER, TASK = 3, 17, 8412


@tagged("post_install", "-at_install")
class TestReference(BaseCase):
    def setUp(self):
        super().setUp()
        self.reference = reference.make(SECRET, ACCOUNT, SUBSCRIBER, TASK)

    def find(self, text, *, secret=SECRET, account=ACCOUNT, subscriber=SUBSCRIBER):
        return reference.read(text, secret, account, subscriber)

    def test_form_is_the_promised_one(self):
        digest = hmac.new(SECRET.encode(), b"3:17:8412", hashlib.sha256).hexdigest()
        self.assertEqual(self.reference, f"vc1.6ho.{digest[:16]}")

    def test_task_is_found_again(self):
        for task_id in (0, 1, 35, 36, TASK, 2**31 - 1):
            with self.subTest(task_id=task_id):
                made = reference.make(SECRET, ACCOUNT, SUBSCRIBER, task_id)
                self.assertEqual(self.find(made), task_id)

    def test_reference_of_another_customer_is_none(self):
        self.assertIsNone(self.find(self.reference, subscriber=SUBSCRIBER + 1))

    def test_reference_of_another_account_is_none(self):
        self.assertIsNone(self.find(self.reference, account=ACCOUNT + 1))

    def test_reference_of_another_database_is_none(self):
        self.assertIsNone(self.find(self.reference, secret=SECRET + "x"))

    def test_ids_that_only_look_alike_together_are_told_apart(self):
        # 1:17 and 11:7 are the same digits.
        made = reference.make(SECRET, 1, 17, TASK)
        self.assertIsNone(self.find(made, account=11, subscriber=7))

    def test_forged_task_is_none(self):
        prefix, _number, digest = self.reference.split(".")
        self.assertIsNone(self.find(f"{prefix}.6hp.{digest}"))

    def test_every_shortened_reference_is_none(self):
        for length in range(len(self.reference)):
            with self.subTest(length=length):
                self.assertIsNone(self.find(self.reference[:length]))

    def test_what_is_none_of_ours_is_none(self):
        for text in (
            "{}",
            "welcome:8412",
            "vc2" + self.reference[3:],
            self.reference + ".",
            self.reference + "0",
            "vc1..",
            "vc1.-1.0123456789abcdef",
            "vc1.6_h.0123456789abcdef",
            "vc1.²³.0123456789abcdef",
            "vc1.٣.0123456789abcdef",
            "vc1." + "z" * 5000 + ".0123456789abcdef",
            "vc1.6ho.підпис",
        ):
            with self.subTest(text=text[:40]):
                self.assertIsNone(self.find(text))
