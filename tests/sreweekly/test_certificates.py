import socket
import ssl
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sreweekly.certificates import Certificate, check_certificate, latest_check
from tests.sreweekly.conftest import free_port

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def serve(tmp_path, settings, monkeypatch):
    """Return a function that serves the site with a certificate that ends then."""
    path = tmp_path / "certificate.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    listener = socket.create_server(("127.0.0.1", 0))
    settings.SITE_URL = f"https://localhost:{listener.getsockname()[1]}"

    def accept(context):
        connection, _ = listener.accept()
        with connection:
            try:
                context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                return  # The client did not trust the certificate.

    def start(ends):
        path.write_bytes(signed(ends))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        Thread(target=accept, args=(context,), daemon=True).start()

    yield start
    listener.close()


def signed(ends):
    """Return a certificate for localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=90)).not_valid_after(ends)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(pem)


@pytest.mark.parametrize(("days", "is_ending"), [(60, False), (5, True)])
def test_end_of_the_validity_is_found(serve, days, is_ending):
    serve(NOW + timedelta(days=days))
    check_certificate()
    found = latest_check()
    assert found == Certificate(NOW + timedelta(days=days))
    assert found.is_ending == is_ending


def test_certificate_that_has_expired_is_a_problem(serve):
    serve(NOW - timedelta(days=1))
    check_certificate()
    found = latest_check()
    assert found
    assert "expired" in found.problem


def test_site_that_is_not_reached_is_a_problem(settings):
    settings.SITE_URL = f"https://localhost:{free_port()}"
    check_certificate()
    found = latest_check()
    assert found
    assert found.problem


def test_site_without_https_is_not_checked(settings):
    settings.SITE_URL = "http://localhost"
    check_certificate()
    assert latest_check() is None
