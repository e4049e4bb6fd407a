"""An issue for programs: as text, JSON and picture."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import condition, require_safe

from issues.models.addresses import normalize_path
from issues.models.issues import Issue, IssueQuerySet
from issues.printing import cards
from issues.printing.data import issue_data
from issues.printing.text import render_text
from issues.printing.version import changed_at, etag_of
from issues.site.caching import FOR_ALL, cached, kept_for_ever


@require_safe
@cached
def issue_text(request: HttpRequest, slug: str) -> HttpResponseBase:
    def respond(issue: Issue) -> HttpResponse:
        return HttpResponse(render_text(issue), content_type="text/plain; charset=utf-8", headers=_canonical(issue))

    return _edition(request, "issue_text", slug, respond)


@require_safe
@cached
def issue_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    def respond(issue: Issue) -> HttpResponse:
        text = json.dumps(issue_data(issue), ensure_ascii=False, indent=2)
        return HttpResponse(text + "\n", content_type="application/json", headers=_canonical(issue) | FOR_ALL)

    return _edition(request, "issue_json", slug, respond)


@require_safe
def issue_card(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The picture of an issue. Under the address that names its state, ?v=…, it may be kept for ever."""
    issues = Issue.objects.published()
    issue = issues.with_contents().filter(slug=slug).first()
    if issue is None:
        return redirect("issue_card", _moved_to(issues, slug), permanent=True)
    digest = cards.card_digest(issue)

    @kept_for_ever if request.GET.get("v") == digest[:8] else cached
    @condition(lambda request: f'"{digest}"')
    def respond(request: HttpRequest) -> HttpResponse:
        return HttpResponse(cards.stored_card(issue), content_type="image/png")

    return respond(request)


def _edition(request: HttpRequest, route: str, slug: str, respond: Callable[[Issue], HttpResponse]) -> HttpResponseBase:
    """One published issue; one query for a 304."""
    issues = Issue.objects.published()
    issue = issues.filter(slug=slug).first()
    if issue is None:
        return redirect(route, _moved_to(issues, slug), permanent=True)

    def respond_in_full(request: HttpRequest) -> HttpResponse:
        return respond(get_object_or_404(issues.with_contents(), pk=issue.pk))

    return condition(lambda request: etag_of([issue]), lambda request: changed_at(issue))(respond_in_full)(request)


def _moved_to(issues: IssueQuerySet, slug: str) -> str:
    """The slug of the issue that had this one, or was meant by it. Raises Http404."""
    moved = issues.filter(addresses__path=normalize_path(slug)).first()
    if moved is None:
        raise Http404("No issue has this address.")
    return moved.slug


def _canonical(issue: Issue) -> dict[str, str]:
    """RFC 6596. Search engines are led to the page."""
    return {"Link": f'<{settings.SITE_URL}{issue.get_absolute_url()}>; rel="canonical"'}
