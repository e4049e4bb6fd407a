"""The search page for readers. It works by GET and without scripts."""

import re
from typing import Any

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from issues.models.site_version import version_of
from issues.printing.metadata import describe_index
from issues.search.finding import find
from issues.search.form import SearchForm, years_to_choose
from issues.search.queries import is_too_common
from issues.search.results import load
from issues.search.spelling import suggest
from issues.site.caching import cache_for_minutes

RESULTS_PER_PAGE = 20


@require_safe
@cache_for_minutes
def search(request: HttpRequest) -> HttpResponse:
    version = version_of(request)
    form = SearchForm(request.GET, years_to_choose(version))
    if not form.is_valid():
        return render(request, "issues/search.html", {"form": form}, status=400)
    if form.is_empty:
        is_start = not form.cleaned_data["q"]
        described = describe_index("Search", f"Search the issues of {settings.NEWSLETTER_NAME}.", reverse("search"))
        start = {"form": form, "is_start": is_start, "described": described if is_start else None}
        return render(request, "issues/search.html", start)
    query = form.cleaned_data["query"]
    keys = find(query, form.filters, newest_first=form.cleaned_data["sort"] == "new")
    try:
        page = Paginator(keys, RESULTS_PER_PAGE).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404("There is no such page of results.") from error
    context: dict[str, Any] = {"form": form, "page": page}
    if keys:
        context["results"] = load(page.object_list, query)
    elif query:
        context |= {"is_too_common": is_too_common(query), "suggestion": suggest(query, form.filters, version)}
    return render(request, "issues/search.html", context)


@require_safe
@cache_for_minutes
def opensearch(request: HttpRequest) -> HttpResponse:
    """Serve the description by which browsers offer the site as a search engine (OpenSearch 1.1, draft 6)."""
    # An example of a search that finds something: a word of what the newsletter is about.
    word = re.search(r"\w+", settings.NEWSLETTER_TAGLINE)
    example = word[0] if word else settings.NEWSLETTER_NAME
    content_type = "application/opensearchdescription+xml"
    return render(request, "issues/opensearch.xml", {"example": example}, content_type)
