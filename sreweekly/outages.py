"""What the site answers while the database is away, too slow or full: 503, because that ends without our doing."""

import logging
import sys

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as answer_500
from procrastinate.exceptions import ConnectorException

# Seconds. The site is back within five after the database is.
RETRY_AFTER = 5
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
    if not is_outage(sys.exception()):
        return answer_500(request)
    page = render_to_string("503.html", {"is_form": request.method == "POST"})
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)


def without_traceback(record: logging.LogRecord) -> bool:
    """Filter for logging: shorten the record of an outage to one line."""
    error = record.exc_info[1] if record.exc_info else None
    if is_outage(error):
        record.exc_info = None
        record.msg, record.args = " ".join(f"{record.getMessage()}: {error}".split()), ()
    return True
