from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from issues.models.issues import Issue
from issues.preflight import contents, prepare
from tests.issues.preflight.checking import found, reload, run, summaries
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"


@pytest.fixture
def issue():
    return make_issue(status="draft")


def test_empty_issue_is_a_stop(issue):
    assert found(contents.empty_issue, issue) == [("stop", "no_articles", "articles-group")]
    make_article(issue=issue)
    assert found(contents.empty_issue, issue) == []


def test_missing_words_are_found_at_their_field(issue):
    make_article(issue=issue)
    make_article(issue=issue, title="")
    make_article(issue=issue, url="")
    make_article(issue=issue, blurb="")
    assert found(contents.missing_words, issue) == [
        ("stop", "no_title", "id_articles-1-title"),
        ("stop", "no_address", "id_articles-2-url"),
        ("warning", "no_blurb", "id_articles-3-blurb"),
    ]


def test_outage_needs_no_blurb_and_has_its_row_after_the_articles(issue):
    make_article(issue=issue, section="outages", title="", blurb="")
    make_article(issue=issue)
    assert found(contents.missing_words, issue) == [("stop", "no_title", "id_articles-1-title")]


def test_second_article_with_the_same_address_is_a_stop(issue):
    make_article(issue=issue, title="One", url=URL)
    make_article(issue=issue, title="Two", url="http://www.example.com/one/?utm_source=x")
    for url in ("https://example.com/two", "", ""):
        make_article(issue=issue, url=url)
    (finding,) = run(contents.duplicate_addresses, issue)
    assert summaries([finding]) == [("stop", "duplicate_address", "id_articles-1-url")]
    assert "“One”" in finding.text
    assert "“Two”" in finding.text


def test_link_of_another_issue_is_a_warning(issue):
    earlier = make_issue(publish_at=datetime(2023, 11, 6, 1, 45, tzinfo=UTC))
    make_article(issue=earlier, url=URL)
    make_article(issue=issue, url=URL)
    (finding,) = contents.repeated_links(prepare(reload(issue)))
    assert summaries([finding]) == [("warning", "ran_before", "id_articles-0-url")]
    assert f"#{earlier.number} (5 Nov 2023)" in finding.text


def test_link_of_the_same_issue_did_not_run_before(issue):
    make_article(issue=issue, url=URL)
    assert prepare(reload(issue)).earlier_runs == {}


def test_article_that_must_wait_is_a_warning(issue):
    Issue.objects.update(publish_at="2030-01-07T01:45Z")
    make_article(issue=issue, not_before="2030-01-06")
    make_article(issue=issue, not_before="2030-01-07")
    assert found(contents.obstacles, issue) == [("warning", "held_back", "id_articles-1-title")]


def test_number_after_a_gap_is_a_warning(issue):
    assert found(contents.number_out_of_order, issue, number_before=issue.number - 1) == []
    gap = found(contents.number_out_of_order, issue, number_before=issue.number - 2)
    assert gap == [("warning", "number_not_next", "id_number")]


def test_number_that_comes_out_after_a_higher_one_is_a_warning():
    now = timezone.now()
    make_issue(number=530, publish_at=now - timedelta(days=7))
    make_issue(number=532, publish_at=now + timedelta(days=7))
    late = make_issue(number=531, status="draft", publish_at=now + timedelta(days=14))
    findings = summaries(contents.number_out_of_order(prepare(reload(late))))
    assert findings == [("warning", "number_overtaken", "id_number")]
    in_time = make_issue(number=533, status="draft", publish_at=now + timedelta(days=21))
    assert list(contents.number_out_of_order(prepare(reload(in_time)))) == []


def test_number_of_a_published_issue_is_not_checked():
    assert found(contents.number_out_of_order, make_issue(number=7)) == []


def test_unusual_day_is_a_warning(issue):
    # Monday in Greenwich, Sunday evening in New York.
    Issue.objects.update(publish_at="2030-01-07T01:45Z")
    assert found(contents.unusual_day, issue) == []
    Issue.objects.update(publish_at="2030-01-08T01:45Z")
    (finding,) = run(contents.unusual_day, issue)
    assert summaries([finding]) == [("warning", "unusual_day", "id_publish_at_0")]
    assert "Monday" in finding.text


def test_day_of_an_issue_without_a_time_or_that_is_out_is_not_checked(issue):
    assert found(contents.unusual_day, issue) == []
    assert found(contents.unusual_day, make_issue(publish_at=datetime(2024, 1, 3, tzinfo=UTC))) == []
