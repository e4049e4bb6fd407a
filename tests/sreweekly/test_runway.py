from datetime import UTC, datetime, timedelta

import lxml.html
import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from issues.tasks import announce, ping_hub
from sreweekly import certificates
from sreweekly.certificates import Certificate
from sreweekly.models import Backup
from tests.make import make_article, make_correction, make_issue, make_page, make_placement, make_sponsor, sign_in

SOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


def open_runway(client):
    """Return the Runway, and the text of each card by the end of its heading's ID."""
    response = client.get("/admin/")
    page = lxml.html.fromstring(response.content.decode())
    sections = page.xpath("//main//section")
    names = [section.get("aria-labelledby", "runway-health").removeprefix("runway-") for section in sections]
    cards = {name: " ".join(section.text_content().split()) for name, section in zip(names, sections, strict=True)}
    return response.context["runway"], cards


def test_next_issue_is_shown_with_articles_sponsor_and_findings(desk):
    make_issue(number=530)
    later = make_issue(number=532, status="draft", publish_at=None)
    issue = make_issue(number=531, status="draft", articles=3, outages=1)
    placement = make_placement(issue, sponsor=make_sponsor("Rootly"), state="booked")
    runway, cards = open_runway(desk)
    assert (runway.next_issue, runway.later_issues, runway.placement) == (issue, [later], placement)
    assert (runway.article_count, runway.usual_count) == (3, 8)
    assert runway.findings["stops"] > 0
    for text in (issue.title, "Rootly", "3 of 8"):
        assert text in cards["next"]
    assert later.title in cards["weeks"]


def test_usual_number_of_articles_is_a_setting(desk, settings):
    settings.USUAL_ARTICLES = 12
    make_issue(status="draft")
    assert "0 of 12" in open_runway(desk)[1]["next"]


def test_next_issue_can_be_started_if_there_is_no_draft(desk):
    make_issue(number=530)
    runway, cards = open_runway(desk)
    assert runway.next_issue is None
    assert "#531" in cards["next"]


def test_empty_desk_has_all_cards(desk):
    runway, cards = open_runway(desk)
    assert (runway.last_issue, runway.backlog) == (None, {})
    assert set(cards) == {"next", "save", "weeks", "waiting", "last", "health"}


def test_backlog_is_counted_by_state(desk):
    make_article(state="saved")
    make_article(state="shortlisted")
    make_article(state="shortlisted")
    make_article(state="declined")
    make_article(issue=make_issue())
    runway, cards = open_runway(desk)
    assert (runway.inbox_count, runway.backlog) == (1, {"shortlisted": 2})
    assert "1 link to decide on" in cards["waiting"]
    assert "2 shortlisted" in cards["waiting"]


def test_corrections_for_an_erratum_and_failed_jobs_are_counted(desk):
    make_correction(make_issue())
    announce.defer(issue_id=1)
    connection.cursor().execute("UPDATE procrastinate_jobs SET status = 'failed'")
    runway, cards = open_runway(desk)
    assert (runway.offered_corrections, runway.failed_jobs) == (1, 1)
    assert "1 correction" in cards["last"]
    assert "1 background job " in cards["health"]


@pytest.mark.parametrize(("seconds", "is_alive"), [(1, True), (3600, False)])
def test_worker_is_alive_while_it_has_a_heartbeat(desk, seconds, is_alive):
    seen_at = timezone.now() - timedelta(seconds=seconds)
    connection.cursor().execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [seen_at])
    runway, cards = open_runway(desk)
    assert (runway.is_worker_alive, runway.worker_seen_at) == (is_alive, seen_at)
    assert ("hour ago" in cards["health"]) != is_alive


def test_missing_worker_is_shown(desk):
    assert open_runway(desk)[0].worker_seen_at is None


