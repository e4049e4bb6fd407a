"""What search engines may find, and since when it is what it is: sitemaps.org.

Not django.contrib.sitemaps, which takes the site's name from the request or from a table.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from taggit.models import Tag

from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.publishing import is_published
from issues.site.caching import cached

# sitemaps.org: addresses in one file.
LIMIT = 50_000
# Pages that are no rows. They stand with the section "pages".
ROUTES = ["home", "archive", "authors", "publications", "tags", "data"]


class Entry(NamedTuple):
    url: str
    changed_at: datetime | None


def _issues() -> QuerySet:
    issues = Issue.objects.published().annotate(changed=Greatest("publish_at", "updated_at"))
    return issues.values_list("slug", "changed")


def _pages() -> QuerySet:
    return Page.objects.published().annotate(changed=F("updated_at")).order_by("slug").values_list("slug", "changed")


def _credited(rows: QuerySet, issue: str) -> QuerySet:
    """Those that a published issue credits; `issue` is the way to it. They change when one of their issues does."""
    changed = Max(Greatest(f"{issue}__publish_at", f"{issue}__updated_at"))
    return rows.filter(is_published(issue)).annotate(changed=changed).order_by("slug").values_list("slug", "changed")


# For each: the route that its slugs belong to, and the rows of (slug, changed).
SECTIONS: dict[str, tuple[str, Callable[[], QuerySet]]] = {
    "issues": ("issue", _issues),
    "pages": ("issue", _pages),
    "authors": ("author", lambda: _credited(Author.objects.all(), "articles__issue")),
    "publications": ("publication", lambda: _credited(Publication.objects.all(), "articles__issue")),
    # A tag of signs alone has no address.
    "tags": ("tag", lambda: _credited(Tag.objects.exclude(slug=""), "issues_tagging_items__content_object__issue")),
}


def index() -> list[Entry]:
    """The files of all sections that have an entry. One query for each section."""
    entries = []
    for section, (_, rows) in SECTIONS.items():
        totals = rows().aggregate(count=Count("slug"), latest=Max("changed"))
        files = -(-totals["count"] // LIMIT) or (section == "pages")
        for number in range(1, files + 1):
            entries.append(Entry(_absolute("sitemap_section", section, number), totals["latest"]))
    return entries


def section_page(section: str, number: int) -> list[Entry]:
    """Two queries. Raises KeyError or django.core.paginator.InvalidPage where there is none."""
    route, rows = SECTIONS[section]
    entries = [Entry(_absolute(route, slug), changed) for slug, changed in Paginator(rows(), LIMIT).page(number)]
    if section == "pages":
        entries = [Entry(_absolute(name), None) for name in ROUTES] + entries
    return entries


def _absolute(route: str, *args: object) -> str:
    return settings.SITE_URL + reverse(route, args=args)


@require_safe
@cached
def sitemap(request: HttpRequest) -> HttpResponse:
    entries = index()
    return render(request, "issues/sitemap_index.xml", {"entries": entries}, content_type="application/xml")


@require_safe
@cached
def sitemap_section(request: HttpRequest, section: str, number: int) -> HttpResponse:
    try:
        entries = section_page(section, number)
    except (KeyError, InvalidPage) as error:
        raise Http404("There is no such part of the sitemap.") from error
    return render(request, "issues/sitemap.xml", {"entries": entries}, content_type="application/xml")
