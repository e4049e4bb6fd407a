"""What the navigation leads to: a new site has no page about it yet, and a small one no tags."""

from collections.abc import Iterable
from functools import lru_cache

from django.db.models import CharField, QuerySet, Value
from django.urls import resolve
from taggit.models import Tag

from issues.models.addresses import Address, normalize_path
from issues.models.credits import Author, Publication
from issues.models.publishing import is_published
from text.newsletter import Link

# By route of a list: its rows, and the lookup from a row to its issues. A tag of punctuation alone has no address.
LISTS: dict[str, tuple[QuerySet, str]] = {
    "tags": (Tag.objects.exclude(slug=""), "issues_tagging_items__content_object__issue"),
    "authors": (Author.objects.all(), "articles__issue"),
    "publications": (Publication.objects.all(), "articles__issue"),
}


def find_targets(links: Iterable[Link] = ()) -> set[str]:
    """Return which lists are not empty, by their routes, and which links lead to a page, by their addresses. One query.

    Links to other sites, and to what is always there, such as /archive/, are among them.
    """
    paths = {link.address: _path_of(link.address) for link in links}
    found = Address.objects.published().filter(path__in=[path for path in paths.values() if path]).values_list("path")
    for route, (rows, issue) in LISTS.items():
        name = Value(route, CharField())
        found = found.union(rows.filter(is_published(issue)).order_by().values_list(name)[:1], all=True)
    there = {name for (name,) in found}
    return (there & LISTS.keys()) | {address for address, path in paths.items() if path is None or path in there}


@lru_cache
def _path_of(address: str) -> str | None:
    """Return the path at which an issue or a page would have to be; None for any other address."""
    path = address.partition("#")[0].partition("?")[0]
    if not address.startswith("/") or path.strip("/") == "":
        return None
    names = {resolve(form).url_name for form in (path, f"{path.rstrip('/')}/")}
    return normalize_path(path) if names <= {"issue", "elsewhere"} else None
