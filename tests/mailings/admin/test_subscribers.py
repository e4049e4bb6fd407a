"""Subscribers at the desk: who sees them, finding one, what can be done, and its log."""

from datetime import timedelta

import lxml.html
import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from tests.desk_forms import error_codes
from tests.make import make_subscriber, make_suppression, sign_in, sign_in_as

pytestmark = pytest.mark.django_db
URL = "/admin/mailings/subscriber/"
NOW = timezone.now()


@pytest.fixture
def editor(db):
    return sign_in_as("Editor")


@pytest.fixture
def administrator(db):
    return sign_in_as("Administrator")


def found(client, query=""):
    return sorted(row.address for row in client.get(f"{URL}{query}").context["cl"].result_list)


def make_one_of_each():
    make_subscriber("active@example.com")
    make_subscriber("pending@example.com", confirmed_at=None)
    make_subscriber("paused@example.com", paused_until=NOW + timedelta(days=9))
    make_subscriber("left@example.com", left_at=NOW)
    make_subscriber("bounced@example.com", bounced_at=NOW)
    make_subscriber("complained@example.com", complained_at=NOW)
    make_suppression(make_subscriber("suppressed@example.com").address)


def test_counts_stand_above_the_list_and_lead_to_it(editor):
    make_one_of_each()
    page = editor.get(URL)
    assert [(one["state"], one["count"]) for one in page.context["counts"]] == [
        (state, 1) for state in ("active", "pending", "paused", "left", "bounced", "complained", "suppressed")
    ]
    for one in page.context["counts"]:
        assert found(editor, f"?state={one['state']}") == [f"{one['state']}@example.com"]


def test_state_is_said_in_words(editor):
    make_one_of_each()
    cells = lxml.html.fromstring(editor.get(URL).content.decode()).xpath("//td[@class='field-state']/span/text()")
    wanted = ["active", "not confirmed", "paused", "left", "bounced", "complained", "never mailed"]
    assert sorted(cells) == sorted(wanted)


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("ada@bücher.example", ["Ada@Bücher.example"]),
        ("ADA@xn--bcher-kva.example", ["Ada@Bücher.example"]),
        ("<ada@bücher.example>", ["Ada@Bücher.example"]),
        ("ad", ["Ada@Bücher.example", "ada@example.com"]),
        ("@bücher", ["Ada@Bücher.example"]),
        ("ada@example.co", ["ada@example.com"]),
        ("Example.com", ["ada@example.com", "b_b@example.com"]),
        ("_", ["b_b@example.com"]),
        ("%", []),
        ("\0", ["Ada@Bücher.example", "ada@example.com", "b_b@example.com"]),
        ("'; --", []),
        ("x" * 5000, []),
    ],
)
def test_address_is_found_in_any_spelling_and_by_a_part(editor, typed, addresses):
    for address in ("ada@example.com", "Ada@Bücher.example", "b_b@example.com"):
        make_subscriber(address)
    page = editor.get(URL, {"q": typed})
    assert sorted(row.address for row in page.context["cl"].result_list) == addresses


@pytest.mark.parametrize(
    "query",
    ["?source=form: a", "?domain=a.example", "?added=7", "?state=active&source=form: a", "?q=ada&domain=a.example"],
)
def test_filters_find_what_they_say(editor, query):
    make_subscriber("ada@a.example", source="form: a")
    make_subscriber("bob@b.example", source="import: b", created_at=NOW - timedelta(days=40), left_at=NOW)
    assert found(editor, query) == ["ada@a.example"]


@pytest.mark.parametrize("query", ["?state=x", "?added=x", "?source=%00", "?domain=%00x", "?p=999", "?o=9.9"])
def test_filter_that_there_is_not_is_no_error(editor, query):
    assert editor.get(f"{URL}{query}").status_code in (200, 302)


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(editor, django_assert_num_queries, count):
    for _ in range(count):
        make_subscriber()
    with django_assert_num_queries(12):
        editor.get(URL)
    with django_assert_num_queries(12):
        editor.get(f"{URL}?q=reader&state=active")


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Subscriber.objects.with_suppression()[:50], "subscriber_by_age"),
        # Without an order: of one row, PostgreSQL may as well read the index of the order.
        (lambda: Subscriber.objects.matching("reader0@example.com").order_by(), "subscriber_address_unique"),
        (lambda: Subscriber.objects.order_by().values("domain").annotate(n=Count("*")), "subscriber_by_domain"),
        (lambda: Subscriber.objects.order_by().values("source").annotate(n=Count("*")), "subscriber_by_source"),
    ],
)
def test_no_list_or_count_needs_to_read_all_rows(rows, index):
    make_subscriber("reader0@example.com")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert index in rows().explain()


