"""The editor's feeds at the desk, with import and export of the list."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from collecting.admin.candidates import EVERYWHERE
from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.opml import OpmlError, export_opml, import_opml
from collecting.tasks import defer_poll
from desk.uses import MOST, Place, Use
from desk.widgets import DeskFields
from issues.admin.merging import MergesRows


class OpmlForm(forms.Form):
    file = forms.FileField(label="OPML file", help_text="The list of feeds as a feed reader exports it.")

    def clean_file(self):
        """Import the list, and return what was added."""
        try:
            return import_opml(self.cleaned_data["file"].read())
        except OpmlError as error:
            raise ValidationError(str(error)) from error


@admin.register(Source)
class SourceAdmin(MergesRows, DeskFields):
    counted, named_by = "candidate", "title"
    when_empty = "Add one by its address, or import the list of your feed reader (OPML)."
    fieldsets = (
        (None, {"fields": ("url", "title", "site_url", "is_active")}),
        ("Last read", {"fields": (("polled_at", "next_poll_at"), "problem", "found")}),
    )
    readonly_fields = ("polled_at", "next_poll_at", "problem", "found")
    list_display = ("__str__", "state", "url", "polled_at", "candidates")
    list_filter = ("is_active",)
    search_fields = ("title", "url")
    actions = ("poll_now", "merge")

    def get_queryset(self, request):
        waiting = Count("candidates", filter=Q(candidates__state=Candidate.State.NEW))
        return super().get_queryset(request).annotate(waiting_count=waiting, candidate_count=Count("candidates"))

    @admin.display(description="state", ordering="problem")
    def state(self, source):
        """Return whether the feed is read, and what went wrong or was found last time."""
        if not source.is_active:
            name, words = "", "not read"
        elif source.problem:
            name, words = "stop", "problem"
        else:
            name, words = ("go", "works") if source.polled_at else ("", "not read yet")
        told = (source.problem or source.found) if source.is_active else ""
        return format_html('<span class="state {}">{}</span> {}', name, words, told)

    @admin.display(description="in the inbox")
    def candidates(self, source):
        if not source.waiting_count:
            return ""
        address = reverse("admin:collecting_candidate_changelist")
        return format_html('<a href="{}?source__id__exact={}">{}</a>', address, source.pk, source.waiting_count)

    def issues_of(self, rows):
        return []

    def preference(self, row):
        """Keep the feed that works: one that moved brought the most links at the address that is dead now."""
        return (not row.is_active, bool(row.problem), row.polled_at is None, *super().preference(row))

    def detail(self, row):
        return format_html("{} {}", self.state(row), row.url)

    def spellings(self):
        return Source.objects.exclude(title="").values_list("title", "pk")

    def save_row(self, request, obj, form, change):
        fields = set(form.changed_data)
        if "url" in fields:
            obj.etag = obj.last_modified = obj.problem = obj.found = ""
            obj.next_poll_at = timezone.now()
            fields |= {"etag", "last_modified", "problem", "found", "next_poll_at"}
        obj.save(update_fields=fields if change else None)  # A poll may be writing the other fields.
        if obj.is_active and fields:
            defer_poll(obj)

    def uses_of(self, rows, most=MOST):
        candidates = Candidate.objects.filter(source__in=rows).order_by("-arrived_at", "-pk")
        if not (count := candidates.count()):
            return []
        places = [
            Place(str(one), reverse("admin:collecting_candidate_change", args=[one.pk]), one.get_state_display())
            for one in candidates[:most]
        ]
        then = "They stay, and no longer say where they came from."
        address = reverse("admin:collecting_candidate_changelist")
        all_address = f"{address}?source__id__exact={rows[0].pk}" if len(rows) == 1 else ""
        return [Use("Links that it brought", count, places, all_address, then)]

    @admin.action(description="Poll now", permissions=["change"], location=EVERYWHERE)
    def poll_now(self, request, queryset):
        count = sum(defer_poll(source) for source in queryset.filter(is_active=True))
        self.message_user(request, f"Polling {count}. New items will appear in the inbox.", messages.SUCCESS)

    # Import and export

    def get_urls(self):
        return [
            path("opml/", self.admin_site.admin_view(self.export_view), name="collecting_source_export"),
            path("opml/import/", self.admin_site.admin_view(self.import_view), name="collecting_source_import"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        title = f"{settings.NEWSLETTER_NAME}: feeds"
        headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
        return HttpResponse(export_opml(Source.objects.all(), title), content_type="text/x-opml", headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OpmlForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            imported = form.cleaned_data["file"]
            sentence = f"Added: {imported.added}. Already in the list: {imported.known}."
            self.message_user(request, sentence, messages.SUCCESS)
            for sentence in imported.refused:
                self.message_user(request, f"Left out: {sentence}", messages.WARNING)
            return redirect("admin:collecting_source_changelist")
        context = {**self.admin_site.each_context(request), "title": "Import sources", "form": form, "opts": self.opts}
        return render(request, "admin/collecting/source/import.html", context)
