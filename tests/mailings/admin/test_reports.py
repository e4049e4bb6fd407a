"""The page of what came back: by domain and by reason, for whoever may see mailings, without addresses."""

from datetime import timedelta

import lxml.html
import pytest
from django.urls import reverse
from django.utils import timezone

from mailings.models.mailings import Mailing
from mailings.models.reports import Report
from mailings.models.subscribers import Subscriber
from mailings.reporting import Kind, Reported, take
from tests.make import make_delivery, make_issue, make_subscriber, sign_in

pytestmark = pytest.mark.django_db
PAGE = "admin:mailings_mailing_reports"


def make_mailing() -> Mailing:
    mailing = Mailing.objects.create(issue=make_issue())
    now = timezone.now()
    words = {"subject": "x", "sender": "x", "html": "x", "text": "x"}
    Mailing.objects.filter(pk=mailing.pk).update(status="sending", prepared_at=now, candidates=1, **words)
    return mailing


def came_back(address, kind=Kind.PUT_OFF, reason="452 4.2.2 Mailbox full", mailing=None, days=1) -> Subscriber:
    subscriber = Subscriber.objects.by_address(address)
    subscriber = subscriber or make_subscriber(address, confirmed_at=timezone.now() - timedelta(days=900))
    when = timezone.now() - timedelta(days=days)
    delivery = make_delivery(subscriber, mailing=mailing, settled_at=when)
    take(Reported(kind, str(delivery.pk), "mailbox", when, reason=reason, delivery=delivery.pk))
    return subscriber


def words(element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def rows(response, place=0):
    table = lxml.html.fromstring(response.content).xpath("//table")[place]
    return [[words(cell) for cell in row] for row in table.xpath("tbody/tr")]


def test_domain_is_shown_in_its_own_letters_and_looked_for_in_ascii(desk):
    came_back("ada@Bücher.example")
    page = lxml.html.fromstring(desk.get(reverse(PAGE)).text)
    (link,) = page.xpath("//table//a[contains(@href, 'domain=')]")
    assert link.text == "bücher.example"
    assert link.get("href").endswith("?domain=xn--bcher-kva.example")


def test_domains_and_reasons_are_counted(desk):
    came_back("ada@example.com")
    came_back("bob@example.com", Kind.BOUNCED, "550 5.1.1 <bob@example.com>: no such user")
    came_back("carl@example.com", Kind.COMPLAINED, "")
    make_delivery(make_subscriber("dora@example.com"))
    make_delivery(make_subscriber("eve@example.org"), "refused", reason="550 5.7.1 Blocked")
    make_delivery(make_subscriber("frank@example.net"))
    response = desk.get(reverse(PAGE))
    assert rows(response) == [
        ["example.com", "4", "0", "1", "1", "50 %", "1 25.00 %", "0"],
        ["example.org", "0", "1", "0", "0", "100 %", "0", "0"],
    ]
    assert rows(response, 1) == [
        ["4.2.2", "452 4.2.2 Mailbox full bounced for now", "1"],
        ["5.1.1", "550 5.1.1 <(address)>: no such user bounced", "1"],
    ]


@pytest.mark.parametrize(("query", "count"), [("", 1), ("?weeks=12", 2), ("?weeks=all", 3), ("?weeks=x", 1)])
def test_time_is_chosen(desk, query, count):
    for days in (1, 50, 500):
        came_back("ada@example.com", days=days)
    [row] = rows(desk.get(reverse(PAGE) + query))
    assert (row[1], row[4]) == (str(count), str(count))


def test_mailing_is_chosen(desk):
    first, second = make_mailing(), make_mailing()
    came_back("ada@example.com", mailing=first, days=400)
    came_back("bob@example.org", mailing=second)
    assert [row[0] for row in rows(desk.get(reverse(PAGE), {"mailing": first.pk}))] == ["example.com"]


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "²", "-1", "1\0"])
def test_mailing_that_is_none_is_not_found(desk, key):
    assert desk.get(reverse(PAGE), {"mailing": key}).status_code == 404


def test_report_about_nobody_is_counted_as_not_known(desk):
    take(Reported(Kind.COMPLAINED, "1", "mailbox", timezone.now()))
    assert rows(desk.get(reverse(PAGE)))[0][0] == "not known"


def test_empty_page_says_so(desk):
    [[cell]] = rows(desk.get(reverse(PAGE)))
    assert cell.startswith("Nothing came back.")


def test_page_takes_few_queries(desk, django_assert_num_queries):
    mailing = make_mailing()
    for number in range(5):
        came_back(f"ada@example{number}.com", mailing=mailing)
    with django_assert_num_queries(6):
        desk.get(reverse(PAGE))
    with django_assert_num_queries(7):
        desk.get(reverse(PAGE), {"mailing": mailing.pk})


@pytest.mark.parametrize(
    ("permissions", "status"), [(["view_mailing"], 200), (["send_mailing"], 200), (["view_subscriber"], 403)]
)
def test_whoever_may_see_mailings_sees_it_without_addresses(permissions, status):
    came_back("ada@example.com", reason="<ada@example.com>: full")
    response = sign_in(*permissions).get(reverse(PAGE))
    assert response.status_code == status
    assert b"ada@" not in response.content
    assert b"?domain=" not in response.content


def test_pages_lead_there(desk):
    mailing = make_mailing()
    came_back("ada@example.com", mailing=mailing)
    page = desk.get(reverse("admin:mailings_mailing_page", args=[mailing.issue_id])).content.decode()
    assert f"{reverse(PAGE)}?mailing={mailing.pk}" in page
    assert reverse(PAGE) in desk.get(reverse("admin:mailings_subscriber_changelist")).content.decode()


def test_page_of_a_subscriber_says_what_was_reported_and_how_often_in_a_row(desk):
    ada = came_back("ada@example.com", days=20)
    came_back("ada@example.com", days=2)
    take(Reported(Kind.BOUNCED, "forged", "mailbox", timezone.now() - timedelta(days=30), address="ada@example.com"))
    tree = lxml.html.fromstring(desk.get(reverse("admin:mailings_subscriber_change", args=[ada.pk])).content)
    events = [words(event) for event in tree.xpath("//ol[@class='events']/li")]
    reported = [event.partition("Reported: ")[2] for event in events if "Reported" in event]
    assert reported == [
        "bounced It does not say which message it is about, so nothing followed.",
        "bounced for now 452 4.2.2 Mailbox full",
        "bounced for now 452 4.2.2 Mailbox full Mailings in a row that failed: 2.",
    ]


def test_reports_are_in_what_is_held_about_a_reader(client):
    ada = came_back("ada@example.com")
    response = client.get(reverse("held", args=[ada.token]))
    [held] = response.json()["reports"]
    assert (held["kind"], held["status"]) == (Report.Kind.PUT_OFF, "4.2.2")
