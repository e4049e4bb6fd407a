"""The calendar of the sponsors' slots: each week with its usual time of publication, by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise, takewhile

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.admin.permissions import may_publish
from issues.models.issues import Issue
from issues.schedule import publication_times
from sponsors.models import Placement

MONTHS = 6
# No newsletter was sent by mail before, and nobody sells slots after.
FIRST_YEAR, LAST_YEAR = 1971, 2999
# Drafts without a time that are shown. More would be a mistake.
MOST_TIMELESS = 50


@dataclass(frozen=True)
class Slot:
    """One issue with its sponsor's slot."""

    issue: Issue
    placement: Placement | None
    is_open: bool  # This user may book it.

    @property
    def is_free(self) -> bool:
        """Return whether the slot can still be sold."""
        return self.placement is None and not self.issue.is_published


@dataclass(frozen=True)
class Week:
    """One week, which ends with a usual time of publication."""

    publish_at: datetime
    slots: list[Slot]
    is_past: bool
    is_now: bool  # The current week.
    is_first_gap: bool  # The next issue to begin is for this week.

    @property
    def month(self) -> date:
        return timezone.localtime(self.publish_at).date().replace(day=1)


@dataclass(frozen=True)
class Calendar:
    """The values that templates/admin/sponsors/placement/calendar.html prints."""

    first: date  # Of the first month.
    months: list[tuple[date, list[Week]]]
    timeless: list[Slot]  # Drafts without a time, if the current month is shown.
    next_number: int

    @property
    def counts(self) -> dict[str, int]:
        """Return how many coming weeks have a slot of each state."""
        weeks = [week for _, found in self.months for week in found if not week.is_past]
        slots = [slot for week in weeks for slot in week.slots if not slot.issue.is_published]
        booked = [slot.placement for slot in slots if slot.placement]
        return {
            "approved": sum(one.state == Placement.State.APPROVED for one in booked),
            "to_approve": sum(one.state != Placement.State.APPROVED for one in booked),
            "free": sum(slot.is_free for slot in slots),
            "gaps": sum(not week.slots for week in weeks),
        }

    @property
    def earlier(self) -> date:
        return _add_months(self.first, -MONTHS)

    @property
    def later(self) -> date:
        return _add_months(self.first, MONTHS)


def load_calendar(first: date, request: HttpRequest) -> Calendar:
    """Load the months from that of `first` on. Three queries, and the user's permissions."""
    first, now = first.replace(day=1), timezone.now()
    begins, ends = _midnight(first), _midnight(_add_months(first, MONTHS))
    times = list(takewhile(lambda moment: moment < ends, publication_times(begins - timedelta(days=8))))
    is_shown = Q(publish_at__gt=times[0], publish_at__lte=times[-1])
    is_current = times[0] < now <= times[-1]
    if is_current:
        is_shown |= Q(publish_at=None)
    placements = Prefetch("placements", Placement.objects.select_related("sponsor").order_by("slot"))
    found = Issue.objects.filter(is_shown).order_by("publish_at", "number").prefetch_related(placements)
    slots = [_slot(issue, request) for issue in found]
    weeks = list(_weeks(times, slots, now))
    return Calendar(
        first=first,
        months=[(month, list(some)) for month, some in groupby(weeks, lambda week: week.month) if month >= first],
        timeless=[slot for slot in slots if slot.issue.publish_at is None][:MOST_TIMELESS],
        next_number=Issue.objects.next_number(),
    )


class ShowsCalendar(admin.ModelAdmin):
    """Admin class that adds the calendar to the messages of sponsors."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_safe(self.calendar_view))
        return [path("calendar/", view, name="sponsors_placement_calendar"), *super().get_urls()]

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """Show the months from that of `from` on (YYYY-MM), or from the current one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "title": "Calendar",
            "opts": self.opts,
            "calendar": load_calendar(_month(request.GET.get("from", "")) or today, request),
            "is_current": not request.GET.get("from"),
        }
        return TemplateResponse(request, "admin/sponsors/placement/calendar.html", context)


def _weeks(times: list[datetime], slots: list[Slot], now: datetime) -> Iterator[Week]:
    """Yield a week for each time but the first, which is only where the first week begins."""
    has_gap = False
    for begins, ends in pairwise(times):
        found = [slot for slot in slots if slot.issue.publish_at and begins < slot.issue.publish_at <= ends]
        is_gap = not found and ends > now and times[0] < now
        yield Week(ends, found, ends <= now, begins < now <= ends, is_gap and not has_gap)
        has_gap = has_gap or is_gap


def _slot(issue: Issue, request: HttpRequest) -> Slot:
    may_book = request.user.has_perm("sponsors.add_placement") and (not issue.is_approved or may_publish(request.user))
    return Slot(issue, next(iter(issue.placements.all()), None), may_book)


def _month(given: str) -> date | None:
    """Return the first day of a month such as “2026-11”, or None."""
    try:
        month = date.fromisoformat(f"{given}-01")
    except ValueError:
        return None
    return month if FIRST_YEAR <= month.year < LAST_YEAR else None


def _add_months(first: date, count: int) -> date:
    years, month = divmod(first.month - 1 + count, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
