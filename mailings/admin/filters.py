"""Filters of the list of subscribers. Each offers what there is most of, and takes anything."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Count
from django.utils import timezone

from mailings.models.subscribers import State, Subscriber

# Names that a filter offers.
MOST = 20
# A state for the desk only: Subscriber.state is what happened, and does not know of suppressions.
SUPPRESSED = "suppressed"
STATES = {
    State.ACTIVE: "active",
    State.PENDING: "not confirmed",
    State.PAUSED: "paused",
    State.LEFT: "left",
    State.BOUNCED: "bounced",
    State.COMPLAINED: "complained",
    SUPPRESSED: "never mailed",
}
COLOURS = {
    State.ACTIVE: "go",
    State.PENDING: "warn",
    State.PAUSED: "accent",
    State.BOUNCED: "stop",
    State.COMPLAINED: "stop",
    SUPPRESSED: "stop",
}


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request, model_admin):
        return list(STATES.items())

    def queryset(self, request, queryset):
        value = self.value()
        if value == SUPPRESSED:
            return queryset.suppressed()
        if value == State.ACTIVE:
            return queryset.active()
        return queryset.in_state(value) if value in State.values else queryset


class NameFilter(admin.SimpleListFilter):
    """Filter that accepts any name, even one that it does not offer."""

    field = ""

    def lookups(self, request, model_admin):
        counted = Subscriber.objects.order_by().values_list(self.field).annotate(count=Count("*"))
        rows = counted.order_by("-count", self.field)[:MOST]
        return [(name, f"{name} ({count:,})") for name, count in rows if name]

    def queryset(self, request, queryset):
        name = (self.value() or "").replace("\0", "")  # PostgreSQL refuses the null character.
        return queryset.filter(**{self.field: name}) if name else queryset


class SourceFilter(NameFilter):
    title = "where from"
    parameter_name = field = "source"


class DomainFilter(NameFilter):
    title = parameter_name = field = "domain"


class AddedFilter(admin.SimpleListFilter):
    title = "when added"
    parameter_name = "added"

    def lookups(self, request, model_admin):
        return [("7", "in the last 7 days"), ("30", "in the last 30 days"), ("365", "in the last year")]

    def queryset(self, request, queryset):
        days = {"7": 7, "30": 30, "365": 365}.get(self.value() or "")
        return queryset.filter(created_at__gte=timezone.now() - timedelta(days=days)) if days else queryset
