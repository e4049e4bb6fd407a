"""Addresses of mailboxes: which may be mailed, and which are the same."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna
from django.core.exceptions import ValidationError

from text.received import compose

# Characters, by RFC 5321, section 4.5.3.1. A path has two angle brackets more.
LONGEST = 254
LONGEST_LOCAL = 64
# RFC 5322, section 3.2.3. Quoted names, such as "a b"@example.com, are legal and refused: hardly any server has them.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Around an address that was pasted: “<ada@example.com>”, “mailto:ada@example.com”.
_AROUND = re.compile(r"\A(?:mailto:)?<?(?:mailto:)?|>?[,;.]?\Z", re.IGNORECASE)


class Mailbox(NamedTuple):
    address: str  # As it was given: case, +tag and letters of other scripts in the domain stay.
    key: str  # The same for all spellings of one mailbox: in small letters, the domain in ASCII.
    domain: str  # In ASCII.


def read_mailbox(text: str) -> Mailbox:
    """Read one address. Raises ValidationError with a sentence for whoever typed it.

    Its codes: required, line_break, several, no_at, too_long, quoted, local_part, domain.
    """
    if re.search(r"[\r\n\x00]", text.strip()):
        raise ValidationError("Type one address, on one line.", code="line_break")
    typed = _AROUND.sub("", compose(unicodedata.normalize("NFKC", text)).strip()).strip()
    if not typed:
        raise ValidationError("Type your e-mail address.", code="required")
    local, at, host = typed.rpartition("@")
    if not at or not local or not host:
        raise ValidationError("An address has a name, an @ and a domain: ada@example.com.", code="no_at")
    if len(typed) > LONGEST or len(local) > LONGEST_LOCAL:
        raise ValidationError("This is longer than any address: 64 characters, @, and 189.", code="too_long")
    if re.search(r'["()<>\\]', local):
        raise ValidationError("Addresses with quotes, brackets or comments are not mailed.", code="quoted")
    if re.search(r"[\s,;@]", local):
        raise ValidationError("Type one address, without spaces.", code="several")
    # “=?” begins an encoded word (RFC 2047), and Python's email would decode it: into a comma and another address.
    if not _LOCAL.fullmatch(local) or "=?" in local:
        raise ValidationError(
            "Before the @ there may be letters from a to z, digits and some signs, with single dots.", code="local_part"
        )
    domain = _domain(host)
    return Mailbox(typed, f"{local.lower()}@{domain}", domain)


def key_of(text: str) -> str:
    """Return Mailbox.key of an address, or '' for what is no address."""
    try:
        return read_mailbox(text).key
    except ValidationError:
        return ""


@lru_cache(maxsize=10_000)  # Lists have few domains, and reading one takes half of the time of an address.
def _domain(host: str) -> str:
    """Return a domain of the public mail in ASCII. Raises ValidationError."""
    try:
        domain = idna.encode(host.removesuffix("."), uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValidationError("What stands after the @ is no domain.", code="domain") from error
    labels = domain.split(".")
    is_public = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not is_public:
        raise ValidationError("What stands after the @ is no domain: it has a dot, as in example.com.", code="domain")
    return domain


def part_of_key(text: str) -> str:
    """Return a part of an address as keys have it: letters of other scripts in the domain become “xn--…”."""
    part = unicodedata.normalize("NFKC", text).replace("\0", "").strip().lower()
    local, at, host = part.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(host, uts46=True).decode()}" if not host.isascii() else part
    except UnicodeError:
        return part
