from datetime import UTC, datetime

import pytest

from issues.models.articles import Article
from issues.runs import count_recent_runs, describe_run, earlier_runs
from tests.make import make_article, make_author, make_issue, make_publication

pytestmark = pytest.mark.django_db

KEY = "example.com/x"
URL = "https://www.example.com/x/?utm_source=feed"


def test_run_in_a_published_issue_has_its_day_in_time_zone():
    # 20:45 on Sunday in New York.
    issue = make_issue(number=412, publish_at=datetime(2023, 11, 6, 1, 45, tzinfo=UTC))
    make_article(issue=issue, url=URL)
    (article,) = earlier_runs([KEY])[KEY]
    assert describe_run(article) == "Already ran in #412 (5 Nov 2023)"


def test_run_in_a_draft_has_its_state():
    make_article(issue=make_issue(number=531, status="draft"), url=URL)
    assert describe_run(earlier_runs([KEY])[KEY][0]) == "Is in #531 (draft)"


def test_articles_of_the_backlog_or_without_an_address_did_not_run():
    make_article(url=URL)
    make_article(issue=make_issue(), url="")
    assert earlier_runs([KEY, ""]) == {}


def test_latest_run_comes_first_in_one_query(django_assert_num_queries):
    for number in (1, 3, 2):
        make_article(issue=make_issue(number=number), url=URL)
    make_article(issue=make_issue(number=4), url="https://example.com/y")
    with django_assert_num_queries(1):
        runs = earlier_runs([KEY, "example.com/y"])
        numbers = {key: [describe_run(run)[:17] for run in found] for key, found in runs.items()}
    assert numbers == {
        KEY: ["Already ran in #3", "Already ran in #2", "Already ran in #1"],
        "example.com/y": ["Already ran in #4"],
    }


def test_recent_runs_are_counted_in_the_last_ten_published_issues(django_assert_num_queries):
    jane, acme = make_author("Jane"), make_publication("Acme")
    for number in range(1, 13):
        make_article(issue=make_issue(number=number), authors=(jane,), publication=acme if number > 11 else None)
    make_article(issue=make_issue(number=13, status="draft"), authors=(jane,), publication=acme)
    make_article(authors=(make_author("New"), jane), publication=acme)
    article = Article.objects.backlog().with_credits().get()
    with django_assert_num_queries(2):
        assert count_recent_runs([article]).describe(article) == "Jane 10×, Acme 1×"
