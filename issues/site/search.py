"""Search, for readers: by GET, without scripts."""

from typing import Any

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.search.finding import find, load
from issues.search.form import SearchForm
from issues.search.spelling import is_too_common, suggest
from issues.site.caching import cached

RESULTS_PER_PAGE = 20


@require_safe
@cached
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET.dict())
    if not form.is_valid():
        return render(request, "issues/search.html", {"form": form}, status=400)
    if form.is_empty:
        return render(request, "issues/search.html", {"form": form, "is_start": not form.cleaned_data["q"]})
    query = form.cleaned_data["query"]
    found = find(query, form.filters, newest_first=form.cleaned_data["sort"] == "new")
    # All keys, because to count the results and then to take some of them is to search twice.
    keys = list(found.values_list("pk", flat=True))
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
@cached
def opensearch(request: HttpRequest) -> HttpResponse:
    """For browsers, which offer it as a search engine: OpenSearch 1.1, draft 6."""
    return render(request, "issues/opensearch.xml", content_type="application/opensearchdescription+xml")
