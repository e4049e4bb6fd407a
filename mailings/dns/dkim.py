"""DKIM, RFC 6376: the public key by which receivers check the signature of a mail."""

import binascii
from base64 import b64decode, b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from mailings.dns.asking import Asker
from mailings.dns.results import Result, State, fine, unknown, wrong
from mailings.dns.tags import read_tags

# Bits. RFC 8301, section 3.2: shorter ones are not to be trusted, and signers should use the longer.
SHORTEST, GOOD = 1024, 2048
# Bytes, by RFC 8463.
LENGTH_OF_ED25519 = 32


def check_dkim(asker: Asker, domain: str, selectors: list[str], value: str = "") -> Result:
    """Check the keys of these selectors. `value` is the record of the site's own key, if it has one.

    Of several, the result is that of the first that is wrong. Raises NotAskedError.
    """
    if not selectors:
        return unknown(
            "By which key your mail is signed is not known here.",
            "Set MAILING_DKIM_SELECTOR to the name that stands before “._domainkey” in your provider's instructions.",
        )
    results = [_check_selector(asker, f"{selector}._domainkey.{domain}", value) for selector in selectors]
    worst = next((result for result in results if result.state == State.WRONG), None)
    return worst or results[0]


def record_of(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return the record of the public key that belongs to a private one."""
    if isinstance(key, RSAPrivateKey):
        kind, written = "rsa", key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, written = "ed25519", key.public_key().public_bytes_raw()
    return f"v=DKIM1; k={kind}; p={b64encode(written).decode()}"


def _check_selector(asker: Asker, name: str, value: str) -> Result:
    records = asker.texts(name)
    if not records:
        told = "" if value else "Your provider shows the record."
        return wrong(f"There is no DKIM key at {name}.", told, name, value)
    if len(records) > 1:
        return wrong(f"There are {len(records)} records at {name}: leave the one with the key.")
    tags = read_tags(records[0])
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        return wrong(f"What stands at {name} is no DKIM key.", "", name, value)
    if not tags["p"]:
        return wrong(f"The DKIM key at {name} is revoked: its “p=” is empty.", "", name, value)
    if "y" in tags.get("t", "").split(":"):
        return wrong(f"The DKIM key at {name} is marked as a test (“t=y”): take that out.")
    bits, problem = _bits_of(tags)
    if problem:
        return wrong(f"The DKIM key at {name} {problem}.", "", name, value)
    if value and read_tags(value)["p"] != tags["p"]:
        return wrong(f"The DKIM key at {name} is not the one by which this site signs.", "", name, value)
    told = f"{bits} bits. {GOOD} are better." if bits < GOOD and tags.get("k", "rsa") == "rsa" else f"{bits} bits."
    return fine(f"There is a DKIM key at {name}.", told)


def _bits_of(tags: dict[str, str]) -> tuple[int, str]:
    """Return the length of a key, and what is wrong with it."""
    kind = tags.get("k", "rsa").lower()
    if kind not in ("rsa", "ed25519"):
        return 0, f"is of a kind that nobody knows: k={kind}"
    try:
        key = b64decode(tags["p"], validate=True)
        if kind == "ed25519":
            return 8 * len(key), "" if len(key) == LENGTH_OF_ED25519 else "is cut off"
        loaded = load_der_public_key(key)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return 0, "cannot be read: maybe it is cut off"
    if not isinstance(loaded, RSAPublicKey):
        return 0, "is not of the kind that it says"
    bits = loaded.key_size
    return bits, f"has {bits} bits. Receivers want at least {SHORTEST}" if bits < SHORTEST else ""
