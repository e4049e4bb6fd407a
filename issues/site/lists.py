"""Order the long lists of the site: issues by year, names by letter; and say what is inside an issue."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone
from taggit.models import Tag

from issues.models.credits import Author, Publication
from issues.models.issues import Issue

# In SQL, because Django would take 2 ms to build this query: a third of the time of a page whose contents are kept.
_INSIDE = """
    SELECT issue.id,
        ARRAY(
            SELECT title FROM issues_article
            WHERE issue_id = issue.id AND section = 'articles' AND title <> '' ORDER BY position LIMIT 3
        ),
        (SELECT count(*) FROM issues_article WHERE issue_id = issue.id AND section = 'articles' AND title <> ''),
        ARRAY(
            SELECT tag.name FROM issues_article article
            JOIN issues_tagging tagging ON tagging.content_object_id = article.id
            JOIN taggit_tag tag ON tag.id = tagging.tag_id
            WHERE article.issue_id = issue.id
            GROUP BY tag.id ORDER BY count(DISTINCT article.id) DESC, lower(tag.name), tag.name LIMIT 3
        )
    FROM unnest(%s::bigint[]) AS issue (id)
"""


class ListedIssue(NamedTuple):
    issue: Issue
    headline: str  # The issue's title if it is not the usual one, else that of its first article. Empty without either.
    also: list[str]  # The titles of the two articles that come next.
    more: int  # The number of articles after those.
    tags: list[str]  # The names of the three most frequent ones.


def list_issues(issues: Iterable[Issue]) -> list[ListedIssue]:
    """Return the issues with what is inside them. One query for any number of loaded issues, or none for no issue."""
    issues = list(issues)
    if not issues:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INSIDE, [[issue.pk for issue in issues]])
        inside = {key: contents for key, *contents in cursor.fetchall()}
    return [_listed(issue, *inside[issue.pk]) for issue in issues]


def list_neighbours(issue: Issue) -> tuple[ListedIssue | None, ListedIssue | None]:
    """Return the issues published just before and just after this one. Two queries."""
    before, after = Issue.objects.neighbours_of(issue)
    listed = {row.issue.pk: row for row in list_issues(filter(None, (before, after)))}
    return (listed[before.pk] if before else None), (listed[after.pk] if after else None)


def _listed(issue: Issue, titles: list[str], count: int, tags: list[str]) -> ListedIssue:
    if issue.title == settings.ISSUE_TITLE.format(number=issue.number):
        headline, also, more = "".join(titles[:1]), titles[1:], count - len(titles)
    else:
        headline, also, more = issue.title, titles[:2], count - len(titles[:2])
    return ListedIssue(issue, headline, also, more, tags)


def list_by_year(issues: Iterable[Issue]) -> dict[int, list[ListedIssue]]:
    """Group issues by year, on the clocks of TIME_ZONE and in their order. One query if they are loaded."""
    years: dict[int, list[ListedIssue]] = {}
    for listed in list_issues(issues):
        assert listed.issue.publish_at is not None  # They are published.
        years.setdefault(timezone.localtime(listed.issue.publish_at).year, []).append(listed)
    return years


def list_by_letter[T: (Author, Publication, Tag)](named: Iterable[T]) -> dict[str, list[T]]:
    """Group by initial. Names that begin with no letter come first, under “#”."""
    letters: dict[str, list[T]] = {}
    for one in sorted(named, key=lambda one: (initial(one.name), one.name.casefold())):
        letters.setdefault(initial(one.name), []).append(one)
    return letters


def initial(name: str) -> str:
    """Return the first letter as a capital without accents: “Á” is “A”. “#” if the name begins with no letter."""
    first = unicodedata.normalize("NFKD", name)[:1].upper()[:1]
    return first if first.isalpha() else "#"
