"""The page of a mailing at the desk: the plan, the figures, the acts, and who may do what."""

from datetime import timedelta

import lxml.html
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from mailings.tasks import send_test
from tests.make import make_issue, make_subscriber, sign_in

pytestmark = pytest.mark.django_db
Status = Mailing.Status


@pytest.fixture
def issue() -> Issue:
    return Issue.objects.get(pk=make_issue(articles=1).pk)


@pytest.fixture
def mailing(issue) -> Mailing:
    for number in range(5):
        make_subscriber(f"reader{number}@example.com")
    make_subscriber("paused@example.com", paused_until=timezone.now() + timedelta(days=9))
    return prepare(issue)


def page_of(issue):
    return reverse("admin:mailings_mailing_page", args=[issue.pk])


def act(desk, issue, name, **data):
    return desk.post(page_of(issue), {"act": name, **data}, follow=True)


def settle(state, count=1, reason="550 No"):
    keys = Delivery.objects.filter(state="waiting").values_list("pk", flat=True)[:count]
    Delivery.objects.filter(pk__in=list(keys)).update(state=state, settled_at=timezone.now(), reason=reason)


def figures(response):
    tree = lxml.html.fromstring(response.content)
    names = [name.text for name in tree.xpath("//dl[@class='sums']//dt")]
    return dict(zip(names, [int(value.text) for value in tree.xpath("//dl[@class='sums']//dd")], strict=True))


def test_figures_add_up(desk, mailing):
    settle("sent", 2, "")
    settle("refused")
    settle("unknown")
    assert figures(desk.get(page_of(mailing.issue))) == {
        "Sent": 2,
        "Waiting": 1,
        "Refused": 1,
        "Unknown": 1,
        "Left out": 1,
    }


def test_address_is_found_with_what_became_of_it(desk, mailing):
    settle("refused")
    response = desk.get(page_of(mailing.issue), {"q": "READER"})
    assert [found.state for found in response.context["found"]] == ["refused", *["waiting"] * 4]
    assert "550 No" in response.text


@pytest.mark.parametrize("rows", [1, 40])
def test_page_takes_as_many_queries_for_any_number(desk, mailing, rows, django_assert_num_queries):
    for number in range(rows):
        subscriber = make_subscriber(f"other{number}@other{number}.example")
        Delivery.objects.create(mailing=mailing, subscriber=subscriber, domain=subscriber.domain)
    desk.get(page_of(mailing.issue))
    with django_assert_num_queries(11):
        desk.get(page_of(mailing.issue))


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        (Status.SENDING, "pause", Status.PAUSED),
        (Status.PAUSED, "resume", Status.SENDING),
        (Status.SENDING, "cancel", Status.CANCELLED),
        (Status.PAUSED, "cancel", Status.CANCELLED),
        (Status.CANCELLED, "resume", Status.CANCELLED),
        (Status.CANCELLED, "send", Status.CANCELLED),
        (Status.SENDING, "hold", Status.SENDING),
    ],
)
def test_acts_move_a_mailing_that_is_prepared(desk, mailing, before, name, after):
    Mailing.objects.update(status=before)
    response = act(desk, mailing.issue, name)
    mailing.refresh_from_db()
    assert mailing.status == after
    assert ("error" in [message.level_tag for message in response.context["messages"]]) == (before == after)
    assert LogEntry.objects.count() == (before != after)


def levels(desk, issue):
    return {found.text.split()[0]: found.level.label for found in desk.get(page_of(issue)).context["findings"]}


def test_plan_says_what_is_to_be_looked_at(desk, issue, settings):
    assert levels(desk, issue) == {"Answers": "note", "Not": "note", "Nobody": "warning", "No": "warning"}
    settings.NEWSLETTER_POSTAL_ADDRESS, settings.NEWSLETTER_REPLY_TO = "", "editor@sreweekly.example"
    make_subscriber()
    assert levels(desk, issue) == {"No": "warning", "Not": "note", "1": "note"}
    assert "stop" in {found.level.label for found in desk.get(page_of(issue)).context["findings"]}


def test_plan_says_if_there_are_far_more_recipients_than_last_time(desk, mailing):
    for _ in range(3):
        make_subscriber()
    assert levels(desk, make_issue(number=2))["8"] == "warning"


def test_plan_takes_a_fixed_number_of_queries(desk, issue, django_assert_num_queries):
    desk.get(page_of(issue))
    with django_assert_num_queries(14):
        desk.get(page_of(issue))


def test_issue_and_first_page_lead_to_the_mail(desk, mailing):
    settle("sent", 2, "")
    settle("refused")
    for address in ("/admin/", reverse("admin:issues_issue_change", args=[mailing.issue.pk])):
        assert page_of(mailing.issue) in desk.get(address).text
    assert "2 of 5 sent, 1 refused" in desk.get("/admin/").text


