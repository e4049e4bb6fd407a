"""What holds for every background job: its time limits, and what happens in an outage."""

import time
from typing import Any

from procrastinate import App, JobContext, RetryDecision
from procrastinate.jobs import Job
from procrastinate.middleware import SyncCallNext
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import Worker

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
    app.worker_defaults["task_middleware"] = [*app.worker_defaults["task_middleware"], keep_limits]
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


class RetryAfterOutage(BaseRetryStrategy):
    """Retries a job that the database interrupted. For other failures the task's own strategy decides, if any."""

    def __init__(self, other: BaseRetryStrategy | None):
        self._other = other

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if is_outage(exception) and job.attempts < MAX_ATTEMPTS:
            return RetryDecision(retry_in={"seconds": PAUSE})
        return self._other.get_retry_decision(exception=exception, job=job) if self._other else None
