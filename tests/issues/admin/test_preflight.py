"""Preflight in the issue's form, and what it keeps from being published."""

from datetime import timedelta

import lxml.html
import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from issues.schedule import next_publication_time
from tests.desk_forms import read_form, save
from tests.make import make_article, make_issue, make_placement

# Within the two weeks for which the editor of the tests is signed in.
SUNDAY = next_publication_time(timezone.now())
TUESDAY = SUNDAY + timedelta(days=2)


@pytest.fixture
def issue(db):
    """A draft in which nothing but notes is found."""
    issue = make_issue(status="draft")
    make_article(issue=issue, title="One")
    make_placement(issue)
    return issue


def change_url(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


def panel_url(issue):
    return f"{change_url(issue)}?preflight=1"


def press(desk, issue, button, **changes):
    """The button in the form, on a Sunday; follows the redirect."""
    with time_machine.travel(SUNDAY, tick=False):
        response = save(desk, change_url(issue), "issue_form", button, **changes)
        assert response.status_code == 302
        return desk.get(response.url)


def sentences(response):
    return [str(message) for message in response.context["messages"]]


def panel(response):
    (section,) = lxml.html.fromstring(response.text).xpath("//form//section[@id='preflight']")
    return section


def state(issue):
    return Issue.objects.get(pk=issue.pk).state


def test_findings_link_to_fields_that_are_on_the_page(desk, issue):
    make_article(issue=issue, title="", url="", blurb="TODO", section="outages").credit([])
    make_article(issue=issue, blurb="", byline="TK", disclosure="TK").credit([])
    issue.placements.update(state="booked", message="TK")
    Issue.objects.update(intro="TK")
    response = desk.get(panel_url(issue))
    ids = set(lxml.html.fromstring(response.text).xpath("//@id"))
    anchors = {link.get("href").removeprefix("#") for link in panel(response).iter("a")}
    assert len(anchors) >= 11
    assert anchors <= ids


def test_counts_are_in_the_heading(desk, issue):
    make_article(issue=issue, title="", blurb="TK")
    heading = panel(desk.get(panel_url(issue))).xpath("h2")[0]
    assert heading.text == "Preflight: 1 stop, 1 warning, 3 notes"


def test_form_does_not_wait_for_preflight_and_says_where_it_is(desk, issue):
    section = panel(desk.get(change_url(issue)))
    assert [link.get("href") for link in section.iter("a")] == ["?preflight=1#preflight"]
    brought = desk.get(section.get("data-address"))
    there = panel(desk.get(panel_url(issue)))
    assert lxml.html.fromstring(brought.text).text_content().split() == there.text_content().split()


def test_who_may_not_see_issues_is_not_told_what_preflight_finds(issue, client):
    client.force_login(User.objects.create_user("other", is_staff=True))
    assert client.get(f"/admin/issues/issue/{issue.pk}/preflight/").status_code == 403


def test_new_issue_has_no_preflight_yet(desk):
    assert 'id="preflight"' not in desk.get(reverse("admin:issues_issue_add")).text


def test_who_may_only_look_gets_no_links_into_fields(issue, client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_issue", "view_article"]))
    client.force_login(user)
    section = panel(client.get(panel_url(issue)))
    assert "Preflight" in section.text_content()
    assert not list(section.iter("a"))


@pytest.mark.parametrize("button", ["_approve", "_publish"])
def test_stops_keep_an_issue_from_coming_out(desk, issue, button):
    issue.placements.update(state="booked")
    Issue.objects.update(publish_at=SUNDAY + timedelta(hours=1))
    response = press(desk, issue, button, intro="Kept.")
    assert "1 thing stops it" in sentences(response)[-1]
    assert (state(issue), Issue.objects.get().intro) == ("draft", "Kept.")
    assert "1 stop" in panel(response).text_content()
    assert not panel(response).xpath(".//button")


def test_warnings_want_to_be_confirmed_once(desk, issue):
    make_article(issue=issue, blurb="")
    response = press(desk, issue, "_publish")
    assert state(issue) == "draft"
    assert "then press “Publish with 1 warning” there" in sentences(response)[-1]
    (button,) = panel(response).xpath(".//button")
    assert button.text == "Publish with 1 warning"
    confirm(desk, issue, button)
    assert state(issue) == "scheduled"


def confirm(desk, issue, button, **changes):
    with time_machine.travel(SUNDAY, tick=False):
        data = read_form(desk.get(change_url(issue)), "issue_form") | changes
        return desk.post(change_url(issue), data | {button.get("name"): button.get("value")})


def test_approval_is_confirmed_as_approval(desk, issue):
    make_article(issue=issue, blurb="")
    Issue.objects.update(publish_at=SUNDAY + timedelta(hours=1))
    (button,) = panel(press(desk, issue, "_approve")).xpath(".//button")
    assert button.text == "Approve with 1 warning"
    confirm(desk, issue, button)
    assert (state(issue), Issue.objects.get().publish_at) == ("scheduled", SUNDAY + timedelta(hours=1))


def test_confirming_some_warnings_confirms_no_others(desk, issue):
    make_article(issue=issue, blurb="")
    (button,) = panel(press(desk, issue, "_publish")).xpath(".//button")
    confirm(desk, issue, button, intro="TK")
    assert state(issue) == "draft"


def test_nothing_is_asked_where_nothing_is_found(desk, issue):
    press(desk, issue, "_publish")
    assert state(issue) == "scheduled"


def test_day_of_publication_is_that_of_the_button(desk, issue):
    Issue.objects.update(publish_at=SUNDAY + timedelta(days=7))
    with time_machine.travel(TUESDAY, tick=False):
        response = desk.get(save(desk, change_url(issue), "issue_form", "_publish").url)
    assert "comes out on Tuesday, " in panel(response).text_content()


def test_scheduled_issue_that_something_stops_is_a_draft_again(desk):
    issue = make_issue(articles=2, publish_at=timezone.now() + timedelta(days=3))
    save(desk, change_url(issue), "issue_form")
    assert state(issue) == "scheduled"
    first, second = issue.articles.all()
    changes = {"articles-1-url": first.url}
    response = save(desk, change_url(issue), "issue_form", "_continue", **changes)
    assert state(issue) == "draft"
    (message,) = [each for each in sentences(desk.get(response.url)) if "draft again" in each]
    assert f"because something stops it: “{second}” has the same address" in message


def test_article_that_stops_its_scheduled_issue_makes_it_a_draft(desk):
    issue = make_issue(articles=2, publish_at=timezone.now() + timedelta(days=3))
    first, second = issue.articles.all()
    save(desk, reverse("admin:issues_article_change", args=[second.pk]), "article_form", url=first.url)
    assert state(issue) == "draft"


def test_message_that_is_booked_in_a_scheduled_issue_makes_it_a_draft(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=3))
    placement = make_placement(issue)
    url = reverse("admin:sponsors_placement_change", args=[placement.pk])
    save(desk, url, "placement_form", state="booked")
    assert state(issue) == "draft"


def test_published_issue_is_corrected_whatever_stops_it(desk):
    issue = make_issue(articles=2)
    first, _ = issue.articles.all()
    response = save(desk, change_url(issue), "issue_form", "_continue", **{"articles-1-url": first.url})
    assert (response.status_code, state(issue)) == (302, "published")
    assert "1 stop" in panel(desk.get(panel_url(issue))).text_content()


def test_links_are_asked_in_the_background_after_a_save(desk, issue):
    save(desk, change_url(issue), "issue_form")
    jobs = ProcrastinateJob.objects.filter(task_name="fetching.tasks.fetch_page")
    addresses = {job.args["url"] for job in jobs}
    assert addresses == {issue.articles.get().url, "https://sponsor.example/?utm_source=newsletter"}
