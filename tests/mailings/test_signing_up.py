"""Signing up: the form, what is accepted, and that nobody learns who is on the list."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from lxml import html
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.addresses import Address, is_reserved
from mailings import signing_up
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.tasks import delete_unconfirmed, write_letter
from sreweekly.compression import is_public
from tests.make import make_issue, make_page, make_subscriber

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HERE = {"Sec-Fetch-Site": "same-origin"}
STATES: dict[str, dict[str, Any] | None] = {
    "new": None,
    "pending": {"confirmed_at": None},
    "active": {},
    "paused": {"paused_until": NOW + timedelta(days=9)},
    "left": {"left_at": NOW},
    "bounced": {"bounced_at": NOW},
    "complained": {"complained_at": NOW},
    "written to just now": {"written_at": NOW},
    "suppressed": None,
}


def sign_up(client, address="ada@example.com", headers=HERE, remote="203.0.113.4", **fields):
    return client.post("/subscribe/", {"address": address, **fields}, headers=headers, REMOTE_ADDR=remote)


def fields_of(response):
    return {field.name: field.value or "" for field in html.fromstring(response.content).xpath("//main//form//input")}


# The form


@pytest.mark.parametrize(("path", "count", "source"), [("/", 2, "form: /"), ("/ours/", 1, "form: pages of issues")])
def test_form_stands_on_public_pages_without_anything_of_one_reader(client, path, count, source):
    make_issue(slug="ours")
    response = client.get(path)
    forms = html.fromstring(response.content).xpath("//form[@action='/subscribe/']")
    assert len(forms) == count
    assert is_public(response)
    assert response.content == Client().get(path).content
    assert not response.cookies
    sign_up(client, **{field.name: field.value for field in forms[0].xpath(".//input[@type='hidden']")})
    assert Subscriber.objects.get().source == source


@pytest.mark.parametrize("path", ["/subscribe/", "/subscribe/sent/", "/subscribe/privacy/"])
def test_pages_are_in_no_cache_and_no_index(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert not is_public(response)
    assert response["Cache-Control"] == "private, no-store"
    assert (response["Referrer-Policy"], response["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("path", ["/subscribe/", "/subscribe/sent/", "/subscribe/privacy/"])
def test_without_a_sender_there_is_no_form_and_no_page(client, settings, path):
    settings.NEWSLETTER_FROM = ""
    make_issue(slug="ours")
    assert client.get(path).status_code == 404
    assert client.post(path, {"address": "ada@example.com"}, headers=HERE).status_code in (404, 405)
    assert not Subscriber.objects.exists()
    for page in ("/", "/ours/"):
        assert b'<form class="join"' not in client.get(page).content


@pytest.mark.parametrize("slug", ["subscribe", "subscription"])
def test_page_of_wordpress_keeps_its_address_until_the_site_needs_it(client, settings, slug):
    settings.NEWSLETTER_FROM = ""
    assert is_reserved(slug)
    page = make_page(slug=slug, body="By mail")
    response = client.get(f"/{slug}/")
    assert b"By mail" in response.content
    assert is_public(response)
    Address.objects.all().delete()
    page.slug = "post-12"
    page.save()
    Address.objects.add_former(page, slug)
    assert client.get(f"/{slug}/")["Location"] == "/post-12/"


def test_missing_slash_leads_to_the_form(client):
    assert client.get("/subscribe")["Location"] == "/subscribe/"


# What is accepted


@pytest.mark.parametrize("typed", ["Ada@Example.com", " <Ada@Example.com> ", "mailto:Ada@Example.com"])
def test_address_of_our_own_page_is_taken_at_once(client, typed):
    response = sign_up(client, typed)
    assert (response.status_code, response["Location"]) == (303, "/subscribe/sent/")
    subscriber = Subscriber.objects.get()
    assert (subscriber.address, subscriber.state, subscriber.source) == (
        "Ada@Example.com",
        State.PENDING,
        "form: /subscribe/",
    )
    assert "sreweekly.example" in subscriber.consent


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@localhost", 'a"b@example.com', "ada@example.com\nBcc: eve@example.com"]
)
def test_what_is_no_address_stays_in_its_field_with_a_sentence(client, typed):
    response = sign_up(client, typed)
    assert response.status_code == 400
    (field,) = html.fromstring(response.content).xpath("//input[@name='address']")
    assert field.get("aria-invalid") == "true"
    assert html.fromstring(response.content).get_element_by_id(field.get("aria-describedby")).text
    assert response.context["typed"] == typed
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("typed", ["ada@example.com\0", "=?utf-8?q?eve=40example.org=2C?=@example.com", "a" * 10**6])
def test_hostile_address_is_refused(client, typed):
    assert sign_up(client, typed).status_code == 400


def test_filled_field_that_people_do_not_see_changes_nothing(client):
    response = sign_up(client, topic="Cheap watches")
    assert (response.status_code, response["Location"]) == (303, "/subscribe/sent/")
    assert not Subscriber.objects.exists()
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}])
def test_others_press_a_second_button(client, monkeypatch, headers):
    response = sign_up(client, headers=headers)
    assert response.status_code == 200
    fields = fields_of(response)
    assert fields["address"] == "ada@example.com"
    assert not Subscriber.objects.exists()
    later = timezone.now() + timedelta(seconds=60)
    monkeypatch.setattr(signing_up.timezone, "now", lambda: later)
    assert sign_up(client, headers=headers, **fields).status_code == 303
    assert Subscriber.objects.exists()


@pytest.mark.parametrize("seconds", [0, 1, 24 * 3600 + 1, -3600])
def test_button_that_is_pressed_too_soon_or_too_late_is_shown_again(client, monkeypatch, seconds):
    monkeypatch.setattr(signing_up.timezone, "now", lambda: NOW)
    fields = fields_of(sign_up(client, headers={}))
    monkeypatch.setattr(signing_up.timezone, "now", lambda: NOW + timedelta(seconds=seconds))
    response = sign_up(client, headers={}, **fields)
    assert response.status_code == 400
    assert fields_of(response)["address"] == "ada@example.com"
    assert html.fromstring(response.content).xpath("//*[@role='alert']")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("stamp", ["", "1", "1:abc", "\0", "9" * 5000])
def test_forged_stamp_is_not_accepted(client, stamp):
    assert sign_up(client, headers={}, stamp=stamp).status_code == 400
    assert not Subscriber.objects.exists()


# Limits


def test_eleventh_address_of_a_client_in_an_hour_is_refused(client):
    statuses = [sign_up(client, f"ada{number}@example.com").status_code for number in range(10)]
    refused = sign_up(client, "ada10@example.com")
    assert statuses == [303] * 10
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert fields_of(refused)["address"] == "ada10@example.com"
    assert sign_up(client, "ada10@example.com", remote="203.0.113.5").status_code == 303


def test_client_with_ipv6_is_its_network_and_no_address_is_kept(client):
    for number in range(10):
        sign_up(client, remote=f"2001:db8:0:1::{number + 1}")
    assert sign_up(client, remote="2001:db8:0:1:ffff::").status_code == 429
    assert sign_up(client, remote="2001:db8:0:2::1").status_code == 303
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache")
        assert not [key for (key,) in cursor.fetchall() if "2001" in key]


def test_second_letter_in_an_hour_is_not_sent_however_the_address_is_spelled(client):
    for spelling in ("ada@example.com", "ADA@example.com", "Ada@Example.COM."):
        assert sign_up(client, spelling).status_code == 303
    jobs = ProcrastinateJob.objects.order_by("id").values_list("args__is_due", flat=True)
    assert list(jobs.all()) == [True, False, False]
    Subscriber.objects.update(written_at=NOW - timedelta(minutes=61))
    sign_up(client)
    assert list(jobs.all()) == [True, False, False, True]


# Nobody learns who is on the list


@pytest.mark.parametrize("state", STATES)
def test_answer_and_work_are_the_same_for_every_address(client, django_assert_num_queries, state):
    if state == "suppressed":
        Suppression.objects.suppress("ada@example.com", Suppression.Reason.FORGOTTEN)
    elif (fields := STATES[state]) is not None:
        make_subscriber("ada@example.com", **fields)
    with django_assert_num_queries(18):
        response = sign_up(client)
    assert (response.status_code, response["Location"], response.content) == (303, "/subscribe/sent/", b"")
    assert not response.cookies
    assert set(ProcrastinateJob.objects.get().args) - {"request_id"} == {"subscriber_id", "is_due"}
    assert client.get("/subscribe/sent/").content == Client().get("/subscribe/sent/").content
    assert not mail.outbox


@pytest.mark.django_db(transaction=True)
def test_same_sign_up_fifty_times_at_once_makes_one_row_and_one_letter():
    def ask(number):
        try:
            return sign_up(Client(), "Ada@example.com", remote=f"203.0.113.{number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(ask, range(50)))
    assert statuses == [303] * 50
    for job in ProcrastinateJob.objects.all():
        write_letter(job.args["subscriber_id"], job.args["is_due"])
    assert Subscriber.objects.count() == len(mail.outbox) == 1


# What nobody confirms


def test_only_what_was_not_confirmed_in_seven_days_is_deleted():
    old, new = NOW - timedelta(days=7, minutes=1), NOW - timedelta(days=6)
    make_subscriber("gone@example.com", confirmed_at=None, created_at=old, written_at=old)
    make_subscriber("never-written@example.com", confirmed_at=None, created_at=old)
    kept = [
        make_subscriber("asked-again@example.com", confirmed_at=None, created_at=old, written_at=new),
        make_subscriber("left@example.com", confirmed_at=None, created_at=old, left_at=old),
        make_subscriber("bounced@example.com", confirmed_at=None, created_at=old, bounced_at=old),
        make_subscriber("active@example.com", created_at=old),
    ]
    delete_unconfirmed(0)
    assert set(Subscriber.objects.all()) == set(kept)


def test_new_address_that_nobody_confirms_is_dropped_after_seven_days():
    fields: dict[str, Any] = {"new_address": "b@example.com", "created_at": NOW - timedelta(days=900)}
    old = make_subscriber(**fields, new_token="o" * 22, written_at=NOW - timedelta(days=7, minutes=1))
    make_subscriber(**fields, new_token="n" * 22, written_at=NOW - timedelta(days=6))
    delete_unconfirmed(0)
    assert list(Subscriber.objects.filter(new_token="", new_address="")) == [old]
    assert Subscriber.objects.count() == 2


def test_suppressed_address_is_not_kept_because_somebody_typed_it(client):
    Suppression.objects.suppress("ada@example.com", Suppression.Reason.FORGOTTEN)
    sign_up(client)
    job = ProcrastinateJob.objects.get()
    write_letter(job.args["subscriber_id"], job.args["is_due"])
    assert not Subscriber.objects.exists()
    assert not mail.outbox
