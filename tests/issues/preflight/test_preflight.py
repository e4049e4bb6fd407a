from datetime import UTC, datetime

import pytest

from issues.preflight import Level, preflight
from tests.issues.preflight.checking import load
from tests.make import make_article, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db


def test_stops_come_first_and_print_order_within():
    issue = make_issue(status="draft", publish_at=datetime(2030, 1, 6, 12, tzinfo=UTC), number=1)
    make_article(issue=issue, blurb="TODO", publication=make_publication(), section="outages")
    make_article(issue=issue, title="", blurb="", publication=make_publication())
    make_article(issue=issue, url="", publication=make_publication())
    found = [(finding.level.label, finding.anchor) for finding in preflight(load(issue))]
    assert found == [
        ("stop", "id_articles-0-title"),
        ("stop", "id_articles-1-url"),
        ("warning", "id_articles-0-blurb"),
        ("warning", "id_articles-2-blurb"),
        ("note", "id_placements-0-sponsor"),
        ("note", "id_articles-0-url"),
    ]


def test_finding_knows_its_article():
    issue = make_issue(status="draft")
    article = make_article(issue=issue, title="")
    stop, *_ = [finding for finding in preflight(load(issue)) if finding.level == Level.STOP]
    assert stop.article == article


def test_preflight_asks_the_same_for_one_and_for_three(django_assert_num_queries):
    for count in (1, 3):
        issue = make_issue(articles=count, outages=count)
        make_placement(issue)
        loaded = load(issue)
        with django_assert_num_queries(3):
            preflight(loaded)


def test_preflight_asks_once_more_where_blurbs_point_at_each_other(django_assert_num_queries):
    for count in (1, 3):
        issue = make_issue()
        for _ in range(count):
            make_article(issue=issue, blurb="As the article above says.")
        loaded = load(issue)
        with django_assert_num_queries(4):
            preflight(loaded)


def test_issue_with_nothing_in_it_is_checked():
    issue = make_issue(status="draft")
    assert [finding.text for finding in preflight(load(issue)) if finding.level == Level.STOP] == [
        "There is no article in this issue yet: place one."
    ]
