"""A copy of the database sends nothing, till somebody says that it is the real one."""

import json
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user

from .. import hooks
from ..models.viber_queue_mixin import exact_now
from ..tools import callback
from .common import TOKEN, ViberCase

MANAGER = "viber_connector.group_viber_manager"
MIGRATION = "migrations/19.0.0.7.0/post-copies.py"


class CopyCase(ViberCase):
    """A database that another one has been copied to."""

    def copy_database(self):
        """Have all that is there be a copy, which nobody has looked at yet."""
        self.account.database_name = "original"
        self.viber.requests.clear()

    def neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["viber_connector"]):
            self.env.cr.execute(query)
        self.env["ir.cron"].search([]).active = False
        self.env.invalidate_all()
        self.viber.requests.clear()

    def adopt(self):
        answer = self.account.action_adopt()
        self.env.invalidate_all()
        return answer["params"]

    def methods(self):
        return [method for method, _body in self.viber.requests]


class TestIsCopy(CopyCase):
    def test_connect_takes_what_the_database_is_called(self):
        uuid = self.env["ir.config_parameter"].get_param("database.uuid")
        self.assertEqual(self.account.database_uuid, uuid)
        self.assertEqual(self.account.database_name, self.env.cr.dbname)
        self.assertFalse(self.account._is_copy())

    def test_one_of_them_is_enough(self):
        for name in ("database_name", "database_uuid"):
            with self.subTest(name=name):
                known = self.account[name]
                self.account[name] = "another"
                self.assertTrue(self.account._is_copy())
                self.account[name] = False
                self.assertFalse(self.account._is_copy())
                self.account[name] = known

    def test_a_database_without_a_number_is_no_copy_for_that(self):
        parameters = type(self.env["ir.config_parameter"])
        self.startPatcher(patch.object(parameters, "_get_param", return_value=None))
        self.assertFalse(self.account._is_copy())
        self.send()
        self.assertFalse(self.account.copy_seen_date)

    def test_who_was_never_connected_is_no_copy(self):
        account = self.env["viber.account"].create({"name": "New"})
        self.assertFalse(account._is_copy())
        self.assertFalse(self.account.copy()._is_copy())

    def test_a_copy_that_gets_the_name_of_the_original_stays_one(self):
        self.copy_database()
        self.send()
        self.account.database_name = self.env.cr.dbname
        self.assertTrue(self.account._is_copy())

    def test_it_costs_no_query(self):
        self.account._is_copy()
        with self.assertQueryCount(0):
            self.account._is_copy()
            self.account.with_user(self.agent)._is_copy()


