"""Background tasks of imports."""

from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

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
    jobs = ProcrastinateJob.objects.filter(task_name=run_wordpress_import.name, status__in=["todo", "doing"])
    its_job = jobs.annotate(import_id=Cast(KT("args__import_id"), BigIntegerField())).filter(import_id=OuterRef("pk"))
    for lost in WordPressImport.objects.active().filter(~Exists(its_job)):
        lost.fail("The job of this import has disappeared. See the worker’s log, then try again.")
    ExportFile.objects.unused().delete_contents()
