"""Which issues are mailed, to whom, and how often: once."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issues.models.articles import Article
from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from mailings.preparing import prepare, to_prepare
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


def out(hours=0.0, **fields) -> Issue:
    """An issue that came out so many hours ago, and was made a day before."""
    issue = make_issue(articles=2, publish_at=NOW - hours * HOUR, **fields)
    Issue.objects.filter(pk=issue.pk).update(created_at=NOW - (hours + 24) * HOUR)
    return Issue.objects.get(pk=issue.pk)


def test_whoever_is_active_is_prepared_and_others_are_left_out_with_the_reason():
    make_subscriber("a@example.com")
    make_subscriber("b@example.com", paused_until=NOW + 9 * HOUR)
    make_subscriber("c@example.com", left_at=NOW - HOUR)
    make_subscriber("d@example.com", bounced_at=NOW - HOUR)
    make_subscriber("e@example.com", complained_at=NOW - HOUR, left_at=NOW)
    Suppression.objects.suppress(make_subscriber("f@example.com").key, "by_hand")
    make_subscriber("g@example.com", confirmed_at=None)
    make_subscriber("h@example.com", left_at=NOW - 900 * HOUR)
    mailing = prepare(out())
    assert list(Delivery.objects.values_list("address", "state", "reason")) == [
        ("a@example.com", "waiting", ""),
        ("b@example.com", "left_out", "paused"),
        ("c@example.com", "left_out", "left"),
        ("d@example.com", "left_out", "the mailbox does not exist"),
        ("e@example.com", "left_out", "complained"),
        ("f@example.com", "left_out", "suppressed"),
    ]
    assert mailing.candidates == mailing.counts().candidates == 6
    assert mailing.counts().prepared == Subscriber.objects.active().count() == 1


def test_whoever_left_before_the_last_mailing_is_no_candidate_any_more():
    subscriber = make_subscriber()
    prepare(out(number=1))
    subscriber.leave()
    assert prepare(out(number=2)).candidates == 1
    assert prepare(out(number=3)).candidates == 0


def test_plan_goes_with_its_issue_and_what_went_out_stays():
    planned, mailed = out(number=1), out(number=2)
    Mailing.objects.create(issue=planned)
    prepare(mailed)
    Article.objects.all().delete()
    planned.delete()
    with pytest.raises(ProtectedError):
        mailed.delete()
    assert Mailing.objects.get().issue == mailed


def test_words_are_frozen():
    mailing = prepare(issue := out())
    before = mailing.html
    Issue.objects.filter(pk=issue.pk).update(intro="Another.")
    mailing.refresh_from_db()
    assert (mailing.html, "Another." in mailing.html) == (before, False)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: out(49), "too_late"),
        (lambda: make_issue(publish_at=NOW - HOUR), "imported"),
        (lambda: make_issue(status="draft"), "not_published"),
        (lambda: make_issue(publish_at=NOW + 900 * HOUR), "not_published"),
    ],
)
def test_what_must_not_be_mailed_is_refused(make, code):
    issue = make()
    assert issue not in to_prepare()
    with pytest.raises(ValidationError) as refused:
        prepare(Issue.objects.get(pk=issue.pk))
    assert refused.value.code == code
    assert not Delivery.objects.exists()


def test_issue_is_mailed_once():
    issue = out()
    assert list(to_prepare()) == [issue]
    prepare(issue)
    assert not to_prepare().exists()
    with pytest.raises(ValidationError) as refused:
        prepare(issue)
    assert refused.value.code == "mailed"
    with pytest.raises(IntegrityError, match="issue_id"):
        Mailing.objects.create(issue=issue)


def test_held_mail_is_sent_by_hand_only(desk_user):
    issue = out()
    Mailing.objects.create(issue=issue, status=Mailing.Status.HELD)
    assert prepare(issue).status == Mailing.Status.HELD
    assert prepare(issue, desk_user).status == Mailing.Status.SENDING


def test_late_mail_waits_for_a_person(desk_user):
    issue = out(4)
    mailing = prepare(issue)
    assert (mailing.status, bool(mailing.note)) == (Mailing.Status.HELD, True)
    assert prepare(issue, desk_user).status == Mailing.Status.SENDING


def test_without_a_postal_address_the_mail_waits_for_a_person(settings, desk_user):
    settings.NEWSLETTER_POSTAL_ADDRESS = ""
    issue = out()
    assert prepare(issue).status == Mailing.Status.HELD
    with pytest.raises(ValidationError) as refused:
        prepare(issue, desk_user)
    assert refused.value.code == "no_postal_address"


def test_without_a_sender_nothing_is_prepared(settings):
    settings.NEWSLETTER_FROM = ""
    with pytest.raises(ValidationError) as refused:
        prepare(out())
    assert refused.value.code == "no_sender"


@pytest.mark.parametrize("count", [1, 30])
def test_preparing_takes_the_same_queries_for_any_number(count):
    for _ in range(count):
        make_subscriber()
    issue = out()
    with CaptureQueriesContext(connection) as queries:
        prepare(issue)
    assert len(queries) == 12