@pytest.mark.parametrize(
    ("found", "text"),
    [(None, ""), (Certificate(problem="It has expired."), "It has expired."), (Certificate(SOON), "2026")],
)
def test_certificate_is_shown(desk, found, text):
    cache.set(certificates.KEY, found, timeout=None)
    assert text in open_runway(desk)[1]["health"]


def test_state_of_the_site_needs_the_permission_to_view_workers(db):
    assert "health" not in open_runway(sign_in("view_issue"))[1]


def test_runway_needs_the_permission_to_view_issues(db):
    make_issue(status="draft")
    assert open_runway(sign_in("view_page")) == (None, {})


@pytest.mark.parametrize("count", [1, 3])
def test_first_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for _ in range(count):
        issue = make_issue(status="draft", articles=count)
        make_placement(issue)
        make_article()
        make_correction(make_issue())
    with django_assert_num_queries(28):
        desk.get("/admin/")


# The coming weeks

THURSDAY = datetime(2026, 11, 26, 12, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 30, 1, 45, tzinfo=UTC)  # 20:45 on the 29th in New York.
WEEK = timedelta(days=7)


@time_machine.travel(THURSDAY)
def test_coming_weeks_hold_issues_by_their_times_and_show_gaps(desk):
    early = make_issue(number=2, status="draft", publish_at=SUNDAY - timedelta(days=1))
    third = make_issue(number=1, status="draft", publish_at=SUNDAY + 2 * WEEK)
    runway, _ = open_runway(desk)
    assert [week.issue for week in runway.weeks] == [early, None, third, None, None, None]
    assert [week.is_first_gap for week in runway.weeks] == [False, True, False, False, False, False]
    assert runway.weeks[1].publish_at == SUNDAY + WEEK
    assert (runway.next_issue, runway.later_issues) == (early, [])


@time_machine.travel(THURSDAY)
def test_issue_is_begun_for_a_week_with_the_last_sponsor(desk):
    make_placement(make_issue(number=530), sponsor=make_sponsor("Rootly"), state="approved")
    assert open_runway(desk)[0].last_sponsor == "Rootly"
    response = desk.post("/admin/issues/issue/begin/", {"publish_at": (SUNDAY + WEEK).isoformat(), "sponsor": "on"})
    issue = Issue.objects.get(number=531)
    assert response.url == f"/admin/issues/issue/{issue.pk}/change/"
    assert (issue.state, issue.publish_at, issue.title) == ("draft", SUNDAY + WEEK, "SRE Weekly Issue #531")
    placement = issue.placements.get()
    assert (str(placement.sponsor), placement.state, placement.message) == ("Rootly", "booked", "")
    assert [revision.cause for revision in issue.revisions.all()] == ["added"]


@time_machine.travel(THURSDAY)
@pytest.mark.parametrize(
    "asked", ["", "soon", "2026-99-01T00:00Z", "2026-12-06T20:45", "2020-01-05T20:45Z", "9999-12-31T23:59Z"]
)
def test_issue_is_begun_for_the_next_usual_time_if_another_is_no_use(desk, asked):
    desk.post("/admin/issues/issue/begin/", {"publish_at": asked})
    assert Issue.objects.get().publish_at == SUNDAY


@time_machine.travel(THURSDAY)
def test_time_that_an_issue_has_is_not_given_to_another(desk):
    make_issue(number=530, status="draft", publish_at=SUNDAY)
    desk.post("/admin/issues/issue/begin/", {"publish_at": SUNDAY.isoformat()})
    assert Issue.objects.get(number=531).publish_at == SUNDAY + WEEK


def test_second_press_opens_the_issue_that_was_begun(desk):
    make_issue(number=530)
    answers = [desk.post("/admin/issues/issue/begin/", {"number": "531"}).url for _ in range(2)]
    assert answers == [f"/admin/issues/issue/{Issue.objects.get(number=531).pk}/change/"] * 2


