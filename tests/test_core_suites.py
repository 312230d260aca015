"""What has nothing to do with Viber is, and costs, what it does without the addon."""

import json
from pathlib import Path

import pytest

from devtools import databases, odoo
from devtools.shell import run

from .support import core_suites, plain_task

pytestmark = pytest.mark.patient

# Where the addon adds to a model of Odoo's: tasks, messages, notifications, contacts,
# portal. Without those that look at a browser or wait for the clock.
TESTS = (
    "mail/tests/test_mail_message.py",
    "mail/tests/test_res_partner.py",
    "mail/tests/test_update_notification.py",
    "portal/tests/test_message_format_portal.py",
    "portal/tests/test_portal.py",
    "project/tests/test_access_rights.py",
    "project/tests/test_portal.py",
    "project/tests/test_project_base.py",
    "project/tests/test_project_flow.py",
    "project/tests/test_project_mail_features.py",
    "project/tests/test_project_recurrence.py",
    "project/tests/test_project_sharing.py",
    "project/tests/test_project_sharing_portal_access.py",
    "project/tests/test_task_follow.py",
    "project/tests/test_task_templates.py",
    "project/tests/test_task_tracking.py",
    "test_mail/tests/test_controller_thread.py",
    "test_mail/tests/test_mail_followers.py",
    "test_mail/tests/test_mail_management.py",
    "test_mail/tests/test_mail_message_security.py",
    "test_mail/tests/test_mail_thread_internals.py",
    "test_mail/tests/test_message_post.py",
)


def test_none_fails_because_of_the_addon(variables, tmp_path):
    ran, failed = core_suites.run(variables, tmp_path, databases.CONNECTOR, TESTS)
    assert {name.partition("::")[0] for name in ran} == set(TESTS)
    if failed:
        # Some fail on a machine like this one anyhow: only these are worth a run
        # without the addon.
        _ran, anyhow = core_suites.run(variables, tmp_path, databases.BASE, failed)
        failed -= anyhow
    assert failed == set()


def test_what_is_no_conversation_costs_and_tells_no_more(variables):
    without, with_addon = (
        _plain_task(variables, template)
        for template in (databases.BASE, databases.CONNECTOR)
    )
    assert with_addon == without


def _plain_task(variables, template):
    """:return: what ``plain_task.report`` prints in a database of its own (dict)."""
    script = Path(plain_task.__file__).read_text() + "\nreport(env)\n"
    with databases.temporary(variables, f"plain-{template}", template) as database:
        command = odoo.command("shell", "-d", database, "--no-http")
        output = run(*command, "--log-level=error", env=variables, input=script)
    return json.loads(output.splitlines()[-1])
