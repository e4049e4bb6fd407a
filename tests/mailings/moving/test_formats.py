"""What each service exports, and who of it is mailed."""

from io import BytesIO

import pytest

from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving.formats import BY_KEY
from mailings.moving.load import import_subscribers
from mailings.moving.report import Report
from tests.mailings.moving import files

pytestmark = pytest.mark.django_db


def load(content, name="list.csv", **options):
    content = content if isinstance(content, bytes) else content.encode()
    is_rehearsal = options.pop("is_rehearsal", False)
    return import_subscribers(name, BytesIO(content), Report(is_rehearsal=is_rehearsal), **options)


@pytest.mark.parametrize(
    ("content", "name", "service", "outcomes"),
    [
        (files.MAILCHIMP, "subscribed.csv", "Mailchimp", {"new": 1}),
        (files.MAILCHIMP, "nonsubscribed_members_export_1.csv", "Mailchimp, not subscribed", {"unconfirmed": 1}),
        (files.MAILCHIMP_LEFT, "x.csv", "Mailchimp, unsubscribed", {"left": 1, "complained": 1}),
        (files.MAILCHIMP_CLEANED, "x.csv", "Mailchimp, cleaned", {"bounced": 1}),
        (files.SUBSTACK, "email_list.x.csv", "Substack", {"new": 1, "left": 1}),
        (files.GHOST, "members.csv", "Ghost", {"new": 1, "left": 2}),
        (files.LISTMONK, "subscribers.csv", "listmonk", {"new": 1, "left": 2}),
        (
            files.BUTTONDOWN,
            "x.csv",
            "Buttondown",
            {"new": 1, "unconfirmed": 1, "left": 1, "bounced": 1, "complained": 1, "invalid": 1},
        ),
        (files.SENDGRID, "contacts.csv", "SendGrid", {"new": 1}),
        (files.SENDGRID_BOUNCES, "suppression_bounces.csv", "SendGrid, bounces", {"bounced": 1}),
        (files.SENDGRID_BOUNCES, "x.csv", "SendGrid, bounces", {"bounced": 1}),
        (files.SENDGRID_BOUNCES, "suppression_blocks.csv", "SendGrid, blocks", {"blocked": 1}),
        (files.SENDGRID_BOUNCES, "invalid_emails.csv", "SendGrid, invalid addresses", {"bounced": 1}),
        (files.SENDGRID_SPAM, "x.csv", "SendGrid, spam reports", {"complained": 1}),
        (files.SENDGRID_LEFT, "suppression_unsubscribes.csv", "SendGrid, unsubscribes", {"left": 1}),
        (files.SENDGRID_LEFT, "x.csv", "SendGrid, unsubscribes", {"left": 1}),
        (files.SENDGRID_LEFT, "spam_reports.csv", "SendGrid, spam reports", {"complained": 1}),
        ("email,created\nada@example.com,2020-01-01\n", "x.csv", "a plain list", {"new": 1}),
    ],
)
def test_list_is_recognised_and_everybody_in_it_has_an_outcome(content, name, service, outcomes):
    report = load(content, name, consent="They asked for it.")
    assert report.lists == [f"{name}: {service} (UTF-8, separated by commas)"]
    assert report.counts == outcomes
    assert Subscriber.objects.active().count() == outcomes.get("new", 0)
    gone = [reason for reason in ("left", "bounced", "complained") for _ in range(outcomes.get(reason, 0))]
    assert sorted(Suppression.objects.values_list("reason", flat=True)) == sorted(gone)


