"""The site while its database is stopped or suspended, with a PostgreSQL of its own and the server of the image."""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError
from procrastinate import RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from drill.cluster import Cluster
from sreweekly.jobs import MAX_ATTEMPTS, RetryAfterOutage
from sreweekly.outages import MAX_WAIT, is_outage
from tests.sreweekly.conftest import address_of, compose_command, environment_with, query, running, wait_until
from tests.sreweekly.test_deployment import get


@pytest.fixture(scope="module")
def cluster(template):
    with TemporaryDirectory() as temporary:
        cluster = Cluster(Path(temporary) / "var" / "postgresql")
        cluster.copy(address_of(template))
        yield cluster
        cluster.end()
        cluster.server.leave()


@pytest.fixture(scope="module")
def environment(cluster):
    # Without stored pages, which would be served in an outage: tests/sreweekly/test_site_version.py.
    return environment_with(cluster.server.url) | {"PAGE_STORE_MB": "0"}


@pytest.fixture(scope="module")
def process(image, environment):
    with running(compose_command("web"), cwd=image, env=environment) as process:
        wait_until(partial(get, environment, "/health/live/"), process)
        yield process


@pytest.fixture
def site(process, environment):
    """Return a function that requests a path and returns status, text and headers."""
    return partial(get, environment, **{"X-Forwarded-Proto": "https"})


@pytest.fixture(params=["stopped", "suspended"])
def outage(request, cluster):
    """Return the kind of outage. The test begins it, and may end it."""
    yield request.param
    cluster.end()


def test_site_answers_503_during_an_outage_and_200_after_it(outage, cluster, site, process):
    wait_until(lambda: site("/")[0] == 200, process)  # It may still be in the outage of another test.
    cluster.begin(outage)
    status, _, headers = site("/")
    assert (status, headers["Cache-Control"]) == (503, "no-store")
    assert int(headers["Retry-After"]) > 0
    assert site("/admin/", Cookie=f"sessionid={'a' * 32}")[0] == 503
    # An answer of just before the outage is valid for a second, in each process.
    wait_until(lambda: [site(f"/health/{name}")[0] for name in ("", "ready/", "live/")] == [503, 503, 200], process)
    assert site("/static/site.css")[0] == 200
    cluster.end()
    wait_until(lambda: site("/health/ready/")[0] == site("/")[0] == 200, process)


def test_worker_runs_jobs_after_an_outage(outage, cluster, image, environment, tmp_path):
    log = tmp_path / "log"
    command = compose_command("worker")
    with log.open("w") as output, running(command, cwd=image, env=environment, output=output) as worker:
        do_a_job(cluster, worker)
        cluster.begin(outage)
        wait_until(lambda: "does not answer" in log.read_text(), worker)
        cluster.end()
        wait_until(lambda: "answers again" in log.read_text(), worker)
        do_a_job(cluster, worker)


def do_a_job(cluster, worker):
    """Defer a job, and wait until it has succeeded."""
    sql = "INSERT INTO procrastinate_jobs (task_name, queue_name, args) VALUES"
    sql += " ('sreweekly.tasks.clear_sessions', 'default', '{\"timestamp\": 0}') RETURNING id"
    number = query(cluster.server.url, sql)[0][0]
    status = f"SELECT 1 FROM procrastinate_jobs WHERE id = {number} AND status = 'succeeded'"
    wait_until(lambda: query(cluster.server.url, status), worker)


@pytest.fixture
def retried():
    """Return a function that tells whether a job with this strategy and error is retried."""

    def is_retried(strategy, error, attempts=0):
        job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="task", attempts=attempts)
        return bool(RetryAfterOutage(strategy).get_retry_exception(error, job))

    return is_retried


def test_job_that_the_database_interrupted_is_retried(retried):
    assert retried(None, OperationalError())
    assert not retried(None, OperationalError(), attempts=MAX_ATTEMPTS)


def test_other_failures_are_retried_by_the_strategy_of_the_task(retried):
    assert not retried(None, ConnectionError())
    assert retried(RetryStrategy(max_attempts=3), ConnectionError())


# Which exceptions are outages


def wrapped(error, cause):
    """Return an error of Django for one of psycopg."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("The connection is lost."),
        InterfaceError("The connection is closed."),
        psycopg.errors.QueryCanceled(),
        wrapped(OperationalError(), psycopg.errors.DiskFull()),
        wrapped(ConnectorException(), psycopg.errors.AdminShutdown()),
    ],
)
def test_failure_of_the_database_is_an_outage(error):
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError(),
        ProgrammingError("There is no such table."),
        DataError("The number is too big."),
        wrapped(OperationalError(), psycopg.errors.StatementTooComplex()),
        wrapped(ConnectorException(), psycopg.errors.UndefinedTable()),
    ],
)
def test_fault_of_the_code_is_no_outage(error):
    assert not is_outage(error)


def test_outage_is_503_and_a_fault_500(failing):
    assert failing(OperationalError()).status_code == 503
    assert failing(ProgrammingError()).status_code == 500


def test_form_that_was_sent_gets_its_own_advice(failing):
    assert failing(OperationalError(), "post").content != failing(OperationalError()).content


@pytest.mark.parametrize(
    ("header", "status"),
    [("t={now:.3f}", 200), ("t={late:.3f}", 503), ("t=none", 200), ("t=1.2.3", 200), ("", 200)],
)
def test_request_that_waited_for_long_is_refused(client, header, status):
    now = time.time()
    header = header.format(now=now, late=now - MAX_WAIT - 1)
    response = client.get("/health/live/", headers={"x-request-start": header})
    assert (response.status_code, response.has_header("Retry-After")) == (status, status == 503)
