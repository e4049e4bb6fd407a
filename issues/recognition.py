"""Who may have written a page, and where it may have appeared: offered to the editor, and credited to nobody."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Lower

from fetching.addresses import SHARED_HOSTS, canonicalize, suffixes_of, without_tracking
from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.models.credits import Author, CreditedQuerySet, Publication
from text.names import key_of, spelled_like

# Where more people write, a guess is wrong more often than right.
MAX_AUTHORS = 3


@dataclass(frozen=True)
class Offer:
    """What one button puts into one field of an article's form.

    `value` is the text, or the primary key of the row called `label`; empty where an author called `label` is to be
    made first.
    """

    field: str
    value: str
    label: str
    text: str


class Known(NamedTuple):
    author: Author
    article_count: int

    def offer(self, text: str) -> Offer:
        return Offer("author_list", str(self.author.pk), self.author.name, text)


def offers_for(url: str, page: FetchedPage | None = None) -> list[Offer]:
    """For an address, and for what is known of the page there. Five queries at the most."""
    offers = []
    if publication := find_publication(canonicalize(url).partition("/")[0].partition("?")[0]):
        offers.append(Offer("publication", str(publication.pk), publication.name, f"Publication: {publication.name}"))
    address = page.suggested_url if page else without_tracking(url)
    if address != url:
        offers.append(Offer("url", address, address, f"Address: {address}"))
    if page and page.title:
        offers.append(Offer("title", page.title, page.title, f"Title: {page.title}"))
    named = _offer_names(page.authors) if page and page.authors else []
    from_there = [
        known.offer(f"Author: {known.author.name} ({count_articles(known.article_count)} from there)")
        for known in find_authors_at(url)
    ]
    values = {offer.value for offer in named}
    return [*offers, *named, *(offer for offer in from_there if offer.value not in values)]


def find_publication(host: str) -> Publication | None:
    """Return the publication of this host, or of the nearest host above it; None where two have that host.

    One query.
    """
    suffixes = suffixes_of(host.lower().removeprefix("www."))
    ranks = {spelled: rank for rank, suffix in enumerate(suffixes) for spelled in (suffix, f"www.{suffix}")}
    nearest: dict[int, list[Publication]] = {}
    for row in Publication.objects.filter(hosts__overlap=list(ranks)):
        nearest.setdefault(min(ranks[host] for host in row.hosts if host in ranks), []).append(row)
    found = nearest[min(nearest)] if nearest else []
    return found[0] if len(found) == 1 else None


def find_authors_at(url: str) -> list[Known]:
    """Who wrote at the same host below the same first part of the path (“dev.to/jane”), else who alone wrote there.

    With the number of their articles there, the most first. Two queries at the most.
    """
    host, _, path = canonicalize(url).partition("/")
    part = path.partition("?")[0].partition("/")[0]
    if part and (found := _authors_at(f"{host}/{part}")):
        return found if len(found) <= MAX_AUTHORS else []
    found = _authors_at(host) if host not in SHARED_HOSTS else []
    return found if len(found) == 1 else []


def authors_spelled_like(name: str, but: Author | None = None) -> list[Known]:
    """Others of whom a name or alias may be that name spelled otherwise, with all their articles. Two queries."""
    spellings = _spellings(Author.objects.exclude(pk=but.pk) if but else Author.objects.all())
    return list(_load(spellings[spelling] for spelling in spelled_like(name, spellings)).values())


def _offer_names(names: Iterable[str]) -> list[Offer]:
    """For each name that a page prints: the author, else those who are spelled alike, and a new one. Two queries."""
    names = list(dict.fromkeys(filter(None, (" ".join(name.split())[:200] for name in names))))[:MAX_AUTHORS]
    spellings = _spellings(Author.objects.all())
    exact = {key_of(spelling): pk for spelling, pk in spellings.items()}
    alike = {name: {spellings[one] for one in spelled_like(name, spellings)} for name in names}
    keys = {exact[key_of(name)] for name in names if key_of(name) in exact}
    authors = _load(keys.union(*alike.values()))
    offers = []
    for name in names:
        if key_of(name) in exact:
            known = authors[exact[key_of(name)]]
            offers.append(known.offer(f"Author: {known.author.name}"))
            continue
        for pk in sorted(alike[name]):
            author, count = authors[pk]
            text = f"“{name}”: did you mean {author.name} ({count_articles(count)})?"
            offers.append(authors[pk].offer(text))
        offers.append(Offer("author_list", "", name, f"New author “{name}”"))
    return offers


def _spellings(authors: CreditedQuerySet) -> dict[str, int]:
    """Names and aliases, and whose they are. A name counts before another's alias."""
    rows = list(authors.values_list("pk", "name", "aliases"))
    return {alias: pk for pk, _, aliases in rows for alias in aliases} | {name: pk for pk, name, _ in rows}


def _load(keys: Iterable[int]) -> dict[int, Known]:
    authors = Author.objects.filter(pk__in=list(keys)).annotate(article_count=Count("articles"))
    return {author.pk: Known(author, author.article_count) for author in authors}


def _authors_at(prefix: str) -> list[Known]:
    """Of articles at that address or below it; of more than MAX_AUTHORS, one more than that."""
    below = [Q(canonical_url__startswith=f"{prefix}{mark}") for mark in "/?"]
    articles = Article.objects.filter(Q(canonical_url=prefix) | below[0] | below[1])
    authors = Author.objects.filter(articles__in=articles).annotate(article_count=Count("articles"))
    most = authors.order_by("-article_count", "name")[: MAX_AUTHORS + 1]
    return [Known(author, author.article_count) for author in most]


def count_articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def find_authors_named(printed: str) -> list[Author]:
    """The authors of “A, B and C” where each of the names is exactly one author's; else nobody. One query at most."""
    if not printed:
        return []
    parts = [part for part in re.split(r"\s*[,;&]\s*(?:and\s+)?|\s+and\s+", printed) if part]
    lowered = {name.lower() for name in (printed, *parts)}
    called = Author.objects.annotate(lower_name=Lower("name")).filter(
        Q(lower_name__in=lowered) | Q(aliases__overlap=[printed, *parts])
    )
    authors = list(called)
    for names in ([printed], parts):  # “Robert Poston, MD” is one name.
        found = [[author for author in authors if _is_called(author, name)] for name in names]
        if found and all(len(matches) == 1 for matches in found):
            return [author for [author] in found]
    return []


def _is_called(author: Author, name: str) -> bool:
    """The case of a name does not count, as in the constraint on it; that of an alias does."""
    return author.name.lower() == name.lower() or name in author.aliases
