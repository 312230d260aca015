from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import address

PUBLIC = (
    "https://odoo.example.com",
    "https://odoo.example.com:8443/path?query",
    "HTTPS://ODOO.EXAMPLE.COM",
    "https://8.8.8.8",
    "https://[2606:4700::1111]",
)
PLAIN_HTTP = ("http://odoo.example.com", "http://8.8.8.8")
LOOPBACK = (
    "http://localhost",
    "http://LOCALHOST:8069",
    "http://127.0.0.1:8069",
    "https://127.8.9.1",
    "http://[::1]:8069",
)
PRIVATE = (
    "https://10.0.0.7",
    "https://172.16.0.1",
    "https://192.168.1.5",
    "https://169.254.169.254",
    "https://0.0.0.0",
    "https://[fe80::1]",
    "https://[fd00::1]",
    "https://[::ffff:10.0.0.1]",
    "https://odoo",
    "https://odoo.local",
    "https://app.localhost",
    "https://db.internal",
)
NO_ADDRESS = (
    None,
    False,
    "",
    "odoo.example.com",
    "//odoo.example.com",
    "https://",
    "https:///path",
    "https://:443",
    "https://odoo.example.com:port",
    "https://odoo.example.com:99999",
    "https://[::1",
    "ftp://odoo.example.com",
    "javascript:alert(1)",
    "file:///etc/passwd",
)


@tagged("post_install", "-at_install")
class TestAddress(BaseCase):
    def test_https_address_of_the_internet_is_public(self):
        for url in PUBLIC:
            with self.subTest(url=url):
                self.assertIs(address.is_public_https(url), True)

    def test_everything_else_is_not_public(self):
        for url in PLAIN_HTTP + LOOPBACK + PRIVATE + NO_ADDRESS:
            with self.subTest(url=url):
                self.assertIs(address.is_public_https(url), False)

    def test_this_machine_is_loopback(self):
        for url in LOOPBACK:
            with self.subTest(url=url):
                self.assertIs(address.is_loopback(url), True)

    def test_everything_else_is_not_loopback(self):
        for url in PUBLIC + PLAIN_HTTP + PRIVATE + NO_ADDRESS:
            with self.subTest(url=url):
                self.assertIs(address.is_loopback(url), False)

    def test_names_that_only_contain_localhost_are_not_loopback(self):
        for url in (
            "http://localhost.example.com",
            "http://localhost@example.com",
            "http://example.com/localhost",
            "http://127.0.0.1.example.com",
        ):
            with self.subTest(url=url):
                self.assertFalse(address.is_loopback(url))
