"""Sponsors and their messages. Here, not in sponsors/, because a changed name changes printed issues."""

from django.contrib import admin
from django.db.models import Count, F, Max
from django.utils.html import format_html

from issues.admin.conflicts import SeenForm
from issues.admin.widgets import DeskFields
from issues.models import Issue
from issues.rendering import note_changes
from sponsors.models import Placement, Sponsor


@admin.register(Sponsor)
class SponsorAdmin(DeskFields, admin.ModelAdmin):
    form = SeenForm
    fields = ("name", "url", "contact", "notes", "seen")
    list_display = ("name", "placement_count", "last_issue", "url")
    list_filter = ("placements__state",)
    search_fields = ("name", "contact", "notes", "url")
    search_help_text = "Name, contact, notes, website."
    ordering = ("name",)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(placement_count=Count("placements", distinct=True), last_issue=Max("placements__issue__number"))
        )

    @admin.display(description="placements", ordering="placement_count")
    def placement_count(self, sponsor):
        return sponsor.placement_count

    @admin.display(description="last in issue", ordering=F("last_issue").desc(nulls_last=True))
    def last_issue(self, sponsor):
        return f"#{sponsor.last_issue}" if sponsor.last_issue else ""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            note_changes(Issue.objects.filter(placements__sponsor=obj))


@admin.register(Placement)
class PlacementAdmin(DeskFields, admin.ModelAdmin):
    form = SeenForm
    fields = ("sponsor", "issue", "slot", "message", "url", "state", "seen")
    autocomplete_fields = ("sponsor", "issue")
    list_display = ("sponsor", "place", "state", "url")
    list_filter = ("state", "sponsor")
    list_select_related = ("sponsor", "issue")
    search_fields = ("sponsor__name", "message", "url", "issue__title")
    search_help_text = "Sponsor, message, link, issue."
    ordering = ("-issue__number",)

    @admin.display(description="issue", ordering="issue__number")
    def place(self, placement):
        return format_html('<a href="../../issues/issue/{}/change/">{}</a>', placement.issue_id, placement.issue)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        touched = {obj.issue_id, form.initial.get("issue")} - {None}
        issues = Issue.objects.filter(pk__in=touched)
        issues.update(version=F("version") + 1)
        note_changes(issues)

    def delete_model(self, request, obj):
        self.delete_queryset(request, Placement.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        issues = list(queryset.values_list("issue", flat=True))
        super().delete_queryset(request, queryset)
        Issue.objects.filter(pk__in=issues).update(version=F("version") + 1)
        note_changes(Issue.objects.filter(pk__in=issues))
