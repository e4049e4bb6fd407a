"""The search page for readers. It works by GET and without scripts."""

from typing import Any

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.search.finding import find, keys_of
from issues.search.form import SearchForm
from issues.search.queries import is_too_common
from issues.search.results import load
from issues.search.spelling import suggest
from issues.site.caching import cache_for_minutes

RESULTS_PER_PAGE = 20


@require_safe
@cache_for_minutes
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "issues/search.html", {"form": form}, status=400)
    if form.is_empty:
        return render(request, "issues/search.html", {"form": form, "is_start": not form.cleaned_data["q"]})
    query = form.cleaned_data["query"]
    found = find(query, form.filters, newest_first=form.cleaned_data["sort"] == "new")
    keys = keys_of(found)
    try:
        page = Paginator(keys, RESULTS_PER_PAGE).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404("There is no such page of results.") from error
    context: dict[str, Any] = {"form": form, "page": page}
    if keys:
        context["results"] = load(page.object_list, query)
    else:
        context |= {"is_too_common": is_too_common(query), "suggestion": suggest(query, form.filters)} if query else {}
    return render(request, "issues/search.html", context)


@require_safe
@cache_for_minutes
def opensearch(request: HttpRequest) -> HttpResponse:
    """Serve the description by which browsers offer the site as a search engine (OpenSearch 1.1, draft 6)."""
    return render(request, "issues/opensearch.xml", content_type="application/opensearchdescription+xml")
