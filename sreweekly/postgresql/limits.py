"""How long each kind of work may wait for the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Seconds. A transaction may do nothing for longer than its statements take: an import parses files between them.
MIN_IDLE = 60
DESK_PATHS = ("/admin/", "/accounts/", "/capture/")

# A thread starts with the default. So do granian's, which answer requests.
_work: ContextVar[str] = ContextVar("work", default="pages")


@contextmanager
def time_limits(work: str) -> Iterator[None]:
    """Use the limits of this kind of work, a key of DATABASE_SECONDS, for all connections that are opened inside."""
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)


def seconds() -> float:
    """Return how long a statement may take here and now."""
    return settings.DATABASE_SECONDS[_work.get()]


def _lock_seconds() -> float:
    # Readers wait behind a migration that waits for a lock.
    return (settings.DATABASE_SECONDS["pages"] if _work.get() == "migrations" else seconds()) / 2


def parameters() -> dict[str, str]:
    """Return PostgreSQL's own parameters for the limits here and now, in milliseconds."""
    return {
        "statement_timeout": f"{seconds() * 1000:.0f}",
        "lock_timeout": f"{_lock_seconds() * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{max(MIN_IDLE, seconds()) * 1000:.0f}",
    }


def limit_requests(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Give requests of editors more time than those of readers. This middleware must come before any query."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with time_limits("desk" if request.path_info.startswith(DESK_PATHS) else "pages"):
            return get_response(request)

    return middleware
