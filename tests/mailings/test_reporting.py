"""What follows from a report about a delivery, and what does not."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from mailings.envelopes import delivery_marked, mark_of
from mailings.models.deliveries import Delivery
from mailings.models.reports import Report
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.reporting import Kind, Reported, failures_in_a_row, take
from mailings.tasks import stop_refused_subscriptions
from tests.make import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
GONE = "550 5.1.1 <ada@example.com>: no such user"


def ago(**span):
    return timezone.now() - timedelta(**span)


def report(kind=Kind.BOUNCED, **fields) -> Report:
    """Take a report that is not known yet."""
    when = fields.pop("reported_at", timezone.now())
    taken = take(Reported(kind, fields.pop("key", f"{kind} {Report.objects.count()}"), "mailbox", when, **fields))
    assert taken is not None
    return taken


def is_known(**fields) -> bool:
    return take(Reported(Kind.BOUNCED, source="mailbox", reported_at=timezone.now(), **fields)) is None


@pytest.fixture
def ada():
    return make_subscriber("ada@example.com", confirmed_at=ago(days=900))


def state(subscriber: Subscriber) -> State:
    subscriber.refresh_from_db()
    return subscriber.state


def test_hard_bounce_ends_the_subscription(ada):
    taken = report(delivery=make_delivery(ada).pk, reason=GONE)
    assert state(ada) == State.BOUNCED
    assert ada.bounce == "550 5.1.1 <(address)>: no such user"
    assert (taken.status, taken.domain, taken.subscriber, taken.is_proven) == ("5.1.1", "example.com", ada, True)


def test_complaint_ends_it_and_suppresses_the_address(ada):
    report(Kind.COMPLAINED, delivery=make_delivery(ada).pk)
    assert state(ada) == State.COMPLAINED
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED


def test_unsubscribe_by_mail_ends_it(ada):
    report(Kind.LEFT, token=ada.token)
    assert state(ada) == State.LEFT


def test_same_report_again_adds_nothing(ada):
    delivery = make_delivery(ada)
    assert report(delivery=delivery.pk, key="1")
    ada.lift_bounce()
    assert is_known(delivery=delivery.pk, key="1")
    assert state(ada) == State.ACTIVE
    assert Report.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 900, "a\0b", "\udcff", "é\r\n"])
def test_any_key_is_recognised(ada, key):
    assert report(delivery=make_delivery(ada).pk, key=key)
    assert is_known(key=key)


def test_address_alone_proves_nothing_in_a_mail(ada):
    taken = report(address="Ada@example.com", reason=GONE)
    assert state(ada) == State.ACTIVE
    assert (taken.delivery, taken.subscriber, taken.domain) == (None, ada, "example.com")
    assert not taken.is_proven


def test_address_is_enough_when_a_provider_has_signed(ada):
    take(Reported(Kind.BOUNCED, "1", "postmark", timezone.now(), address="Ada@example.com", provider_id="of a letter"))
    assert state(ada) == State.BOUNCED


@pytest.mark.parametrize(
    "about",
    [{"delivery": 2**40}, {"token": "x" * 22}, {"provider_id": "x"}, {"address": "bob@example.com"}, {"address": "?"}],
)
def test_report_about_nobody_is_kept(ada, about):
    taken = report(**about)
    assert (taken.delivery, taken.subscriber, taken.domain) == (None, None, "")
    assert state(ada) == State.ACTIVE


def test_message_of_a_provider_is_found_by_its_name(ada):
    wanted = make_delivery(ada, provider_id="m1")
    make_delivery(make_subscriber(), mailing=wanted.mailing, provider_id="m2")
    assert report(Kind.PUT_OFF, provider_id="m1").delivery == wanted


def test_recipient_decides_between_messages_of_one_name(ada):
    """Some providers give all messages of a batch one name."""
    wanted = make_delivery(ada, provider_id="batch")
    other = make_delivery(make_subscriber("bob@example.com"), mailing=wanted.mailing, provider_id="batch")
    assert report(Kind.PUT_OFF, provider_id="batch").delivery is None
    assert report(Kind.PUT_OFF, provider_id="batch", address="ada@example.com").delivery == wanted
    assert report(Kind.PUT_OFF, provider_id="batch", address="bob@example.com").delivery == other


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.COMPLAINED])
def test_late_report_about_an_earlier_address_ends_nothing(ada, kind):
    delivery = make_delivery(ada, provider_id="m1")
    ada.set_address("ada@example.org")
    ada.save()
    taken = report(kind, provider_id="m1", address="ada@example.com")
    assert (taken.delivery, taken.subscriber) == (delivery, ada)
    assert state(ada) == State.ACTIVE


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.COMPLAINED, Kind.LEFT])
def test_report_from_before_they_signed_up_again_ends_nothing(ada, kind):
    delivery = make_delivery(ada, settled_at=ago(days=3))
    ada.confirm()
    about = {"token": ada.token} if kind == Kind.LEFT else {"delivery": delivery.pk}
    report(kind, reported_at=ago(days=1), **about)
    assert state(ada) == State.ACTIVE


def test_late_bounce_of_a_mail_from_before_they_confirmed_ends_nothing(ada):
    delivery = make_delivery(ada, settled_at=ago(days=3))
    ada.confirm()
    report(delivery=delivery.pk)
    assert state(ada) == State.ACTIVE
    report(Kind.COMPLAINED, delivery=delivery.pk)
    assert state(ada) == State.COMPLAINED


def test_date_that_cannot_be_is_not_believed(ada):
    assert report(reported_at=datetime(2100, 1, 1, tzinfo=UTC)).reported_at <= timezone.now()
    assert report(reported_at=datetime(1, 1, 1)).reported_at > ago(minutes=1)
    assert report(reported_at=datetime(2025, 1, 1)).reported_at == datetime(2025, 1, 1, tzinfo=UTC)


# Five in a row over two weeks. Each mailing: how many days ago, and whether a soft bounce came.

BOUNCED, ARRIVED = True, False


@pytest.mark.parametrize(
    ("mailings", "ended"),
    [
        ([(28, BOUNCED), (21, BOUNCED), (14, BOUNCED), (7, BOUNCED)], False),
        ([(10, BOUNCED), (8, BOUNCED), (6, BOUNCED), (4, BOUNCED), (2, BOUNCED)], False),
        ([(15, BOUNCED), (12, BOUNCED), (9, BOUNCED), (6, BOUNCED), (3, BOUNCED)], True),
        ([(28, BOUNCED), (21, BOUNCED), (14, ARRIVED), (10, BOUNCED), (7, BOUNCED), (1, BOUNCED)], False),
        ([(40, BOUNCED), (35, ARRIVED), (28, BOUNCED), (21, BOUNCED), (14, BOUNCED), (7, BOUNCED), (1, BOUNCED)], True),
        ([(day, BOUNCED) for day in range(13, 0, -1)], False),
        ([(day, BOUNCED) for day in range(15, 0, -1)], True),
        # The bounces of the last four are still to come.
        ([*((day, BOUNCED) for day in range(20, 4, -1)), *((day, ARRIVED) for day in range(4, 0, -1))], True),
        ([*((day, BOUNCED) for day in range(20, 16, -1)), (6, ARRIVED), *((day, BOUNCED) for day in (5, 4, 3))], False),
    ],
)
def test_five_in_a_row_over_two_weeks_end_it(ada, mailings, ended):
    for days, is_bounced in mailings:
        delivery = make_delivery(ada, settled_at=ago(days=days, minutes=1))
        if is_bounced:
            report(Kind.PUT_OFF, delivery=delivery.pk, reason="452 4.2.2 Mailbox full")
    assert (state(ada) == State.BOUNCED) is ended


def test_refused_mailings_count_in_the_row(ada):
    for days in (28, 21, 14, 7):
        make_delivery(ada, "refused", settled_at=ago(days=days), reason="452 4.2.2 Mailbox full")
    report(Kind.PUT_OFF, delivery=make_delivery(ada).pk)
    assert state(ada) == State.BOUNCED


def test_row_of_refusals_ends_it_without_a_report(ada):
    for days in (28, 21, 14, 7, 1):
        stop_refused_subscriptions(0)
        assert state(ada) == State.ACTIVE
        make_delivery(ada, "refused", settled_at=ago(days=days), reason="452 4.2.2 Mailbox full")
    stop_refused_subscriptions(0)
    assert state(ada) == State.BOUNCED


def test_blocks_of_the_sender_neither_count_nor_end_the_row(ada):
    for days in (42, 35, 28):
        report(Kind.PUT_OFF, delivery=make_delivery(ada, settled_at=ago(days=days)).pk, reason="452 4.2.2 Full")
    for days in (21, 14):
        report(Kind.PUT_OFF, delivery=make_delivery(ada, settled_at=ago(days=days)).pk, reason="550 5.7.1 Blocked")
    make_delivery(ada, "refused", settled_at=ago(days=7), reason="550 5.7.26 Blocked")
    report(Kind.PUT_OFF, delivery=make_delivery(ada, settled_at=ago(days=2)).pk, reason="452 4.2.2 Full")
    assert len(failures_in_a_row(ada)) == 4
    assert state(ada) == State.ACTIVE
    report(Kind.PUT_OFF, delivery=make_delivery(ada, settled_at=ago(days=1)).pk, reason="452 4.2.2 Full")
    assert state(ada) == State.BOUNCED


def test_two_reports_about_one_mailing_are_one_failure(ada):
    for days in (21, 14, 7):
        for _ in range(2):
            delivery = Delivery.objects.filter(settled_at__date=ago(days=days)).first()
            delivery = delivery or make_delivery(ada, settled_at=ago(days=days))
            report(Kind.PUT_OFF, delivery=delivery.pk)
    assert state(ada) == State.ACTIVE


def test_address_alone_adds_nothing_to_the_row(ada):
    for days in (35, 28, 21, 14, 7):
        make_delivery(ada, settled_at=ago(days=days))
        report(Kind.PUT_OFF, address=ada.address)
    assert state(ada) == State.ACTIVE


@pytest.mark.parametrize("before", [{"confirmed_at": ago(days=10)}, {"address": "ada@example.org"}])
def test_row_begins_with_the_address_and_with_the_confirmation(ada, before):
    deliveries = [make_delivery(ada, settled_at=ago(days=days)) for days in (28, 21, 14, 7, 1)]
    if "address" in before:
        Delivery.objects.filter(pk__in=[one.pk for one in deliveries[:3]]).update(address=before["address"])
    else:
        Subscriber.objects.update(**before)
    for delivery in deliveries:
        report(Kind.PUT_OFF, delivery=delivery.pk)
    assert state(ada) == State.ACTIVE


# Forgotten readers


def test_nothing_of_a_forgotten_reader_stays_in_a_report(ada):
    delivery = make_delivery(ada)
    report(delivery=delivery.pk, reason="forwarded to ada.l@example.org: <ada@example.com>, ada=example.com unknown")
    mark = mark_of(delivery.pk, delivery.mailing.token, ada.token)
    ada.forget()
    kept = Report.objects.get()
    assert (kept.subscriber, kept.domain) == (None, "")
    assert "example" not in kept.reason
    assert "ada" not in kept.reason
    assert delivery_marked(f"bounces+{mark}@news.example") is None


@pytest.mark.django_db(transaction=True)
def test_report_that_comes_while_somebody_is_forgotten_has_nothing_of_them():
    ada = make_subscriber("ada@example.com", confirmed_at=ago(days=9))
    pk, taken = make_delivery(ada).pk, []

    def run():
        taken.append(report(delivery=pk))
        connection.close()

    with transaction.atomic():
        Subscriber.objects.select_for_update().get(pk=ada.pk).forget()
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(0.3)
        assert taken == []  # It waits.
    thread.join()
    assert (taken[0].subscriber, taken[0].domain, taken[0].is_proven) == (None, "", False)


# Marks


def test_mark_is_found_in_an_address_and_in_a_message_id(ada):
    delivery = make_delivery(ada)
    mark = mark_of(delivery.pk, delivery.mailing.token, ada.token)
    for text in (f"bounces+{mark}@news.example", f"<{mark}@sreweekly.example>", f"BOUNCES+{mark}@NEWS.EXAMPLE".upper()):
        assert delivery_marked(text) == delivery


def test_mark_of_one_delivery_opens_no_other(ada):
    """Whoever gets a mailing knows their own mark, and may count through the others."""
    delivery = make_delivery(ada)
    other = make_delivery(make_subscriber(), mailing=delivery.mailing)
    code = mark_of(delivery.pk, delivery.mailing.token, ada.token).partition("-")[2]
    for forged in (f"{other.pk}-{code}", f"{delivery.pk}-{'a' * 16}", f"{delivery.pk}-{code}x", f"0{other.pk}-{code}"):
        assert delivery_marked(f"bounces+{forged}@news.example") is None


@pytest.mark.parametrize("text", ["", "ada@example.com", "9" * 18 + "-" + "a" * 16, "9" * 40 + "-" + "a" * 16])
def test_what_has_no_mark_finds_nothing(text):
    assert delivery_marked(text) is None


def test_digits_of_another_script_are_no_mark(ada):
    delivery = make_delivery(ada)
    key, _, code = mark_of(delivery.pk, delivery.mailing.token, ada.token).partition("-")
    assert delivery_marked(f"{key}-{code}")
    assert delivery_marked(f"{key.translate({48 + digit: 0x660 + digit for digit in range(10)})}-{code}") is None


def test_report_takes_few_queries(ada, django_assert_num_queries):
    reported = Reported(Kind.BOUNCED, "1", "mailbox", timezone.now(), delivery=make_delivery(ada).pk)
    with django_assert_num_queries(10):
        take(reported)


@pytest.mark.django_db(transaction=True)
def test_same_report_at_once_is_taken_once():
    ada = make_subscriber(confirmed_at=ago(days=9))
    pk, taken = make_delivery(ada).pk, []

    def run():
        taken.append(not is_known(delivery=pk, key="the same"))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 1
    assert state(ada) == State.BOUNCED
