"""What holds for every page of subscribing and leaving: no session, no cache, no token that goes elsewhere."""

import re
from collections.abc import Callable
from functools import wraps

from allauth.core.internal.ratelimit import consume, get_ip
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from issues.models.pages import Page
from issues.site import views
from issues.site.moved import redirect_to_current

# What a client, a subscriber and a new address may ask for: number and period.
LIMITS = {"sign_up": "10/h/key", "new_address": "5/h/key", "letter": "1/h/key"}
HOUR = 3600  # Seconds.


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the view take GET and POST from anybody who knows the address, and keep it out of every cache and index.

    There is nothing for a CSRF token to protect: the address is the secret, and forms of public pages cannot hold one.
    """

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @cache_control(private=True, no_store=True)
    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def see_other(route: str, *args: str) -> HttpResponse:
    """Redirect with 303: whatever was posted, the next request is a GET."""
    return HttpResponseRedirect(reverse(route, args=args), status=303)


@private
def gone(request: HttpRequest) -> HttpResponse:
    """Answer every token that is forged, expired or forgotten: all in the same way."""
    return render(request, "mailings/gone.html", status=404)


@private
def nearest(request: HttpRequest, path: str) -> HttpResponse:
    """Answer what else is below /subscription/: redirect if a mail program changed the end of a link."""
    tidied = re.sub(r"[^\w-]+$", "", path)
    address = f"{reverse('former_subscription')}{tidied}/"
    if address == request.path or not re.fullmatch(r"[\w/-]+", tidied, re.ASCII) or request.method == "POST":
        return gone(request)
    return HttpResponseRedirect(address)


@csrf_exempt
@require_safe
def former_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page that had this address before the site used it, or redirect to where it is. Raises Http404."""
    if Page.objects.published().filter(slug=slug).exists():
        return views.issue(request, slug)
    return redirect_to_current(slug)


def is_within_limit(request: HttpRequest, action: str, key: str = "") -> bool:
    """Count this request, and return whether it is one of those that LIMITS allows. Without a key, the client counts.

    A client is an IPv4 address, or the /64 of an IPv6 address. Only a hash of it is kept, for an hour.
    """
    hashed = salted_hmac("mailings.limits", key or get_ip(request), algorithm="sha256").hexdigest()
    return consume(request, app="mailings", action=action, config=LIMITS, key=hashed) is not None


def too_many(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    problem = "Too many addresses came from your network. Try again in an hour."
    response = render(request, template, {"problem": problem, **context}, status=429)
    response["Retry-After"] = str(HOUR)
    return response


def can_write() -> bool:
    """Return whether letters can be sent. Without them, nobody can subscribe or change an address."""
    return bool(settings.NEWSLETTER_FROM)
