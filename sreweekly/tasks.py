"""Periodic tasks that keep the database tidy. Cron times are in UTC."""

import logging

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from sreweekly import heartbeats
from sreweekly.certificates import check_certificate

logger = logging.getLogger(__name__)

HOURS_TO_KEEP_SUCCEEDED = 7 * 24
HOURS_TO_KEEP_OTHERS = 90 * 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Retry the jobs of killed workers, which procrastinate 3.10 leaves in the status `doing` for ever.

    A job may run twice: a worker that was only suspended, with its machine, may still finish it.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_TIMEOUT):
        logger.warning("Retrying job %s (%s), because its worker is gone.", job.id, job.task_name)
        await jobs.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    jobs = context.app.job_manager
    await jobs.delete_old_jobs(HOURS_TO_KEEP_SUCCEEDED)
    await jobs.delete_old_jobs(HOURS_TO_KEEP_OTHERS, include_failed=True, include_cancelled=True, include_aborted=True)


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="clear_sessions")
def clear_sessions(timestamp: int) -> None:
    call_command("clearsessions")


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="send_heartbeats")
def send_heartbeats(timestamp: int) -> None:
    """Show that a worker runs jobs, and that issues come out."""
    heartbeats.send("worker")
    heartbeats.note_publication(timezone.now())
    heartbeats.check_deadline(timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="check_site_certificate")
def check_site_certificate(timestamp: int) -> None:
    check_certificate()
