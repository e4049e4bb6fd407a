"""Find articles by a query, and mark the found words in a page of results."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import F
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from taggit.models import Tag

from issues.models.articles import Article, Tagging
from issues.models.credits import Author, Authorship, Publication
from issues.models.search import SearchText, SearchTextQuerySet
from issues.search.words import WORD, wanted_words, words_of

# Characters. Half of all blurbs are shown whole.
EXCERPT_LENGTH = 240


class Filters(NamedTuple):
    year: int | None = None  # In TIME_ZONE.
    section: str = ""
    author: Author | None = None
    publication: Publication | None = None
    tag: Tag | None = None


class Result(NamedTuple):
    found: SearchText
    title: SafeString
    excerpt: SafeString


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
    """Load results in the order of their keys. Five queries."""
    rows = SearchText.objects.listed().in_bulk(list(keys))
    found = [rows[key] for key in keys]
    hits = _hits(query, [text for row in found for text in (_title(row), row.text)])
    return [Result(row, mark(_title(row), hits), mark(excerpt(row.text, hits), hits)) for row in found]


def _title(row: SearchText) -> str:
    return row.article.title or row.article.url if row.article else row.issue.title


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


def mark(text: str, hits: set[str]) -> SafeString:
    """Return HTML with each word in `hits` between <mark> and </mark>."""
    pieces, end = [], 0
    for word in WORD.finditer(text):
        if hits.intersection(words_of(word[0])):
            pieces.append((text[end : word.start()], word[0]))
            end = word.end()
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[end:])


def excerpt(text: str, hits: set[str]) -> str:
    """Return at most EXCERPT_LENGTH characters around the first hit, cut at spaces, with “…” for what is left out."""
    if len(text) <= EXCERPT_LENGTH:
        return text
    first = next((word.start() for word in WORD.finditer(text) if hits.intersection(words_of(word[0]))), 0)
    start = max(0, min(first - EXCERPT_LENGTH // 3, len(text) - EXCERPT_LENGTH))
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = start + EXCERPT_LENGTH
    if end < len(text) and (space := text.rfind(" ", start + EXCERPT_LENGTH // 2, end)) > 0:
        end = space
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
