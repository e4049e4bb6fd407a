"""DKIM: what is signed is verified by dkimpy, as receivers do."""

import base64
import re
import types
from contextlib import closing

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import mailers

from issues.models.issues import Issue
from mailings.letters import letter_for
from mailings.preparing import prepare
from mailings.sending.messages import Recipient, Template
from mailings.sending.servers import server_of
from mailings.sending.worker import send
from mailings.signatures import relaxed, signer
from sreweekly.checks import check_signature
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
NO_PASSWORD = serialization.NoEncryption()


def pem(key, encryption=NO_PASSWORD) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture(params=["rsa", "ed25519"])
def key(request, settings, monkeypatch):
    key = {"rsa": RSA, "ed25519": ED25519}[request.param]
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "issues.2026", pem(key)
    # dkimpy verifies Ed25519 with PyNaCl, which is not installed.
    nacl = types.SimpleNamespace(
        signing=types.SimpleNamespace(VerifyKey=VerifyKey),
        encoding=types.SimpleNamespace(Base64Encoder=None),
        exceptions=types.SimpleNamespace(
            ValueError=ValueError, TypeError=TypeError, BadSignatureError=InvalidSignature
        ),
    )
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)
    return key


class VerifyKey:
    def __init__(self, content: bytes, encoder: object = None) -> None:
        self.key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(content))

    def verify(self, digest: bytes, signature: bytes) -> None:
        self.key.verify(signature, digest)


def record(key):
    """Answer as DNS does, with the public key of ours."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        kind = "rsa"
        content = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, content = "ed25519", public.public_bytes_raw()
    answer = f"v=DKIM1; k={kind}; p={base64.b64encode(content).decode()}".encode()
    names = []

    def ask(name, timeout=5):
        names.append(name)
        return answer

    return ask, names


def is_verified(content: bytes, key) -> bool:
    ask, names = record(key)
    verified = dkim.verify(content, dnsfunc=ask)
    assert names == [b"issues.2026._domainkey.sreweekly.example."]
    return verified


def prepared(**fields):
    for number in range(3):
        make_subscriber(f"reader{number}@example.com")
    issue = make_issue(articles=2, intro="é" * 300 + "\n\n.a line  with \t spaces\n\n漢字", **fields)
    return prepare(Issue.objects.get(pk=issue.pk))


@pytest.mark.django_db(transaction=True)
def test_each_message_of_a_mailing_is_signed(key, sink, settings):
    settings.NEWSLETTER_REPLY_TO = "editor@sreweekly.example"
    settings.NEWSLETTER_LEAVE_TO = "leave@sreweekly.example"
    send(prepared())
    assert len(sink.messages) == 3
    for _, content in sink.messages:
        assert is_verified(content, key)


@pytest.mark.parametrize(
    "name", ["List-Unsubscribe", "List-Unsubscribe-Post", "Subject", "To", "Message-ID", "List-Id"]
)
def test_header_that_was_changed_on_the_way_is_noticed(key, name):
    content = Template(prepared()).bytes_for(Recipient("ada@example.com", "T" * 22, "m.7")).replace(b"\n..", b"\n.")
    changed = re.sub(rb"(?m)^%s: ." % name.encode(), name.encode() + b": changed", content)
    assert is_verified(content, key)
    assert changed != content
    assert not is_verified(changed, key)
    assert not is_verified(b"From: Mallory <m@example.com>\r\n" + content, key)


@pytest.mark.django_db(transaction=True)
def test_dots_are_doubled_after_the_signature(key, sink):
    mailing = prepared()
    mailing.text = ".one\n..two\n\n" + mailing.text + "\n\n\n"
    with closing(server_of(mailing)) as server:
        server.send(Recipient("ada@example.com", "T" * 22, "m.7"), attempts=0)
    assert is_verified(sink.messages[0][1], key)


def write_to(subscriber):
    letter = letter_for(subscriber)
    assert letter
    mailers["default"].send_messages([letter])


def test_letters_are_signed_too(key, sink, settings):
    settings.MAILERS = {**settings.MAILERS, "default": settings.MAILERS["newsletter"]}
    settings.NEWSLETTER_NAME = "Wöchentlich, für alle; die es lesen"
    write_to(make_subscriber("ada@example.com", confirmed_at=None))
    assert is_verified(sink.messages[0][1], key)


def test_signed_letter_of_a_long_key_has_no_long_lines(settings, sink):
    key = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "issues.2026", pem(key)
    settings.MAILERS = {**settings.MAILERS, "default": settings.MAILERS["newsletter"]}
    write_to(make_subscriber("ada@example.com"))
    (content,) = (content for _, content in sink.messages)
    assert is_verified(content, key)
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_nothing_is_signed_without_a_key():
    assert signer() is None
    assert b"DKIM-Signature" not in Template(prepared()).bytes_for(Recipient("ada@example.com", "T" * 22, "m.7"))


def test_key_may_be_in_a_file(settings, tmp_path):
    (tmp_path / "key.pem").write_text(pem(RSA))
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "s1", str(tmp_path / "key.pem")
    settings.MAILING_DKIM_DOMAIN = "news.sreweekly.example"
    by = signer()
    assert by
    assert (by.domain, check_signature()) == ("news.sreweekly.example", [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILING_DKIM_KEY", "/nowhere/key.pem"),
        ("MAILING_DKIM_KEY", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"),
        ("MAILING_DKIM_KEY", pem(RSA, serialization.BestAvailableEncryption(b"secret"))),
        ("MAILING_DKIM_KEY", pem(ec.generate_private_key(ec.SECP256R1()))),
        ("MAILING_DKIM_SELECTOR", ""),
        ("MAILING_DKIM_SELECTOR", "no selector"),
        ("MAILING_DKIM_DOMAIN", "other.example"),
        ("MAILING_DKIM_DOMAIN", "no domain"),
    ],
)
def test_wrong_setting_is_told_when_the_site_starts(settings, name, value):
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "s1", pem(RSA)
    assert check_signature() == []
    setattr(settings, name, value)
    (error,) = check_signature()
    assert (error.id, name in error.msg) == ("sreweekly.E002", True)
    with pytest.raises(ImproperlyConfigured):
        Template(prepared())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b"a \t b \r\n\t\r\n\r\n", b"a b\r\n"),
        (b" C\r\nD \t E\r\n\r\n", b" C\r\nD E\r\n"),
    ],
)
def test_body_is_brought_into_the_form_of_the_rfc(body, expected):
    assert relaxed(body) == expected
