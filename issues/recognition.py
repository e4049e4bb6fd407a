"""Find the authors and the publication that a page may belong to, and offer them to the editor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Lower

from fetching.addresses import SHARED_HOSTS, host_of, suffixes_of, to_unicode
from fetching.identity import canonicalize
from fetching.models import FetchedPage
from fetching.tracking import without_tracking
from issues.models.articles import Article
from issues.models.credits import Author, CreditedQuerySet, Publication
from text.addresses import host_to_ascii
from text.names import join_suffixes, key_of, people_in, spelled_like

# With more authors at one address, a guess is wrong more often than right.
MAX_AUTHORS = 3


@dataclass(frozen=True)
class Offer:
    """A value that one button puts into one field of an article's form. An author with a plus is to be created."""

    field: str
    value: str
    label: str
    text: str


class AuthorMatch(NamedTuple):
    author: Author
    article_count: int  # Of all articles, or only of those below one address.

    def offer(self, text: str) -> Offer:
        return Offer("author_list", self.author.name, self.author.name, text)


def offers_for(url: str, page: FetchedPage | None = None) -> list[Offer]:
    """Return the offers for an address, and for the page there if it has been fetched. At most six queries."""
    offers = []
    if publication := find_publication(host_of(url)):
        offers.append(_offer_publication(publication))
    address = page.suggested_url if page else without_tracking(url)
    if address != url:
        offers.append(Offer("url", address, address, f"Address: {address}"))
    if page and page.title:
        offers.append(Offer("title", page.title, page.title, f"Title: {page.title}"))
    named = _offer_names(page.authors) if page and page.authors else []
    from_there = [
        match.offer(f"Author: {match.author.name} ({count_articles(match.article_count)} from there)")
        for match in find_authors_at(url)
    ]
    values = {offer.value for offer in named}
    offers += [offer for offer in dict.fromkeys(named) if offer not in offers]
    return [*offers, *(offer for offer in from_there if offer.value not in values)]


def find_publication(host: str) -> Publication | None:
    """Return the publication of this host, or of the nearest host above it. None if two share that host. One query."""
    suffixes = suffixes_of(to_unicode(host).removeprefix("www."))
    ranks = {
        f"{start}{spelled}": rank
        for rank, suffix in enumerate(suffixes)
        for spelled in (suffix, host_to_ascii(suffix))
        for start in ("", "www.")
    }
    nearest: dict[int, list[Publication]] = {}
    for row in Publication.objects.filter(hosts__overlap=list(ranks)):
        nearest.setdefault(min(ranks[host] for host in row.hosts if host in ranks), []).append(row)
    found = nearest[min(nearest)] if nearest else []
    return found[0] if len(found) == 1 else None


def find_authors_at(url: str) -> list[AuthorMatch]:
    """Return the authors of articles below the same first part of the path (“dev.to/jane”), most articles first.

    If there are none, return the host's author if there is exactly one and the host is not shared. At most two queries.
    """
    host, _, path = re.split(r"[?#]", canonicalize(url))[0].partition("/")
    part = path.partition("/")[0]
    if part and (found := _authors_at(f"{host}/{part}")):
        return found if len(found) <= MAX_AUTHORS else []
    found = _authors_at(host) if host not in SHARED_HOSTS else []
    return found if len(found) == 1 else []


def find_spelled_like[T: (Author, Publication)](row: T) -> list[tuple[T, int]]:
    """Return other rows with a name that may be another spelling of this row's, and their articles. Two queries."""
    spellings = _spellings(type(row).objects.exclude(pk=row.pk))
    keys = [spellings[spelling] for spelling in spelled_like(row.name, spellings)]
    found = type(row).objects.filter(pk__in=keys).annotate(article_count=Count("articles"))
    return [(other, other.article_count) for other in sorted(found, key=lambda other: keys.index(other.pk))]


def find_publications_named(names: Iterable[str]) -> dict[str, Publication]:
    """Return the publications with these names or other names, by key_of(). One query."""
    names = list(names)
    lowered = Publication.objects.annotate(lower_name=Lower("name"))
    called = lowered.filter(Q(lower_name__in=[name.lower() for name in names]) | Q(aliases__overlap=names))
    return {key_of(spelling): row for row in called for spelling in (*row.aliases, row.name)}


def _offer_names(names: Iterable[str]) -> list[Offer]:
    """Offer the author of each printed name or, if there is none, the publication, or similar authors and a new one.

    At most three queries.
    """
    names = list(dict.fromkeys(filter(None, (" ".join(name.split())[:200] for name in names))))[:MAX_AUTHORS]
    spellings = _spellings(Author.objects.all())
    exact = {key_of(spelling): pk for spelling, pk in spellings.items()}
    alike = {name: {spellings[one] for one in spelled_like(name, spellings)} for name in names}
    keys = {exact[key_of(name)] for name in names if key_of(name) in exact}
    authors = _load(keys.union(*alike.values()))
    unknown = [name for name in names if key_of(name) not in exact]
    publications = find_publications_named(unknown) if unknown else {}
    offers = []
    for name in names:
        if key_of(name) in exact:
            match = authors[exact[key_of(name)]]
            offers.append(match.offer(f"Author: {match.author.name}"))
            continue
        if publication := publications.get(key_of(name)):
            offers.append(_offer_publication(publication))
            continue
        for pk in sorted(alike[name]):
            author, count = authors[pk]
            text = f"“{name}”: did you mean {author.name} ({count_articles(count)})?"
            offers.append(authors[pk].offer(text))
        offers.append(Offer("author_list", f"+{name}", name, f"New author “{name}”"))
    return offers


def _offer_publication(publication: Publication) -> Offer:
    return Offer("publication", publication.name, publication.name, f"Publication: {publication.name}")


def _spellings(credited: CreditedQuerySet) -> dict[str, int]:
    """Return primary keys by name and alias. A row's name wins over the alias of another."""
    rows = list(credited.values_list("pk", "name", "aliases"))
    return {alias: pk for pk, _, aliases in rows for alias in aliases} | {name: pk for pk, name, _ in rows}


def _load(keys: Iterable[int]) -> dict[int, AuthorMatch]:
    authors = Author.objects.filter(pk__in=list(keys)).annotate(article_count=Count("articles"))
    return {author.pk: AuthorMatch(author, author.article_count) for author in authors}


def _authors_at(prefix: str) -> list[AuthorMatch]:
    """Return the authors of articles at this address or below it, at most one more than MAX_AUTHORS."""
    below = [Q(canonical_url__startswith=f"{prefix}{mark}") for mark in "/?#"]
    articles = Article.objects.filter(Q(canonical_url=prefix) | below[0] | below[1] | below[2])
    authors = Author.objects.filter(articles__in=articles).annotate(article_count=Count("articles"))
    most = authors.order_by("-article_count", "name")[: MAX_AUTHORS + 1]
    return [AuthorMatch(author, author.article_count) for author in most]


def count_articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def find_authors_named(printed: str) -> list[Author]:
    """Return the authors of “A, B and C” if each name belongs to exactly one author, else []. At most one query."""
    if not printed:
        return []
    parts = people_in([join_suffixes(printed)])
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
    """Return whether the author has this name or alias. Names ignore case, as their constraint does; aliases do not."""
    return author.name.lower() == name.lower() or name in author.aliases
