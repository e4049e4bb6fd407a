"""Imports of subscribers at the desk: choose the file, rehearse, read the report, import."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from desk.run_admin import RunAdmin
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
        choices=[("", "Recognise it by its columns"), *((one.key, one.name) for one in BY_KEY.values())],
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
class SubscriberImportAdmin(RunAdmin):
    form = StartForm
    busy, gone, add_title = BUSY, "The file is no longer kept. Choose it again.", "Import subscribers"
    fields = ("file", "format", "consent", "is_rehearsal")
    when_empty = "Choose the list of the service that you used before."
    list_display = ("__str__", "state_in_words", "name", "requested_by", "requested_at", "finished_at")

    @admin.display(description="state", ordering="state")
    def state_in_words(self, run):
        return format_html('<span class="state {}">{}</span>', COLOURS[run.state], run.get_state_display())

    # One permission for all of it.

    def has_add_permission(self, request):
        return request.user.has_perm("mailings.import_subscriber")

    def has_view_permission(self, request, obj=None):
        return self.has_add_permission(request)

    # Starting

    def defer(self, run):
        defer_import(run)

    def save_model(self, request, obj, form, change):
        upload = form.cleaned_data["file"]
        # Django has removed folders from the name.
        obj.name = (upload.name or "")[-NAME_LIMIT:]
        obj.size = upload.size
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)
        obj.store(upload)
        defer_import(obj)

    # Watching, and reading the report

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
            "next_step": ("Import now" if report else "Try again") if may_go_on and run.has_files else "",
        }
        return TemplateResponse(request, "admin/mailings/subscriberimport/report.html", context)

    @method_decorator(require_safe)
    def status_view(self, request, pk):
        return super().status_view(request, pk)
