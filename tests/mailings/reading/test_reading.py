"""What mails say: bounces, complaints, unsubscribes, and all that is none of these."""

import tracemalloc
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.reading.mails import LONGEST, open_mail
from mailings.reading.read import read
from mailings.reading.said import Failure, Said, What
from tests.mailings.reading import mails
from tests.mailings.reading.mails import fill

USER_UNKNOWN = "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown"


def said(mail: str, **values: str) -> Said:
    return read(open_mail(fill(mail, **values)))


def test_fields_of_a_bounce_are_read():
    assert said(mails.POSTFIX) == Said(
        What.BOUNCE, (Failure("5.1.1", USER_UNKNOWN, ("ada@example.com", "ada@example.com")),)
    )


@pytest.mark.parametrize("mail", [mails.ENCODED, mails.GLOBAL])
def test_malformed_and_international_fields_are_read(mail):
    (failure,) = said(mail).failures
    assert (failure.status, failure.addresses) == ("5.1.1", ("ada@example.com",))


def test_each_recipient_that_failed_is_read():
    assert [failure.addresses[0] for failure in said(mails.SEVERAL).failures] == ["bob@example.com", "ada@example.com"]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "Delayed (will be retried)"])
def test_delay_and_delivery_need_nothing(action):
    assert said(mails.POSTFIX, action=action, status="4.4.1") == Said(What.NOTHING)


@pytest.mark.parametrize(
    ("status", "what"), [("5.1.1", What.BOUNCE), ("4.4.1", What.NOTHING), ("", What.NOT_UNDERSTOOD)]
)
def test_status_stands_for_a_missing_action(status, what):
    assert said(mails.POSTFIX.replace("Action:", "X-Action:"), status=status).what == what


@pytest.mark.parametrize("mail", [mails.QMAIL, mails.EXCHANGE])
def test_words_of_a_bounce_are_read_without_the_mail_that_came_back(mail):
    (failure,) = said(mail, answer="552 5.2.2 Mailbox full").failures
    assert failure.status == "5.2.2"
    assert "incident" not in failure.reason


def test_warning_in_words_needs_nothing():
    assert said(mails.WARNING) == Said(What.NOTHING)


@pytest.mark.parametrize(
    ("feedback", "what"),
    [
        ("abuse", What.COMPLAINT),
        ("Abuse", What.COMPLAINT),
        ("not-spam", What.NOTHING),
        ("fraud", What.NOT_UNDERSTOOD),
        ("auth-failure", What.NOT_UNDERSTOOD),
        ("", What.NOT_UNDERSTOOD),
    ],
)
def test_only_abuse_is_a_complaint(feedback, what):
    assert said(mails.COMPLAINT, feedback=feedback) == Said(what)


@pytest.mark.parametrize(
    "given_",
    [
        {"subject": "leave {}"},
        {"subject": "Re:  LEAVE {} "},
        {"subject": "=?utf-8?q?leave_{}?="},
        {"subject": "unsubscribe", "body": "Hello,\r\n\r\nleave {}\r\n"},
    ],
)
def test_token_to_leave_is_found(given_):
    token = "Ab-c" * 5 + "xy"
    assert said(mails.LEAVE, **{name: text.format(token) for name, text in given_.items()}) == Said(
        What.LEAVE, token=token
    )


@pytest.mark.parametrize(
    "given_",
    [
        {"subject": "leave me alone"},
        {"subject": "unsubscribe"},
        {"subject": "leave " + "x" * 23},
        {"body": "> leave " + "x" * 22},
        {"body": "\n" * 30 + "leave " + "x" * 22},
    ],
)
def test_other_words_are_for_a_person(given_):
    assert said(mails.LEAVE, **given_) == Said(What.NOT_UNDERSTOOD)


def test_out_of_office_is_no_bounce():
    assert said(mails.AWAY) == Said(What.NOT_UNDERSTOOD)


def digest(content: bytes) -> str:
    mail = open_mail(content)
    assert mail is not None
    return mail.digest


def test_same_mail_has_the_same_digest_by_whichever_way_it_came():
    mail = fill(mails.POSTFIX)
    other = b"Received: from mx.example\r\nX-Spam: no\r\n" + mail
    assert digest(mail) == digest(other) == digest(mail.replace(b"\r\n", b"\n"))
    assert digest(mail) != digest(fill(mails.POSTFIX, answer="another"))


@pytest.mark.parametrize(
    ("received", "day"),
    [
        ("from mx.example by news.example; Fri, 27 Nov 2026 01:00:00 +0000", 27),
        ("from mx.example by news.example; some day", 28),
        ("from mx.example", 28),
    ],
)
def test_date_is_that_of_our_own_server(received, day):
    earlier = "Received: from pc.example; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
    mail = open_mail(f"Received: {received}\r\n{earlier}".encode() + fill(mails.LEAVE))
    assert mail is not None
    assert mail.date is not None
    assert mail.date.day == day


# Hostile mails

NESTED = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(3000))
HUGE_NUMBER = "Content-Type: multipart/mixed; boundary*" + "9" * 5000 + "=x\n\nx"
CHARSETS = ["punycode", "idna", "hex", "none such", "utf-16", "undefined", "\0", "utf-8'x'y", "rot13", "utf-é"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfe" * 100,
        b"From nobody\n\n\nX",
        NESTED.encode(),
        HUGE_NUMBER.encode(),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
        b"Content-Type: message/rfc822\n\n" * 30_000,
        b"a:\n" * 300_000,
        b"a:\r" * 300_000,
        b"Subject: " + b"=?utf-8?q?x?= " * 60_000,
        b"From: " + b"<" * 900_000,
        b"Date: " + b"9" * 900_000,
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        + b"a@" * 400_000,
        b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 60_000,
        b"From: mailer-daemon@x\nSubject: failure notice\n\n" + b"-- copy " * 100_000,
        b"From: mailer-daemon@x\nSubject: failure notice\n\n" + b"-" * 900_000,
        b"From: mailer-daemon@x\nSubject: failure notice\n\n" + b"-" * 200_000,
        b"From: mailer-daemon@x\nSubject: failure notice\n\n" + b"user " * 40_000,
        b"x" * 3 * LONGEST,
        *(
            f"Content-Type: text/plain; charset={name}\nSubject: x\n\nx\udcff".encode("utf-8", "surrogateescape")
            for name in CHARSETS
        ),
        *(f"Subject: =?{name}?q?leave_x?=\n\nx".encode() for name in CHARSETS),
        *(
            f"Content-Type: message/delivery-status; charset={name}\n\nAction: failed\nContent-Type: text/plain; "
            f"charset={name}\n\nx\udcff\n".encode("utf-8", "surrogateescape")
            for name in CHARSETS
        ),
    ],
)
def test_no_mail_raises_or_takes_long(content):
    tracemalloc.start()
    begin = process_time()
    mail = open_mail(content)
    assert read(mail).what in What
    assert mail is None or mail.digest
    took, (_, peak) = process_time() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 5  # With tracemalloc, which makes it four times slower.
    assert peak < 50_000_000


@given(st.sampled_from(mails.ALL), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=40)), max_size=5))
@settings(max_examples=200, deadline=None)
def test_broken_mails_do_not_raise(mail, changes):
    content = fill(mail)
    for place, inserted in changes:
        at = int(place * len(content))
        content = content[:at] + inserted + content[at + len(inserted) // 2 :]
    opened = open_mail(content)
    assert read(opened).what in What
    assert opened is None or len(opened.digest) == 64
    assert opened is None or opened.date is None or opened.date.year
