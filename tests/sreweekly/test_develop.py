"""`manage.py develop`, which is `make run`, in real processes on a database of their own."""

import os
import signal
import socket
import sys
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from io import StringIO

import psutil
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from sreweekly.management.commands import develop
from tests.make import make_editor, make_issue
from tests.sreweekly.conftest import ROOT, free_port, is_working, query, running, wait_until


def status(port):
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status
        except ConnectionError:
            return None


@contextmanager
def developing(environment, **options):
    """The process, once site and worker are there, and all of its descendants."""
    port = free_port()
    command = [sys.executable, "manage.py", "develop", "--port", str(port)]
    with running(command, cwd=ROOT, env=environment | {"DEBUG": "on"}, **options) as process:
        wait_until(partial(status, port), process)
        wait_until(partial(is_working, environment["DATABASE_URL"], process), process)
        yield process, psutil.Process(process.pid).children(recursive=True)


def ended(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_everything(migrated, number):
    with developing(migrated) as (process, children):
        assert len(children) == 3  # The worker, runserver, and the child in which it loads the code again.
        process.send_signal(number)
        assert process.wait(20) == 0
        assert all(ended(child) for child in children)


def test_closed_terminal_ends_everything(migrated):
    near, far = os.openpty()
    with developing(migrated, stdin=far) as (process, children):
        os.close(far)
        os.close(near)
        assert process.wait(20) == 0
        assert all(ended(child) for child in children)


def test_when_one_ends_the_rest_is_stopped_and_told(migrated):
    with developing(migrated) as (process, children):
        next(child for child in children if "worker" in child.cmdline()).kill()
        assert process.wait(20) == 1
        assert all(ended(child) for child in children)
        assert "The worker ended, so the rest was stopped." in process.stdout.read()


def test_given_database_gets_no_editor_and_no_demonstration(migrated):
    with developing(migrated) as (process, _):
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert "createsuperuser" in process.stdout.read()
    assert query(migrated["DATABASE_URL"], "SELECT count(*) FROM auth_user") == [(0,)]
    assert query(migrated["DATABASE_URL"], "SELECT count(*) FROM issues_issue") == [(0,)]


def test_port_in_use_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use.*PORT={port + 1}"):
            call_command("develop", port=port)


@pytest.fixture
def embedded(monkeypatch):
    monkeypatch.setattr(develop, "is_embedded", lambda: True)


@pytest.fixture
def given(monkeypatch):
    monkeypatch.setattr(develop, "is_embedded", lambda: False)


@pytest.mark.django_db
def test_editor_is_made_once_and_the_password_told(embedded):
    make_issue()
    command = develop.Command(stdout=StringIO())
    password = command.prepare().split(" with the password ")[1].split()[0]
    assert User.objects.get(is_superuser=True).check_password(password)
    assert "changepassword editor" in command.prepare()
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_empty_embedded_database_is_filled(embedded, monkeypatch):
    called = []
    monkeypatch.setattr(develop, "call_command", lambda name, **options: called.append(name))
    command = develop.Command(stdout=StringIO())
    command.prepare()
    make_issue()
    command.prepare()
    assert called == ["load_demonstration"]


@pytest.mark.django_db
def test_given_database_with_an_editor_says_who(given):
    make_editor("lex")
    assert "“lex”" in develop.Command(stdout=StringIO()).prepare()
