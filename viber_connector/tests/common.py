"""What the addon's tests share: an account, a customer, Viber's side of the wire."""

import hashlib
import hmac
import io
import itertools
import json
import threading
import time
from contextlib import nullcontext
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPResponse

from odoo.tests import HttpCase, tagged
from odoo.tests.common import HOST, TransactionCase, new_test_user

from .. import const
from ..tools import callback

API_URL = "https://viber.test/pa"
TOKEN = "00000000-test-token"
CUSTOMER_ID = "G9w+whL4SNhsQnmLa/NccA=="


class FakeViber:
    """The Bot API behind ``requests.Session.send``: keeps what came, obeys orders."""

    def __init__(self):
        self.requests = []
        self.files = {}
        self.downloads = []
        self.webhook = ""
        self.info = {"name": "Service desk", "uri": "servicedesk"}
        self._answers = {}
        self._tokens = itertools.count(6209204876437859522)
        self._lock = threading.Lock()

    def answer(self, method, *answers):
        """Answer the next calls of a method otherwise than with success.

        :param str method: ``send_message`` and so on
        :param answers: for each call a dict (JSON), an int (HTTP status), or an
            exception to raise
        """
        self._answers.setdefault(method, []).extend(answers)

    def sent(self):
        """:return: the bodies of all ``send_message`` calls, in order"""
        return [body for method, body in self.requests if method == "send_message"]

    def texts(self):
        """:return: what was said in all ``send_message`` calls, in order"""
        return [body.get("text") for body in self.sent()]

    def handle(self, request):
        """Take a prepared request, give a response (or raise)."""
        method = request.url.rpartition("/")[2]
        body = json.loads(request.body)
        with self._lock:
            self.requests.append((method, body))
            canned = self._answers.get(method)
            answer = canned.pop(0) if canned else self._succeed(method, body)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer if isinstance(answer, int) else 200
        content = b"" if isinstance(answer, int) else json.dumps(answer).encode()
        response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
        return response

    def serve(self, url, content=b"", content_type="", status=200, **headers):
        """Have a file where the customer's phone has put it.

        :param str url: its address; others answer 404
        :param bytes | Exception content: of the file, or what to raise
        """
        if content_type:
            headers["Content-Type"] = content_type
        self.files[url] = (content, status, headers)

    def download(self, request):
        """Take a prepared request for a file, give a response (or raise)."""
        with self._lock:
            self.downloads.append(request.url)
        content, status, headers = self.files.get(request.url, (b"", 404, {}))
        if isinstance(content, Exception):
            raise content
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
        return response

    def _succeed(self, method, body):
        answer = {"status": 0, "status_message": "ok"}
        if method == "set_webhook":
            self.webhook = body["url"]
        elif method == "get_account_info":
            answer |= self.info | {"webhook": self.webhook}
        elif method == "send_message":
            answer |= {"message_token": next(self._tokens), "billing_status": 1}
        return answer


