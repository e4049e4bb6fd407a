"""Load a page of results."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils.safestring import SafeString

from fetching.addresses import host_of
from issues.models.addresses import url_of
from issues.models.articles import print_order
from issues.printing.bylines import compose_html
from issues.search.marking import Text, Wanted, find_hits

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
    """Load results in the order of their keys. At most two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(keys)])
        found = [_Found(*row) for row in cursor.fetchall()]
    wanted = Wanted(query)
    texts = [(Text(row.title, wanted), Text(row.text, wanted)) for row in found]
    hits = find_hits(wanted, [text for both in texts for text in both])
    return [_result(row, title.mark(hits), text.excerpt(hits)) for row, (title, text) in zip(found, texts, strict=True)]


def _result(row: _Found, title: SafeString, text: SafeString) -> Result:
    issue = url_of("issue", row.issue_slug)
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
