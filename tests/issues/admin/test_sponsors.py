"""The last message of a sponsor, for the form of an issue."""

import lxml.html
import pytest

from sponsors.models import Placement
from tests.desk_forms import error_codes, save
from tests.make import make_issue, make_placement, make_sponsor, sign_in

LAST = "/admin/sponsors/placement/last/"


@pytest.fixture
def acme(db):
    return make_sponsor("Acme")


def last(client, **query):
    return client.get(LAST, {"sponsor": "Acme", **query}).json()


def test_last_message_is_that_of_the_issue_with_the_highest_number(desk, acme):
    make_placement(make_issue(number=9), sponsor=acme, message="New.", url="https://a.example/9")
    make_placement(make_issue(number=8), sponsor=acme, message="Old.")
    make_placement(make_issue(number=10), message="Of another sponsor.")
    make_placement(make_issue(number=11, status="draft"), sponsor=acme, message="", url="", state="booked")
    assert last(desk) == {"number": 9, "message": "New.", "url": "https://a.example/9"}
    assert last(desk, sponsor=" acme") == last(desk)


def test_last_message_is_that_of_an_issue_before_the_number(desk, acme):
    for number in (8, 9):
        make_placement(make_issue(number=number), sponsor=acme)
    assert [last(desk, number=number).get("number") for number in (10, 9, 8)] == [9, 8, None]


@pytest.mark.parametrize(
    "query", [{"number": "x"}, {"number": "9" * 30}, {"number": "²"}, {"sponsor": "\0"}, {"sponsor": ""}]
)
def test_any_query_is_answered(desk, acme, query):
    make_placement(make_issue(number=8), sponsor=acme)
    assert last(desk, **query).get("number") == (8 if "number" in query else None)


def test_last_message_takes_one_query(desk, acme, django_assert_num_queries):
    for number in (8, 9, 10):
        make_placement(make_issue(number=number), sponsor=acme)
    with django_assert_num_queries(3):  # Two for the session and its user.
        last(desk)


@pytest.mark.parametrize(
    ("permission", "status"), [("view_placement", 403), ("add_placement", 200), ("change_placement", 200)]
)
def test_last_message_is_for_those_who_place_sponsors(acme, permission, status):
    assert sign_in(permission).get(LAST, {"sponsor": "Acme"}).status_code == status


def test_form_of_the_issue_leads_to_all_messages_of_the_sponsor(desk, acme):
    earlier, issue = make_issue(number=8), make_issue(number=9, status="draft")
    for one in (earlier, issue):
        make_placement(one, sponsor=acme)
    make_placement(make_issue(number=7))
    page = lxml.html.fromstring(desk.get(f"/admin/issues/issue/{issue.pk}/change/").content.decode())
    (link,) = page.xpath("//a[contains(@href, '/placement/?sponsor')]/@href")
    assert {row.issue for row in desk.get(link).context["cl"].result_list} == {earlier, issue}


def test_sponsor_of_a_message_is_a_name_on_its_own_page(desk, acme):
    issue = make_issue(number=8, status="draft")
    placement = make_placement(issue, sponsor=make_sponsor("Other"))
    page = f"/admin/sponsors/placement/{placement.pk}/change/"
    assert save(desk, page, "placement_form", sponsor="acme").status_code == 302
    assert Placement.objects.get().sponsor == acme
    assert error_codes(save(desk, page, "placement_form", sponsor="Acmee"))["sponsor"] == ["unknown"]
    assert save(desk, page, "placement_form", sponsor="+Honeycomb").status_code == 302
    assert Placement.objects.get().sponsor.name == "Honeycomb"
