"""The one table of Viber's statuses, and what people are told of them."""

import logging
import re
from unittest.mock import patch

import requests
from babel.messages.extract import extract_from_file

from odoo.tests import tagged
from odoo.tests.common import BaseCase
from odoo.tools.translate import code_translations

from ..models import viber_reason
from ..models.viber_message_answer import _logger
from ..tools import errors, status
from .test_fate import FateCase


def all_statuses():
    return [
        *status.STATUSES.values(),
        status._UNKNOWN,
        *status._WITHOUT_ANSWER.values(),
    ]


@tagged("post_install", "-at_install")
class TestWords(BaseCase):
    def test_every_status_says_what_happened_and_what_to_do(self):
        for known in all_statuses():
            for words in filter(None, (known.said, known.advice)):
                with self.subTest(name=known.name, words=words):
                    sentences = re.findall(r"[A-Z][^.]*[.]", words.replace("s.com", ""))
                    self.assertGreaterEqual(len(sentences), 2)
                    self.assertTrue(words.endswith("."))
                    # Viber's names and numbers are for administrators.
                    self.assertNotRegex(words, r"[a-z][A-Z]|\bstatus\b|\d")

    def test_the_words_reach_translators(self):
        found = {
            message
            for _line, message, _comments, _context in extract_from_file(
                "odoo.tools.babel:extract_python", status.__file__, {"_lt": None}
            )
        }
        for known in all_statuses():
            with self.subTest(name=known.name):
                self.assertLessEqual({known.said, known.advice} - {""}, found)


class TestReasons(FateCase):
    def test_an_agent_reads_words_and_an_administrator_viber_s_own(self):
        row = self.answered({"status": 3, "status_message": "keyboard is not valid"})
        self.assertEqual(
            self.notification(row.mail_message_id).failure_reason, status.find(3).said
        )
        self.assertEqual(row.failure_detail, "keyboard is not valid, Viber status 3")
        row = self.answered({"status": 6})
        self.assertEqual(row.failure_reason, status.find(6).said)
        self.assertEqual(row.failure_detail, "receiverNotSubscribed, Viber status 6")

    def test_no_agent_reads_a_code(self):
        """Of all statuses, and of all that Viber and the network answer otherwise."""
        answers = [{"status": number} for number in (*status.STATUSES, 25, 4711)]
        answers += [
            500,
            502,
            503,
            504,
            requests.ConnectionError("x"),
            {},
            {"status": 0},
        ]
        for answer in answers:
            with self.subTest(answer=answer):
                self.env["viber.message"].search([]).unlink()
                self.account.state = "connected"
                self.account._resume()
                self.subscriber.is_subscribed = True
                row = self.answered(answer)
                reason = row.failure_reason or ""
                if isinstance(answer, dict):
                    self.assertNotIn(status.find(answer.get("status")).name, reason)
                self.assertNotRegex(reason, r"status|HTTP|Error|\(|\b[45]\d\d\b")
                if row.state in ("failed", "uncertain"):
                    self.assertRegex(reason, r"^[A-Z].*\.$")
                    self.assertTrue(row.failure_detail)

    def test_the_reader_s_language_counts(self):
        words = {
            status.find(7).said: "Заблоковано.",
            status.find(7).advice: "Див. %(url)s.",
        }
        error = errors.ViberAccountError("blocked", status=7)
        env = self.env(context={"lang": "uk_UA"})
        self.env["res.lang"]._activate_lang("uk_UA")
        with patch.object(
            code_translations, "get_python_translations", lambda *_args: words
        ):
            self.assertEqual(
                viber_reason.for_agents(env, error),
                "Заблоковано.",
            )
            self.assertEqual(
                viber_reason.for_managers(env, error, "https://a.org"),
                "Див. https://a.org. (blocked, Viber status 7)",
            )

    def test_what_never_came_to_viber_s_ears_is_told_too(self):
        for answer, words, detail in (
            (requests.ConnectionError(), "can't be reached", "ConnectionError"),
            (503, "can't be reached", "HTTP 503"),
            (500, "may have arrived or not", "HTTP 500"),
        ):
            with self.subTest(answer=answer):
                row = self.answered(answer)
                self.account._resume()
                self.assertIn(words, row.failure_reason)
                self.assertIn(detail, row.failure_detail)
                row.unlink()

    def test_a_fault_of_ours_shows_its_kind_and_nothing_of_its_text(self):
        with (
            patch.object(requests.Session, "post", side_effect=KeyError("secret")),
            self.assertLogs(_logger, logging.ERROR) as caught,
        ):
            row = self.answered()
        self.assertIn("fault in Odoo", row.failure_reason)
        self.assertEqual(row.failure_detail, "KeyError")
        self.assertNotIn("secret", row.failure_reason)
        [told] = caught.output
        self.assertIn("KeyError", told)
        self.assertIn("_post", told)
        self.assertNotIn("secret", told)

    def test_what_was_tried_in_vain_says_that_it_is_over(self):
        row = self.outbox(self.reply(self.task))
        row.write({"state": "sending", "attempt_count": 99})
        row._try_later(errors.ViberUnavailable("later", status=19))
        self.assertEqual(row.state, "failed")
        self.assertIn("however often it was tried", row.failure_reason)
        self.assertEqual(row.failure_detail, "later, Viber status 19")

    def test_the_managers_are_told_what_they_can_do(self):
        row = self.answered({"status": 24})
        self.assertIn("tell them if it is urgent", row.failure_reason)
        self.assertIn("Top it up", self.account.state_reason)
        self.assertNotIn("Top it up", row.failure_reason)

    def test_an_account_that_can_not_be_used_says_why_to_its_managers(self):
        error = errors.ViberAccountError("Paste the API key first.")
        said = viber_reason.for_agents(self.env, error)
        self.assertIn("The message leaves when an administrator", said)
        self.assertEqual(self.account._explain(error), "Paste the API key first.")
