"""Background tasks of subscribers and mailings. Cron times are in UTC."""

from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings.models.imports import SubscriberImport, SubscriberImportChunk
from mailings.moving import runs


def defer_import(requested: SubscriberImport) -> None:
    """Queue the import. Call it in the transaction of the request.

    Raises AlreadyEnqueued while the job of another import waits.
    """
    run_subscriber_import.defer(import_id=requested.pk)


# After a worker was killed, a periodic task retries the job, which continues the import.
@app.task(queue="imports", lock="subscriber_import", queueing_lock="subscriber_import")
def run_subscriber_import(import_id: int) -> None:
    runs.run_import(import_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="tidy_subscriber_imports")
def tidy_subscriber_imports(timestamp: int) -> None:
    """End imports that have lost their job and would block others, and delete files that nobody used."""
    jobs = ProcrastinateJob.objects.filter(task_name=run_subscriber_import.name, status__in=["todo", "doing"])
    its_job = jobs.annotate(import_id=Cast(KT("args__import_id"), BigIntegerField())).filter(import_id=OuterRef("pk"))
    for lost in SubscriberImport.objects.active().filter(~Exists(its_job)):
        lost.fail("The job of this import has disappeared. See the worker’s log, then try again.")
    SubscriberImportChunk.objects.filter(run__in=SubscriberImport.objects.unused()).delete()
