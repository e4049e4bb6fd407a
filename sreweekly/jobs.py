"""What holds for every background job: its time limits, the ID of its request, and what happens in an outage."""

import time
from typing import Any

from procrastinate import App, JobContext, RetryDecision, manager
from procrastinate.jobs import Job
from procrastinate.middleware import SyncCallNext
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import Worker
from structlog.contextvars import bound_contextvars, get_contextvars

from sreweekly.health import database
from sreweekly.outages import is_outage
from sreweekly.postgresql.limits import time_limits

# Attempts of a job that the database interrupted, and the seconds between them.
MAX_ATTEMPTS, PAUSE = 20, 10
# Seconds between two looks at a database that does not answer.
RETRY = 1


def prepare(app: App) -> None:
    """Prepare procrastinate's app, once all tasks are known. PROCRASTINATE_ON_APP_READY names this function."""
    assert app.worker_defaults is not None  # Procrastinate's own middleware for Django is there.
    app.worker_defaults["task_middleware"] = [*app.worker_defaults["task_middleware"], keep_limits, keep_request_id]
    app.job_manager = JobManager(app.connector)
    for task in app.tasks.values():
        task.retry_strategy = RetryAfterOutage(task.retry_strategy)


def keep_limits(call_next: SyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Run a job within its time limits. If the database fails, wait for it, because the retry must be recorded."""
    with time_limits("import" if context.job.queue == "imports" else "jobs"):
        try:
            return call_next()
        except Exception as error:
            while is_outage(error) and not database.is_answering():
                time.sleep(RETRY)
            raise


class JobManager(manager.JobManager):
    """Gives each job that is deferred in a request the ID of that request, as an argument besides its own."""

    def batch_defer_jobs(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        if request_id := get_contextvars().get("request_id"):
            jobs = [job.evolve(task_kwargs=job.task_kwargs | {"request_id": request_id}) for job in jobs]
        return super().batch_defer_jobs(jobs, connection)


def keep_request_id(call_next: SyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Take the ID out of the arguments, and print it in all lines that the job logs."""
    request_id = context.job.task_kwargs.pop("request_id", None)
    with bound_contextvars(**({"request_id": request_id} if request_id else {})):
        return call_next()


class RetryAfterOutage(BaseRetryStrategy):
    """Retries a job that the database interrupted. For other failures the task's own strategy decides, if any."""

    def __init__(self, other: BaseRetryStrategy | None):
        self._other = other

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if is_outage(exception) and job.attempts < MAX_ATTEMPTS:
            return RetryDecision(retry_in={"seconds": PAUSE})
        return self._other.get_retry_decision(exception=exception, job=job) if self._other else None
