"""Order the long lists of the site: the archive by month, names by letter."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from taggit.models import Tag

from issues.models.addresses import url_of
from issues.models.credits import Author, Publication
from issues.models.issues import IssueQuerySet


class ListedIssue(NamedTuple):
    address: str
    title: str
    day: str


def list_by_month(issues: IssueQuerySet) -> dict[int, dict[str, list[ListedIssue]]]:
    """Group issues by year and month name, on the clocks of TIME_ZONE and in their order. One query.

    It reads tuples, because model instances took twice the time with 5,500 issues.
    """
    years: dict[int, dict[str, list[ListedIssue]]] = {}
    for number, title, slug, publish_at in issues.values_list("number", "title", "slug", "publish_at"):
        date = timezone.localtime(publish_at)
        listed = ListedIssue(url_of("issue", slug), shorten(title, number), f"{date:%b} {date.day}")
        years.setdefault(date.year, {}).setdefault(f"{date:%B}", []).append(listed)
    return years


def shorten(title: str, number: int) -> str:
    """Return “#437” for the usual title, which would otherwise stand in every row. Other titles stay."""
    return f"#{number}" if title == settings.ISSUE_TITLE.format(number=number) else title


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
