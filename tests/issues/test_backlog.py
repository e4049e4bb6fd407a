"""What waits for an issue, and what keeps an article out of one."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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


def test_address_of_before_there_was_a_note_of_it_is_not_taken_for_pasted(db):
    article = make_article()
    Article.objects.update(pasted_url="")
    article.refresh_from_db()
    article.url = "https://example.com/new"
    article.save()
    assert article.pasted_url == ""


# What keeps it out of an issue


def test_article_waits_for_its_day(issue):
    article = make_article(title="A", not_before=date(2026, 12, 1))
    assert find_obstacles(article, issue) == [
        "“A” waits until 1 Dec 2026, and SRE Weekly Issue #12 comes out on 29 Nov 2026."
    ]


def test_its_day_is_one_on_the_clocks_of_the_newsletter(issue):
    # 20:45 in New York is the next day in UTC.
    assert find_obstacles(make_article(not_before=date(2026, 11, 29)), issue) == []
    assert find_obstacles(make_article(not_before=date(2026, 11, 30)), issue) != []


def test_issue_without_a_time_is_taken_to_come_out_today(db):
    article = make_article(title="A", not_before=date(2999, 1, 1))
    sentence = "“A” waits until 1 Jan 2999, and SRE Weekly Issue #12 has no publication time yet."
    assert find_obstacles(article, make_issue(number=12, status="draft")) == [sentence]


@pytest.mark.parametrize("holder", ["the one that waits", "the one in the way"])
@pytest.mark.parametrize("kind", ["author", "publication", "series"])
def test_at_most_one_an_issue_whichever_of_the_two_says_so(issue, kind, holder):
    shared: dict[str, Any] = {
        "authors": (make_author("Jane"),),
        "publication": make_publication("Acme"),
        "series": "Talks",
    }
    first = make_article(issue=issue, title="A", hold_one_per=kind if holder == "the one in the way" else "", **shared)
    other = make_article(title="B", hold_one_per=kind if holder == "the one that waits" else "", **shared)
    (sentence,) = find_obstacles(other, loaded(issue))
    name = {"author": "Jane", "publication": "Acme", "series": "the series “Talks”"}[kind]
    assert sentence == (
        "“B” waits for another issue: “A” is in SRE Weekly Issue #12, "
        f"and at most one article of {name} is to be in an issue."
    )
    assert len(find_obstacles(first, loaded(issue))) == 0


def test_nothing_is_in_the_way_of_an_article_of_somebody_else(issue):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    assert find_obstacles(make_article(hold_one_per="publication", publication=make_publication()), loaded(issue)) == []


def test_two_in_one_issue_are_both_told(issue):
    author = make_author()
    for _ in range(2):
        make_article(issue=issue, authors=(author,), hold_one_per="author")
    assert [len(find_obstacles(article, loaded(issue))) for article in Article.objects.all()] == [1, 1]


def test_obstacles_of_a_loaded_issue_ask_nothing(issue, django_assert_num_queries):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    make_article(hold_one_per="publication", publication=make_publication())
    whole, article = loaded(issue), Article.objects.backlog().with_credits().get()
    with django_assert_num_queries(0):
        find_obstacles(article, whole)


def test_held_back_article_is_refused_unless_the_editor_insists(issue):
    article = make_article(not_before=date(2999, 1, 1))
    assert len(find_refusals(article, issue)) == 1
    assert find_refusals(article, issue, anyway=True) == []


def test_published_issue_takes_no_article_anyway(db):
    assert len(find_refusals(make_article(), make_issue(number=3), anyway=True)) == 1


def test_article_that_another_tab_placed_stays_where_it_is(issue):
    article = make_article()
    article.place(issue)
    assert len(find_refusals(article, make_issue(status="draft"), anyway=True)) == 1


# What readers see

PUBLIC = [
    *("/", "/archive/", "/sre-weekly-issue-7/", "/sre-weekly-issue-7.txt", "/sre-weekly-issue-7.json", "/feed/"),
    *("/feed/json/", "/feed/atom/", "/authors/jane/", "/tags/dns/", "/tags/dns/feed/"),
    *("/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv", "/search/?q=zebra"),
]


@pytest.fixture
def noted(db):
    """A published article with what only the editor knows."""
    secret = {"notes": "xyzzy", "series": "xyzzy", "pasted_url": "https://xyzzy.example/", "hold_one_per": "series"}
    issue = make_issue(number=7)
    article = make_article(
        issue=issue, title="Quorum loss", blurb="A zebra.", authors=(make_author("Jane"),), tags=("dns",), **secret
    )
    note_changes(Issue.objects.all())
    return article


@pytest.mark.parametrize("path", PUBLIC)
def test_notes_and_series_are_in_nothing_that_readers_get(client, noted, path):
    response = client.get(path)
    body = b"".join(response) if response.streaming else response.content
    assert response.status_code == 200
    assert b"xyzzy" not in body


def test_notes_are_not_found(client, noted):
    assert "Quorum loss" in client.get("/search/?q=zebra").content.decode()
    assert "Quorum loss" not in client.get("/search/?q=xyzzy").content.decode()
