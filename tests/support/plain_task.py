"""What is done with a task that is no conversation: in queries, and what is told.

Read into ``odoo shell``, which has the environment.
"""

import json

COMMENT = {
    "body": "Hello",
    "message_type": "comment",
    "subtype_xmlid": "mail.mt_comment",
}


def report(env):
    """Print all as one line of JSON, for who started the shell.

    :param Environment env: of the superuser
    """
    print(json.dumps(_measure(env)))


def _measure(env):
    """:return: dict: number of queries (int) by what was done, and the names of what
    the client is told of a message (dict of lists by model)
    """
    agent = _user(env, "agent", "project.group_project_user")
    portal = _user(env, "collaborator", "base.group_portal")
    project = env["project.project"].create(
        {
            "name": "Plain",
            "privacy_visibility": "portal",
            "type_ids": [(0, 0, {"name": "New"})],
            "collaborator_ids": [(0, 0, {"partner_id": portal.partner_id.id})],
        }
    )
    project.message_subscribe(portal.partner_id.ids)
    customer = env["res.partner"].create({"name": "C", "email": "c@example.com"})
    vals = {"name": "Plain", "project_id": project.id, "partner_id": customer.id}
    task = env["project.task"].create(vals | {"user_ids": [(6, 0, agent.ids)]})
    task.message_subscribe((customer + portal.partner_id).ids)
    alone = task.create({"name": "Alone", "project_id": project.id})
    message = task.with_user(agent).message_post(**COMMENT)
    seen = task.with_user(agent)
    shared = task.with_user(portal).with_context(default_project_id=project.id)
    done = {
        "create": lambda: seen.create(vals),
        "create ten": lambda: seen.create([vals] * 10),
        "create in a shared project": lambda: shared.create({"name": "Plain"}),
        "write": lambda: seen.write({"name": "Plainer"}),
        "write in a shared project": lambda: shared.write({"name": "Plainer"}),
        "post": lambda: seen.message_post(**COMMENT),
        "post in the portal": lambda: shared.sudo().message_post(**COMMENT),
        "read messages": lambda: _to_client(message),
        "open the menu of messages": lambda: _open_menu(agent, message),
        "suggest recipients": lambda: seen._message_get_suggested_recipients_batch(),
        "open the form": lambda: _open_form(alone.with_user(agent)),
        "open the list": lambda: _open_many(alone.with_user(agent), "list"),
        "open the board": lambda: _open_many(alone.with_user(agent), "kanban"),
    }
    counts = {name: _count(env, do) for name, do in done.items()}
    told = {
        model: sorted({name for record in records for name in record})
        for model, records in _to_client(message).items()
    }
    return counts | {"told of a message": told}


def _user(env, login, group):
    vals = {
        "name": login,
        "login": login,
        "email": f"{login}@example.com",
        "group_ids": [(6, 0, [env.ref(group).id])],
    }
    return env["res.users"].with_context(no_reset_password=True).create(vals)


def _count(env, do):
    """Do it twice, so that only what it costs each time is counted; undo it."""
    for _round in range(2):
        env.flush_all()
        env.invalidate_all()
        with env.cr.savepoint() as savepoint:
            before = env.cr.sql_log_count
            do()
            env.flush_all()
            count = env.cr.sql_log_count - before
            savepoint.rollback()
        env.clear()
    return count


def _to_client(message):
    # Here, as the shell has no modules of Odoo's when this is read.
    from odoo.addons.mail.tools.discuss import Store

    return Store().add(message).get_result()


def _open_menu(user, message):
    from odoo.addons.mail.tools.discuss import Store

    user.with_user(user)._init_messaging(Store())
    message._message_notifications_to_store(Store())


def _open_form(task):
    task.web_read(_specification(task, "form"))


def _open_many(task, view_type):
    domain = [("project_id", "=", task.project_id.id)]
    task.web_search_read(domain, _specification(task, view_type))


def _specification(tasks, view_type):
    names = tasks.get_views([(False, view_type)])["models"][tasks._name]["fields"]
    display = {"fields": {"display_name": {}}}
    return {
        name: display if tasks._fields[name].type == "many2one" else {}
        for name in names
    }
