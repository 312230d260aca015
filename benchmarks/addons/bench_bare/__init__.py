"""The least that a webhook can do: check a signature, insert a row, answer."""

import hashlib
import hmac

from odoo import SUPERUSER_ID, fields, http, models
from odoo.http import request

KEY = b"bench"


class BenchRow(models.Model):
    _name = "bench.row"
    _description = "Bare Row"

    body = fields.Text()


class BareWebhook(http.Controller):
    @http.route(
        "/bench/bare",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def receive(self, **_query):
        body = request.httprequest.get_data()
        expected = hmac.new(KEY, body, hashlib.sha256).hexdigest()
        given = request.httprequest.headers.get("X-Viber-Content-Signature", "")
        if not hmac.compare_digest(expected, given):
            return request.make_response("", status=403)
        request.env(user=SUPERUSER_ID)["bench.row"].create({"body": body.decode()})
        return request.make_response("")
