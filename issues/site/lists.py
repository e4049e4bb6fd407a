"""Long lists in the order in which readers look through them."""

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
    """By year and name of the month, on the clocks of TIME_ZONE and in the order of the issues. One query.

    Tuples, because rows of the model take twice the time where there are 5,500.
    """
    years: dict[int, dict[str, list[ListedIssue]]] = {}
    for number, title, slug, publish_at in issues.values_list("number", "title", "slug", "publish_at"):
        date = timezone.localtime(publish_at)
        listed = ListedIssue(url_of(slug), shorten(title, number), f"{date:%b} {date.day}")
        years.setdefault(date.year, {}).setdefault(f"{date:%B}", []).append(listed)
    return years


def shorten(title: str, number: int) -> str:
    """“#437” instead of the usual title, which would stand in every row; any other title is kept."""
    return f"#{number}" if title == settings.ISSUE_TITLE.format(number=number) else title


def list_by_letter[T: (Author, Publication, Tag)](named: Iterable[T]) -> dict[str, list[T]]:
    """By initial, those without a letter first, under “#”."""
    letters: dict[str, list[T]] = {}
    for one in sorted(named, key=lambda one: (initial(one.name), one.name.casefold())):
        letters.setdefault(initial(one.name), []).append(one)
    return letters


def initial(name: str) -> str:
    """The first letter, as a capital and without accents: “Á” is “A”. “#” where a name begins with none."""
    first = unicodedata.normalize("NFKD", name)[:1].upper()[:1]
    return first if first.isalpha() else "#"
