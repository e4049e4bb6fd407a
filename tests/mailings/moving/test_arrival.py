"""Who is mailed after an import: nobody who left, bounced or complained anywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving import load as loading
from tests.mailings.moving import files
from tests.mailings.moving.test_formats import load
from tests.make import make_subscriber
from text.mailboxes import read_mailbox

pytestmark = pytest.mark.django_db
BEFORE, AFTER = datetime(2019, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
NOW = timezone.now()
# Bob left and Carl complained in May 2020; Dora bounced in May 2021.
GONE = [
    ("bob@example.com", files.MAILCHIMP_LEFT, "left", State.LEFT),
    ("carl@example.com", files.MAILCHIMP_LEFT, "complained", State.COMPLAINED),
    ("dora@example.com", files.MAILCHIMP_CLEANED, "bounced", State.BOUNCED),
]


@pytest.mark.parametrize(("address", "content", "outcome", "state"), GONE)
def test_who_is_gone_there_is_stopped_here_if_they_were_confirmed_before(address, content, outcome, state):
    make_subscriber(address, confirmed_at=BEFORE)
    assert load(content).counts[outcome] == 1
    assert Subscriber.objects.get().state == state


@pytest.mark.parametrize(("address", "content", "outcome", "state"), GONE)
def test_who_was_confirmed_here_later_stays(address, content, outcome, state):
    make_subscriber(address, confirmed_at=AFTER)
    assert load(content).counts["later"] == 1
    assert Subscriber.objects.active().exists()


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("lists", [(files.SENDGRID, files.SENDGRID_BOUNCES), (files.SENDGRID_BOUNCES, files.SENDGRID)])
def test_statement_of_the_operator_is_no_confirmation_that_comes_after_leaving(lists, is_known):
    if is_known:
        make_subscriber("ada@example.com", confirmed_at=None, created_at=BEFORE)
    for content in lists:
        load(content, consent="Signed up at the conference.")
    assert not Subscriber.objects.active().exists()


@pytest.mark.parametrize("content", ["bob@example.com\n", "email,left_at\nbob@example.com,yes\n"])
def test_leaving_wins_without_a_date(content):
    make_subscriber("bob@example.com", confirmed_at=NOW)
    load(content, "unsubscribed.csv")
    assert Subscriber.objects.get().state == State.LEFT


@pytest.mark.parametrize("fields", [{"left_at": BEFORE}, {"bounced_at": BEFORE}, {"complained_at": BEFORE}])
def test_who_is_gone_here_stays_so_whatever_a_file_says(fields):
    make_subscriber("ada@example.com", **fields)
    assert load(files.MAILCHIMP, consent="They asked again.").counts == {"stayed_out": 1}
    assert not Subscriber.objects.active().exists()


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_suppressed_address_is_not_added_however_it_is_spelled(reason):
    Suppression.objects.suppress(read_mailbox("ada@bücher.example").key, reason)
    report = load("ADA@XN--BCHER-KVA.example\n", consent="They asked for it.")
    assert report.counts == {"suppressed": 1}
    assert not Subscriber.objects.exists()


def test_forgotten_address_leaves_nothing_after_an_import():
    make_subscriber("ada@example.com").forget()
    load(files.MAILCHIMP)
    load("ada@example.com\n", "unsubscribed.txt")
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().address == ""


def test_who_waits_here_and_is_confirmed_there_is_mailed():
    make_subscriber("ada@example.com", confirmed_at=None, source="form: /subscribe/")
    assert load(files.MAILCHIMP).counts == {"confirmed": 1}
    ada = Subscriber.objects.active().get()
    assert (f"{ada.confirmed_at:%Y-%m-%d}", ada.source) == ("2019-03-05", "form: /subscribe/")
    assert "Mailchimp" in ada.consent


def test_null_characters_in_what_a_server_said_are_dropped():
    make_subscriber("ada@example.com", confirmed_at=BEFORE)
    assert load(files.SENDGRID_BOUNCES.replace("No such", "No\0 such")).counts == {"bounced": 1}
    assert Subscriber.objects.get().bounce == "550 5.1.1 No such user"


def test_known_subscriber_stays_as_they_are():
    ada = make_subscriber("Ada@example.com", source="form: /subscribe/", consent="At the form.")
    assert load(files.MAILCHIMP).counts == {"known": 1}
    kept = Subscriber.objects.get()
    assert (kept.address, kept.source, kept.consent, kept.token) == (ada.address, ada.source, ada.consent, ada.token)


def test_paused_subscriber_stays_paused():
    make_subscriber("ada@example.com", paused_until=NOW + timedelta(days=9))
    load(files.MAILCHIMP)
    assert Subscriber.objects.get().state == State.PAUSED


LIST = "ada@example.com\nnobody\nbob@example.com\nADA@example.com\n"


def test_rehearsal_says_the_same_as_the_import_and_writes_nothing():
    make_subscriber("bob@example.com")
    rehearsed = load(LIST, is_rehearsal=True, consent="They asked for it.")
    assert Subscriber.objects.count() == 1
    imported = load(LIST, consent="They asked for it.")
    assert rehearsed.counts == imported.counts == {"new": 1, "known": 1, "invalid": 1, "twice": 1}
    assert rehearsed.lines == imported.lines
    assert imported.lines["twice"][0] == ("list.csv, line 4", "first in list.csv, line 1")


def test_import_that_was_killed_can_be_run_again(monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 2)

    def kill(part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(LIST, consent="They asked for it.", progress=kill)
    assert Subscriber.objects.count() == 1
    report = load(LIST, consent="They asked for it.")
    assert report.counts == {"new": 1, "known": 1, "invalid": 1, "twice": 1}


@pytest.mark.parametrize("count", [10, 1000])
def test_batch_takes_a_fixed_number_of_queries(django_assert_num_queries, count):
    lines = "".join(f"reader{number}@example.com\n" for number in range(count))
    with django_assert_num_queries(5):  # Two of them for the transaction.
        load(lines, consent="They asked for it.")
    with django_assert_num_queries(5):
        load(lines, "unsubscribed.csv")
    Subscriber.objects.all().delete()
    with django_assert_num_queries(5):
        load(lines, "unsubscribed.csv")
    with django_assert_num_queries(4):
        load(lines, is_rehearsal=True, consent="They asked for it.")


def test_progress_is_told_for_each_batch(monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 100)
    parts: list[float] = []
    load("".join(f"r{number}@example.com\n" for number in range(1000)), consent="Yes.", progress=parts.append)
    assert (len(parts), parts, parts[-1]) == (10, sorted(parts), 1.0)
