import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import media
from .test_tools_media import MEGABYTE, MediaCase


@tagged("post_install", "-at_install")
class TestDownloads(MediaCase):
    def downloads(self, seconds=5):
        pool = ThreadPoolExecutor(8)
        self.addCleanup(pool.shutdown)
        options = {"max_bytes": MEGABYTE, "trusted_url": self.server.url}
        return media.Downloads(pool, seconds, **options)

    def finish(self, downloads, urls):
        for _try in range(100):
            if all(map(downloads.is_ready, urls)):
                return [downloads.result(url) for url in urls]
            downloads.wait(0.05)
        self.fail("The downloads never end")

    def test_files_come_side_by_side(self):
        together = threading.Barrier(8, timeout=5)

        def answer(request):
            together.wait()
            request.answer(request.path.encode())

        urls = [self.serve(answer) + f"?{number}" for number in range(8)]
        downloads = self.downloads()
        downloads.want(urls)
        results = self.finish(downloads, urls)
        expected = [f"/file?{number}".encode() for number in range(8)]
        self.assertEqual([result.content for result in results], expected)

    def test_a_slow_file_is_given_up_and_the_others_are_not(self):
        self.server.answers["/never"] = lambda request: request.server.closing.wait()
        never = self.server.url + "/never"
        url = self.serve(lambda request: request.answer(b"data"))
        downloads = self.downloads(seconds=0.5)
        downloads.want([never, url])
        start = time.monotonic()
        slow, fetched = self.finish(downloads, [never, url])
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(slow.reason, "slow")
        self.assertEqual(fetched.content, b"data")

    def test_no_more_is_fetched_ahead_than_memory_is_meant_to_hold(self):
        url = self.serve(lambda request: request.answer(b"data"))
        urls = [f"{url}?{number}" for number in range(10)]
        downloads = self.downloads()
        with patch.object(media, "_AHEAD_MAX", 4):
            for taken, seen in ((0, 4), (4, 8), (8, 10)):
                downloads.want(urls[taken:])
                self.finish(downloads, urls[taken : taken + 4])
                # Were more on their way, they would have come by now.
                time.sleep(0.2)
                self.assertEqual(len(self.server.seen), seen)
                self.assertEqual(downloads.is_ready(urls[-1]), seen == 10)

    def test_what_was_never_wanted_is_not_there(self):
        downloads = self.downloads()
        self.assertFalse(downloads.is_ready("https://a.example/"))
        self.assertEqual(downloads.result("https://a.example/").reason, "slow")

    def test_a_new_way_to_fail_is_a_result(self):
        with (
            patch.object(media, "fetch", side_effect=RuntimeError("new")),
            mute_logger(media.__name__),
        ):
            downloads = self.downloads()
            downloads.want(["https://a.example/"])
            [result] = self.finish(downloads, ["https://a.example/"])
        self.assertEqual(result.reason, "unavailable")
