"""Where Viber's callbacks arrive: authenticate, store one row, answer."""

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import const
from ..tools import callback, payload, signature


class ViberWebhook(http.Controller):
    # auth="none": no user is needed to read a signature; without readonly=False such a
    # route would get a read-only cursor where a replica is set up.
    @http.route(
        const.WEBHOOK_PATH + "<string:webhook_key>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=const.CALLBACK_MAX_BYTES,
    )
    def receive(self, webhook_key, **_query):
        """Take a callback of Viber's into the inbox.

        :param str webhook_key: the account's, from the address
        :return: 200 when the event is stored (now or earlier); 403, always the same,
            when the key is unknown or the signature is missing or wrong
        """
        body = request.httprequest.get_data()
        accounts = request.env(user=SUPERUSER_ID)["viber.account"]
        account, auth_token = accounts._from_webhook_key(webhook_key)
        event = callback.parse(body)
        if account and event.event == const.PROBE_EVENT:
            return self._answer(200)
        given = request.httprequest.headers.get(const.SIGNATURE_HEADER)
        if not account or not signature.is_valid(body, given, auth_token):
            return self._answer(403)
        account.env["viber.event"]._store(account, event, body)
        return self._answer(200, self._welcome(account, event))

    def _welcome(self, account, event):
        """:return: the body of the answer, which may greet who opened the chat; the
            same for the same event, should Viber repeat it
        :rtype: bytes
        """
        if event.event != "conversation_started":
            return b""
        text = account._welcome(event)
        if not text:
            return b""
        sender = payload.Sender(account.name, account.icon_url or "")
        return payload.encode(payload.build_welcome(text, sender))

    def _answer(self, status, body=b""):
        headers = {"Content-Type": "application/json"} if body else {}
        return request.make_response(body, status=status, headers=headers)
