"""Find articles by a query, and mark the found words in a page of results."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from taggit.models import Tag

from issues.models.articles import Article, Tagging
from issues.models.credits import Author, Authorship, Publication
from issues.models.search import SearchText, SearchTextQuerySet
from issues.printing.kept import Kept
from issues.search.words import WORD, wanted_words, words_of

# Characters. Half of all blurbs are shown whole.
EXCERPT_LENGTH = 240


class Filters(NamedTuple):
    year: int | None = None  # In TIME_ZONE.
    section: str = ""
    author: Author | None = None
    publication: Publication | None = None
    tag: Tag | None = None


class Entry(NamedTuple):
    """What a result prints whatever was searched for."""

    title: str
    address: str
    host: str
    html: SafeString  # Credits, issue, date and tags.


class Result(NamedTuple):
    entry: Entry
    title: SafeString
    excerpt: SafeString


# Enough for 5,000 entries.
entries: Kept[Entry] = Kept(3 * 2**20)


def find(query: str, filters: Filters, *, newest_first: bool = False) -> SearchTextQuerySet:
    """Return published articles and intros, best match first. Without a query: all filtered articles, newest first."""
    found = filtered(SearchText.objects.published(), filters)
    newest = ["-issue__publish_at", "-issue__number", "pk"]
    if not query:
        return found.exclude(article=None).order_by(*newest)
    if newest_first:
        return found.matching(query).order_by(*newest)
    # SearchRank("vector") would parse the vector as text, which is 20 times slower.
    rank = SearchRank(F("vector"), SearchQuery(query, config="english", search_type="websearch"))
    return found.matching(query).order_by(rank.desc(), *newest)


def filtered(found: SearchTextQuerySet, filters: Filters) -> SearchTextQuerySet:
    if filters.year:
        found = found.filter(issue__publish_at__year=filters.year)
    if filters.section:
        found = found.filter(article__in=Article.objects.filter(section=filters.section).values("pk"))
    if filters.author:
        found = found.filter(article__in=Authorship.objects.filter(author=filters.author).values("article"))
    if filters.publication:
        found = found.filter(article__in=Article.objects.filter(publication=filters.publication).values("pk"))
    if filters.tag:
        found = found.filter(article__in=Tagging.objects.filter(tag=filters.tag).values("content_object"))
    return found


def load(keys: Iterable[int], query: str) -> list[Result]:
    """Load results in the order of their keys. Two queries, and four more if some entries are not kept."""
    rows = SearchText.objects.listed().in_bulk(list(keys))
    found = [(rows[key].text, entry) for key, entry in zip(keys, _entries([rows[key] for key in keys]), strict=True)]
    hits = _hits(query, [words for text, entry in found for words in (entry.title, text)])
    return [Result(entry, mark(entry.title, hits), mark(excerpt(text, hits), hits)) for text, entry in found]


def _entries(rows: list[SearchText]) -> list[Entry]:
    """Return the entry of each row. A row is replaced when anything printed changes, so its key never gets another."""
    keys = [(row.pk, row.issue.contents_digest, row.issue.publish_at) for row in rows]
    kept = [entries.find(*key) for key in keys]
    SearchText.objects.load_articles([row for row, entry in zip(rows, kept, strict=True) if entry is None])
    made = [entry or _entry(row) for row, entry in zip(rows, kept, strict=True)]
    for row, key, entry in zip(rows, keys, made, strict=True):
        if row.issue.contents_digest:
            entries.keep(entry, *key)
    return made


def _entry(row: SearchText) -> Entry:
    issue, article, own_address = row.issue, row.article, row.get_absolute_url()
    context = {"issue": issue, "article": article, "address": own_address}
    html = render_to_string("issues/_search_entry.html", context)
    if article is None:
        return Entry(issue.title, own_address, "", html)
    return Entry(article.title or article.url, article.url, article.host if article.title else "", html)


def _hits(query: str, texts: list[str]) -> set[str]:
    """Return the words of the texts that match a wanted word: “failing” matches “fail”. One query."""
    words = list({word for text in texts for word in words_of(text)})
    wanted = " or ".join(f'"{word}"' for word in wanted_words(query))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM unnest(%s::text[]) AS word "
            "WHERE to_tsvector('english', word) @@ websearch_to_tsquery('english', %s)",
            [words, wanted],
        )
        return {word for (word,) in cursor.fetchall()}


@lru_cache(maxsize=16_384)
def _folded(word: str) -> tuple[str, ...]:
    """Return words_of(word). Cached, because most texts have the same few thousand words."""
    return tuple(words_of(word))


def mark(text: str, hits: set[str]) -> SafeString:
    """Return HTML with each word in `hits` between <mark> and </mark>."""
    pieces, end = [], 0
    for word in WORD.finditer(text):
        if hits.intersection(_folded(word[0])):
            pieces.append((text[end : word.start()], word[0]))
            end = word.end()
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[end:])


def excerpt(text: str, hits: set[str]) -> str:
    """Return at most EXCERPT_LENGTH characters around the first hit, cut at spaces, with “…” for what is left out."""
    if len(text) <= EXCERPT_LENGTH:
        return text
    first = next((word.start() for word in WORD.finditer(text) if hits.intersection(_folded(word[0]))), 0)
    start = max(0, min(first - EXCERPT_LENGTH // 3, len(text) - EXCERPT_LENGTH))
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = start + EXCERPT_LENGTH
    if end < len(text) and (space := text.rfind(" ", start + EXCERPT_LENGTH // 2, end)) > 0:
        end = space
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
