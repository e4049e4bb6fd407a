"""The pings to a WebSub hub, sent to a real server over HTTP."""

from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from issues.feeds import websub
from issues.models.issues import Issue
from issues.schedule import next_publication_time
from issues.tasks import defer_pings, ping_hub
from tests.desk_forms import errors, save
from tests.issues.feeds import FEEDS
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_editor, make_issue

pytestmark = pytest.mark.django_db

TOPICS = [
    f"https://sreweekly.example/feed/{contents}{form}"
    for contents in ("", "articles/")
    for form in ("", "atom/", "json/")
]
LATER = datetime(2030, 6, 2, 0, 45, tzinfo=UTC)


class Hub(ThreadingHTTPServer):
    """A hub that answers with `status`, and keeps what it was told in `told`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[dict[str, str]] = []
        self.status = 204


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append({name: values[0] for name, values in parse_qs(body).items()})
        self.answer(self.server.status)

    def do_GET(self):
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "/")  # For the redirect.
        self.end_headers()

    def log_message(self, format, *args):
        """Keep the output of the tests clean."""


@pytest.fixture
def hub(settings):
    with Hub() as server:
        settings.WEBSUB_HUB = f"http://127.0.0.1:{server.server_port}/"
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def jobs():
    """Return the time and the arguments of each job."""
    rows = ProcrastinateJob.objects.filter(task_name=ping_hub.name).order_by("scheduled_at")
    return [(row.scheduled_at, row.args) for row in rows]


def run_jobs():
    for _, args in jobs():
        ping_hub(args["issue_id"], args["publish_at"])


def test_hub_is_told_of_every_main_feed(hub):
    issue = make_issue()
    defer_pings(issue)
    ping_hub(**jobs()[0][1])
    assert hub.told == [{"hub.mode": "publish", "hub.url": topic, "hub.topic": topic} for topic in TOPICS]


def test_hub_is_told_at_publication_and_again_when_caches_are_fresh(hub):
    defer_pings(make_issue(publish_at=LATER))
    assert [moment for moment, _ in jobs()] == [LATER + timedelta(seconds=5), LATER + timedelta(minutes=10)]


@pytest.mark.parametrize("act", ["withdraw", "another time"])
def test_hub_is_not_told_of_an_issue_that_did_not_come_out(hub, act):
    issue = make_issue(publish_at=LATER)
    defer_pings(issue)
    if act == "withdraw":
        issue.withdraw()
    else:
        issue.approve(LATER - timedelta(days=1))
    with time_machine.travel(LATER + timedelta(hours=1)):
        run_jobs()
    assert hub.told == []


def test_hub_is_not_told_before_the_time(hub):
    defer_pings(make_issue(publish_at=LATER))
    run_jobs()
    assert hub.told == []


def test_without_a_hub_there_is_no_job(settings):
    settings.WEBSUB_HUB = ""
    defer_pings(make_issue())
    assert jobs() == []


def test_job_of_a_hub_that_was_taken_away_does_nothing(hub, settings):
    defer_pings(make_issue())
    settings.WEBSUB_HUB = ""
    run_jobs()
    assert hub.told == []


@pytest.mark.parametrize("status", [302, 429, 503])
def test_refusal_is_retried_ever_more_slowly(hub, status):
    hub.status = status
    defer_pings(make_issue())
    with pytest.raises(OSError, match=str(status)) as caught:
        run_jobs()
    assert ping_hub.retry_strategy
    retries = []
    for attempts in range(9):
        job = Job(id=1, queue="", lock=None, queueing_lock=None, task_name=ping_hub.name, attempts=attempts)
        retries.append(ping_hub.retry_strategy.get_retry_decision(exception=caught.value, job=job))
    waits = [round((r.retry_at - timezone.now()).total_seconds()) for r in retries if r and r.retry_at]
    assert waits == [3, 9, 27, 81, 243, 729, 2187, 6561]


def test_unreachable_hub_is_an_error(settings):
    with pytest.raises(OSError, match="refused"):
        websub.ping("http://127.0.0.1:9/")


def test_nothing_is_deferred_when_the_approval_is_rolled_back(hub):
    with transaction.atomic():
        defer_pings(make_issue())
        transaction.set_rollback(True)
    assert jobs() == []


@pytest.fixture
def press(client):
    """Return a function that saves an issue at the desk: press(issue, button, **changes)."""
    client.force_login(make_editor())

    def press(issue, button="_save", **changes):
        response = save(client, f"/admin/issues/issue/{issue.pk}/change/", "issue_form", button, **changes)
        assert response.status_code == 302, errors(response)

    return press


def test_publishing_at_the_desk_defers_a_ping(hub, press):
    issue = make_issue(status="draft", articles=1)
    with time_machine.travel(next_publication_time(timezone.now())):  # On another day the desk asks first.
        press(issue, "_publish")
    publish_at = Issue.objects.get().publish_at
    assert publish_at
    assert [args["publish_at"] for _, args in jobs()] == [publish_at.isoformat()] * 2


def test_another_time_for_a_scheduled_issue_defers_another_ping(hub, press):
    issue = make_issue(articles=1, publish_at=LATER)
    press(issue, publish_at_0="2030-06-08")
    run_jobs()
    assert hub.told == []
    assert [moment.date().isoformat() for moment, _ in jobs()] == ["2030-06-09"] * 2


def test_correction_defers_nothing(hub, press):
    press(make_issue(articles=1), intro="Corrected.")
    assert Issue.objects.get().intro == "Corrected."
    assert jobs() == []


def test_main_feeds_and_no_others_name_the_hub(client, settings):
    settings.WEBSUB_HUB = "https://hub.example/?a=1&b=2"
    make_sample()
    for feed in FEEDS:
        address = f"https://sreweekly.example{feed}"
        response = client.get(feed)
        named = f'<https://hub.example/?a=1&b=2>; rel="hub", <{address}>; rel="self"' if address in TOPICS else None
        assert response.get("Link") == named
        assert (b"https://hub.example/" in response.content) == (address in TOPICS)


def test_without_a_hub_none_is_named(client):
    response = client.get("/feed/")
    assert "Link" not in response
    assert b"hub" not in response.content


def test_new_hub_moves_the_etag(client, settings):
    before = client.get("/feed/")["ETag"]
    settings.WEBSUB_HUB = "https://hub.example/"
    assert client.get("/feed/")["ETag"] != before
