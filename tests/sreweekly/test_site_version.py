"""Two web processes on one database: what one process stores, a change in the database reaches in both."""

import time
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

import pytest

from sreweekly.site_version import INTERVAL
from tests.databases import _server, copy_of
from tests.sreweekly.conftest import address_of, compose_command, environment_with, query, running, wait_until
from tests.sreweekly.test_deployment import get

ISSUE = "/an-issue/"
MAKE = f"""
    INSERT INTO issues_issue (number, title, slug, publish_at, intro, status, guid, created_at, updated_at,
        contents_digest, version)
    VALUES (1, 'SRE Weekly Issue #1', '{ISSUE.strip("/")}', now() - interval '1 day', 'First words.', 'approved', 'g',
        now(), now(), '', 1) RETURNING 1
"""


@pytest.fixture(scope="module")
def database(template):
    with copy_of(template) as name:
        yield address_of(name)


@pytest.fixture(scope="module")
def processes(image, database):
    """Start two web servers, each with one process. Return a function for each that requests a path."""
    with ExitStack() as stack:
        readers = []
        for _ in range(2):
            environment = environment_with(database) | {"GRANIAN_WORKERS": "1", "DATABASE_POOL": "0"}
            command = [part for part in compose_command("web") if part not in ("--workers", "2")]
            process = stack.enter_context(running(command, cwd=image, env=environment))
            ask = partial(get, environment, **{"X-Forwarded-Proto": "https"})
            wait_until(partial(ask, "/health/"), process)
            readers.append(ask)
        yield readers


@pytest.fixture
def issue(database, processes):
    query(database, MAKE)
    wait_for(processes, ISSUE, "First words.")
    yield
    query(database, "DELETE FROM issues_issue RETURNING 1")


def wait_for(processes, path, words, status=200):
    """Wait until both processes answer with these words."""
    deadline = time.monotonic() + 10
    answers = []
    while time.monotonic() < deadline:
        answers = [ask(path) for ask in processes]
        if all(answer and answer[0] == status and words in answer[1] for answer in answers):
            return
        time.sleep(0.05)
    pytest.fail(f"{path} has no “{words}” with {status}: {[answer and answer[0] for answer in answers]}")


def are_stored(processes, path):
    """Tell whether both processes answer from memory: only stored pages have this kind of ETag."""
    return all(ask(path)[2]["ETag"] for ask in processes)


def test_version_is_read_often_enough_to_see_a_change_within_a_second():
    assert INTERVAL <= 0.5


def test_correction_reaches_every_process(database, processes, issue):
    assert are_stored(processes, ISSUE)
    query(database, "UPDATE issues_issue SET intro = 'Other words.' RETURNING 1")
    wait_for(processes, ISSUE, "Other words.")


def test_issue_is_published_by_the_clock_in_every_process(database, processes, issue):
    query(database, "UPDATE issues_issue SET publish_at = now() + interval '3 seconds' RETURNING 1")
    wait_for(processes, ISSUE, "", 404)
    wait_for(processes, ISSUE, "First words.")


def test_withdrawal_reaches_every_process(database, processes, issue):
    query(database, "UPDATE issues_issue SET status = 'draft' RETURNING 1")
    wait_for(processes, ISSUE, "", 404)


def test_stored_pages_are_served_while_the_database_is_away(database, processes, issue):
    assert are_stored(processes, ISSUE)
    name = urlsplit(database).path.strip("/")
    with _server() as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            wait_for(processes, "/health/", "", 503)  # The answer before is valid for a second.
            for ask in processes:
                status, text, _ = ask(ISSUE)
                assert (status, "First words." in text) == (200, True)
        finally:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    query(database, "UPDATE issues_issue SET intro = 'Other words.' RETURNING 1")
    wait_for(processes, ISSUE, "Other words.")
