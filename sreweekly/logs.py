"""The log: a line of JSON for each request and each event, with the time in UTC and the request's ID."""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from structlog import dev, processors, stdlib
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor

from sreweekly.outages import is_outage

logger = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
# Whoever reads these addresses in a mail may set a new password, or change a subscription.
SECRET_PATH = re.compile(r"(?<=/accounts/password/reset/key/).+|(?<=/subscription/)/*[^/\s]+", re.IGNORECASE)
# Characters of a message, a path or a reason. Robots send paths and hosts of many kilobytes.
LONGEST = 500
# Attributes of records that are printed, besides the message: ours, and the one of procrastinate.
EXTRA = ["method", "path", "status", "seconds", "user", "job"]


def make_formatter() -> logging.Formatter:
    """Return the formatter for all records: JSON, or text that is easier to read with DEBUG."""
    rendering: list[Processor] = [processors.format_exc_info, processors.JSONRenderer()]
    return stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            stdlib.add_log_level,
            stdlib.add_logger_name,
            stdlib.ExtraAdder(EXTRA),
            processors.TimeStamper(fmt="iso", utc=True, key="time"),
            processors.EventRenamer("message"),
        ],
        processors=[
            stdlib.ProcessorFormatter.remove_processors_meta,
            mask,
            shorten,
            *([dev.ConsoleRenderer(event_key="message", timestamp_key="time")] if settings.DEBUG else rendering),
        ],
    )


def mask(logger: object, method: str, event: EventDict) -> EventDict:
    """Take secrets out of the texts of an event: Django names the path of what it refuses, and of faults."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secret(value)
    return event


def shorten(logger: object, method: str, event: EventDict) -> EventDict:
    """Cut long texts of an event, and say how long they were. Tracebacks, which are added later, stay whole."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST:
            event[name] = f"{value[:LONGEST]}… ({len(value)} characters)"
    return event


def log_requests(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Log each request when it is answered, and return its ID in X-Request-ID. This middleware must be the first.

    The proxy gives the ID in X-Request-ID. Without a proxy, or if it is malformed, the request gets one here.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid4())
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = get_response(request)
        response.headers["X-Request-ID"] = request_id
        _log_request(request, response, time.perf_counter() - started)
        clear_contextvars()
        return response

    return middleware


def _log_request(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    extra = {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "seconds": round(seconds, 4),
    }
    # Only if the view has loaded the user, because that takes a query.
    if user := getattr(request, "_cached_user", None):
        extra["user"] = user.pk
    logger.log(logging.WARNING if response.status_code >= 500 else logging.INFO, "request", extra=extra)


def without_secret(address: str) -> str:
    return SECRET_PATH.sub("…", address)


def note_reason(record: logging.LogRecord) -> bool:
    """Filter for what Django logs about a response: let the line of the request say it, too.

    Only a fault of our code keeps a record of its own, with the traceback.
    """
    error = record.exc_info[1] if record.exc_info else None
    is_fault = error and not is_outage(error) and not isinstance(error, UnreadablePostError)
    if is_fault and getattr(record, "status_code", 500) >= 500:
        return True
    if "request_id" in get_contextvars():  # Otherwise the line of the request is already written.
        bind_contextvars(reason=_one_line(record, error))
    return False


def without_traceback(record: logging.LogRecord) -> bool:
    """Filter for all records: shorten that of an outage to one line."""
    error = record.exc_info[1] if record.exc_info else None
    if is_outage(error):
        record.exc_info = None
        record.msg, record.args = _one_line(record, error), ()
    return True


def _one_line(record: logging.LogRecord, error: BaseException | None) -> str:
    message = record.getMessage()
    return " ".join((f"{message}: {error}" if is_outage(error) else message).split())
