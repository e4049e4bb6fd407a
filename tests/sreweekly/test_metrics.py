from datetime import timedelta
from urllib.request import urlopen

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import REGISTRY

from issues.models.issues import Issue
from issues.tasks import draw_card
from mailings.models.deliveries import DomainDelay
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from sreweekly import metrics
from sreweekly.metrics import DatabaseCollector
from tests.make import make_issue, make_subscriber
from tests.sreweekly.conftest import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def collected(monkeypatch):
    """Return a function that returns the values that are read from the database, by name and labels."""
    monkeypatch.setattr(connection, "close", lambda: None)  # The test needs it.

    def collect():
        samples = [sample for metric in DatabaseCollector().collect() for sample in metric.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    return collect


def count(**labels):
    return REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0


@pytest.mark.parametrize(
    ("address", "method", "host", "labels"),
    [
        ("/archive/", "GET", "testserver", {"view": "archive", "method": "GET", "status": "200"}),
        ("/archive/", "GET", "evil.example", {"view": "", "method": "GET", "status": "400"}),
        ("/archive/", "BREW", "testserver", {"view": "archive", "method": "other", "status": "405"}),
    ],
)
def test_requests_are_counted_by_view_method_and_status(client, address, method, host, labels):
    before = count(**labels)
    client.generic(method, address, headers={"host": host})
    assert count(**labels) == before + 1


def test_jobs_are_counted_by_state_with_the_age_of_the_oldest(collected):
    draw_card.configure(schedule_at=timezone.now() - timedelta(hours=1)).defer(issue_id=1)
    draw_card.configure(schedule_at=timezone.now() + timedelta(hours=1)).defer(issue_id=2)
    assert collected()["jobs", "todo"] == 2
    assert 3600 <= collected()["oldest_job_seconds",] < 3700


def test_no_job_waits_for_no_time(collected):
    assert collected()["oldest_job_seconds",] == 0


def test_time_since_the_last_publication(collected):
    assert ("last_publication_seconds",) not in collected()
    make_issue(publish_at=timezone.now() - timedelta(days=2))
    make_issue(status="draft")
    assert 2 * 86400 <= collected()["last_publication_seconds",] < 2 * 86400 + 100


def test_mail_is_counted_by_state(collected, settings):
    settings.NEWSLETTER_FROM, settings.NEWSLETTER_POSTAL_ADDRESS = "SRE Weekly <news@sreweekly.example>", "1 Example St"
    assert ("mail_deliveries", "sent") not in collected()
    for _ in range(3):
        make_subscriber()
    make_subscriber(left_at=timezone.now())
    mailing = prepare(make_issue(articles=1))
    Mailing.objects.update(prepared_at=timezone.now() - timedelta(hours=1))
    DomainDelay.objects.create(domain="example.com", until=timezone.now() + timedelta(hours=1), reason="421 later")
    found = collected()
    assert (found["subscribers", "active"], found["subscribers", "left"]) == (3, 1)
    assert (found["mail_deliveries", "waiting"], found["mail_deliveries", "sent"]) == (3, 0)
    assert found["mail_delayed_domains",] == 1
    assert 3600 <= found["mail_idle_seconds",] < 3700
    first = mailing.deliveries.order_by("pk")[:1]
    mailing.deliveries.filter(pk__in=first).update(state="sent", settled_at=timezone.now())
    assert 0 <= collected()["mail_idle_seconds",] < 1


def test_scrape_makes_eight_queries(collected, settings, django_assert_num_queries):
    settings.NEWSLETTER_FROM, settings.NEWSLETTER_POSTAL_ADDRESS = "SRE Weekly <news@sreweekly.example>", "1 Example St"
    make_subscriber()
    prepare(make_issue(articles=1))
    with django_assert_num_queries(8):
        collected()


def test_outage_leaves_out_what_the_database_knows(collected, monkeypatch):
    assert collected()["database_up",] == 1

    def fail(*args):
        raise OperationalError

    monkeypatch.setattr(Issue.objects, "published", fail)
    assert collected() == {("database_up",): 0}


def test_each_process_takes_the_first_port_that_is_free(settings, monkeypatch):
    monkeypatch.setattr(metrics, "DatabaseCollector", lambda: None)
    monkeypatch.setattr(REGISTRY, "register", lambda collector: None)
    settings.METRICS_PORT = free_port()
    first, second = metrics.serve.__wrapped__(), metrics.serve.__wrapped__()
    assert settings.METRICS_PORT <= first < second
    with urlopen(f"http://127.0.0.1:{second}/metrics") as response:
        assert b"http_request_seconds" in response.read()


def test_metrics_are_off_by_default(settings):
    assert settings.METRICS_PORT == metrics.serve.__wrapped__() == 0
