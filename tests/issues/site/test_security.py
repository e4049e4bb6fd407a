from datetime import UTC, datetime

import pytest
from django.core.checks import run_checks

from text.newsletter import parse_contacts, parse_moment

ADDRESS = "/.well-known/security.txt"


def configure(settings, contact="security@newsletter.example", expires="2099-12-31"):
    settings.SECURITY_CONTACT = parse_contacts("SECURITY_CONTACT", contact)
    settings.SECURITY_EXPIRES = parse_moment("SECURITY_EXPIRES", expires)


def fields(response):
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    return [tuple(line.split(": ", 1)) for line in response.content.decode().splitlines()]


@pytest.mark.parametrize(
    ("contact", "printed"),
    [
        ("security@newsletter.example", ["mailto:security@newsletter.example"]),
        ("mailto:a@b.example", ["mailto:a@b.example"]),
        ("https://b.example/report, a@b.example", ["https://b.example/report", "mailto:a@b.example"]),
        ("tel:+1-201-555-0123", ["tel:+1-201-555-0123"]),
    ],
)
def test_contact_is_said_in_the_order_of_preference(client, settings, contact, printed):
    configure(settings, contact)
    found = fields(client.get(ADDRESS))
    assert [value for name, value in found if name == "Contact"] == printed
    assert dict(found)["Canonical"] == f"https://sreweekly.example{ADDRESS}"
    assert dict(found)["Preferred-Languages"] == "en"


@pytest.mark.parametrize("expires", ["2099-12-31", "2099-12-31T00:00:00Z", "2099-12-31T02:00:00+02:00"])
def test_date_of_expiry_is_said_once(client, settings, expires):
    configure(settings, expires=expires)
    (moment,) = (value for name, value in fields(client.get(ADDRESS)) if name == "Expires")
    assert datetime.fromisoformat(moment) == datetime(2099, 12, 31, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(("contact", "expires"), [("", ""), ("", "2099-12-31"), ("a@b.example", "")])
def test_without_a_contact_or_a_date_there_is_none(client, settings, contact, expires):
    configure(settings, contact, expires)
    assert client.get(ADDRESS).status_code == client.get("/security.txt").status_code == 404


def test_former_address_leads_to_the_present_one(client, settings):
    configure(settings)
    response = client.get("/security.txt")
    assert (response.status_code, response["Location"]) == (301, ADDRESS)


@pytest.mark.parametrize(
    ("contact", "expires", "warns"),
    [
        ("", "", False),
        ("a@b.example", "2099-12-31", False),
        ("a@b.example", "", True),
        ("a@b.example", "2020-01-01", True),
    ],
)
def test_expired_contact_is_a_warning_of_a_deployment(settings, contact, expires, warns):
    configure(settings, contact, expires)
    found = [check.id for check in run_checks(include_deployment_checks=True)]
    assert ("sreweekly.W002" in found) == warns


@pytest.mark.django_db
def test_programs_that_keep_passwords_find_the_page_that_changes_one(client, desk):
    response = desk.get("/.well-known/change-password")
    assert (response.status_code, response["Location"]) == (302, "/accounts/password/change/")
    assert desk.get(response["Location"]).status_code == 200
    # The standard has them ask for this first, to know whether the answers of the site can be trusted.
    missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert client.get(missing).status_code == 404
