"""How the addresses that anybody may call are called: with their path alone."""

from odoo import http

from .. import const

_PATHS = (const.WEBHOOK_PATH, const.MEDIA_PATH, const.LINK_PATH)


class PathDispatcher(http.HttpDispatcher):
    """Hands over the request as it came.

    Odoo's own dispatcher takes a body for a form, if its type says so, and parses it
    together with the query before the controller can ask who sent it. Whatever stands
    there would be passed to the controller by its name, even as its ``self``.
    """

    routing_type = "viber_path"
    mimetypes = ("*/*",)

    @classmethod
    def is_compatible_with(cls, request):
        """:return: whether it is a request for one of our addresses, whatever its type
        :rtype: bool
        """
        return request.httprequest.path.startswith(_PATHS)

    def dispatch(self, endpoint, args):
        """Call the controller with what stands in the path, and nothing else.

        :param endpoint: the method of the controller
        :param dict args: from the path
        :rtype: odoo.http.Response
        :raise werkzeug.exceptions.NotFound: when the request names no database
        """
        if not self.request.db:
            raise self.request.not_found()
        self.request.params = args
        return self.request.registry["ir.http"]._dispatch(endpoint)
