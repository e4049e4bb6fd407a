"""Limits on wrong passwords and codes, and the browsers that an account knows.

Wrong attempts count for the account. A browser that has signed in as this account before has a count of its own, so
that an attacker who guesses does not lock the editor out. OWASP calls its cookie a device cookie:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import consume
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

COOKIE_AGE = 365 * 24 * 60 * 60


def normalize(name: str) -> str:
    """Return the same text for all spellings of a user name or an e-mail address that Django takes as equal."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


@never_cache
def too_many_attempts(request: HttpRequest, minutes: int = 5) -> HttpResponse:
    """Answer 429, also for allauth's own limits. After these minutes, all limits on signing in start anew."""
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = 60 * minutes
    return response


@contextmanager
def attempt(request: HttpRequest, kind: str, user: User | None, login: str = "") -> Iterator[None]:
    """Count what is checked inside as wrong if it raises an exception. Answer 429 after too many wrong attempts.

    An attempt counts from its start, so that requests at the same time do not get more guesses. Unknown accounts
    (`user` is None) are counted by `login`, so that the limit does not tell who has an account.
    """
    token = user and _token_of(request, user)
    if token:
        action, key = "attempt_in_known_browser", f"{kind} {token}"
    else:
        action, key = "attempt", f"{kind} {user.pk}" if user else f"{kind} unknown {normalize(login)}"
    usage = consume(request, app="allauth.account", action=action, key=key)
    if usage is None:
        raise ImmediateHttpResponse(too_many_attempts(request))
    yield
    usage.rollback()


def remembers_browser(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make the browser known to the account if the view signs in, or sets a new password.

    No other page does, because somebody with a stolen session could collect browsers, and guess with each of them.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        before = getattr(request.user, "password", None)  # A hash. Nobody who is not signed in has one.
        response = view(request, *args, **kwargs)
        user = request.user
        if isinstance(user, User) and user.password != before:
            response.set_signed_cookie(
                _cookie_of(user),
                _token_of(request, user) or secrets.token_urlsafe(16),
                salt=_salt_of(user),
                max_age=COOKIE_AGE,
                path="/accounts/",  # Readers' pages and the desk get no second cookie.
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response

    return wrapper


def _token_of(request: HttpRequest, user: User) -> str | None:
    """Return the random token of this browser if it is known to the account, or None."""
    return request.get_signed_cookie(_cookie_of(user), default=None, salt=_salt_of(user), max_age=COOKIE_AGE)


def _cookie_of(user: User) -> str:
    """Each account has its own cookie, because two editors may share a browser."""
    return f"known_browser_{user.pk}"


def _salt_of(user: User) -> str:
    """Bind the signature to the account and its password: a new password forgets all browsers, as it ends sessions."""
    return f"{user.pk} {user.password}"
