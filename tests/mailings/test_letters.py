"""Letters about a subscription: which one, to whom, and their bytes."""

import email
import re
from datetime import timedelta
from email import policy
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from mailings.leaving import leave_headers, list_id, whole_headers
from mailings.letters import LETTERS, Letter, letter_for
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.tasks import write_letter, write_to_new_address
from tests.make import make_subscriber
from tests.sreweekly.conftest import free_port
from tests.sreweekly.test_password_reset import smtp_server
from tests.worker import work

pytestmark = pytest.mark.django_db
NOW = timezone.now()
URL = "https://sreweekly.example/subscription/{}/"


def sent(message):
    """Return a message as a mail program reads it, from the bytes that are sent."""
    return email.message_from_bytes(message.message(policy=policy.SMTP).as_bytes(), policy=policy.default)


def links_in(letter):
    return re.findall(r"https://\S+/subscription/\S+", letter.body)


@pytest.mark.parametrize(
    ("fields", "ways"),
    [
        ({"confirmed_at": None}, ["confirm/"]),
        ({"left_at": NOW}, ["confirm/"]),
        ({"bounced_at": NOW}, ["confirm/"]),
        ({"paused_until": NOW + timedelta(days=9)}, ["resume/", "leave/"]),
        ({}, ["", "leave/"]),
    ],
)
def test_letter_says_what_fits_the_state(fields, ways):
    subscriber = make_subscriber(**fields)
    write_letter(subscriber.pk, is_due=True)
    [letter] = mail.outbox
    assert letter.to == [subscriber.address]
    assert links_in(letter) == [URL.format(subscriber.token) + way for way in ways]


def test_each_state_has_its_own_words():
    for subscriber, words in (
        (make_subscriber(left_at=NOW), "left on"),
        (make_subscriber(bounced_at=NOW), "came back"),
    ):
        letter = letter_for(subscriber)
        assert letter
        assert words in letter.body
    assert len({subject for _, subject in LETTERS.values()}) == 4


@pytest.mark.parametrize("fields", [{"complained_at": NOW}, {"complained_at": NOW, "left_at": NOW}])
def test_nothing_is_sent_to_who_complained(fields):
    write_letter(make_subscriber(**fields).pk, is_due=True)
    assert not mail.outbox


@pytest.mark.parametrize("fields", [{}, {"left_at": NOW}, {"confirmed_at": None}])
def test_nothing_is_sent_to_a_suppressed_address(fields):
    subscriber = make_subscriber(**fields)
    Suppression.objects.suppress(subscriber.key, Suppression.Reason.BY_HAND)
    write_letter(subscriber.pk, is_due=True)
    assert not mail.outbox


def test_late_job_writes_what_is_right_by_now():
    subscriber = make_subscriber(confirmed_at=None)
    subscriber.confirm()
    write_letter(subscriber.pk, is_due=True)
    assert links_in(mail.outbox[0])[0] == URL.format(subscriber.token)
    subscriber.forget()
    write_letter(subscriber.pk, is_due=True)
    write_letter(None, is_due=True)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("state", [*LETTERS, "new_address", "new_address_known"])
def test_letter_is_plain_mail_with_the_headers_of_a_program(settings, state):
    settings.NEWSLETTER_REPLY_TO = "editor@sreweekly.example"
    fields: dict[str, dict[str, Any]] = {
        "pending": {"confirmed_at": None},
        "left": {"left_at": NOW},
        "bounced": {"bounced_at": NOW},
    }
    subscriber = make_subscriber("ada@example.com", **fields.get(state, {}))
    if state == "paused":
        subscriber.pause()
    if state.startswith("new_address"):
        Subscriber.objects.filter(pk=subscriber.pk).update(new_address="b@example.com", new_token="n" * 22)
        if state.endswith("known"):
            make_subscriber("b@example.com")
        write_to_new_address(subscriber.pk)
    else:
        write_letter(subscriber.pk, is_due=True)
    message = sent(mail.outbox[0])
    assert message.get_content_type() == "text/plain"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == '"SRE Weekly" <newsletter.sreweekly.example>'
    assert message["Reply-To"] == "editor@sreweekly.example"
    assert message["Message-ID"].endswith("@sreweekly.example>")
    assert ("List-Unsubscribe" in message) == (state in ("active", "paused"))
    body = message.get_content()
    assert "\n\n\n" not in body
    assert "&" not in body
    assert [line for line in body.splitlines() if len(line) > 72 and " " in line] == []
    assert "1 Example Street, Exampletown" in body


@pytest.mark.parametrize(
    "name",
    ["Tee & Wöchentlich", "週刊ティー", "Tea, Weekly", 'The "Tea" <Weekly>', "Tea\r\nBcc: eve@example.com", "T" * 200],
)
def test_name_of_the_newsletter_is_right_in_every_header(settings, name):
    settings.NEWSLETTER_NAME = name
    settings.NEWSLETTER_FROM = f"{name} <tea@example.com>"
    message = sent(letter_for(make_subscriber(confirmed_at=None)))
    named = " ".join(name.split())
    assert str(message["Subject"]) == f"Confirm: {named} by mail"
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (named.strip('"'), "tea@example.com")
    assert message["List-Id"].endswith("<newsletter.sreweekly.example>")
    assert "Bcc" not in message


