"""The page behind a link that is handed out: public, without session or cookie."""

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import const
from ..tools import landing
from .dispatcher import PathDispatcher


class ViberLanding(http.Controller):
    @http.route(
        const.LINK_PATH + "<string:code>",
        type=PathDispatcher.routing_type,
        auth="none",
        methods=["GET"],
        save_session=False,
    )
    def show(self, code):
        """Show the page that opens the chat with a bot.

        :param str code: of the link
        :return: the page, in the visitor's language; 404, always the same, when the
            code is unknown, or its link has expired or is archived, or customers can't
            write to the account
        """
        language = request.httprequest.accept_languages.best_match(
            landing.LANGUAGES, landing.LANGUAGES[0]
        )
        page = request.env(user=SUPERUSER_ID)["viber.link"]._landing_page(code)
        if page is None:
            return self._answer(landing.gone(language), 404)
        return self._answer(landing.invitation(language, **page), 200)

    def _answer(self, html, status):
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": landing.POLICY,
            # Who is told no more is not to find it in a cache.
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
            # Its address is for whom it was given to.
            "X-Robots-Tag": "noindex",
        }
        return request.make_response(html, status=status, headers=headers)
