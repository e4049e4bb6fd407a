"""Preflight in the form of an issue, and before it is published."""

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
    """Return a draft for which preflight finds only notes."""
    issue = make_issue(status="draft")
    make_article(issue=issue, title="One")
    make_placement(issue)
    return issue


def change_url(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


def panel_url(issue):
    return f"{change_url(issue)}?preflight=1"


def press(desk, issue, button, **changes):
    """Press a button of the form on a Sunday, and follow the redirect."""
    with time_machine.travel(SUNDAY, tick=False):
        response = save(desk, change_url(issue), "issue_form", button, **changes)
        assert response.status_code == 302
        return desk.get(response.url)


def levels(response):
    return [message.level_tag for message in response.context["messages"]]


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


def test_form_has_the_address_from_which_preflight_is_loaded(desk, issue):
    section = panel(desk.get(change_url(issue)))
    assert [link.get("href") for link in section.iter("a")] == ["?preflight=1#preflight"]
    loaded = desk.get(section.get("data-address"))
    there = panel(desk.get(panel_url(issue)))
    assert lxml.html.fromstring(loaded.text).text_content().split() == there.text_content().split()


def test_preflight_needs_permission_to_view_issues(issue, client):
    client.force_login(User.objects.create_user("other", is_staff=True))
    assert client.get(f"/admin/issues/issue/{issue.pk}/preflight/").status_code == 403


def test_new_issue_has_no_preflight(desk):
    assert 'id="preflight"' not in desk.get(reverse("admin:issues_issue_add")).text


def test_user_who_may_only_view_issues_gets_no_links_to_fields(issue, client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_issue", "view_article"]))
    client.force_login(user)
    section = panel(client.get(panel_url(issue)))
    assert "Preflight" in section.text_content()
    assert not list(section.iter("a"))


@pytest.mark.parametrize("button", ["_approve", "_publish"])
def test_stop_keeps_an_issue_from_being_published(desk, issue, button):
    issue.placements.update(state="booked")
    Issue.objects.update(publish_at=SUNDAY + timedelta(hours=1))
    response = press(desk, issue, button, intro="Kept.")
    assert levels(response)[-1] == "error"
    assert (state(issue), Issue.objects.get().intro) == ("draft", "Kept.")
    assert "1 stop" in panel(response).text_content()
    assert not panel(response).xpath(".//button")


def test_warnings_are_confirmed_by_another_button(desk, issue):
    make_article(issue=issue, blurb="")
    response = press(desk, issue, "_publish")
    assert state(issue) == "draft"
    assert levels(response)[-1] == "warning"
    (button,) = panel(response).xpath(".//button")
    assert button.text == "Publish with 1 warning"
    confirm(desk, issue, button)
    assert state(issue) == "scheduled"


def confirm(desk, issue, button, **changes):
    with time_machine.travel(SUNDAY, tick=False):
        data = read_form(desk.get(change_url(issue)), "issue_form") | changes
        return desk.post(change_url(issue), data | {button.get("name"): button.get("value")})


def test_confirmation_holds_for_the_warnings_that_were_shown(desk, issue):
    make_article(issue=issue, blurb="")
    (button,) = panel(press(desk, issue, "_publish")).xpath(".//button")
    confirm(desk, issue, button, intro="TK")
    assert state(issue) == "draft"


def test_issue_without_findings_needs_no_confirmation(desk, issue):
    press(desk, issue, "_publish")
    assert state(issue) == "scheduled"


def test_preflight_checks_the_day_on_which_the_button_publishes(desk, issue):
    Issue.objects.update(publish_at=SUNDAY + timedelta(days=7))
    with time_machine.travel(TUESDAY, tick=False):
        response = desk.get(save(desk, change_url(issue), "issue_form", "_publish").url)
    assert "1 warning" in panel(response).text_content()


def test_scheduled_issue_with_a_stop_becomes_a_draft(desk):
    issue = make_issue(articles=2, publish_at=timezone.now() + timedelta(days=3))
    save(desk, change_url(issue), "issue_form")
    assert state(issue) == "scheduled"
    changes = {"articles-1-url": issue.articles.all()[0].url}
    response = save(desk, change_url(issue), "issue_form", "_continue", **changes)
    assert state(issue) == "draft"
    assert "warning" in levels(desk.get(response.url))


def test_scheduled_issue_with_a_stop_becomes_a_draft_even_if_it_is_to_be_published_now(desk):
    issue = make_issue(articles=2, publish_at=timezone.now() + timedelta(days=3))
    save(desk, change_url(issue), "issue_form", "_publish", **{"articles-1-url": issue.articles.all()[0].url})
    assert state(issue) == "draft"


def test_published_issue_with_a_stop_stays_published(desk):
    issue = make_issue(articles=2)
    first, _ = issue.articles.all()
    response = save(desk, change_url(issue), "issue_form", "_continue", **{"articles-1-url": first.url})
    assert (response.status_code, state(issue)) == (302, "published")
    assert "1 stop" in panel(desk.get(panel_url(issue))).text_content()


def test_links_are_checked_in_the_background_after_a_save(desk, issue):
    save(desk, change_url(issue), "issue_form")
    jobs = ProcrastinateJob.objects.filter(task_name="fetching.tasks.fetch_page")
    addresses = {job.args["url"] for job in jobs}
    assert addresses == {issue.articles.get().url, "https://sponsor.example/?utm_source=newsletter"}
