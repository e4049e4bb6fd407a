import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command

from sreweekly import heartbeats
from sreweekly.backups import BackupError
from sreweekly.management.commands import back_up
from sreweekly.models import Backup
from sreweekly.tasks import send_heartbeats
from tests.make import make_issue
from tests.sreweekly.conftest import free_port

# Sunday, 15:45 in New York.
USUAL = datetime(2026, 11, 22, 20, 45, tzinfo=UTC)


@pytest.fixture
def calls(settings):
    """Return the paths that are called at the addresses of all heartbeats."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.HEARTBEATS = {
        name: f"http://127.0.0.1:{server.server_port}/{name}" for name in ("worker", "publication", "backup")
    }
    yield calls
    server.shutdown()
    server.server_close()


@pytest.fixture
def usual_time(settings, time_machine):
    settings.TIME_ZONE, settings.PUBLICATION_TIME, settings.PUBLICATION_DEADLINE = "UTC", "20:45", 12
    return lambda **since: time_machine.move_to(USUAL + timedelta(**since), tick=False) or USUAL + timedelta(**since)


def test_outcome_is_part_of_the_address(calls):
    for outcome in ("start", "fail", ""):
        heartbeats.send("backup", outcome)
    assert calls == ["/backup/start", "/backup/fail", "/backup"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/", "no address", "http://[", "http://127.0.0.1:x/"])
def test_call_that_fails_is_a_warning(settings, caplog, address):
    settings.HEARTBEATS = {"worker": address.format(port=free_port())}
    heartbeats.send("worker")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.django_db
def test_worker_calls_every_five_minutes(calls):
    send_heartbeats(timestamp=0)
    assert "/worker" in calls


@pytest.mark.django_db
def test_publication_is_called_once(calls, usual_time):
    now = usual_time(minutes=5)
    make_issue(publish_at=USUAL)
    heartbeats.note_publication(now)
    heartbeats.note_publication(now)
    assert calls == ["/publication"]


@pytest.mark.django_db
def test_issue_of_the_past_is_not_called(calls, usual_time):
    make_issue(publish_at=USUAL)
    heartbeats.note_publication(usual_time(days=2))
    assert calls == []


@pytest.mark.django_db
@pytest.mark.parametrize("published", [None, USUAL - timedelta(days=6, hours=1)])
def test_missing_issue_is_reported_once(calls, caplog, usual_time, published):
    if published:
        make_issue(publish_at=published)
    for hours in (12, 13, 30):
        heartbeats.check_deadline(usual_time(hours=hours))
    assert calls == ["/publication/fail"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-5, 0, 0.4])
def test_issue_that_came_out_is_not_missed(calls, usual_time, days):
    now = usual_time(hours=12)
    make_issue(publish_at=USUAL + timedelta(days=days))
    heartbeats.check_deadline(now)
    assert calls == []


@pytest.mark.django_db
def test_check_can_be_turned_off(calls, settings, usual_time):
    now = usual_time(hours=13)
    settings.PUBLICATION_DEADLINE = 0
    heartbeats.check_deadline(now)
    assert calls == []


@pytest.mark.django_db
def test_deadline_has_not_passed_yet(calls, usual_time):
    make_issue(publish_at=USUAL - timedelta(days=7))
    heartbeats.check_deadline(usual_time(hours=11))
    assert calls == []


@pytest.mark.django_db
@pytest.mark.parametrize(("failure", "outcome"), [(None, ""), (BackupError("The disk is full."), "/fail")])
def test_backup_tells_how_it_ended(calls, monkeypatch, failure, outcome):
    made = Backup(made_at=USUAL, file="a.dump")
    monkeypatch.setattr(back_up, "back_up", Mock(return_value=made, side_effect=failure))
    with suppress(CommandError):
        call_command("back_up")
    assert calls == ["/backup/start", f"/backup{outcome}"]