@pytest.mark.parametrize("sender", ["tea@example.com", " <tea@example.com>", '"Tea" <tea@example.com>'])
def test_sender_may_have_no_name_or_a_quoted_one(settings, sender):
    settings.NEWSLETTER_FROM = sender
    [address] = sent(letter_for(make_subscriber(confirmed_at=None)))["From"].addresses
    assert address.addr_spec == "tea@example.com"
    assert address.display_name in ("", "Tea")


@pytest.mark.parametrize("address", ["o'neil+a|b{}@example.com", "ada@bücher.example", f"{'a' * 64}@example.com"])
def test_letter_goes_to_one_address_and_no_other(address):
    message = sent(letter_for(make_subscriber(address, confirmed_at=None)))
    [to] = message["To"].addresses
    assert to.username == address.rpartition("@")[0]
    assert to.domain.isascii()


# The headers by which one leaves: RFC 2369, 2919, 8058


@pytest.mark.parametrize("host", ["a.example", f"{'very-' * 10}long.example"])
@pytest.mark.parametrize("mailbox", ["", "leave@lists.example"])
def test_headers_to_leave_arrive_as_they_are(settings, host, mailbox):
    settings.SITE_URL, settings.NEWSLETTER_LEAVE_TO = f"https://{host}", mailbox
    subscriber = make_subscriber()
    message = Letter("Issue", "Words", "tea@example.com", ["ada@example.com"], headers=leave_headers(subscriber.token))
    raw = message.message(policy=policy.SMTP).as_bytes().decode()
    unfolded = re.sub(r"\r\n(?=[ \t])", "", raw)
    (value,) = re.findall(r"^List-Unsubscribe: (.*)\r$", unfolded, re.MULTILINE)
    links = value.split(", ")
    assert links[0] == f"<https://{host}/subscription/{subscriber.token}/leave/>"
    assert links[1:] == ([f"<mailto:leave@lists.example?subject=leave%20{subscriber.token}>"] if mailbox else [])
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert f'\r\nList-Id: "SRE Weekly" <newsletter.{host}>\r\n' in raw
    assert max(map(len, raw.splitlines())) < 998


def test_one_click_is_offered_with_https_alone(settings):
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert "List-Unsubscribe-Post" not in leave_headers(make_subscriber().token)


@pytest.mark.parametrize("name", ["Tea", 'Tea, "Weekly" \\ more', "Wöchentlich", "週刊" * 60, "Tea\r\nX: y"])
def test_name_of_the_list_is_a_phrase_and_its_identifier(settings, name):
    settings.NEWSLETTER_NAME = name
    value = list_id()
    assert value.isascii()
    quoted, encoded = r'"(?:[^"\\\r\n]|\\.)*"', r"=\?utf-8\?[bq]\?[^ ?]+\?=(?: =\?utf-8\?[bq]\?[^ ?]+\?=)*"
    assert re.fullmatch(rf"(?:{quoted}|{encoded}) <newsletter\.sreweekly\.example>", value)


def test_header_with_a_line_break_is_refused():
    message = email.message.EmailMessage(whole_headers(policy.SMTP))
    with pytest.raises(ValueError, match="line"):
        message["List-Unsubscribe"] = "<https://a.example/>\r\nBcc: eve@example.com"


# The mail server


@pytest.mark.parametrize(("code", "is_tried_again"), [(550, False), (450, True)])
def test_refusal_for_good_is_not_tried_again_and_no_address_is_logged(monkeypatch, caplog, code, is_tried_again):
    def refuse(*args, **kwargs):
        raise SMTPRecipientsRefused({"ada@example.com": (code, b"no ada@example.com here")})

    monkeypatch.setattr(Letter, "send", refuse)
    subscriber = make_subscriber("ada@example.com", confirmed_at=None)
    if is_tried_again:
        with pytest.raises(OSError, match="450") as error:
            write_letter(subscriber.pk, is_due=True)
        assert error.value.__suppress_context__
    else:
        write_letter(subscriber.pk, is_due=True)
    assert "ada@" not in caplog.text
    assert subscriber.state == State.PENDING


@pytest.mark.django_db(transaction=True)
def test_worker_hands_the_letter_to_the_mail_server(client, settings):
    port = free_port()
    options = {"host": "127.0.0.1", "port": port, "timeout": 30}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    fields = {"address": "Ada@b\u00fccher.example"}
    with smtp_server(port) as received:
        client.post("/subscribe/", fields, headers={"Sec-Fetch-Site": "same-origin"})
        work("default")
    [message] = received
    assert (message["To"], message["X-RcptTo"]) == ("Ada@xn--bcher-kva.example",) * 2
    assert message["X-MailFrom"] == "newsletter@sreweekly.example"
    assert Subscriber.objects.get().token in message.get_payload()