@pytest.mark.parametrize("name", ["Contributor", "Proofreader", "Sponsor manager"])
def test_addresses_are_for_few(name):
    subscriber = make_subscriber()
    client = sign_in_as(name)
    for path in ("", f"{subscriber.pk}/change/", "growth/"):
        assert client.get(f"{URL}{path}").status_code == 403
    assert "Subscribers" not in client.get("/admin/").content.decode()


# Adding by hand


def add(client, **fields):
    return client.post(f"{URL}add/", {"address": "Ada@example.com", "agreement": "By mail, 3 May 2026.", **fields})


@pytest.mark.parametrize(("given", "state"), [({"is_agreed": "on"}, State.ACTIVE), ({}, State.PENDING)])
def test_subscriber_added_by_hand_is_active_only_if_the_editor_says_that_they_agreed(editor, given, state):
    assert add(editor, **given).status_code == 302
    ada = Subscriber.objects.get()
    assert (ada.state, ada.consent, ada.source) == (state, "By mail, 3 May 2026.", "by hand: Editor")


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"agreement": " "}, "agreement", "required"),
        ({"address": ""}, "address", "required"),
        ({"address": "ada"}, "address", "no_at"),
        ({"address": "known@EXAMPLE.com"}, "address", "unique"),
        ({"address": "gone@example.com"}, "address", "suppressed"),
        ({"address": "a@b@example.com"}, "address", "several"),
        ({"agreement": "x" * 301}, "agreement", "max_length"),
    ],
)
def test_what_is_wrong_with_a_new_subscriber_is_said_at_its_field(editor, given, field, code):
    make_subscriber("known@example.com", left_at=NOW)
    make_suppression("gone@example.com", reason="forgotten")
    assert error_codes(add(editor, **given)) == {field: [code]}
    assert Subscriber.objects.count() == 1


def test_subscriber_who_signs_up_at_the_same_moment_is_no_error(editor, monkeypatch):
    make_subscriber("ada@example.com")
    monkeypatch.setattr("mailings.admin.subscribers.AddForm.clean_address", lambda form: "ada@example.com")
    assert add(editor).status_code == 302
    assert Subscriber.objects.count() == 1


# The page of one, and what can be done


def act(client, subscriber, name, **fields):
    return client.post(f"{URL}{subscriber.pk}/act/", {"act": name, **fields})


def test_page_says_what_happened_in_its_order(editor):
    ago = [NOW - timedelta(days=days) for days in (3, 2, 1)]
    ada = make_subscriber(source="form: /subscribe/", created_at=ago[0], confirmed_at=ago[1], left_at=ago[2])
    page = editor.get(f"{URL}{ada.pk}/change/")
    assert [what for _, what, _ in page.context["events"]] == ["Added", "Confirmed", "Left"]


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_a_fixed_number_of_queries(editor, django_assert_num_queries, count):
    subscribers = [make_subscriber() for _ in range(count)]
    with django_assert_num_queries(9):
        editor.get(f"{URL}{subscribers[0].pk}/change/")


def test_subscription_is_ended_by_hand(editor):
    ada = make_subscriber("ada@example.com")
    assert act(editor, ada, "leave").status_code == 302
    assert Subscriber.objects.get().state == State.LEFT


def test_bounce_is_lifted(editor):
    ada = make_subscriber(bounced_at=NOW, bounce="550 No such user")
    act(editor, ada, "lift_bounce")
    assert Subscriber.objects.active().exists()


