"""What a test that commits waits for at its end, and what it deletes."""

import socket
from threading import Event

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from sreweekly.tasks import clear_sessions
from tests.databases import empty_database, wait_for_sessions
from tests.live import wait_for_requests
from tests.make import make_issue
from tests.sreweekly.conftest import address_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_request_under_way_is_waited_for(live_server, monkeypatch):
    may_answer = Event()

    def application(environ, start_response):
        may_answer.wait(10)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    monkeypatch.setattr(live_server.thread.httpd, "application", application)
    with connect_to(live_server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(AssertionError, match="may_answer"):
            wait_for_requests(0.1)
        may_answer.set()
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 200")  # Until the server closes the connection.


def test_connection_without_a_request_is_closed(live_server):
    with connect_to(live_server) as client:
        wait_for_requests(5)
        assert client.recv(1) == b""


def connect_to(live_server):
    return socket.create_connection(("localhost", live_server.thread.port))


def test_session_of_another_thread_is_waited_for():
    with psycopg.connect(address_of(connection.settings_dict["NAME"])), pytest.raises(AssertionError):
        wait_for_sessions(0.1)
    wait_for_sessions(1)


def test_rows_jobs_and_cache_are_deleted_and_content_types_kept():
    make_issue(articles=1)
    clear_sessions.configure().defer(timestamp=0)
    cache.set("key", "value")
    empty_database()
    assert not Issue.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert cache.get("key") is None
    assert ContentType.objects.exists()
