"""Find articles and intros by a query and filters."""

from typing import NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL
from taggit.models import Tag

from issues.models.articles import Article, Tagging
from issues.models.credits import Author, Authorship, Publication
from issues.models.search import SearchText, SearchTextQuerySet
from issues.search.queries import other_spellings, tsquery_of

_KNOWN = """
    SELECT spelling FROM unnest(%s::text[]) AS spelling
    WHERE EXISTS (SELECT FROM issues_searchtext WHERE vector @@ to_tsquery('english', spelling))
"""


class Filters(NamedTuple):
    year: int | None = None  # In TIME_ZONE.
    section: str = ""
    author: Author | None = None
    publication: Publication | None = None
    tag: Tag | None = None


def find(query: str, filters: Filters, *, newest_first: bool = False) -> SearchTextQuerySet:
    """Return published articles and intros, best match first. Without a query: all filtered articles, newest first.

    If something is searched for, one query to the database is made here, and another when the result is read.
    """
    found = filtered(SearchText.objects.published(), filters)
    newest = ["-issue__publish_at", "-issue__number", "pk"]
    if not query:
        return found.exclude(article=None).order_by(*newest)
    found = found.matching(tsquery_of(query, _known_spellings(query)))
    if newest_first:
        return found.order_by(*newest)
    # As typed, so other spellings come last. In SQL, because Django would take a quarter of a millisecond longer.
    rank = RawSQL("ts_rank(vector, to_tsquery('english', %s))", [tsquery_of(query)])
    return found.order_by(rank.desc(), *newest)


def keys_of(found: SearchTextQuerySet) -> list[int]:
    """Return the keys of all results, in order: counting them and then loading a page of them would search twice.

    One query. As an array, because Django would take 3 ms for 5,000 rows.
    """
    sql, parameters = found.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ARRAY({sql})", parameters)
        return cursor.fetchone()[0]


def _known_spellings(query: str) -> set[str]:
    """Return those other spellings of a query that the index has. One query, which takes a third of a millisecond.

    To search for all of them at once would take 10 ms: PostgreSQL tries each of them on each row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [other_spellings(query)])
        return {spelling for (spelling,) in cursor.fetchall()}


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
