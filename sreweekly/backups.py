"""Backups: dumps in settings.BACKUP_DIR that were restored and compared before they count, and pictures beside them.

Everything else is in the database. PostgreSQL's own programs write and read the dumps, and restic keeps copies
elsewhere. They must be on the PATH, pg_dump and pg_restore in the version of the server.
"""

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pictures.copies import LostPicturesError, copy_from, copy_to
from sreweekly.models import Backup

NAME = "%Y-%m-%dT%H%M%SZ.dump"  # The time in UTC.
UNFINISHED = ".unfinished"
PICTURES = "pictures"  # The folder for the pictures of all dumps.
# Of so many days, ISO weeks and months in which there were backups, the newest is kept. The same for copies.
KEPT = {"daily": ("%Y-%m-%d", 7), "weekly": ("%G-W%V", 4), "monthly": ("%Y-%m", 12)}
LOCK = 8_132_020  # Any number that nothing else uses.
WITHOUT_TIMEOUTS = """
    SELECT set_config(name, '0', false) FROM pg_settings
    WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""


class BackupError(Exception):
    """A backup was not made, not copied or not restored. The message tells the operator why."""


@contextmanager
def _explained() -> Iterator[None]:
    """Raise BackupError for what the database, the disk or the network refuses."""
    try:
        yield
    except (DatabaseError, psycopg.Error, OSError) as error:
        raise BackupError(" ".join(str(error).split())) from error


@_explained()
def back_up() -> Backup:
    """Make, check and copy a backup, delete those that are too many, and return the row about it.

    Raises BackupError after adding a row about the failure. Older backups are only deleted once a new one is good.
    """
    made_at = datetime.now(UTC).replace(microsecond=0)
    with _session() as session:
        try:
            with _explained():
                backup = _make(session, made_at)
                _delete_expired()
                _copy_pictures(backup.file)
        except BackupError as error:
            with suppress(DatabaseError):  # Without a database, the message is all there is.
                Backup.objects.create(made_at=made_at, failure=str(error))
            raise
        backup.save()
    return backup


@_explained()
def restore(file: Path, *, replace: bool = False) -> None:
    """Put the contents of a dump in place of the database, which must have no tables unless `replace` is set.

    The dump is restored beside the database first. If that fails, raises BackupError, and the database is as before.
    Pictures beside the dump come back if the storage lacks them.
    """
    with _session() as session:
        name = session.info.dbname
        if _tables(session) and not replace:
            raise BackupError(f"The database {name} has tables. To delete them and all that they hold, add --replace.")
        maintenance = "template1" if name == "postgres" else "postgres"
        with _connect(maintenance) as server, _restored(server, name, file) as scratch:
            copy_from(file.parent / PICTURES)
            session.close()  # A database that is in use is not dropped.
            _execute(server, "DROP DATABASE {} WITH (FORCE)", name)
            _execute(server, "ALTER DATABASE {} RENAME TO {}", scratch, name)


def is_due(now: datetime) -> bool:
    """Tell whether there is no backup yet since the last BACKUP_TIME, on the clocks of TIME_ZONE."""
    now = now.astimezone(UTC)  # Python compares times of one zone by their clocks, and these go back in autumn.
    local = timezone.localtime(now)
    today = datetime.combine(local.date(), settings.BACKUP_TIME, local.tzinfo)
    last = today if today <= now else today - timedelta(days=1)
    return not any(made_at >= last for made_at in made_backups())


def made_backups() -> dict[datetime, Path]:
    """Return the file of each backup by its time."""
    found = {}
    for file in Path(settings.BACKUP_DIR).glob("*.dump"):
        with suppress(ValueError):  # Not one of ours.
            found[datetime.strptime(file.name, NAME).replace(tzinfo=UTC)] = file
    return found


def kept(times: Collection[datetime]) -> set[datetime]:
    """Return the times of those backups that KEPT keeps. Times are in UTC."""
    keep: set[datetime] = set()
    for period, amount in KEPT.values():
        newest = {made_at.strftime(period): made_at for made_at in sorted(times)}
        keep.update(sorted(newest.values())[-amount:])
    return keep


def _delete_expired() -> None:
    backups = made_backups()
    for made_at in backups.keys() - kept(backups):
        backups[made_at].unlink()


def _make(session: psycopg.Connection, made_at: datetime) -> Backup:
    """Write a dump, and give it its name once a restored copy has the same number of rows in each table."""
    folder = Path(settings.BACKUP_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left_over in folder.glob(f"*{UNFINISHED}"):  # Of a run that was killed.
        left_over.unlink()
    name = made_at.strftime(NAME)
    unfinished = folder / f"{name}{UNFINISHED}"
    try:
        rows = _dump(session, unfinished)
        with _restored(session, session.info.dbname, unfinished) as scratch, _connect(scratch) as restored:
            _compare(rows, _count_rows(restored))
        unfinished.rename(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    _write_to_disk(folder)
    size = (folder / name).stat().st_size
    return Backup(made_at=made_at, file=name, size=size, tables=len(rows), rows=sum(rows.values()))


def _dump(session: psycopg.Connection, file: Path) -> dict[str, int]:
    """Write a dump that only its owner can read. Return the number of rows of each table in the same snapshot.

    Rows are counted after pg_dump has ended. So no table is locked here while pg_dump waits for a lock on it.
    """
    with session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [(snapshot,)] = session.execute("SELECT pg_export_snapshot()").fetchall()
        # pg_dump returns when the file is on the disk.
        arguments = ("--format=custom", f"--snapshot={snapshot}", f"--file={file}")
        _run_on(session, session.info.dbname, "pg_dump", *arguments)
        return _count_rows(session)


@contextmanager
def _restored(session: psycopg.Connection, database: str, file: Path) -> Iterator[str]:
    """Restore a dump of the database into another one, and yield the name of that. Drop it at the end."""
    scratch = f"scratch_{database}"
    drop = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
    _execute(session, drop, scratch)  # Of a run that was killed.
    try:
        _execute(session, "CREATE DATABASE {} TEMPLATE template0", scratch)
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(f"To try out backups, {session.info.user} needs to create databases (CREATEDB).") from error
    try:
        _run_on(session, scratch, "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", str(file))
        yield scratch
    finally:
        _execute(session, drop, scratch)


def _compare(expected: dict[str, int], restored: dict[str, int]) -> None:
    differing = [
        f"{table} has {restored.get(table, 'no')} rows instead of {expected.get(table, 'none')}"
        for table in sorted(expected.keys() | restored.keys())
        if expected.get(table) != restored.get(table)
    ]
    if differing:
        raise BackupError(f"The restored copy differs, so the backup was discarded: {', '.join(differing)}.")


def _count_rows(session: psycopg.Connection) -> dict[str, int]:
    counts = {}
    for table in _tables(session):
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table))
        [(counts[".".join(table)],)] = session.execute(query).fetchall()
    return counts


def _tables(session: psycopg.Connection) -> list[tuple[str, str]]:
    """Return schema and name of each table that is not PostgreSQL's own."""
    return session.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'"
    ).fetchall()