@tagged("post_install", "-at_install")
class ViberCase(TransactionCase):
    """A connected account, an agent, and helpers that speak as Viber does.

    Conversations are tasks, unless a bridge's tests name another carrier.
    """

    carrier = "project.task"
    agent_groups = "project.group_project_user"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # However busy the machine is, a run does not give way to jobs that others woke.
        cls.startClassPatcher(patch.object(const, "JOB_SLICE", 60))
        cls.viber = FakeViber()
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("viber_connector.api_url", API_URL)
        cls.account_values = cls.set_up_carrier()
        cls.account = cls.env["viber.account"].create(
            {
                "auth_token": TOKEN,
                "base_url": "https://odoo.example.com",
                **cls.account_values,
            }
        )
        cls.account.action_connect()
        cls.agent = new_test_user(cls.env, "viber_agent", groups=cls.agent_groups)
        cls.tokens = itertools.count(6209201920139864907, 1 << 22)
        # A while ago, so that links to files live and the future stays free.
        cls.clock = itertools.count(int(time.time() - 600) * 1000 + 204, 1000)

    @classmethod
    def set_up_carrier(cls):
        """Have a place for conversations.

        :return: what an account says of it
        """
        cls.project = cls.env["project.project"].create(
            {
                "name": "Support",
                "type_ids": [
                    (0, 0, {"name": "New", "sequence": 1}),
                    (0, 0, {"name": "Done", "sequence": 2, "fold": True}),
                ],
            }
        )
        return {"project_id": cls.project.id}

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        if request.url.startswith(API_URL):
            return cls.viber.handle(request)
        if request.method == "GET" and urlsplit(request.url).hostname != HOST:
            return cls.viber.download(request)
        return super()._request_handler(session, request, **kwargs)

    def setUp(self):
        super().setUp()
        self.viber.requests.clear()
        self.viber.downloads.clear()
        self.addCleanup(self.viber._answers.clear)
        self.addCleanup(self.viber.files.clear)

    # -- Viber speaks ------------------------------------------------------------

    def event(self, event="message", user_id=CUSTOMER_ID, **values):
        """:return: a callback as Viber would send it, decoded"""
        data = {
            "event": event,
            "timestamp": next(self.clock),
            "chat_hostname": "SN-CALLBACK-04_",
            "message_token": next(self.tokens),
        }
        if event in ("delivered", "seen", "failed", "unsubscribed"):
            data["user_id"] = user_id
        else:
            key = "sender" if event == "message" else "user"
            data[key] = {
                "id": user_id,
                "name": "Olena Koval",
                "language": "uk-UA",
                "country": "UA",
                "api_version": 10,
            }
        return data | values

    def text(self, text, **values):
        """:return: the callback of a customer's text"""
        message = {"type": "text", "text": text} | values.pop("message", {})
        return self.event(message=message, **values)

    def message(self, **message):
        """:return: the callback of a customer's message of any kind"""
        return self.event(message=message)

    def receive(self, *events, account=None):
        """Put callbacks into the inbox.

        :param events: decoded callbacks, or raw bytes
        :return: their rows, in the same order
        """
        account = account or self.account
        rows = self.env["viber.event"]
        for event in events:
            body = event if isinstance(event, bytes) else json.dumps(event).encode()
            parsed = callback.parse(body)
            rows._store(account, parsed, body)
            rows |= rows.search(
                [
                    ("account_id", "=", account.id),
                    ("message_token", "=", parsed.token),
                    ("event_type", "=", parsed.event),
                ]
            )
        return rows

    def run_job(self, name):
        """Run a job as the scheduler does."""
        # An HttpCase is in test mode from its start.
        is_ready = isinstance(self, HttpCase)
        with nullcontext() if is_ready else self.enter_registry_test_mode():
            self.env.ref(f"viber_connector.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def process(self):
        """Work off the inbox."""
        self.run_job("ir_cron_process_events")

    def send(self):
        """Work off the outbox."""
        self.run_job("ir_cron_send_messages")

    def converse(self, text="Good day, my printer is on fire", **values):
        """Have a customer write.

        :return: the conversation that their message is in
        """
        [row] = self.receive(self.text(text, **values))
        self.process()
        self.assertEqual(row.state, "done", row.error)
        return self.conversation(row)

    def conversation(self, row):
        """:return: the conversation of an event, a message or a chatter message"""
        model = row.model if row._name == "mail.message" else row.res_model
        return self.env[model or self.carrier].browse(row.res_id or [])

    def make_record(self, **values):
        """:return: a record like those of conversations that is none"""
        values = {"name": "Plain", "project_id": self.project.id} | values
        return self.env[self.carrier].create(values)

    def make_hidden_record(self):
        """:return: one that agents do not see"""
        return self.env[self.carrier].create({"name": "Private"})

    def open_to(self, visibility):
        """:param str visibility: of the place, as projects call it"""
        self.project.privacy_visibility = visibility

    def move_to_company(self, company):
        """Have the place of conversations belong to a company."""
        self.project.company_id = company

    def assign(self, conversation, user):
        """Have an agent work on it."""
        conversation.user_ids = user

    def comments(self, task):
        """:return: what was said in a conversation's chatter, in order"""
        return task.message_ids.filtered(
            lambda message: message.message_type == "comment"
        ).sorted("id")

    # -- the agent answers ---------------------------------------------------------

    def reply(self, task, body="It is being extinguished", **values):
        """Have the agent post a comment in a conversation's chatter.

        :return: the chatter message
        """
        values = {
            "body": body,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
        } | values
        return task.with_user(self.agent).message_post(**values)

    def outbox(self, message):
        """:return: the rows of the outbox that a chatter message made"""
        rows = self.env["viber.message"].search([("mail_message_id", "=", message.id)])
        return rows.sorted("id")

    def notification(self, message):
        """:return: the Viber notification of a chatter message"""
        return message.notification_ids.filtered(
            lambda notification: notification.notification_type == "viber"
        )


def sign(body, token=TOKEN):
    """Sign a body by other means than the code under test.

    :param bytes body: the body
    :rtype: str
    """
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
