"""When issues come out. Knows no models."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone


def next_publication_time(after: datetime) -> datetime:
    """The first PUBLICATION_WEEKDAY at PUBLICATION_TIME, on the clocks of TIME_ZONE, later than `after`."""
    after = after.astimezone(UTC)  # Times of one zone would be compared by their clocks, which go back in autumn.
    local = timezone.localtime(after)
    days = (settings.PUBLICATION_WEEKDAY - local.weekday()) % 7
    for day in (local.date() + timedelta(days), local.date() + timedelta(days + 7)):
        moment = datetime.combine(day, time.fromisoformat(settings.PUBLICATION_TIME), local.tzinfo)
        if moment > after:
            return moment
    raise AssertionError("one of two weeks is later")
