"""Imports at the desk: choose the files, rehearse, read the report, import."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.run_admin import RunAdmin
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
class WordPressImportAdmin(RunAdmin):
    form = StartForm
    busy, gone, add_title = BUSY, "The files are no longer kept. Choose them again.", "Import issues"
    fields = ("exports", "uploads", "is_rehearsal", "is_reload")
    list_display = ("__str__", "state", "file_names", "requested_by", "requested_at", "finished_at")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("files")

    @admin.display(description="files")
    def file_names(self, run):
        return ", ".join(file.name for file in run.files.all())

    # Permissions: to start an import is to add issues.

    def has_add_permission(self, request):
        return super().has_add_permission(request) and request.user.has_perm("issues.add_issue")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    # Starting

    def defer(self, run):
        defer_import(run)

    def save_model(self, request, obj, form, change):
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)
        files = [ExportFile.objects.store(export) for export in form.cleaned_data["exports"]]
        if uploads := form.cleaned_data["uploads"]:
            files.append(ExportFile.objects.store(uploads, is_uploads=True))
        obj.files.set(files)
        defer_import(obj)

    # Watching, and reading the report

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Imports", **(extra_context or {})})

    def get_urls(self):
        report = self.admin_site.admin_view(self.report_view)
        return [path("<int:pk>/report.json", report, name="wordpress_wordpressimport_report"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_viewable(request, _primary_key(object_id))
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

    def report_view(self, request, pk):
        """Download the report as import_issues --report writes it."""
        run = self.get_viewable(request, pk)
        if run.report is None:
            raise Http404("There is no report yet.")
        name = f"import-{run.pk}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(Report.from_plain(run.report).as_json(), content_type="application/json", headers=headers)


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
