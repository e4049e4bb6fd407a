"""What the site answers while it cannot serve: 503, because that ends without anybody's doing."""

import re
import sys
import time
from collections.abc import Callable

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.defaults import server_error as answer_500
from procrastinate.exceptions import ConnectorException

from pictures.storage import StorageError

# Seconds. The site is back within five after the database is.
RETRY_AFTER = 5
# Seconds that a request may wait for its turn.
MAX_WAIT = 10
# PostgreSQL's class of errors for statements that are too big or too complex. The same statement fails again.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PROGRAM_LIMIT_EXCEEDED = "54"


def is_outage(error: BaseException | None) -> bool:
    """Return whether the database failed, and not a statement of ours: another attempt may succeed."""
    if isinstance(error, ConnectorException):  # Procrastinate's, for any error of psycopg.
        return is_outage(error.__cause__)
    if not isinstance(error, (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return not (getattr(cause, "sqlstate", None) or "").startswith(PROGRAM_LIMIT_EXCEEDED)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that ended with an exception: Django's handler500."""
    error = sys.exception()
    return unavailable(request) if is_outage(error) or isinstance(error, StorageError) else answer_500(request)


def shed_late_requests(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Refuse requests that have waited too long: whoever sent them has probably left, and others are waiting.

    Measured: granian 2.8 runs every request that it has accepted, even if the client has closed the connection. The
    proxy says in X-Request-Start when it received the request, such as "t=1795722945.717": nginx's $msec.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = re.fullmatch(r"t=(\d{1,12}(?:\.\d{1,9})?)", request.headers.get("X-Request-Start", ""))
        is_late = started and time.time() - float(started[1]) > MAX_WAIT
        return unavailable(request) if is_late else get_response(request)

    return middleware


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the page that says so, without a query."""
    page = render_to_string("503.html", {"is_form": request.method == "POST"})
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)
