"""The editor's feeds, and the way of their list from a feed reader and back."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.opml import OpmlError, export_opml, import_opml
from collecting.tasks import defer_poll
from desk.widgets import DeskFields


class OpmlForm(forms.Form):
    file = forms.FileField(label="OPML file", help_text="As feed readers export their list of feeds.")

    def clean_file(self):
        """What was added of it."""
        try:
            return import_opml(self.cleaned_data["file"].read())
        except OpmlError as error:
            raise ValidationError(str(error)) from error


@admin.register(Source)
class SourceAdmin(DeskFields, admin.ModelAdmin):
    fields = ("url", "title", "site_url", "is_active", "polled_at", "next_poll_at", "problem")
    readonly_fields = ("polled_at", "next_poll_at", "problem")
    list_display = ("__str__", "url", "polled_at", "candidates", "problem", "is_active")
    list_filter = ("is_active",)
    search_fields = ("title", "url")
    actions = ("ask_now",)

    def get_queryset(self, request):
        waiting = Count("candidates", filter=Q(candidates__state=Candidate.State.NEW))
        return super().get_queryset(request).annotate(waiting_count=waiting)

    @admin.display(description="candidates")
    def candidates(self, source):
        address = reverse("admin:collecting_candidate_changelist")
        return format_html('<a href="{}?source__id__exact={}">{}</a>', address, source.pk, source.waiting_count)

    def save_model(self, request, obj, form, change):
        if "url" in form.changed_data:
            obj.etag = obj.last_modified = obj.problem = ""
            obj.next_poll_at = timezone.now()
        super().save_model(request, obj, form, change)
        if obj.is_active and form.changed_data:
            defer_poll(obj)

    @admin.action(
        description="Ask now", permissions=["change"], location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
    )
    def ask_now(self, request, queryset):
        asked = sum(defer_poll(source) for source in queryset.filter(is_active=True))
        self.message_user(request, f"Being asked: {asked}. What is new appears under Candidates.", messages.SUCCESS)

    # The list as a file

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
            self.message_user(request, f"Added: {imported.added}. Here before: {imported.known}.", messages.SUCCESS)
            for sentence in imported.refused:
                self.message_user(request, f"Left out: {sentence}", messages.WARNING)
            return redirect("admin:collecting_source_changelist")
        context = {**self.admin_site.each_context(request), "title": "Import feeds", "form": form, "opts": self.opts}
        return render(request, "admin/collecting/source/import.html", context)
