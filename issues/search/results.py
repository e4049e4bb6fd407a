"""Load a page of results, and mark the found words in it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from fetching.addresses import host_of
from issues.models.addresses import url_of
from issues.models.articles import print_order
from issues.printing.bylines import compose_html
from issues.search.words import WORD, wanted_words, words_of

# Characters. Half of all blurbs are shown whole.
EXCERPT_LENGTH = 240

# In SQL, because Django would take 5 ms for four queries and their rows: as long as for the rest of the page.
_FOUND = """
    SELECT found.text, issue.title, issue.slug, issue.publish_at,
        article.id, article.title, article.url, article.byline, publication.name, publication.slug,
        ARRAY(
            SELECT ARRAY[name, slug] FROM issues_authorship JOIN issues_author ON issues_author.id = author_id
            WHERE article_id = article.id ORDER BY position
        ),
        ARRAY(
            SELECT ARRAY[name, slug] FROM issues_tagging JOIN taggit_tag ON taggit_tag.id = tag_id
            WHERE content_object_id = article.id
        )
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
    JOIN issues_searchtext AS found ON found.id = wanted.id
    JOIN issues_issue AS issue ON issue.id = found.issue_id
    LEFT JOIN issues_article AS article ON article.id = found.article_id
    LEFT JOIN issues_publication AS publication ON publication.id = article.publication_id
    ORDER BY place
"""


class Result(NamedTuple):
    """What the page prints of an article or an issue that was found."""

    title: SafeString
    address: str
    host: str
    excerpt: SafeString
    publish_at: datetime
    # Of an article:
    issue: str = ""
    entry: str = ""  # The address of the article in its issue.
    credits: str = ""  # HTML.
    printed_tags: Sequence[dict[str, str]] = ()


class _Found(NamedTuple):
    """A row of _FOUND. If the issue itself was found, the last eight are None or empty."""

    text: str
    issue_title: str
    issue_slug: str
    publish_at: datetime
    article_id: int | None
    article_title: str
    url: str
    byline: str
    publication_name: str | None
    publication_slug: str
    authors: list[list[str]]  # Names and slugs.
    tags: list[list[str]]

    @property
    def title(self) -> str:
        return self.issue_title if self.article_id is None else self.article_title or self.url


def load(keys: Iterable[int], query: str) -> list[Result]:
    """Load results in the order of their keys. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(keys)])
        found = [_Found(*row) for row in cursor.fetchall()]
    hits = _hits(query, [words for row in found for words in (row.title, row.text)])
    return [_result(row, hits) for row in found]


def _result(row: _Found, hits: set[str]) -> Result:
    title, text, issue = mark(row.title, hits), mark(excerpt(row.text, hits), hits), url_of("issue", row.issue_slug)
    if row.article_id is None:
        return Result(title, issue, "", text, row.publish_at)
    authors = [(name, url_of("author", slug)) for name, slug in row.authors]
    publication = (row.publication_name, url_of("publication", row.publication_slug)) if row.publication_name else None
    return Result(
        title,
        row.url,
        host_of(row.url) if row.article_title else "",
        text,
        row.publish_at,
        row.issue_title,
        f"{issue}#article-{row.article_id}",
        compose_html(row.byline, authors, publication),
        [{"name": name, "slug": slug} for name, slug in sorted(row.tags, key=lambda tag: print_order(tag[0]))],
    )


def _hits(query: str, texts: list[str]) -> set[str]:
    """Return the words of the texts that match a wanted word: “Failing” matches “fail”. One query."""
    words = {word for text in texts for word in WORD.findall(text)}
    wanted = " or ".join(f'"{word}"' for word in wanted_words(query))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM unnest(%s::text[]) AS word "
            "WHERE to_tsvector('english', word) @@ websearch_to_tsquery('english', %s)",
            [list({part for word in words for part in _folded(word)}), wanted],
        )
        matching = {part for (part,) in cursor.fetchall()}
    return {word for word in words if not matching.isdisjoint(_folded(word))}


@lru_cache(maxsize=16_384)
def _folded(word: str) -> tuple[str, ...]:
    """Return words_of(word). Cached, because most texts have the same few thousand words."""
    return tuple(words_of(word))


def mark(text: str, hits: set[str]) -> SafeString:
    """Return HTML with each word in `hits` between <mark> and </mark>."""
    pieces, end = [], 0
    for word in WORD.finditer(text):
        if word[0] in hits:
            pieces.append((text[end : word.start()], word[0]))
            end = word.end()
    return format_html_join("", "{}<mark>{}</mark>", pieces) + escape(text[end:])


def excerpt(text: str, hits: set[str]) -> str:
    """Return at most EXCERPT_LENGTH characters around the first hit, cut at spaces, with “…” for what is left out."""
    if len(text) <= EXCERPT_LENGTH:
        return text
    first = next((word.start() for word in WORD.finditer(text) if word[0] in hits), 0)
    start = max(0, min(first - EXCERPT_LENGTH // 3, len(text) - EXCERPT_LENGTH))
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = start + EXCERPT_LENGTH
    if end < len(text) and (space := text.rfind(" ", start + EXCERPT_LENGTH // 2, end)) > 0:
        end = space
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
