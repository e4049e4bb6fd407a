"""HTML that was printed before and may be printed again, kept in the process."""

import sys
from collections import OrderedDict
from threading import Lock
from typing import Protocol

from django.conf import settings

# The settings that decide what an issue prints. A test finds those that are missing.
SETTINGS = (
    *("SITE_URL", "TIME_ZONE", "LANGUAGE_CODE"),
    *("NEWSLETTER_NAME", "NEWSLETTER_TAGLINE", "NEWSLETTER_PROMISE", "NEWSLETTER_PUBLISHER", "NEWSLETTER_ACCENT"),
)


class Printed(Protocol):
    @property
    def html(self) -> str: ...


class Kept[T: Printed]:
    """A store for what is printed of published issues. What was not used for the longest time goes first.

    A key holds everything but the settings that decides what is printed: usually a digest of the contents. `most_bytes`
    limits the HTML; the process needs about twice as much.
    """

    def __init__(self, most_bytes: int):
        self._most_bytes = most_bytes
        self._bytes = 0
        self._printed: OrderedDict[tuple[object, ...], T] = OrderedDict()
        self._lock = Lock()  # The server has threads.

    def find(self, *key: object) -> T | None:
        full_key = *key, *_configuration()
        with self._lock:
            if full_key in self._printed:
                self._printed.move_to_end(full_key)
            return self._printed.get(full_key)

    def keep(self, printed: T, *key: object) -> None:
        if settings.DEBUG:
            return  # In development, templates change while the process runs.
        with self._lock:
            if self._printed.setdefault((*key, *_configuration()), printed) is printed:
                self._bytes += sys.getsizeof(printed.html)
            while self._bytes > self._most_bytes:
                self._bytes -= sys.getsizeof(self._printed.popitem(last=False)[1].html)

    def clear(self) -> None:
        with self._lock:
            self._printed.clear()
            self._bytes = 0


def _configuration() -> tuple[object, ...]:
    return tuple(getattr(settings, name) for name in SETTINGS)
