"""The jobs: prepared by the clock, sent by several at once, and gone on with after an outage of the server."""

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.sending.outcomes import ServerAwayError
from mailings.tasks import prepare_mailings, send_mailing, start_sending
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mailing(settings, sink) -> Mailing:
    settings.MAILING_CONNECTIONS = 3
    for _ in range(5):
        make_subscriber()
    make_issue(articles=1)
    prepare_mailings(0)
    return Mailing.objects.get()


def jobs(**fields):
    return list(ProcrastinateJob.objects.filter(task_name="mailings.tasks.send_mailing", **fields).order_by("pk"))


def test_mail_is_prepared_when_the_issue_is_out_and_jobs_send_it(mailing, sink):
    assert [job.args["number"] for job in jobs()] == [0, 1, 2]
    prepare_mailings(0)
    assert len(jobs()) == 3
    assert Mailing.objects.count() == 1
    send_mailing(mailing.pk, 0)
    assert len(sink.messages) == 5
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    prepare_mailings(0)
    assert jobs() == []


def test_server_that_is_away_is_asked_again_later_and_later(mailing, settings, sink):
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = 1
    Mailing.objects.update(stream_digest="")
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    send_mailing(mailing.pk, 0, failures=2)
    (job,) = jobs()
    assert job.args["failures"] == 3
    assert job.scheduled_at is not None
    assert mailing.counts().waiting == 5


def test_page_says_that_the_server_takes_nothing_until_it_does(mailing, settings, sink):
    Mailing.objects.update(stream_digest="")  # Not another server: that pauses.
    port = settings.MAILERS["newsletter"]["OPTIONS"]["port"]
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = 1
    send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert (mailing.status, "refused" in mailing.note) == (Mailing.Status.SENDING, True)
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = port
    send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert (mailing.note, mailing.counts().sent) == ("", 5)


def test_provider_is_asked_again_when_it_says_so(mailing, monkeypatch):
    def send(mailing):
        raise ServerAwayError("Too many requests", wait=500)

    monkeypatch.setattr("mailings.tasks.send", send)
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    send_mailing(mailing.pk, 0)
    (job,) = jobs()
    assert 490 < (job.scheduled_at - timezone.now()).total_seconds() <= 500


def test_key_that_cannot_be_read_is_said_until_it_can(mailing, settings, sink):
    key, settings.MAILING_DKIM_KEY, settings.MAILING_DKIM_SELECTOR = "", "/nowhere/dkim.pem", "issues"
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    send_mailing(mailing.pk, 0, failures=2)
    mailing.refresh_from_db()
    assert (mailing.status, "MAILING_DKIM_KEY" in mailing.note) == (Mailing.Status.SENDING, True)
    assert [(job.args["failures"], job.scheduled_at is None) for job in jobs()] == [(3, False)]
    settings.MAILING_DKIM_KEY = key
    send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert (mailing.note, mailing.counts().sent) == ("", 5)


def test_fault_of_this_program_pauses_the_mailing(mailing, settings, sink):
    settings.MAILING_BOUNCE_ADDRESS = "ä@news.example"  # smtplib cannot write it.
    with pytest.raises(UnicodeEncodeError):
        send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert (mailing.status, "UnicodeEncodeError" in mailing.note) == (Mailing.Status.PAUSED, True)
    counts = mailing.counts()
    assert (counts.unknown, counts.waiting, counts.sending) == (1, 4, 0)


@pytest.mark.parametrize("error", [psycopg.OperationalError("gone"), OperationalError("gone")])
def test_outage_of_the_database_pauses_nothing(mailing, monkeypatch, error):
    def send(mailing):
        raise error

    monkeypatch.setattr("mailings.tasks.send", send)
    with pytest.raises(type(error)):
        send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.SENDING


def test_what_the_server_says_is_shown_and_logged_without_addresses(mailing, sink, caplog):
    sink.answer = lambda step, address: f"421 4.7.0 <{address}>: too many for {address}"
    send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert "421" in mailing.note
    assert "421" in caplog.text
    assert "@" not in mailing.note + caplog.text


def test_what_was_put_off_is_sent_over_one_connection(mailing, sink):
    sink.answer = lambda step, address: "450 4.2.0 Later"
    for number in range(3):
        connection.cursor().execute("DELETE FROM procrastinate_jobs")
        Delivery.objects.update(not_before=None)
        send_mailing(mailing.pk, number)
        assert len(jobs()) == (1 if number == 0 else 0)


def test_mailing_that_is_paused_or_gone_is_not_sent(mailing, sink):
    Mailing.objects.update(status=Mailing.Status.PAUSED)
    send_mailing(mailing.pk, 0)
    send_mailing(mailing.pk + 1, 0)
    assert sink.messages == []


def test_slow_rate_needs_few_connections(mailing, settings):
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    settings.MAILING_PER_SECOND = 0.5
    start_sending(mailing)
    assert len(jobs()) == 1


def test_issue_that_was_taken_back_is_not_mailed(settings, sink):
    make_subscriber()
    issue = make_issue(articles=1)
    Issue.objects.update(status="draft")
    prepare_mailings(0)
    assert not Mailing.objects.filter(issue=issue).exists()