def test_issue_is_not_begun_if_its_address_belongs_to_a_page(desk):
    make_issue(number=530)
    make_page(slug="sre-weekly-issue-531")
    response = desk.post("/admin/issues/issue/begin/", follow=True)
    assert response.redirect_chain[-1][0] == "/admin/issues/issue/add/"
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert Issue.objects.count() == 1


def test_beginning_an_issue_needs_the_permission_to_add_one(db):
    assert sign_in("change_issue").post("/admin/issues/issue/begin/").status_code == 403
    assert not Issue.objects.exists()


def test_scheduled_issue_is_taken_back(desk):
    issue = make_issue(publish_at=timezone.now() + timedelta(minutes=2))
    assert "Take it back" in open_runway(desk)[1]["next"]
    assert desk.post(f"/admin/issues/issue/{issue.pk}/withdraw/").url == "/admin/"
    issue.refresh_from_db()
    assert issue.state == "draft"


@pytest.mark.parametrize("status", ["approved", "draft"])
def test_issue_that_is_not_scheduled_is_not_taken_back(desk, status):
    issue = make_issue(status=status)
    desk.post(f"/admin/issues/issue/{issue.pk}/withdraw/")
    issue.refresh_from_db()
    assert issue.status == status


def test_taking_back_needs_the_permission_to_change_issues(db):
    issue = make_issue(publish_at=timezone.now() + timedelta(minutes=2))
    assert sign_in("view_issue").post(f"/admin/issues/issue/{issue.pk}/withdraw/").status_code == 403


# Announcements that are late


@pytest.fixture
def late(db, settings):
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    return make_issue(number=531, publish_at=timezone.now() - timedelta(hours=5))


def test_late_job_does_not_notify_the_hub(late):
    ping_hub(late.pk, late.publish_at.isoformat())  # Nothing listens there, so it would raise.
    late.refresh_from_db()
    assert late.announced_at is None


def test_editor_is_asked_about_a_late_announcement(desk, late):
    runway, cards = open_runway(desk)
    assert runway.unannounced == [late]
    assert late.title in cards["last"]


def test_editor_announces_a_late_issue(desk, late):
    desk.post(f"/admin/issues/issue/{late.pk}/announce/")
    assert ProcrastinateJob.objects.get(task_name=announce.name).args["issue_id"] == late.pk


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(days=8)])
def test_editor_is_not_asked_about_announcements_under_way_or_long_past(desk, settings, age):
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    make_issue(publish_at=timezone.now() - age)
    assert open_runway(desk)[0].unannounced == []


def test_announcing_needs_the_permission_to_change_issues(late):
    response = sign_in("view_issue").post(f"/admin/issues/issue/{late.pk}/announce/")
    assert response.status_code == 403
    assert not ProcrastinateJob.objects.filter(task_name=announce.name).exists()


def test_draft_cannot_be_announced(desk):
    draft = make_issue(status="draft")
    assert desk.post(f"/admin/issues/issue/{draft.pk}/announce/").status_code == 404


@pytest.mark.parametrize(("hours", "is_late"), [(1, False), (31, True)])
def test_last_good_backup_is_shown(desk, hours, is_late):
    made_at = timezone.now() - timedelta(hours=hours)
    Backup.objects.create(made_at=made_at, file="a.dump", size=2**20)
    runway, cards = open_runway(desk)
    assert (runway.backup.made_at, runway.is_backup_late, runway.failed_backup) == (made_at, is_late, None)
    assert "1.0 MB" in cards["health"]


def test_failed_backup_is_shown_beside_the_last_good_one(desk):
    for hours, failure in ((2, ""), (1, "The disk is full.")):
        Backup.objects.create(made_at=timezone.now() - timedelta(hours=hours), file="a.dump", failure=failure)
    runway, cards = open_runway(desk)
    assert not runway.is_backup_late
    assert "The disk is full." in cards["health"]


def test_site_without_a_backup_says_so(desk):
    runway, _ = open_runway(desk)
    assert (runway.backup, runway.is_backup_late) == (None, True)
