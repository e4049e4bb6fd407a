"""Who is mailed: the states of a subscriber, and suppressions."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from tests.make import make_subscriber
from text.mailboxes import read_mailbox

pytestmark = pytest.mark.django_db
NOW = timezone.now()
STATES = [
    ({}, State.ACTIVE),
    ({"confirmed_at": None}, State.PENDING),
    ({"paused_until": NOW + timedelta(days=900)}, State.PAUSED),
    ({"paused_until": NOW - timedelta(days=1)}, State.ACTIVE),
    ({"bounced_at": NOW}, State.BOUNCED),
    ({"bounced_at": NOW, "left_at": NOW}, State.LEFT),
    ({"left_at": NOW, "complained_at": NOW}, State.COMPLAINED),
    ({"confirmed_at": None, "bounced_at": NOW}, State.BOUNCED),
]


@pytest.mark.parametrize(("fields", "state"), STATES)
def test_state_is_the_same_in_python_and_in_queries(fields, state):
    subscriber = make_subscriber(**fields)
    assert subscriber.state == state
    assert list(Subscriber.objects.in_state(state)) == [subscriber]
    assert list(Subscriber.objects.active()) == ([subscriber] if state == State.ACTIVE else [])


def test_suppressed_address_is_not_active_however_it_is_spelled():
    make_subscriber("Ada@Bücher.example")
    Suppression.objects.suppress(read_mailbox("ada@XN--BCHER-KVA.example").key, Suppression.Reason.BY_HAND)
    assert not Subscriber.objects.active().exists()


@pytest.mark.parametrize("spelling", ["ada@example.com", "ADA@Example.COM.", " <Ada@example.com> ", "ａda@example.com"])
def test_mailbox_is_there_once_however_it_is_spelled(spelling):
    first = make_subscriber("Ada@example.com")
    assert Subscriber.objects.by_address(spelling) == first
    with pytest.raises(IntegrityError, match="subscriber_address_unique"):
        make_subscriber(spelling)


def test_tag_makes_another_mailbox():
    make_subscriber("ada@example.com")
    assert Subscriber.objects.by_address("ada+news@example.com") is None


def test_confirmation_ends_everything_but_a_complaint():
    subscriber = make_subscriber(left_at=NOW, bounced_at=NOW, bounce="550", paused_until=NOW + timedelta(days=9))
    subscriber.confirm()
    assert subscriber.state == State.ACTIVE
    Subscriber.objects.update(complained_at=NOW)
    subscriber.refresh_from_db()
    subscriber.confirm()
    assert subscriber.state == State.COMPLAINED


def test_first_time_of_leaving_counts():
    subscriber = make_subscriber()
    subscriber.leave()
    left = subscriber.left_at
    subscriber.leave()
    assert subscriber.left_at == left


def test_forgotten_address_leaves_nothing_but_a_hash():
    subscriber = make_subscriber("ada@example.com")
    Suppression.objects.suppress(subscriber.key, Suppression.Reason.LEFT, "ada@example.com")
    subscriber.forget()
    assert not Subscriber.objects.exists()
    kept = Suppression.objects.get()
    assert kept.address == ""
    assert Suppression.objects.of(["ada@example.com", "other@example.com"]) == {"ada@example.com": kept}


@pytest.mark.parametrize(
    ("typed", "address", "key"),
    [
        ("Ada@Example.com", "Ada@Example.com", "ada@example.com"),
        ("ada@example.com\r\n", "ada@example.com", "ada@example.com"),
        ("mailto:ada+x@example.com", "ada+x@example.com", "ada+x@example.com"),
        ("\u200bada@example.com\ufeff", "ada@example.com", "ada@example.com"),
        ("o'neil@example.com", "o'neil@example.com", "o'neil@example.com"),
        ("ada@bücher.example", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.example", "ada@例え.example", "ada@xn--r8jz45g.example"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_address_is_kept_as_it_was_given(typed, address, key):
    assert read_mailbox(typed)[:2] == (address, key)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        (" \t ", "required"),
        ("ada", "no_at"),
        ("@example.com", "no_at"),
        ("ada@", "no_at"),
        ("ada@example.com\nBcc: eve@example.com", "line_break"),
        ("ada@example.com, bob@example.com", "several"),
        ("ada lovelace@example.com", "several"),
        ('"ada lovelace"@example.com', "quoted"),
        ("ada(comment)@example.com", "quoted"),
        ("Ada <ada@example.com", "quoted"),
        ("ада@example.com", "local_part"),
        (".ada@example.com", "local_part"),
        ("=?utf-8?q?eve=40example.org=2C?=@example.com", "local_part"),
        ("ada..l@example.com", "local_part"),
        ("a" * 65 + "@example.com", "too_long"),
        ("a@" + "b" * 60 + (".c" + "d" * 60) * 4 + ".com", "too_long"),
        ("ada@localhost", "domain"),
        ("ada@[127.0.0.1]", "domain"),
        ("ada@127.0.0.1", "domain"),
        ("ada@exa mple.com", "domain"),
        ("ada@-example.com", "domain"),
        ("ada@example..com", "domain"),
        ("ada@exa\u2028mple.com", "domain"),
    ],
)
def test_what_is_no_address_is_refused(typed, code):
    with pytest.raises(ValidationError) as refused:
        read_mailbox(typed)
    assert refused.value.code == code
