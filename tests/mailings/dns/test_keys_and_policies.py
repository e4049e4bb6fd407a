"""DKIM, DMARC and MX, asked of a real name server."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailings.dns.dkim import _bits_of, check_dkim, record_of
from mailings.dns.dmarc import FIRST_RECORD, check_dmarc
from mailings.dns.mx import check_mx
from mailings.dns.results import State
from tests.mailings.dns.nameserver import asked_of, txt

DOMAIN, NAME = "sreweekly.example", "news._domainkey.sreweekly.example"


def public_key(bits=2048):
    written = (
        generate_private_key(65537, bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return b64encode(written).decode()


KEY = public_key()
ED25519 = b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()


def dkim(*records, value="", selectors=("news",)):
    return asked_of({(NAME, "TXT"): txt(*records)} if records else {}, check_dkim, DOMAIN, list(selectors), value)


@pytest.mark.parametrize(
    "record",
    [
        f"v=DKIM1; k=rsa; p={KEY}",
        f"p={KEY[:80]} {KEY[80:]};",
        f"v=DKIM1;k=rsa;p={public_key(1024)}",
        f"v=DKIM1; k=ed25519; p={ED25519}",
        f"v=DKIM1; t=s; p={KEY}",
    ],
    ids=["rsa", "in two strings", "short", "ed25519", "strict"],  # The keys are random, and workers compare names.
)
def test_valid_key_is_fine(record):
    assert dkim(record).state == State.FINE


@pytest.mark.parametrize(
    "records",
    [
        [],
        ["v=DKIM1; p="],
        ["v=DKIM1; k=rsa"],
        [f"v=DKIM2; p={KEY}"],
        [f"v=DKIM1; p={KEY[:100]}"],
        ["v=DKIM1; p=no key!"],
        [f"v=DKIM1; k=dsa; p={KEY}"],
        [f"v=DKIM1; k=ed25519; p={KEY}"],
        [f"v=DKIM1; t=y:s; p={KEY}"],
        [f"v=DKIM1; p={KEY}", "v=DKIM1; p="],
        ["v=spf1 -all"],
    ],
)
def test_key_that_receivers_cannot_use_is_wrong(records):
    assert dkim(*records).state == State.WRONG


def test_key_that_is_too_short_is_wrong():
    # cryptography makes none so short: 512 bits, as openssl wrote it.
    short = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANDiE2+Xi/WnO+s120NiiJhNyIButVu6zxqlVzz0wy2j4kQVUC4ZRZD8"
        "0IY+4wIiX2YxKBZKGnd2TtPkcJ/ljkUCAwEAAQ=="
    )
    result = dkim(f"v=DKIM1; p={short}")
    assert result.state == State.WRONG
    assert "512 bits" in result.sentence


@given(st.binary(max_size=200))
def test_no_key_breaks_the_check(written):
    bits, problem = _bits_of({"p": b64encode(written).decode()})
    assert bits >= 1024 or problem


def test_key_of_the_site_itself_is_shown_and_compared():
    value = f"v=DKIM1; k=rsa; p={KEY}"
    result = dkim(value=value)
    assert (result.state, result.host, result.value) == (State.WRONG, NAME, value)
    assert dkim(value, value=value).state == State.FINE
    assert dkim(f"v=DKIM1; p={public_key()}", value=value).state == State.WRONG


@pytest.mark.parametrize("key", [generate_private_key(65537, 1024), Ed25519PrivateKey.generate()])
def test_record_of_a_private_key_is_a_valid_one(key):
    assert dkim(record_of(key), value=record_of(key)).state == State.FINE


def test_of_several_selectors_the_one_that_is_wrong_counts():
    result = dkim(f"v=DKIM1; p={KEY}", selectors=["news", "old"])
    assert result.state == State.WRONG
    assert "old._domainkey" in result.sentence
    assert dkim(selectors=[]).state == State.UNKNOWN


def dmarc(zone, domain=DOMAIN, bounces=DOMAIN):
    return asked_of({(name, "TXT"): txt(*records) for name, records in zone.items()}, check_dmarc, domain, bounces)


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none", "p=none"),
        ("v=DMARC1;p=Quarantine; rua=mailto:a@b.example", "p=quarantine"),
        ("v=DMARC1; rua=mailto:a@b.example", "p=none"),
        ("v=DMARC1 ; p=reject; sp=none", "p=reject"),
    ],
)
def test_policy_is_told(record, policy):
    result = dmarc({f"_dmarc.{DOMAIN}": ["other", record]})
    assert result.state == State.FINE
    assert policy in result.sentence


@pytest.mark.parametrize(
    "records", [[], ["v=DMARC2; p=none"], ["v=DMARC1; p=none", "v=DMARC1; p=reject"], ["v=DMARC1"], ["v=DMARC1; p=x"]]
)
def test_policy_that_receivers_cannot_use_is_wrong(records):
    result = dmarc({f"_dmarc.{DOMAIN}": records} if records else {})
    assert result.state == State.WRONG
    assert result.value in ("", FIRST_RECORD)
    assert bool(result.host) == bool(result.value)


def test_policy_of_the_domain_above_holds_below():
    zone = {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; sp=quarantine"]}
    assert "p=quarantine" in dmarc(zone, domain=f"news.{DOMAIN}").sentence
    assert dmarc(zone, domain="news.other.example").host == "_dmarc.news.other.example"


@pytest.mark.parametrize(
    ("record", "bounces", "counts"),
    [
        ("v=DMARC1; p=none", DOMAIN, True),
        ("v=DMARC1; p=none", f"bounces.{DOMAIN}", True),
        ("v=DMARC1; p=none; aspf=s", f"bounces.{DOMAIN}", False),
        ("v=DMARC1; p=none", "provider.example", False),
    ],
)
def test_alignment_is_told_in_words(record, bounces, counts):
    result = dmarc({f"_dmarc.{DOMAIN}": [record]}, bounces=bounces)
    assert ("SPF does not count" not in result.detail) == counts


@pytest.mark.parametrize(
    ("zone", "state"),
    [
        ({(DOMAIN, "MX"): ["10 mx.example."], ("mx.example", "AAAA"): ["2001:db8::1"]}, State.FINE),
        ({(DOMAIN, "MX"): ["10 gone.example.", "20 mx.example."], ("mx.example", "A"): ["192.0.2.1"]}, State.FINE),
        ({(DOMAIN, "A"): ["192.0.2.1"]}, State.FINE),
        ({(DOMAIN, "MX"): ["10 gone.example."]}, State.WRONG),
        ({(DOMAIN, "MX"): ["0 ."], (DOMAIN, "A"): ["192.0.2.1"]}, State.WRONG),
        ({}, State.WRONG),
    ],
)
def test_answers_can_come_back(zone, state):
    assert asked_of(zone, check_mx, [DOMAIN]).state == state


def test_null_mx_is_told_from_one_that_leads_nowhere():
    assert "null MX" in asked_of({(DOMAIN, "MX"): ["0 ."]}, check_mx, [DOMAIN]).sentence


def test_every_domain_must_take_mail():
    assert asked_of({(DOMAIN, "A"): ["192.0.2.1"]}, check_mx, [DOMAIN, "bounces.example"]).state == State.WRONG
