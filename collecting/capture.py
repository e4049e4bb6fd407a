"""Save links in one step: from what a browser, a phone or a person sends to a candidate or an article.

It sends no requests: all that is known about a page is what the sender included.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from collecting.models.candidates import MAX_EXCERPT_LENGTH, Candidate
from collecting.models.devices import Device
from collecting.models.sources import Source
from fetching.identity import canonicalize
from issues.models.articles import Article
from issues.runs import earlier_runs
from text.markdown import AFTER_ADDRESS
from text.names import is_organisation, join_suffixes, key_of, people_in
from text.received import decode_entities, normalize, one_line
from text.validators import validate_http_address

# The names of a page's fields in the address of the save page, in forms and in JSON.
FIELDS = ("url", "title", "author", "site", "text", "canonical")
MAX_PAGES = 50
MAX_ADDRESS_LENGTH = 2000
NO_ADDRESS = "Give a web address that begins with http:// or https://."

# Neither does any address have what stands around it in HTML, JSON and Markdown: RFC 3986, appendix C.
_ADDRESS = re.compile(rf"https?://[^\s\"<>`{AFTER_ADDRESS}]+", re.IGNORECASE)


@dataclass
class CapturedPage:
    """One page as it was sent, cleaned. `notes` has a sentence for each thing that was cut or left out."""

    url: str
    title: str = ""
    author: str = ""
    site_name: str = ""
    excerpt: str = ""
    page_canonical: str = ""
    notes: list[str] = field(default_factory=list)

    def as_candidate(self, device: Device | None, source: Source | None) -> Candidate:
        values = {name: value for name, value in vars(self).items() if name != "notes"}
        return Candidate(**values, canonical_url=canonicalize(self.url), device=device, source=source)


class Collected(NamedTuple):
    candidate: Candidate
    is_new: bool
    runs: list[Article]
    notes: list[str]


class SavedLink(NamedTuple):
    article: Article
    is_new: bool
    was_declined: bool  # It was in the backlog, but declined.
    runs: list[Article]
    notes: list[str]


def parse_page(given: Mapping[str, Any]) -> CapturedPage:
    """Clean the values that were sent for one page, by the names in FIELDS.

    Raises ValidationError with sentences by field: for an invalid address, an unknown field, or a value that is not
    text. A bad value that a program read from the page is corrected or cut instead, with a note.
    """
    values = _parse_fields(given)
    notes: list[str] = []
    url = _parse_address(values["url"])
    title, site = (one_line(decode_entities(values[name])) for name in ("title", "site"))
    author, site = _read_credits(values["author"], site, notes)
    text = normalize(values["text"]).strip()
    if len(title) > 500:
        notes.append("The title was cut at 500 characters; all of it is in the notes.")
        text = f"{title}\n\n{text}".strip()
    page = CapturedPage(
        url=url,
        title=_cut("title", title, 500, []),
        author=_cut("author", author, 500, notes),
        site_name=_cut("site", site, 200, notes),
        excerpt=_cut("text", text, MAX_EXCERPT_LENGTH, notes),
        notes=notes,
    )
    try:
        page.page_canonical = _parse_address(values["canonical"]) if values["canonical"] else ""
    except ValidationError:
        notes.append("The page’s canonical link is not a valid web address and was left out.")
    return page


def find_addresses(text: str) -> tuple[list[str], str]:
    """Return the web addresses in a text that a phone shared, without punctuation around them, and the other words."""
    text = text.strip()
    if _ADDRESS.fullmatch(text):
        return [text], ""
    addresses = []
    for found in _ADDRESS.findall(text):
        addresses.append(_without_punctuation(found))
        text = text.replace(addresses[-1], " ", 1)
    return addresses, " ".join(text.split())


def _without_punctuation(found: str) -> str:
    """Cut signs off the end, and brackets that begin before the address."""
    signs = ".,;:!?'’*"
    address = found.rstrip(signs)
    for opening, closing in ("()", "[]", "()"):
        while address.endswith(closing) and address.count(closing) > address.count(opening):
            address = address[:-1].rstrip(signs)
    return address


def collect(
    pages: Iterable[CapturedPage], device: Device | None = None, source: Source | None = None
) -> list[Collected]:
    """Add a candidate for each page, or fill in the one that is waiting already. Makes no articles.

    Returns one result for each page, in the same order. Takes two to four queries for any number of pages, and a
    transaction.
    """
    pages = list(pages)
    try:
        return _collect(pages, device, source)
    except IntegrityError:  # Another request has just added one of them. The second attempt finds it.
        return _collect(pages, device, source)


def _collect(pages: list[CapturedPage], device: Device | None, source: Source | None) -> list[Collected]:
    arrived = [page.as_candidate(device, source) for page in pages]
    keys = {candidate.canonical_url for candidate in arrived}
    with transaction.atomic():
        locked = Candidate.objects.waiting().filter(canonical_url__in=keys).order_by("pk").select_for_update()
        waiting = {candidate.canonical_url: candidate for candidate in locked}
        fresh: dict[str, Candidate] = {}
        changed: list[Candidate] = []
        for candidate in arrived:
            known = waiting.get(candidate.canonical_url)
            if known is None:
                fresh[candidate.canonical_url] = waiting[candidate.canonical_url] = candidate
            elif known.absorb(candidate) and known.pk:
                changed.append(known)
        # Sorted, so that two requests with the same links do not wait for each other.
        Candidate.objects.bulk_create(sorted(fresh.values(), key=lambda candidate: candidate.canonical_url))
        if changed:
            Candidate.objects.bulk_update(changed, ["title", "author", "site_name", "page_canonical", "excerpt"])
    runs = earlier_runs(key for candidate in arrived for key in candidate.keys)
    return [
        Collected(
            waiting[candidate.canonical_url],
            fresh.get(candidate.canonical_url) is candidate,
            [run for key in sorted(candidate.keys) for run in runs.get(key, [])],
            page.notes,
        )
        for candidate, page in zip(arrived, pages, strict=True)
    ]


def save_links(pages: Iterable[CapturedPage]) -> list[SavedLink]:
    """Save each page as an article of the backlog, for an editor. Takes about twelve queries for each."""
    with transaction.atomic():
        collected = collect(pages)
        keys = {one.candidate.canonical_url for one in collected}
        declined = Article.objects.backlog().filter(canonical_url__in=keys, state=Article.State.DECLINED)
        was_declined = set(declined.values_list("canonical_url", flat=True))
        return [
            SavedLink(*one.candidate.take(), one.candidate.canonical_url in was_declined, one.runs, one.notes)
            for one in collected
        ]


def _parse_fields(given: Mapping[str, Any]) -> dict[str, str]:
    """Return a text for each of FIELDS. Raises ValidationError."""
    errors = {name: f"There is no field “{name[:40]}”: use {', '.join(FIELDS)}." for name in set(given) - set(FIELDS)}
    values = {}
    for name in FIELDS:
        value = given.get(name) or ""
        if name == "author" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = "\n".join(value)
        if not isinstance(value, str):
            errors[name] = f"Give {name} as text."
        values[name] = value
    if errors:
        raise ValidationError(errors)
    return values


def _read_credits(authors: str, site: str, notes: list[str]) -> tuple[str, str]:
    """Return the people in these lines of names, and the site.

    If there are no people, an organisation that was given in their place becomes the site, or a note names it.
    """
    given = [line for line in map(one_line, decode_entities(authors).splitlines()) if line]
    people = ", ".join(people_in(map(join_suffixes, given), site))
    if given and not people:
        printed = ", ".join(given)
        site = site or printed if is_organisation(printed) else site
        if key_of(site) != key_of(printed):
            notes.append(f"“{printed[:100]}” names no person, and was not taken for the author.")
    return people, site


def _parse_address(given: str) -> str:
    address = re.sub(r"^https?:", lambda scheme: scheme[0].lower(), given.strip(), flags=re.IGNORECASE)
    if not address:
        raise ValidationError({"url": NO_ADDRESS})
    if len(address) > MAX_ADDRESS_LENGTH:
        sentence = f"This address has {len(address):,} characters. The limit is {MAX_ADDRESS_LENGTH:,}."
        raise ValidationError({"url": sentence})
    try:
        validate_http_address(address)
    except ValidationError as error:
        raise ValidationError({"url": error.messages}) from error
    return address


def _cut(name: str, text: str, length: int, notes: list[str]) -> str:
    if len(text) <= length:
        return text
    notes.append(f"The {name} was cut at {length:,} characters.")
    return text[: length - 1] + "…"
