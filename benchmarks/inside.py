"""Figures that are taken within one Odoo process; runs in ``odoo shell``."""
# ruff: noqa: F821 - "env" is there in Odoo's shell

import json
import time
import uuid

COUNT = 200
CUSTOMERS = 20


def rate(work, count):
    """Call ``work()`` once, which does ``count`` things; things in a second."""
    started = time.monotonic()
    work()
    return count / (time.monotonic() - started)


def median(measure, runs=5):
    return sorted(measure() for _ in range(runs))[runs // 2]


account = env["viber.account"].search([], limit=1)
inbox = env["viber.event"]
env.cr.commit()


def store(user, text):
    from odoo.addons.viber_connector.tools import callback

    body = json.dumps(
        {
            "event": "message",
            "timestamp": int(time.time() * 1000),
            "message_token": uuid.uuid4().int >> 66,
            "sender": {"id": user, "name": f"Customer {user}"},
            "message": {"type": "text", "text": text},
        }
    ).encode()
    inbox._store(account, callback.parse(body), body)


def texts():
    """Customers' texts into the chatter, against bare message_post + commit."""
    users = [f"text-{number}==" for number in range(CUSTOMERS)]
    for user in users:
        store(user, "First")
    env.cr.commit()
    inbox._process_queue()
    theirs = env["viber.subscriber"].search([("viber_user_id", "in", users)]).task_ids
    # The same tasks, with the same followers, that no customer in Viber has to do with.
    tasks = env["project.task"].create(
        [
            {
                "name": "First",
                "project_id": task.project_id.id,
                "partner_id": task.partner_id.copy({"viber_subscriber_ids": [(5,)]}).id,
                "user_ids": [(5,)],
            }
            for task in theirs
        ]
    )
    for task in tasks:
        task.message_subscribe(task.partner_id.ids)
    env.cr.commit()

    def ours():
        for number in range(COUNT):
            store(users[number % CUSTOMERS], f"Message {number}")
        env.cr.commit()
        return rate(inbox._process_queue, COUNT)

    def bare():
        def work():
            for number in range(COUNT):
                task = tasks[number % CUSTOMERS]
                task.message_post(
                    body=f"Message {number}",
                    author_id=task.partner_id.id,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
                env.cr.commit()

        return rate(work, COUNT)

    bare(), ours()  # warm
    return median(ours, 3), median(bare, 3)


def first_messages():
    """Contact, task and first message, against bare creation of the three."""
    count = 40

    def ours():
        for _ in range(count):
            store(f"{uuid.uuid4()}==", "First")
        env.cr.commit()
        return rate(inbox._process_queue, count)

    def bare():
        def work():
            for number in range(count):
                partner = env["res.partner"].create({"name": f"Bare {number}"})
                task = env["project.task"].create(
                    {
                        "name": "First",
                        "description": "<p>First</p>",
                        "project_id": account.project_id.id,
                        "partner_id": partner.id,
                        "user_ids": [(5,)],
                    }
                )
                task.message_subscribe(partner.ids)
                task.message_post(
                    body="First",
                    author_id=partner.id,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
                env.cr.commit()

        return rate(work, count)

    bare(), ours()
    return median(ours, 3), median(bare, 3)


def agents_post():
    """Seconds of an agent's post in Viber, against one whose follower gets e-mail."""
    store("agent==", "First")
    env.cr.commit()
    inbox._process_queue()
    viber = env["viber.subscriber"].search([("viber_user_id", "=", "agent==")]).task_ids
    friend = env["res.partner"].create({"name": "F", "email": "f@example.com"})
    plain = env["project.task"].create(
        {"name": "Plain", "project_id": account.project_id.id, "user_ids": [(5,)]}
    )
    plain.message_subscribe(friend.ids)
    env.cr.commit()
    admin = env.ref("base.user_admin")
    once = {"mail_notify_force_send": False}

    def seconds(task):
        task = task.with_user(admin).with_context(**once)

        def work():
            for number in range(50):
                task.message_post(
                    body=f"Answer {number}",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
                env.cr.commit()

        return 1 / rate(work, 50)

    seconds(plain), seconds(viber)
    return median(lambda: seconds(viber)), median(lambda: seconds(plain))


for figure in (texts, first_messages, agents_post):
    ours, bare = figure()
    print("FIGURE", json.dumps([figure.__name__, ours, bare]), flush=True)
