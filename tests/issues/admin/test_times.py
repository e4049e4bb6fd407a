"""The publication time when the clocks are changed: either of two equal times can be chosen, and is kept."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from issues.history import changes
from issues.models.issues import Issue
from tests.desk_forms import error_codes, read_form, save
from tests.make import make_issue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("earlier")]

# Half past one in New York, twice.
FIRST, SECOND = datetime(2027, 11, 7, 5, 30, tzinfo=UTC), datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


@pytest.fixture
def earlier():
    with time_machine.travel("2027-10-25 12:00Z"):
        yield


def url_of(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


@pytest.mark.parametrize("publish_at", [FIRST, SECOND])
@pytest.mark.parametrize("status", ["draft", "approved"])
def test_it_is_kept_when_something_else_is_saved(desk, publish_at, status):
    issue = make_issue(articles=1, status=status, publish_at=publish_at)
    assert save(desk, url_of(issue), "issue_form", intro="Changed.").status_code == 302
    issue.refresh_from_db()
    assert (issue.publish_at, issue.intro, issue.status) == (publish_at, "Changed.", status)


def test_the_other_one_is_chosen(desk):
    issue = make_issue(status="draft", publish_at=FIRST)
    assert read_form(desk.get(url_of(issue)), "issue_form")["publish_at_2"] == ["-0400"]
    save(desk, url_of(issue), "issue_form", publish_at_2="-0500")
    issue.refresh_from_db()
    assert issue.publish_at == SECOND
    assert "EST (UTC−05:00)" in desk.get(url_of(issue)).content.decode()


def test_new_time_that_is_shown_twice_is_asked_for_and_approved(desk):
    issue = make_issue(articles=1, status="draft", publish_at=datetime(2027, 11, 8, 1, 45, tzinfo=UTC))
    typed = {"publish_at_0": "2027-11-07", "publish_at_1": "01:30"}
    refused = save(desk, url_of(issue), "issue_form", "_approve", **typed)
    assert error_codes(refused) == {"publish_at": ["twice"]}
    assert read_form(refused, "issue_form")["publish_at_2"] == [""]
    save(desk, url_of(issue), "issue_form", "_approve", **typed, publish_at_2="-0500", _confirm="1")
    issue.refresh_from_db()
    assert issue.publish_at == SECOND


def test_time_that_is_skipped_is_refused(desk):
    issue = make_issue(status="draft")
    response = save(desk, url_of(issue), "issue_form", publish_at_0="2028-03-12", publish_at_1="02:30")
    assert error_codes(response) == {"publish_at": ["skipped"]}


def test_two_tabs_see_which_of_the_two_was_saved(desk):
    issue = make_issue(status="draft", publish_at=FIRST)
    form = read_form(desk.get(url_of(issue)), "issue_form")
    save(desk, url_of(issue), "issue_form", publish_at_2="-0500")
    response = desk.post(url_of(issue), {**form, "intro": "Mine."})
    found = {str(one.label): (one.changed_by, one.choice) for one in response.context["conflict"].differences}
    assert found == {"Publication time": ("them", "theirs"), "Intro": ("me", "mine")}


def test_history_tells_the_two_apart(desk):
    issue = make_issue(status="draft", publish_at=FIRST)
    save(desk, url_of(issue), "issue_form", publish_at_2="-0500")
    after, before = issue.revisions.all()[:2]
    assert [change.kind for change in changes(before.contents, after.contents)] == ["changed"]


def test_usual_time_that_an_issue_has_is_not_free(settings):
    settings.PUBLICATION_TIME = "01:30"
    make_issue(publish_at=datetime(2027, 10, 31, 5, 30, tzinfo=UTC))
    make_issue(publish_at=FIRST)
    assert Issue.objects.first_free_time().astimezone(UTC) == datetime(2027, 11, 14, 6, 30, tzinfo=UTC)
