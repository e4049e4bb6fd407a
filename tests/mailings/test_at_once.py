"""What happens at the same moment: two publications, a hold and a publication, leaving while the mail is sent."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.preparing import prepare
from mailings.sending.worker import send
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issue() -> Issue:
    for number in range(20):
        make_subscriber(f"reader{number}@example.com")
    return Issue.objects.get(pk=make_issue(articles=1).pk)


def at_once(*acts):
    """Run each in a thread and with a connection of its own. Return what they returned, or the code of their error."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            return act()
        except ValidationError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def test_of_many_publications_one_prepares_the_mail(issue):
    results = at_once(*[lambda: prepare(issue).status] * 8)
    assert sorted(results) == ["mailed"] * 7 + ["sending"]
    assert Delivery.objects.count() == 20


@pytest.mark.parametrize("turn", range(3))
def test_mail_that_is_held_at_the_moment_of_publication_goes_out_whole_or_not_at_all(issue, turn):
    def hold():
        with transaction.atomic():
            mailing = Mailing.objects.for_issue(issue)
            if mailing.status == Mailing.Status.PLANNED:
                mailing.status = Mailing.Status.HELD
                mailing.save(update_fields=["status"])

    at_once(hold, lambda: prepare(issue))
    assert Delivery.objects.count() == (20 if Mailing.objects.get().status == Mailing.Status.SENDING else 0)


def test_whoever_leaves_while_the_mail_is_sent_gets_it_before_or_not_at_all(issue, sink):
    mailing = prepare(issue)
    leaving = list(Subscriber.objects.order_by("-pk")[:10])

    def leave():
        for subscriber in leaving:
            subscriber.leave()

    at_once(leave, lambda: send(mailing))
    counts = mailing.counts()
    assert (counts.sent + counts.left_out, counts.open) == (20, 0)
    assert len(sink.messages) == counts.sent
    for delivery in Delivery.objects.filter(state="left_out"):
        assert delivery.address not in sink.counts


def test_several_workers_share_the_work(issue, sink):
    mailing = prepare(issue)
    at_once(*[lambda: send(mailing)] * 4)
    assert mailing.counts() == (0, 0, 20, 0, 0, 0)
    assert set(sink.counts.values()) == {1}
