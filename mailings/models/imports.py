"""Imports of subscribers that were started at the desk, and their files.

Web processes and workers may run on different machines, so the database keeps a file while it is needed. It is full of
addresses, so that is not long.
"""

from collections.abc import Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import Q, Value
from django.utils import timezone

from text.fields import BackstopConstraint

# Bytes in one row, and in memory at once.
CHUNK_SIZE = 2**20
NAME_LIMIT = 150
KEEP_FILES = timedelta(days=2)
# After this many killed workers, the import itself is probably the cause, and is not tried again.
MAX_ATTEMPTS = 3


class SubscriberImportQuerySet(models.QuerySet["SubscriberImport"]):
    def active(self) -> Self:
        """Imports that wait or run: one at most."""
        return self.filter(state__in=SubscriberImport.ACTIVE)

    def unused(self) -> Self:
        """Imports that ended more than two days ago."""
        return self.exclude(state__in=SubscriberImport.ACTIVE).filter(requested_at__lte=timezone.now() - KEEP_FILES)

    def claim(self, key: int) -> "SubscriberImport | None":
        """Mark the import as running in this worker. Returns None if there is nothing left to do."""
        with transaction.atomic():
            claimed = self.active().select_for_update().filter(pk=key).first()
            if claimed is None:
                return None
            claimed.attempts += 1
            if claimed.attempts > MAX_ATTEMPTS:
                claimed.fail(f"The worker was killed {MAX_ATTEMPTS} times during this import. It may lack memory.")
                return None
            claimed.state = SubscriberImport.State.RUNNING
            claimed.percent = 0
            claimed.save(update_fields=["attempts", "state", "percent"])
        return claimed


class SubscriberImport(models.Model):
    """One run over a file: a rehearsal, which writes nothing, or the real import."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    ACTIVE = (State.WAITING, State.RUNNING)

    name = models.CharField("file", max_length=NAME_LIMIT, help_text="On the editor's machine.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    format = models.CharField("what it is", max_length=40, blank=True)
    consent = models.CharField(max_length=300, blank=True)
    is_rehearsal = models.BooleanField("rehearsal", default=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name="started by", related_name="+"
    )
    requested_at = models.DateTimeField("started", default=timezone.now)
    finished_at = models.DateTimeField("ended", null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers took it.")
    percent = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(null=True, help_text="mailings.moving.report.Report.as_plain()")
    failure = models.TextField(blank=True, help_text="What stopped it, as a sentence.")

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

    def __str__(self):
        return f"{'Rehearsal' if self.is_rehearsal else 'Import'} {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def has_file(self) -> bool:
        """Return whether the file is still there. One query."""
        return self.chunks.exists()

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

    def store(self, upload: UploadedFile) -> None:
        """Store the file in the caller's transaction, with one query for each chunk."""
        upload.seek(0)
        # Not upload.chunks(), which returns a small file whole.
        for number, content in enumerate(iter(lambda: upload.read(CHUNK_SIZE), b"")):
            self.chunks.create(number=number, content=content)

    def open(self) -> IO[bytes]:
        """Write the file to a temporary one, with one query for each chunk. Raises OSError if chunks are missing."""
        file = TemporaryFile()  # noqa: SIM115 The caller closes it.
        for content in self._contents():
            file.write(content)
        if file.tell() != self.size:
            file.close()
            raise OSError(f"{self.name} is no longer complete.")
        file.seek(0)
        return file

    def run_again(self, user: User) -> "SubscriberImport":
        """Request the import after a rehearsal, or the same run after a failure. The file moves along.

        Call defer_import() in the same transaction. Raises IntegrityError while another import is active.
        """
        is_rehearsal = self.is_rehearsal and self.state == self.State.FAILED
        again = SubscriberImport.objects.create(
            name=self.name,
            size=self.size,
            format=self.format,
            consent=self.consent,
            is_rehearsal=is_rehearsal,
            requested_by=user,
        )
        self.chunks.update(run=again)
        return again

    def save_progress(self, part: float) -> bool:
        """Save the part that is done, from 0 to 1. Returns False if another worker has taken over."""
        return bool(self._claimed().update(percent=int(100 * part)))

    def finish(self, report: dict) -> None:
        """Save the report. After a real import, the file is no longer needed."""
        with transaction.atomic():
            done = self._claimed().update(state=self.State.DONE, report=report, percent=100, finished_at=timezone.now())
            if done and not self.is_rehearsal:
                self.chunks.all().delete()

    def fail(self, sentence: str) -> None:
        """Mark the import as failed, unless another worker has taken over."""
        SubscriberImport.objects.active().filter(pk=self.pk, attempts__lte=self.attempts).update(
            state=self.State.FAILED, failure=sentence, finished_at=timezone.now()
        )

    def _claimed(self) -> models.QuerySet["SubscriberImport"]:
        return SubscriberImport.objects.filter(pk=self.pk, state=self.State.RUNNING, attempts=self.attempts)

    def _contents(self) -> Iterator[bytes]:
        for key in self.chunks.order_by("number").values_list("pk", flat=True):
            yield bytes(self.chunks.values_list("content", flat=True).get(pk=key))


class SubscriberImportChunk(models.Model):
    run = models.ForeignKey(SubscriberImport, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="subscriber_import_chunk_unique")]

    def __str__(self):
        return f"{self.run}, chunk {self.number}"
