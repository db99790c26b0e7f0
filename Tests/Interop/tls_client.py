"""A peer that speaks TLS by OpenSSL and goes on with its last session, as libraries do by default."""

import datetime
import socket
import ssl
from pathlib import Path

import valence
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PROTOCOLS = ("/multistream/1.0.0", "/tls/1.0.0")
SIGNED_KEY = x509.ObjectIdentifier("1.3.6.1.4.1.53594.1.1")
SECONDS = 10


def tlv(tag: int, content: bytes) -> bytes:
    """A value of DER that is shorter than 128 bytes."""
    return bytes([tag, len(content)]) + content


def certificate(key: valence.Key, path: Path) -> None:
    """Writes the certificate that proves a host key, and the key to it; libp2p/specs tls/tls.md."""
    own = ec.generate_private_key(ec.SECP256R1())
    info = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signature = key.sign(b"libp2p-tls-handshake:" + info)
    signed = tlv(0x30, tlv(4, bytes.fromhex("08011220") + key.public) + tlv(4, signature))
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.UnrecognizedExtension(SIGNED_KEY, signed), critical=False)
        .sign(own, hashes.SHA256())
    )
    secret = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))


class TLSClient:
    """Dials a host again and again with one context, which keeps sessions."""

    def __init__(self, directory: Path):
        path = directory / "certificate.pem"
        certificate(valence.Key(), path)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(path)
        self.context.set_alpn_protocols(["/yamux/1.0.0", "libp2p"])
        self.session: ssl.SSLSession | None = None

    def meet(self, port: int) -> None:
        """Connects, hears what the host says first, and keeps the session for the next time."""
        with socket.create_connection(("127.0.0.1", port), SECONDS) as plain:
            self._propose(plain)
            with self.context.wrap_socket(plain, session=self.session) as secured:
                assert secured.selected_alpn_protocol() == "/yamux/1.0.0", secured.selected_alpn_protocol()
                assert secured.recv(12), "the host closed the connection without a word"
                self.session = secured.session

    @staticmethod
    def _propose(plain: socket.socket) -> None:
        said = b"".join(bytes([len(name) + 1]) + name.encode() + b"\n" for name in PROTOCOLS)
        plain.sendall(said)
        heard = b""
        while len(heard) < len(said):
            more = plain.recv(len(said) - len(heard))
            assert more, f"the host hung up after {heard!r}"
            heard += more
        assert heard == said, heard
