"""The version of the site: a number that moves whenever a reader could get another answer."""

from typing import Any, NamedTuple

from django.db import connection, models
from django.http import HttpRequest
from django.utils import timezone

from issues.models.publishing import IS_PUBLISHED

# In the environ: the version under which the answer will be stored, if it will.
VERSION = "issues.site_version"

CURRENT = f"""
    SELECT (SELECT coalesce(sum(moves), 0)::bigint FROM issues_siteversion),
        (SELECT count(*) FROM issues_issue WHERE {IS_PUBLISHED})
"""  # noqa: S608
COMPACT = """
    WITH former AS (DELETE FROM issues_siteversion RETURNING moves)
    INSERT INTO issues_siteversion (moves) SELECT sum(moves) FROM former HAVING count(*) > 0
"""


class Version(NamedTuple):
    moves: int  # Transactions that changed something printed.
    published: int  # Issues that are out: the clock publishes without a change in the database.


def current_version(database: Any) -> Version:
    """Return the version here and now. `database` is a connection of Django or of psycopg. One query."""
    with database.cursor() as cursor:
        cursor.execute(CURRENT, {"now": timezone.now()})
        return Version(*cursor.fetchone())


def version_of(request: HttpRequest | None) -> Version | None:
    """Return the version under which the page store asks for a page. What the page holds may be kept under it.

    None if the answer is not stored: then it must show what the database holds at this moment.
    """
    return request.META.get(VERSION) if request else None


class SiteVersionQuerySet(models.QuerySet["SiteVersion"]):
    def compact(self) -> None:
        """Replace all rows by one, which leaves the version as it is. One query."""
        with connection.cursor() as cursor:
            cursor.execute(COMPACT)


class SiteVersion(models.Model):
    """One row for each transaction that changed a printed table. The version is the sum of `moves`.

    Triggers of those tables add the rows (migration 0004). A single row that all of them update would be a lock that
    every save waits for until the longest import ends.
    """

    moves = models.BigIntegerField()

    objects = SiteVersionQuerySet.as_manager()

    def __str__(self):
        return str(self.moves)
