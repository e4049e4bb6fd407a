"""Imports of subscribers that were started at the desk, and their files.

Web processes and workers may run on different machines, so the database keeps a file while it is needed. It is full of
addresses, so that is not long.
"""

from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Self

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from desk.runs import Run, RunQuerySet, chunks_of, write_chunks
from text.fields import BackstopConstraint

NAME_LIMIT = 150
KEEP_FILES = timedelta(days=2)


class SubscriberImportQuerySet(RunQuerySet["SubscriberImport"]):
    def unused(self) -> Self:
        """Imports that ended more than two days ago."""
        return self.exclude(state__in=SubscriberImport.ACTIVE).filter(requested_at__lte=timezone.now() - KEEP_FILES)


class SubscriberImport(Run):
    """One run over a file."""

    name = models.CharField("file", max_length=NAME_LIMIT, help_text="On the editor's machine.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    format = models.CharField("what it is", max_length=40, blank=True)
    consent = models.CharField(max_length=300, blank=True)
    report = models.JSONField(null=True, help_text="mailings.moving.report.Report.as_plain()")

    objects = SubscriberImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import of subscribers"
        verbose_name_plural = "imports of subscribers"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Value(1), condition=Q(state__in=["waiting", "running"]), name="subscriber_import_one_at_a_time"
            ),
            BackstopConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="subscriber_import_state_known"
            ),
            BackstopConstraint(
                condition=~Q(state__in=["done", "failed"], finished_at=None)
                & ~Q(state__in=["waiting", "running"], finished_at__isnull=False),
                name="subscriber_import_finished_iff_ended",
            ),
            BackstopConstraint(
                condition=~Q(state="failed") | ~Q(failure=""), name="subscriber_import_failure_is_given"
            ),
            BackstopConstraint(condition=Q(percent__lte=100), name="subscriber_import_percent_to_100"),
        ]

    @property
    def has_files(self) -> bool:
        return self.chunks.exists()

    def store(self, upload: UploadedFile) -> None:
        """Store the file in the caller's transaction, with one query for each chunk."""
        for number, content in chunks_of(upload):
            self.chunks.create(number=number, content=content)

    def open(self) -> IO[bytes]:
        """Write the file to a temporary one, with one query for each chunk. Raises OSError if chunks are missing."""
        file = TemporaryFile()  # noqa: SIM115 The caller closes it.
        try:
            write_chunks(self.chunks.all(), file, self.name, self.size)
        except OSError:
            file.close()
            raise
        file.seek(0)
        return file

    def run_again(self, user: User) -> "SubscriberImport":
        """Request the import after a rehearsal, or the same run after a failure. The file moves along.

        Call defer_import() in the same transaction. Raises IntegrityError while another import is active.
        """
        again = SubscriberImport.objects.create(
            name=self.name,
            size=self.size,
            format=self.format,
            consent=self.consent,
            is_rehearsal=self.next_is_rehearsal,
            requested_by=user,
        )
        self.chunks.update(run=again)
        return again

    def delete_files(self) -> None:
        self.chunks.all().delete()


class SubscriberImportChunk(models.Model):
    run = models.ForeignKey(SubscriberImport, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="subscriber_import_chunk_unique")]

    def __str__(self):
        return f"{self.run}, chunk {self.number}"
