"""Backups of small databases on a real server, made and read by PostgreSQL's own programs."""

import json
import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from pictures.storage import storage
from sreweekly import backups
from sreweekly.backups import BackupError, back_up, is_due, kept, made_backups, restore
from sreweekly.models import Backup
from tests.databases import copy_of
from tests.make import make_picture
from tests.sreweekly.conftest import address_of, query

NEW_YEAR = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)  # A Thursday.
TIMES = st.datetimes(datetime(2024, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@pytest.fixture
def folder(tmp_path, settings):
    settings.BACKUP_DIR = tmp_path / "backups"
    return settings.BACKUP_DIR


@pytest.fixture
def database(db, folder, monkeypatch):
    """Return the address of a database with three words, which is the one that is backed up."""
    with copy_of("template0") as name:
        execute(address_of(name), "CREATE TABLE word AS SELECT unnest(ARRAY['one', 'two', 'three']) AS word")
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        yield address_of(name)


@pytest.fixture
def elsewhere(monkeypatch):
    """Return the address of an empty database, to which backups are restored from now on."""

    def use(name):
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        return address_of(name)

    with copy_of("template0") as name:
        yield lambda: use(name)


def execute(address, sql):
    with psycopg.connect(address, autocommit=True) as session:
        session.execute(sql)


def words(address):
    return {word for (word,) in query(address, "SELECT word FROM word")}


def put_on_path(monkeypatch, folder, name, script):
    """Put a program before the real one on the PATH. In the script, $real is the path of the real one."""
    real = shutil.which(name)
    program = folder / name
    program.write_text(f"#!/bin/sh\nreal={real}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def scratch_databases(address):
    return query(address, "SELECT datname FROM pg_database WHERE datname = 'scratch_' || current_database()")


# Which backups are kept


def test_seven_days_four_weeks_and_twelve_months_are_kept():
    nights = [NEW_YEAR + timedelta(days=day) for day in range(365)]
    days = nights[-7:]  # 25 to 31 December 2026. The 31st is a Thursday.
    weeks = [datetime(2026, 12, day, 8, 30, tzinfo=UTC) for day in (13, 20, 27)]
    months = [before - timedelta(days=1) for before in (datetime(2026, n, 1, 8, 30, tzinfo=UTC) for n in range(2, 13))]
    assert kept(nights) == {*days, *weeks, *months}


def test_newest_of_several_a_day_is_kept():
    evening = NEW_YEAR + timedelta(hours=12)
    assert kept([evening, NEW_YEAR]) == {evening}


def test_nights_without_a_backup_do_not_count():
    nights = [NEW_YEAR + timedelta(days=2 * number) for number in range(7)]
    assert kept(nights) == set(nights)


@given(st.sets(TIMES, min_size=1, max_size=60))
def test_newest_is_kept_and_at_most_23_are(times):
    assert max(times) in kept(times) <= times
    assert len(kept(times)) <= 7 + 4 + 12


@given(st.lists(TIMES, max_size=60).map(sorted))
def test_deleting_after_each_backup_keeps_what_deleting_once_would(times):
    remaining: set[datetime] = set()
    for made_at in times:
        remaining = kept({*remaining, made_at})
    assert remaining == kept(times)


# When one is due


@pytest.mark.parametrize(
    ("made", "now", "due"),
    [
        (None, "2026-06-10T00:00", True),
        ("2026-06-09T07:30", "2026-06-10T07:29", False),
        ("2026-06-09T07:30", "2026-06-10T07:30", True),  # 3:30 in New York.
        ("2026-06-09T07:29", "2026-06-10T07:29", True),
        ("2026-03-07T08:30", "2026-03-08T07:30", True),  # The night in which clocks go forward.
        ("2026-11-01T07:31", "2026-11-01T08:30", True),  # The night in which they go back.
        ("2026-11-01T08:30", "2026-11-02T08:29", False),
    ],
)
def test_backup_is_due_each_night(folder, made, now, due):
    folder.mkdir()
    if made:
        (folder / f"{made.replace(':', '')}00Z.dump").touch()
    assert is_due(datetime.fromisoformat(now).replace(tzinfo=UTC)) is due


# Making one


def test_backup_is_a_private_file_and_a_row(database, folder):
    backup = back_up()
    assert (backup.tables, backup.rows) == (1, 3)
    assert Backup.objects.good().get() == backup
    file = folder / backup.file
    assert list(made_backups().values()) == [file]
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == (0o600, backup.size)
    assert scratch_databases(database) == []


def test_rows_that_are_added_meanwhile_are_not_missed(database, folder, tmp_path, monkeypatch):
    insert = f"psql --quiet '{database}' --command \"INSERT INTO word VALUES ('late')\""
    put_on_path(monkeypatch, tmp_path, "pg_dump", f'{insert}; "$real" "$@"')
    assert back_up().rows == 3
    assert len(words(database)) == 4


@pytest.mark.parametrize(
    ("program", "script"),
    [
        ("pg_dump", '"$real" --exclude-table-data=word "$@"'),
        ("pg_dump", '"$real" --exclude-table=word "$@"'),
        ("pg_dump", "echo 'could not write: No space left on device' >&2; exit 1"),
        ("pg_dump", 'for last; do true; done; echo half >"${last#--file=}"; kill -9 $$'),
        ("pg_restore", "echo 'could not extend file: No space left on device' >&2; exit 1"),
    ],
)
def test_backup_that_fails_is_recorded_and_leaves_the_older_ones(
    database, folder, tmp_path, monkeypatch, program, script
):
    folder.mkdir()
    older = [folder / f"2026-01-0{day}T083000Z.dump" for day in range(1, 10)]
    for file in older:
        file.touch()
    put_on_path(monkeypatch, tmp_path, program, script)
    with pytest.raises(BackupError) as failure:
        back_up()
    assert Backup.objects.get().failure == str(failure.value)
    assert not Backup.objects.good().exists()
    assert sorted(folder.iterdir()) == older
    assert scratch_databases(database) == []


def test_missing_program_is_named(database, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="pg_dump"):
        back_up()


def test_database_that_does_not_answer_is_reported(folder, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "missing")
    with pytest.raises(BackupError, match="missing"):
        back_up()


def test_role_that_may_not_create_databases_is_named(database, monkeypatch):
    reader = f"reader_{os.getpid()}"
    execute(database, f"CREATE ROLE {reader} LOGIN PASSWORD 'secret'; GRANT SELECT ON word TO {reader}")
    monkeypatch.setitem(connection.settings_dict, "USER", reader)
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "secret")
    try:
        with pytest.raises(BackupError, match=rf"{reader}.*CREATEDB"):
            back_up()
    finally:
        execute(database, f"DROP OWNED BY {reader}; DROP ROLE {reader}")


def test_folder_that_cannot_be_written_is_reported(database, folder):
    folder.write_text("a file")
    with pytest.raises(BackupError, match=str(folder)):
        back_up()


def test_left_overs_of_a_killed_run_are_removed(database, folder):
    folder.mkdir()
    (folder / "2026-01-01T083000Z.dump.unfinished").touch()
    name = connection.settings_dict["NAME"]
    execute(database, f"CREATE DATABASE scratch_{name}")
    backup = back_up()
    assert [file.name for file in folder.iterdir()] == [backup.file]
    assert scratch_databases(database) == []


def test_second_backup_at_the_same_time_is_refused(database, folder):
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [backups.LOCK])
        with pytest.raises(BackupError):
            back_up()
    assert not folder.exists()
    assert not Backup.objects.exists()


def test_expired_backups_are_deleted_and_other_files_are_left(database, folder):
    folder.mkdir()
    for name in ("2020-01-01T083000Z.dump", "2020-01-01T093000Z.dump", "before-update.dump", "notes.txt"):
        (folder / name).touch()
    backup = back_up()
    assert {file.name for file in folder.iterdir()} == {
        *("2020-01-01T093000Z.dump", "before-update.dump", "notes.txt", backup.file)
    }


# Restoring


def test_backup_is_restored_into_an_empty_database(database, folder, elsewhere):
    file = folder / back_up().file
    empty = elsewhere()
    restore(file)
    assert words(empty) == {"one", "two", "three"}
    assert scratch_databases(empty) == []


def test_database_with_tables_is_only_replaced_if_told_to(database, folder):
    file = folder / back_up().file
    execute(database, "CREATE TABLE later (); DELETE FROM word")
    with pytest.raises(BackupError):
        restore(file)
    assert words(database) == set()
    restore(file, replace=True)
    assert words(database) == {"one", "two", "three"}
    assert query(database, "SELECT tablename FROM pg_tables WHERE tablename = 'later'") == []


def test_broken_backup_leaves_the_database_as_it_was(database, folder):
    file = folder / back_up().file
    with file.open("r+b") as half:
        half.truncate(file.stat().st_size // 2)
    with pytest.raises(BackupError):
        restore(file, replace=True)
    assert words(database) == {"one", "two", "three"}
    assert scratch_databases(database) == []


# Pictures


def test_pictures_are_copied_once_and_come_back(database, folder):
    picture = make_picture()
    back_up()
    copies = sorted((folder / "pictures").iterdir())
    assert [copy.name for copy in copies] == sorted(picture.files)
    assert all(copy.read_bytes() == storage().open(copy.name).read() for copy in copies)
    copies[0].write_bytes(b"not copied again")
    file = folder / back_up().file
    assert copies[0].read_bytes() == b"not copied again"
    storage().delete(picture.files[1])
    (folder / "pictures" / "notes.txt").touch()
    restore(file, replace=True)
    assert storage().exists(picture.files[1])
    assert not storage().exists("notes.txt")


def test_lost_picture_is_said_and_the_others_are_copied(database, folder):
    lost, kept = make_picture(), make_picture()
    storage().delete(lost.files[0])
    with pytest.raises(BackupError, match=lost.files[0]):
        back_up()
    assert {file.name for file in (folder / "pictures").iterdir()} == {lost.files[1], *kept.files}
    assert len(made_backups()) == 1


# Copies


@pytest.fixture
def repository(tmp_path, settings, monkeypatch):
    if not shutil.which("restic"):
        pytest.skip("restic is not installed")
    monkeypatch.setenv("RESTIC_PASSWORD", "correct horse")
    settings.RESTIC_REPOSITORY = str(tmp_path / "copies")
    restic(settings.RESTIC_REPOSITORY, "init")
    return settings.RESTIC_REPOSITORY


def restic(repository, *arguments):
    command = ["restic", "--no-cache", "--json", "--repo", repository, *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_copy_is_encrypted_and_the_same(database, folder, repository, tmp_path):
    file = folder / back_up().file
    restic(repository, "restore", "latest", "--target", str(tmp_path / "restored"))
    assert (tmp_path / "restored" / file.name).read_bytes() == file.read_bytes()
    assert all(b"PGDMP" not in stored.read_bytes() for stored in (tmp_path / "copies").rglob("*") if stored.is_file())


def test_copies_hold_the_pictures(database, folder, repository, tmp_path):
    picture = make_picture()
    back_up()
    restic(repository, "restore", "latest", "--target", str(tmp_path / "restored"))
    assert {file.name for file in (tmp_path / "restored" / "pictures").iterdir()} == set(picture.files)


def test_only_as_many_copies_as_backups_are_kept(database, repository):
    back_up()
    newest = back_up()
    assert [file.name for file in made_backups().values()] == [newest.file]
    [snapshot] = json.loads(restic(repository, "snapshots"))
    assert [os.path.basename(path) for path in snapshot["paths"]] == [newest.file]


def test_backup_stays_if_its_copy_fails(database, folder, repository):
    shutil.rmtree(repository)
    with pytest.raises(BackupError) as failure:
        back_up()
    assert len(made_backups()) == 1
    assert Backup.objects.get().failure == str(failure.value)


# Commands


def run_nightly(monkeypatch, time_machine, hours):
    """Run the command from NEW_YEAR on. Time only passes while it sleeps. Return the seconds of each sleep."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if sum(slept) >= hours * 3600:
            raise TimeoutError
        time_machine.shift(seconds)

    time_machine.move_to(NEW_YEAR, tick=False)
    monkeypatch.setattr("sreweekly.management.commands.back_up.sleep", sleep)
    with pytest.raises(TimeoutError):
        call_command("back_up", "--nightly", stdout=StringIO(), stderr=StringIO())
    return slept


@pytest.mark.django_db(transaction=True)
def test_nightly_command_makes_a_backup_at_once_and_each_night(folder, monkeypatch, time_machine):
    run_nightly(monkeypatch, time_machine, hours=47)
    assert made_backups().keys() == {NEW_YEAR, NEW_YEAR + timedelta(days=1)}


def test_nightly_command_tries_again_an_hour_after_a_failure(folder, monkeypatch, time_machine):
    monkeypatch.setitem(connection.settings_dict, "NAME", "missing")
    assert run_nightly(monkeypatch, time_machine, hours=3) == [3600] * 3


@pytest.mark.parametrize("command", [["back_up"], ["restore_backup", "missing.dump"]])
def test_command_ends_with_the_sentence_of_a_failure(folder, monkeypatch, command):
    monkeypatch.setitem(connection.settings_dict, "NAME", "missing")
    with pytest.raises(CommandError, match="missing"):
        call_command(*command)


def test_commands_say_which_file_was_written_and_restored(database, folder):
    output = StringIO()
    call_command("back_up", stdout=output)
    [file] = folder.iterdir()
    call_command("restore_backup", str(file), "--replace", stdout=output)
    assert output.getvalue().count(file.name) == 2
