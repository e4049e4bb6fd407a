"""Readers and editors do not hold each other up, and neither holds up what needs no turn.

This is the bulkhead pattern: each group of requests has a part of the process for itself. One group has every thread
only if it may wait without a bound: 50 saves of one issue, each waiting for the one before, or pages while the database
hangs. So a bounded number of each group works at once, as many together as there are connections to the database, and a
bounded number waits. Whoever is too many, or has waited too long, gets 503. Stored pages, static files and /health/ do
not come here. Threads are left for them: 192 of them (Dockerfile), less what waits and works here and in uploads.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sreweekly.outages import MAX_WAIT, unavailable

DESK = "/admin/"
FREE = ("/health/", settings.STATIC_URL)


class Bulkhead:
    """`working` requests at once, while `waiting` others wait for up to `patience` seconds."""

    def __init__(self, working: int, waiting: int, patience: float) -> None:
        self.size = working + waiting
        self.patience = patience
        self._places = BoundedSemaphore(self.size)
        self._turns = BoundedSemaphore(working)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait, and yield whether it is one's turn. The turn ends with the block."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            is_on = self._turns.acquire(timeout=self.patience)
            try:
                yield is_on
            finally:
                if is_on:
                    self._turns.release()
        finally:
            self._places.release()


# Without a pool as many work as with the usual one.
_together = settings.DATABASE_POOL or 8
_for_editors = max(1, _together // 4)
# nginx waits for 60 seconds for the desk's answers, and for ten for others.
desk = Bulkhead(_for_editors, waiting=40, patience=30)
pages = Bulkhead(max(1, _together - _for_editors), waiting=58, patience=MAX_WAIT)


def take_turns(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Let a request of an editor or a reader wait for its turn. This middleware must come before any query."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(FREE):
            return get_response(request)
        with (desk if request.path_info.startswith(DESK) else pages).turn() as is_on:
            return get_response(request) if is_on else unavailable(request)

    return middleware
