"""A worker with a task that does not end at the first attempt. test_tasks.py runs it and kills it."""

import time

import django
from django.core.management import call_command

django.setup()

from procrastinate.contrib.django import app  # noqa: E402

from sreweekly.tasks import retry_stalled_jobs  # noqa: E402


@app.task(name="tests.endless_at_first", pass_context=True)
def endless_at_first(context):
    if context.job.attempts == 0:
        time.sleep(600)


# The real task, every second instead of every minute.
app.periodic(cron="* * * * * *", periodic_id="every second")(retry_stalled_jobs)  # type: ignore[arg-type]

if __name__ == "__main__":
    call_command("worker")
