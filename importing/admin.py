"""Imports at the desk: choose the files, rehearse, read the report, import."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from procrastinate.exceptions import AlreadyEnqueued

from importing.files import refusal_of_upload
from importing.models import ImportedIssue
from importing.tasks import defer_import
from wordpress.models import ExportFile, WordPressImport, WordPressPost
from wordpress.report import Report, ReportSection
from wordpress.uploads import ARCHIVES

BUSY = "Another import is waiting or running. Start this one when it has ended."
# Lines of each kind on the page. The download has all.
SHOWN = 50


class ExportsInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ExportsField(forms.FileField):
    """One or several files, cleaned to a list."""

    widget = ExportsInput(attrs={"accept": ".xml,.json,.zip,.rss,.atom"})
    default_error_messages = {"required": "Choose the file to import, or all of them."}

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        if not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        problems = list(_problems_of(data))
        if problems:
            raise forms.ValidationError(problems)
        return data


class StartForm(forms.ModelForm):
    exports = ExportsField(
        label="Files",
        allow_empty_file=True,  # The field's own error names the file.
        help_text=(
            "The .xml files that WordPress gave (Tools, Export, All content); issues as JSON, one or many in a file, "
            "also in a .zip; issues that Curated exported; or a feed that holds whole issues."
        ),
    )

    uploads = forms.FileField(
        label="Uploads",
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ARCHIVES)}),
        help_text="An archive (.zip or .tar) of wp-content/uploads: the pictures that posts use are brought in.",
    )

    class Meta:
        model = WordPressImport
        fields = ("is_rehearsal", "is_reload")
        labels = {"is_rehearsal": "Rehearse only", "is_reload": "Load unchanged posts and issues again"}
        help_texts = {
            "is_rehearsal": "Does everything, reports it, and writes nothing. You can import from its report.",
            "is_reload": "For when this program reads them better than before. Never changes what was edited here.",
        }

    def clean_uploads(self) -> UploadedFile | None:
        upload = self.cleaned_data["uploads"]
        if upload and not (upload.name or "").lower().endswith(ARCHIVES):
            text = f"“{upload.name}” is no archive: its name ends with {', '.join(ARCHIVES[:-1])} or {ARCHIVES[-1]}."
            raise forms.ValidationError(text, code="no_archive")
        return upload

    def clean(self) -> dict[str, Any]:
        super().clean()
        given = [*(self.cleaned_data.get("exports") or []), *filter(None, [self.cleaned_data.get("uploads")])]
        if problem := _too_large(given):
            self.add_error("exports", problem)
        if WordPressImport.objects.active().exists():
            raise forms.ValidationError(BUSY, code="busy")
        return self.cleaned_data


class LinkedLine(NamedTuple):
    text: str
    name: str  # Of the issue or page that was made from the post. Empty if there is none.
    url: str


@admin.register(WordPressImport)
class WordPressImportAdmin(admin.ModelAdmin):
    form = StartForm
    fields = ("exports", "uploads", "is_rehearsal", "is_reload")
    list_display = ("__str__", "state", "file_names", "requested_by", "requested_at", "finished_at")
    list_filter = ("state", "is_rehearsal")
    list_select_related = ("requested_by",)

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report").prefetch_related("files")

    @admin.display(description="files")
    def file_names(self, run):
        return ", ".join(file.name for file in run.files.all())

    # Permissions: to start an import is to add issues.

    def has_add_permission(self, request):
        return super().has_add_permission(request) and request.user.has_perm("issues.add_issue")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # Starting

    def add_view(self, request, form_url="", extra_context=None):
        if request.method == "GET" and self.has_add_permission(request) and WordPressImport.objects.active().exists():
            return self._refuse(request)
        context = {"title": "Import issues", **(extra_context or {})}
        try:
            return super().add_view(request, form_url, context)
        except (IntegrityError, AlreadyEnqueued):  # Somebody else started one at the same moment.
            return self._refuse(request)

    def save_model(self, request, obj, form, change):
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)
        files = [ExportFile.objects.store(export) for export in form.cleaned_data["exports"]]
        if uploads := form.cleaned_data["uploads"]:
            files.append(ExportFile.objects.store(uploads, is_uploads=True))
        obj.files.set(files)
        defer_import(obj)

    def response_add(self, request, obj, post_url_continue=None):
        return _redirect_to(obj)

    def again_view(self, request, pk):
        """Start the import after its rehearsal, or the same run after a failure, with the same files."""
        run = get_object_or_404(WordPressImport, pk=pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if run.is_active:
            return self._refuse(request)
        if not run.can_be_run_again:
            self.message_user(request, "The files are no longer kept. Choose them again.", messages.ERROR)
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
        if active := WordPressImport.objects.active().first():
            return _redirect_to(active)
        return HttpResponseRedirect(reverse("admin:wordpress_wordpressimport_changelist"))

    # Watching, and reading the report

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Imports", **(extra_context or {})})

    def get_urls(self):
        wrap = self.admin_site.admin_view
        name = "wordpress_wordpressimport"
        return [
            path("<int:pk>/status/", wrap(self.status_view), name=f"{name}_status"),
            path("<int:pk>/report.json", wrap(self.report_view), name=f"{name}_report"),
            path("<int:pk>/again/", wrap(require_POST(self.again_view)), name=f"{name}_again"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self._get_viewable(request, _primary_key(object_id))
        files = run.files.order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "title": str(run) if run.is_active else f"{run}: {run.state}",
            "opts": self.opts,
            "run": run,
            "files": files,
            "report": None,
            "can_be_run_again": run.can_be_run_again and self.has_add_permission(request),
        }
        if run.report:
            report = Report.from_plain(run.report)
            left_out = [ReportSection(f"{why}: {len(names)}", names) for why, names in report.left_out.items()]
            context["report"] = report
            context["sections"], context["left_out"] = _with_links(report.sections()), _with_links(left_out)
            context["can_be_run_again"] &= len(report.failed_files) < len(files)
        return TemplateResponse(request, "admin/wordpress/wordpressimport/report.html", context)

    def status_view(self, request, pk):
        """Answer {"percent": 0 to 100, "sentence": "…", "has_ended": false} in JSON."""
        run = self._get_viewable(request, pk)
        return JsonResponse({"percent": run.percent, "sentence": run.sentence, "has_ended": not run.is_active})

    def report_view(self, request, pk):
        """Download the report as import_issues --report writes it."""
        run = self._get_viewable(request, pk)
        if run.report is None:
            raise Http404("There is no report yet.")
        name = f"import-{run.pk}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(Report.from_plain(run.report).as_json(), content_type="application/json", headers=headers)

    def _get_viewable(self, request, pk: int) -> WordPressImport:
        run = get_object_or_404(WordPressImport.objects.select_related("requested_by"), pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run


def _problems_of(uploads: list[UploadedFile]) -> Iterable[forms.ValidationError]:
    names = [upload.name or "" for upload in uploads]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield forms.ValidationError(
            f"Two files are named “{name}”, and the report could not tell them apart. Rename one.", code="same_name"
        )
    for upload, name in zip(uploads, names, strict=True):
        # Before it is stored: it may be a list of subscribers.
        if why := refusal_of_upload(name, upload, upload.size or 0):
            yield forms.ValidationError(f"“{name}” {why}", code="format")


def _too_large(uploads: list[UploadedFile]) -> forms.ValidationError | None:
    size, limit = sum(upload.size or 0 for upload in uploads), settings.WORDPRESS_IMPORT_LIMIT
    if size <= limit:
        return None
    return forms.ValidationError(
        f"These files have {filesizeformat(size)}, and one import takes at most {filesizeformat(limit)}. "
        "Choose fewer files: what was loaded before stays.",
        code="too_large",
    )


def _with_links(sections: Iterable[ReportSection]) -> list[tuple[str, list[LinkedLine], int]]:
    """Return heading, lines with links to issues and pages, and the number of further lines. At most two queries."""
    shown = [(section.heading, section.lines[:SHOWN], len(section.lines[SHOWN:])) for section in sections]
    numbers = {_post_id(text) for _, texts, _ in shown for text in texts}
    given = {_number(text) for _, texts, _ in shown for text in texts}
    posts = WordPressPost.objects.filter(post_id__in=numbers - {0}).select_related("issue", "page")
    made = {post.post_id: post.issue or post.page for post in posts.defer("html", "issue__intro", "page__body")}
    rows = ImportedIssue.objects.filter(number__in=given - {0}).select_related("issue").defer("issue__intro")
    issues = {row.number: row.issue for row in rows}
    return [
        (heading, [_with_link(text, made.get(_post_id(text)) or issues.get(_number(text))) for text in texts], more)
        for heading, texts, more in shown
    ]


def _with_link(text: str, row: Any) -> LinkedLine:
    if row is None:
        return LinkedLine(text, "", "")
    return LinkedLine(text, str(row), reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk]))


def _post_id(text: str) -> int:
    """Return the number in a post's name, as str(Post) writes it, or 0."""
    match = re.search(r"\bpost (\d{1,18}) “", text)
    return int(match[1]) if match else 0


def _number(text: str) -> int:
    """Return the number of an issue that came from a file, if the line begins with its name, or 0."""
    match = re.match(r"issue (\d{1,9})(?= “|:)", text)
    return int(match[1]) if match else 0


def _primary_key(object_id: str) -> int:
    """Return the key in an admin address. No row has 0."""
    key = unquote(object_id)
    return int(key) if re.fullmatch(r"\d{1,18}", key, re.ASCII) else 0


def _redirect_to(run: WordPressImport) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:wordpress_wordpressimport_change", args=[run.pk]))
