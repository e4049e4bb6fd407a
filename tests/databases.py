"""The databases of the tests: quick to make, and emptied after each test that commits.

Most tests are rolled back. A test that commits (with `transaction=True` or `live_server`, so every browser test) ends
once the live server has answered every request and no other session is left. Then all rows are deleted.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from tests.live import wait_for_requests

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "sreweekly_test_"
# Written by migrations, and by no test.
KEPT = ("django_migrations", "django_content_type", "auth_permission")
REST_SECONDS = 30
OTHER_SESSIONS = (
    "FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
TEMPLATE_LOCK = 8_132_019  # Any number that nothing else uses.
_numbers = count(1)


@pytest.fixture(scope="session")
def template(django_test_environment, django_db_blocker) -> str:
    """Return the name of a migrated database to make copies of.

    The name holds a digest of all migrations. So it is kept from run to run, and made again when a migration changes.
    """
    name = f"{PREFIX}template_{_digest_of_migrations()}"
    with _server() as server, django_db_blocker.unblock():
        server.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        _drop_left_overs(server, name)
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            # Renamed when it is complete, because this process may be killed before.
            connection.settings_dict["NAME"] = f"{PREFIX}template_new"
            server.execute(f"CREATE DATABASE {PREFIX}template_new TEMPLATE template0")
            call_command("migrate", verbosity=0)
            connection.close()
            server.execute(f"ALTER DATABASE {PREFIX}template_new RENAME TO {name}")
    return name


@pytest.fixture(scope="session")
def django_db_setup(template, django_db_blocker) -> Iterator[None]:
    """Replace pytest-django's fixture, and take half a second instead of ten."""
    with copy_of(template) as name, django_db_blocker.unblock():
        connection.settings_dict["NAME"] = name
        yield
        connection.close()


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """Copy a database for this process, and drop the copy afterwards. Yield its name."""
    name = f"{PREFIX}{os.getpid()}_{next(_numbers)}"
    with _server() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _server() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _digest_of_migrations() -> str:
    """Include the lock file, because libraries have migrations, too."""
    files = [ROOT / "requirements-dev.txt"]
    for app in apps.get_app_configs():
        files += sorted(Path(app.path, "migrations").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _drop_left_overs(server: psycopg.Connection, template: str) -> None:
    """Drop former templates, and the databases of processes that were killed."""
    rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
    for (name,) in rows:
        pid = name.removeprefix(PREFIX).partition("_")[0]
        if name != template and not (pid.isdigit() and psutil.pid_exists(int(pid))):
            with suppress(psycopg.errors.ObjectInUse):  # By a process of another machine or container.
                server.execute(f"DROP DATABASE {name}")


def empty_database() -> None:
    """Delete all rows but those of KEPT: 20 ms for the 50 tables, where Django's TRUNCATE and post_migrate take 800.

    Includes what Django's flush leaves: procrastinate's jobs, and the cache with the limits of sign-in.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)",
            [list(KEPT)],
        )
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
        deletions = "".join(f"DELETE FROM {table};" for (table,) in cursor.fetchall())
        # Without triggers and foreign keys, so in any order.
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletions} COMMIT")


def wait_for_sessions(seconds: float) -> None:
    """Return when this thread's session on the database is the only one. Raise AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"SELECT state, query {OTHER_SESSIONS}")
            sessions = cursor.fetchall()
            if not sessions:
                return
            assert time.monotonic() < deadline, f"Sessions that are not closed after {seconds} seconds: {sessions}"
            time.sleep(0.02)


def _end_committing_test(test_case: TransactionTestCase) -> None:
    """Replace Django's flush, which deadlocked with requests that were still running."""
    try:
        wait_for_requests(REST_SECONDS)
        wait_for_sessions(REST_SECONDS)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) {OTHER_SESSIONS}")
        empty_database()


TransactionTestCase._fixture_teardown = _end_committing_test  # type: ignore[attr-defined]
