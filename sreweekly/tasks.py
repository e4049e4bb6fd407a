"""Upkeep, by the workers themselves. All times are UTC."""

import logging

from django.conf import settings
from django.core.management import call_command
from procrastinate import JobContext
from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)

HOURS_KEPT = 7 * 24  # Jobs that succeeded.
HOURS_KEPT_OF_FAILED = 90 * 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Give the jobs of killed workers to living ones: procrastinate 3.10 leaves them in `doing` for ever.

    A worker that was only asleep (a suspended machine) may still finish its job, so a job may run twice.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_TIMEOUT):
        logger.warning("Job %s of %s is retried: its worker is gone.", job.id, job.task_name)
        await jobs.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    jobs = context.app.job_manager
    await jobs.delete_old_jobs(HOURS_KEPT)
    await jobs.delete_old_jobs(HOURS_KEPT_OF_FAILED, include_failed=True, include_cancelled=True, include_aborted=True)


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="clear_sessions")
def clear_sessions(timestamp: int) -> None:
    call_command("clearsessions")
