"""`manage.py develop`, which is `make run`."""

import signal
import socket
import sys
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from io import StringIO

import psutil
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from sreweekly.management.commands import develop
from tests.make import make_editor, make_issue
from tests.sreweekly.conftest import ROOT, free_port, have_ended, is_working, query, running, wait_until


def is_serving(port):
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status == 200
        except ConnectionError:
            return False


def test_site_and_worker_run_until_a_signal_and_leave_a_given_database_alone(environment):
    port = free_port()
    command = [sys.executable, "manage.py", "develop", "--port", str(port)]
    with running(command, cwd=ROOT, env=environment | {"DEBUG": "on"}) as process:
        wait_until(partial(is_serving, port), process)
        wait_until(partial(is_working, environment["DATABASE_URL"], process), process)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 3  # The worker, runserver, and runserver's child that reloads the code.
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert have_ended(children)
    assert "createsuperuser" in output
    assert query(environment["DATABASE_URL"], "SELECT FROM auth_user UNION ALL SELECT FROM issues_issue") == []


def test_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"{port}.*PORT={port + 1}"):
            call_command("develop", port=port)


@pytest.fixture
def embedded(monkeypatch):
    monkeypatch.setattr(develop, "is_embedded", lambda: True)


@pytest.mark.django_db
def test_editor_is_added_once_and_the_password_shown(embedded):
    make_issue()
    command = develop.Command(stdout=StringIO())
    password = command.prepare().split(" password ")[1].split()[0]
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
def test_editor_of_a_given_database_is_named(monkeypatch):
    monkeypatch.setattr(develop, "is_embedded", lambda: False)
    make_editor("lex")
    assert "“lex”" in develop.Command(stdout=StringIO()).prepare()
