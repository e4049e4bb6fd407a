"""Posts imported from WordPress, the imports that editors started at the desk, and their files.

Web processes and workers may run on different machines, so the database keeps the files while they are needed.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import Q, Value
from django.utils import timezone

from issues.models.issues import Issue
from issues.models.pages import Page

# Bytes in one row, and in memory at once.
CHUNK_SIZE = 2**20
# Bytes of UTF-8. File systems allow 255.
NAME_LIMIT = 200
KEEP_FILES = timedelta(days=7)
# After this many killed workers, the import itself is probably the cause, and is not tried again.
MAX_ATTEMPTS = 3


class ExportFileQuerySet(models.QuerySet["ExportFile"]):
    def store(self, upload: UploadedFile, *, is_uploads: bool = False) -> "ExportFile":
        """Store the file in the caller's transaction, with one query for each chunk."""
        # Django has removed folders from the name.
        name = (upload.name or "").encode(errors="replace")[-NAME_LIMIT:].decode(errors="ignore")
        stored = self.create(name=name, size=upload.size, is_uploads=is_uploads)
        upload.seek(0)
        # Not upload.chunks(), which returns a small file whole.
        for number, content in enumerate(iter(lambda: upload.read(CHUNK_SIZE), b"")):
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
            for key in self.chunks.order_by("number").values_list("pk", flat=True):
                file.write(self.chunks.values_list("content", flat=True).get(pk=key))
        if path.stat().st_size != self.size:
            raise OSError(f"{self.name} is no longer complete.")
        return path


class ExportChunk(models.Model):
    file = models.ForeignKey(ExportFile, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="export_chunk_number_unique")]

    def __str__(self):
        return f"{self.file}, chunk {self.number}"


class WordPressImportQuerySet(models.QuerySet["WordPressImport"]):
    def active(self) -> Self:
        """Imports that wait or run: one at most."""
        return self.filter(state__in=WordPressImport.ACTIVE)

    def request(self, files: Iterable[ExportFile], user: User, **options: bool) -> "WordPressImport":
        """Create a waiting import. Call defer_import() in the same transaction.

        Raises IntegrityError while another import is active.
        """
        requested = self.create(requested_by=user, **options)
        requested.files.set(files)
        return requested

    def claim(self, key: int) -> "WordPressImport | None":
        """Mark the import as running in this worker. Returns None if there is nothing left to do."""
        with transaction.atomic():
            claimed = self.active().select_for_update().filter(pk=key).first()
            if claimed is None:
                return None
            claimed.attempts += 1
            if claimed.attempts > MAX_ATTEMPTS:
                claimed.fail(
                    f"The worker was killed {MAX_ATTEMPTS} times during this import. "
                    "It may have too little memory, or its disk may be full."
                )
                return None
            claimed.state = WordPressImport.State.RUNNING
            claimed.started_at = claimed.started_at or timezone.now()
            claimed.percent = 0
            claimed.save()
        return claimed


class WordPressImport(models.Model):
    """One run over some files: a rehearsal, which writes nothing, or the real import."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    ACTIVE = (State.WAITING, State.RUNNING)

    files = models.ManyToManyField(ExportFile, related_name="imports")
    is_rehearsal = models.BooleanField("rehearsal", default=True)
    is_reload = models.BooleanField("unchanged posts too", default=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name="started by", related_name="+"
    )
    requested_at = models.DateTimeField("started", default=timezone.now)
    started_at = models.DateTimeField(null=True, help_text="When the first worker took it.")
    finished_at = models.DateTimeField("ended", null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers took it.")
    percent = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(null=True, help_text="wordpress.report.Report.as_plain()")
    failure = models.TextField(blank=True, help_text="What stopped it, as a sentence.")

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

    def __str__(self):
        return f"{'Rehearsal' if self.is_rehearsal else 'Import'} {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def can_be_run_again(self) -> bool:
        """Return whether all files are still there, with one query."""
        return not self.is_active and not self.files.filter(chunks=None).exists()

    @property
    def sentence(self) -> str:
        """Return the state as a sentence. The percentage changes by tens, because screen readers speak each change."""
        match self.state:
            case self.State.WAITING:
                minutes = int((timezone.now() - self.requested_at).total_seconds() / 60)
                if minutes > 1:
                    return f"No worker has picked it up for {minutes} minutes. Is one running?"
                return "Waiting for a worker."
            case self.State.RUNNING:
                tens = self.percent // 10 * 10
                return f"Running: more than {tens} percent is done." if tens else "Running."
        return self.failure or "Done."

    @property
    def next_step(self) -> str:
        return "Try again" if self.state == self.State.FAILED else "Import now"

    def run_again(self, user: User) -> "WordPressImport":
        """Request the import after a rehearsal, or the same run after a failure. See request()."""
        is_rehearsal = self.is_rehearsal and self.state == self.State.FAILED
        return WordPressImport.objects.request(
            self.files.all(), user, is_rehearsal=is_rehearsal, is_reload=self.is_reload
        )

    def save_progress(self, part: float) -> bool:
        """Save the part that is done, from 0 to 1. Returns False if another worker has taken over."""
        return bool(self._claimed().update(percent=int(100 * part)))

    def finish(self, report: dict) -> None:
        """Save the report. After a real import, the files are no longer needed."""
        with transaction.atomic():
            done = self._claimed().update(state=self.State.DONE, report=report, percent=100, finished_at=timezone.now())
            if done and not self.is_rehearsal:
                self.files.all().delete_contents()

    def fail(self, sentence: str) -> None:
        """Mark the import as failed, unless another worker has taken over."""
        WordPressImport.objects.active().filter(pk=self.pk, attempts__lte=self.attempts).update(
            state=self.State.FAILED, failure=sentence, finished_at=timezone.now()
        )

    def _claimed(self) -> models.QuerySet["WordPressImport"]:
        return WordPressImport.objects.filter(pk=self.pk, state=self.State.RUNNING, attempts=self.attempts)


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
