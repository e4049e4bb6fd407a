"""The one place that formats dates for readers (on the clocks of TIME_ZONE) and for programs (in UTC)."""

from datetime import UTC, datetime

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime


def format_day(moment: datetime) -> str:
    """Return “August 11, 2024”."""
    local = localtime(moment)
    return f"{MONTHS[local.month]} {local.day}, {local.year}"


def format_short_day(moment: datetime) -> str:
    """Return “Aug 11”, for lists in which the year is clear."""
    return format_date(localtime(moment), "M j")


def format_zone(moment: datetime) -> str:
    """Return “EDT”, the abbreviation of TIME_ZONE at this time."""
    return f"{localtime(moment):%Z}"


def format_minute(moment: datetime) -> str:
    """Return “August 12, 2024 - 12:09 am”, the form in which WordPress printed it."""
    local = localtime(moment)
    return f"{format_date(local, 'F j, Y - g:i')} {format_date(local, 'A').lower()}"


def time_element(moment: datetime, *, with_clock: bool = False) -> SafeString:
    """Return an HTML <time> with the day, or the day and the minute, and the same moment in UTC for programs."""
    text = format_minute(moment) if with_clock else format_day(moment)
    return format_html('<time datetime="{}">{}</time>', f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}", text)


def rfc3339(moment: datetime) -> str:
    """Return the moment in UTC, to the second: “2024-08-12T00:45:00Z” (RFC 3339)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
