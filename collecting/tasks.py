"""Jobs that poll the editor's feeds."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from collecting.models.sources import Source
from collecting.polling import poll
from fetching.models import fetching_lock


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="poll_sources")
def poll_sources(timestamp: int) -> None:
    for source in Source.objects.due():
        defer_poll(source)


def defer_poll(source: Source) -> bool:
    """Defer a poll of this source, and return False if one is already waiting."""
    job = poll_source.configure(lock=fetching_lock(source.url), queueing_lock=f"poll source {source.pk}")
    try:
        with transaction.atomic():  # A refused insert must not end the caller's transaction.
            job.defer(source_id=source.pk)
    except AlreadyEnqueued:
        return False
    return True


@app.task
def poll_source(source_id: int) -> None:
    if source := Source.objects.active().filter(pk=source_id).first():
        poll(source)