def _copy_pictures(name: str) -> None:
    """Copy the pictures to the folder, and all to restic even if the storage has lost some."""
    try:
        copy_to(Path(settings.BACKUP_DIR) / PICTURES)
    except LostPicturesError as error:
        raise BackupError(f"The backup {name} is good, but not all pictures are. {error}") from error
    finally:
        _copy(name)


def _copy(name: str) -> None:
    """Copy a backup to the encrypted repository of restic, and forget there what is not kept here either."""
    if not settings.RESTIC_REPOSITORY:
        return
    environment = {"RESTIC_REPOSITORY": settings.RESTIC_REPOSITORY}
    pictures = [PICTURES] if (Path(settings.BACKUP_DIR) / PICTURES).exists() else []
    keep = [f"--keep-{period}={amount}" for period, (_, amount) in KEPT.items()]
    for arguments in (
        ["unlock"],  # Of locks that killed runs have left.
        ["backup", "--host=sreweekly", name, *pictures],
        ["forget", "--host=sreweekly", "--group-by=host", "--prune", *keep],
    ):
        try:
            _run("restic", "--no-cache", "--quiet", *arguments, environment=environment, folder=settings.BACKUP_DIR)
        except BackupError as error:
            raise BackupError(f"The backup {name} is good, but its copy is not: {error}") from error


def _write_to_disk(folder: Path) -> None:
    """Return when the names of the files in a folder would survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _session() -> Iterator[psycopg.Connection]:
    """Connect to the database, as the only one that makes or restores a backup of it."""
    with _connect() as session:
        if session.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchall() != [(True,)]:
            raise BackupError("A backup is being made or restored. Try again when that has ended.")
        yield session


def _connect(name: str = "") -> psycopg.Connection:
    """Connect to the database, or to another one of its server."""
    parameters = connection.get_connection_params() | ({"dbname": name} if name else {})
    session = psycopg.connect(**parameters, autocommit=True)
    session.execute(WITHOUT_TIMEOUTS)
    return session


def _execute(session: psycopg.Connection, statement: "sql.LiteralString", *names: str) -> None:
    session.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run_on(session: psycopg.Connection, database: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database of the server of this session."""
    # Those of the settings, because an older libpq than psycopg's does not know all. The password would be visible.
    given = connection.get_connection_params().keys() - {"password"}
    parameters = {name: value for name, value in session.info.get_parameters().items() if name in given}
    address = make_conninfo(**parameters | {"dbname": database})
    _run(program, f"--dbname={address}", *arguments, environment={"PGPASSWORD": session.info.password})


def _run(program: str, *arguments: str, environment: dict[str, str], folder: Path | None = None) -> None:
    if not shutil.which(program):
        raise BackupError(f"{program} is not on the PATH. Install it, or use the service “backup” of Compose.")
    result = subprocess.run(  # noqa: S603
        [program, *arguments],
        env=os.environ | environment,
        cwd=folder,
        umask=0o077,  # Dumps hold the hashes of passwords.
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        reason = " ".join(result.stderr.split())[-1000:] or f"it ended with status {result.returncode}"
        raise BackupError(f"{program} failed: {reason}")
