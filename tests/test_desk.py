"""Who waits, who is told and who takes it, with a real server and real processes."""

from concurrent.futures import ThreadPoolExecutor

from viber_simulator.testing import wait_until

POSTS = 6


def waits(account, task):
    """:return: the waits of a conversation, oldest first (list of dict)"""
    domain = [("res_model", "=", account.carrier), ("res_id", "=", task)]
    fields = ["since", "until", "end_reason", "user_id"]
    return account.odoo.rpc(
        "viber.wait", "search_read", domain, fields, order="since, id"
    )


def waiting_since(account, task):
    fields = ["viber_waiting_since"]
    [row] = account.odoo.rpc(account.carrier, "read", [task], fields)
    return row["viber_waiting_since"]


def test_agents_and_the_customer_write_at_the_same_time(account, customer):
    task = account.write(customer, "Hello")
    # Two first messages of the same agent would make them follow twice: Odoo's.
    account.comment(task, "Good day")
    for number in range(POSTS):
        account.viber.write(customer, account.bot, f"Are you there? {number}")
    with ThreadPoolExecutor(POSTS) as pool:
        list(pool.map(lambda n: account.comment(task, f"Yes {n}"), range(POSTS)))
    account.viber.wait_for_message(customer, account.bot, f"Yes {POSTS - 1}")
    last = f"Are you there? {POSTS - 1}"
    domain = [("res_id", "=", task), ("body", "ilike", last)]
    wait_until(lambda: account.odoo.rpc("mail.message", "search", domain))
    rows = waits(account, task)
    for earlier, later in zip(rows, rows[1:], strict=False):
        assert earlier["until"] and earlier["until"] <= later["since"]
    is_open = not rows[-1]["until"]
    assert bool(waiting_since(account, task)) == is_open
    account.comment(task, "That was all")
    assert not waiting_since(account, task)
    assert {row["end_reason"] for row in waits(account, task)} == {"answered"}


def test_nobody_who_writes_after_the_answer_is_forgotten(account, customer):
    task = account.write(customer, "Hello")
    for number in range(POSTS):
        account.comment(task, f"Answer {number}")
        account.write(customer, f"Question {number}")
        assert waiting_since(account, task)


def test_the_team_is_told_once_for_each_wait(account, customer):
    odoo = account.odoo
    group = odoo.rpc(
        *("ir.model.data", "search_read"),
        [("name", "=", "group_project_user"), ("module", "=", "project")],
        ["res_id"],
    )[0]["res_id"]
    values = {
        "name": "Oksana",
        "login": "oksana",
        "password": "oksana-oksana",
        "notification_type": "inbox",
        "group_ids": [(4, group)],
    }
    user = odoo.rpc("res.users", "create", values)
    odoo.rpc("viber.account", "write", [account.id], {"notify_user_ids": [(4, user)]})
    task = account.write(customer, "Is anybody there?")
    account.write(customer, "Hello?")
    domain = [
        ("mail_message_id.res_id", "=", task),
        ("mail_message_id.model", "=", account.carrier),
        ("res_partner_id.user_ids", "=", user),
    ]
    told = odoo.rpc("mail.notification", "search_read", domain, ["notification_type"])
    assert [row["notification_type"] for row in told] == ["inbox"]
    account.comment(task, "Here we are")
    account.write(customer, "One thing more")
    assert odoo.rpc("mail.notification", "search_count", domain) == 1
