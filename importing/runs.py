"""Run an import that was requested at the desk, in a worker."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections

from importing.load import Progress, import_files
from wordpress.models import WordPressImport
from wordpress.uploads import UploadsError

logger = logging.getLogger(__name__)

# Seconds between two updates of the progress.
PAUSE = 1


class SupersededError(Exception):
    """Another worker has taken over the run, because this one was silent for too long."""


def run_import(key: int) -> None:
    """Run the import to its end, or record why it failed. A second call continues after a killed worker."""
    run = WordPressImport.objects.claim(key)
    if run is None:
        return
    try:
        with TemporaryDirectory(prefix="import-") as folder, _progress_of(run) as progress:
            paths, uploads = _write_files(run, Path(folder))
            report = import_files(
                paths, uploads=uploads, dry_run=run.is_rehearsal, reload=run.is_reload, progress=progress
            )
        run.finish(report.as_plain())
    except UploadsError as error:
        run.fail(f"The uploads cannot be read: {error} Nothing was written.")
    except SupersededError:
        logger.warning("%s is stopped here: another worker has taken over.", run)
        return
    except Exception as error:
        rest = "Nothing was written." if run.is_rehearsal else "What was loaded before the error stays."
        run.fail(f"The import stopped with an unexpected error ({type(error).__name__}). See the worker’s log. {rest}")
        raise


def _write_files(run: WordPressImport, folder: Path) -> tuple[list[Path], Path | None]:
    """Write each file to its own folder, so that all keep the names that the report mentions.

    Returns the exports, and the archive of uploads if there is one.
    """
    exports, uploads = [], None
    for file in run.files.order_by("pk"):
        own = folder / str(file.pk)
        own.mkdir()
        path = file.write_to(own)
        if file.is_uploads:
            uploads = path
        else:
            exports.append(path)
    return exports, uploads


@contextmanager
def _progress_of(run: WordPressImport) -> Iterator[Progress]:
    """Save the progress in a thread with its own connection: the transaction of a rehearsal is visible to no one."""
    saved_at = time.monotonic()

    def save_progress(part: float) -> None:
        nonlocal saved_at
        if time.monotonic() < saved_at + PAUSE:
            return
        saved_at = time.monotonic()
        if not writer.submit(run.save_progress, part).result():
            raise SupersededError

    with ThreadPoolExecutor(max_workers=1) as writer:
        try:
            yield save_progress
        finally:
            writer.submit(connections.close_all).result()
