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
    "https://odoo.local.",
    "https://localhost.",
    "https://router.home.arpa",
    "https://127.1",
    "https://0x7f.0.0.1",
    "https://0177.0.0.1",
    "https://10.0x7",
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
# The first and the last of each block, and their neighbours outside.
NOT_PUBLIC_IPS = (
    *("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255"),
    *("100.64.0.0", "100.127.255.255", "127.0.0.1", "169.254.169.254"),
    *("172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.255"),
    *("192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0"),
    *("192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:10.0.0.1", "::ffff:192.0.0.8", "64:ff9b::8.8.8.8"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1"),
    *("2002:808:808::1", "2620:4f:8000::1", "3fff::1", "3fff:fff:ffff::1"),
    *("5f00::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "ff02::1"),
    "::8.8.8.8",
)
PUBLIC_IPS = (
    *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"),
    *("126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255"),
    *("172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0"),
    *("198.17.255.255", "198.20.0.0", "223.255.255.255", "8.8.8.8"),
    *("::ffff:8.8.8.8", "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1"),
    *("2606:4700::1111", "3ffe::1", "3fff:1000::1"),
)
NO_BASE = (
    "https://user@odoo.example.com",
    "https://user:secret@odoo.example.com",
    "https://@odoo.example.com",
    "https://odoo.example.com?",
    "https://odoo.example.com/?db=other",
    "https://odoo.example.com#",
    "https://odoo.example.com/#top",
    "https://odoo.example.com\\@evil.example.net",
    "https://odoo.exam\nple.com",
    "https://odoo.example.com\t",
    "https://odoo example.com",
    "https://odoo.example.com/\x00",
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

    def test_blocks_for_special_purposes_are_not_public(self):
        for ip in NOT_PUBLIC_IPS:
            with self.subTest(ip=ip):
                self.assertIs(address.is_public_ip(ip), False)

    def test_what_lies_beside_them_is_public(self):
        for ip in PUBLIC_IPS:
            with self.subTest(ip=ip):
                self.assertIs(address.is_public_ip(ip), True)

    def test_a_name_is_no_ip(self):
        with self.assertRaises(ValueError):
            address.is_public_ip("odoo.example.com")

    def test_a_base_has_nothing_behind_its_path(self):
        for url in (*PUBLIC[:1], *PLAIN_HTTP, *LOOPBACK, "https://example.com/odoo"):
            with self.subTest(url=url):
                self.assertIs(address.is_base(url), True)
        for url in NO_BASE + NO_ADDRESS:
            with self.subTest(url=url):
                self.assertIs(address.is_base(url), False)

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
