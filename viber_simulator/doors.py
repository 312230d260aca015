"""Who is answered: the developer's own programs and pages, not everybody's.

A web page from anywhere can make its reader's browser call an address of the reader's
own machine, even under a name of its own that it lets point there.
"""

from aiohttp import web

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
OWN_SITES = ("same-origin", "none")  # none: typed, or a program's call


@web.middleware
async def guard(request, handler):
    """Refuse calls under foreign names, and control calls that foreign pages make."""
    host = request.headers.get("Host", "").lower()
    if host not in _own_hosts(request.transport):
        return _refusal(403, f"This is not {host!r}: call it by its own address.")
    if _is_control(request):
        if not _is_own_page(request, host):
            return _refusal(403, "Pages of others have no control here.")
        if _may_be_form(request):
            return _refusal(415, "A control call is sent as application/json.")
    return await handler(request)


def _own_hosts(transport):
    """:return: what may stand in ``Host`` on this connection (list of str)"""
    if transport is None:
        return []  # the connection is gone
    address, port = transport.get_extra_info("sockname")[:2]
    # Nobody can make a name out of an address, so the one that was reached is good.
    names = {*LOCAL_NAMES, f"[{address}]" if ":" in address else address}
    return [*(f"{name}:{port}" for name in names), *(names if port == 80 else ())]


def _is_control(request):
    resource = request.match_info.route.resource
    return resource is not None and resource.canonical.startswith("/control/")


def _is_own_page(request, host):
    """Browsers name the page that calls, by an origin or at least by its kind."""
    origin = request.headers.get("Origin", f"http://{host}")
    site = request.headers.get("Sec-Fetch-Site", "none")
    return origin == f"http://{host}" and site in OWN_SITES


def _may_be_form(request):
    """Forms, and scripts that ask for no leave, cannot send JSON as such."""
    is_upload = request.match_info.route.resource.canonical == "/control/media"
    is_json = request.content_type == "application/json"
    return request.can_read_body and not is_json and not is_upload


def _refusal(status, text):
    return web.json_response({"error": text}, status=status)
