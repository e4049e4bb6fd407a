"""The other forms of an issue's page: text, JSON and picture."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import condition, require_safe

from issues.models.addresses import normalize_path
from issues.models.issues import Issue, IssueQuerySet
from issues.printing.cards import card_digest
from issues.printing.data import issue_data
from issues.printing.text import render_text
from issues.site.caching import cache_for_ever, cache_for_minutes, readable_from_any_site
from issues.site.cards import stored_card
from issues.site.versions import etag_of, last_modified_of


@require_safe
@readable_from_any_site
@cache_for_minutes
def issue_text(request: HttpRequest, slug: str) -> HttpResponseBase:
    def respond(issue: Issue) -> HttpResponse:
        return HttpResponse(render_text(issue), content_type="text/plain; charset=utf-8", headers=_canonical(issue))

    return _edition(request, "issue_text", slug, respond)


@require_safe
@readable_from_any_site
@cache_for_minutes
def issue_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    def respond(issue: Issue) -> HttpResponse:
        text = json.dumps(issue_data(issue), ensure_ascii=False, indent=2) + "\n"
        return HttpResponse(text, content_type="application/json", headers=_canonical(issue))

    return _edition(request, "issue_json", slug, respond)


@require_safe
def issue_card(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Serve the picture of an issue. Caches may keep it for ever if the address has its version: ?v=…"""
    issues = Issue.objects.published()
    issue = issues.with_contents().filter(slug=slug).first()
    if issue is None:
        return redirect("issue_card", _moved_to(issues, slug), permanent=True)
    digest = card_digest(issue)

    @cache_for_ever if request.GET.get("v") == digest[:8] else cache_for_minutes
    @condition(lambda request: f'"{digest}"')
    def respond(request: HttpRequest) -> HttpResponse:
        return HttpResponse(stored_card(issue), content_type="image/png")

    return respond(request)


def _edition(request: HttpRequest, route: str, slug: str, respond: Callable[[Issue], HttpResponse]) -> HttpResponseBase:
    """Answer with `respond` to a published issue, or with 304 after one query."""
    issues = Issue.objects.published()
    issue = issues.filter(slug=slug).first()
    if issue is None:
        return redirect(route, _moved_to(issues, slug), permanent=True)

    def respond_in_full(request: HttpRequest) -> HttpResponse:
        return respond(get_object_or_404(issues.with_contents(), pk=issue.pk))

    etag, last_modified = etag_of([issue]), last_modified_of([issue])
    return condition(lambda request: etag, lambda request: last_modified)(respond_in_full)(request)


def _moved_to(issues: IssueQuerySet, slug: str) -> str:
    """Return the current slug of the published issue that has or had this one, ignoring case. Raises Http404."""
    moved = issues.filter(addresses__path=normalize_path(slug)).first()
    if moved is None:
        raise Http404("No issue has this address.")
    return moved.slug


def _canonical(issue: Issue) -> dict[str, str]:
    """Return the header that tells search engines to show the page instead (RFC 6596)."""
    return {"Link": f'<{settings.SITE_URL}{issue.get_absolute_url()}>; rel="canonical"'}