class TestCopy(CopyCase):
    def test_nothing_is_sent(self):
        rows = self.outbox(self.reply(self.converse()))
        self.copy_database()
        task = self.conversation(rows)
        rows |= self.outbox(self.reply(task))
        self.send()
        self.assertFalse(self.viber.requests)
        self.assertEqual(set(rows.mapped("state")), {"outgoing"})
        self.assertFalse(self.env["viber.message"]._next_date())

    def test_who_comes_first_sees_it_once(self):
        row = self.outbox(self.reply(self.converse()))
        self.copy_database()
        self.process()
        seen = self.account.copy_seen_date
        self.assertTrue(seen and row.is_of_original)
        self.account.copy_seen_date = seen - timedelta(days=1)
        self.send()
        self.assertEqual(self.account.copy_seen_date, seen - timedelta(days=1))

    def test_who_writes_sees_it_before_anything_is_written(self):
        task = self.converse()
        before = self.outbox(self.reply(task))
        self.copy_database()
        written = self.outbox(self.reply(task))
        self.assertTrue(self.account.copy_seen_date)
        self.assertEqual(
            [row.is_of_original for row in before | written], [True, False]
        )

    def test_who_may_not_change_the_account_can_be_the_first(self):
        task = self.converse()
        self.open_to("portal")
        portal = new_test_user(self.env, "portal", "base.group_portal")
        task.message_subscribe(portal.partner_id.ids)
        self.copy_database()
        message = task.with_user(portal).message_post(
            body="from outside",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(self.outbox(message).failure_type, "viber_copy")
        self.assertTrue(self.account.copy_seen_date)

    def test_viber_is_not_asked_whether_it_answers_again(self):
        self.copy_database()
        self.account._pause("down")
        self.account.paused_until = "2020-01-01"
        self.send()
        self.assertFalse(self.viber.requests)
        self.assertFalse(self.env["viber.account"]._next_date())

    def test_no_picture_is_made_smaller(self):
        row = self.outbox(self.reply(self.converse()))
        row.awaits_picture = True
        self.copy_database()
        self.send()
        self.assertTrue(row.awaits_picture)
        self.assertFalse(row.attempt_count)

    def test_what_customers_write_is_kept(self):
        task = self.converse()
        self.copy_database()
        events = self.receive(
            self.text("again"), self.event("delivered"), self.event("unsubscribed")
        )
        self.process()
        self.assertEqual(set(events.mapped("state")), {"pending"})
        self.assertTrue(all(event.is_parked for event in events))
        self.assertEqual(len(self.comments(task)), 1)
        self.adopt()
        self.process()
        self.assertEqual(events[0].state, "done", events[0].error)
        self.assertEqual(len(self.comments(task)), 2)
        self.assertFalse(any(event.is_parked for event in events))

    def test_nobody_is_welcomed(self):
        self.account.welcome_message = "Hello"
        event = self.event("conversation_started", "new", subscribed=False)
        event = callback.parse(json.dumps(event).encode())
        self.assertEqual(self.account._welcome(event), "Hello")
        self.copy_database()
        self.assertEqual(self.account._welcome(event), "")

    def test_the_webhook_of_the_original_stays(self):
        self.copy_database()
        with self.assertRaisesRegex(UserError, "copy"):
            self.account.action_connect()
        self.assertIn("copy", self.account.action_check()["params"]["message"])
        self.assertEqual(self.account.state, "connected")
        hooks.uninstall_hook(self.env)
        self.account.copy({"database_name": "original", "state": "connected"}).unlink()
        self.env.cr.postcommit.run()
        self.account.action_disconnect()
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.viber.requests)

    def test_agents_are_told(self):
        task = self.converse()
        waiting = self.reply(task)
        self.copy_database()
        self.send()
        kept = self.reply(task)
        for message in (waiting, kept):
            fate = self.notification(message)
            self.assertEqual(fate.notification_status, "ready")
            self.assertEqual(fate.failure_type, "viber_copy")
            self.assertIn("ask an administrator", fate.failure_reason)
        task = task.with_user(self.agent)
        self.assertTrue(task.viber_is_copy)
        self.assertIn("This database is a copy", task.viber_warning)
        info = task.viber_composer_info()
        self.assertTrue(info["waits"])
        self.assertEqual(info["warning"], task.viber_warning)

    def test_agents_are_told_of_parts(self):
        task = self.converse()
        self.copy_database()
        message = self.reply(task, "word " * 2000)
        states = [part["state"] for part in message.viber_parts()]
        self.assertEqual(states, ["Not sent from a copy"] * 2)

    def test_managers_are_told(self):
        self.assertFalse(self.account.copy_warning)
        self.copy_database()
        account = self.account.with_user(new_test_user(self.env, "m", MANAGER))
        self.assertTrue(account.is_copy)
        self.assertFalse(account.is_key_wanted)
        self.assertIn("press This Is the Real One Now", account.copy_warning)
        self.assertNotIn("jobs", account.copy_warning)


