"""What an agent waits for a board or a list; runs in ``odoo shell``.

Each is read as the client reads it, with the addon's columns and without them.
"""
# ruff: noqa: F821 - "env" is there in Odoo's shell

import ast
import json
import time

CONVERSATIONS = 200
MESSAGES = 20_000
FAILED = 20
PAGE = 80
RUNS = 25


def conversations():
    """:return: the open conversations, with their messages (project.task)"""
    account = env["viber.account"].search([], limit=1)
    account._ensure_project()
    partners = env["res.partner"].create(
        [{"name": f"Customer {number}"} for number in range(CONVERSATIONS)]
    )
    subscribers = env["viber.subscriber"].create(
        [
            {
                "account_id": account.id,
                "viber_user_id": f"views-{partner.id}==",
                "name": partner.name,
                "partner_id": partner.id,
            }
            for partner in partners
        ]
    )
    # A project of their own: the other figures leave theirs behind.
    project = account.project_id.copy({"name": "Views"})
    tasks = env["project.task"].create(
        [
            {
                "name": f"Conversation {subscriber.id}",
                "project_id": project.id,
                "partner_id": subscriber.partner_id.id,
                "viber_subscriber_id": subscriber.id,
            }
            for subscriber in subscribers
        ]
    )
    env.flush_all()
    _say(tasks)
    env.cr.execute(
        "UPDATE project_task SET viber_last_message_preview = name, "
        "viber_last_message_date = now() AT TIME ZONE 'UTC', "
        "viber_waiting_since = now() AT TIME ZONE 'UTC' - id * interval '1 minute' "
        "WHERE id IN %s",
        [tuple(tasks.ids)],
    )
    env.cr.commit()
    env.cr.execute("ANALYZE mail_message, mail_notification, project_task")
    env.cr.commit()
    env.invalidate_all()
    return tasks


def _say(tasks):
    """Fill the chatters, and have some messages fail."""
    env.cr.execute(
        "INSERT INTO mail_message (model, res_id, body, message_type, subtype_id, "
        "author_id, date, create_date) SELECT 'project.task', task.id, 'Hello', "
        "'comment', %s, task.partner_id, now() AT TIME ZONE 'UTC', "
        "now() AT TIME ZONE 'UTC' FROM project_task task, generate_series(1, %s) "
        "WHERE task.id IN %s RETURNING id, res_id, author_id",
        [
            env.ref("mail.mt_comment").id,
            MESSAGES // CONVERSATIONS,
            tuple(tasks.ids),
        ],
    )
    rows = env.cr.fetchall()
    failed = {row[0] for row in rows[:: len(rows) // FAILED]}
    env.cr.execute_values(
        "INSERT INTO mail_notification (mail_message_id, res_partner_id, "
        "notification_type, notification_status, is_read) VALUES %s",
        [
            (row[0], row[2], "viber", "exception" if row[0] in failed else "sent", True)
            for row in rows
        ],
    )


def view(tasks, view_id, view_type):
    """:return: the fields of a view, and how the client asks for each (dict)"""
    models = tasks.get_views([(view_id, view_type)])["models"]
    found = {}
    for name in models[tasks._name]["fields"]:
        field = tasks._fields[name]
        many = field.type in ("many2one", "many2many")
        found[name] = {"fields": {"display_name": {}}} if many else {}
    # What the widget of the time that somebody waits needs.
    return found | {"viber_desk": {}}


def seconds(read):
    env.invalidate_all()
    started = time.monotonic()
    read()
    return time.monotonic() - started


def compare(name, fields, read):
    """Print the figure of one view.

    :param dict fields: how each is asked for
    :param callable read: takes such a dict
    """
    bare = {key: value for key, value in fields.items() if not key.startswith("viber_")}
    # By turns, so that what else the machine does meets both.
    pairs = [
        (seconds(lambda: read(fields)), seconds(lambda: read(bare)))
        for _ in range(RUNS + 1)
    ][1:]
    medians = [sorted(times)[RUNS // 2] for times in zip(*pairs, strict=True)]
    print("FIGURE", json.dumps([name, *medians]), flush=True)


def main():
    tasks = conversations().with_user(env.ref("base.user_admin"))
    domain = [("project_id", "=", tasks.project_id.id)]
    compare(
        "board",
        view(tasks, env.ref("project.view_task_kanban").id, "kanban"),
        lambda fields: tasks.web_read_group(
            domain,
            ["stage_id"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=fields,
            unfold_read_default_limit=PAGE,
        ),
    )
    compare(
        "task_list",
        view(tasks, env.ref("project.project_task_view_tree_base").id, "list"),
        lambda fields: tasks.web_search_read(domain, fields, limit=PAGE),
    )
    action = env.ref("viber_connector.viber_conversation_action")
    [listed] = [found.view_id for found in action.view_ids if found.view_mode == "list"]
    compare(
        "conversations",
        view(tasks, listed.id, "list"),
        lambda fields: tasks.web_search_read(
            ast.literal_eval(action.domain),
            fields,
            limit=PAGE,
            order="viber_waiting_since, viber_last_message_date desc, id desc",
        ),
    )


main()
