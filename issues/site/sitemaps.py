"""Sitemaps (sitemaps.org): every page that search engines may find, and when it changed last.

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
from issues.models.navigation import find_targets
from issues.models.pages import Page
from issues.models.publishing import is_published
from issues.site.caching import cache_for_minutes, readable_from_any_site

# Addresses in one file (sitemaps.org, “Sitemap file requirements”).
LIMIT = 50_000
# The routes of pages that are always there. The section "pages" lists them, and the lists that are not empty.
ROUTES = ["home", "archive", "data"]


class SitemapEntry(NamedTuple):
    url: str
    changed_at: datetime | None


@require_safe
@readable_from_any_site
@cache_for_minutes
def sitemap(request: HttpRequest) -> HttpResponse:
    """Serve the index of all files."""
    context = {"entries": _files()}
    return render(request, "issues/sitemap_index.xml", context, content_type="application/xml")


@require_safe
@readable_from_any_site
@cache_for_minutes
def sitemap_section(request: HttpRequest, section: str, number: int) -> HttpResponse:
    """Serve one file of a section."""
    try:
        entries = _entries_of(section, number)
    except (KeyError, InvalidPage) as error:
        raise Http404("There is no such part of the sitemap.") from error
    return render(request, "issues/sitemap.xml", {"entries": entries}, content_type="application/xml")


def _files() -> list[SitemapEntry]:
    """Return the files of all sections that have entries. One query for each section."""
    files = []
    for section, (_, rows) in SECTIONS.items():
        totals = rows().aggregate(count=Count("slug"), latest=Max("changed"))
        count = -(-totals["count"] // LIMIT) or (section == "pages")
        for number in range(1, count + 1):
            files.append(SitemapEntry(_absolute("sitemap_section", section, number), totals["latest"]))
    return files


def _entries_of(section: str, number: int) -> list[SitemapEntry]:
    """Return the entries of one file. Two queries, four for the pages.

    Raises KeyError or InvalidPage if there is no such file.
    """
    route, rows = SECTIONS[section]
    page = Paginator(rows(), LIMIT).page(number)
    entries = [SitemapEntry(_absolute(route, slug), changed) for slug, changed in page]
    if section == "pages":
        years = [SitemapEntry(_absolute("archive_of_year", year), None) for year in Issue.objects.published().years()]
        routes = [SitemapEntry(_absolute(name), None) for name in (*ROUTES, *sorted(find_targets()))]
        entries = routes + years + entries
    return entries


def _absolute(route: str, *args: object) -> str:
    return settings.SITE_URL + reverse(route, args=args)


def _issues() -> QuerySet:
    issues = Issue.objects.published().annotate(changed=Greatest("publish_at", "updated_at"))
    return issues.values_list("slug", "changed")


def _pages() -> QuerySet:
    return Page.objects.published().annotate(changed=F("updated_at")).order_by("slug").values_list("slug", "changed")


def _credited(rows: QuerySet, issue: str) -> QuerySet:
    """Select the rows that a published issue credits; `issue` is the lookup from a row to its issues.

    The page of a row changes when one of these issues does.
    """
    changed = Max(Greatest(f"{issue}__publish_at", f"{issue}__updated_at"))
    return rows.filter(is_published(issue)).annotate(changed=changed).order_by("slug").values_list("slug", "changed")


# By section: the route that prints its slugs, and a function that returns rows of (slug, changed).
SECTIONS: dict[str, tuple[str, Callable[[], QuerySet]]] = {
    "issues": ("issue", _issues),
    "pages": ("issue", _pages),
    "authors": ("author", lambda: _credited(Author.objects.all(), "articles__issue")),
    "publications": ("publication", lambda: _credited(Publication.objects.all(), "articles__issue")),
    # A tag of punctuation alone, such as “++”, has no address.
    "tags": ("tag", lambda: _credited(Tag.objects.exclude(slug=""), "issues_tagging_items__content_object__issue")),
}
