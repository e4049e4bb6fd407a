"""The embedded PostgreSQL, with real servers and processes."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from sreweekly.development import database
from sreweekly.development.database import EmbeddedServer, EmbeddedServerError, ensure_database_url, find_programs
from tests.sreweekly.conftest import ROOT, running

PROGRAMS = find_programs()
USER = """
import os, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from sreweekly.development.database import ensure_database_url

ensure_database_url(Path(sys.argv[1]))
print(os.environ["DATABASE_URL"], flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder():
    """Return the folder of a server. Not in pytest's own, which other runs of root close to PostgreSQL's user."""
    with TemporaryDirectory() as temporary:
        yield Path(temporary) / "var" / "postgresql"


@pytest.fixture
def empty_folder():
    with TemporaryDirectory() as temporary:
        yield Path(temporary)


@contextmanager
def using(folder):
    """Start another process that uses the server. Yield it and the address that it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-W", "error", "-c", USER, str(folder)]
    with running(command, cwd=ROOT, env=environment) as process:
        lines = iter(process.stdout.readline, "")
        address = next(line.strip() for line in lines if line.startswith("postgresql://"))
        yield process, address


@contextmanager
def joined(folder):
    server = EmbeddedServer(folder, PROGRAMS)
    server.join()
    try:
        yield server
    finally:
        server.leave()


def ask(address, sql="SHOW server_version"):
    with psycopg.connect(address) as connection:
        return connection.execute(sql).fetchall()[0][0]


def postmaster(folder):
    return int((folder / "postmaster.pid").read_text().split("\n")[0])


def is_running(folder):
    return (folder / "postmaster.pid").exists()


def test_data_outlives_the_server(folder):
    with joined(folder) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE word AS SELECT 'kept' AS word")
    assert not is_running(folder)
    with joined(folder) as server:
        assert ask(server.url).startswith("18.")
        assert ask(server.url, "SELECT word FROM word") == "kept"


def test_letter_case_does_not_depend_on_the_locale(folder):
    with joined(folder) as server:
        assert ask(server.url, "SELECT lower('ÉΣ')") == "éσ"


def test_last_process_to_leave_stops_the_server(folder):
    with using(folder) as (process, address):
        with joined(folder) as server:
            assert server.url == address
        assert ask(address)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert not is_running(folder)


def test_server_of_a_killed_process_is_stopped_by_the_next(folder):
    with using(folder) as (process, _):
        process.kill()
        process.wait()
    assert is_running(folder)
    with joined(folder):
        pass
    assert not is_running(folder)


def test_killed_server_starts_again(folder):
    with using(folder) as (process, address):
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE committed ()")
        number = postmaster(folder)
        os.kill(number, signal.SIGKILL)
        process.kill()
    with joined(folder) as server:
        assert ask(server.url, "SELECT count(*) FROM committed") == 0
        assert postmaster(folder) != number


@pytest.mark.parametrize("content", ["{number}\n", ""])
def test_stale_lock_files_are_removed(folder, content):
    with using(folder) as (process, _):
        lost = psutil.Process(postmaster(folder))
        process.kill()
        lost.kill()
        # It is not a child of this process, so this waits until it is gone.
        assert psutil.wait_procs([lost], 5)[0]
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (folder / name).write_text(content.format(number=os.getpid()))
    with joined(folder) as server:
        assert ask(server.url)


def test_interrupted_initialisation_is_repeated(empty_folder):
    half = empty_folder / "postgresql.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with joined(empty_folder / "postgresql") as server:
        assert ask(server.url)
    assert not half.exists()


def test_path_may_be_long_and_have_a_comma(empty_folder):
    folder = empty_folder / "a b, c+d%20" / ("long" * 30) / "postgresql"
    with joined(folder) as server:
        assert server.socket_directory != folder
        assert ask(server.url)
    assert not server.socket_directory.exists()


def test_short_path_with_a_space_has_the_socket_inside(empty_folder):
    folder = empty_folder / "a b+c%20" / "pg"
    with joined(folder) as server:
        assert server.socket_directory == folder
        assert ask(server.url)


def test_failed_start_reports_the_log(folder):
    with joined(folder):
        settings = folder / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("nonsense = on\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r"did not start.*(\n.*)*nonsense"):
            EmbeddedServer(folder, PROGRAMS).join()
    finally:
        settings.write_text(before)


def test_given_database_url_is_kept(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    ensure_database_url(Path("/nowhere"))
    assert os.environ["DATABASE_URL"] == "postgresql://elsewhere"


def test_missing_package_exits_with_a_message(monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(database, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="DATABASE_URL"):
        ensure_database_url()
