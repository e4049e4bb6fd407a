"""Answers 403, 404 and 405: with the menu at the desk, and with the site's navigation for readers."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.views import csrf, defaults

# The folders that take more than GET and HEAD. /capture/ checks a token instead of a cookie.
TAKING = ("/admin/", "/accounts/", "/capture/")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the user may not do this: Django's handler403."""
    if _is_at_the_desk(request):
        return _answer(request, "admin/403.html", "You may not do this", 403)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing is at this address: Django's handler404."""
    if _is_at_the_desk(request):
        return _answer(request, "admin/404.html", "There is no such page", 404)
    return defaults.page_not_found(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer what has no CSRF token: Django's CSRF_FAILURE_VIEW.

    Django looks for the token before it calls a view. Readers' pages have none, and take nothing.
    """
    if request.path.startswith(TAKING):
        return csrf.csrf_failure(request, reason)
    return HttpResponseNotAllowed(["GET", "HEAD"])


def _is_at_the_desk(request: HttpRequest) -> bool:
    """Return whether a user of the desk requested one of its pages. Nobody else learns what is there."""
    is_below = request.path.startswith(reverse("admin:index"))
    return is_below and hasattr(request, "user") and admin.site.has_permission(request)


def _answer(request: HttpRequest, template: str, title: str, status: int) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title}, status=status)