def test_address_is_suppressed_and_that_is_lifted_by_an_administrator_only(editor, administrator):
    ada = make_subscriber("ada@example.com")
    act(editor, ada, "suppress")
    assert not Subscriber.objects.active().exists()
    assert act(editor, ada, "lift_suppression").status_code == 403
    act(administrator, ada, "lift_suppression")
    assert Subscriber.objects.active().exists()


def test_forgetting_asks_first_and_leaves_a_hash(administrator, editor):
    ada = make_subscriber("ada@example.com")
    assert act(editor, ada, "forget", confirmed="yes").status_code == 403
    assert act(administrator, ada, "forget").context["asked"] == "forget"
    assert Subscriber.objects.exists()
    act(administrator, ada, "forget", confirmed="yes")
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "forgotten"


@pytest.mark.parametrize(("name", "status"), [("explode", 404), ("", 404)])
def test_act_that_there_is_not_is_refused(editor, name, status):
    assert act(editor, make_subscriber(), name).status_code == status


def test_every_act_is_logged_without_the_address(administrator):
    add(administrator)
    ada = Subscriber.objects.get()
    for name in ("leave", "suppress", "lift_suppression"):
        act(administrator, ada, name)
    act(administrator, ada, "forget", confirmed="yes")
    administrator.post("/admin/mailings/suppression/add/", {"address": "eve@example.com"})
    administrator.post(f"{URL}export/")
    entries = LogEntry.objects.order_by("pk")
    assert [entry.object_repr.split()[0] for entry in entries] == ["subscriber"] * 5 + ["suppression", "subscribers"]
    assert not any("@" in f"{entry.object_repr} {entry.change_message}" for entry in entries)


@pytest.mark.parametrize("key", ["999", "x", "_2F", "9" * 40])
def test_there_is_no_page_of_nobody(editor, key):
    assert editor.get(f"{URL}{key}/change/").status_code == 404


def test_nothing_is_done_to_nobody(editor):
    assert act(editor, Subscriber(pk=999), "leave").status_code == 404


# Exporting


def text_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_download_holds_what_the_list_shows_and_is_logged(administrator, caplog):
    make_one_of_each()
    with caplog.at_level("INFO"):
        lines = text_of(administrator.post(f"{URL}export/?state=left&q=left@example.com")).splitlines()
    assert [line.split(",")[0] for line in lines] == ["address", "left@example.com"]
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.change_message) == (
        "Administrator",
        "Exported 1 subscribers: state is “left”; a search.",
    )
    assert "Administrator exported 1 subscribers" in caplog.text
    assert "@" not in caplog.text


def test_export_needs_its_own_permission(editor):
    make_subscriber()
    assert editor.post(f"{URL}export/").status_code == 403
    assert b"export/" not in editor.get(URL).content
    assert not LogEntry.objects.exists()
    assert sign_in("export_subscriber").post(f"{URL}export/").status_code == 403


# Growth


def test_growth_counts_weeks_sources_and_domains(editor):
    week = timedelta(weeks=1)
    make_subscriber("a@a.example", source="form: a", confirmed_at=NOW - 3 * week)
    make_subscriber("b@a.example", source="form: a", confirmed_at=NOW - 3 * week, left_at=NOW - week)
    make_subscriber("c@b.example", source="import: b", confirmed_at=NOW)
    make_subscriber("d@b.example", confirmed_at=None)
    make_subscriber("old@c.example", source="form: a", confirmed_at=NOW - 200 * week)
    growth = editor.get(f"{URL}growth/").context["growth"]
    assert (len(growth.weeks), growth.count) == (104, 3)
    assert [(one.joined, one.gone, one.total) for one in growth.weeks[-4:]] == [
        (2, 0, 3),
        (0, 0, 3),
        (0, 1, 2),
        (1, 0, 3),
    ]
    assert growth.sources == [("form: a", 2), ("import: b", 1)]
    assert growth.domains == [("a.example", 1), ("b.example", 1), ("c.example", 1)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_growth_takes_a_fixed_number_of_queries(editor, django_assert_num_queries, count):
    for _ in range(count):
        make_subscriber()
    with django_assert_num_queries(9):
        assert editor.get(f"{URL}growth/").status_code == 200
