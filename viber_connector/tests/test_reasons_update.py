"""The update parts an agent's words from what Viber said."""

from importlib.util import module_from_spec, spec_from_file_location

from .test_fate import FateCase
from .test_migrations import MIGRATIONS


class TestOldReasons(FateCase):
    def test_words_and_details_are_parted(self):
        path = MIGRATIONS / "19.0.0.7.0/post-reasons.py"
        spec = spec_from_file_location("post_reasons", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        row = self.answered({"status": 3})
        notification = row.mail_notification_id
        for old, reason, detail in (
            ("No. Try (x, Viber status 3)", "No. Try.", "x, Viber status 3"),
            ("No. Do. (gone (Error))", "No. Do.", "gone (Error)"),
            (
                "Tell your administrator (KeyError).",
                "Tell your administrator.",
                "KeyError",
            ),
            ("It waits.", "It waits.", False),
        ):
            with self.subTest(old=old):
                row.write({"failure_reason": old, "failure_detail": False})
                notification.failure_reason = old
                self.env.flush_all()
                for _time in range(2):
                    script.migrate(self.env.cr, "19.0.0.6.0")
                    self.env.invalidate_all()
                    self.assertEqual(row.failure_reason, reason)
                    self.assertEqual(row.failure_detail, detail)
                    self.assertEqual(notification.failure_reason, reason)
