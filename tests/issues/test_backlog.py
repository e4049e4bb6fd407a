"""Articles that wait for an issue, and the rules that keep them out of one."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_obstacles, find_refusals
from tests.make import make_article, make_author, make_issue, make_publication, note_changes

SUNDAY = datetime(2026, 11, 29, 20, 45, tzinfo=ZoneInfo("America/New_York"))


@pytest.fixture
def issue(db):
    return make_issue(number=12, status="draft", publish_at=SUNDAY)


def loaded(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


# The address


def test_address_is_kept_as_pasted(db):
    article = make_article(url="https://example.com/?utm_source=x")
    article.url = "https://example.com/"
    article.save()
    article.refresh_from_db()
    assert article.pasted_url == "https://example.com/?utm_source=x"


def test_pasted_address_of_an_imported_article_stays_empty(db):
    article = make_article()
    Article.objects.update(pasted_url="")
    article.refresh_from_db()
    article.url = "https://example.com/new"
    article.save()
    assert article.pasted_url == ""


# Obstacles


def test_article_waits_for_its_day_in_the_time_zone_of_the_newsletter(issue):
    # 20:45 in New York is the next day in UTC.
    assert find_obstacles(make_article(not_before=date(2026, 11, 29)), issue) == []
    assert len(find_obstacles(make_article(not_before=date(2026, 11, 30)), issue)) == 1


def test_article_does_not_wait_in_an_issue_without_a_time_once_its_day_has_come(db):
    issue = make_issue(status="draft")
    assert find_obstacles(make_article(not_before=timezone.localdate()), issue) == []
    assert len(find_obstacles(make_article(not_before=date(2999, 1, 1)), issue)) == 1


@pytest.mark.parametrize("holder", ["placed", "waiting"])
@pytest.mark.parametrize("kind", ["author", "publication", "series"])
def test_issue_has_at_most_one_article_if_either_says_so(issue, kind, holder):
    shared: dict[str, Any] = {"authors": (make_author(),), "publication": make_publication(), "series": "Talks"}
    placed = make_article(issue=issue, hold_one_per=kind if holder == "placed" else "", **shared)
    waiting = make_article(hold_one_per=kind if holder == "waiting" else "", **shared)
    assert len(find_obstacles(waiting, loaded(issue))) == 1
    assert find_obstacles(placed, loaded(issue)) == []


def test_article_of_another_publication_has_no_obstacle(issue):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    assert find_obstacles(make_article(hold_one_per="publication", publication=make_publication()), loaded(issue)) == []


def test_both_of_two_articles_in_an_issue_have_an_obstacle(issue):
    author = make_author()
    for _ in range(2):
        make_article(issue=issue, authors=(author,), hold_one_per="author")
    assert [len(find_obstacles(article, loaded(issue))) for article in Article.objects.all()] == [1, 1]


def test_obstacles_of_a_loaded_issue_take_no_query(issue, django_assert_num_queries):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    make_article(hold_one_per="publication", publication=make_publication())
    whole, article = loaded(issue), Article.objects.backlog().with_credits().get()
    with django_assert_num_queries(0):
        find_obstacles(article, whole)


def test_held_back_article_is_refused_unless_anyway(issue):
    article = make_article(not_before=date(2999, 1, 1))
    assert len(find_refusals(article, issue)) == 1
    assert find_refusals(article, issue, anyway=True) == []


def test_published_issue_gets_no_article_even_anyway(db):
    assert len(find_refusals(make_article(), make_issue(number=3), anyway=True)) == 1


def test_article_that_was_placed_elsewhere_is_refused(issue):
    article = make_article()
    article.place(issue)
    assert len(find_refusals(article, make_issue(status="draft"), anyway=True)) == 1


# Notes of the editor are not public

PUBLIC = [
    *("/", "/archive/", "/sre-weekly-issue-7/", "/sre-weekly-issue-7.txt", "/sre-weekly-issue-7.json", "/feed/"),
    *("/feed/json/", "/feed/atom/", "/authors/jane/", "/tags/dns/", "/tags/dns/feed/"),
    *("/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv", "/search/?q=zebra"),
]


@pytest.fixture
def noted(db):
    """Return a published article with notes and a series, in an issue with notes."""
    secret = {"notes": "xyzzy", "series": "xyzzy", "pasted_url": "https://xyzzy.example/", "hold_one_per": "series"}
    issue = make_issue(number=7, notes="xyzzy")
    article = make_article(
        issue=issue, title="Quorum loss", blurb="A zebra.", authors=(make_author("Jane"),), tags=("dns",), **secret
    )
    note_changes(Issue.objects.all())
    return article


def test_notes_and_series_are_not_public(client, noted):
    for path in PUBLIC:
        response = client.get(path)
        body = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200, path
        assert b"xyzzy" not in body, path


def test_search_does_not_find_notes(client, noted):
    assert "Quorum loss" in client.get("/search/?q=zebra").content.decode()
    assert "Quorum loss" not in client.get("/search/?q=xyzzy").content.decode()
