import sys
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from sreweekly.tasks import clear_sessions, remove_old_jobs, retry_stalled_jobs
from tests.sreweekly.conftest import ROOT, query, running, wait_until
from tests.worker import work

WORKER = [sys.executable, "-m", "tests.sreweekly.killed_worker"]


@pytest.fixture
def options(environment):
    return {
        "cwd": ROOT,
        "env": environment | {"WORKER_TIMEOUT": "2", "DJANGO_SETTINGS_MODULE": "sreweekly.settings"},
    }


@pytest.fixture
def job(database):
    """Defer a job that does not end at the first attempt. Return a function that gives its status and attempts."""
    ask = partial(query, database)
    sql = "INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('tests.endless_at_first', 'default')"
    number = ask(f"{sql} RETURNING id")[0][0]
    yield lambda: ask(f"SELECT status, attempts FROM procrastinate_jobs WHERE id = {number}")[0]
    ask(f"DELETE FROM procrastinate_jobs WHERE id = {number} RETURNING id")


def test_job_of_a_killed_worker_is_done_by_another(job, options):
    with running(WORKER, **options) as first:
        wait_until(lambda: job() == ("doing", 0), first)
        first.kill()
        first.wait()
    assert job() == ("doing", 0)
    with running(WORKER, **options) as second:
        wait_until(lambda: job()[0] == "succeeded", second)


def test_job_of_a_running_worker_is_not_retried(job, options, database):
    sql = "SELECT id FROM procrastinate_jobs WHERE task_name LIKE '%retry_stalled_jobs' AND status = 'succeeded'"
    retries = partial(query, database, sql)
    with running(WORKER, **options) as worker:
        wait_until(lambda: job() == ("doing", 0), worker)
        before = len(retries())
        wait_until(lambda: len(retries()) >= before + 4, worker)
        assert job() == ("doing", 0)


def test_tasks_are_scheduled():
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons[retry_stalled_jobs.name] == "* * * * *"
    assert {clear_sessions.name, remove_old_jobs.name} <= crons.keys()


@pytest.mark.django_db
def test_expired_sessions_are_removed():
    now = timezone.now()
    Session.objects.create(session_key="old", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", expire_date=now + timedelta(days=1))
    clear_sessions(timestamp=0)
    assert [session.session_key for session in Session.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_succeeded_jobs_are_kept_for_a_week_and_failed_ones_for_a_quarter():
    with connection.cursor() as cursor:
        for days, status in [(8, "succeeded"), (6, "succeeded"), (91, "failed"), (8, "failed")]:
            cursor.execute(
                "WITH job AS (INSERT INTO procrastinate_jobs (task_name, queue_name, status)"
                " VALUES ('old', %s, %s::procrastinate_job_status) RETURNING id)"
                " INSERT INTO procrastinate_events (job_id, at)"
                " SELECT id, now() - %s * interval '1 day' FROM job",
                [f"{days} days ago", status, days],
            )
    remove_old_jobs.configure().defer(timestamp=0)
    work("default")
    kept = ProcrastinateJob.objects.filter(task_name="old").values_list("queue_name", "status")
    assert set(kept) == {("6 days ago", "succeeded"), ("8 days ago", "failed")}
