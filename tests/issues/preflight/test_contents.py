from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight import contents, look_up
from tests.issues.preflight.checking import found, load, run
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"


@pytest.fixture
def issue():
    return make_issue(status="draft")


def test_empty_issue_is_stopped(issue):
    assert found(contents.empty_issue, issue) == [("stop", "articles-group")]
    make_article(issue=issue)
    assert found(contents.empty_issue, issue) == []


@pytest.mark.parametrize(
    ("field", "level"),
    [("title", "stop"), ("url", "stop"), ("blurb", "warning")],
)
def test_missing_words_are_found_at_their_field(issue, field, level):
    make_article(issue=issue)
    broken = make_article(issue=issue)
    setattr(broken, field, "")
    broken.save()
    assert found(contents.missing_words, issue) == [(level, f"id_articles-1-{field}")]


def test_outage_needs_no_blurb(issue):
    make_article(issue=issue, section="outages", blurb="")
    assert found(contents.missing_words, issue) == []


def test_link_that_is_twice_in_the_issue_stops_it_at_the_second(issue):
    make_article(issue=issue, title="One", url=URL)
    make_article(issue=issue, title="Two", url="http://www.example.com/one/?utm_source=x")
    (finding,) = run(contents.twice_in_the_issue, issue)
    assert (finding.level.label, finding.anchor) == ("stop", "id_articles-1-url")
    assert "“Two” has the same address as “One”" in finding.text


def test_articles_of_two_addresses_or_of_none_are_no_duplicates(issue):
    for url in (URL, "https://example.com/two", "", ""):
        make_article(issue=issue, url=url)
    assert found(contents.twice_in_the_issue, issue) == []


def test_link_of_another_issue_is_a_warning(issue):
    earlier = make_issue(publish_at=datetime(2023, 11, 6, 1, 45, tzinfo=UTC))
    make_article(issue=earlier, url=URL)
    make_article(issue=issue, url=URL, title="Again")
    known = vars(look_up(load(issue)))
    (finding,) = run(contents.in_the_archive, issue, **known)
    assert (finding.level.label, finding.anchor) == ("warning", "id_articles-0-url")
    assert f"it already ran in #{earlier.number} (5 Nov 2023)" in finding.text


def test_link_of_the_same_issue_is_not_in_the_archive(issue):
    make_article(issue=issue, url=URL)
    assert look_up(load(issue)).runs == {}


def test_article_whose_day_has_not_come_is_a_warning(issue):
    Issue.objects.update(publish_at="2030-01-07T01:45Z")
    make_article(issue=issue, not_before="2030-01-06")
    make_article(issue=issue, not_before="2030-01-07")
    assert found(contents.held_back, issue) == [("warning", "id_articles-1-title")]


def test_number_that_leaves_a_gap_is_a_warning(issue):
    assert found(contents.number_out_of_turn, issue, number_before=issue.number - 1) == []
    (finding,) = run(contents.number_out_of_turn, issue, number_before=issue.number - 2)
    assert (finding.level.label, finding.anchor) == ("warning", "id_number")


def test_number_that_comes_out_after_a_higher_one_is_a_warning():
    now = timezone.now()
    make_issue(number=530, publish_at=now - timedelta(days=7))
    make_issue(number=532, publish_at=now + timedelta(days=7))
    late = make_issue(number=531, status="draft", publish_at=now + timedelta(days=14))
    assert found(contents.number_out_of_turn, late, **vars(look_up(load(late)))) == [("warning", "id_number")]
    in_time = make_issue(number=533, status="draft", publish_at=now + timedelta(days=21))
    assert found(contents.number_out_of_turn, in_time, **vars(look_up(load(in_time)))) == []


def test_number_of_a_published_issue_stands():
    assert found(contents.number_out_of_turn, make_issue(number=7)) == []


def test_other_day_than_the_usual_is_a_warning(issue):
    # Monday in Greenwich, Sunday evening in New York.
    Issue.objects.update(publish_at="2030-01-07T01:45Z")
    assert found(contents.unusual_day, issue) == []
    Issue.objects.update(publish_at="2030-01-08T01:45Z")
    (finding,) = run(contents.unusual_day, issue)
    assert (finding.level.label, finding.anchor) == ("warning", "id_publish_at")
    assert "Monday, 7 January 2030, and the usual day is Sunday" in finding.text


def test_day_is_not_asked_of_an_issue_without_a_time_or_that_is_out(issue):
    assert found(contents.unusual_day, issue) == []
    assert found(contents.unusual_day, make_issue(publish_at=datetime(2024, 1, 3, tzinfo=UTC))) == []


def test_section_of_an_article_decides_its_row(issue):
    make_article(issue=issue, section=Article.Section.OUTAGES, title="")
    make_article(issue=issue)
    assert found(contents.missing_words, issue) == [("stop", "id_articles-1-title")]
