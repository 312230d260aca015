"""What an update does with the rows that are there."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import requests

from .common import ViberCase
from .test_kinds import URL

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE = {"res_model": False, "res_id": False}


class TestConversations(ViberCase):
    """To 19.0.0.6.0: conversations are named by their model and their id."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = MIGRATIONS / "19.0.0.6.0/post-conversations.py"
        spec = spec_from_file_location("post_conversations", path)
        cls.script = module_from_spec(spec)
        spec.loader.exec_module(cls.script)

    def migrate(self):
        self.env.flush_all()
        self.script.migrate(self.env.cr, "19.0.0.5.0")
        self.env.invalidate_all()

    def make_queues(self):
        """:return: rows of the inbox and of the outbox, of each one without a task"""
        customers = "first", "second", "third"
        tasks = [self.converse(user_id=customer) for customer in customers]
        messages = [self.reply(task) for task in [*tasks, tasks[0]]]
        outbox = self.env["viber.message"].union(*map(self.outbox, messages))
        outbox[-1].write(BEFORE | {"task_id": False})
        inbox = self.env["viber.event"].search([("viber_user_id", "in", customers)])
        inbox |= self.receive(self.event("subscribed"))
        return inbox, outbox

    def places(self, queues):
        return [(row.res_model, row.res_id) for rows in queues for row in rows]

    def test_what_has_a_task_names_it(self):
        queues = self.make_queues()
        tasks = [row.task_id.id for rows in queues for row in rows]
        self.assertEqual(tasks.count(False), 2)
        for batch in (1, 2, 10_000):
            with self.subTest(batch=batch):
                for rows in queues:
                    rows.write(BEFORE)
                self.script.BATCH = batch
                self.migrate()
                self.assertEqual(
                    self.places(queues),
                    [("project.task", task) if task else (False, 0) for task in tasks],
                )

    def test_what_is_named_already_is_left_alone(self):
        inbox, outbox = self.make_queues()
        other = {"res_model": "res.partner", "res_id": self.agent.partner_id.id}
        inbox[0].write(other)
        outbox[0].write(other)
        named = self.places((inbox, outbox))
        self.migrate()
        self.assertEqual(self.places((inbox, outbox)), named)

    def test_empty_queues_are_no_trouble(self):
        queues = self.env["viber.event"], self.env["viber.message"]
        for rows in queues:
            rows.search([]).unlink()
        self.migrate()
        self.assertFalse([row for rows in queues for row in rows.search([])])

    def test_a_late_file_needs_no_task_though_the_update_was_ended_early(self):
        # What Odoo removes only after the update.
        self.env.cr.execute(
            "ALTER TABLE viber_media"
            " ADD COLUMN task_id int4 NOT NULL REFERENCES project_task"
        )
        self.migrate()
        self.viber.serve(URL, requests.ReadTimeout())
        [event] = self.receive(self.message(type="picture", media=URL))
        self.process()
        self.assertEqual(event.state, "done", event.error)
        media = self.env["viber.media"].search([("event_id", "=", event.id)])
        self.assertEqual(media.state, "pending")
