"""What lists, cards and counters show of conversations, and who hears that it has
changed."""

import json

from lxml import etree

from odoo.tests import new_test_user
from odoo.tools.safe_eval import safe_eval

from odoo.addons.http_routing.tests.common import MockRequest

from .. import const
from .common import ViberCase


class BoardCase(ViberCase):
    def sent(self, do):
        """:return: ``(channel, type)`` pairs that are sent while something is done"""
        self.end_transaction()
        rows = self.env["bus.bus"].sudo()
        before = rows.search([], order="id desc", limit=1).id
        do()
        self.end_transaction()
        return [
            (tuple(json.loads(row.channel)[1:]), json.loads(row.message)["type"])
            for row in rows.search([("id", ">", before)], order="id")
        ]

    def end_transaction(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.cr.cache.clear()

    def boards(self, do):
        """:return: which boards and counters hear of something that is done"""
        kinds = {const.BUS_BOARD, const.BUS_COUNTER}
        return [channel for channel, kind in self.sent(do) if kind in kinds]

    def board(self, task):
        place = task._viber_container()
        return (place._name, place.id, const.BOARD)

    def counter(self, user):
        return ("res.partner", user.partner_id.id)

    def miss(self, task):
        """:return: a message of the agent's that does not reach the customer"""
        self.viber.answer("send_message", {"status": 3})
        message = self.reply(task, "In vain")
        self.send()
        self.assertEqual(self.outbox(message).state, "failed")
        return message


class TestMoves(BoardCase):
    def test_a_message_moves_a_card_once_in_a_transaction(self):
        task = self.converse()
        self.assign(task, self.agent)
        for texts, answered in ((3, False), (20, True)):
            with self.subTest(texts=texts):
                if answered:
                    self.reply(task)
                self.receive(*[self.text(str(number)) for number in range(texts)])
                boards = self.boards(self.process)
                self.assertEqual(boards.count(self.board(task)), 1)
                # Who waits already is counted already.
                counted = boards.count(self.counter(self.agent))
                self.assertEqual(counted, 1 if answered else 0)

    def test_what_is_undone_is_told_when_it_is_done_again(self):
        task = self.converse()

        def fail_and_go_on():
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                self.reply(task)
                with self.env.cr.savepoint():
                    raise ZeroDivisionError
            self.reply(task)

        self.assertEqual(self.boards(fail_and_go_on).count(self.board(task)), 1)

    def test_a_new_customer_is_seen_where_conversations_begin(self):
        self.receive(self.text("Hello"))
        boards = self.boards(self.process)
        task = self.env[self.carrier].search([("viber_account_id", "!=", False)])
        self.assertEqual(boards, [self.board(task)])

    def test_an_answer_moves_it_and_counts(self):
        task = self.converse()
        self.assign(task, self.agent)
        boards = self.boards(lambda: self.reply(task))
        self.assertCountEqual(boards, [self.board(task), self.counter(self.agent)])
        self.converse("Again")
        as_agent = task.with_user(self.agent)
        boards = self.boards(as_agent.action_viber_no_answer_needed)
        self.assertCountEqual(boards, [self.board(task), self.counter(self.agent)])

    def test_whoever_works_on_it_no_more_hears_of_it(self):
        task = self.converse()
        self.assign(task, self.agent)
        other = new_test_user(self.env, "colleague", groups=self.agent_groups)
        boards = self.boards(lambda: self.assign(task, other))
        self.assertIn(self.counter(self.agent), boards)
        self.assertIn(self.counter(other), boards)
        self.assertEqual(boards.count(self.board(task)), 1)

    def test_both_places_hear_that_it_moves(self):
        task = self.converse()
        before = self.board(task)
        place = task._viber_container()
        other = (
            place.copy()
            if place._name == "project.project"
            else place.create({"name": "Other"})
        )
        name = task._viber_container_field
        boards = self.boards(lambda: task.write({name: other.id}))
        self.assertIn(before, boards)
        self.assertIn((other._name, other.id, const.BOARD), boards)

    def test_its_form_is_read_again(self):
        task = self.converse()
        sent = self.sent(lambda: self.reply(task))
        self.assertIn(((task._name, task.id), const.BUS_RELOAD), sent)

    def test_what_is_deleted_goes(self):
        task = self.converse()
        board = self.board(task)
        self.assertIn(board, self.boards(task.unlink))

    def test_a_failure_shows_and_goes(self):
        task = self.converse()
        boards = self.boards(lambda: self.miss(task))
        self.assertIn(self.board(task), boards)
        message = self.comments(task)[-1]
        self.env.invalidate_all()
        boards = self.boards(lambda: (message.viber_send_again(), self.send()))
        self.assertIn(self.board(task), boards)

    def test_what_is_no_conversation_tells_nobody(self):
        record = self.make_record()
        self.assign(record, self.agent)
        for do in (
            lambda: record.write({"name": "Plainer", "priority": "1"}),
            lambda: self.assign(record, self.env.user),
            self.make_record,
            record.unlink,
        ):
            self.assertEqual(self.boards(do), [])


class TestSigns(BoardCase):
    def test_a_conversation_knows_its_bounds_and_its_channel(self):
        task = self.converse()
        self.account.write({"waiting_warning_minutes": 5, "waiting_danger_minutes": 10})
        self.env.invalidate_all()
        name = "_".join(map(str, (const.BOARD, *self.board(task)[:2])))
        expected = {"channel": name, "warning": 5, "danger": 10, "undelivered": False}
        expected["state"] = "subscribed"
        self.assertEqual(task.with_user(self.agent).viber_desk, expected)
        self.assertFalse(self.make_record().viber_desk)
        # As a form computes it, of what is not saved yet.
        self.assertEqual(task.new(origin=task).viber_desk, expected)

    def test_who_has_left_or_is_blocked_is_seen_as_such(self):
        task, other = self.converse(), self.converse(user_id="other==")
        subscriber = task.viber_subscriber_id

        def states():
            self.env.invalidate_all()
            return [
                record.with_user(self.agent).viber_desk["state"]
                for record in (task, other)
            ]

        for change, state in (
            (lambda: subscriber._set_subscribed(False), "left"),
            (lambda: subscriber.write({"is_blocked": True}), "blocked"),
            (lambda: subscriber.write({"is_blocked": False}), "left"),
            (lambda: subscriber._set_subscribed(True), "subscribed"),
        ):
            with self.subTest(state=state):
                self.assertIn(self.board(task), self.boards(change))
                self.assertEqual(states(), [state, "subscribed"])

    def test_what_was_not_delivered_is_shown_and_found(self):
        task, other = self.converse(), self.converse(user_id="other==")
        carrier = self.env[self.carrier].with_user(self.agent)
        found = [("viber_is_undelivered", "=", True)]
        self.assertFalse(carrier.search(found))
        message = self.miss(task)
        self.env.invalidate_all()
        self.assertEqual(carrier.search(found), task)
        self.assertTrue(carrier.browse(task.id).viber_is_undelivered)
        self.assertTrue(carrier.browse(task.id).viber_desk["undelivered"])
        self.assertFalse(carrier.browse(other.id).viber_is_undelivered)
        others = carrier.search(
            [("viber_is_undelivered", "=", False), ("viber_account_id", "!=", False)]
        )
        self.assertEqual(others, other)
        message.viber_send_again()
        self.send()
        self.env.invalidate_all()
        self.assertFalse(carrier.search(found))

    def test_a_page_of_cards_costs_what_one_does(self):
        def cost(count):
            tasks = self.env[self.carrier].with_user(self.agent)
            self.env.flush_all()
            self.env.invalidate_all()
            spec = {"viber_desk": {}, "viber_is_undelivered": {}}
            spec |= {"viber_waiting_since": {}, "viber_is_mine": {}}
            with self.assertQueryCount(99):
                before = self.env.cr.sql_log_count
                theirs = [("viber_account_id", "!=", False)]
                found = tasks.web_search_read(theirs, spec, limit=count)
                self.assertEqual(len(found["records"]), count)
                return self.env.cr.sql_log_count - before

        for number in range(12):
            self.converse(user_id=f"customer-{number}==")
        cost(1)
        self.assertEqual(cost(1), cost(12))

    def test_what_is_no_conversation_costs_nothing(self):
        records = self.make_record() | self.make_record()
        self.assign(records[0], self.agent)

        def cost(*names):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_read({name: {} for name in names})
            return self.env.cr.sql_log_count - before

        ours = ("viber_desk", "viber_is_mine", "viber_is_undelivered")
        cost("name")
        self.assertEqual(cost("name", *ours), cost("name"))

    def test_who_works_on_it_is_found(self):
        task = self.converse()
        carrier = self.env[self.carrier]
        theirs = [("viber_account_id", "!=", False)]
        nobody = carrier.search([*theirs, ("viber_assignee_ids", "=", False)])
        self.assertEqual(nobody, task)
        self.assign(task, self.agent)
        mine = carrier.search([*theirs, ("viber_assignee_ids", "in", self.agent.id)])
        self.assertEqual(mine, task)
        self.assertEqual(task.viber_assignee_ids, self.agent)
        self.assertTrue(task.with_user(self.agent).viber_is_mine)
        self.assertFalse(task.viber_is_mine)


class TestDesk(BoardCase):
    def desk(self, user=None):
        desks = self.env["viber.conversation.mixin"].with_user(user or self.agent)
        found = desks.viber_waiting_for_me()
        return next((desk for desk in found if desk["model"] == self.carrier), None)

    def conversations(self):
        """:return: what *Conversations* lists, in its order"""
        xmlid = self.env[self.carrier]._viber_desk_action
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        carrier = self.env[self.carrier].with_user(self.agent)
        domain = safe_eval(action["domain"])
        [view_id] = [view for view, kind in action["views"] if kind == "list"]
        arch = etree.fromstring(carrier.get_view(view_id, "list")["arch"])
        return carrier.search(domain, order=arch.get("default_order"))

    def test_its_filters_do_not_repeat_what_all_of_it_is(self):
        xmlid = self.env[self.carrier]._viber_desk_action
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        carrier = self.env[self.carrier].with_user(self.agent)
        view = carrier.get_view(action["search_view_id"][0], "search")
        arch = etree.fromstring(view["arch"])
        self.assertIn("viber_waiting_for_me", arch.xpath("//filter/@name"))
        words = arch.xpath("//filter/@string")
        self.assertIn("Unassigned", words)
        self.assertEqual([w for w in words if "Viber" in w], ["Viber Account"])
        self.assertEqual(len(words), len(set(words)))
        customers = arch.xpath("//filter[contains(@string, 'Customer')]")
        self.assertEqual(len(customers), 1)

    def test_what_is_for_us_alone_is_offered_to_nobody(self):
        task = self.converse("Hi")
        carrier = self.env[self.carrier]
        self.assertEqual(task.sudo().viber_draft_title, "Hi")
        admin = self.env.ref("base.user_admin")
        for user in (self.agent, admin):
            self.assertNotIn("viber_draft_title", carrier.with_user(user).fields_get())

    def test_who_waits_longest_is_first(self):
        tasks = self.env[self.carrier]
        for number in range(3):
            tasks |= self.converse(user_id=f"customer-{number}==")
        self.reply(tasks[0])
        self.assertEqual(self.conversations(), tasks[1] | tasks[2] | tasks[0])

    def test_what_is_closed_goes_unless_somebody_waits_there(self):
        self.account.new_task_when_closed = False
        task = self.converse()
        task._viber_close()
        self.assertFalse(self.conversations())
        self.converse("But wait")
        self.assertEqual(self.conversations(), task)
        task.active = False
        self.converse("Hello?")
        self.assertEqual(self.conversations(), task)
        self.make_record()
        self.assertEqual(self.conversations(), task)

    def test_those_who_wait_for_me_are_counted(self):
        task = self.converse()
        self.assertEqual(self.desk()["count"], 0)
        self.assign(task, self.agent)
        self.assertEqual(self.desk()["count"], 1)
        self.assertEqual(self.desk(self.env.ref("base.user_admin"))["count"], 0)
        self.reply(task)
        self.assertEqual(self.desk()["count"], 0)

    def test_only_agents_are_told(self):
        self.converse()
        self.assertTrue(self.desk())
        for groups in ("base.group_user", "base.group_portal", "base.group_public"):
            user = new_test_user(self.env, groups, groups=groups)
            self.assertFalse(self.desk(user))

    def test_the_places_are_those_that_one_may_see(self):
        task = self.converse()
        self.assertEqual(self.desk()["channels"], [task.viber_desk["channel"]])
        company = self.env["res.company"].create({"name": "Other"})
        other = new_test_user(
            self.env,
            "other-company",
            groups=self.agent_groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.desk(other))

    def test_menu_is_for_those_who_work_there(self):
        menus = self.env["ir.ui.menu"]
        root = self.env.ref("viber_connector.viber_menu")

        def seen(user):
            visible = menus.with_user(user)._visible_menu_ids()
            return root.child_id.filtered(lambda menu: menu.id in visible)

        theirs = seen(self.agent)
        self.assertTrue(theirs)
        models = set(theirs.mapped("action.res_model"))
        self.assertEqual(models, {self.carrier})
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        self.assertFalse(seen(nobody))
        self.assertNotIn(root.id, menus.with_user(nobody)._visible_menu_ids())

    def test_each_view_has_its_signs(self):
        carrier = self.env[self.carrier].with_user(self.agent)
        waiting = "//field[@name='viber_waiting_since']"
        for view_type, expected in (
            ("form", "//button[@name='action_viber_no_answer_needed']"),
            ("kanban", f"{waiting}[@widget='viber_signs']"),
            ("list", f"{waiting}[@widget='viber_signs']"),
            ("search", "//filter[@name='viber_waiting_for_me']"),
            ("search", "//filter[@name='group_viber_account']"),
        ):
            arch = etree.fromstring(carrier.get_view(view_type=view_type)["arch"])
            self.assertEqual(len(arch.xpath(expected)), 1, expected)


class TestBoardChannel(BoardCase):
    def heard(self, user, *names):
        """:return: the places that a user who asks for these channels hears"""
        socket = self.env["ir.websocket"].with_user(user)
        with MockRequest(socket.env):
            channels = socket._build_bus_channel_list(list(names))
        return [
            (channel[0]._name, channel[0].id, channel[1])
            for channel in channels
            if isinstance(channel, tuple) and channel[1] == const.BOARD
        ]

    def test_who_may_read_the_place_hears_it(self):
        task = self.converse()
        name = task.viber_desk["channel"]
        self.assertEqual(self.heard(self.agent, name), [self.board(task)])

    def test_another_company_hears_nothing(self):
        task = self.converse()
        company = self.env["res.company"].create({"name": "Other"})
        self.move_to_company(self.account.company_id)
        other = new_test_user(
            self.env,
            "other-company",
            groups=self.agent_groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        name = task.viber_desk["channel"]
        own = f"{const.BOARD}_res.company_{self.account.company_id.id}"
        self.assertEqual(self.heard(other, name, own), [])

    def test_nobody_from_outside_hears_anything(self):
        task = self.converse()
        self.open_to("portal")
        name = task.viber_desk["channel"]
        for groups in ("base.group_portal", "base.group_public", "base.group_user"):
            user = new_test_user(self.env, groups, groups=groups)
            task._viber_container().message_subscribe(user.partner_id.ids)
            with self.subTest(groups=groups):
                self.assertEqual(self.heard(user, name), [])

    def test_other_names_are_no_places(self):
        task = self.converse()
        name = task.viber_desk["channel"]
        for wrong in (
            f"{name}x",
            f"x{name}",
            f"{const.BOARD}_res.partner_{self.agent.partner_id.id}",
            f"{const.BOARD}_no.model_1",
            f"{const.BOARD}_{self.carrier}_{task.id}",
            f"{const.BOARD}_project.project_99999999999999999999",
        ):
            with self.subTest(name=wrong):
                self.assertEqual(self.heard(self.agent, wrong), [])


class TestHiddenPlaces(BoardCase):
    """Where a project is for some only."""

    def test_an_agent_who_may_not_see_a_project_does_not_hear_it(self):
        task = self.converse()
        self.open_to("followers")
        stranger = new_test_user(self.env, "stranger", groups=self.agent_groups)
        heard = TestBoardChannel.heard
        name = task.viber_desk["channel"]
        self.assertEqual(heard(self, stranger, name), [])
        self.assertFalse(
            self.env["viber.conversation.mixin"]
            .with_user(stranger)
            .viber_waiting_for_me()
        )
        task._viber_container().message_subscribe(stranger.partner_id.ids)
        self.assertEqual(heard(self, stranger, name), [self.board(task)])
