import pytest
from django.core.checks import run_checks


def mail_warnings(deployment=True):
    return [found.id for found in run_checks(include_deployment_checks=deployment) if found.id == "sreweekly.W001"]


def test_missing_mail_server_is_a_warning_of_a_deployment(settings):
    settings.SMTP_HOST = ""
    assert mail_warnings() == ["sreweekly.W001"]
    assert mail_warnings(deployment=False) == []


@pytest.mark.parametrize("host", ["localhost", "mail.example"])
def test_mail_server_that_is_set_is_none(settings, host):
    settings.SMTP_HOST = host
    assert mail_warnings() == []


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("", []),
        ("newsletter@example.com", []),
        ("SRE Weekly <newsletter@example.com>", []),
        ("Lex, of “SRE” <newsletter@bücher.example>", []),
        *(
            (wrong, ["sreweekly.E001"])
            for wrong in ("SRE Weekly", "SRE <newsletter>", "a@b@c.example", "<>", "a b@c.d")
        ),
    ],
)
def test_sender_that_is_no_address_is_an_error(settings, sender, found):
    settings.NEWSLETTER_FROM = sender
    assert [check.id for check in run_checks() if check.id == "sreweekly.E001"] == found


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", []),
        ("bounces@news.example", []),
        ("b" * 28 + "@news.example", []),
        *(
            (wrong, ["sreweekly.E004"])
            for wrong in (
                "bounces",
                "b" * 29 + "@news.example",
                "bounces@bücher.example",
                "<bounces@news.example>",
                "a b@c.d",
            )
        ),
    ],
)
def test_address_for_bounces_that_is_none_is_an_error(settings, address, found):
    settings.NEWSLETTER_FROM, settings.MAILING_BOUNCE_ADDRESS = "newsletter@example.com", address
    assert [check.id for check in run_checks() if check.id == "sreweekly.E004"] == found


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("NEWSLETTER_REPLY_TO", "Editor <editor@sreweekly.example>", 0),
        ("NEWSLETTER_REPLY_TO", "the editor", 1),
        ("NEWSLETTER_LEAVE_TO", "leave@news.example", 0),
        ("NEWSLETTER_LEAVE_TO", "leave", 1),
        ("MAILING_SEEDS", ["a@example.com", "b", "c"], 2),
    ],
)
def test_other_addresses_that_are_none_are_errors(settings, name, value, count):
    settings.NEWSLETTER_FROM = "newsletter@example.com"
    setattr(settings, name, value)
    assert [check.id for check in run_checks()].count("sreweekly.E006") == count


def test_mailbox_that_is_none_is_an_error_without_its_password(settings):
    settings.NEWSLETTER_FROM, settings.MAILING_MAILBOX = "newsletter@example.com", "imaps://user:hunter2@@host"
    [wrong] = [check for check in run_checks() if check.id == "sreweekly.E005"]
    assert "hunter2" not in str(wrong)
