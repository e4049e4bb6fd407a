"""Receive links from phones and scripts, and describe the desk as an app that can be installed."""

import json
from typing import Any
from urllib.parse import parse_qs

from allauth.core.ratelimit import consume
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from collecting.capture import MAX_PAGES, CapturedPage, Collected, collect, parse_page
from collecting.models.devices import Device
from issues.printing.cards import PAPER
from issues.runs import describe_run
from issues.site.caching import cache_for_a_day
from issues.site.icons import icons

MAX_BODY = 64 * 1024  # Bytes.


class RefusedError(Exception):
    """The body cannot be read. Holds the status of the answer, and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@csrf_exempt
@cache_control(no_store=True)
@require_POST
def capture(request: HttpRequest) -> HttpResponse:
    """Add candidates from JSON or a form, and answer in JSON. It uses no session and no cookie.

    Takes five queries for any number of links, and one more once an hour.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    device = Device.objects.holding(token.strip(), Device.Kind.TOKEN) if scheme.lower() == "bearer" else None
    if device is None or not device.user.has_perm("collecting.add_candidate"):
        return _refuse_token(request)
    try:
        records = _parse_body(request)
        pages = _parse_pages(records)
    except RefusedError as error:
        return JsonResponse({"error": str(error)}, status=error.status)
    except ValidationError as error:
        return JsonResponse({"errors": error.message_dict}, status=400)
    device.note_use()
    results = [_describe(one) for one in collect(pages, device)]
    return JsonResponse({"results": results} if isinstance(records, list) else results[0], status=201)


def _refuse_token(request: HttpRequest) -> HttpResponse:
    """Answer a wrong token: 401, or 429 after too many from one IP address.

    Valid tokens are not counted, so an attacker cannot lock out their owners.
    """
    if not consume(request, action="capture"):
        sentence = "Too many requests with a wrong token came from your address. Wait a minute."
        return JsonResponse({"error": sentence}, status=429, headers={"Retry-After": "60"})
    sentence = "Send a valid token as “Authorization: Bearer TOKEN”. You can make a new one at the desk."
    # RFC 6750, section 3.
    return JsonResponse({"error": sentence}, status=401, headers={"WWW-Authenticate": 'Bearer realm="capture"'})


def _parse_body(request: HttpRequest) -> Any:
    """Return what JSON holds, or the fields of a form as a dictionary. Raises RefusedError."""
    if request.content_type not in ("application/json", "application/x-www-form-urlencoded"):
        raise RefusedError(415, "Send application/json or application/x-www-form-urlencoded.")
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise RefusedError(413, f"Send up to {MAX_BODY // 1024} kB. Split a longer list.")
    try:
        text = body.decode()
        if request.content_type == "application/json":
            return json.loads(text)
        form = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PAGES)
    except UnicodeDecodeError as error:
        raise RefusedError(400, "Send the text as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "The body is not valid for its Content-Type.") from error
    return {name: values[0] if len(values) == 1 else values for name, values in form.items()}


def _parse_pages(records: Any) -> list[CapturedPage]:
    """Parse one object or a list. Raises RefusedError, or ValidationError by field: "url", or "2.url" in a list."""
    if not isinstance(records, list):
        return [_parse_record(records)]
    if not 1 <= len(records) <= MAX_PAGES:
        raise RefusedError(400, f"Send 1 to {MAX_PAGES} links at a time, not {len(records):,}.")
    pages: list[CapturedPage] = []
    errors: dict[str, list[str]] = {}
    for place, record in enumerate(records, 1):
        try:
            pages.append(_parse_record(record))
        except ValidationError as error:
            errors |= {f"{place}.{name}": sentences for name, sentences in error.message_dict.items()}
    if errors:
        raise ValidationError(errors)
    return pages


def _parse_record(record: Any) -> CapturedPage:
    if not isinstance(record, dict):
        raise ValidationError({"url": "Send an object with a url, or a list of such objects."})
    return parse_page(record)


def _describe(one: Collected) -> dict[str, Any]:
    """Return the answer for one link. It names published issues only, so that a stolen token reveals no drafts."""
    runs = [run for run in one.runs if run.issue and run.issue.is_published]
    sentences = ["Saved." if one.is_new else "Saved already.", *(f"{describe_run(run)}." for run in runs), *one.notes]
    return {
        "status": "saved" if one.is_new else "saved already",
        "sentence": " ".join(sentences),
        "url": one.candidate.url,
        "address": settings.SITE_URL + reverse("admin:collecting_candidate_change", args=[one.candidate.pk]),
        "already_ran": [
            {
                "issue": run.issue.number,
                "sentence": describe_run(run),
                "address": settings.SITE_URL + run.get_absolute_url(),
            }
            for run in runs
            if run.issue
        ],
        "notes": one.notes,
    }


@require_safe
@cache_for_a_day
def desk_manifest(request: HttpRequest) -> HttpResponse:
    """Answer with the web app manifest: a phone installs the desk, and can share links to it (W3C Web Share Target)."""
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
        "background_color": PAPER,
        "icons": icons(),
        # By GET, because the phone has no CSRF token: the shared link is shown, and saved by pressing the button.
        "share_target": {
            "action": reverse("admin:collecting_candidate_save"),
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    return JsonResponse(contents, content_type="application/manifest+json")
