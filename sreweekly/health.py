"""Addresses for health checks. None of them uses a session or waits for more than two seconds, whatever hangs."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from sreweekly.postgresql.connections import Connection

# Seconds to wait for an answer of the database, and to give everybody the same answer.
PATIENCE = 1.5
VALIDITY = 1.0


@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Answer 200 if this process answers. Does not ask the database: restarting the process would not bring it back."""
    return HttpResponse("OK\n", "text/plain")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database answers, else 503."""
    if database.is_answering():
        return HttpResponse("OK\n", "text/plain")
    return HttpResponse("The database does not answer.\n", "text/plain", 503)


class Probe:
    """Asks the database on a connection of its own, in a thread, so that nobody has to wait for it.

    All who ask within VALIDITY share one attempt, so that requests cannot multiply connections.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
        self._lock = Lock()
        self._attempt: Future[None] | None = None
        self._started = 0.0

    def is_answering(self) -> bool:
        """Return after at most PATIENCE."""
        try:
            self._latest_attempt().result(PATIENCE)
        except (psycopg.Error, TimeoutError):
            return False
        return True

    def _latest_attempt(self) -> Future[None]:
        with self._lock:
            is_over = self._attempt is None or (self._attempt.done() and monotonic() > self._started + VALIDITY)
            if self._attempt is None or is_over:
                self._started = monotonic()
                self._attempt = self._threads.submit(_ask, connection.get_connection_params())
            return self._attempt


def _ask(params: dict) -> None:
    with Connection.connect(**params, autocommit=True) as own:
        own.execute("SELECT 1")


database = Probe()
