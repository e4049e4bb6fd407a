"""The limits on everything that waits for the database."""

import os
import signal

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse

from sreweekly.postgresql.base import DatabaseWrapper
from sreweekly.postgresql.limits import limit_requests, seconds, time_limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def seconds_of_pages(settings):
    settings.DATABASE_SECONDS = settings.DATABASE_SECONDS | {"pages": 0.2}


@pytest.fixture
def other():
    """Return a second connection to the database, which is opened when it is used."""
    other = connection.copy()
    yield other
    other.close()


def ask(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()[0][0]


def test_slow_statement_is_canceled(other, seconds_of_pages):
    with pytest.raises(OperationalError) as raised:
        ask(other, "SELECT pg_sleep(60)")
    assert isinstance(raised.value.__cause__, psycopg.errors.QueryCanceled)
    assert ask(other, "SELECT 1") == 1


def test_lock_of_another_is_not_waited_for(other, seconds_of_pages):
    ask(connection, "SELECT pg_advisory_xact_lock(1)")
    with pytest.raises(OperationalError) as raised:
        ask(other, "SELECT pg_advisory_lock(1)")
    assert isinstance(raised.value.__cause__, psycopg.errors.LockNotAvailable)


def test_suspended_server_is_given_up(other, seconds_of_pages):
    server = ask(other, "SELECT pg_backend_pid()")
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(OperationalError):
            ask(other, "SELECT 1")
    finally:
        os.kill(server, signal.SIGCONT)
    other.close()
    assert ask(other, "SELECT 1") == 1


def test_limits_follow_the_kind_of_work(other, settings):
    for work in settings.DATABASE_SECONDS:
        with time_limits(work):
            limit = ask(other, "SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'")
            other.close()
        assert limit == settings.DATABASE_SECONDS[work]


def test_connections_that_procrastinate_opens_have_limits(other):
    with time_limits("jobs"), psycopg.connect(**other.get_connection_params()) as own:
        assert own.execute("SHOW statement_timeout").fetchone() == ("1min",)


@pytest.mark.parametrize(
    ("path", "work"),
    [("/", "pages"), ("/feed/", "pages"), ("/admin/", "desk"), ("/accounts/login/", "desk"), ("/capture/", "desk")],
)
def test_desk_has_more_time_than_pages(rf, settings, path, work):
    def view(request):
        return HttpResponse(str(seconds()))

    settings.DATABASE_SECONDS = {"pages": 2.0, "desk": 20.0}
    assert float(limit_requests(view)(rf.get(path)).content) == settings.DATABASE_SECONDS[work]


def test_after_a_failed_attempt_others_fail_without_an_attempt(other, monkeypatch):
    attempts = []

    def refuse(**params):
        attempts.append(params)
        raise psycopg.OperationalError

    monkeypatch.setattr(DatabaseWrapper, "_next_attempt", 0.0)
    monkeypatch.setattr(DatabaseWrapper.Database, "connect", refuse)
    for _ in range(3):
        with pytest.raises(OperationalError):
            ask(other, "SELECT 1")
    assert len(attempts) == 1
