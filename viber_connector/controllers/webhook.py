"""Where Viber's callbacks arrive: authenticate, store one row, answer."""

from werkzeug.exceptions import BadRequest

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import const
from ..tools import callback, payload, signature
from .dispatcher import PathDispatcher


class ViberWebhook(http.Controller):
    """The one address that Viber calls, for all accounts."""

    # auth="none": no user is needed to read a signature; without readonly=False such a
    # route would get a read-only cursor where a replica is set up.
    @http.route(
        const.WEBHOOK_PATH + "<string:webhook_key>",
        type=PathDispatcher.routing_type,
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=const.CALLBACK_MAX_BYTES,
    )
    def receive(self, webhook_key):
        """Take a callback of Viber's into the inbox.

        Size, key and signature come first: nothing of the body is parsed before its
        sender is known. The one exception is the probe, a few kB under a known key.

        :param str webhook_key: the account's, from the address
        :return: 200 when the event is stored (now or earlier); 403, always the same,
            when the key is unknown or the signature is missing or wrong
        :raise werkzeug.exceptions.RequestEntityTooLarge: when the body says that it is
            longer than any callback
        """
        body = self._body()
        accounts = request.env(user=SUPERUSER_ID)["viber.account"]
        account, auth_tokens = accounts._from_webhook_key(webhook_key)
        given = request.httprequest.headers.get(const.SIGNATURE_HEADER)
        if not account or body is None:
            return self._answer(403)
        if not any(signature.is_valid(body, given, token) for token in auth_tokens):
            return self._refuse(account, body, given)
        event = callback.parse(body)
        if event.event == const.PROBE_EVENT:
            return self._answer(200)
        account.env["viber.event"]._store(account, event, body)
        return self._answer(200, self._welcome(account, event))

    def _body(self):
        """:return: the bytes of the body, of one in chunks no more than the longest
            callback has; ``None`` when it broke off
        :rtype: bytes | None
        """
        try:
            return request.httprequest.get_data()
        except BadRequest:
            return None

    def _refuse(self, account, body, given):
        """:param viber.account account: whose address was known
        :param str | None given: a signature of somebody else's, or none
        """
        if self._is_probe(body):
            return self._answer(200)
        # Who sends none, as our own look at the address, has signed nothing wrong.
        if given:
            account.env["viber.refusal"]._count(account)
        return self._answer(403)

    def _is_probe(self, body):
        """:return: whether an unsigned body is Viber's check of the address
        :rtype: bool
        """
        is_short = len(body) <= const.PROBE_MAX_BYTES
        return is_short and callback.parse(body).event == const.PROBE_EVENT

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
