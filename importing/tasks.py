"""Background tasks of imports."""

from procrastinate.contrib.django import app

from importing import runs
from wordpress.models import ExportFile, WordPressImport


def defer_import(requested: WordPressImport) -> None:
    """Queue the import. Call it in the transaction of the request.

    Raises AlreadyEnqueued while the job of another import waits.
    """
    run_wordpress_import.defer(import_id=requested.pk)


# After a worker was killed, a periodic task retries the job, which continues the import. The names of both tasks are
# those from before this module moved here: a version of the program that still runs has jobs under them.
@app.task(
    name="wordpress.tasks.run_wordpress_import",
    queue="imports",
    lock="wordpress_import",
    queueing_lock="wordpress_import",
)
def run_wordpress_import(import_id: int) -> None:
    runs.run_import(import_id)


@app.periodic(cron="*/5 * * * *")
@app.task(name="wordpress.tasks.tidy_wordpress_imports", queueing_lock="tidy_wordpress_imports")
def tidy_wordpress_imports(timestamp: int) -> None:
    """End imports that have lost their job and would block others, and delete uploads that nobody used."""
    WordPressImport.objects.fail_lost(run_wordpress_import.name)
    ExportFile.objects.unused().delete_contents()
