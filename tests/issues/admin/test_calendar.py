"""The calendar of the sponsors' slots: weeks, gaps, and what each person may do from it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from issues.models.issues import Issue
from issues.schedule import coming_publication_times
from sponsors.models import Placement
from tests.desk_forms import save
from tests.make import make_issue, make_placement, make_sponsor, sign_in

CALENDAR = "/admin/sponsors/placement/calendar/"


def weeks(response):
    return [week for _, found in response.context["calendar"].months for week in found]


def test_each_week_of_six_months_has_its_issue_or_a_gap(desk):
    soon, _, later = coming_publication_times(3)
    make_issue(number=5, status="draft", publish_at=soon - timedelta(hours=3))
    make_issue(number=6, status="draft", publish_at=later)
    response = desk.get(CALENDAR)
    found = {week.publish_at: [slot.issue.number for slot in week.slots] for week in weeks(response)}
    assert (found[soon], found[later]) == ([5], [6])
    assert len(response.context["calendar"].months) == 6
    assert [week.is_first_gap for week in weeks(response)].count(True) == 1


def test_counts_tell_slots_apart(desk):
    states = ("booked", "copy_in", "approved", None)
    for number, (time, state) in enumerate(zip(coming_publication_times(4), states, strict=True), 1):
        issue = make_issue(number=number, status="draft", publish_at=time)
        if state:
            make_placement(issue, state=state)
    counts = desk.get(CALENDAR).context["calendar"].counts
    assert (counts["approved"], counts["to_approve"], counts["free"]) == (1, 2, 1)


def test_gap_begins_its_issue(desk):
    make_issue(number=1, status="draft", publish_at=coming_publication_times(1)[0])
    page = desk.get(CALENDAR)
    gap = next(week for week in weeks(page) if week.is_first_gap)
    fields = {"number": page.context["calendar"].next_number, "publish_at": gap.publish_at.isoformat()}
    desk.post("/admin/issues/issue/begin/", fields)
    assert Issue.objects.get(number=2).publish_at == gap.publish_at


def test_free_slot_is_booked_and_the_calendar_shows_it(desk):
    issue = make_issue(number=1, status="draft", publish_at=coming_publication_times(1)[0])
    address = f"/admin/sponsors/placement/add/?issue={issue.pk}"
    assert address in desk.get(CALENDAR).content.decode()
    response = save(desk, address, "placement_form", sponsor=make_sponsor().name)
    assert response.url == CALENDAR
    assert Placement.objects.get().issue == issue


def test_reader_of_the_calendar_gets_no_act(db):
    make_issue(number=1, status="draft", publish_at=coming_publication_times(1)[0])
    body = sign_in("view_placement").get(CALENDAR).content.decode()
    assert "/issue/begin/" not in body
    assert "/placement/add/" not in body
    assert "/issues/issue/" not in body


@pytest.mark.parametrize("status", ["draft", "approved"])
def test_sponsor_manager_books_open_issues_only(db, status):
    issue = make_issue(number=1, status=status, publish_at=coming_publication_times(1)[0])
    body = sign_in("view_placement", "add_placement").get(CALENDAR).content.decode()
    assert (f"/placement/add/?issue={issue.pk}" in body) == (status == "draft")


@pytest.mark.parametrize("given", ["2016-03", "2016-13", "0001-01", "9999-12", "x", "\0"])
def test_any_month_is_answered(desk, given):
    make_issue(number=1, publish_at=datetime(2016, 3, 13, 20, 45, tzinfo=ZoneInfo("America/New_York")))
    response = desk.get(CALENDAR, {"from": given})
    assert response.status_code == 200
    assert any(week.slots for week in weeks(response)) == (given == "2016-03")


def test_draft_without_a_time_is_shown_with_the_current_months(desk):
    issue = make_issue(number=1, status="draft")
    Issue.objects.update(publish_at=None)
    assert [slot.issue for slot in desk.get(CALENDAR).context["calendar"].timeless] == [issue]
    assert desk.get(CALENDAR, {"from": "2016-03"}).context["calendar"].timeless == []


@pytest.mark.parametrize("count", [1, 4])
def test_calendar_takes_6_queries(desk, django_assert_num_queries, count):
    for number, time in enumerate(coming_publication_times(count), 1):
        make_placement(make_issue(number=number, status="draft", publish_at=time))
    with django_assert_num_queries(6):
        desk.get(CALENDAR)
