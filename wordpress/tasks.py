"""Imports in the background. All times are UTC."""

from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from wordpress import runs
from wordpress.models import ExportFile, WordPressImport


def defer_import(requested: WordPressImport) -> None:
    """In the transaction in which it was requested. Raises AlreadyEnqueued where the job of another waits."""
    run_wordpress_import.defer(import_id=requested.pk)


# A stalled job is run again by upkeep, with what the killed worker left to do.
@app.task(queue="imports", lock="wordpress_import", queueing_lock="wordpress_import")
def run_wordpress_import(import_id: int) -> None:
    runs.run_import(import_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="tidy_wordpress_imports")
def tidy_wordpress_imports(timestamp: int) -> None:
    """End those that nobody will run, which would stand in the way of others; drop files that nobody came back for."""
    jobs = ProcrastinateJob.objects.filter(task_name=run_wordpress_import.name, status__in=["todo", "doing"])
    its_job = jobs.annotate(import_id=Cast(KT("args__import_id"), BigIntegerField())).filter(import_id=OuterRef("pk"))
    for lost in WordPressImport.objects.active().filter(~Exists(its_job)):
        lost.fail("Its job is gone without a word: the log of the worker may tell why.")
    ExportFile.objects.unused().delete_contents()