def test_test_goes_to_the_editor_and_the_seeds_and_is_marked(desk, issue, settings, sink):
    settings.MAILING_SEEDS = ["seed@example.org"]
    act(desk, issue, "test")
    send_test(issue.pk, User.objects.get().pk)
    assert sorted(sink.counts) == ["editor@example.com", "seed@example.org"]
    assert sink.parsed()["Subject"].startswith("[Test] ")
    assert Mailing.objects.get().tested_version == issue.version


def test_test_that_was_refused_is_none_and_is_logged_without_the_address(desk, issue, sink, caplog):
    sink.answer = lambda step, address: f"550 5.7.1 <{address}>: no"
    act(desk, issue, "test")
    send_test(issue.pk, User.objects.get().pk)
    assert Mailing.objects.get().tested_at is None
    assert "was not sent: 550 5.7.1" in caplog.text
    assert "editor@example.com" not in caplog.text


def test_mail_is_held_and_sent_by_hand(desk, issue):
    make_subscriber()
    act(desk, issue, "hold")
    assert prepare(issue).status == Status.HELD
    act(desk, issue, "release")
    assert Mailing.objects.get().counts().waiting == 1


def test_unknown_deliveries_are_sent_again_by_hand_only(desk, mailing):
    settle("unknown", 2)
    act(desk, mailing.issue, "again")
    assert (mailing.counts().unknown, mailing.counts().waiting) == (0, 5)


def test_preheader_is_kept_until_the_mail_is_prepared(desk, issue):
    act(desk, issue, "plan", preheader="  Two   good reads ")
    assert Mailing.objects.get().preheader == "Two good reads"
    response = act(desk, issue, "plan", preheader="x" * 151)
    assert response.status_code == 200
    assert Mailing.objects.get().preheader == "Two good reads"
    assert "Two good reads" in prepare(issue).html


@pytest.mark.parametrize("name", ["test", "hold"])
def test_preheader_is_kept_by_the_other_buttons_too(desk, issue, name):
    act(desk, issue, name, preheader="Two good reads")
    assert Mailing.objects.get().preheader == "Two good reads"


def test_preheader_of_a_mail_that_went_out_does_not_change(desk, mailing):
    act(desk, mailing.issue, "pause", preheader="Too late")
    mailing.refresh_from_db()
    assert (mailing.status, mailing.preheader) == (Status.PAUSED, "")


@pytest.mark.parametrize("changed", [{"created_at": timedelta(hours=1)}, {"publish_at": timedelta(hours=-49)}])
def test_issue_that_is_imported_or_old_has_no_plan(desk, issue, changed):
    Issue.objects.update(created_at=issue.publish_at - timedelta(days=9))
    Issue.objects.update(**{name: timezone.now() + after for name, after in changed.items()})
    response = desk.get(page_of(issue))
    assert response.context["described"][1] == "not mailed"
    assert not lxml.html.fromstring(response.content).xpath("//form[@class='plan']")


@pytest.mark.parametrize(
    ("permissions", "status", "sees_addresses", "may_act"),
    [
        ([], 403, False, False),
        (["view_mailing"], 200, False, False),
        (["view_mailing", "view_subscriber"], 200, True, False),
        (["send_mailing"], 200, False, True),
    ],
)
def test_who_may_not_see_addresses_sees_counts_alone(mailing, permissions, status, sees_addresses, may_act):
    client = sign_in(*permissions)
    response = client.get(page_of(mailing.issue), {"q": "reader"})
    assert response.status_code == status
    assert ("reader0@example.com" in response.text) == sees_addresses
    assert (client.post(page_of(mailing.issue), {"act": "pause"}).status_code == 302) == may_act


@pytest.mark.parametrize("count", [1, 5])
def test_list_takes_a_fixed_number_of_queries(desk, mailing, count, django_assert_num_queries):
    for _ in range(count):
        Mailing.objects.create(issue=make_issue())
    settle("sent", 2, "")
    address = reverse("admin:mailings_mailing_changelist")
    desk.get(address)
    with django_assert_num_queries(7):
        rows = lxml.html.fromstring(desk.get(address).content).xpath("//tr[td[contains(., '5')]]")
    assert len(rows) >= 1


def test_list_leads_to_the_page(desk, mailing):
    assert page_of(mailing.issue) in desk.get(reverse("admin:mailings_mailing_changelist")).text
    change = reverse("admin:mailings_mailing_change", args=[mailing.pk])
    assert desk.get(change).url == page_of(mailing.issue)
    assert desk.get(reverse("admin:mailings_mailing_page", args=[10**9])).status_code == 404
    assert desk.post(page_of(mailing.issue), {"act": "nothing"}).status_code == 403
