"""Find articles and intros by a query and filters. In SQL, because Django would take a millisecond to build this."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone
from taggit.models import Tag

from issues.models.credits import Author, Publication
from issues.models.publishing import IS_PUBLISHED
from issues.search.queries import other_spellings, tsquery_of

_KNOWN = """
    SELECT spelling FROM unnest(%s::text[]) AS spelling
    WHERE EXISTS (SELECT FROM issues_searchtext WHERE vector @@ to_tsquery('english', spelling))
"""
_PUBLISHED = f"""
    FROM issues_searchtext JOIN issues_issue ON issues_issue.id = issue_id
    WHERE {IS_PUBLISHED}
"""
# What each filter asks. A year is one in TIME_ZONE.
_FILTERS = {
    "year": """publish_at >= make_timestamptz(%(year)s, 1, 1, 0, 0, 0, %(zone)s)
        AND publish_at < make_timestamptz(%(year)s + 1, 1, 1, 0, 0, 0, %(zone)s)""",
    "section": "article_id IN (SELECT id FROM issues_article WHERE section = %(section)s)",
    "author": "article_id IN (SELECT article_id FROM issues_authorship WHERE author_id = %(author)s)",
    "publication": "article_id IN (SELECT id FROM issues_article WHERE publication_id = %(publication)s)",
    "tag": "article_id IN (SELECT content_object_id FROM issues_tagging WHERE tag_id = %(tag)s)",
}
_NEWEST = "publish_at DESC, number DESC, issues_searchtext.id"
# As typed, so other spellings come last.
_BEST = f"ts_rank(vector, to_tsquery('english', %(typed)s)) DESC, {_NEWEST}"


class Filters(NamedTuple):
    year: int | None = None  # In TIME_ZONE.
    section: str = ""
    author: Author | None = None
    publication: Publication | None = None
    tag: Tag | None = None


def find(query: str, filters: Filters, *, newest_first: bool = False) -> list[int]:
    """Return the keys of published articles and intros, best match first. Two queries.

    Without a query, return all filtered articles, newest first. One query.

    All keys, because counting the results and then loading a page of them would search twice. As an array, because
    psycopg would take 3 ms for 5,000 rows.
    """
    matching = "vector @@ to_tsquery('english', %(words)s)" if query else "article_id IS NOT NULL"
    words = tsquery_of(query, _known_spellings([query])) if query else ""
    order = _BEST if query and not newest_first else _NEWEST
    return _ask(
        f"SELECT ARRAY(SELECT issues_searchtext.id {_PUBLISHED} AND {matching}{_narrow(filters)} ORDER BY {order})",
        filters,
        {"words": words, "typed": tsquery_of(query)},
    )


def first_to_find(queries: list[str], filters: Filters) -> str:
    """Return the first of these queries that finds something, or an empty string. Two queries."""
    known = _known_spellings(queries)
    matching = "vector @@ to_tsquery('english', wanted)"
    place = _ask(
        f"""SELECT (
            SELECT place FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS asked (wanted, place)
            WHERE EXISTS (SELECT {_PUBLISHED} AND {matching}{_narrow(filters)}) ORDER BY place LIMIT 1
        )""",  # noqa: S608
        filters,
        {"queries": [tsquery_of(query, known) for query in queries]},
    )
    return queries[place - 1] if place else ""


def _ask(sql: str, filters: Filters, parameters: dict[str, Any]) -> Any:
    """Return the one value that the statement selects."""
    chosen = {name: getattr(value, "pk", value) for name, value in filters._asdict().items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": timezone.now(), "zone": settings.TIME_ZONE, **chosen, **parameters})
        return cursor.fetchone()[0]


def _narrow(filters: Filters) -> str:
    return "".join(f" AND {_FILTERS[name]}" for name, value in filters._asdict().items() if value)


def _known_spellings(queries: Iterable[str]) -> set[str]:
    """Return those other spellings of queries that the index has. One query, which takes a third of a millisecond.

    To search for all of them at once would take 10 ms: PostgreSQL tries each of them on each row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [[spelling for query in queries for spelling in other_spellings(query)]])
        return {spelling for (spelling,) in cursor.fetchall()}
