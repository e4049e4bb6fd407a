"""Saving a link in one step: from what a page, a phone or a person gives to a row. Fetches nothing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from collecting.models.candidates import MAX_EXCERPT_LENGTH, Candidate
from collecting.models.devices import Device
from collecting.models.sources import Source
from fetching.addresses import canonicalize
from issues.models.articles import Article
from issues.runs import earlier_runs
from text.validators import FORBIDDEN_CHARACTERS, validate_http_address

# As they are called in addresses of the save page, in forms and in JSON.
FIELDS = ("url", "title", "author", "site", "text", "canonical")
MAX_PAGES = 50
MAX_ADDRESS_LENGTH = 2000
NO_ADDRESS = "Give a web address that begins with http:// or https://."

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass
class CapturedPage:
    """What was given of one page, ready to be kept. `notes`: a sentence for each thing that was cut or left out."""

    url: str
    title: str = ""
    author: str = ""
    site_name: str = ""
    excerpt: str = ""
    page_canonical: str = ""
    notes: list[str] = field(default_factory=list)

    def as_candidate(self, device: Device | None, source: Source | None) -> Candidate:
        words = {name: value for name, value in vars(self).items() if name != "notes"}
        return Candidate(**words, canonical_url=canonicalize(self.url), device=device, source=source)


class Collected(NamedTuple):
    candidate: Candidate
    is_new: bool
    runs: list[Article]
    notes: list[str]


class Saved(NamedTuple):
    article: Article
    was_in_backlog: str  # The state that it had there, or "".
    runs: list[Article]
    notes: list[str]


def read_page(given: Mapping[str, Any]) -> CapturedPage:
    """Of FIELDS. What a machine read off a page is mended; an address that is none, and what is no text, is refused.

    Raises ValidationError with a sentence for each field.
    """
    words = _read_words(given)
    notes: list[str] = []
    url = _read_address(words["url"])
    title = _one_line(words["title"])
    text = _printable(words["text"]).strip()
    if len(title) > 500:
        notes.append("The title was cut at 500 characters; all of it is in the notes.")
        text = f"{title}\n\n{text}".strip()
    page = CapturedPage(
        url=url,
        title=_cut("title", title, 500, []),
        author=_cut("author", _one_line(words["author"]), 500, notes),
        site_name=_cut("site", _one_line(words["site"]), 200, notes),
        excerpt=_cut("text", text, MAX_EXCERPT_LENGTH, notes),
        notes=notes,
    )
    try:
        page.page_canonical = _read_address(words["canonical"]) if words["canonical"] else ""
    except ValidationError:
        notes.append("The page’s canonical link is no web address, and was left out.")
    return page


def find_addresses(text: str) -> tuple[list[str], str]:
    """The web addresses in a sentence, as phones share them, without its punctuation; and the other words."""
    text = text.strip()
    if _ADDRESS.fullmatch(text):
        return [text], ""
    addresses = []
    for found in _ADDRESS.findall(text):
        address = found.rstrip(".,;:!?'\"’”»>")
        for opening, closing in ("()", "[]"):
            if address.endswith(closing) and opening not in address:
                address = address[:-1].rstrip(".,;:!?")
        addresses.append(address)
        text = text.replace(address, " ", 1)
    return addresses, " ".join(text.split())


def collect(
    pages: Iterable[CapturedPage], device: Device | None = None, source: Source | None = None
) -> list[Collected]:
    """A candidate for each, in their order; where one waits already, that one. Nothing becomes an article.

    Two to four queries for any number, inside a transaction.
    """
    pages = list(pages)
    try:
        return _collect(pages, device, source)
    except IntegrityError:  # Another request added one of them between our look and our insert: now it is seen.
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
                fresh.setdefault(candidate.canonical_url, candidate)
                waiting[candidate.canonical_url] = candidate
            elif known.absorb(candidate) and known.pk:
                changed.append(known)
        # In one order, so that two lists never wait for each other.
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


def save(pages: Iterable[CapturedPage], user: User) -> list[Saved]:
    """An article of the backlog for each: the clicks of an editor, who decides at once. Twelve queries for each."""
    with transaction.atomic():
        collected = collect(pages)
        keys = {one.candidate.canonical_url for one in collected}
        known = dict(Article.objects.backlog().filter(canonical_url__in=keys).values_list("canonical_url", "state"))
        return [
            Saved(one.candidate.take(user), known.get(one.candidate.canonical_url, ""), one.runs, one.notes)
            for one in collected
        ]


def _read_words(given: Mapping[str, Any]) -> dict[str, str]:
    """A text for each of FIELDS. Raises ValidationError."""
    errors = {name: f"There is no field “{name[:40]}”: use {', '.join(FIELDS)}." for name in set(given) - set(FIELDS)}
    words = {}
    for name in FIELDS:
        value = given.get(name) or ""
        if name == "author" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = ", ".join(value)
        if not isinstance(value, str):
            errors[name] = f"Give {name} as text."
        words[name] = value
    if errors:
        raise ValidationError(errors)
    return words


def _read_address(given: str) -> str:
    address = re.sub(r"^https?:", lambda scheme: scheme[0].lower(), given.strip(), flags=re.IGNORECASE)
    if not address:
        raise ValidationError({"url": NO_ADDRESS})
    if len(address) > MAX_ADDRESS_LENGTH:
        sentence = f"{len(address):,} characters are too many for an address: {MAX_ADDRESS_LENGTH:,} at the most."
        raise ValidationError({"url": sentence})
    try:
        validate_http_address(address)
    except ValidationError as error:
        raise ValidationError({"url": error.messages}) from error
    return address


def _printable(text: str) -> str:
    return FORBIDDEN_CHARACTERS.sub("", text)


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _cut(name: str, text: str, length: int, notes: list[str]) -> str:
    if len(text) <= length:
        return text
    notes.append(f"The {name} was cut at {length:,} characters.")
    return text[: length - 1] + "…"
