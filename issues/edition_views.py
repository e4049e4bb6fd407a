"""What programs ask for: an issue as text, JSON and picture, the archive to download, sitemaps, icons.

Everything here is decided before it is rendered, and may be kept by a CDN as pages are.
"""

import json
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from issues import cards, downloads, sitemaps
from issues.editions import changed_at, etag_of, issue_data
from issues.models import Issue
from issues.models.contents import IssueQuerySet
from issues.text import render_text
from issues.views import cached

DAY = 24 * 3600  # Seconds.
ICON_SIZES = (192, 512)

kept = cache_control(public=True, max_age=DAY, stale_if_error=7 * DAY)
kept_for_ever = cache_control(public=True, max_age=365 * DAY, immutable=True)

# Programs that run in readers' browsers, on whatever site, may read these.
FOR_ALL = {"Access-Control-Allow-Origin": "*"}


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
    moved = issues.filter(previous_slugs__slug=slug).first()
    if moved is None and slug != slug.lower():
        moved = issues.filter(slug=slug.lower()).first()
    if moved is None:
        raise Http404("No issue has this address.")
    return moved.slug


def _canonical(issue: Issue) -> dict[str, str]:
    """RFC 6596. Search engines are led to the page."""
    return {"Link": f'<{settings.SITE_URL}{issue.get_absolute_url()}>; rel="canonical"'}


# The archive


@require_safe
@cached
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "issues/data.html")


@require_safe
@cached
def issues_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, downloads.issues_as_json_lines, "issues.jsonl", "application/jsonl")


@require_safe
@cached
def articles_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, downloads.articles_as_json_lines, "articles.jsonl", "application/jsonl")


@require_safe
@cached
def articles_csv(request: HttpRequest) -> HttpResponseBase:
    return _download(request, downloads.articles_as_csv, "articles.csv", "text/csv; charset=utf-8; header=present")


def _download(
    request: HttpRequest, write: Callable[[IssueQuerySet], Iterator[str]], name: str, content_type: str
) -> HttpResponseBase:
    """Streamed, under a file name with the day of the last change. One query for a 304 and for HEAD."""
    issues = Issue.objects.published()
    states = list(issues.only("guid", "slug", "title", "publish_at", "updated_at"))
    last_change = max((localtime(issue.changed_at).date() for issue in states), default=None)
    parts = [slugify(settings.NEWSLETTER_NAME), last_change, name]
    file_name = "-".join(str(part) for part in parts if part)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', **FOR_ALL}

    def respond(request: HttpRequest) -> HttpResponseBase:
        lines = write(issues) if request.method == "GET" else ()
        return StreamingHttpResponse(lines, content_type=content_type, headers=headers)

    return condition(lambda request: etag_of(states))(respond)(request)


# What robots and browsers ask every site for


@require_safe
@cached
def sitemap(request: HttpRequest) -> HttpResponse:
    entries = sitemaps.index()
    return render(request, "issues/sitemap_index.xml", {"entries": entries}, content_type="application/xml")


@require_safe
@cached
def sitemap_section(request: HttpRequest, section: str, number: int) -> HttpResponse:
    try:
        entries = sitemaps.section_page(section, number)
    except (KeyError, InvalidPage) as error:
        raise Http404("There is no such part of the sitemap.") from error
    return render(request, "issues/sitemap.xml", {"entries": entries}, content_type="application/xml")


@require_safe
@kept
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
@kept
def manifest(request: HttpRequest) -> HttpResponse:
    """W3C, “Web Application Manifest”."""
    contents = {
        "name": settings.NEWSLETTER_NAME,
        "short_name": settings.NEWSLETTER_NAME,
        "description": settings.NEWSLETTER_TAGLINE,
        "lang": settings.LANGUAGE_CODE,
        "id": reverse("home"),
        "start_url": reverse("home"),
        "scope": reverse("home"),
        "display": "minimal-ui",
        "theme_color": settings.NEWSLETTER_ACCENT,
        "background_color": cards.PAPER,
        "icons": _icons(),
    }
    return JsonResponse(contents, content_type="application/manifest+json")


@require_safe
@kept
def desk_manifest(request: HttpRequest) -> HttpResponse:
    """The desk as an app of its own, which a phone offers for what is shared: W3C, “Web Share Target API”."""
    desk = reverse("admin:index")
    name = f"{settings.NEWSLETTER_NAME} desk"
    contents = {
        "name": name,
        "short_name": name,
        "lang": settings.LANGUAGE_CODE,
        "id": desk,
        "start_url": desk,
        "scope": desk,
        "display": "standalone",
        "theme_color": settings.NEWSLETTER_ACCENT,
        "background_color": cards.PAPER,
        "icons": _icons(),
        # Without a token of the form it cannot post: what is shared is shown, and saved by one press.
        "share_target": {
            "action": reverse("admin:issues_candidate_save"),
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    return JsonResponse(contents, content_type="application/manifest+json")


def _icons() -> list[dict[str, str]]:
    sized = [
        {"src": reverse("icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png"} for size in ICON_SIZES
    ]
    return [{"src": reverse("favicon_svg"), "sizes": "any", "type": "image/svg+xml"}, *sized]


@require_safe
@kept
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.favicon(), content_type="image/x-icon")


@require_safe
@kept
def favicon_svg(request: HttpRequest) -> HttpResponse:
    look = {"letter": settings.NEWSLETTER_NAME[:1], "colour": settings.NEWSLETTER_ACCENT}
    return render(request, "favicon.svg", look, content_type="image/svg+xml")


@require_safe
@kept
def apple_touch_icon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.icon(180), content_type="image/png")


@require_safe
@kept
def icon(request: HttpRequest, size: int) -> HttpResponse:
    if size not in ICON_SIZES:
        raise Http404("There is no icon of this size.")
    return HttpResponse(cards.icon(size), content_type="image/png")


@require_safe
@kept
def site_card(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.site_card(), content_type="image/png")
