"""Downloads over HTTPS, from a server on this computer that forgets half of its certificates."""

from __future__ import annotations

import hashlib
import ssl
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from seglib import downloads

CONTENT = b"a thousand frames"


class Signed:
    """A key and its certificate, signed by `above` or, a root, by itself."""

    def __init__(self, name, above=None, address=None, host=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        above, now, public = above or self, datetime.now(UTC), self.key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(above.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        if above is not self:
            theirs = above.key.public_key()
            signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs)
            builder = builder.add_extension(signer, critical=False)
        if host is None:
            others = ("digital_signature", "content_commitment", "key_encipherment")
            others += ("data_encipherment", "key_agreement", "encipher_only", "decipher_only")
            usage = x509.KeyUsage(**dict.fromkeys(others, False), key_cert_sign=True, crl_sign=True)
            builder = builder.add_extension(usage, critical=True)
        else:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
            builder = builder.add_extension(names, critical=False)
        if address:
            way = x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(address)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([way]), critical=False)
        self.certificate = builder.sign(above.key, hashes.SHA256())

    def write(self, path, *others, key=False):
        """Write the certificate, those of others, and perhaps the key, as PEM."""
        parts = [
            one.certificate.public_bytes(serialization.Encoding.PEM) for one in (self, *others)
        ]
        if key:
            parts.append(
                self.key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        path.write_bytes(b"".join(parts))
        return path


@pytest.fixture
def serve(tmp_path):
    """Serve the folder ``<tmp>/served``, over TLS with a file of certificates; gives the port."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "frames.zip").write_bytes(CONTENT)
    running = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args):
            pass  # a client that hangs up is what some tests want

    def start(pem=None):
        server = Server(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served")))
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return server.server_port

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(tmp_path, serve, monkeypatch):
    """Start an HTTPS server: does it send the whole chain, is its root trusted, who is it?"""

    def start(complete, trusted=True, host="127.0.0.1"):
        root = Signed("root")
        signer = Signed("signer", above=root)
        der = signer.certificate.public_bytes(serialization.Encoding.DER)
        (tmp_path / "served" / "signer.crt").write_bytes(der)
        issuer = f"http://127.0.0.1:{serve()}/signer.crt"
        own = Signed("server", above=signer, address=issuer, host=host)
        pem = own.write(tmp_path / "own.pem", *[signer] * complete, key=True)
        roots = (root if trusted else Signed("root")).write(tmp_path / "roots.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(roots))
        return f"https://127.0.0.1:{serve(pem)}/frames.zip"

    return start


def fetched(url, tmp_path, **more):
    return downloads.fetch(url, tmp_path, "kept.zip", len(CONTENT), **more)


def test_a_complete_chain_needs_no_help(site, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_completed", None)  # calling it would be an error
    assert fetched(site(complete=True), tmp_path).read_bytes() == CONTENT


def test_a_missing_certificate_is_fetched(site, tmp_path):
    url = site(complete=False)
    with pytest.raises(requests.exceptions.SSLError, match="local issuer"):
        requests.get(url, timeout=5)
    assert fetched(url, tmp_path) == tmp_path / "kept.zip"
    assert (tmp_path / "kept.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("complete", [True, False])
def test_a_root_of_the_same_name_is_not_trusted(site, tmp_path, complete):
    with pytest.raises(requests.exceptions.SSLError):
        fetched(site(complete, trusted=False), tmp_path)
    assert not (tmp_path / "kept.zip").exists()


@pytest.mark.parametrize("complete", [True, False])
def test_a_certificate_of_another_host_is_refused(site, tmp_path, complete):
    with pytest.raises(requests.exceptions.SSLError):
        fetched(site(complete, host="127.0.0.2"), tmp_path)
    assert not (tmp_path / "kept.zip").exists()


def test_a_certificate_that_nobody_offers(site, tmp_path):
    url = site(complete=False)
    (tmp_path / "served" / "signer.crt").unlink()
    with pytest.raises(requests.exceptions.SSLError):
        fetched(url, tmp_path)


def test_the_checksum_counts_also_then(site, tmp_path):
    url = site(complete=False)
    with pytest.raises(ValueError, match="hash"):
        fetched(url, tmp_path, sha256="0" * 64)
    assert fetched(url, tmp_path, sha256=hashlib.sha256(CONTENT).hexdigest()).is_file()
