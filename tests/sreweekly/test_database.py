"""The embedded PostgreSQL, with real servers and real processes."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

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
from sreweekly.development.database import ensure_database_url

ensure_database_url(Path(sys.argv[1]))
print(os.environ["DATABASE_URL"], flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("embedded") / "var" / "postgresql"


@contextmanager
def using(folder):
    """Another process that uses the server, once it can."""
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


def test_server_keeps_what_was_written(folder):
    with joined(folder) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE word AS SELECT 'kept' AS word")
    assert not is_running(folder)
    with joined(folder) as server:
        assert ask(server.url).startswith("18.")
        assert ask(server.url, "SELECT word FROM word") == "kept"


def test_letters_have_case_whatever_the_locale(folder):
    with joined(folder) as server:
        assert ask(server.url, "SELECT lower('ÉΣ')") == "éσ"


def test_second_user_does_not_stop_the_server_of_the_first(folder):
    with using(folder) as (process, address):
        with joined(folder) as server:
            assert server.url == address
        assert ask(address)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert not is_running(folder)


def test_server_of_a_killed_user_is_stopped_by_the_next(folder):
    with using(folder) as (process, _):
        process.kill()
        process.wait()
    assert is_running(folder)
    with joined(folder):
        pass
    assert not is_running(folder)


def test_killed_server_starts_again(folder):
    with using(folder) as (process, _):
        number = postmaster(folder)
        os.kill(number, signal.SIGKILL)
        process.kill()
    with joined(folder) as server:
        assert ask(server.url, "SELECT word FROM word") == "kept"
        assert postmaster(folder) != number


@pytest.mark.parametrize("content", ["{number}\n", ""])
def test_process_number_of_a_lost_server_may_belong_to_another_program(folder, content):
    with using(folder) as (process, _):
        lost = psutil.Process(postmaster(folder))
        process.kill()
        lost.kill()
        # init's child, not ours.
        assert psutil.wait_procs([lost], 5)[0]
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (folder / name).write_text(content.format(number=os.getpid()))
    with joined(folder) as server:
        assert ask(server.url)


def test_interrupted_first_start_is_begun_anew(tmp_path):
    half = tmp_path / "postgresql.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with joined(tmp_path / "postgresql") as server:
        assert ask(server.url)
    assert not half.exists()


def test_path_may_be_long_and_hold_any_character(tmp_path):
    folder = tmp_path / "a b, c+d%20" / ("long" * 30) / "postgresql"
    with joined(folder) as server:
        assert server.socket_directory != folder
        assert ask(server.url)
    assert not server.socket_directory.exists()


def test_short_path_with_a_space_keeps_its_socket(tmp_path):
    folder = tmp_path / "a b+c%20" / "pg"
    with joined(folder) as server:
        assert server.socket_directory == folder
        assert ask(server.url)


def test_server_that_cannot_start_says_why(folder):
    with joined(folder):
        settings = folder / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("nonsense = on\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r"did not start.*(\n.*)*nonsense"):
            EmbeddedServer(folder, PROGRAMS).join()
    finally:
        settings.write_text(before)


def test_given_address_is_left_alone(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    ensure_database_url(Path("/nowhere"))
    assert os.environ["DATABASE_URL"] == "postgresql://elsewhere"


def test_without_the_package_one_sentence_asks_for_an_address(monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(database, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"^Set DATABASE_URL, .*\.$"):
        ensure_database_url()
