import sys
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.contrib.django import app

from sreweekly.tasks import clear_sessions
from tests.sreweekly.conftest import ROOT, query, run, running, wait_until

WORKER = [sys.executable, "-m", "tests.sreweekly.killed_worker"]


@pytest.fixture
def options(migrated):
    return {
        "cwd": ROOT,
        "env": migrated | {"WORKER_TIMEOUT": "2", "DJANGO_SETTINGS_MODULE": "sreweekly.settings"},
    }


@pytest.fixture
def job(migrated):
    """Defers a job that does not end the first time; what it gives tells its status and attempts."""
    ask = partial(query, migrated["DATABASE_URL"])
    sql = "INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('tests.endless_at_first', 'default')"
    number = ask(f"{sql} RETURNING id")[0][0]
    yield lambda: ask(f"SELECT status, attempts FROM procrastinate_jobs WHERE id = {number}")[0]
    ask(f"DELETE FROM procrastinate_jobs WHERE id = {number} RETURNING id")


def test_job_of_a_killed_worker_is_finished_by_another(job, options):
    with running(WORKER, **options) as first:
        wait_until(lambda: job() == ("doing", 0), first)
        first.kill()
        first.wait()
    assert job() == ("doing", 0)
    with running(WORKER, **options) as second:
        wait_until(lambda: job()[0] == "succeeded", second)


def test_job_of_a_living_worker_is_left_alone(job, options, migrated):
    sql = "SELECT id FROM procrastinate_jobs WHERE task_name LIKE '%retry_stalled_jobs' AND status = 'succeeded'"
    retries = partial(query, migrated["DATABASE_URL"], sql)
    with running(WORKER, **options) as worker:
        wait_until(lambda: job() == ("doing", 0), worker)
        before = len(retries())
        wait_until(lambda: len(retries()) >= before + 4, worker)
        assert job() == ("doing", 0)


def test_stalled_jobs_are_retried_every_minute():
    crons = {
        task.task.name.removeprefix("sreweekly.tasks."): task.cron
        for task in app.periodic_registry.periodic_tasks.values()
    }
    assert crons["retry_stalled_jobs"] == "* * * * *"
    assert {"clear_sessions", "remove_old_jobs"} <= set(crons)


@pytest.mark.django_db
def test_sessions_that_ended_are_removed():
    now = timezone.now()
    Session.objects.create(session_key="old", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", expire_date=now + timedelta(days=1))
    clear_sessions(timestamp=0)
    assert [session.session_key for session in Session.objects.all()] == ["new"]


def test_jobs_that_succeeded_are_kept_a_week_and_others_a_quarter(migrated):
    ask = partial(query, migrated["DATABASE_URL"])
    for days, status in [(8, "succeeded"), (6, "succeeded"), (91, "failed"), (8, "failed")]:
        ask(
            "WITH job AS (INSERT INTO procrastinate_jobs (task_name, queue_name, status)"
            f" VALUES ('{days} days ago', '{status}', '{status}') RETURNING id)"
            " INSERT INTO procrastinate_events (job_id, at)"
            f" SELECT id, now() - {days} * interval '1 day' FROM job RETURNING id"
        )
    manage = [sys.executable, "manage.py", "procrastinate"]
    for command in (["defer", "sreweekly.tasks.remove_old_jobs", '{"timestamp": 0}'], ["worker", "--one-shot"]):
        run([*manage, *command], ROOT, migrated)
    kept = ask("SELECT queue_name, task_name FROM procrastinate_jobs WHERE task_name LIKE '% days ago'")
    assert set(kept) == {("succeeded", "6 days ago"), ("failed", "8 days ago")}
