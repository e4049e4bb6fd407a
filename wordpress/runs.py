"""Imports that were started at the desk, as a worker runs them."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections

from wordpress.load import Progress, import_wordpress
from wordpress.models import WordPressImport

logger = logging.getLogger(__name__)

# Seconds between two notes of how far it is.
PAUSE = 1


class SupersededError(Exception):
    """Another worker has taken the run: this one was silent for so long that it was taken for dead."""


def run_import(key: int) -> None:
    """To the end, or to a sentence of why not. A second time, it goes on with what the first left to do."""
    run = WordPressImport.objects.claim(key)
    if run is None:
        return
    try:
        with TemporaryDirectory(prefix="wordpress-") as folder, _progress_of(run) as progress:
            paths = _write_files(run, Path(folder))
            report = import_wordpress(paths, dry_run=run.is_rehearsal, reload=run.is_reload, progress=progress)
        run.finish(report.as_plain())
    except SupersededError:
        logger.warning("%s is stopped here: another worker has taken it.", run)
        return
    except Exception as error:
        rest = "Nothing was written." if run.is_rehearsal else "The posts that were loaded before that stay."
        run.fail(f"The program stopped with an error that the log of the worker tells ({type(error).__name__}). {rest}")
        raise


def _write_files(run: WordPressImport, folder: Path) -> list[Path]:
    """Each in a folder of its own, so that all keep their names, by which the report tells of them."""
    paths = []
    for file in run.files.order_by("pk"):
        own = folder / str(file.pk)
        own.mkdir()
        paths.append(file.write_to(own))
    return paths


@contextmanager
def _progress_of(run: WordPressImport) -> Iterator[Progress]:
    """Written by a thread, on its own connection: nobody sees what the transaction of a rehearsal writes."""
    told_at = time.monotonic()

    def tell(part: float) -> None:
        nonlocal told_at
        if time.monotonic() < told_at + PAUSE:
            return
        told_at = time.monotonic()
        if not writer.submit(run.tell_progress, part).result():
            raise SupersededError

    with ThreadPoolExecutor(max_workers=1) as writer:
        try:
            yield tell
        finally:
            writer.submit(connections.close_all).result()
