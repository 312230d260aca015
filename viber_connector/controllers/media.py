"""Files for Viber and the customers' phones: by a signed link, without a session."""

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import const
from .dispatcher import PathDispatcher

# What a browser may show; anything else is saved.
_SHOWN = ("image/jpeg", "image/png", "image/gif", "video/mp4", "application/pdf")


class ViberMedia(http.Controller):
    @http.route(
        const.MEDIA_PATH + "<string:token>/<string:name>",
        type=PathDispatcher.routing_type,
        auth="none",
        methods=["GET", "HEAD"],
        save_session=False,
    )
    def media(self, token, name):
        """Serve the one file that a link was made for: bytes, never a redirect.

        :param str token: says which, and till when (``ir.attachment._viber_url``)
        :param str name: as it was signed
        :return: the file, or parts of it; 404 when the link is forged or too old, or
            the file has changed since
        """
        env = request.env(user=SUPERUSER_ID)
        attachment = env["ir.attachment"]._viber_from_token(token, name)
        if not attachment:
            raise request.not_found()
        stream = env["ir.binary"]._get_stream_from(attachment, filename=name)
        if stream.type == "url":
            raise request.not_found()
        if stream.mimetype.startswith("image/"):
            # By the bytes: Odoo goes by the name, and Viber refuses what is not so.
            stream.mimetype = attachment._viber_guess_mimetype()
        stream.public = True
        return stream.get_response(as_attachment=stream.mimetype not in _SHOWN)
