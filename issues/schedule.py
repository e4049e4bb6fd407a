"""Compute the usual times of publication. No models here."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from django.conf import settings
from django.utils import timezone


def next_publication_time(after: datetime) -> datetime:
    """Return the first PUBLICATION_WEEKDAY at PUBLICATION_TIME, on the clocks of TIME_ZONE, later than `after`.

    If the clocks show this time twice, it is the first; if they skip it, the time that comes in its place.
    """
    after = after.astimezone(UTC)  # Python compares times of one zone by their clocks, and these go back in autumn.
    local = timezone.localtime(after)
    days = (settings.PUBLICATION_WEEKDAY - local.weekday()) % 7
    for day in (local.date() + timedelta(days), local.date() + timedelta(days + 7)):
        moment = datetime.combine(day, time.fromisoformat(settings.PUBLICATION_TIME), local.tzinfo).astimezone(UTC)
        if moment > after:
            return timezone.localtime(moment)
    raise AssertionError("one of two weeks is later")


def coming_publication_times(count: int) -> list[datetime]:
    """Return the next usual times from now on."""
    return list(islice(publication_times(timezone.now()), count))


def publication_times(after: datetime) -> Iterator[datetime]:
    """Yield the usual times later than `after`, without end."""
    while True:
        after = next_publication_time(after)
        yield after