@pytest.mark.parametrize(
    ("content", "outcomes"),
    [
        ("ada@example.com\n", {"new": 1}),
        ("Name,Contact\nAda,Ada Lovelace <ada@example.com>\n", {"new": 1}),
        ("name;who\nAda;ada@example.com\nBob;bob@example.com\n", {"new": 2}),
        ("E-Mail\nada@example.com\n", {"new": 1}),
        ("Ada,ada@example.com\nBob,bob@example.com\n", {"new": 2}),
        ("ada@example.com,bob@example.com\n", {"invalid": 1}),
        ("email,status\nada@example.com,Unsubscribed\n", {"left": 1}),
        ("email,status\nada@example.com,single\n", {"invalid": 1}),
        ("email,status\nada@example.com,\n", {"invalid": 1}),
        ("email,Unsubscribed\nada@example.com,yes\nbob@example.com,\n", {"left": 1, "new": 1}),
        ("email,unsubscribed_at\nada@example.com,2020-01-01\nbob@example.com,\n", {"left": 1, "new": 1}),
        ("email,subscribed\nada@example.com,no\nbob@example.com,\n", {"left": 1, "invalid": 1}),
        ("email,bounced_at\nada@example.com,1/2/2020\n", {"bounced": 1}),
        ("email,left_at\nada@example.com,0001-01-01T00:00:00Z\nbob@example.com,0000-00-00 00:00:00\n", {"new": 2}),
        ("email,left_at\nada@example.com,null\nbob@example.com,-\ncarl@example.com,0\n", {"new": 3}),
        ("PKumar@example.com\n", {"new": 1}),
        ("bzhang@example.com\nbzh1@example.com\n", {"new": 2}),
        ("gif8@example.com\n", {"new": 1}),
        ("Rar!@example.com\n", {"new": 1}),
        ("email,status,deleted\nada@example.com,active,1\n", {"left": 1}),
    ],
)
def test_plain_list_says_in_its_own_words_who_left(content, outcomes):
    assert load(content, consent="They asked for it.").counts == outcomes


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unsubscribed.txt", "left"),
        ("Opt-outs 2024.csv", "left"),
        ("hard bounces.csv", "bounced"),
        ("complaints.csv", "complained"),
        ("suppression list.csv", "left"),
    ],
)
def test_plain_list_of_who_is_gone_is_known_by_its_name(name, reason):
    report = load("ada@example.com\n", name)
    assert (report.counts, len(report.notes)) == ({reason: 1}, 1)
    assert Suppression.objects.get().reason == reason


@pytest.mark.parametrize("key", ["ghost", "substack", "mailchimp", "listmonk", "buttondown", "own"])
@pytest.mark.parametrize("content", ["ada@example.com\n", "Contact\nada@example.com\n"])
def test_list_without_the_columns_of_its_service_is_refused_as_nobody_would_have_left(key, content):
    assert len(load(content, form=BY_KEY[key], consent="They asked.").failures) == 1
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("column", ["E-Mail-Adresse", "Courriel", "Correo electrónico"])
def test_list_of_mailchimp_is_recognised_in_other_languages(column):
    content = files.MAILCHIMP_LEFT.replace("Email Address", column)
    assert load(content).counts == {"left": 1, "complained": 1}


def test_date_and_place_of_consent_come_along():
    load(files.MAILCHIMP, "audience.csv")
    ada = Subscriber.objects.get()
    assert ada.source == "import: Mailchimp, audience.csv"
    assert f"{ada.confirmed_at:%Y-%m-%d %H:%M}" == "2019-03-05 11:00"
    assert "5 March 2019" in ada.consent


@pytest.mark.parametrize("content", [files.SENDGRID, files.LISTMONK, "ada@example.com\n"])
def test_list_without_dates_of_consent_needs_a_statement(content):
    assert len(load(content).failures) == 1
    assert not Subscriber.objects.exists()
    load(content, consent="Signed up at the conference.")
    assert Subscriber.objects.get().consent == "Signed up at the conference."


def test_line_without_a_date_of_consent_is_left_out_of_a_list_that_has_them():
    report = load("email,confirmed_at\nada@example.com,2020-01-02\nbob@example.com,1/2/2020\n")
    assert report.counts == {"new": 1, "no_consent": 1}
