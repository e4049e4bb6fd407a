"""What stops a mailing by itself: another mail server, and an issue that is taken back while its mail goes out."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection
from django.urls import reverse

from issues.changes import changing
from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from mailings.sending.claiming import open_ledger
from mailings.sending.worker import send
from mailings.streams import STREAM, digest_of
from mailings.tasks import send_mailing, start_sending
from tests.make import make_issue, make_subscriber

Status = Mailing.Status
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def set_mailer(settings, backend=SMTP, **options):
    mailer = {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "password": "a", **options}}
    settings.MAILERS = {**settings.MAILERS, STREAM: mailer}


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ({"host": "127.0.0.2"}, True),
        ({"username": "newsletter"}, True),
        ({"backend": "django.core.mail.backends.locmem.EmailBackend"}, True),
        ({"password": "b"}, False),
        ({"api_key": "b"}, False),
        ({"client_params": {"aws_secret_access_key": "b"}}, True),
    ],
)
def test_another_server_is_another_stream_and_another_password_is_not(settings, changed, is_other):
    set_mailer(settings)
    before = digest_of(STREAM)
    set_mailer(settings, **changed)
    assert (digest_of(STREAM) != before) == is_other


def test_another_domain_of_the_sender_is_another_stream(settings):
    before = digest_of(STREAM)
    settings.NEWSLETTER_FROM = "Weekly <other@sreweekly.example>"
    assert digest_of(STREAM) == before
    settings.NEWSLETTER_FROM = "Weekly <newsletter@other.example>"
    assert digest_of(STREAM) != before


def test_secret_inside_other_options_is_no_part_of_the_stream(settings):
    set_mailer(settings, client_params={"aws_secret_access_key": "a", "region": "x"})
    before = digest_of(STREAM)
    set_mailer(settings, client_params={"aws_secret_access_key": "b", "region": "x"})
    assert digest_of(STREAM) == before


@pytest.fixture
def mailing(transactional_db, sink) -> Mailing:
    for number in range(20):
        make_subscriber(f"reader{number}@example.com")
    return prepare(Issue.objects.get(pk=make_issue(articles=1).pk))


def resume(desk, mailing):
    return desk.post(reverse("admin:mailings_mailing_page", args=[mailing.issue_id]), {"act": "resume"}, follow=True)


def test_mailing_pauses_when_the_server_was_changed_and_goes_on_through_the_new_one(desk, mailing, settings, sink):
    settings.MAILERS[STREAM]["OPTIONS"]["username"] = "somebody"
    send_mailing(mailing.pk, 0)
    mailing.refresh_from_db()
    assert mailing.status == Status.PAUSED
    assert "server" in mailing.note
    assert sink.messages == []
    del settings.MAILERS[STREAM]["OPTIONS"]["username"]
    settings.MAILERS[STREAM]["OPTIONS"]["timeout"] = 9
    resume(desk, mailing)
    send_mailing(mailing.pk, 0)
    assert len(sink.messages) == 20


def test_mailing_goes_on_while_its_jobs_wait_already(desk, mailing):
    start_sending(mailing)
    mailing.pause("Paused at the desk.")
    assert resume(desk, mailing).status_code == 200
    mailing.refresh_from_db()
    assert mailing.status == Status.SENDING


def test_rest_goes_out_from_the_sender_that_is_set_when_it_goes_on(desk, mailing, settings, sink):
    settings.NEWSLETTER_FROM = "Weekly <newsletter@other.example>"
    send_mailing(mailing.pk, 0)
    assert sink.messages == []
    resume(desk, mailing)
    send_mailing(mailing.pk, 0)
    assert {sink.parsed(place)["From"] for place in range(20)} == {settings.NEWSLETTER_FROM}


def test_mailing_that_an_earlier_version_prepared_goes_on(mailing, sink):
    Mailing.objects.update(stream_digest="")
    send_mailing(mailing.pk, 0)
    assert len(sink.messages) == 20


def take_back(mailing):
    with changing([mailing.issue_id], None, "made a draft again") as change:
        for issue in change.issues.values():
            issue.withdraw()


def test_issue_that_is_taken_back_while_its_mail_goes_out_stops_it_within_one_delivery(mailing, sink):
    """It is committed while the third message is with the server: that one arrives, and none after it."""
    is_taken_back = Event()

    def answer(step, address):
        if step == "DATA" and len(sink.handed_over) == 3:
            is_taken_back.wait(20)
        return "250 2.0.0 Ok"

    sink.answer = answer

    def send_all():
        try:
            return send(mailing)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(send_all)
        while len(sink.handed_over) < 3:
            time.sleep(0.01)
        take_back(mailing)
        is_taken_back.set()
        assert sending.result() is None
    mailing.refresh_from_db()
    counts = mailing.counts()
    assert (counts.sent, counts.waiting, counts.prepared) == (len(sink.messages), 20 - len(sink.messages), 20)
    assert len(sink.messages) == 3
    assert mailing.status == Status.PAUSED
    assert "taken back" in mailing.note
    assert not Delivery.objects.filter(state="waiting").exclude(worker=None).exists()


def test_no_delivery_begins_alone_or_in_a_batch_after_the_issue_was_taken_back(mailing):
    with open_ledger(mailing.pk) as ledger:
        first, *others = ledger.take(5)
        take_back(mailing)
        assert ledger.begin(first) is None
        assert ledger.begin_batch(others) == {}
        assert not ledger.is_running()
        ledger.give_back()
    mailing.refresh_from_db()
    assert (mailing.status, mailing.counts().waiting) == (Status.PAUSED, 20)


def test_mail_of_an_issue_that_was_taken_back_goes_on_only_when_it_is_out_again(desk, mailing, sink):
    take_back(mailing)
    send_mailing(mailing.pk, 0)
    response = resume(desk, mailing)
    mailing.refresh_from_db()
    assert (mailing.status, sink.messages) == (Status.PAUSED, [])
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    Issue.objects.update(status=Issue.Status.APPROVED)
    resume(desk, mailing)
    send_mailing(mailing.pk, 0)
    assert len(sink.messages) == 20
