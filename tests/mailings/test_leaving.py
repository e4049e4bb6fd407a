"""The pages behind the links in mails: a GET changes nothing, and a token is all that is needed."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone
from lxml import html
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from mailings.models.mailings import Mailing
from mailings.models.subscribers import State, Subscriber, make_token
from mailings.models.suppressions import Suppression
from mailings.tasks import write_to_new_address
from sreweekly.compression import is_public
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db
NOW = timezone.now()
WAYS = ["", "confirm/", "welcome/", "leave/", "pause/", "resume/", "address/", "held/", "forget/"]
ACTS = [*WAYS, "new-address/", "nothing/"]
STATES = [
    {},
    {"confirmed_at": None},
    {"paused_until": NOW + timedelta(days=9)},
    {"left_at": NOW},
    {"bounced_at": NOW},
    {"complained_at": NOW},
]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PARTS = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


def url(subscriber, way="", token=None):
    return f"/subscription/{token or subscriber.token}/{way}"


def press(client, subscriber, way, **kwargs):
    return client.post(url(subscriber, way, **kwargs), {"button": way.strip("/")})


@pytest.fixture
def subscriber():
    return make_subscriber("ada@example.com")


# What holds for every page


@pytest.mark.parametrize("fields", STATES)
@pytest.mark.parametrize("way", WAYS)
def test_look_at_a_page_changes_nothing_and_is_kept_nowhere(client, way, fields):
    subscriber = make_subscriber(**fields)
    before = Subscriber.objects.values().get()
    for method in (client.get, client.head):
        response = method(url(subscriber, way))
        assert response.status_code in (200, 303)
        assert not is_public(response)
        assert response["Cache-Control"] == "private, no-store"
        assert (response["Referrer-Policy"], response["X-Robots-Tag"]) == ("no-referrer", "noindex")
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
    assert Subscriber.objects.values().get() == before


FORGED = ["A" * 21, "A" * 23, "é" * 22, "%00" * 22, "../" * 7, "a b", "' OR 1=1 --", "<script>", "-" * 22, "x/leave/y"]


@pytest.mark.parametrize(
    ("token", "way"), [*(("A" * 22, way) for way in ACTS), *((token, "leave/") for token in FORGED)]
)
def test_forged_token_gets_the_same_page_everywhere(client, subscriber, token, way):
    same = client.get("/subscription/BBBBBBBBBBBBBBBBBBBBBB/leave/").content
    for method in (client.get, client.post):
        response = method(f"/subscription/{token}/{way}")
        if response.status_code == 302:  # The end of the link was put right, once.
            response = method(response["Location"])
        assert response.status_code == 404
        assert response.content == same
        assert response["Cache-Control"] == "private, no-store"


def test_token_of_another_purpose_opens_nothing(client, subscriber):
    Subscriber.objects.update(new_address="b@example.com", new_token=make_token())
    subscriber.refresh_from_db()
    assert client.get(url(subscriber, "leave/", token=subscriber.new_token)).status_code == 404
    assert client.get(url(subscriber, "new-address/")).status_code == 404
    assert client.get(url(subscriber, "new-address/", token=subscriber.new_token)).status_code == 200


@pytest.mark.parametrize("end", ["", ".", ">", "/>", "%22", "%E2%80%9D", ").", "/%20", "%0A"])
@pytest.mark.parametrize("start", ["/subscription", "/%2Fsubscription", "/Subscription"])
def test_what_happens_to_a_link_on_its_way_does_not_break_it(client, subscriber, start, end):
    response = client.get(f"{start}/{subscriber.token}/leave{end}")
    assert (response.status_code, response["Location"]) == (302, url(subscriber, "leave/"))
    assert not is_public(response)


def test_link_works_after_a_change_of_the_secret_key_and_without_a_sender(client, settings, subscriber):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS, settings.NEWSLETTER_FROM = "another", [], ""
    Subscriber.objects.update(created_at=NOW - timedelta(days=3650))
    assert client.get(url(subscriber, "leave/")).status_code == 200
    assert press(client, subscriber, "leave/").status_code == 303
    assert Subscriber.objects.get().state == State.LEFT
    assert b"/subscribe/" not in client.get(url(subscriber, token="A" * 22)).content


@pytest.mark.parametrize("way", WAYS[1:])
def test_no_page_needs_a_csrf_token(subscriber, way):
    response = Client(enforce_csrf_checks=True).post(url(subscriber, way), {"button": "1"})
    assert response.status_code in (200, 303, 400, 405)


@pytest.mark.parametrize("method", ["put", "delete", "options"])
def test_other_methods_are_refused(client, subscriber, method):
    assert getattr(client, method)(url(subscriber, "leave/")).status_code == 405


@pytest.mark.parametrize(("way", "count"), [("leave/", 4), ("", 5), ("welcome/", 6)])
def test_page_takes_few_queries(client, subscriber, django_assert_num_queries, way, count):
    with django_assert_num_queries(count):
        client.get(url(subscriber, way))


@pytest.mark.parametrize("way", ["leave/", "pause/", "resume/", "confirm/"])
def test_post_takes_few_queries(client, subscriber, django_assert_num_queries, way):
    counts = {"leave/": 5, "pause/": 4, "resume/": 3, "confirm/": 3}
    with django_assert_num_queries(counts[way]):
        press(client, subscriber, way)


# Confirming


@pytest.mark.parametrize("fields", STATES[:5])
def test_press_of_the_button_confirms_once(client, fields):
    issue = make_issue()
    subscriber = make_subscriber(**fields)
    for _ in range(2):
        response = press(client, subscriber, "confirm/")
        assert (response.status_code, response["Location"]) == (303, url(subscriber, "welcome/"))
    confirmed = Subscriber.objects.get()
    assert list(Subscriber.objects.active()) == [confirmed]
    press(client, subscriber, "confirm/")
    assert Subscriber.objects.get().confirmed_at == confirmed.confirmed_at
    assert issue.get_absolute_url().encode() in client.get(response["Location"]).content


def test_who_complained_is_not_welcomed(client):
    subscriber = make_subscriber(complained_at=NOW)
    response = client.get(press(client, subscriber, "confirm/")["Location"])
    assert response["Location"] == url(subscriber)
    assert not Subscriber.objects.active().exists()


def test_who_is_suppressed_is_not_welcomed(client, subscriber):
    Suppression.objects.suppress(subscriber.key, Suppression.Reason.BY_HAND)
    assert client.get(url(subscriber, "welcome/"))["Location"] == url(subscriber)


def test_expired_link_offers_the_form(client):
    response = client.get(f"/subscription/{'A' * 22}/confirm/")
    assert response.status_code == 404
    assert html.fromstring(response.content).xpath("//form[@action='/subscribe/']//input[@name='address']")


# Leaving


@pytest.mark.parametrize("fields", STATES)
def test_button_leaves_and_one_press_comes_back(client, fields):
    subscriber = make_subscriber(**fields)
    assert press(client, subscriber, "leave/")["Location"] == url(subscriber)
    left = Subscriber.objects.get().left_at
    assert left
    press(client, subscriber, "leave/")
    assert Subscriber.objects.get().left_at == left
    forms = html.fromstring(client.get(url(subscriber)).content).xpath("//form/@action")
    assert forms == ([] if "complained_at" in fields else [url(subscriber, "resume/")])
    press(client, subscriber, "resume/")
    assert Subscriber.objects.active().exists() == ("complained_at" not in fields)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (PARTS, "multipart/form-data; boundary=b"),
        ("", "text/plain"),
        ("", "multipart/form-data"),
        ("\xff", "application/x-www-form-urlencoded; charset=latin-1"),
        ("a=1&" * 20_001, "application/x-www-form-urlencoded"),
    ],
)
def test_mail_program_leaves_with_one_click_whatever_its_body_is(subscriber, body, kind):
    client = Client(enforce_csrf_checks=True)
    response = client.post(url(subscriber, "leave/"), body.encode(), content_type=kind)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert not response.cookies
    assert Subscriber.objects.get().state == State.LEFT


def test_one_click_twice_and_after_leaving_is_right(client, subscriber):
    for _ in range(2):
        assert client.post(url(subscriber, "leave/"), ONE_CLICK).status_code == 200


# Pausing


def test_pause_lasts_for_four_weeks_and_can_be_ended(client, subscriber):
    press(client, subscriber, "pause/")
    paused = Subscriber.objects.get()
    assert paused.state == State.PAUSED
    assert paused.paused_until
    assert timedelta(days=27, hours=23) < paused.paused_until - timezone.now() <= timedelta(days=28)
    press(client, subscriber, "resume/")
    assert Subscriber.objects.get().state == State.ACTIVE


@pytest.mark.parametrize("fields", [{"left_at": NOW}, {"confirmed_at": None}, {"complained_at": NOW}])
def test_pause_brings_nobody_back(client, fields):
    subscriber = make_subscriber(**fields)
    press(client, subscriber, "pause/")
    assert Subscriber.objects.get().paused_until is None


# Another address


def ask(client, subscriber, address, **kwargs):
    return client.post(url(subscriber, "address/"), {"address": address}, **kwargs)


def take(client, subscriber):
    subscriber.refresh_from_db()
    return press(client, subscriber, "new-address/", token=subscriber.new_token)


def test_new_address_takes_the_place_once_it_is_confirmed(client, subscriber):
    assert ask(client, subscriber, "Ada@Bücher.example")["Location"] == "/subscribe/sent/"
    assert Subscriber.objects.get().address == "ada@example.com"
    write_to_new_address(ProcrastinateJob.objects.get().args["subscriber_id"])
    subscriber.refresh_from_db()
    [letter] = mail.outbox
    assert letter.to == ["Ada@Bücher.example"]
    assert url(subscriber, "new-address/", token=subscriber.new_token) in letter.body
    assert subscriber.token not in letter.body
    assert take(client, subscriber)["Location"] == url(subscriber, "welcome/")
    moved = Subscriber.objects.get()
    assert (moved.address, moved.key) == ("Ada@Bücher.example", "ada@xn--bcher-kva.example")
    assert (moved.new_address, moved.new_token, moved.state) == ("", "", State.ACTIVE)
    assert Subscriber.objects.by_address("ada@example.com") is None


@pytest.mark.parametrize("fields", STATES[:5])
def test_new_address_that_is_on_the_list_merges(client, subscriber, fields):
    other = make_subscriber("b@example.com", **fields)
    ask(client, subscriber, "B@example.com")
    assert take(client, subscriber)["Location"] == url(other, "welcome/")
    assert list(Subscriber.objects.active()) == [other]
    assert Subscriber.objects.get(pk=subscriber.pk).state == State.LEFT


def test_merge_brings_nobody_back_who_complained(client, subscriber):
    make_subscriber("b@example.com", complained_at=NOW)
    ask(client, subscriber, "b@example.com")
    take(client, subscriber)
    assert not Subscriber.objects.active().exists()


def test_known_and_unknown_new_address_are_answered_with_the_same_work(client, django_assert_num_queries):
    make_subscriber("known@example.com", left_at=NOW)
    Suppression.objects.suppress("suppressed@example.com", Suppression.Reason.FORGOTTEN)
    answers = []
    for name in ("known", "unknown", "suppressed"):
        with django_assert_num_queries(42):
            answers.append(ask(client, make_subscriber(), f"{name}@example.com", REMOTE_ADDR=f"203.0.113.{len(name)}"))
    assert {(answer.status_code, answer["Location"], answer.content) for answer in answers} == {
        (303, "/subscribe/sent/", b"")
    }


@pytest.mark.parametrize("typed", ["", "ada", "ADA@example.com", "b@localhost", "b@example.com\r\nBcc: c@example.com"])
def test_new_address_that_is_none_or_the_same_stays_in_its_field(client, subscriber, typed):
    response = ask(client, subscriber, typed)
    assert response.status_code == 400
    assert html.fromstring(response.content).xpath("//input[@name='address' and @aria-invalid]")
    assert Subscriber.objects.get().new_token == ""


def test_one_letter_an_hour_goes_to_a_new_address_and_its_link_stays(client, subscriber):
    ask(client, subscriber, "b@example.com")
    token = Subscriber.objects.get().new_token
    assert ask(client, subscriber, "B@example.com").status_code == 303
    assert Subscriber.objects.get().new_token == token
    assert ProcrastinateJob.objects.count() == 1
    ask(client, subscriber, "c@example.com")
    assert Subscriber.objects.get().new_token != token


def test_sixth_new_address_in_an_hour_is_refused(client, subscriber):
    statuses = [
        ask(client, subscriber, f"b{n}@example.com", REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(6)
    ]
    assert statuses == [303] * 5 + [429]


def test_leaving_ends_a_change_of_address(client, subscriber):
    ask(client, subscriber, "b@example.com")
    subscriber.refresh_from_db()
    press(client, subscriber, "leave/")
    assert press(client, subscriber, "new-address/", token=subscriber.new_token).status_code == 404
    write_to_new_address(subscriber.pk)
    assert not mail.outbox


@pytest.mark.parametrize("fields", [{"left_at": NOW}, {"confirmed_at": None}, {"complained_at": NOW}])
def test_only_who_is_on_the_list_changes_the_address(client, fields):
    subscriber = make_subscriber(**fields)
    assert ask(client, subscriber, "b@example.com")["Location"] == url(subscriber)
    assert Subscriber.objects.get().new_address == ""


# What is held, and being forgotten


@pytest.fixture
def delivery(subscriber):
    issue = make_issue(number=7)
    mailing = Mailing.objects.create(issue=issue)
    return mailing.deliveries.create(subscriber=subscriber, address=subscriber.address, domain="example.com")


def test_download_holds_everything_but_tokens(client, subscriber, delivery):
    Subscriber.objects.update(new_address="b@example.com", new_token=make_token())
    subscriber.refresh_from_db()
    response = client.get(url(subscriber, "held/"))
    held = json.loads(response.content)
    assert "attachment" in response["Content-Disposition"]
    assert (held["address"], held["state"], held["new_address"]) == ("ada@example.com", "active", "b@example.com")
    assert held["mails"][0]["issue"] == "SRE Weekly Issue #7"
    assert subscriber.token not in response.content.decode()
    assert subscriber.new_token not in response.content.decode()


def test_forgotten_subscriber_leaves_no_address_anywhere(client, subscriber, delivery):
    assert press(client, subscriber, "forget/").status_code == 200
    assert not Subscriber.objects.exists()
    delivery.refresh_from_db()
    assert (delivery.subscriber, delivery.address) == (None, "")
    assert Suppression.objects.get().address == ""
    assert client.get(url(subscriber)).status_code == 404
    assert Issue.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_all_buttons_at_once_end_without_an_error():
    subscriber = make_subscriber()

    def act(way):
        try:
            return press(Client(), subscriber, way).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        statuses = set(threads.map(act, ["leave/", "confirm/", "pause/", "resume/", "forget/", "confirm/"] * 4))
    assert statuses <= {200, 303, 404}
    assert not Subscriber.objects.exists()
