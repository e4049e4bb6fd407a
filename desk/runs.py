"""A run that an editor starts at the desk and a worker does: it waits, a worker takes it, and it ends with a report.

Web processes and workers may run on different machines, so the database keeps the files while they are needed.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Self

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

logger = logging.getLogger(__name__)

# Bytes in one row, and in memory at once.
CHUNK_SIZE = 2**20
# After this many killed workers, the run itself is probably the cause, and is not tried again.
MAX_ATTEMPTS = 3
# Seconds between two updates of the progress.
PAUSE = 1


class SupersededError(Exception):
    """Another worker has taken over the run, because this one was silent for too long."""


class RunQuerySet[Row: "Run"](models.QuerySet[Row]):
    def active(self) -> Self:
        """Runs that wait or are done at the moment: one at most."""
        return self.filter(state__in=Run.ACTIVE)

    def claim(self, key: int) -> Row | None:
        """Mark the run as running in this worker. Returns None if there is nothing left to do."""
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
            claimed.begin()
        return claimed

    def fail_lost(self, task_name: str) -> None:
        """End runs that have lost their job, which has this task, and would block others."""
        jobs = ProcrastinateJob.objects.filter(task_name=task_name, status__in=["todo", "doing"])
        its_job = jobs.annotate(run=Cast(KT("args__import_id"), BigIntegerField())).filter(run=OuterRef("pk"))
        for lost in self.active().filter(~Exists(its_job)):
            lost.fail("The job of this import has disappeared. See the worker’s log, then try again.")


class Run(models.Model):
    """A rehearsal, which writes nothing, or the real thing."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    ACTIVE = (State.WAITING, State.RUNNING)

    is_rehearsal = models.BooleanField("rehearsal", default=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name="started by", related_name="+"
    )
    requested_at = models.DateTimeField("started", default=timezone.now)
    finished_at = models.DateTimeField("ended", null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers took it.")
    percent = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(null=True)
    failure = models.TextField(blank=True, help_text="What stopped it, as a sentence.")

    class Meta:
        abstract = True

    def __str__(self):
        return f"{'Rehearsal' if self.is_rehearsal else 'Import'} {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def has_files(self) -> bool:
        """Return whether all files are still there. One query."""
        raise NotImplementedError

    @property
    def can_be_run_again(self) -> bool:
        """Return whether it has ended, and its files are still there. At most one query."""
        return not self.is_active and self.has_files

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
    def next_is_rehearsal(self) -> bool:
        """Return whether the next run of the same files rehearses: after a rehearsal that failed."""
        return self.is_rehearsal and self.state == self.State.FAILED

    def begin(self) -> None:
        self.state = self.State.RUNNING
        self.percent = 0
        self.save()

    def save_progress(self, part: float) -> bool:
        """Save the part that is done, from 0 to 1. Returns False if another worker has taken over."""
        return bool(self._claimed().update(percent=int(100 * part)))

    def finish(self, report: dict[str, Any]) -> None:
        """Save the report. After the real thing, the files are no longer needed."""
        with transaction.atomic():
            done = self._claimed().update(state=self.State.DONE, report=report, percent=100, finished_at=timezone.now())
            if done and not self.is_rehearsal:
                self.delete_files()

    def delete_files(self) -> None:
        raise NotImplementedError

    def fail(self, sentence: str) -> None:
        """Mark the run as failed, unless another worker has taken over."""
        own = type(self)._default_manager.filter(pk=self.pk, state__in=self.ACTIVE, attempts__lte=self.attempts)
        own.update(state=self.State.FAILED, failure=sentence, finished_at=timezone.now())

    def _claimed(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk, state=self.State.RUNNING, attempts=self.attempts)


@contextmanager
def recording_failure(run: Run, rest: str) -> Iterator[None]:
    """Record why the run failed if the block does, and raise the error again. `rest`: what was written nevertheless.

    The block may end with SupersededError: then another worker records what becomes of the run.
    """
    try:
        yield
    except SupersededError:
        logger.warning("%s is stopped here: another worker has taken over.", run)
    except Exception as error:
        rest = "Nothing was written." if run.is_rehearsal else rest
        run.fail(f"The import stopped with an unexpected error ({type(error).__name__}). See the worker’s log. {rest}")
        raise


def once_in_a_while(save: Callable[[float], bool]) -> Callable[[float], None]:
    """Return what saves the progress every PAUSE seconds. It raises SupersededError if `save` returns False."""
    saved_at = time.monotonic()

    def save_progress(part: float) -> None:
        nonlocal saved_at
        if time.monotonic() >= saved_at + PAUSE:
            saved_at = time.monotonic()
            if not save(part):
                raise SupersededError

    return save_progress


def chunks_of(upload: UploadedFile) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each chunk of a file. Not upload.chunks(), which returns a small file whole."""
    upload.seek(0)
    yield from enumerate(iter(lambda: upload.read(CHUNK_SIZE), b""))


def write_chunks(chunks: models.QuerySet[Any], file: IO[bytes], name: str, size: int) -> None:
    """Write the chunks of a file, with one query for each. Raises OSError if some are missing."""
    for key in chunks.order_by("number").values_list("pk", flat=True):
        file.write(chunks.values_list("content", flat=True).get(pk=key))
    if file.tell() != size:
        raise OSError(f"{name} is no longer complete.")
