from datetime import UTC, datetime

import pytest

from issues.runs import describe_run, earlier_runs
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db

KEY = "example.com/x"
URL = "https://www.example.com/x/?utm_source=feed"


def test_run_is_told_with_its_day_on_the_editor_s_clocks():
    # 20:45 on Sunday in New York.
    issue = make_issue(number=412, publish_at=datetime(2023, 11, 6, 1, 45, tzinfo=UTC))
    make_article(issue=issue, url=URL)
    (article,) = earlier_runs([KEY])[KEY]
    assert describe_run(article) == "Already ran in #412 (5 Nov 2023)"


def test_article_of_a_draft_is_told_as_such():
    make_article(issue=make_issue(number=531, status="draft"), url=URL)
    assert describe_run(earlier_runs([KEY])[KEY][0]) == "Is in #531 (draft)"


def test_backlog_is_no_earlier_run():
    make_article(url=URL)
    assert earlier_runs([KEY]) == {}


def test_latest_of_several_runs_comes_first():
    for number in (1, 3, 2):
        make_article(issue=make_issue(number=number), url=URL)
    numbers = [describe_run(run)[:17] for run in earlier_runs([KEY])[KEY]]
    assert numbers == ["Already ran in #3", "Already ran in #2", "Already ran in #1"]


def test_no_key_finds_no_article_without_an_address():
    make_article(issue=make_issue(), url="")
    assert earlier_runs([""]) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_runs_take_one_query(django_assert_num_queries, count):
    issue = make_issue()
    for number in range(count):
        make_article(issue=issue, url=f"https://example.com/{number}")
    with django_assert_num_queries(1):
        runs = earlier_runs(f"example.com/{number}" for number in range(count))
        assert [describe_run(run[0])[:10] for run in runs.values()] == ["Already ra"] * count
