import json

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import signature
from .common import sign

KEY = "5b0e7c1f9a2d4463-8e15d0b7c6f3a92e-17c4f8a0e39b5d62"
SEEN = (
    b'{"event":"seen","timestamp":1772447606528,"chat_hostname":"SN-CALLBACK-04_",'
    b'"message_token":6209204876437859522,"user_id":"G9w+whL4SNhsQnmLa/NccA=="}'
)
SEEN_SIGNATURE = "7b61c48b4b23176c05a8265c5ff874b51215c56edf06ed4b71ce7b99e2a3e115"
PROBE = (
    b'{"event":"webhook","timestamp":1772446527318,"chat_hostname":"SN-CHAT-03_",'
    b'"message_token":6209200460671312593}'
)
PROBE_SIGNATURE = "229d8c81a20f1b9c325ee889d7101d66150638de7cee066b1f13a00033389103"


@tagged("post_install", "-at_install")
class TestSignature(BaseCase):
    def test_known_bodies_have_the_known_signatures(self):
        self.assertEqual(signature.compute(PROBE, KEY), PROBE_SIGNATURE)
        self.assertEqual(signature.compute(SEEN, KEY), SEEN_SIGNATURE)

    def test_right_signature_is_valid(self):
        self.assertTrue(signature.is_valid(SEEN, SEEN_SIGNATURE, KEY))

    def test_case_of_the_digits_does_not_matter(self):
        self.assertTrue(signature.is_valid(SEEN, SEEN_SIGNATURE.upper(), KEY))

    def test_body_of_any_bytes_can_be_signed(self):
        body = bytes(range(256))
        self.assertTrue(signature.is_valid(body, sign(body, KEY), KEY))

    def test_another_body_is_refused(self):
        self.assertFalse(signature.is_valid(PROBE, SEEN_SIGNATURE, KEY))
        self.assertFalse(signature.is_valid(SEEN + b"\n", SEEN_SIGNATURE, KEY))

    def test_same_values_written_otherwise_are_refused(self):
        rewritten = json.dumps(json.loads(SEEN)).encode()
        self.assertEqual(json.loads(rewritten), json.loads(SEEN))
        self.assertFalse(signature.is_valid(rewritten, SEEN_SIGNATURE, KEY))

    def test_another_key_is_refused(self):
        self.assertFalse(signature.is_valid(SEEN, SEEN_SIGNATURE, KEY[:-1] + "3"))
        # The hyphens belong to the key.
        self.assertFalse(signature.is_valid(SEEN, SEEN_SIGNATURE, KEY.replace("-", "")))

    def test_anything_else_in_the_header_is_refused(self):
        for given in (
            None,
            "",
            " ",
            SEEN_SIGNATURE[:-1],
            SEEN_SIGNATURE + "0",
            " " + SEEN_SIGNATURE,
            "0x" + SEEN_SIGNATURE,
            "підпис",
            "\x00",
        ):
            with self.subTest(given=given):
                self.assertFalse(signature.is_valid(SEEN, given, KEY))

    def test_without_a_key_nothing_is_valid(self):
        for key in (None, False, ""):
            with self.subTest(key=key):
                self.assertFalse(signature.is_valid(SEEN, sign(SEEN, ""), key))
