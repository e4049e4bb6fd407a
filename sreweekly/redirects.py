"""Redirects that Django refuses to send, because their address would be too long for proxies and browsers."""

from collections.abc import Callable

from django.core.exceptions import DisallowedRedirect
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import MAX_URL_REDIRECT_LENGTH


class ShortenRedirects:
    """Middleware: redirect to the same path without its query, which is what makes a redirect long.

    Encoding lengthens queries: in that of the sign-in page, which leads back, a Chinese letter takes 15 characters.
    Django's limit is 16,384, and the proxy takes headers of 32 kB: deploy/nginx/nginx.conf.template.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer 414 if the path alone is too long (RFC 9110, section 15.5.15)."""
        if not isinstance(exception, DisallowedRedirect):
            return None
        path = request.build_absolute_uri(request.path)
        if request.META["QUERY_STRING"] and len(path) < MAX_URL_REDIRECT_LENGTH:
            return HttpResponseRedirect(path)
        return HttpResponse("This address is too long.\n", "text/plain; charset=utf-8", 414)
