"""The webhook of a real server: repeats, forgers, and a crash."""

import hashlib
import hmac
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from viber_simulator.testing import wait_until

from .support.locks import held
from .support.pace import check_prompt

# As a job that runs holds it: a callback may still ask for its next run.
HOLD_JOB = """
    SELECT cron.id FROM ir_cron cron
      JOIN ir_model_data name ON name.model = 'ir.cron' AND name.res_id = cron.id
     WHERE name.name = 'ir_cron_process_events' FOR NO KEY UPDATE OF cron
"""
PENDING = "SELECT 1 FROM viber_event WHERE state = 'pending'"
# Promised for each answer.
ANSWER_SECONDS = 0.5


def _event(text):
    """:return: the body (bytes) of a customer's message."""
    data = {
        "event": "message",
        "timestamp": int(time.time() * 1000),
        "message_token": secrets.randbits(60),
        "sender": {"id": "G9w+whL4SNhsQnmLa/NccA==", "name": "Olena Koval"},
        "message": {"type": "text", "text": text},
    }
    return json.dumps(data).encode()


def _sign(body, token):
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def _post(url, body, signature):
    """:return: status code and seconds of one callback."""
    started = time.monotonic()
    headers = {"X-Viber-Content-Signature": signature}
    response = requests.post(url, body, headers=headers, timeout=30)
    return response.status_code, time.monotonic() - started


@pytest.fixture
def url(account):
    return account.read("webhook_url")["webhook_url"]


@pytest.mark.alone
@pytest.mark.parametrize("connections", [1, 5], ids=["in turn", "at once"])
def test_a_callback_that_comes_five_times_is_one_message(account, url, connections):
    texts = []

    def post_five(number):
        texts.append(f"Try {number} of five over {connections} connections")
        body = _event(texts[-1])
        signature = _sign(body, account.bot["token"])
        with ThreadPoolExecutor(connections) as pool:
            answers = list(pool.map(lambda _n: _post(url, body, signature), range(5)))
        assert {status for status, _seconds in answers} == {200}
        return max(seconds for _status, seconds in answers)

    check_prompt(account.odoo, ANSWER_SECONDS, post_five)
    wait_until(lambda: not account.odoo.sql(PENDING), what="an empty inbox")
    for text in texts:
        domain = [("body", "ilike", text)]
        assert account.odoo.rpc("mail.message", "search_count", domain) == 1


def test_forged_callbacks_leave_no_trace(account, url):
    body = _event("I am somebody else")
    forgeries = [
        (url, _sign(body, secrets.token_hex(16))),
        (url, ""),
        (url.rpartition("/")[0] + "/" + secrets.token_urlsafe(24), "0" * 64),
        (url, _sign(body + b"\n", account.bot["token"])),
    ] * 50
    before = account.odoo.sql("SELECT count(*) FROM viber_event")
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda forged: _post(forged[0], body, forged[1]), forgeries)
        )
    assert len(answers) == 200
    assert {status for status, _seconds in answers} == {403}
    assert account.odoo.sql("SELECT count(*) FROM viber_event") == before


def test_a_crash_between_callback_and_processing_loses_nothing(account, variables, url):
    body = _event("Before the crash")
    # The job can't start meanwhile, so that the crash surely comes before it.
    with held(variables, account.odoo.database, HOLD_JOB):
        assert _post(url, body, _sign(body, account.bot["token"]))[0] == 200
        account.odoo.kill()
    assert account.odoo.sql(PENDING)
    account.odoo.start()
    messages = "mail.message", "search_count", [("body", "ilike", "Before the crash")]
    # Odoo's own scheduler looks for work a minute after its start for the first time.
    wait_until(lambda: account.odoo.rpc(*messages), timeout=180, what="the message")
    assert account.odoo.rpc(*messages) == 1
