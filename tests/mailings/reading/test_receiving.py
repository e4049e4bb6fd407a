"""What comes of a mail that was read: which delivery it is about, and what is proven."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from mailings.envelopes import mark_of
from mailings.leaving import leave_headers
from mailings.models.reports import Report
from mailings.models.subscribers import State
from mailings.receiving import Received, receive
from tests.mailings.reading import mails
from tests.mailings.reading.mails import fill
from tests.make import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 11, 28, 1, tzinfo=UTC)
FULL = "452 4.2.2 <ada@example.com>: Mailbox full"


@pytest.fixture
def ada():
    return make_subscriber("ada@example.com", confirmed_at=WHEN - timedelta(days=90))


@pytest.fixture
def delivery(ada):
    return make_delivery(ada, settled_at=WHEN)


@pytest.fixture
def proof(ada, delivery):
    """The values in a mail that came back to the address of this delivery."""
    mark = mark_of(delivery.pk, delivery.mailing.token, ada.token)
    return {"to": f"bounces+{mark}@news.example"}


def state(subscriber):
    subscriber.refresh_from_db()
    return subscriber.state


@pytest.mark.parametrize("mail", [mails.POSTFIX, mails.ENCODED, mails.GLOBAL, mails.QMAIL, mails.EXCHANGE])
def test_bounce_to_the_address_of_its_delivery_ends_the_subscription(ada, delivery, proof, mail):
    assert receive(fill(mail, **proof)) == Received.TAKEN
    assert state(ada) == State.BOUNCED
    assert (Report.objects.get().delivery, Report.objects.get().kind) == (delivery, "bounced")


def test_message_id_that_came_back_is_a_proof(ada, delivery):
    mark = mark_of(delivery.pk, delivery.mailing.token, ada.token)
    assert (
        receive(fill(mails.POSTFIX, to="newsletter@sreweekly.example", message_id=f"<{mark}@x.example>"))
        == Received.TAKEN
    )
    assert state(ada) == State.BOUNCED


def test_bounce_without_a_proof_is_kept_and_ends_nothing(ada):
    assert receive(fill(mails.POSTFIX)) == Received.TAKEN
    report = Report.objects.get()
    assert (report.delivery, report.subscriber, report.domain) == (None, ada, "example.com")
    assert state(ada) == State.ACTIVE


def test_proof_of_one_reader_ends_no_other(ada, delivery, proof):
    """Eve answers to her own mark, and names Ada as the recipient."""
    eve = make_subscriber("eve@example.org", confirmed_at=ada.confirmed_at)
    own = make_delivery(eve, mailing=delivery.mailing, settled_at=WHEN)
    mark = mark_of(own.pk, own.mailing.token, eve.token)
    receive(fill(mails.POSTFIX, to=f"bounces+{mark}@news.example"))
    forged = mark.replace(f"{own.pk}-", f"{delivery.pk}-")
    receive(fill(mails.POSTFIX, to=f"bounces+{forged}@news.example"))
    assert (state(ada), state(eve)) == (State.ACTIVE, State.ACTIVE)


def test_same_mail_again_is_known(proof):
    assert receive(fill(mails.POSTFIX, **proof)) == Received.TAKEN
    assert receive(b"Received: again\r\n" + fill(mails.POSTFIX, **proof)) == Received.KNOWN
    assert Report.objects.count() == 1


@pytest.mark.parametrize("mail", [mails.POSTFIX, mails.QMAIL])
def test_full_mailbox_ends_nothing_at_once(ada, delivery, proof, mail):
    receive(fill(mail, **proof, answer=FULL, status="4.2.2"))
    report = Report.objects.get()
    assert (report.kind, report.status, report.delivery) == ("put_off", "4.2.2", delivery)
    assert state(ada) == State.ACTIVE


def test_recipient_s_own_failure_counts_of_several(ada, proof):
    receive(fill(mails.SEVERAL, **proof))
    assert Report.objects.get().status == "4.2.2"
    assert state(ada) == State.ACTIVE


def test_mailbox_that_mail_is_forwarded_to_is_another(ada, proof):
    receive(fill(mails.POSTFIX, **proof, recipient="ada.l@example.org"))
    assert Report.objects.get().kind == "put_off"
    assert state(ada) == State.ACTIVE


@pytest.mark.parametrize("mail", [mails.WARNING, mails.AWAY, mails.LEAVE])
def test_what_is_no_failure_adds_nothing(ada, proof, mail):
    assert receive(fill(mail, **proof)) in (Received.NOTHING, Received.NOT_UNDERSTOOD)
    assert not Report.objects.exists()


def test_complaint_is_known_by_the_message_id(ada, delivery):
    mark = mark_of(delivery.pk, delivery.mailing.token, ada.token)
    receive(fill(mails.COMPLAINT, message_id=f"<{mark}@sreweekly.example>"))
    assert state(ada) == State.COMPLAINED


def test_complaint_is_known_by_the_link_to_leave(ada):
    receive(fill(mails.COMPLAINT, token=ada.token))
    assert state(ada) == State.COMPLAINED
    assert ada.complained_at == WHEN


def test_complaint_about_nobody_is_kept(ada):
    assert receive(fill(mails.COMPLAINT)) == Received.TAKEN
    assert state(ada) == State.ACTIVE


def test_mail_of_list_unsubscribe_ends_the_subscription(ada, settings):
    settings.NEWSLETTER_LEAVE_TO = "leave@sreweekly.example"
    [mailto] = re.findall("<mailto:(.*)>", leave_headers(ada.token)["List-Unsubscribe"])
    [subject] = parse_qs(urlsplit(mailto).query)["subject"]
    assert receive(fill(mails.LEAVE, subject=subject)) == Received.TAKEN
    assert state(ada) == State.LEFT
    assert receive(fill(mails.LEAVE, subject="leave " + "x" * 22)) == Received.TAKEN


def test_reason_is_one_line_without_the_address(proof):
    receive(fill(mails.POSTFIX, **proof, answer="550 5.1.1\n <ada@example.com>\0\n Bcc: eve@example.com"))
    assert Report.objects.get().reason == "550 5.1.1 <(address)> Bcc: (address)"


def test_date_is_the_mail_s(proof):
    receive(fill(mails.POSTFIX, **proof))
    assert Report.objects.get().reported_at == min(WHEN, timezone.now())
