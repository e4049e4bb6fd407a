"""What is offered if nothing was found."""

import pytest

from tests.issues.search.asking import ask, make_found, suggestion
from tests.make import make_issue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ukbernetes", "kubernetes"),
        ("kkubernetes", "kubernetes"),
        ("Kuberntes Failvoer", "kubernetes failover"),
        ('"kuberntes failover"', '"kubernetes failover"'),
        ("kuberntes -cache", "kubernetes -cache"),
        ("zoee", ""),
        ("kub", ""),
    ],
)
def test_spelling_is_corrected(client, typed, meant):
    make_found("Kubernetes failover")
    assert suggestion(client, typed) == meant


def test_word_of_most_issues_is_suggested_among_equals(client):
    for title in ("cluster", "bluster", "cluster"):
        make_found(title, issue=make_issue())
    assert suggestion(client, "clbuster") == "cluster"


def test_words_that_no_article_has_together_are_offered_one_by_one(client):
    make_found("Kubernetes")
    make_found("Failover")
    assert suggestion(client, "kubernetes failover") == "kubernetes or failover"


def test_suggestion_keeps_the_filters_and_finds_something(client):
    make_found("Kubernetes", tags=("slo",))
    make_found("Other", tags=("dns",))
    (link,) = ask(client, "kuberntes", tag="slo").xpath("//main/p/a[bdi]/@href")
    assert link == "/search/?q=kubernetes&tag=slo"
    assert b"1 result" in client.get(link).content
    assert suggestion(client, "kuberntes", tag="dns") == ""


def test_search_without_the_filters_is_offered(client):
    make_found("Kubernetes", tags=("slo",))
    make_found("Other", tags=("dns",))
    links = ask(client, "kubernetes", tag="dns").xpath("//main//a/@href")
    assert "/search/?q=kubernetes" in links


@pytest.mark.parametrize(("words", "expected"), [("the of and", True), ('"the"', True), ("quorum", False)])
def test_words_that_are_too_common_are_recognised(client, words, expected):
    assert client.get("/search/", {"q": words}).context["is_too_common"] is expected


def test_query_without_words_is_answered_without_a_search(client, django_assert_num_queries):
    for words in ("🎉", "--", '""', "'"):
        with django_assert_num_queries(2):
            page = ask(client, words)
        assert len(page.xpath("//main/p[@class='quiet']")) == 1
