"""Sponsors and their messages. Here, not in sponsors/, because a changed name changes printed issues."""

from django.contrib import admin
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.admin.columns import RunsAdmin, count_column
from issues.admin.preflight import withdraw_stopped
from issues.changes import note_changes, save_versions
from issues.models.issues import Issue
from sponsors.models import Placement, Sponsor


@admin.register(Sponsor)
class SponsorAdmin(KeepsWords, DeskFields, RunsAdmin):
    form = SeenForm
    counted = "placement"
    placement_count = count_column("placement")
    fields = ("name", "url", "contact", "notes", "seen")
    list_display = ("name", "placement_count", "last_run", "url")
    list_filter = ("placements__state",)
    search_fields = ("name", "contact", "notes", "url")
    search_help_text = "Name, contact, notes, website."
    ordering = ("name",)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            note_changes(Issue.objects.filter(placements__sponsor=obj))


@admin.register(Placement)
class PlacementAdmin(KeepsWords, DeskFields, admin.ModelAdmin):
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
        issues = Issue.objects.filter(pk__in={obj.issue_id, form.initial.get("issue")} - {None})
        issues.keep_revisions()
        super().save_model(request, obj, form, change)
        save_versions(issues, request.user, "sponsor’s message changed")
        withdraw_stopped(self, request, [obj.issue_id])

    def delete_model(self, request, obj):
        self.delete_queryset(request, Placement.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        issues = list(queryset.values_list("issue", flat=True))
        Issue.objects.filter(pk__in=issues).keep_revisions()
        super().delete_queryset(request, queryset)
        save_versions(Issue.objects.filter(pk__in=issues), request.user, "sponsor’s message deleted")
