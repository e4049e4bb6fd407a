"""Posts imported from WordPress, the imports that editors started at the desk, and their files.

Web processes and workers may run on different machines, so the database keeps the files while they are needed.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Self

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from desk.runs import Run, RunQuerySet, chunks_of, write_chunks
from issues.models.issues import Issue
from issues.models.pages import Page

# Bytes of UTF-8. File systems allow 255.
NAME_LIMIT = 200
KEEP_FILES = timedelta(days=7)


class ExportFileQuerySet(models.QuerySet["ExportFile"]):
    def store(self, upload: UploadedFile, *, is_uploads: bool = False) -> "ExportFile":
        """Store the file in the caller's transaction, with one query for each chunk."""
        # Django has removed folders from the name.
        name = (upload.name or "").encode(errors="replace")[-NAME_LIMIT:].decode(errors="ignore")
        stored = self.create(name=name, size=upload.size, is_uploads=is_uploads)
        for number, content in chunks_of(upload):
            ExportChunk.objects.create(file=stored, number=number, content=content)
        return stored

    def unused(self) -> Self:
        """Files uploaded more than a week ago that no active import needs."""
        active = WordPressImport.objects.active().filter(files=models.OuterRef("pk"))
        return self.filter(~models.Exists(active), uploaded_at__lte=timezone.now() - KEEP_FILES)

    def delete_contents(self) -> int:
        """Delete the chunks, and return how many. The names stay for the list of imports."""
        return ExportChunk.objects.filter(file__in=self).delete()[0]


class ExportFile(models.Model):
    """A file exported by WordPress, with its name on the editor's machine."""

    name = models.CharField(max_length=NAME_LIMIT)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    uploaded_at = models.DateTimeField(default=timezone.now)
    is_uploads = models.BooleanField(
        default=False, db_default=False, help_text="An archive of wp-content/uploads, and no export."
    )

    objects = ExportFileQuerySet.as_manager()

    def __str__(self):
        return self.name

    def write_to(self, folder: Path) -> Path:
        """Write the file, with one query for each chunk. Raises OSError if chunks are missing."""
        path = folder / self.name
        with path.open("wb") as file:
            write_chunks(self.chunks.all(), file, self.name, self.size)
        return path


class ExportChunk(models.Model):
    file = models.ForeignKey(ExportFile, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="export_chunk_number_unique")]

    def __str__(self):
        return f"{self.file}, chunk {self.number}"


class WordPressImportQuerySet(RunQuerySet["WordPressImport"]):
    def request(self, files: Iterable[ExportFile], user: User, **options: bool) -> "WordPressImport":
        """Create a waiting import. Call defer_import() in the same transaction.

        Raises IntegrityError while another import is active.
        """
        requested = self.create(requested_by=user, **options)
        requested.files.set(files)
        return requested


class WordPressImport(Run):
    """One run over some files: a rehearsal, which writes nothing, or the real import."""

    files = models.ManyToManyField(ExportFile, related_name="imports")
    is_reload = models.BooleanField("unchanged posts too", default=False)
    started_at = models.DateTimeField(null=True, help_text="When the first worker took it.")
    report = models.JSONField(null=True, help_text="wordpress.report.Report.as_plain()")

    objects = WordPressImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Value(1), condition=Q(state__in=["waiting", "running"]), name="wordpress_import_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="wordpress_import_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", started_at__isnull=True)
                | (~Q(state="waiting") & Q(started_at__isnull=False))
                | Q(state="failed"),
                name="wordpress_import_started_unless_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], finished_at__isnull=False)
                | (~Q(state__in=["done", "failed"]) & Q(finished_at__isnull=True)),
                name="wordpress_import_finished_iff_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="done", report__isnull=False) | (~Q(state="done") & Q(report__isnull=True)),
                name="wordpress_import_report_iff_done",
            ),
            models.CheckConstraint(
                condition=(Q(state="failed") & ~Q(failure="")) | (~Q(state="failed") & Q(failure="")),
                name="wordpress_import_failure_iff_failed",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="wordpress_import_percent_to_100"),
        ]

    @property
    def has_files(self) -> bool:
        return not self.files.filter(chunks=None).exists()

    @property
    def next_step(self) -> str:
        return "Try again" if self.state == self.State.FAILED else "Import now"

    def run_again(self, user: User) -> "WordPressImport":
        """Request the import after a rehearsal, or the same run after a failure. See request()."""
        return WordPressImport.objects.request(
            self.files.all(), user, is_rehearsal=self.next_is_rehearsal, is_reload=self.is_reload
        )

    def begin(self) -> None:
        self.started_at = self.started_at or timezone.now()
        super().begin()

    def delete_files(self) -> None:
        self.files.all().delete_contents()


class WordPressPost(models.Model):
    """A post, and the issue or page made from it. Neither is set if that was deleted here later."""

    post_id = models.PositiveBigIntegerField()
    issue = models.OneToOneField(Issue, models.SET_NULL, null=True, blank=True, related_name="wordpress_post")
    page = models.OneToOneField(Page, models.SET_NULL, null=True, blank=True, related_name="wordpress_post")
    permalink = models.TextField(blank=True)
    guid = models.TextField(blank=True)
    html = models.TextField(blank=True, help_text="As exported, before WordPress adds paragraphs.")
    modified_at = models.DateTimeField(null=True)
    mailed_as = models.CharField(max_length=200, blank=True, help_text="SendGrid’s identifier of the mailing.")
    # SHA-256, in hexadecimal: of everything read from the post, and of what the import made of it.
    export_digest = models.CharField(max_length=64)
    loaded_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["post_id"]
        verbose_name = "WordPress post"
        constraints = [
            models.UniqueConstraint(fields=["post_id"], name="wordpress_post_id_unique"),
            models.CheckConstraint(
                condition=Q(issue__isnull=True) | Q(page__isnull=True), name="wordpress_post_issue_or_page"
            ),
        ]

    def __str__(self):
        return f"WordPress post {self.post_id}"
