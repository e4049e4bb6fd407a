from datetime import timedelta

import lxml.html
import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.tasks import announce, ping_hub
from tests.issues.admin.test_safety import sign_in
from tests.make import make_article, make_correction, make_issue, make_placement, make_sponsor


def runway(client):
    """The text of each card by its heading, and the page."""
    page = lxml.html.fromstring(client.get("/admin/").content.decode())
    return {card.findtext("h3"): " ".join(card.text_content().split()) for card in page.find_class("runway-card")}


def test_next_issue_with_its_articles_sponsor_and_preflight(desk):
    make_issue(number=530)
    make_issue(number=532, status="draft")
    issue = make_issue(number=531, status="draft", articles=3, outages=1)
    make_placement(issue, sponsor=make_sponsor("Rootly"), state="booked")
    card = runway(desk)["Next"]
    assert "SRE Weekly Issue #531 draft" in card
    assert "3 of 8 articles" in card
    assert "Rootly: booked, copy not in." in card
    assert "stop" in card
    assert "After it SRE Weekly Issue #532" in card


def test_usual_number_of_articles_is_a_setting(desk, settings):
    settings.USUAL_ARTICLES = 12
    make_issue(status="draft")
    assert "0 of 12 articles" in runway(desk)["Next"]


def test_without_an_issue_the_next_one_is_offered(desk):
    make_issue(number=530)
    assert runway(desk)["Next"] == "Next No issue is in preparation. Begin issue #531"


def test_empty_desk(desk):
    cards = runway(desk)
    assert cards["Last"] == "Last No issue is published yet."
    assert "Nothing in the backlog" in cards["Links"]


def test_backlog_is_counted_by_state(desk):
    make_article(state="saved")
    make_article(state="shortlisted")
    make_article(state="shortlisted")
    make_article(issue=make_issue())
    assert "1 inbox 2 shortlisted Sort" in runway(desk)["Links"]


def test_corrections_that_may_be_errata(desk):
    make_correction(make_issue())
    assert "1 correction may be an erratum" in runway(desk)["Last"]


def test_failed_jobs_are_told(desk):
    announce.defer(issue_id=1)
    connection.cursor().execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert "1 background job failed" in runway(desk)["Last"]


def test_who_may_not_see_issues_sees_no_runway(db):
    make_issue(status="draft")
    assert runway(sign_in("view_page")) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_first_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for _ in range(count):
        issue = make_issue(status="draft", articles=count)
        make_placement(issue)
        make_article()
        make_correction(make_issue())
    with django_assert_num_queries(19):
        desk.get("/admin/")


# Announcements that come too late


@pytest.fixture
def late(db, settings):
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    return make_issue(number=531, publish_at=timezone.now() - timedelta(hours=5))


def test_job_that_runs_too_late_tells_nobody(late):
    ping_hub(late.pk, late.publish_at.isoformat())  # Nothing listens there: it would raise.
    late.refresh_from_db()
    assert late.announced_at is None


def test_editor_is_asked(desk, late):
    assert "The hub was not told of SRE Weekly Issue #531" in runway(desk)["Last"]


def test_editor_says_so(desk, late):
    response = desk.post(f"/admin/issues/issue/{late.pk}/announce/", follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "The hub is being told of SRE Weekly Issue #531."
    ]
    assert ProcrastinateJob.objects.get(task_name=announce.name).args == {"issue_id": late.pk}


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(days=8)])
def test_nobody_is_asked_of_what_is_on_its_way_or_long_past(desk, settings, age):
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    make_issue(publish_at=timezone.now() - age)
    assert "was not told" not in runway(desk)["Last"]


def test_who_may_not_change_issues_announces_nothing(late):
    response = sign_in("view_issue").post(f"/admin/issues/issue/{late.pk}/announce/")
    assert response.status_code == 403
    assert not ProcrastinateJob.objects.filter(task_name=announce.name).exists()


def test_draft_is_not_announced(desk):
    draft = make_issue(status="draft")
    assert desk.post(f"/admin/issues/issue/{draft.pk}/announce/").status_code == 404
