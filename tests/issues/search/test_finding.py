from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.search import SearchText
from tests.issues.search.asking import ask, index_all, make_found, results, suggestion
from tests.make import make_article, make_author, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
HIDDEN = [{"status": "draft"}, {"publish_at": FUTURE}]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("failover", {"title": "Failover at noon"}),
        ("failover", {"blurb": "About *failover*."}),
        ("failover", {"byline": "Somebody from Failover Inc."}),
        ("failover", {"tags": ("failover",)}),
        ("cloud", {"title": "Example Cloud", "section": "outages"}),
        ("netflixtechblog", {"url": "https://netflixtechblog.com/1"}),
        ("https://www.netflixtechblog.com/one-two?utm_source=x", {"url": "https://netflixtechblog.com/one-two/"}),
        ("failing", {"blurb": "It failed."}),
        ("CD", {"title": "Your CI/CD"}),
        ("load balancer", {"title": "The load-balancer"}),
        ("naïve", {"title": "Naive retries"}),
        ("信頼性", {"title": "信頼性 101"}),
        ("الموثوقية", {"blurb": "عن الموثوقية اليوم"}),
        ("НАДЁЖНОСТЬ", {"blurb": "надёжность систем"}),
        ("ending", {"blurb": "x" * 5000 + " ending"}),
    ],
)
def test_article_is_found_by_its_words(client, words, fields):
    article = make_found(**fields)
    make_found("Another")
    assert results(client, words) == [article.title]


def test_author_and_publication_are_found_in_any_script_and_without_accents(client):
    for name in ("Zoë Łukasz", "山田太郎", "محمد"):
        make_article(issue=make_issue(), title=name, authors=(make_author(name),))
    make_found("ACM", publication=make_publication("ACM Queue"))
    for name, words in [("Zoë Łukasz", "zoe lukasz"), ("山田太郎", "山田太郎"), ("محمد", "محمد"), ("ACM", "queue")]:
        assert results(client, words) == [name]


def test_intro_and_title_of_an_issue_are_found_as_the_issue(client):
    make_issue(number=7, intro="Happy *anniversary*!")
    make_issue(number=8)
    index_all()
    page = ask(client, "anniversary")
    assert page.xpath("//ol/li/h2/a/@href") == ["/sre-weekly-issue-7/"]
    assert page.xpath("//mark/text()") == ["anniversary"]
    for words in ("issue 7", "#7", "SRE Weekly Issue #7"):
        assert results(client, words) == ["SRE Weekly Issue #7"]


def test_markup_links_disclosures_and_sponsors_are_not_found(client):
    issue = make_issue()
    make_placement(issue, message="Buy **quuxifiers** now", url="https://quuxco.example/")
    make_found(issue=issue, blurb="**Bold** & [link](https://example.org/hidden)", disclosure="Full quux disclosure.")
    sponsor = issue.placements.get().sponsor.name
    for words in ("strong", "https", "href", "amp", "hidden", "disclosure", "quuxifiers", "quuxco", sponsor):
        assert results(client, words) == []


# Drafts, scheduled issues, the backlog


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_issue_is_not_found_and_not_suggested(client, hidden):
    issue = make_issue(intro="Quuxward", **hidden)
    author, publication = make_author("Quux Author"), make_publication("Quux Times")
    make_found("Quuxing", issue=issue, authors=(author,), publication=publication, tags=("quuxtag",))
    make_found("Another")
    assert results(client, f"issue {issue.number}") == []
    for words in ("quuxward", "quuxing", "quux", "times", "quuxtag", "quuxwrad"):
        assert (results(client, words), suggestion(client, words)) == ([], "")


def test_form_of_a_word_in_a_draft_is_not_suggested(client):
    make_found("Kubernetess", issue=make_issue(status="draft"))
    make_found("Kubernetes")
    assert suggestion(client, "kubernetiss") == "kubernetes"


def test_backlog_is_not_found(client):
    make_article(title="Quux")
    index_all()
    assert results(client, "quux") == []
    assert not SearchText.objects.exists()


def test_scheduled_issue_is_found_from_the_moment_it_comes_out(client):
    make_found(issue=make_issue(publish_at=FUTURE))
    with time_machine.travel(FUTURE - timedelta(seconds=1), tick=False):
        assert results(client, "found") == []
    with time_machine.travel(FUTURE, tick=False):
        assert results(client, "found") == ["Found"]


def test_withdrawn_issue_is_not_found(client):
    issue = make_issue()
    make_found(issue=issue)
    issue.withdraw()
    assert results(client, "found") == []


# Operators and order


def test_operators(client):
    issue = make_issue()
    for title in ("Load balancer", "Balancer of load", "Cache and database", "Database alone"):
        make_article(issue=issue, title=title)
    index_all()
    for words, found in [
        ("load balancer", {"Load balancer", "Balancer of load"}),
        ("“load balancer”", {"Load balancer"}),
        ("database -cache", {"Database alone"}),
        ('load -"load balancer"', {"Balancer of load"}),
        ("alone or cache", {"Database alone", "Cache and database"}),
        ("-database -load", {"SRE Weekly Issue #1"}),
        ("or or", set()),
    ]:
        assert set(results(client, words)) == found


def test_title_weighs_more_than_blurb_and_blurb_more_than_tag(client):
    issue = make_issue()
    make_article(issue=issue, title="By tag", tags=("cache",))
    make_article(issue=issue, title="By blurb", blurb="cache")
    make_found("By cache", issue=issue)
    assert results(client, "cache") == ["By cache", "By blurb", "By tag"]


def test_newest_result_comes_first_among_equals_or_if_asked_for(client):
    for day in (1, 3, 2):
        make_article(issue=make_issue(publish_at=datetime(2024, 1, day, tzinfo=UTC)), title=f"Cache {day}")
    make_found("Cache cache", issue=make_issue(publish_at=datetime(2023, 1, 1, tzinfo=UTC)))
    assert results(client, "cache") == ["Cache cache", "Cache 3", "Cache 2", "Cache 1"]
    assert results(client, "cache", sort="new") == ["Cache 3", "Cache 2", "Cache 1", "Cache cache"]


def test_search_uses_its_index():
    make_found()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "search_text_vector" in SearchText.objects.matching("found").explain()


def test_lists_of_articles_do_not_load_search_texts(django_assert_num_queries):
    make_found()
    with django_assert_num_queries(9) as queries:
        list(Issue.objects.with_contents())
        list(Article.objects.published().with_credits())
    assert not any("search" in query["sql"] for query in queries.captured_queries)
