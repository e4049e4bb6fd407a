"""DMARC, RFC 7489: what receivers do with mail that passes neither SPF nor DKIM."""

import re

from mailings.dns.asking import Asker
from mailings.dns.results import Result, fine, is_below, wrong
from mailings.dns.tags import read_tags

_RECORD = re.compile(r"v\s*=\s*DMARC1\s*(?:;|\Z)")
FIRST_RECORD = "v=DMARC1; p=none"
POLICIES = {
    "none": "delivered as before: p=none",
    "quarantine": "put among spam: p=quarantine",
    "reject": "refused: p=reject",
}


def check_dmarc(asker: Asker, domain: str, bounces: str) -> Result:
    """Check the policy for the sender's domain. `bounces` is the domain to which bounces go. Raises NotAskedError."""
    at, records = _find(asker, domain)
    if not records:
        return wrong(f"There is no DMARC record for {domain}.", "", f"_dmarc.{domain}", FIRST_RECORD)
    if len(records) > 1:
        return wrong(f"There are {len(records)} DMARC records at _dmarc.{at}: receivers use none of them.")
    tags = read_tags(records[0])
    policy = tags.get("p", "none" if "rua" in tags else "").lower()
    if at != domain:
        policy = tags.get("sp", policy).lower()
    if policy not in POLICIES:
        said = f"says “{policy}”" if policy else "does not say"
        sentence = f"The DMARC record at _dmarc.{at} {said} what is to become of mail that fails."
        return wrong(sentence, "", f"_dmarc.{at}", FIRST_RECORD)
    sentence = f"The DMARC record at _dmarc.{at} says that mail that fails is {POLICIES[policy]}."
    return fine(sentence, _alignment(domain, bounces, at, tags))


def _find(asker: Asker, domain: str) -> tuple[str, list[str]]:
    """Return the records of the domain, or of the nearest domain above it that has any, and where they are.

    RFC 7489 asks the organisational domain next, for which a list of public suffixes is needed. The nearest one above
    with a record is that domain, or one that its owner put a record at; no public suffix with a dot has one.
    """
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = ".".join(labels[start:])
        if records := [text for text in asker.texts(f"_dmarc.{name}") if _RECORD.match(text)]:
            return name, records
    return domain, []


def _alignment(domain: str, bounces: str, organisation: str, tags: dict[str, str]) -> str:
    """Return a sentence on how mail passes, by SPF or by its signature: section 3.1."""
    is_strict = tags.get("aspf") == "s"
    if bounces == domain or (not is_strict and is_below(bounces, organisation)):
        return f"A mail passes if SPF allows its server, or if it is signed for {domain}."
    return f"Bounces go to {bounces}, so SPF does not count here: a mail passes only if it is signed for {domain}."
