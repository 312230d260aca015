"""What the web client asks for when it is opened."""

from odoo.http import request

from odoo.addons.mail.controllers.webclient import WebclientController


class ViberWebclientController(WebclientController):
    @classmethod
    def _process_request_for_internal_user(cls, store, name, params):
        result = super()._process_request_for_internal_user(store, name, params)
        if name == "failures":
            failures = request.env["mail.notification"]._viber_assigned_failures()
            failures.mail_message_id._message_notifications_to_store(store)
        return result
