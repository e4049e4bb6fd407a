"""Migrations run while the version before them still serves readers and editors.

So none may lock a table for long, or drop or change what that version uses. squawk reads their SQL. Exceptions need a
line in ALLOWED, with the reason.
"""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from sreweekly.management.commands import migrate
from tests.make import OUR_APPS

# They create the tables of the first release, before there is a version that they could disturb.
FIRST = {
    "collecting": "0002_relate_and_constrain_them",
    "desk": "0001_keep_unsaved_forms",
    "fetching": "0001_keep_fetched_pages",
    "issues": "0005_store_downloads",
    "sponsors": "0001_create_sponsors_and_placements",
    "sreweekly": "0002_add_backups",
    "wordpress": "0001_keep_posts_and_imports",
}
# By app, migration and rule of squawk: why it does no harm.
ALLOWED: dict[tuple[str, str, str], str] = {}
# Django's style: its types, and the limits that sreweekly/management/commands/migrate.py sets.
NOT_ASKED = (
    "prefer-bigint-over-int,prefer-bigint-over-smallint,prefer-identity,prefer-robust-stmts,"
    "prefer-text-field,require-lock-timeout,require-statement-timeout"
)


def rules_broken(sql: str) -> set[str]:
    command = [str(Path(sys.executable).with_name("squawk")), "--reporter", "gcc", "--exclude", NOT_ASKED]
    result = subprocess.run(command, input=sql, capture_output=True, text=True)
    assert result.returncode in (0, 1), result.stderr
    return {line.split(": ")[2].split()[0] for line in result.stdout.splitlines() if ": " in line}


def later_migrations() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    return sorted((app, name) for app, name in loader.disk_migrations if app in OUR_APPS and name > FIRST.get(app, ""))


def sql_of(app: str, name: str) -> str:
    output = StringIO()
    call_command("sqlmigrate", app, name, stdout=output)
    return output.getvalue()


@pytest.mark.django_db(transaction=True)  # An index that is added concurrently is not in a transaction.
def test_version_before_goes_on_during_each_migration():
    broken = {(*key, rule) for key in later_migrations() for rule in rules_broken(sql_of(*key))}
    assert broken == set(ALLOWED)


@pytest.mark.django_db
def test_migration_of_the_first_release_could_not_come_later():
    broken = rules_broken(sql_of("issues", "0002_relate_and_constrain_it"))
    assert broken >= {"constraint-missing-not-valid", "adding-foreign-key-constraint"}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE issues_issue DROP COLUMN slug", "ban-drop-column"),
        ("DROP TABLE issues_issue", "ban-drop-table"),
        ("ALTER TABLE issues_issue RENAME COLUMN slug TO path", "renaming-column"),
        ("ALTER TABLE issues_issue RENAME TO issue", "renaming-table"),
        ("ALTER TABLE issues_issue ALTER COLUMN slug TYPE text", "changing-column-type"),
        ("ALTER TABLE issues_issue ALTER COLUMN slug SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE issues_issue ADD COLUMN slug text NOT NULL", "adding-required-field"),
        ("CREATE INDEX a ON issues_issue (slug)", "require-concurrent-index-creation"),
        ("ALTER TABLE issues_issue ADD CONSTRAINT a CHECK (slug <> '')", "constraint-missing-not-valid"),
        # As Django adds a field that is not null and has a default in Python only.
        (
            "ALTER TABLE issues_issue ADD COLUMN slug text DEFAULT '' NOT NULL;"
            "ALTER TABLE issues_issue ALTER COLUMN slug DROP DEFAULT",
            "ban-drop-default",
        ),
    ],
)
def test_what_would_disturb_the_version_before_is_refused(sql, rule):
    assert rule in rules_broken(f"BEGIN; {sql}; COMMIT;")


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN; ALTER TABLE issues_issue ADD COLUMN note text NULL; COMMIT;",
        "BEGIN; ALTER TABLE issues_issue ADD COLUMN note text DEFAULT '' NOT NULL; COMMIT;",
        "CREATE INDEX CONCURRENTLY a ON issues_issue (slug);",
        "BEGIN; ALTER TABLE issues_issue ADD CONSTRAINT a CHECK (slug <> '') NOT VALID; COMMIT;",
    ],
)
def test_what_disturbs_nobody_is_not_refused(sql):
    assert not rules_broken(sql)


# A table that is in use


@pytest.fixture
def table_in_use(settings):
    """Let a transaction lock the table of applied migrations, which `migrate` reads. Return what ends it."""
    settings.DATABASE_SECONDS = settings.DATABASE_SECONDS | {"pages": 0.2}
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
    yield other.rollback
    other.close()


@pytest.mark.django_db(transaction=True)
def test_migration_waits_less_than_a_page_even_on_a_connection_that_was_open(table_in_use, monkeypatch):
    def free(seconds):
        with connection.cursor() as cursor:
            cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
            timeouts.append(cursor.fetchone()[0])
        table_in_use()

    timeouts: list[int] = []
    monkeypatch.setattr(migrate.time, "sleep", free)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    call_command("migrate", stdout=StringIO())
    assert timeouts == [100]  # Milliseconds: half of the fixture's.


@pytest.mark.django_db(transaction=True)
def test_migration_begins_anew_when_the_table_is_free(table_in_use, monkeypatch):
    monkeypatch.setattr(migrate.time, "sleep", lambda seconds: table_in_use())
    output = StringIO()
    call_command("migrate", stdout=output)
    assert "Attempt 2" in output.getvalue()


@pytest.mark.django_db(transaction=True)
def test_migration_gives_up_in_the_end(table_in_use, monkeypatch):
    monkeypatch.setattr(migrate.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    with pytest.raises(OperationalError):
        call_command("migrate", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_index_that_was_not_finished_is_dropped():
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as writer, connection.cursor() as cursor:
        writer.execute("LOCK TABLE issues_article IN ROW EXCLUSIVE MODE")
        cursor.execute("SET lock_timeout = 100")
        with pytest.raises(OperationalError):
            cursor.execute("CREATE INDEX CONCURRENTLY unfinished ON issues_article (position)")
    other.close()
    call_command("migrate", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('unfinished')")
        assert cursor.fetchone() == (None,)
