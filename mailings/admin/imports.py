"""Imports of subscribers at the desk: choose the file, rehearse, read the report, import."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe
from procrastinate.exceptions import AlreadyEnqueued

from mailings.models.imports import NAME_LIMIT, SubscriberImport
from mailings.moving.files import open_lists
from mailings.moving.formats import BY_KEY
from mailings.moving.report import Report
from mailings.moving.tables import TableError
from mailings.tasks import defer_import
from text.fields import LineField

BUSY = "Another import of subscribers is waiting or running. Start this one when it has ended."
COLOURS = {"waiting": "accent", "running": "accent", "done": "go", "failed": "stop"}


class StartForm(forms.ModelForm):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,  # The form's own error names the file.
        help_text=(
            "The list that Mailchimp, SendGrid, Buttondown, Substack, Ghost or listmonk exported: a .csv, or the .zip "
            "as it came. Or any table with a column of addresses, or one address on each line."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.zip"}),
    )
    format = forms.ChoiceField(
        label="What it is",
        required=False,
        choices=[("", "recognise it by its columns"), *((one.key, one.name) for one in BY_KEY.values())],
    )
    consent = LineField(max_length=300, blank=True).formfield(
        label="Consent",
        help_text=(
            "What these people agreed to, and how: “Signed up for the newsletter at example.com”. Kept with each. "
            "Needed if the file does not say when they agreed."
        ),
    )

    class Meta:
        model = SubscriberImport
        fields = ("format", "consent", "is_rehearsal")
        labels = {"is_rehearsal": "Rehearse only"}
        help_texts = {"is_rehearsal": "Says what would be done, and writes nothing. You can import from its report."}

    def clean_file(self) -> UploadedFile:
        upload = self.cleaned_data["file"]
        if (upload.size or 0) > (limit := settings.WORDPRESS_IMPORT_LIMIT):
            text = f"This file has {filesizeformat(upload.size)}, and one import takes at most {filesizeformat(limit)}."
            raise forms.ValidationError(text, code="too_large")
        return upload

    def clean(self) -> dict[str, Any]:
        super().clean()
        if upload := self.cleaned_data.get("file"):
            self._look_at(upload)
        if SubscriberImport.objects.active().exists():
            raise forms.ValidationError(BUSY, code="busy")
        return self.cleaned_data

    def _look_at(self, upload: UploadedFile) -> None:
        """Recognise the file before it is stored, and ask for consent if it has no dates of it."""
        form = BY_KEY.get(self.cleaned_data.get("format", ""))
        try:
            has_dates = all(given.reader.has_dates for given in open_lists(upload.name or "", upload, form))
        except TableError as error:
            self.add_error("file", forms.ValidationError(str(error), code="format"))
            return
        if not has_dates and not self.cleaned_data.get("consent"):
            text = "This file does not say when its people agreed. State here what they agreed to."
            self.add_error("consent", forms.ValidationError(text, code="required"))


@admin.register(SubscriberImport)
class SubscriberImportAdmin(admin.ModelAdmin):
    form = StartForm
    fields = ("file", "format", "consent", "is_rehearsal")
    when_empty = "Choose the list of the service that you used before."
    list_display = ("__str__", "state_in_words", "name", "requested_by", "requested_at", "finished_at")
    list_filter = ("state", "is_rehearsal")
    list_select_related = ("requested_by",)

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report")

    @admin.display(description="state", ordering="state")
    def state_in_words(self, run):
        return format_html('<span class="state {}">{}</span>', COLOURS[run.state], run.get_state_display())

    # One permission for all of it.

    def has_add_permission(self, request):
        return request.user.has_perm("mailings.import_subscriber")

    def has_view_permission(self, request, obj=None):
        return self.has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # Starting

    def add_view(self, request, form_url="", extra_context=None):
        if request.method == "GET" and self.has_add_permission(request) and SubscriberImport.objects.active().exists():
            return self._refuse(request)
        try:
            return super().add_view(request, form_url, {"title": "Import subscribers", **(extra_context or {})})
        except (IntegrityError, AlreadyEnqueued):  # Somebody else started one at the same moment.
            return self._refuse(request)

    def save_model(self, request, obj, form, change):
        upload = form.cleaned_data["file"]
        # Django has removed folders from the name.
        obj.name = (upload.name or "")[-NAME_LIMIT:]
        obj.size = upload.size
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)
        obj.store(upload)
        defer_import(obj)

    def response_add(self, request, obj, post_url_continue=None):
        return _redirect_to(obj)

    def again_view(self, request, pk):
        """Start the import after its rehearsal, or the same run after a failure, with the same file."""
        run = get_object_or_404(SubscriberImport, pk=pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if run.is_active:
            return self._refuse(request)
        if not run.has_file:
            self.message_user(request, "The file is no longer kept. Choose it again.", messages.ERROR)
            return _redirect_to(run)
        try:
            with transaction.atomic():
                started = run.run_again(request.user)
                self.log_addition(request, started, [{"added": {}}])
                defer_import(started)
        except (IntegrityError, AlreadyEnqueued):
            return self._refuse(request)
        return _redirect_to(started)

    def _refuse(self, request) -> HttpResponse:
        self.message_user(request, BUSY, messages.ERROR)
        if active := SubscriberImport.objects.active().first():
            return _redirect_to(active)
        return HttpResponseRedirect(reverse("admin:mailings_subscriberimport_changelist"))

    # Watching, and reading the report

    def get_urls(self):
        wrap, name = self.admin_site.admin_view, "mailings_subscriberimport"
        return [
            path("<int:pk>/status/", wrap(require_safe(self.status_view)), name=f"{name}_status"),
            path("<int:pk>/again/", wrap(require_POST(self.again_view)), name=f"{name}_again"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        report = Report.from_plain(run.report) if run.report else None
        may_go_on = (run.is_rehearsal and report and not report.failures) or run.state == run.State.FAILED
        context = {
            **self.admin_site.each_context(request),
            "title": f"{run} of subscribers",
            "opts": self.opts,
            "run": run,
            "report": report,
            "next_step": ("Import now" if report else "Try again") if may_go_on and run.has_file else "",
        }
        return TemplateResponse(request, "admin/mailings/subscriberimport/report.html", context)

    def status_view(self, request, pk):
        """Answer {"percent": 0 to 100, "sentence": "…", "has_ended": false} in JSON."""
        run = get_object_or_404(SubscriberImport.objects.defer("report"), pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return JsonResponse({"percent": run.percent, "sentence": run.sentence, "has_ended": not run.is_active})


def _redirect_to(run: SubscriberImport) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:mailings_subscriberimport_change", args=[run.pk]))
