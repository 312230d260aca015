import hashlib
import hmac

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import reference

SECRET = "0f0f-database-secret"
ACCOUNT, SUBSCRIBER, TASK = 3, 17, 8412
MODEL = "project.task"


@tagged("post_install", "-at_install")
class TestReference(BaseCase):
    def setUp(self):
        super().setUp()
        self.reference = reference.make(SECRET, ACCOUNT, SUBSCRIBER, MODEL, TASK)

    def find(self, text, *, secret=SECRET, account=ACCOUNT, subscriber=SUBSCRIBER):
        return reference.read(text, secret, account, subscriber)

    def test_form_is_the_promised_one(self):
        digest = hmac.new(SECRET.encode(), b"3:17:8412", hashlib.sha256).hexdigest()
        self.assertEqual(self.reference, f"vc1.6ho.{digest[:16]}")

    def test_task_is_found_again(self):
        for task_id in (0, 1, 35, 36, TASK, 2**31 - 1):
            with self.subTest(task_id=task_id):
                made = reference.make(SECRET, ACCOUNT, SUBSCRIBER, MODEL, task_id)
                self.assertEqual(self.find(made), (MODEL, task_id))

    def test_form_for_other_records_is_the_promised_one(self):
        signed = b"3:17:helpdesk.ticket:8412"
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        made = reference.make(SECRET, ACCOUNT, SUBSCRIBER, "helpdesk.ticket", TASK)
        self.assertEqual(made, f"vc2.helpdesk.ticket.6ho.{digest[:16]}")
        self.assertEqual(self.find(made), ("helpdesk.ticket", TASK))

    def test_a_task_and_a_ticket_of_one_number_are_told_apart(self):
        made = reference.make(SECRET, ACCOUNT, SUBSCRIBER, "helpdesk.ticket", TASK)
        for model in ("helpdesk.team", "project.task"):
            self.assertIsNone(self.find(made.replace("helpdesk.ticket", model)))
        *_number, digest = made.split(".")
        self.assertIsNone(self.find(f"vc1.6ho.{digest}"))

    def test_reference_of_another_customer_is_none(self):
        self.assertIsNone(self.find(self.reference, subscriber=SUBSCRIBER + 1))

    def test_reference_of_another_account_is_none(self):
        self.assertIsNone(self.find(self.reference, account=ACCOUNT + 1))

    def test_reference_of_another_database_is_none(self):
        self.assertIsNone(self.find(self.reference, secret=SECRET + "x"))

    def test_ids_that_only_look_alike_together_are_told_apart(self):
        # 1:17 and 11:7 are the same digits.
        made = reference.make(SECRET, 1, 17, MODEL, TASK)
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
            "vc2.Model" + self.reference[3:],
            "vc3" + self.reference[3:],
            "vc2." + "a." * 5000 + "0123456789abcdef",
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
