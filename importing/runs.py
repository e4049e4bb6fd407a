"""Run an import that was requested at the desk, in a worker."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections

from desk.runs import once_in_a_while, recording_failure
from importing.load import Progress, import_files
from wordpress.models import WordPressImport
from wordpress.uploads import UploadsError


def run_import(key: int) -> None:
    """Run the import to its end, or record why it failed. A second call continues after a killed worker."""
    run = WordPressImport.objects.claim(key)
    if run is None:
        return
    with recording_failure(run, "What was loaded before the error stays."):
        try:
            with TemporaryDirectory(prefix="import-") as folder, _progress_of(run) as progress:
                paths, uploads = _write_files(run, Path(folder))
                report = import_files(
                    paths, uploads=uploads, dry_run=run.is_rehearsal, reload=run.is_reload, progress=progress
                )
            run.finish(report.as_plain())
        except UploadsError as error:
            run.fail(f"The uploads cannot be read: {error} Nothing was written.")


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
    with ThreadPoolExecutor(max_workers=1) as writer:
        try:
            yield once_in_a_while(lambda part: writer.submit(run.save_progress, part).result())
        finally:
            writer.submit(connections.close_all).result()
