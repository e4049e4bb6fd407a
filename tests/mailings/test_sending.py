"""Sending over a real SMTP connection: each gets the mail once, and each answer of the server is written down."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from issues.models.issues import Issue
from mailings.envelopes import delivery_marked
from mailings.models.deliveries import Delivery, DomainDelay
from mailings.models.mailings import Mailing
from mailings.models.reports import Report
from mailings.models.subscribers import State, Subscriber
from mailings.preparing import prepare
from mailings.reporting import Reported, take
from mailings.sending.claiming import Outcome, open_ledger
from mailings.sending.outcomes import ServerAwayError
from mailings.sending.servers import SmtpServer
from mailings.sending.worker import send
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issue():
    issue = make_issue(articles=2)
    return Issue.objects.get(pk=issue.pk)


def prepared(issue, count=3, domain="example.com") -> Mailing:
    for number in range(count):
        make_subscriber(f"reader{number}@{domain}")
    return prepare(issue)


def rows(**fields):
    return list(Delivery.objects.filter(**fields).order_by("pk").values_list("state", "reason"))


def test_each_subscriber_gets_the_mail_once(issue, sink):
    mailing = prepared(issue, 120)
    assert send(mailing) is None
    assert send(mailing) is None
    assert sink.counts == {f"reader{number}@example.com": 1 for number in range(120)}
    assert mailing.counts() == (0, 0, 120, 0, 0, 0)
    assert set(Delivery.objects.values_list("provider_id", flat=True)) == {"A1"}


def test_message_is_the_subscriber_s_own(issue, sink):
    mailing = prepared(issue, 2)
    send(mailing)
    first, second = (sink.parsed(place) for place in (0, 1))
    subscriber = Subscriber.objects.get(address=first["To"])
    assert f"/subscription/{subscriber.token}/leave/" in first["List-Unsubscribe"]
    for part in first.iter_parts():
        assert part.get_content().count(subscriber.token) == 1
        assert "Placeholder" not in part.get_content()
    assert first["Message-ID"] != second["Message-ID"]
    assert first["From"].addresses[0].display_name == "SRE Wöchentlich"


@pytest.mark.parametrize("bounces", ["", "bounces@news.example"])
def test_each_message_has_an_envelope_sender_of_its_own_if_there_is_a_mailbox(issue, sink, settings, bounces):
    settings.MAILING_BOUNCE_ADDRESS = bounces
    send(prepared(issue, 2))
    if not bounces:
        assert sink.senders == ["newsletter@sreweekly.example"] * 2
        return
    assert [delivery_marked(sender) for sender in sink.senders] == list(Delivery.objects.order_by("pk"))
    assert [sink.parsed(place)["Message-ID"] for place in (0, 1)] == [
        sender.replace("bounces+", "<").replace("@news.example", "@sreweekly.example>") for sender in sink.senders
    ]


def test_reason_is_written_down_without_the_address(issue, sink):
    sink.answer = lambda step, address: f"550 5.1.1 <{address}>: no such user"
    send(prepared(issue, 1))
    assert rows() == [("refused", "550 5.1.1 <(address)>: no such user")]
    assert Subscriber.objects.get().bounce == "550 5.1.1 <(address)>: no such user"


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_permanent_refusal_ends_the_delivery_with_the_reason(issue, sink, step):
    sink.answer = lambda at, address: "554 5.7.1 Blocked" if at == step and "reader1" in address else "250 Ok"
    mailing = prepared(issue)
    assert send(mailing) is None
    assert mailing.counts() == (0, 0, 2, 1, 0, 0)
    assert rows(state="refused") == [("refused", "554 5.7.1 Blocked")]
    assert Subscriber.objects.active().count() == 3


def test_mailbox_that_does_not_exist_is_not_mailed_again(issue, sink):
    sink.answer = lambda at, address: "550 5.1.1 No such user" if "reader1" in address else "250 Ok"
    send(prepared(issue))
    assert Subscriber.objects.get(address="reader1@example.com").state == State.BOUNCED


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_what_is_put_off_waits_and_so_does_its_domain(issue, sink, step):
    sink.answer = lambda at, address: "450 4.7.1 Slow down" if at == step and "slow" in address else "250 Ok"
    make_subscriber("one@slow.example")
    mailing = prepared(issue)
    assert send(mailing) == 60
    assert mailing.counts() == (1, 0, 3, 0, 0, 0)
    assert DomainDelay.objects.get().domain == "slow.example"
    sink.answer = lambda at, address: "250 Ok"
    assert send(mailing) == 60
    Delivery.objects.update(not_before=None)
    DomainDelay.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert send(mailing) is None
    assert (mailing.counts().sent, DomainDelay.objects.count()) == (4, 0)


def test_delivery_that_is_put_off_too_often_is_refused(issue, sink):
    sink.answer = lambda at, address: "451 4.3.0 Later"
    mailing = prepared(issue, 1)
    Delivery.objects.update(attempts=17)
    send(mailing)
    assert rows() == [("refused", "451 4.3.0 Later")]


def test_connection_that_breaks_after_the_contents_leaves_one_unknown(issue, sink):
    sink.answer = lambda at, address: None if at == "DATA" and "reader1" in address else "250 Ok"
    mailing = prepared(issue)
    send(mailing)
    assert mailing.counts() == (0, 0, 2, 0, 1, 0)
    assert sink.counts["reader1@example.com"] == 0
    assert sink.handed_over.count("reader1@example.com") == 1
    send(mailing)
    assert sink.handed_over.count("reader1@example.com") == 1


def test_many_unknown_deliveries_in_a_row_pause_the_mailing(issue, sink):
    sink.answer = lambda at, address: None if at == "DATA" else "250 Ok"
    mailing = prepared(issue, 10)
    send(mailing)
    assert mailing.counts() == (7, 0, 0, 0, 3, 0)
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.PAUSED


def test_connection_that_the_server_closes_is_opened_again(issue, sink):
    def answer(step, address):
        return "421 4.7.0 Too many messages" if step == "RCPT" and len(sink.messages) % 5 == 4 and again() else "250 Ok"

    turns = []

    def again():
        turns.append(1)
        return len(turns) % 2

    sink.answer = answer
    mailing = prepared(issue, 20)
    assert send(mailing) is None
    assert mailing.counts().sent == 20
    assert set(sink.counts.values()) == {1}
    assert sink.connections > 1


def test_server_that_is_away_leaves_everything_waiting(issue, sink, settings):
    mailing = prepared(issue)
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = 1
    with pytest.raises(ServerAwayError):
        send(mailing)
    assert rows() == [("waiting", "")] * 3
    assert not Delivery.objects.exclude(worker=None).exists()


@pytest.mark.parametrize("status", [Mailing.Status.PAUSED, Mailing.Status.CANCELLED])
def test_mailing_that_is_stopped_goes_no_further(issue, sink, status):
    mailing = prepared(issue, 10)

    def answer(step, address):
        if len(sink.messages) == 3:
            Mailing.objects.update(status=status)
            connection.close()  # Of the server's thread.
        return "250 Ok"

    sink.answer = answer
    assert send(mailing) is None
    assert len(sink.messages) <= 5
    counts = mailing.counts()
    assert (counts.sent, counts.waiting) == (len(sink.messages), 10 - len(sink.messages))


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda one: one.leave(), "left before it was sent"),
        (lambda one: one.pause(), "paused"),
        (lambda one: one.forget(), "asked to be forgotten"),
    ],
)
def test_whoever_leaves_before_their_turn_gets_nothing(issue, sink, act, reason):
    mailing = prepared(issue)
    act(Subscriber.objects.get(address="reader1@example.com"))
    send(mailing)
    assert "reader1@example.com" not in sink.counts
    assert rows(state="left_out") == [("left_out", reason)]
    assert mailing.counts() == (0, 0, 2, 0, 0, 1)


def test_ledger_says_where_a_mail_went_if_the_address_was_changed_meanwhile(issue, sink):
    mailing = prepared(issue, 1)
    reader = Subscriber.objects.get()
    reader.new_address = "Reader@example.org"
    with transaction.atomic():
        reader.take_new_address()
    send(mailing)
    assert sink.counts == {"reader@example.org": 1}
    delivery = mailing.deliveries.get()
    assert (delivery.address, delivery.domain) == ("Reader@example.org", "example.org")
    take(Reported(Report.Kind.BOUNCED, "1", "mailbox", timezone.now(), delivery=delivery.pk))
    assert Subscriber.objects.get().state == State.BOUNCED


def test_fault_of_ours_while_a_message_is_sent_leaves_it_unknown(issue, sink, monkeypatch):
    monkeypatch.setattr(SmtpServer, "_send_content", lambda *arguments: 1 / 0)
    mailing = prepared(issue)
    with pytest.raises(ZeroDivisionError):
        send(mailing)
    assert mailing.counts() == (2, 0, 0, 0, 1, 0)
    assert not Delivery.objects.exclude(worker=None).filter(state="waiting").exists()


@pytest.mark.parametrize(("again", "counts"), [(False, (0, 0, 4, 0, 1, 0)), (True, (0, 0, 5, 0, 0, 0))])
def test_what_a_worker_that_is_gone_has_left_is_settled_by_the_operator_s_rule(issue, sink, settings, again, counts):
    settings.MAILING_UNKNOWN_AGAIN = again
    mailing = prepared(issue, 5)
    with open_ledger(mailing.pk) as ledger:
        taken = ledger.take()
        ledger.begin(taken[0])
        with open_ledger(mailing.pk) as other:
            assert other.release_others(again=again) == 0
    send(mailing)
    assert mailing.counts() == counts


def test_no_two_workers_take_the_same(issue):
    mailing = prepared(issue, 10)
    with open_ledger(mailing.pk) as one, open_ledger(mailing.pk) as other:
        first, second = one.take(6), other.take(6)
        assert (len(first), len(second)) == (6, 4)
        assert not {taken.id for taken in first} & {taken.id for taken in second}
        assert one.begin(second[0]) is None
        other.begin(second[0])
        one.end(second[0], Outcome("sent"))
    assert mailing.counts().sending == 1


def test_limits_of_an_hour_and_of_a_domain_hold(issue, sink, settings):
    make_subscriber("one@other.example")
    mailing = prepared(issue, 9)
    settings.MAILING_PER_DOMAIN_MINUTE = 2
    assert send(mailing) == 60
    assert sorted(sink.counts) == ["one@other.example", "reader0@example.com", "reader1@example.com"]
    settings.MAILING_PER_DOMAIN_MINUTE, settings.MAILING_PER_HOUR = 0, 5
    assert send(mailing) == 60
    assert len(sink.messages) == 5


def test_messages_are_as_far_apart_as_the_limit_says(issue, sink, settings):
    settings.MAILING_PER_SECOND = 20
    mailing = prepared(issue, 10)
    begin = timezone.now()
    send(mailing)
    assert timezone.now() - begin >= timedelta(seconds=0.45)
