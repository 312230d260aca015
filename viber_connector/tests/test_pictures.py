"""Pictures that are too big: made smaller by the outbox' job, in nobody's request."""

import io
import json
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from unittest.mock import patch

from PIL import Image

from odoo import fields
from odoo.tools import mute_logger

from .. import const
from ..models import ir_attachment, viber_message_flight
from ..models.ir_attachment import scale_down
from .test_fate import FateCase
from .test_files_out import PDF, moving_gif, picture, record_reads

QUEUE = "odoo.addons.viber_connector.models.viber_queue_mixin"


def made(raw):
    """:return: the smaller picture, as a thread gives it"""
    future = Future()
    future.set_result(raw)
    return future


class TestPictures(FateCase):
    def setUp(self):
        super().setUp()
        self.big = picture("JPEG", size=(60, 60))
        self.startPatcher(patch.object(const, "PICTURE_MAX_BYTES", len(self.big) - 1))

    def post(self, *files, body="See"):
        """:return: the rows of the outbox of a message with these files"""
        return self.outbox(self.reply(self.task, body, attachments=list(files)))

    def played(self, scale):
        """Have another function make pictures smaller."""
        return patch.object(viber_message_flight, "scale_down", scale)

    @contextmanager
    def job(self):
        """:return: the outbox as its job sees it, which commits"""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr)["viber.message"]
        self.env.invalidate_all()

    def kinds(self):
        """:return: what Viber got: type, and text or name"""
        return [
            (body["type"], body.get("file_name") or body.get("text"))
            for body in self.viber.sent()
        ]

    def test_the_agent_waits_for_no_picture(self):
        with (
            record_reads(self.env) as sizes,
            patch.object(ir_attachment, "ImageProcess") as opened,
        ):
            row = self.post(
                ("a.png", self.big), ("b.gif", moving_gif() + bytes(20_000))
            )
        opened.assert_not_called()
        self.assertEqual(set(sizes), {2048})
        self.assertEqual(row.mapped("awaits_picture"), [True, True])
        self.assertEqual(
            [json.loads(part.payload)["type"] for part in row], ["picture", "picture"]
        )

    def test_the_job_makes_it_smaller_and_sends_it(self):
        row = self.post(("a.png", self.big))
        threads = []

        def scale(raw):
            threads.append(threading.current_thread())
            return scale_down(raw)

        with self.played(scale):
            self.send()
        self.assertNotIn(threading.main_thread(), threads)
        self.assertEqual(self.kinds(), [("picture", "See")])
        self.assertEqual((row.state, row.awaits_picture), ("sent", False))
        self.assertEqual(row.attempt_count, 1)
        small = row._find_picture()
        self.assertLess(len(small.raw), len(self.big))
        self.assertEqual(Image.open(io.BytesIO(small.raw)).format, "JPEG")

    def test_it_is_made_once(self):
        self.post(("a.png", self.big))
        self.send()
        picture = self.task.message_ids[0].attachment_ids
        row = self.outbox(self.reply(self.task, attachment_ids=picture.ids))
        self.assertFalse(row.awaits_picture)

    def test_others_do_not_wait_for_a_picture_but_the_customer_does(self):
        other = self.converse("me too", user_id="other==")
        [row] = self.post(("a.png", self.big))
        self.reply(self.task, "Later")
        self.reply(other, "Other")
        sent = threading.Event()
        handle = self.viber.handle

        def note(request):
            sent.set()
            return handle(request)

        def scale(raw):
            # In vain, unless another message leaves meanwhile.
            return scale_down(raw) if sent.wait(20) else b""

        with self.played(scale), patch.object(self.viber, "handle", note):
            self.send()
        self.assertEqual(self.viber.texts(), ["Other", "See", "Later"])
        self.assertEqual(self.viber.sent()[1]["type"], "picture")

    def test_none_leaves_before_its_turn(self):
        other = self.converse("me too", user_id="other==")
        for task in (self.task, other):
            self.reply(task, "", attachments=[("a.jpg", self.big)])
        self.send()
        for body in self.viber.sent():
            small = self.env["ir.attachment"]._viber_from_url(body["media"])
            self.assertLess(len(small.raw), len(self.big))
        self.assertEqual(len(self.viber.sent()), 2)

    def test_a_run_whose_time_is_over_waits_for_the_picture_that_it_began(self):
        self.post(("a.jpg", self.big), body="")
        looks, go_on = [], threading.Event()
        wait = viber_message_flight.Flight.wait

        def look(flight, seconds):
            looks.append(flight)
            if len(looks) == 3:
                go_on.set()
            return wait(flight, seconds)

        def scale(raw):
            return scale_down(raw) if go_on.wait(20) else b""

        outbox = type(self.env["viber.message"])
        with (
            self.played(scale),
            patch.object(viber_message_flight.Flight, "wait", look),
            patch.object(outbox, "_may_claim", lambda *_args: not looks),
        ):
            self.send()
        go_on.set()
        self.send()
        self.assertEqual(self.kinds(), [("picture", "")])

    def test_what_can_not_be_made_smaller_leaves_in_its_place(self):
        for name, content in (
            ("broken.jpg", self.big[:40] + bytes(20_000)),
            ("moving.gif", moving_gif() + bytes(20_000)),
        ):
            with self.subTest(name=name):
                self.viber.requests.clear()
                rows = self.post((name, content), ("a.pdf", PDF), ("b.pdf", PDF))
                self.assertEqual(len(rows), 3)
                self.send()
                names = [("file", n) for n in (name, "a.pdf", "b.pdf")]
                self.assertEqual(self.kinds(), [("text", "See"), *names])
                message = rows.mail_message_id
                self.assertEqual(self.outbox(message).mapped("state"), ["sent"] * 4)
                self.assertEqual(
                    self.notification(message).notification_status, "pending"
                )
                self.assertEqual(self.outbox(message)[1]._find_picture().raw, content)

    def test_what_has_too_many_pixels_leaves_as_a_file(self):
        self.post(("a.jpg", self.big), body="")
        with patch.object(Image, "MAX_IMAGE_PIXELS", 5):
            self.send()
        self.assertEqual(self.kinds(), [("file", "a.jpg")])

    def test_what_is_no_file_for_viber_either_leaves_as_a_link(self):
        self.post(("a.gif", moving_gif() + bytes(20_000)))
        with patch.object(const, "FILE_MAX_BYTES", 100):
            self.send()
        text, link = self.viber.texts()
        self.assertEqual(text, "See")
        self.assertIn("a.gif\nhttps://", link)

    def test_a_picture_that_is_another_one_by_now_does_not_leave(self):
        for change in ({"raw": self.big + b"\0"}, None):
            with self.subTest(change=change):
                self.viber.requests.clear()
                row = self.post(("a.jpg", self.big))
                attachment = row.mail_message_id.attachment_ids
                if change:
                    attachment.write(change)
                else:
                    attachment.unlink()
                self.send()
                self.assertFalse(self.viber.sent())
                self.assertEqual(row.state, "failed")
                notification = self.notification(row.mail_message_id)
                self.assertEqual(notification.notification_status, "exception")
                self.assertIn("Send it in a new message", notification.failure_reason)

    def test_nobody_gets_the_smaller_copy_of_another_picture(self):
        row = self.post(("a.jpg", self.big))
        with self.job() as outbox:
            outbox._keep_picture(row.id, "another", made(picture()))
        self.assertTrue(row.awaits_picture)
        self.assertFalse(row._find_picture()._viber_small_copy())

    def test_what_an_agent_changed_meanwhile_stays_so(self):
        canceled = self.post(("a.jpg", self.big))
        canceled.mail_message_id.with_user(self.agent).viber_cancel()
        edited = self.post(("a.jpg", self.big))
        old, checksum = edited.id, edited._find_picture().checksum
        message = edited.mail_message_id
        with self.job() as outbox:
            self.assertEqual(outbox._claim_picture().id, old)
        self.task.with_user(self.agent)._message_update_content(message, body="Look")
        with self.job() as outbox:
            for row_id in (canceled.id, old):
                outbox._keep_picture(row_id, checksum, made(picture()))
        self.assertEqual(canceled.state, "canceled")
        self.assertTrue(canceled.awaits_picture)
        self.assertTrue(self.outbox(message).awaits_picture)
        self.send()
        self.assertEqual(self.kinds(), [("picture", "Look")])

    def test_a_process_that_dies_over_a_picture_does_not_die_forever(self):
        row = self.post(("a.jpg", self.big), body="")
        for _try in range(const.PICTURE_TRIES):
            with self.job() as outbox:
                self.assertEqual(outbox._claim_picture().id, row.id)
                self.assertFalse(outbox._claim_picture(), "taken")
            self.assertGreater(row.next_attempt_date, fields.Datetime.now())
            row.next_attempt_date = False
        with self.played(lambda raw: raw and self.fail("tried again")):
            self.send()
        self.assertEqual(self.kinds(), [("file", "a.jpg")])

    def test_what_fails_again_and_again_has_failed(self):
        row = self.post(("a.jpg", self.big))
        attachments = type(self.env["ir.attachment"])
        with (
            patch.object(attachments, "_viber_from_url", side_effect=KeyError),
            mute_logger(QUEUE),
        ):
            for _try in range(const.PICTURE_TRIES + 2):
                self.assertEqual(row.state, "outgoing")
                row.next_attempt_date = False
                self.send()
        self.assertEqual(row.state, "failed")
        self.assertIn("could not be made ready", row.failure_reason)

    def test_what_takes_too_long_leaves_as_a_file(self):
        self.post(("a.jpg", self.big), body="")
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def scale(raw):
            go_on.wait(60)
            return b""

        with (
            self.played(scale),
            patch.object(const, "SEND_SECONDS", 0.5),
            patch.object(const, "SEND_DRAIN", 0.5),
        ):
            self.send()
        self.send()
        self.assertEqual(self.kinds(), [("file", "a.jpg")])

    def test_a_question_below_a_picture_keeps_its_button_below_the_last(self):
        row = self.post(("a.gif", moving_gif() + bytes(20_000)))
        body = json.loads(row.payload) | {"keyboard": {"Type": "keyboard"}}
        row.write({"payload": json.dumps(body), "asks": "phone"})
        self.send()
        parts = self.outbox(row.mail_message_id)
        self.assertEqual(parts.mapped("asks"), [False, "phone"])
        self.assertEqual(["keyboard" in b for b in self.viber.sent()], [False, True])

    def test_an_account_that_rests_makes_no_pictures(self):
        row = self.post(("a.jpg", self.big))
        self.account._pause("why")
        with self.played(lambda _raw: self.fail("too early")):
            self.send()
        self.assertTrue(row.awaits_picture)
        self.assertFalse(row.attempt_count)
