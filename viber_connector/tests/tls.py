"""TLS end points on loopback, with certificates of an authority of the tests' own."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "bot.example.com"
ANSWER = b"HTTP/1.1 403 FORBIDDEN\r\nContent-Length: 6\r\n\r\nsecret"


class Authority:
    """Issues certificates.

    :param folder: path of where they are kept
    :param Authority parent: who signs its own certificate; itself by default
    """

    def __init__(self, folder, parent=None, name="Test authority"):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        signer = parent or self
        self.certificate = _sign(
            *(self.name, self.key, signer.name, signer.key),
            extensions=[(x509.BasicConstraints(ca=True, path_length=None), True)],
        )

    def bundle(self):
        """:return: path of a file with the authority's own certificate"""
        path = Path(self.folder) / f"{self.certificate.serial_number}-authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, host=HOST, days=(-30, 60), itself=False, chain=()):
        """:return: path of a file with a key and a certificate"""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            alias = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alias = x509.DNSName(host)
        certificate = _sign(
            *(_name(host), key),
            *((_name(host), key) if itself else (self.name, self.key)),
            days=days,
            extensions=[(x509.SubjectAlternativeName([alias]), False)],
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for one in (certificate, *(link.certificate for link in chain)):
            pem += one.public_bytes(serialization.Encoding.PEM)
        path = Path(self.folder) / f"{certificate.serial_number}.pem"
        path.write_bytes(pem)
        return path


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(subject, key, issuer, issuer_key, days=(-30, 60), extensions=()):
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(issuer_key, hashes.SHA256())


class Server:
    """Speaks TLS on a loopback port until it is closed.

    :param pem: path of its key and certificate; ``None``: it speaks no TLS
    :param answer: bytes, or what is called with the connection
    """

    def __init__(self, pem, answer=ANSWER):
        #: what was asked
        self.seen = []
        self._answer = answer
        self._context = None
        if pem:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(pem)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self):
        """Take no more connections."""
        with contextlib.suppress(OSError):
            # Wakes the thread that waits for one.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self._serve(connection)
            connection.close()

    def _serve(self, connection):
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        with connection:
            self.seen.append(connection.recv(65536))
            if callable(self._answer):
                self._answer(connection)
            else:
                connection.sendall(self._answer)
