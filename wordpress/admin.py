"""Imports from WordPress at the desk: choose the exports, rehearse, read the report, import."""

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

from wordpress.models import ExportFile, WordPressImport, WordPressPost
from wordpress.report import Report, Section
from wordpress.tasks import defer_import

BUSY = "Another import waits or runs. Start this one when that has ended."
# Lines of each kind on the page; the download has all.
SHOWN = 50


class ExportsInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ExportsField(forms.FileField):
    """One file or several, as a list."""

    widget = ExportsInput(attrs={"accept": ".xml"})
    default_error_messages = {"required": "Choose the file that WordPress exported, or all of them."}

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        if not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        problems = list(_problems(data))
        if problems:
            raise forms.ValidationError(problems)
        return data


class StartForm(forms.ModelForm):
    exports = ExportsField(
        label="Exports",
        allow_empty_file=True,  # It is told by its name.
        help_text="The .xml file that WordPress gave (Tools, Export, All content). If it gave several, choose all.",
    )

    class Meta:
        model = WordPressImport
        fields = ("is_rehearsal", "is_reload")
        labels = {"is_rehearsal": "Rehearse only", "is_reload": "Load unchanged posts again"}
        help_texts = {
            "is_rehearsal": "Does everything, tells what it did, and writes nothing. You can import from its report.",
            "is_reload": "For when this program reads posts better than before. What was edited here is left alone.",
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        if WordPressImport.objects.active().exists():
            raise forms.ValidationError(BUSY)
        return self.cleaned_data


class Line(NamedTuple):
    text: str
    made: str  # What was made of the post that it tells of, if there is something.
    url: str


@admin.register(WordPressImport)
class WordPressImportAdmin(admin.ModelAdmin):
    form = StartForm
    fields = ("exports", "is_rehearsal", "is_reload")
    list_display = ("__str__", "state", "file_names", "requested_by", "requested_at", "finished_at")
    list_filter = ("state", "is_rehearsal")
    list_select_related = ("requested_by",)

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report").prefetch_related("files")

    @admin.display(description="files")
    def file_names(self, run):
        return ", ".join(file.name for file in run.files.all())

    # Who may: to start one is to add issues

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
        context = {"title": "Import from WordPress", **(extra_context or {})}
        try:
            return super().add_view(request, form_url, context)
        except (IntegrityError, AlreadyEnqueued):  # Two people in one moment.
            return self._refuse(request)

    def save_model(self, request, obj, form, change):
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)
        obj.files.set([ExportFile.objects.store(upload) for upload in form.cleaned_data["exports"]])
        defer_import(obj)

    def response_add(self, request, obj, post_url_continue=None):
        return _to(obj)

    def again_view(self, request, pk):
        """After a rehearsal the import itself, over the same files; after a failure the same once more."""
        run = get_object_or_404(WordPressImport, pk=pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if run.is_active:
            return self._refuse(request)
        if not run.can_be_run_again:
            self.message_user(request, "Its files are not kept any more: choose them again.", messages.ERROR)
            return _to(run)
        try:
            with transaction.atomic():
                started = run.run_again(request.user)
                self.log_addition(request, started, [{"added": {}}])
                defer_import(started)
        except (IntegrityError, AlreadyEnqueued):
            return self._refuse(request)
        return _to(started)

    def _refuse(self, request) -> HttpResponse:
        self.message_user(request, BUSY, messages.ERROR)
        active = WordPressImport.objects.active().first()
        return _to(active) if active else HttpResponseRedirect(reverse("admin:wordpress_wordpressimport_changelist"))

    # Watching, and reading the report

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "WordPress imports", **(extra_context or {})})

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
        run = WordPressImport.objects.select_related("requested_by").filter(pk=_key(object_id)).first()
        if run is None:
            raise Http404("There is no such import.")
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        files = run.files.order_by("pk")
        report = Report.from_plain(run.report) if run.report else None
        is_readable = report is None or len(report.failed_files) < len(files)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run) if run.is_active else f"{run}: {run.state}",
            "opts": self.opts,
            "run": run,
            "files": files,
            "report": report,
            "sections": report and _linked(report.sections()),
            "left_out": report
            and _linked(Section(f"{why}: {len(names)}", names) for why, names in report.left_out.items()),
            "can_be_run_again": is_readable and run.can_be_run_again and self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/wordpress/wordpressimport/report.html", context)

    def status_view(self, request, pk):
        """{"percent": 0 to 100, "sentence": …, "has_ended": …}"""
        run = get_object_or_404(WordPressImport.objects.defer("report"), pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return JsonResponse({"percent": run.percent, "sentence": run.sentence, "has_ended": not run.is_active})

    def report_view(self, request, pk):
        """As import_wordpress --report writes it."""
        run = get_object_or_404(WordPressImport, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        if run.report is None:
            raise Http404("There is no report yet.")
        name = f"wordpress-import-{run.pk}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(Report.from_plain(run.report).as_json(), content_type="application/json", headers=headers)


def _problems(uploads: list[UploadedFile]) -> Iterable[str]:
    names = [upload.name or "" for upload in uploads]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"Two files are named “{name}”: the report could not tell which it speaks of. Rename one."
    for upload, name in zip(uploads, names, strict=True):
        if name.lower().endswith((".zip", ".gz", ".bz2", ".xz")):
            yield f"“{name}” is compressed: unpack it, and choose the .xml file in it."
        elif not name.lower().endswith(".xml"):
            yield f"“{name}” is no .xml file, as WordPress exports them."
        elif not upload.size:
            yield f"“{name}” is empty."
    size, limit = sum(upload.size or 0 for upload in uploads), settings.WORDPRESS_IMPORT_LIMIT
    if size > limit:
        sizes = f"{filesizeformat(size)}, and {filesizeformat(limit)} at the most can be imported at once"
        yield f"These are {sizes}. Choose fewer files; what was loaded before stays."


def _linked(sections: Iterable[Section]) -> list[tuple[str, list[Line], int]]:
    """Heading, lines with what was made of their posts, and how many more there are. One query."""
    shown = [(section.heading, section.lines[:SHOWN], len(section.lines[SHOWN:])) for section in sections]
    numbers = {_post_id(text) for _, texts, _ in shown for text in texts}
    posts = WordPressPost.objects.filter(post_id__in=numbers - {0}).select_related("issue", "page")
    made = {post.post_id: post.issue or post.page for post in posts.defer("html", "issue__intro", "page__body")}
    return [
        (heading, [_line(text, made.get(_post_id(text))) for text in texts], more) for heading, texts, more in shown
    ]


def _line(text: str, row: Any) -> Line:
    if row is None:
        return Line(text, "", "")
    return Line(text, str(row), reverse(f"admin:issues_{row._meta.model_name}_change", args=[row.pk]))


def _post_id(text: str) -> int:
    """As str(Post) has it."""
    match = re.search(r"\bpost (\d{1,18}) “", text)
    return int(match[1]) if match else 0


def _key(object_id: str) -> int:
    key = unquote(object_id)
    return int(key) if re.fullmatch(r"\d{1,18}", key, re.ASCII) else 0


def _to(run: WordPressImport) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:wordpress_wordpressimport_change", args=[run.pk]))
