"""What a test that commits waits for at its end, and what it deletes."""

import socket

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


def test_request_under_way_is_waited_for(live_server):
    with socket.create_connection(("localhost", live_server.thread.port)) as client:
        client.sendall(b"GET /health/ HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(AssertionError, match="handle_one_request"):
            wait_for_requests(0.1)
        client.sendall(b"\r\n")
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 200")  # Until the server closes the connection.
    wait_for_requests(1)


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