class TestAdopt(CopyCase):
    def test_what_was_written_since_is_sent_and_nothing_else(self):
        task = self.converse()
        states = ("outgoing", "sending", "failed", "uncertain", "canceled", "sent")
        before = [self.outbox(self.reply(task, state)) for state in states]
        for row, state in zip(before, states, strict=True):
            row.state = state
        self.copy_database()
        written = self.outbox(self.reply(task, "written"))
        told = self.adopt()
        self.assertEqual(
            [row.state for row in before],
            ["uncertain", "uncertain", "failed", "uncertain", "canceled", "sent"],
        )
        self.assertIn("are sent: 1.", told["message"])
        self.assertIn("may have sent: 2.", told["message"])
        self.assertEqual(self.methods(), ["set_webhook", "get_account_info"])
        self.send()
        self.assertEqual(self.viber.texts(), ["written"])
        self.assertEqual(written.state, "sent")
        self.assertFalse(written.failure_reason)
        self.assertFalse(self.account._is_copy())
        self.assertFalse(any(row.is_of_original for row in before))
        fate = self.notification(before[0].mail_message_id)
        self.assertEqual(fate.notification_status, "exception")
        self.assertEqual(fate.failure_type, "viber_uncertain")

    def test_when_nobody_has_seen_the_copy_all_is_of_the_original(self):
        row = self.outbox(self.reply(self.converse()))
        self.copy_database()
        self.adopt()
        self.send()
        self.assertEqual(row.state, "uncertain")
        self.assertFalse(self.viber.sent())

    def test_what_was_sent_again_or_edited_in_the_copy_is_in_doubt(self):
        task = self.converse()
        failed = self.outbox(self.reply(task, "failed"))
        failed._set_state("failed", failure_type="viber_request")
        edited = self.reply(task, "before")
        self.copy_database()
        self.send()
        failed.action_retry()
        self.assertEqual(failed.failure_type, "viber_copy")
        task.with_user(self.agent)._message_update_content(edited, body="after")
        self.adopt()
        self.send()
        self.assertEqual(failed.state, "uncertain")
        self.assertEqual(self.outbox(edited).state, "uncertain")
        self.assertFalse(self.viber.sent())

    def test_what_jobs_wrote_the_original_has_written_too(self):
        task = self.converse()
        self.copy_database()
        by_job = self.reply(task.with_context(cron_id=1), "reminder")
        self.adopt()
        self.send()
        self.assertEqual(self.outbox(by_job).state, "uncertain")
        self.assertFalse(self.viber.sent())

    def test_what_can_be_undone_waits_for_its_time(self):
        self.account.hold_seconds = 60
        task = self.converse()
        self.copy_database()
        row = self.outbox(self.reply(task))
        self.adopt()
        self.send()
        self.assertEqual(row.state, "outgoing")
        row.hold_until = exact_now()
        self.send()
        self.assertEqual(row.state, "sent")

    def test_a_person_says_what_has_arrived(self):
        row = self.outbox(self.reply(self.converse()))
        self.copy_database()
        self.adopt()
        row.action_confirm()
        self.assertEqual(row.state, "sent")
        self.assertTrue(row.sending_date and row.sent_date)

    def test_a_person_sends_again_what_has_not(self):
        row = self.outbox(self.reply(self.converse(), "again"))
        self.copy_database()
        self.adopt()
        row.action_retry()
        self.send()
        self.assertEqual(self.viber.texts(), ["again"])

    def test_twice_is_once(self):
        self.copy_database()
        self.adopt()
        self.viber.requests.clear()
        told = self.adopt()
        self.assertFalse(self.viber.requests)
        self.assertEqual(told["message"], "This database is the real one now.")

    def test_a_job_that_looked_before_marks_it_no_more(self):
        row = self.outbox(self.reply(self.converse()))
        self.copy_database()
        self.adopt()
        self.account._see_copy()
        self.assertFalse(self.account._is_copy())
        self.assertFalse(row.is_of_original)

    def test_another_database_name_is_healed(self):
        self.copy_database()
        self.adopt()
        self.assertEqual(self.account.database_name, self.env.cr.dbname)
        self.assertFalse(self.account.copy_seen_date)
        self.assertEqual(self.account.state, "connected")

    def test_what_was_told_of_the_copy_is_told_no_more(self):
        self.copy_database()
        self.account.health_date = False
        self.run_job("ir_cron_check_accounts")
        activity = self.account.health_activity_id
        self.assertIn("is a copy", activity.note)
        # As in a neutralized copy no job comes and looks.
        self.adopt()
        codes = {found["code"]: found["level"] for found in self.account.health_report}
        self.assertEqual(codes["copied_database"], "ok")
        self.assertEqual(codes["webhook_url"], "ok")
        self.assertNotIn("is a copy", activity.exists().note or "")

    def test_what_viber_refuses_changes_nothing(self):
        row = self.outbox(self.reply(self.converse()))
        self.copy_database()
        self.send()
        self.viber.answer("set_webhook", {"status": 2, "status_message": "bad"})
        with self.assertRaises(UserError) as caught:
            self.account.action_adopt()
        self.assertNotIn(TOKEN, str(caught.exception))
        self.assertTrue(self.account._is_copy())
        self.assertEqual(row.state, "outgoing")
        self.send()
        self.assertFalse(self.viber.sent())

    def test_only_who_manages_the_account_may(self):
        task = self.converse()
        self.copy_database()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        other = new_test_user(
            self.env,
            "other",
            MANAGER,
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        portal = new_test_user(self.env, "portal", "base.group_portal")
        for user in (self.agent, other, portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.account.with_user(user).action_adopt()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                task.with_user(user).action_viber_adopt()
        self.assertFalse(self.viber.requests)
        manager = new_test_user(self.env, "m", f"{MANAGER},project.group_project_user")
        task.with_user(manager).action_viber_adopt()
        self.assertFalse(self.account._is_copy())

    def test_nobody_writes_where_it_was_connected(self):
        manager = new_test_user(self.env, "m", MANAGER)
        for name in ("database_name", "database_uuid", "copy_seen_date"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.account.with_user(manager).write({name: False})

    def test_whoever_looks_is_told_that_it_is_over(self):
        self.copy_database()
        with patch.object(type(self.account), "_bus_send") as bus:
            self.adopt()
        self.assertTrue(bus.called)


class TestNeutralized(CopyCase):
    def test_it_is_a_copy_whatever_it_is_called(self):
        task = self.converse()
        self.neutralize()
        self.assertTrue(self.account._is_copy())
        self.assertTrue(self.account.is_key_wanted)
        self.assertIn("paste the key", self.account.copy_warning)
        self.assertIn("jobs are switched off", self.account.copy_warning)
        self.assertIn("This database is a copy", task.viber_warning)
        fate = self.notification(self.reply(task))
        self.assertEqual(fate.failure_type, "viber_copy")

    def test_an_account_that_was_never_connected_is_none(self):
        account = self.env["viber.account"].create({"name": "New"})
        self.neutralize()
        self.assertFalse(account._is_copy())

    def test_it_wants_the_key_first(self):
        task = self.converse()
        self.neutralize()
        with self.assertRaisesRegex(UserError, "Paste the API key"):
            self.account.action_adopt()
        action = task.action_viber_adopt()
        self.assertEqual(action["res_model"], "viber.account")
        self.assertEqual(action["res_id"], self.account.id)
        self.assertTrue(self.account._is_copy())

    def test_with_the_key_it_is_the_real_one(self):
        task = self.converse()
        before = self.outbox(self.reply(task, "before"))
        failed = self.outbox(self.reply(task, "failed"))
        failed._set_state("failed", failure_type="viber_request")
        self.neutralize()
        written = self.outbox(self.reply(task, "written"))
        failed.action_retry()
        self.account.auth_token = TOKEN
        told = self.adopt()
        self.assertIn("jobs are switched off", told["message"])
        self.assertEqual(self.account.state, "connected")
        self.env["ir.cron"].with_context(active_test=False).search([]).active = True
        self.send()
        self.assertEqual(self.viber.texts(), ["written"])
        self.assertEqual(written.state, "sent")
        self.assertEqual(before.state, "canceled")
        self.assertEqual(failed.state, "uncertain")


class TestUpdate(CopyCase):
    """To 19.0.0.7.0: accounts know which database has connected them."""

    def test_connected_accounts_are_no_copies(self):
        script = Path(__file__).parents[1] / MIGRATION
        spec = spec_from_file_location("post_copies", script)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        nothing = {"database_name": False, "database_uuid": False}
        draft = self.env["viber.account"].create({"name": "New"})
        broken = self.account.copy({"state": "error", "active": False})
        (self.account | broken).write(nothing)
        self.env.flush_all()
        module.migrate(self.env.cr, "19.0.0.6.0")
        self.env.invalidate_all()
        own = self.account._own_database()
        for account in self.account | broken:
            self.assertEqual({name: account[name] for name in own}, own, account.state)
        self.assertFalse(draft.database_uuid or draft.database_name)
