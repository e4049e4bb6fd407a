"""Files that browsers and robots request from every site: icons, the manifest, robots.txt, security.txt."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from issues.printing import cards
from issues.printing.dates import rfc3339
from issues.site.caching import cache_for_a_day

ICON_SIZES = (192, 512)


@require_safe
@cache_for_a_day
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
@cache_for_a_day
def security(request: HttpRequest) -> HttpResponse:
    """Say whom to tell of a weakness (RFC 9116). Not found without a contact, or without a date of expiry."""
    if not settings.SECURITY_CONTACT or settings.SECURITY_EXPIRES is None:
        raise Http404("No contact is configured.")
    if request.path != reverse("security"):
        return redirect("security", permanent=True)
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {rfc3339(settings.SECURITY_EXPIRES)}",
        f"Preferred-Languages: {settings.LANGUAGE_CODE.partition('-')[0]}",
        f"Canonical: {settings.SITE_URL}{reverse('security')}",
    ]
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_for_a_day
def manifest(request: HttpRequest) -> HttpResponse:
    """Serve the manifest by which browsers install the site (W3C, “Web Application Manifest”)."""
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
        "icons": icons(),
    }
    return JsonResponse(contents, content_type="application/manifest+json")


def icons() -> list[dict[str, str]]:
    sized = [
        {"src": reverse("icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png"} for size in ICON_SIZES
    ]
    return [{"src": reverse("favicon_svg"), "sizes": "any", "type": "image/svg+xml"}, *sized]


@require_safe
@cache_for_a_day
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.favicon(), content_type="image/x-icon")


@require_safe
@cache_for_a_day
def favicon_svg(request: HttpRequest) -> HttpResponse:
    look = {"bars": cards.BARS, "end": cards.BAR_END, "grey": cards.GREY, "colour": settings.NEWSLETTER_ACCENT}
    return render(request, "favicon.svg", look, content_type="image/svg+xml")


@require_safe
@cache_for_a_day
def apple_touch_icon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.icon(180), content_type="image/png")


@require_safe
@cache_for_a_day
def icon(request: HttpRequest, size: int) -> HttpResponse:
    if size not in ICON_SIZES:
        raise Http404("There is no icon of this size.")
    return HttpResponse(cards.icon(size), content_type="image/png")


@require_safe
@cache_for_a_day
def site_card(request: HttpRequest) -> HttpResponse:
    return HttpResponse(cards.site_card(), content_type="image/png")
